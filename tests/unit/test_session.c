#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend.h"
#include "log.h"
#include "loop.h"
#include "session.h"

#define SECOND INT64_C(1000000)

struct world {
	struct backend backend;		/* first: the answers find the rest by it */
	struct config config;
	struct state_record known;
	struct session *session;
	struct fail f;
	int64_t now;

	/* What the server is like. */
	const char *wal_level;
	bool slot, slot_waits;		/* creation waits for somebody */
	int holder;			/* pid; 0: the slot is free */
	const char *wal_status, *two_phase;
	bool publication, ours, all_tables;
	const char *new_table;		/* matches and is not published; NULL: none */
	const char *refuse_start, *refuse_create, *refuse_alter;	/* SQLSTATE */
	const char *timeline, *position;
	const char *xmin;		/* of the slot */
	unsigned unseen;		/* so many questions for facts come too early for xid 700 */
};

static void
answer_slot(struct world *w, struct backend_link *l)
{
	char pid[12];

	snprintf(pid, sizeof(pid), "%d", w->holder);
	if (w->slot)
		backend_rows(l, 1, 14, "pgoutput", "logical", "shop",
			w->holder ? pid : NULL, w->holder ? "other" : NULL, NULL,
			"0/10", "0/20", w->wal_status, w->two_phase, NULL, NULL,
			"shop", w->xmin);
	else
		backend_rows(l, 0, 14);
}

/* What was prepared is gone with its connection. */
static void
answer_facts(struct world *w, struct backend_link *l, const char *sql)
{
	bool early = w->unseen > 0;

	l->prepared |= strstr(sql, "PREPARE facts (oid, oid[]) AS WITH") != NULL;
	w->unseen -= early;
	if (l->prepared)
		backend_rows(l, 2, 11, "r", "0", "0", "public",
			early ? "early" : "t", "r", "d", NULL, NULL,
			NULL, NULL, "s", "0", "0",
			early ? "700:702:700" : "701:702:", NULL, NULL, NULL,
			NULL, NULL, NULL, NULL);
	else
		backend_error(l, "26000", "prepared statement does not exist");
}

static void
answer_catalog(struct world *w, struct backend_link *l, const char *sql)
{
	if (strstr(sql, "server_version_num"))
		backend_rows(l, 1, 10, "150020", w->wal_level, "SQL_ASCII", "f",
			"*", "pgwake", "-1", "alice", "shop", "15.20");
	else if (strstr(sql, "pg_replication_slots"))
		answer_slot(w, l);
	else if (strstr(sql, "SELECT puballtables"))
		backend_rows(l, w->publication, 4, w->all_tables ? "t" : "f",
			w->ours ? "t" : "f", "t", "f");
	else if (strstr(sql, "WITH pub"))
		backend_rows(l, w->new_table != NULL, 6, "20000", "public",
			w->new_table, "f", "t", NULL);
	else if (strstr(sql, "CREATE PUBLICATION") && w->refuse_create)
		backend_error(l, w->refuse_create, "must be owner of table t");
	else if (strstr(sql, "ALTER PUBLICATION") && w->refuse_alter)
		backend_error(l, w->refuse_alter, "must be owner of table t");
	else if (strstr(sql, "pg_current_wal_insert_lsn"))
		backend_rows(l, 1, 1, "0/99");
	else if (strstr(sql, "pg_blocking_pids"))
		backend_rows(l, 1, 5, "12", "bob", "30", "UPDATE t", NULL);
	else if (strstr(sql, "EXECUTE facts"))
		answer_facts(w, l, sql);
	else
		backend_command(l);
	if (strstr(sql, "CREATE PUBLICATION") || strstr(sql, "ALTER PUBLICATION"))
		w->new_table = NULL;
}

static void
answer(struct backend *b, struct backend_link *l, const char *sql)
{
	struct world *w = (struct world *)b;

	if (!l->replication)
		answer_catalog(w, l, sql);
	else if (!strcmp(sql, "IDENTIFY_SYSTEM"))
		backend_rows(l, 1, 4, "7700", w->timeline, w->position, "shop");
	else if (strstr(sql, "TIMELINE_HISTORY"))
		backend_rows(l, 1, 2, "f", "1\t0/500\tpromoted\n");
	else if (strstr(sql, "CREATE_REPLICATION_SLOT") && w->slot_waits)
		l->silent = true;
	else if (strstr(sql, "CREATE_REPLICATION_SLOT")) {
		w->slot = true;
		backend_rows(l, 1, 4, "s", "0/40", NULL, "pgoutput");
	} else if (w->refuse_start)
		backend_error(l, w->refuse_start, "refused");
	else
		backend_copy_both(l);
}

static int
set_up(void **state)
{
	static char slot[] = "s", publication[] = "p";
	struct world *w = calloc(1, sizeof(*w));

	backend_open(&w->backend, answer);
	w->config.postgres.dsn = w->backend.dsn;
	w->config.postgres.slot = slot;
	w->config.postgres.publication = publication;
	w->config.postgres.create_slot = true;
	w->config.postgres.publication_autocreate = true;
	w->config.postgres.connect_timeout_ms = 2000;
	w->config.postgres.poll_interval_ms = 10000;
	w->config.postgres.slot_timeout_ms = 15000;
	w->wal_level = "logical";
	w->wal_status = "reserved";
	w->two_phase = "f";
	w->timeline = "1";
	w->position = "0/1000";
	w->now = SECOND;
	w->session = session_new(&w->config, NULL, &w->known);
	assert_non_null(w->session);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	session_free(w->session);
	backend_close(&w->backend);
	free(w);
	return 0;
}

/* Changes when something happens. */
static size_t
activity(const struct world *w)
{
	struct pollfd fds[SESSION_FDS];
	size_t sum = strlen(w->backend.log) * 1000;

	session_fds(w->session, fds, SESSION_FDS, true);
	for (int i = 0; i < SESSION_FDS; i++)
		sum += (size_t)(fds[i].fd + fds[i].events * 7) * (size_t)(i + 1);
	for (int i = 0; i < BACKEND_LINKS; i++)
		sum += w->backend.links[i].started * 100000u << i;
	return sum + (size_t)(uintptr_t)session_phase_name(w->session);
}

/* Steps until `until` (or it streams, or fails); time goes on when nothing happens. */
static int
run(struct world *w, int64_t until)
{
	size_t before = 0;

	for (int quiet = 0; w->now <= until; quiet++) {
		int64_t deadline;

		if (session_step(w->session, w->now, &w->f))
			return -1;
		backend_pump(&w->backend);
		if (activity(w) != before)
			quiet = 0;
		before = activity(w);
		w->now += 2000;
		if (quiet < 10)
			continue;
		if (session_streaming(w->session) && until == INT64_MAX)
			return 1;
		deadline = session_deadline(w->session);
		assert_true(deadline < LOOP_NEVER);
		if (deadline > w->now)
			w->now = deadline;
	}
	w->now = until;
	return 0;
}

static void
assert_streams(struct world *w)
{
	if (run(w, INT64_MAX) != 1)
		fail_msg("%s", w->f.text);
	assert_string_equal(session_phase_name(w->session), "streaming");
}

static void
assert_ends(struct world *w, enum fail_kind kind, const char *part)
{
	assert_int_equal(run(w, INT64_MAX), -1);
	if (w->f.kind != kind || !strstr(w->f.text, part))
		fail_msg("%s: %s", fail_kind_name(w->f.kind), w->f.text);
	assert_null(strstr(w->backend.log, "START_REPLICATION"));
}

static bool
asked(const struct world *w, const char *sql)
{
	return strstr(w->backend.log, sql) != NULL;
}

static void
forget(struct world *w)
{
	w->backend.log[0] = '\0';
}

static void
known(struct world *w)
{
	w->known = (struct state_record){ .known = true, .system_id = "7700",
		.timeline = 1, .slot = "s", .last_commit = 0x200,
		.confirmed = 0x200 };
}

static void
everything_is_created_once(void **state)
{
	struct world *w = *state;
	const struct session_info *info = session_info(w->session);
	const char *publication, *slot;

	w->new_table = "t";
	assert_streams(w);
	publication = strstr(w->backend.log, "CREATE PUBLICATION \"p\" FOR TABLE "
		"\"public\".\"t\"; COMMENT ON PUBLICATION \"p\"");
	slot = strstr(w->backend.log, "CREATE_REPLICATION_SLOT");
	assert_non_null(publication);
	assert_non_null(slot);
	assert_true(publication < slot);
	assert_true(asked(w, "LOGICAL 0/0"));
	assert_true(info->slot_created);
	assert_int_equal(info->consistent_point, 0x40);
	assert_int_equal(info->server_version, 150020);
	assert_string_equal(info->identity.database, "shop");
	assert_true(info->encoding_unsafe);
	/* A reconnect creates nothing, though both be gone. */
	forget(w);
	w->publication = w->slot = false;
	session_restart(w->session, 0x300, NULL, w->now);
	assert_string_equal(session_phase_name(w->session),
		"waiting to connect again");
	assert_ends(w, FAIL_LOST, "dropped while pgwake was running");
	assert_false(asked(w, "CREATE"));
}

static void
everything_is_there(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = w->all_tables = true;
	assert_streams(w);
	assert_false(asked(w, "CREATE"));
	assert_false(session_info(w->session)->slot_created);
	assert_int_equal(session_info(w->session)->confirmed, 0x20);
}

static void
modes_of_creation(void **state)
{
	struct world *w = *state;

	w->config.postgres.publication_autocreate_mode = PUBLICATION_ALL_TABLES;
	assert_streams(w);
	assert_true(asked(w, "CREATE PUBLICATION \"p\" FOR ALL TABLES;"));
}

static void
creation_may_be_forbidden(void **state)
{
	struct world *w = *state;

	w->config.postgres.publication_autocreate = false;
	w->new_table = "t";
	assert_ends(w, FAIL_CONFIG,
		"run CREATE PUBLICATION \"p\" FOR TABLE \"public\".\"t\"");
	assert_false(asked(w, "CREATE"));
}

static void
slot_creation_may_be_forbidden(void **state)
{
	struct world *w = *state;

	w->config.postgres.create_slot = false;
	assert_ends(w, FAIL_CONFIG, "pg_create_logical_replication_slot('s'");
	assert_false(asked(w, "CREATE"));
}

static void
creation_may_be_refused(void **state)
{
	struct world *w = *state;

	w->new_table = "t";
	w->refuse_create = "42501";
	assert_ends(w, FAIL_CONFIG,
		"must run: CREATE PUBLICATION \"p\" FOR TABLE \"public\".\"t\"");
}

/* Somebody else was faster: look again. */
static void
creation_may_be_late(void **state)
{
	struct world *w = *state;

	w->refuse_create = "42710";
	assert_int_equal(run(w, w->now + 100000), 0);
	assert_true(asked(w, "CREATE PUBLICATION"));
	w->publication = true;
	assert_streams(w);
}

static void
several_publications_must_exist(void **state)
{
	struct world *w = *state;

	w->config.postgres.publication = (char[]){ "p, q" };
	w->publication = true;
	assert_ends(w, FAIL_CONFIG, "1 of the publications");
}

static void
bad_names_are_told(void **state)
{
	struct world *w = *state;

	w->slot = true;
	w->config.postgres.publication = (char[]){ "p," };
	assert_ends(w, FAIL_CONFIG, "postgres.publication: ");
}

static void
a_known_slot_is_never_made_again(void **state)
{
	struct world *w = *state;

	known(w);
	w->publication = true;
	assert_ends(w, FAIL_LOST, "0/200");
	assert_false(asked(w, "CREATE"));
}

static void
another_slot_is_not_known(void **state)
{
	struct world *w = *state;

	known(w);
	strcpy(w->known.slot, "other");
	assert_streams(w);
	assert_true(asked(w, "CREATE_REPLICATION_SLOT"));
}

static void
a_known_publication_is_never_made_again(void **state)
{
	struct world *w = *state;

	known(w);
	w->slot = true;
	assert_ends(w, FAIL_LOST, "publication p does not exist");
	assert_false(asked(w, "CREATE"));
}

static void
slots_of_the_wrong_kind(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = true;
	w->two_phase = "t";
	assert_ends(w, FAIL_CONFIG, "two_phase");
}

static void
lost_slots(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = true;
	w->wal_status = "lost";
	assert_ends(w, FAIL_LOST, "slot s is lost");
}

static void
unfit_servers(void **state)
{
	struct world *w = *state;

	w->wal_level = "replica";
	assert_ends(w, FAIL_CONFIG, "wal_level");
}

static void
history_must_go_on(void **state)
{
	struct world *w = *state;

	known(w);
	w->slot = w->publication = true;
	w->known.last_commit = 0x1001;
	assert_ends(w, FAIL_LOST, "log ends at 0/1000");
}

static void
a_promoted_standby_is_followed(void **state)
{
	struct world *w = *state;

	known(w);
	w->slot = w->publication = true;
	w->timeline = "2";
	assert_streams(w);
	assert_true(asked(w, "TIMELINE_HISTORY 2"));
	/* It is ours now. */
	forget(w);
	session_restart(w->session, 0x600, NULL, w->now);
	assert_streams(w);
	assert_false(asked(w, "TIMELINE_HISTORY"));
	assert_true(asked(w, "LOGICAL 0/600"));
	/* One that left before our position is not. */
	forget(w);
	w->timeline = "3";
	session_restart(w->session, 0x600, NULL, w->now);
	assert_ends(w, FAIL_LOST, "timeline 3");
}

static void
a_slot_in_use_is_waited_for(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = true;
	w->holder = 99;
	assert_int_equal(run(w, w->now + 20 * SECOND), 0);
	assert_string_equal(session_phase_name(w->session), "waiting for the slot");
	assert_null(backend_link(&w->backend, true));
	w->holder = 0;
	w->refuse_start = "55006";	/* somebody else was faster */
	assert_int_equal(run(w, w->now + 4 * SECOND), 0);
	assert_true(asked(w, "START_REPLICATION"));
	w->refuse_start = NULL;
	assert_streams(w);
}

static void
our_own_walsender_is_waited_for(void **state)
{
	struct world *w = *state;
	int64_t before;

	w->slot = w->publication = true;
	assert_streams(w);
	w->holder = BACKEND_PID;
	session_restart(w->session, 0x30, NULL, w->now);
	before = w->now;
	assert_int_equal(run(w, w->now + 2 * SECOND), 0);
	w->holder = 0;
	assert_streams(w);
	assert_true(w->now - before < 3 * SECOND);
}

static void
what_time_cures_is_tried_again(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = true;
	w->refuse_start = "53300";
	assert_int_equal(run(w, w->now + 9 * SECOND), 0);
	forget(w);
	w->refuse_start = NULL;
	assert_streams(w);
	session_progress(w->session);
}

static void
what_it_cannot_is_not(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = true;
	w->refuse_start = "0A000";
	assert_int_equal(run(w, INT64_MAX), -1);
	assert_int_equal(w->f.kind, FAIL_FATAL);
}

static void
passwords_matter_at_start_only(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = true;
	assert_streams(w);
	w->backend.refuse = "28P01";
	for (int i = 0; i < BACKEND_LINKS; i++)
		backend_cut(&w->backend.links[i]);
	session_restart(w->session, 0x30, NULL, w->now);
	assert_int_equal(run(w, w->now + 60 * SECOND), 0);
	w->backend.refuse = NULL;
	assert_streams(w);
}

static void
creation_waits_and_gives_up(void **state)
{
	struct world *w = *state;

	w->publication = w->slot_waits = true;
	assert_int_equal(run(w, w->now + 10 * SECOND), 0);
	assert_string_equal(session_phase_name(w->session), "creating the slot");
	assert_true(asked(w, "pg_blocking_pids"));
	assert_int_equal(run(w, INT64_MAX), -1);
	assert_int_equal(w->f.kind, FAIL_FATAL);
	assert_non_null(strstr(w->f.text, "pid 12 (bob, 30 s): UPDATE t"));
	assert_true(asked(w, "pg_terminate_backend"));
}

static void
creation_waits_and_succeeds(void **state)
{
	struct world *w = *state;
	struct backend_link *l;

	w->publication = w->slot_waits = true;
	assert_int_equal(run(w, w->now + 3 * SECOND), 0);
	l = backend_link(&w->backend, true);
	backend_rows(l, 1, 4, "s", "0/40", NULL, "pgoutput");
	backend_ready(l);
	w->slot = true;
	assert_streams(w);
}

static void
new_tables_join_ours(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = w->ours = true;
	assert_streams(w);
	assert_false(asked(w, "ALTER"));
	w->new_table = "fresh";
	assert_int_equal(run(w, w->now + 11 * SECOND), 0);
	assert_true(asked(w, "ALTER PUBLICATION \"p\" ADD TABLE \"public\".\"fresh\""));
	assert_true(asked(w, "pg_current_wal_insert_lsn"));
	assert_true(session_streaming(w->session));
}

static void
failing_to_add_tables_ends_nothing(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = w->ours = true;
	w->refuse_alter = "42501";
	assert_streams(w);
	for (int i = 0; i < 3; i++) {
		w->new_table = "fresh";
		assert_int_equal(run(w, w->now + 11 * SECOND), 0);
	}
	assert_true(asked(w, "ALTER"));
	assert_false(asked(w, "pg_current_wal_insert_lsn"));
	assert_true(session_streaming(w->session));
}

static int
times_asked(const struct world *w, const char *part)
{
	int n = 0;

	for (const char *p = w->backend.log; (p = strstr(p, part)); p++)
		n++;
	return n;
}

static void
the_slots_xmin_is_read_now_and_then(void **state)
{
	struct world *w = *state;
	uint32_t xmin = 1;

	w->slot = w->publication = w->ours = true;
	assert_true(session_xmin(w->session, &xmin));	/* nobody wants it */
	assert_int_equal(xmin, 0);
	w->config.postgres.xmin_interval_ms = 1000;
	w->xmin = "4000000000";
	assert_false(session_xmin(w->session, &xmin));
	assert_streams(w);
	assert_true(session_xmin(w->session, &xmin));
	assert_int_equal(xmin, 4000000000);
	forget(w);
	w->xmin = "888";
	assert_int_equal(run(w, w->now + 5 * SECOND), 0);
	assert_true(session_xmin(w->session, &xmin));
	assert_int_equal(xmin, 888);
	assert_in_range(times_asked(w, "pg_replication_slots"), 4, 6);
	assert_false(asked(w, "WITH pub"));	/* the publication has its own time */
	assert_int_equal(run(w, w->now + 8 * SECOND), 0);
	assert_int_equal(times_asked(w, "WITH pub"), 1);
}

/* The slot is looked at anyway, for other reasons. */
static void
an_xmin_that_nobody_wants_stays_away(void **state)
{
	struct world *w = *state;
	uint32_t xmin = 1;

	w->slot = w->publication = w->ours = true;
	w->xmin = "777";
	assert_streams(w);
	forget(w);
	assert_int_equal(run(w, w->now + 30 * SECOND), 0);
	assert_true(asked(w, "pg_replication_slots"));
	assert_true(session_xmin(w->session, &xmin));
	assert_int_equal(xmin, 0);
}

static void
others_publications_are_left_alone(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = true;
	w->new_table = "fresh";
	assert_streams(w);
	assert_int_equal(run(w, w->now + 30 * SECOND), 0);
	assert_false(asked(w, "ALTER"));
}

static void
a_slot_is_lost_while_streaming(void **state)
{
	struct world *w = *state;

	w->slot = w->publication = true;
	assert_streams(w);
	w->wal_status = "unreserved";
	assert_int_equal(run(w, w->now + 11 * SECOND), 0);
	w->wal_status = "lost";
	assert_int_equal(run(w, w->now + 11 * SECOND), -1);
	assert_int_equal(w->f.kind, FAIL_LOST);
}

static void
a_stopping_server_is_seen(void **state)
{
	struct world *w = *state;
	struct backend_link *l;

	w->slot = w->publication = true;
	assert_streams(w);
	assert_false(session_server_stopping(w->session));
	l = backend_link(&w->backend, false);
	backend_say(l, 'E', "FATAL", "57P01", "terminating");
	backend_cut(l);
	w->backend.refuse = "57P03";
	assert_int_equal(run(w, w->now + 2 * SECOND), 0);
	assert_true(session_server_stopping(w->session));
	assert_true(session_streaming(w->session));
	w->backend.refuse = NULL;
	assert_int_equal(run(w, w->now + 5 * SECOND), 0);
	assert_false(session_server_stopping(w->session));
}

static void
facts_are_asked_for_again(void **state)
{
	struct world *w = *state;
	struct catalog *c = session_catalog(w->session);
	uint32_t types[] = { 23 };

	w->slot = w->publication = true;
	assert_streams(w);
	catalog_want_facts(c, 16384, types, 1, 0);
	assert_null(catalog_facts(c));
	/* On its way when the connection dies, and replaced by another wish. */
	assert_int_equal(session_step(w->session, w->now, &w->f), 0);
	backend_cut(backend_link(&w->backend, false));
	assert_int_equal(run(w, w->now + 5 * SECOND), 0);
	assert_non_null(catalog_facts(c));
	assert_int_equal(catalog_facts(c)->relid, 16384);
	catalog_want_facts(c, 16384, types, 1, 0);
	assert_int_equal(session_step(w->session, w->now, &w->f), 0);
	catalog_want_facts(c, 16385, types, 1, 0);
	assert_int_equal(run(w, w->now + 5 * SECOND), 0);
	assert_int_equal(catalog_facts(c)->relid, 16385);
	assert_true(span_is(catalog_facts(c)->table, "t"));
	/* Prepared on a connection that is gone. */
	backend_cut(backend_link(&w->backend, false));
	catalog_want_facts(c, 16386, types, 1, 0);
	assert_int_equal(run(w, w->now + 5 * SECOND), 0);
	assert_non_null(catalog_facts(c));
	assert_int_equal(catalog_facts(c)->relid, 16386);
}

/* How long it takes, us; whether the answer was as the transaction left the table. */
static int64_t
facts_after(struct world *w, bool *seen)
{
	struct catalog *c = session_catalog(w->session);
	int64_t began = w->now;

	catalog_want_facts(c, 16384, NULL, 0, 700);
	while (!catalog_facts(c))
		assert_int_equal(run(w, w->now + 1000), 0);
	*seen = span_is(catalog_facts(c)->table, "t");
	return w->now - began;
}

static void
facts_wait_for_their_transaction(void **state)
{
	struct world *w = *state;
	int64_t took;
	bool seen;

	w->slot = w->publication = true;
	assert_streams(w);
	w->unseen = 3;
	took = facts_after(w, &seen);
	assert_true(seen && took > 3 * 1000 && took < SECOND / 2);
	assert_int_equal(w->unseen, 0);
	/* A commit that waits for somebody, us perhaps. */
	w->unseen = 1000000;
	took = facts_after(w, &seen);
	assert_true(!seen && took > SECOND && took < 3 * SECOND);
	took = facts_after(w, &seen);		/* the next one is as bad */
	assert_true(!seen && took < SECOND / 2);
	w->unseen = 0;
	facts_after(w, &seen);
	assert_true(seen);
	w->unseen = 100;
	facts_after(w, &seen);
	assert_true(seen);
}

static void
descriptors(void **state)
{
	struct world *w = *state;
	struct pollfd fds[SESSION_FDS];

	assert_int_equal(session_fds(w->session, fds, SESSION_FDS, true), 2);
	assert_true(fds[0].fd == -1 && fds[1].fd == -1);
	assert_int_equal(session_fds(w->session, fds, 1, true), 1);
	assert_int_equal(session_fds(w->session, fds, 0, true), 0);
	w->slot = w->publication = true;
	assert_streams(w);
	session_fds(w->session, fds, SESSION_FDS, true);
	assert_true(fds[0].fd >= 0 && fds[1].fd >= 0);
	assert_int_equal(fds[1].events, POLLIN);
	/* A socket left unread is not polled, or it would be ready for ever. */
	session_fds(w->session, fds, SESSION_FDS, false);
	assert_int_equal(fds[1].fd, -1);
	session_free(NULL);
}

int
main(void)
{
#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_WORLD(everything_is_created_once),
		IN_WORLD(everything_is_there),
		IN_WORLD(modes_of_creation),
		IN_WORLD(creation_may_be_forbidden),
		IN_WORLD(slot_creation_may_be_forbidden),
		IN_WORLD(creation_may_be_refused),
		IN_WORLD(creation_may_be_late),
		IN_WORLD(several_publications_must_exist),
		IN_WORLD(bad_names_are_told),
		IN_WORLD(a_known_slot_is_never_made_again),
		IN_WORLD(another_slot_is_not_known),
		IN_WORLD(a_known_publication_is_never_made_again),
		IN_WORLD(slots_of_the_wrong_kind),
		IN_WORLD(lost_slots),
		IN_WORLD(unfit_servers),
		IN_WORLD(history_must_go_on),
		IN_WORLD(a_promoted_standby_is_followed),
		IN_WORLD(a_slot_in_use_is_waited_for),
		IN_WORLD(our_own_walsender_is_waited_for),
		IN_WORLD(what_time_cures_is_tried_again),
		IN_WORLD(what_it_cannot_is_not),
		IN_WORLD(passwords_matter_at_start_only),
		IN_WORLD(creation_waits_and_gives_up),
		IN_WORLD(creation_waits_and_succeeds),
		IN_WORLD(new_tables_join_ours),
		IN_WORLD(failing_to_add_tables_ends_nothing),
		IN_WORLD(the_slots_xmin_is_read_now_and_then),
		IN_WORLD(an_xmin_that_nobody_wants_stays_away),
		IN_WORLD(others_publications_are_left_alone),
		IN_WORLD(a_slot_is_lost_while_streaming),
		IN_WORLD(a_stopping_server_is_seen),
		IN_WORLD(facts_are_asked_for_again),
		IN_WORLD(facts_wait_for_their_transaction),
		IN_WORLD(descriptors),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
