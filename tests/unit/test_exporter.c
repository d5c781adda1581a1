#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend.h"
#include "exporter.h"
#include "log.h"
#include "loop.h"
#include "slot_creation.h"

#define SECOND INT64_C(1000000)

struct world {
	struct backend backend;		/* first: the answers find the rest by it */
	struct config config;
	struct exporter *exporter;
	bool waits;			/* the creation, for somebody */
	bool silent;			/* the other connection does not answer */
	const char *refuse;		/* SQLSTATE that the creation is refused with */
	struct fail f;
	int64_t now;
};

static void
answer(struct backend *b, struct backend_link *l, const char *sql)
{
	struct world *w = (struct world *)b;

	if (!l->replication) {
		if (w->silent)
			l->silent = true;
		else if (strstr(sql, "pg_blocking_pids"))
			backend_rows(l, 1, 5, "12", "bob", "30", "UPDATE t", NULL);
		else
			backend_rows(l, 1, 1, "t");
	} else if (!strcmp(sql, "IDENTIFY_SYSTEM"))
		backend_rows(l, 1, 4, "7700", "3", "0/500", "shop");
	else if (w->refuse)
		backend_error(l, w->refuse, "refused");
	else if (w->waits)
		l->silent = true;
	else
		backend_rows(l, 1, 4, "s", "0/40", "00000007-1", "pgoutput");
}

static int
set_up(void **state)
{
	static char slot[] = "a_slot";
	struct world *w = calloc(1, sizeof(*w));

	backend_open(&w->backend, answer);
	w->config.postgres.dsn = w->backend.dsn;
	w->config.postgres.slot = slot;
	w->config.postgres.connect_timeout_ms = 2000;
	w->now = SECOND;
	w->exporter = exporter_new(&w->config);
	assert_non_null(w->exporter);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	exporter_free(w->exporter);
	exporter_free(NULL);
	backend_close(&w->backend);
	free(w);
	return 0;
}

/* Steps for at most `span_us` of a time that goes on by 2 ms a step. */
static int
run(struct world *w, int64_t span_us)
{
	for (int64_t end = w->now + span_us; w->now < end; w->now += 2000) {
		int rc = exporter_step(w->exporter, w->now, &w->f);

		if (rc)
			return rc;
		backend_pump(&w->backend);
	}
	return 0;
}

static void
begin(struct world *w, int64_t timeout_ms)
{
	assert_int_equal(exporter_begin(w->exporter, NULL, timeout_ms, w->now,
		&w->f), 0);
}

static size_t
times(const struct world *w, const char *sql)
{
	size_t n = 0;

	for (const char *p = w->backend.log; (p = strstr(p, sql)); p++)
		n++;
	return n;
}

/* Nothing is open, and there is nothing to wake up for. */
static void
assert_at_rest(struct world *w)
{
	struct pollfd fds[EXPORTER_FDS];

	assert_int_equal(exporter_fds(w->exporter, fds, EXPORTER_FDS), EXPORTER_FDS);
	for (int i = 0; i < EXPORTER_FDS; i++)
		assert_int_equal(fds[i].fd, -1);
	assert_int_equal(exporter_deadline(w->exporter), LOOP_NEVER);
	backend_pump(&w->backend);
	for (int i = 0; i < BACKEND_LINKS; i++)
		assert_int_equal(w->backend.links[i].fd, -1);
}

static void
a_snapshot_and_its_position(void **state)
{
	struct world *w = *state;
	char sql[120];

	assert_at_rest(w);
	begin(w, 0);
	assert_int_equal(run(w, SECOND), 1);
	assert_int_equal(run(w, SECOND), 1);		/* it stays */
	assert_string_equal(exporter_snapshot(w->exporter), "00000007-1");
	assert_int_equal(exporter_position(w->exporter), 0x40);
	assert_int_equal(exporter_identity(w->exporter)->timeline, 3);
	assert_string_equal(exporter_peer(w->exporter)->host, w->backend.dir);
	snprintf(sql, sizeof(sql), "CREATE_REPLICATION_SLOT \"a_slot_s%d\" TEMPORARY "
		"LOGICAL pgoutput (SNAPSHOT 'export')", (int)getpid());
	assert_int_equal(times(w, sql), 1);
	/* Its command would be the snapshot's end. */
	assert_int_equal(times(w, "SELECT"), 2);	/* the settings */
	exporter_end(w->exporter);
	assert_at_rest(w);
	begin(w, 0);
	assert_int_equal(run(w, SECOND), 1);
}

/* Then there is a second connection; it must not be left to itself. */
static void
after_waiting_nothing_stays_open(void **state)
{
	struct world *w = *state;

	w->waits = true;
	begin(w, 0);
	assert_int_equal(run(w, 3 * SECOND), 0);
	assert_int_equal(times(w, "pg_blocking_pids"), 1);
	exporter_end(w->exporter);
	assert_at_rest(w);
	/* The same with a question that is not answered. */
	w->silent = true;
	begin(w, 0);
	assert_int_equal(run(w, 3 * SECOND), 0);
	exporter_end(w->exporter);
	assert_at_rest(w);
}

static void
a_creation_that_takes_too_long(void **state)
{
	struct world *w = *state;

	w->waits = true;
	begin(w, 5000);
	assert_int_equal(run(w, 20 * SECOND), -1);
	assert_true(w->now > 6 * SECOND && w->now < 8 * SECOND);
	assert_int_equal(w->f.kind, FAIL_RETRY);
	assert_non_null(strstr(w->f.text, "5000 ms"));
	assert_non_null(strstr(w->f.text, "pid 12"));
	assert_int_equal(times(w, "pg_terminate_backend"), 1);
	assert_at_rest(w);
}

/* Nobody answers, and the time is up: it does not wait for that either. */
static void
a_server_that_does_not_answer(void **state)
{
	struct world *w = *state;

	w->waits = w->silent = true;
	begin(w, 1000);
	assert_int_equal(run(w, 20 * SECOND), -1);
	assert_int_equal(w->f.kind, FAIL_RETRY);
	assert_non_null(strstr(w->f.text, "unknown"));
	assert_at_rest(w);
}

static void
a_creation_that_is_refused(void **state)
{
	struct world *w = *state;

	w->refuse = "53400";			/* no slot is free */
	begin(w, 0);
	assert_int_equal(run(w, SECOND), -1);
	assert_int_equal(w->f.kind, FAIL_RETRY);
	assert_at_rest(w);
	w->refuse = "55000";
	begin(w, 0);
	assert_int_equal(run(w, SECOND), -1);
	assert_at_rest(w);
}

static void
a_server_that_goes_away(void **state)
{
	struct world *w = *state;

	w->waits = true;
	begin(w, 0);
	assert_int_equal(run(w, SECOND), 0);
	backend_cut(backend_link(&w->backend, true));
	assert_int_equal(run(w, SECOND), -1);
	assert_int_equal(w->f.kind, FAIL_RETRY);
	assert_at_rest(w);
	w->backend.refuse = "57P03";
	begin(w, 0);
	assert_int_equal(run(w, SECOND), -1);
	assert_int_equal(w->f.kind, FAIL_RETRY);
	assert_at_rest(w);
}

/* The program ends meanwhile: the server's process must not go on. */
static void
the_end_of_the_program(void **state)
{
	struct world *w = *state;

	w->waits = true;
	begin(w, 0);
	assert_int_equal(run(w, 3 * SECOND), 0);
	exporter_free(w->exporter);
	backend_pump(&w->backend);
	assert_int_equal(times(w, "pg_terminate_backend"), 1);
	w->exporter = exporter_new(&w->config);
}

/* --- The same with the configured slot */

struct creation {
	struct repl *repl;
	struct catalog *catalog;
	struct slot_creation *s;
};

static struct creation
creation_new(struct world *w, enum slot_kind kind, int64_t timeout_ms)
{
	struct creation c = { .repl = repl_new(&w->config),
		.catalog = catalog_new(&w->config, CONN_PLAIN) };
	int rc = repl_open(c.repl, NULL, w->now, &w->f);

	c.s = slot_creation_new(&w->config, c.repl, c.catalog);
	while (rc == 0 && (rc = repl_step(c.repl, w->now, &w->f)) == 0)
		backend_pump(&w->backend);
	assert_int_equal(rc, 1);
	assert_int_equal(slot_creation_begin(c.s, kind, timeout_ms, w->now, &w->f), 0);
	return c;
}

static int
creation_run(struct world *w, struct creation *c, int64_t span_us)
{
	for (int64_t end = w->now + span_us; w->now < end; w->now += 2000) {
		int rc = catalog_step(c->catalog, w->now, &w->f);

		assert_int_equal(rc, 0);
		rc = slot_creation_step(c->s, w->now, &w->f);
		if (rc)
			return rc;
		assert_true(slot_creation_deadline(c->s) >= w->now);
		backend_pump(&w->backend);
	}
	return 0;
}

static void
creation_free(struct creation *c)
{
	slot_creation_free(c->s);
	repl_free(c->repl);
	catalog_free(c->catalog);
}

static void
kinds_of_slots(void **state)
{
	struct world *w = *state;
	struct creation c = creation_new(w, SLOT_PLAIN, 0);

	assert_int_equal(creation_run(w, &c, SECOND), 1);
	assert_int_equal(times(w, "CREATE_REPLICATION_SLOT \"a_slot\" LOGICAL "
		"pgoutput (SNAPSHOT 'nothing')"), 1);
	creation_free(&c);
	c = creation_new(w, SLOT_EXPORT, 0);
	assert_int_equal(creation_run(w, &c, SECOND), 1);
	assert_int_equal(times(w, "CREATE_REPLICATION_SLOT \"a_slot\" LOGICAL "
		"pgoutput (SNAPSHOT 'export')"), 1);
	assert_string_equal(repl_snapshot(c.repl), "00000007-1");
	creation_free(&c);
	w->backend.version = "14.9";		/* the old words */
	c = creation_new(w, SLOT_EXPORT, 0);
	assert_int_equal(creation_run(w, &c, SECOND), 1);
	assert_int_equal(times(w, "\"a_slot\" LOGICAL pgoutput EXPORT_SNAPSHOT"), 1);
	creation_free(&c);
	assert_int_equal(times(w, "pg_terminate_backend"), 0);
}

/* A name of 63 letters still leaves room for what makes it another one. */
static void
a_long_name(void **state)
{
	static char slot[64];
	struct world *w = *state;
	struct creation c;
	char sql[120];

	memset(slot, 'x', 63);
	w->config.postgres.slot = slot;
	c = creation_new(w, SLOT_TEMPORARY, 0);
	snprintf(sql, sizeof(sql), "CREATE_REPLICATION_SLOT \"%.40s_s%d\" TEMPORARY",
		slot, (int)getpid());
	assert_int_equal(creation_run(w, &c, SECOND), 1);
	assert_int_equal(times(w, sql), 1);
	creation_free(&c);
}

/* Who waits for the configured slot is not to wait for ever, and is told. */
static void
the_configured_slot_takes_too_long(void **state)
{
	struct world *w = *state;
	struct creation c;

	w->waits = true;
	c = creation_new(w, SLOT_EXPORT, 25000);
	assert_int_equal(creation_run(w, &c, 40 * SECOND), -1);
	assert_int_equal(w->f.kind, FAIL_FATAL);
	assert_non_null(strstr(w->f.text, "postgres.slot_timeout_ms = 25000"));
	assert_non_null(strstr(w->f.text, "pid 12"));
	assert_int_equal(times(w, "pg_blocking_pids"), 3);	/* after 2, 12, 22 s */
	assert_int_equal(times(w, "pg_terminate_backend"), 1);
	creation_free(&c);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_snapshot_and_its_position),
		TEST(after_waiting_nothing_stays_open),
		TEST(a_creation_that_takes_too_long),
		TEST(a_server_that_does_not_answer),
		TEST(a_creation_that_is_refused),
		TEST(a_server_that_goes_away),
		TEST(the_end_of_the_program),
		TEST(kinds_of_slots),
		TEST(a_long_name),
		TEST(the_configured_slot_takes_too_long),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("exporter", tests, NULL, NULL);
}
