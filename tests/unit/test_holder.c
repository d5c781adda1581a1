#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend.h"
#include "holder.h"
#include "loop.h"

#define SECOND INT64_C(1000000)

struct world {
	struct backend backend;		/* first: the answers find the rest by it */
	struct config config;
	struct snapshot_rules rules;
	struct holder *holder;
	const char *refuse;		/* SQLSTATE that the import is refused with */
	const char *xid;		/* NULL: a standby */
	const char *wal;
	bool silent;
	struct fail f;
	int64_t now;
};

static void
answer(struct backend *b, struct backend_link *l, const char *sql)
{
	struct world *w = (struct world *)b;

	if (w->silent)
		l->silent = true;
	else if (strstr(sql, "pg_current_xact_id"))
		backend_rows(l, 1, 1, w->xid);
	else if (strstr(sql, "SET TRANSACTION SNAPSHOT") && w->refuse)
		backend_error(l, w->refuse, "so it is");
	else if (strstr(sql, "SET TRANSACTION SNAPSHOT"))
		backend_rows(l, 1, 4, "00000009-1", "700", "711", "alice");
	else if (strstr(sql, "WITH p AS"))
		backend_rows(l, 1, 5, "16384", "public", "t", "d", NULL);
	else if (strstr(sql, "a.attrelid, a.attname"))
		backend_rows(l, 1, 5, "16384", "id", "23", "-1", "t");
	else if (strstr(sql, "WITH RECURSIVE l"))
		backend_rows(l, 1, 11, "16384", "16384", "public", "t", "5",
			"3", "24576", "f", "t", "t", "f");
	else
		backend_rows(l, 1, 1, w->wal);
}

static int
set_up(void **state)
{
	static char publication[] = "p";
	struct world *w = calloc(1, sizeof(*w));

	backend_open(&w->backend, answer);
	w->config.postgres.dsn = w->backend.dsn;
	w->config.postgres.publication = publication;
	w->config.postgres.connect_timeout_ms = 2000;
	w->rules.config = &w->config;
	w->xid = "712";
	w->wal = "0/900";
	w->now = SECOND;
	w->holder = holder_new(&w->rules);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	holder_free(w->holder);
	holder_free(NULL);
	backend_close(&w->backend);
	free(w);
	return 0;
}

/* For that long, by steps of 2 ms. */
static int
run(struct world *w, int64_t span_us)
{
	for (int64_t end = w->now + span_us; w->now < end; w->now += 2000) {
		if (holder_step(w->holder, w->now, &w->f) == -1)
			return -1;
		backend_pump(&w->backend);
	}
	return 0;
}

static void
begin(struct world *w)
{
	assert_int_equal(holder_begin(w->holder, "00000007-1", NULL, w->now,
		&w->f), 0);
	assert_false(holder_has(w->holder));
	assert_false(holder_ready(w->holder));
}

static void
assert_let_go(struct world *w, enum fail_kind kind)
{
	assert_int_equal(w->f.kind, kind);
	assert_false(holder_has(w->holder));
	assert_false(holder_ready(w->holder));
	assert_int_equal(holder_wait(w->holder).fd, -1);
	assert_int_equal(holder_deadline(w->holder), LOOP_NEVER);
	assert_int_equal(run(w, SECOND), 0);	/* it does nothing by itself */
}

static void
it_imports_and_exports_again(void **state)
{
	struct world *w = *state;
	const struct snapshot_tables *tables = holder_tables(w->holder);

	begin(w);
	assert_int_equal(run(w, SECOND), 0);
	assert_true(holder_has(w->holder));
	assert_true(holder_ready(w->holder));
	assert_non_null(strstr(w->backend.log, "SET TRANSACTION SNAPSHOT '00000007-1'"));
	assert_string_equal(holder_snapshot(w->holder), "00000009-1");
	assert_int_equal(holder_xmin(w->holder), 700);
	assert_int_equal(holder_xid(w->holder), 712);
	assert_string_equal(holder_role(w->holder), "alice");
	assert_int_equal(tables->count, 1);
	assert_int_equal(tables->tables[0].files[0].pages, 3);
	/* Its own transaction is not the one that holds the snapshot. */
	assert_true(strstr(w->backend.log, "pg_current_xact_id") <
		strstr(w->backend.log, "BEGIN ISOLATION"));
	assert_int_equal(holder_wal(w->holder), 0x900);
	w->wal = "0/A00";
	assert_int_equal(run(w, 6 * SECOND), 0);
	assert_int_equal(holder_wal(w->holder), 0xa00);
	/* Another round: nothing of the one before is left. */
	holder_end(w->holder);
	assert_let_go(w, FAIL_NONE);
	w->xid = NULL;
	begin(w);
	assert_int_equal(holder_wal(w->holder), 0);
	assert_int_equal(run(w, SECOND), 0);
	assert_int_equal(holder_xid(w->holder), 711);
	assert_int_equal(tables->count, 1);
}

/* Who exported it has gone: another one will be made. */
static void
a_snapshot_that_is_not_there_any_more(void **state)
{
	static const char *const states[] = { "22023", "42704", "55000", "57P01" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		w->refuse = states[i];
		begin(w);
		assert_int_equal(run(w, SECOND), -1);
		assert_let_go(w, FAIL_RETRY);
		w->f = (struct fail)FAIL_INIT;
	}
	w->refuse = "42501";
	begin(w);
	assert_int_equal(run(w, SECOND), -1);
	assert_let_go(w, FAIL_CONFIG);
}

static void
its_connection_is_lost(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_int_equal(run(w, SECOND), 0);
	backend_cut(backend_link(&w->backend, false));
	assert_int_equal(run(w, SECOND), -1);
	assert_let_go(w, FAIL_RETRY);
	/* What it knew is known until it begins again. */
	assert_int_equal(holder_tables(w->holder)->count, 1);
	assert_int_equal(holder_wal(w->holder), 0x900);
	w->f = (struct fail)FAIL_INIT;
	w->backend.refuse = "57P03";
	begin(w);
	assert_int_equal(run(w, SECOND), -1);
	assert_let_go(w, FAIL_RETRY);
}

/* A password that is being changed must not end what has begun. */
static void
refused_later(void **state)
{
	struct world *w = *state;

	w->backend.refuse = "28P01";
	begin(w);
	assert_int_equal(run(w, SECOND), -1);
	assert_let_go(w, FAIL_CONFIG);
	w->f = (struct fail)FAIL_INIT;
	w->backend.refuse = NULL;
	begin(w);
	assert_int_equal(run(w, SECOND), 0);
	holder_end(w->holder);
	w->backend.refuse = "28P01";
	begin(w);
	assert_int_equal(run(w, SECOND), -1);
	assert_let_go(w, FAIL_RETRY);
}

static void
a_server_that_does_not_answer(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_int_equal(run(w, SECOND), 0);
	w->silent = true;
	assert_int_equal(run(w, 100 * SECOND), 0);
	assert_int_equal(run(w, 300 * SECOND), -1);
	assert_let_go(w, FAIL_RETRY);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(it_imports_and_exports_again),
		TEST(a_snapshot_that_is_not_there_any_more),
		TEST(its_connection_is_lost),
		TEST(refused_later),
		TEST(a_server_that_does_not_answer),
	};

	return cmocka_run_group_tests_name("holder", tests, NULL, NULL);
}
