#include "cmd_check.h"

#include "check_kafka.h"
#include "check_publication.h"
#include "check_server.h"
#include "check_tables.h"
#include "patterns.h"

enum { EXIT_PROBLEM = 4, TOPICS_CAP = 64 << 20 };

/* What is wrong in the settings ends it here, as it ends a start. */
static int
set_up(struct check *c, struct fail *f)
{
	const struct config *config = c->config;

	if (loop_init(&c->loop, f) == -1 ||
	    patterns_filter(&config->postgres.tables, "postgres.tables",
			&c->works.tables, f) == -1)
		return -1;
	c->works.profile = profile_new(config, c->works.tables, f);
	if (!c->works.profile)
		return -1;
	c->works.progress = c->works.record.progress = progress_new();
	if (!c->works.progress || !inquiry_init(&c->sql, config, &c->loop))
		return fail_set(f, FAIL_FATAL, "out of memory");
	check_say(c, CHECK_OK, "configuration", "%s", config->file ? config->file :
		"environment and command line");
	return 0;
}

static void
tear_down(struct check *c)
{
	inquiry_release(&c->sql);
	works_close(&c->works);
	buf_release(&c->topics);
}

static int
look_at_database(struct check *c, struct fail *f)
{
	int rc = check_server(c, f);

	if (rc == 0)
		check_say(c, CHECK_SKIP, "slot", "no PostgreSQL to ask for it, for the "
			"publication and for tables");
	if (rc != 1)
		return rc;
	return check_server_slot(c, f) == -1 ||
		check_publication(c, f) == -1 ||
		check_tables(c, f) == -1 ? -1 : 0;
}

static int
look(struct check *c, struct fail *f)
{
	struct check_kafka kafka;
	int rc = check_kafka_open(&kafka, c, f);

	if (rc == 0)
		rc = look_at_database(c, f);
	if (rc == 0 && !c->config->to_stdout)
		rc = check_kafka_topics(&kafka, c, f);
	check_kafka_close(&kafka);
	return rc;
}

int
cmd_check(const struct config *config, struct buf *out, struct fail *f)
{
	struct check c = {
		.config = config, .works.config = config, .text = out
	};
	int rc;

	buf_init(&c.topics, TOPICS_CAP);
	rc = set_up(&c, f);
	if (rc == 0)
		rc = look(&c, f);
	check_end(&c);
	if (rc == 0 && c.counts[CHECK_BAD])
		rc = EXIT_PROBLEM;
	tear_down(&c);
	return rc;
}
