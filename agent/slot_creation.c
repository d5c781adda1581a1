#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "server.h"
#include "slot_creation.h"

#define SECOND_US 1000000
#define SAY_FIRST_US (2 * SECOND_US)
#define SAY_EVERY_US (10 * SECOND_US)
#define END_US (5 * SECOND_US)

struct slot_creation {
	const struct config *config;
	struct repl *repl;
	struct catalog *catalog;
	char name[64];
	enum slot_kind kind;
	int64_t timeout_ms;
	bool waiting;		/* the server is at it */
	bool ending;		/* time is up: its process is being ended */
	int64_t now_us, wake_at, give_up_at;
	struct buf blockers;	/* whom it waited for when last asked */
};

struct slot_creation *
slot_creation_new(const struct config *c, struct repl *repl,
	struct catalog *catalog)
{
	struct slot_creation *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = c;
	s->repl = repl;
	s->catalog = catalog;
	buf_init(&s->blockers, 4096);
	return s;
}

static void
choose_name(struct slot_creation *s, enum slot_kind kind)
{
	const char *slot = s->config->postgres.slot;

	if (kind == SLOT_TEMPORARY)
		snprintf(s->name, sizeof(s->name), "%.40s_s%d", slot, (int)getpid());
	else
		snprintf(s->name, sizeof(s->name), "%s", slot);
}

int
slot_creation_begin(struct slot_creation *s, enum slot_kind kind,
	int64_t timeout_ms, int64_t now_us, struct fail *f)
{
	choose_name(s, kind);
	s->kind = kind;
	s->timeout_ms = timeout_ms;
	s->waiting = true;
	s->ending = false;
	s->now_us = now_us;
	s->give_up_at = timeout_ms ? now_us + timeout_ms * 1000 : LOOP_NEVER;
	s->wake_at = now_us + SAY_FIRST_US;
	buf_reset(&s->blockers);
	catalog_query_cancel(s->catalog);
	log_info(kind == SLOT_TEMPORARY ? "creating a temporary slot for a snapshot" :
		"creating the slot", LOG_STR("slot", s->name));
	return kind == SLOT_PLAIN ? repl_create_slot(s->repl, now_us, f) :
		repl_export_slot(s->repl, s->name, kind == SLOT_TEMPORARY,
			now_us, f);
}

static void
ask(struct slot_creation *s, const char *sql)
{
	char pid[16];
	const char *params[1] = { pid };

	snprintf(pid, sizeof(pid), "%d", repl_backend_pid(s->repl));
	catalog_query(s->catalog, sql, params, 1);
}

/* Nobody to wait for may mean that the server is only slow: nothing is said. */
static void
take_blockers(struct slot_creation *s)
{
	const struct pg_result *res;
	struct fail ignored = FAIL_INIT;

	if (catalog_query_step(s->catalog, &res, &ignored) != 1)
		return;
	buf_reset(&s->blockers);
	server_blockers_read(res, &s->blockers);
	catalog_query_cancel(s->catalog);
	if (s->blockers.len)
		log_info("the slot's creation waits for transactions that are older",
			LOG_STR("slot", s->name),
			LOG_SPAN("waiting_for", buf_span(&s->blockers)));
}

/*
 * Without us the server's process would go on waiting, and then leave a slot
 * behind that nobody reads: it is ended from the other connection.
 */
static void
end(struct slot_creation *s, int64_t now_us)
{
	ask(s, "SELECT pg_catalog.pg_terminate_backend($1)");
	s->ending = true;
	s->waiting = false;
	s->wake_at = now_us + END_US;
}

/* The same for a program that is about to exit: a second at most. */
static void
end_now(struct slot_creation *s)
{
	const struct pg_result *res;
	struct fail ignored = FAIL_INIT;

	end(s, s->now_us);
	for (int i = 0; i < 50; i++) {
		struct pollfd fd;

		if (catalog_step(s->catalog, s->now_us + i * 20000, &ignored) ||
		    catalog_query_step(s->catalog, &res, &ignored))
			break;
		fd = catalog_wait(s->catalog);
		poll(&fd, 1, 20);
	}
}

void
slot_creation_free(struct slot_creation *s)
{
	if (!s)
		return;
	if (s->waiting)
		end_now(s);
	buf_release(&s->blockers);
	free(s);
}

static int
step_end(struct slot_creation *s, int64_t now_us, struct fail *f)
{
	const struct pg_result *res;
	struct fail ignored = FAIL_INIT;
	struct span blockers = buf_span(&s->blockers);

	if (catalog_query_step(s->catalog, &res, &ignored) == 0 &&
	    now_us < s->wake_at)
		return 0;
	if (!blockers.len)
		blockers = span_of("unknown");
	if (s->kind == SLOT_TEMPORARY)
		return fail_set(f, FAIL_RETRY, "slot %s could not be created within "
			"%lld ms: it waits for transactions that are older: %.*s",
			s->name, (long long)s->timeout_ms, SPAN_ARG(blockers));
	return fail_set(f, FAIL_FATAL, "slot %s could not be created within "
		"postgres.slot_timeout_ms = %lld: it waits for transactions that "
		"are older: %.*s", s->name, (long long)s->timeout_ms,
		SPAN_ARG(blockers));
}

int
slot_creation_step(struct slot_creation *s, int64_t now_us, struct fail *f)
{
	int rc;

	if (s->ending)
		return step_end(s, now_us, f);
	s->now_us = now_us;
	rc = repl_step(s->repl, now_us, f);
	if (rc) {
		s->waiting = false;
		catalog_query_cancel(s->catalog);
		return rc;
	}
	take_blockers(s);
	if (now_us >= s->give_up_at)
		end(s, now_us);
	else if (now_us >= s->wake_at) {
		s->wake_at = now_us + SAY_EVERY_US;
		ask(s, server_blockers_sql);
	}
	return 0;
}

int64_t
slot_creation_deadline(const struct slot_creation *s)
{
	return !s->ending && s->give_up_at < s->wake_at ? s->give_up_at :
		s->wake_at;
}
