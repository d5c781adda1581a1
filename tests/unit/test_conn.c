#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <libpq-fe.h>

#include "backend.h"
#include "conn.h"
#include "loop.h"

struct world {
	struct backend backend;
	struct config config;
	struct conn *conn;
	char notice[256];
};

static void
on_notice(void *self, const char *severity, const char *sqlstate,
	const char *text)
{
	struct world *w = self;

	snprintf(w->notice, sizeof(w->notice), "%s %s %s", severity, sqlstate, text);
}

static void
answer(struct backend *b, struct backend_link *l, const char *sql)
{
	(void)b;
	if (!strcmp(sql, "one"))
		backend_rows(l, 1, 2, "1", NULL);
	else if (!strcmp(sql, "two")) {
		backend_rows(l, 1, 1, "first");
		backend_rows(l, 1, 1, "second");
	} else if (!strcmp(sql, "bad")) {
		backend_rows(l, 1, 1, "x");
		backend_error(l, "42601", "no such thing");
	} else if (!strcmp(sql, "notice")) {
		backend_say(l, 'N', "WARNING", "01000", "careful");
		backend_command(l);
	} else if (!strcmp(sql, "never"))
		l->silent = true;
	else if (!strcmp(sql, "die"))
		backend_cut(l);
	else if (!strcmp(sql, "fatal")) {
		backend_say(l, 'E', "FATAL", "57P01", "go away");
		backend_cut(l);
	} else
		backend_command(l);
}

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	backend_open(&w->backend, answer);
	w->config.postgres.dsn = w->backend.dsn;
	w->config.postgres.connect_timeout_ms = 2000;
	w->conn = conn_new(&w->config, CONN_PLAIN, on_notice, w);
	assert_non_null(w->conn);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	conn_free(w->conn);
	backend_close(&w->backend);
	free(w);
	return 0;
}

/* Steps both sides until the client has something to say. */
static int
finish(struct world *w, int64_t now_us, struct fail *f)
{
	for (int i = 0; i < 50; i++) {
		int rc = conn_step(w->conn, now_us, f);

		if (rc)
			return rc;
		backend_pump(&w->backend);
	}
	return 0;
}

static void
connect_it(struct world *w)
{
	struct fail f = FAIL_INIT;

	assert_int_equal(conn_open(w->conn, NULL, 0, &f), 0);
	assert_false(conn_is_open(w->conn));
	assert_int_equal(finish(w, 0, &f), 1);
	assert_true(conn_is_idle(w->conn));
}

static int
ask(struct world *w, const char *sql, struct fail *f)
{
	assert_int_equal(conn_query(w->conn, sql, NULL, 0, 1000000, 0, f), 0);
	assert_false(conn_is_idle(w->conn));
	return finish(w, 0, f);
}

static void
it_connects(void **state)
{
	struct world *w = *state;

	assert_int_equal(conn_wait(w->conn).fd, -1);
	assert_int_equal(conn_deadline(w->conn), LOOP_NEVER);
	assert_int_equal(conn_server_version(w->conn), 0);
	connect_it(w);
	assert_int_equal(conn_server_version(w->conn), 150020);
	assert_string_equal(conn_peer(w->conn)->host, w->backend.dir);
	assert_string_equal(conn_peer(w->conn)->port, "5432");
	assert_int_equal(conn_deadline(w->conn), LOOP_NEVER);
	assert_int_equal(conn_wait(w->conn).events, POLLIN);
	assert_non_null(strstr(w->backend.log, "transaction_timeout"));
	assert_non_null(strstr(w->backend.links[0].startup,
		"application_name=pgwake"));
}

static void
it_is_refused(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	w->backend.refuse = "28P01";
	assert_int_equal(conn_open(w->conn, NULL, 0, &f), 0);
	assert_int_equal(finish(w, 0, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(conn_error(w->conn)->sqlstate, "28P01");
	assert_non_null(strstr(f.text, "refused by the test"));
	assert_null(strstr(f.text, "LOCATION"));
	assert_false(conn_is_open(w->conn));
	assert_int_equal(conn_wait(w->conn).fd, -1);
	/* The same once it has been right. */
	conn_error(w->conn)->streamed = true;
	conn_open(w->conn, NULL, 0, &f);
	assert_int_equal(finish(w, 0, &f), -1);
	assert_int_equal(f.kind, FAIL_RETRY);
}

static void
nobody_listens(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	w->config.postgres.dsn = (char[]){ "host=/nonexistent user=x" };
	if (conn_open(w->conn, NULL, 0, &f) == 0)
		assert_int_equal(finish(w, 0, &f), -1);
	assert_int_equal(f.kind, FAIL_RETRY);
	assert_non_null(strstr(f.text, "/nonexistent"));
}

static void
a_bad_dsn_is_told(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	w->config.postgres.dsn = (char[]){ "nonsense" };
	assert_int_equal(conn_open(w->conn, NULL, 0, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	conn_error(w->conn)->streamed = true;
	assert_int_equal(conn_open(w->conn, NULL, 0, &f), -1);
	assert_int_equal(f.kind, FAIL_RETRY);
}

static void
connecting_ends_in_time(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	assert_int_equal(conn_open(w->conn, NULL, 1000, &f), 0);
	assert_int_equal(conn_deadline(w->conn), 2001000);
	for (int i = 0; i < 5; i++)
		assert_int_equal(conn_step(w->conn, 2000999, &f), 0);
	assert_int_equal(conn_step(w->conn, 2001000, &f), -1);
	assert_int_equal(f.kind, FAIL_RETRY);
	assert_non_null(strstr(f.text, "within 2 s"));
}

static void
a_peer_wins_over_the_dsn(void **state)
{
	struct world *w = *state;
	struct conn_peer peer = { .port = "5432" };
	struct fail f = FAIL_INIT;

	snprintf(peer.host, sizeof(peer.host), "%s", w->backend.dir);
	w->config.postgres.dsn = (char[]){ "host=/nonexistent user=x dbname=y" };
	assert_int_equal(conn_open(w->conn, &peer, 0, &f), 0);
	assert_int_equal(finish(w, 0, &f), 1);
}

static void
queries_are_answered(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;
	const char *params[1] = { "x" };
	struct pg_result *taken;

	connect_it(w);
	assert_int_equal(ask(w, "one", &f), 1);
	assert_string_equal(PQgetvalue(conn_result(w->conn), 0, 0), "1");
	assert_true(PQgetisnull(conn_result(w->conn), 0, 1));
	assert_int_equal(ask(w, "two", &f), 1);
	assert_string_equal(PQgetvalue(conn_result(w->conn), 0, 0), "second");
	taken = conn_take_result(w->conn);
	assert_null(conn_result(w->conn));
	PQclear(taken);
	assert_int_equal(conn_query(w->conn, "one", params, 1, 0, 0, &f), 0);
	assert_int_equal(conn_deadline(w->conn), LOOP_NEVER);
	assert_int_equal(finish(w, 0, &f), 1);
	assert_int_equal(PQntuples(conn_result(w->conn)), 1);
}

static void
a_failed_query_leaves_it_open(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	connect_it(w);
	conn_error(w->conn)->doing = PGERROR_QUERY;
	assert_int_equal(ask(w, "bad", &f), -1);
	assert_int_equal(f.kind, FAIL_FATAL);
	assert_non_null(strstr(f.text, "no such thing [42601]"));
	assert_true(conn_is_idle(w->conn));
	assert_int_equal(ask(w, "one", &f), 1);
	assert_string_equal(conn_error(w->conn)->sqlstate, "");
}

static void
notices_are_told(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	connect_it(w);
	assert_int_equal(ask(w, "notice", &f), 1);
	assert_string_equal(w->notice, "WARNING 01000 careful");
}

static void
a_query_ends_in_time(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	connect_it(w);
	assert_int_equal(ask(w, "never", &f), 0);
	assert_int_equal(conn_step(w->conn, 1000000, &f), -1);
	assert_int_equal(f.kind, FAIL_RETRY);
	assert_false(conn_is_open(w->conn));
	assert_int_equal(conn_step(w->conn, 1000000, &f), 1);
}

static void
a_connection_breaks(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	connect_it(w);
	conn_error(w->conn)->doing = PGERROR_QUERY;
	assert_int_equal(ask(w, "die", &f), -1);
	assert_int_equal(f.kind, FAIL_RETRY);
	assert_non_null(strstr(f.text, "closed the connection"));
	assert_null(strstr(f.text, "abnormally"));
	assert_false(conn_is_open(w->conn));
	connect_it(w);
	assert_int_equal(ask(w, "fatal", &f), -1);
	assert_int_equal(f.kind, FAIL_RETRY);
	assert_string_equal(conn_error(w->conn)->sqlstate, "57P01");
	assert_false(conn_is_open(w->conn));
}

static void
last_words_to_an_idle_one_are_heard(void **state)
{
	struct world *w = *state;
	struct backend_link *l;
	struct fail f = FAIL_INIT;

	connect_it(w);
	assert_int_equal(conn_step(w->conn, 1000000, &f), 1);
	l = backend_link(&w->backend, false);
	backend_say(l, 'E', "FATAL", "57P01", "go away");
	backend_cut(l);
	/* Looked at now and then only. */
	assert_int_equal(conn_step(w->conn, 1000001, &f), 1);
	for (int i = 1; i < 5 && conn_is_open(w->conn); i++)
		conn_step(w->conn, 1000000 + i * 20000, &f);
	assert_false(conn_is_open(w->conn));
	assert_int_equal(f.kind, FAIL_RETRY);
	assert_non_null(strstr(f.text, "go away"));
	assert_true(pgerror_stopping(conn_error(w->conn)));
}

static void
a_closed_one_takes_no_query(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	assert_int_equal(conn_query(w->conn, "one", NULL, 0, 0, 0, &f), -1);
	assert_int_equal(conn_step(w->conn, 0, &f), 1);
	conn_close(w->conn);
	conn_free(NULL);
}

static void
quoting(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	conn_quote_name(&b, "we\"ird\\");
	buf_putc(&b, ' ');
	conn_quote_literal(&b, "it's \\");
	assert_true(span_is(buf_span(&b), "\"we\"\"ird\\\" 'it''s \\'"));
	buf_release(&b);
}

int
main(void)
{
#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_WORLD(it_connects),
		IN_WORLD(it_is_refused),
		IN_WORLD(nobody_listens),
		IN_WORLD(a_bad_dsn_is_told),
		IN_WORLD(connecting_ends_in_time),
		IN_WORLD(a_peer_wins_over_the_dsn),
		IN_WORLD(queries_are_answered),
		IN_WORLD(a_failed_query_leaves_it_open),
		IN_WORLD(notices_are_told),
		IN_WORLD(a_query_ends_in_time),
		IN_WORLD(a_connection_breaks),
		IN_WORLD(last_words_to_an_idle_one_are_heard),
		IN_WORLD(a_closed_one_takes_no_query),
		cmocka_unit_test(quoting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
