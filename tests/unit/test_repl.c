#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend.h"
#include "loop.h"
#include "repl.h"

struct world {
	struct backend backend;
	struct config config;
	struct repl *repl;
};

#define HISTORY "1\t0/3000\tno recovery target specified\n\n" \
	"# a comment\n2\t1/4000\tbefore 2000-01-01\n"

static void
answer(struct backend *b, struct backend_link *l, const char *sql)
{
	(void)b;
	if (!strcmp(sql, "IDENTIFY_SYSTEM"))
		backend_rows(l, 1, 4, "7700", "3", "1/5000", "shop");
	else if (!strncmp(sql, "TIMELINE_HISTORY", 16))
		backend_rows(l, 1, 2, "00000003.history", HISTORY);
	else if (!strncmp(sql, "CREATE_REPLICATION_SLOT", 23))
		backend_rows(l, 1, 4, "s", "0/1234", NULL, "pgoutput");
	else
		backend_copy_both(l);
}

/* Answers that no server should give. */
static void
nonsense(struct backend *b, struct backend_link *l, const char *sql)
{
	(void)b;
	(void)sql;
	backend_rows(l, 1, 1, "?");
}

static void
refusal(struct backend *b, struct backend_link *l, const char *sql)
{
	(void)b;
	if (!strncmp(sql, "START", 5))
		backend_error(l, "55006", "replication slot \"s\" is active for PID 9");
	else
		backend_error(l, "53400", "all replication slots are in use");
}

static int
set_up(void **state)
{
	static char slot[] = "s", publication[] = "p";
	struct world *w = calloc(1, sizeof(*w));

	backend_open(&w->backend, answer);
	w->config.postgres.dsn = w->backend.dsn;
	w->config.postgres.connect_timeout_ms = 2000;
	w->config.postgres.slot = slot;
	w->config.postgres.publication = publication;
	w->repl = repl_new(&w->config);
	assert_non_null(w->repl);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	repl_free(w->repl);
	backend_close(&w->backend);
	free(w);
	return 0;
}

static int
finish(struct world *w, struct fail *f)
{
	for (int i = 0; i < 50; i++) {
		int rc = repl_step(w->repl, 0, f);

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

	assert_int_equal(repl_open(w->repl, NULL, 0, &f), 0);
	assert_int_equal(finish(w, &f), 1);
	assert_non_null(backend_link(&w->backend, true));
}

static struct backend_link *
stream(struct world *w)
{
	struct fail f = FAIL_INIT;

	connect_it(w);
	assert_int_equal(repl_start(w->repl, 0x10, 0, &f), 0);
	assert_false(repl_streaming(w->repl));
	assert_int_equal(finish(w, &f), 1);
	assert_true(repl_streaming(w->repl));
	return backend_link(&w->backend, true);
}

/* The next frame, of what the server has sent. */
static int
receive(struct world *w, struct frame *frame, struct fail *f)
{
	int rc = repl_recv(w->repl, frame, f);

	for (int i = 0; rc == 0 && i < 3; i++) {
		assert_int_equal(repl_consume(w->repl, f), 0);
		rc = repl_recv(w->repl, frame, f);
	}
	return rc;
}

static void
server_is_identified(void **state)
{
	struct world *w = *state;
	const struct repl_identity *id = repl_identity(w->repl);
	struct fail f = FAIL_INIT;

	connect_it(w);
	assert_int_equal(repl_backend_pid(w->repl), BACKEND_PID);
	assert_int_equal(repl_server_version(w->repl), 150020);
	assert_int_equal(repl_identify(w->repl, 0, &f), 0);
	assert_int_equal(finish(w, &f), 1);
	assert_string_equal(id->system_id, "7700");
	assert_int_equal(id->timeline, 3);
	assert_int_equal(id->position, UINT64_C(0x100005000));
	assert_string_equal(id->database, "shop");
}

static void
history_is_read(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	assert_int_equal(repl_left_timeline(w->repl, 1), 0);
	connect_it(w);
	assert_int_equal(repl_history(w->repl, 3, 0, &f), 0);
	assert_int_equal(finish(w, &f), 1);
	assert_int_equal(repl_left_timeline(w->repl, 1), 0x3000);
	assert_int_equal(repl_left_timeline(w->repl, 2), UINT64_C(0x100004000));
	assert_int_equal(repl_left_timeline(w->repl, 3), 0);
	assert_non_null(strstr(w->backend.log, "TIMELINE_HISTORY 3\n"));
}

static void
slot_is_created(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	connect_it(w);
	assert_int_equal(repl_create_slot(w->repl, 0, &f), 0);
	assert_int_equal(repl_deadline(w->repl), LOOP_NEVER);
	assert_int_equal(finish(w, &f), 1);
	assert_int_equal(repl_consistent_point(w->repl), 0x1234);
	assert_non_null(strstr(w->backend.log, "CREATE_REPLICATION_SLOT \"s\" "
		"LOGICAL pgoutput (SNAPSHOT 'nothing')\n"));
	w->backend.version = "14.1";
	connect_it(w);
	assert_int_equal(repl_create_slot(w->repl, 0, &f), 0);
	assert_int_equal(finish(w, &f), 1);
	assert_non_null(strstr(w->backend.log, "CREATE_REPLICATION_SLOT \"s\" "
		"LOGICAL pgoutput NOEXPORT_SNAPSHOT\n"));
}

static void
names_are_quoted(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	stream(w);
	assert_non_null(strstr(w->backend.log,
		"START_REPLICATION SLOT \"s\" LOGICAL 0/10 (\"proto_version\" '1', "
		"\"publication_names\" '\"p\"')\n"));
	w->config.postgres.publication = (char[]){ "P1, \"it's, \"\"odd\"\"\"" };
	w->config.postgres.messages = true;
	stream(w);
	assert_non_null(strstr(w->backend.log,
		"'\"P1\",\"it''s, \"\"odd\"\"\"', \"messages\" 'true')\n"));
	w->config.postgres.publication = (char[]){ "\"open" };
	connect_it(w);
	assert_int_equal(repl_start(w->repl, 0, 0, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.text, "postgres.publication: "));
}

static void
nonsense_is_refused(void **state)
{
	struct world *w = *state;
	int (*const commands[])(struct repl *, int64_t, struct fail *) = {
		repl_identify, repl_create_slot
	};

	w->backend.answer = nonsense;
	for (size_t i = 0; i < 4; i++) {
		struct fail f = FAIL_INIT;

		connect_it(w);
		if (i < 2)
			assert_int_equal(commands[i](w->repl, 0, &f), 0);
		else if (i == 2)
			assert_int_equal(repl_history(w->repl, 2, 0, &f), 0);
		else
			assert_int_equal(repl_start(w->repl, 0, 0, &f), 0);
		assert_int_equal(finish(w, &f), -1);
		assert_int_equal(f.kind, FAIL_PROTOCOL);
		assert_false(repl_streaming(w->repl));
		assert_int_equal(repl_wait(w->repl).fd, -1);
	}
}

static void
refusals_are_told_apart(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	w->backend.answer = refusal;
	connect_it(w);
	repl_start(w->repl, 0, 0, &f);
	assert_int_equal(finish(w, &f), -1);
	assert_int_equal(f.kind, FAIL_RETRY);
	assert_true(repl_slot_in_use(w->repl));
	assert_false(repl_slow_retry(w->repl));
	connect_it(w);
	assert_false(repl_slot_in_use(w->repl));
	repl_create_slot(w->repl, 0, &f);
	assert_int_equal(finish(w, &f), -1);
	assert_false(repl_slot_in_use(w->repl));
	assert_true(repl_slow_retry(w->repl));
	assert_false(repl_has_streamed(w->repl));
}

static void
frames_are_received(void **state)
{
	struct world *w = *state;
	struct backend_link *l = stream(w);
	struct frame frame;
	struct fail f = FAIL_INIT;

	assert_int_equal(receive(w, &frame, &f), 0);
	backend_xlog(l, 0x20, "Bdata");
	backend_keepalive(l, 0x30, true);
	assert_int_equal(receive(w, &frame, &f), 1);
	assert_int_equal(frame.type, FRAME_XLOG);
	assert_int_equal(frame.start, 0x20);
	assert_true(span_is(frame.data, "Bdata"));
	/* A frame in hand outlives its connection. */
	repl_abort(w->repl);
	assert_true(span_is(frame.data, "Bdata"));
	assert_int_equal(repl_recv(w->repl, &frame, &f), -1);
	assert_int_equal(f.kind, FAIL_RETRY);
	l = stream(w);
	backend_keepalive(l, 0x30, true);
	assert_int_equal(receive(w, &frame, &f), 1);
	assert_int_equal(frame.type, FRAME_KEEPALIVE);
	assert_int_equal(frame.end, 0x30);
	assert_true(frame.reply);
	assert_int_equal(receive(w, &frame, &f), 0);
}

static void
a_bad_frame_ends_it(void **state)
{
	struct world *w = *state;
	struct backend_link *l = stream(w);
	struct frame frame;
	struct fail f = FAIL_INIT;

	backend_put(l, 'd', "?", 1);
	assert_int_equal(receive(w, &frame, &f), -1);
	assert_int_equal(f.kind, FAIL_PROTOCOL);
	assert_false(repl_streaming(w->repl));
}

static void
statuses_are_sent(void **state)
{
	struct world *w = *state;
	struct backend_link *l = stream(w);
	char expected[FRAME_STATUS_SIZE];
	struct fail f = FAIL_INIT;

	assert_int_equal(repl_status(w->repl, 0x77, INT64_C(1700000000000000), true, &f), 0);
	backend_pump(&w->backend);
	frame_status(expected, 0x77, INT64_C(1700000000000000), true);
	assert_int_equal(l->status_len, FRAME_STATUS_SIZE);
	assert_memory_equal(l->status, expected, FRAME_STATUS_SIZE);
	assert_int_equal(repl_wait(w->repl).events, POLLIN);
	assert_int_equal(repl_flush(w->repl, &f), 0);
	assert_int_equal(l->nstatus, 1);
}

/* A server that does not read: statuses do not pile up, the last one arrives. */
static void
a_full_socket_is_no_wait(void **state)
{
	struct world *w = *state;
	struct backend_link *l = stream(w);
	char expected[FRAME_STATUS_SIZE];
	struct fail f = FAIL_INIT;
	lsn_t sent = 0;

	while (!(repl_wait(w->repl).events & POLLOUT)) {
		sent++;
		assert_int_equal(repl_status(w->repl, sent, 0, sent == 3, &f), 0);
		assert_true(sent < 1000000);
	}
	for (int i = 0; i < 100000; i++)
		assert_int_equal(repl_status(w->repl, sent + 1 + (lsn_t)i, 0, false, &f), 0);
	sent += 100000;
	for (int i = 0; i < 100000 && repl_wait(w->repl).events & POLLOUT; i++) {
		backend_pump(&w->backend);
		assert_int_equal(repl_flush(w->repl, &f), 0);
	}
	backend_pump(&w->backend);
	assert_true(l->nstatus < sent - 90000);
	frame_status(expected, sent, 0, false);
	assert_memory_equal(l->status, expected, FRAME_STATUS_SIZE);
}

static void
assert_ends(struct world *w, enum fail_kind kind, const char *part)
{
	struct frame frame;
	struct fail f = FAIL_INIT;

	assert_int_equal(receive(w, &frame, &f), -1);
	if (f.kind != kind || !strstr(f.text, part))
		fail_msg("%s: %s", fail_kind_name(f.kind), f.text);
	assert_false(repl_streaming(w->repl));
	assert_true(repl_has_streamed(w->repl));
	assert_int_equal(repl_wait(w->repl).fd, -1);
}

static void
streams_end(void **state)
{
	struct world *w = *state;
	struct backend_link *l = stream(w);
	struct frame frame;
	struct fail f = FAIL_INIT;

	/* What was sent before is read first. */
	backend_xlog(l, 0x20, "B");
	backend_cut(l);
	assert_int_equal(receive(w, &frame, &f), 1);
	assert_ends(w, FAIL_RETRY, "closed the connection");

	l = stream(w);
	backend_put(l, 'C', "COPY 0", 7);
	backend_cut(l);
	assert_ends(w, FAIL_RETRY, "the server ended it");

	l = stream(w);
	backend_put(l, 'c', NULL, 0);
	assert_ends(w, FAIL_RETRY, "the server ended it");

	l = stream(w);
	backend_say(l, 'E', "FATAL", "57P01", "terminating connection");
	backend_cut(l);
	assert_ends(w, FAIL_RETRY, "terminating connection [57P01]");

	l = stream(w);
	backend_error(l, "42704", "publication \"p\" does not exist");
	backend_ready(l);
	assert_ends(w, FAIL_LOST, "publication p was not there");
}

static void
a_skipped_publication_ends_it(void **state)
{
	struct world *w = *state;
	struct backend_link *l = stream(w);
	struct frame frame;
	struct fail f = FAIL_INIT;

	backend_xlog(l, 0x20, "B");
	backend_say(l, 'N', "NOTICE", "01000", "harmless");
	backend_xlog(l, 0x20, "C");
	backend_say(l, 'N', "WARNING", "55000", "skipped loading publication \"p\"");
	backend_xlog(l, 0x30, "B");
	assert_int_equal(receive(w, &frame, &f), 1);
	assert_int_equal(receive(w, &frame, &f), 1);
	assert_ends(w, FAIL_LOST, "skipped loading publication");
	/* And not again on the next connection. */
	l = stream(w);
	backend_xlog(l, 0x40, "B");
	assert_int_equal(receive(w, &frame, &f), 1);
}

static void
passwords_are_right_once_it_has_streamed(void **state)
{
	struct world *w = *state;
	struct fail f = FAIL_INIT;

	w->backend.refuse = "28P01";
	assert_int_equal(repl_open(w->repl, NULL, 0, &f), 0);
	assert_int_equal(finish(w, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	w->backend.refuse = NULL;
	stream(w);
	w->backend.refuse = "28P01";
	assert_int_equal(repl_open(w->repl, NULL, 0, &f), 0);
	assert_int_equal(finish(w, &f), -1);
	assert_int_equal(f.kind, FAIL_RETRY);
	assert_true(repl_slow_retry(w->repl));
}

static void
it_takes_its_leave(void **state)
{
	struct world *w = *state;
	struct backend_link *l = stream(w);
	struct fail f = FAIL_INIT;

	assert_int_equal(repl_close(w->repl, 0x99, 0, &f), 0);
	assert_int_equal(repl_status(w->repl, 0x99, 0, false, &f), -1);
	backend_xlog(l, 0x20, "B");	/* still on its way */
	backend_pump(&w->backend);
	assert_int_equal(l->nstatus, 1);
	assert_true(l->copy_done);
	assert_false(repl_drained(w->repl));
	backend_put(l, 'c', NULL, 0);
	backend_put(l, 'C', "COPY 0", 7);
	backend_ready(l);
	for (int i = 0; i < 3 && !repl_drained(w->repl); i++)
		;
	assert_true(repl_drained(w->repl));
	assert_int_equal(repl_close(w->repl, 0x99, 0, &f), -1);
	repl_abort(w->repl);
	repl_free(NULL);
}

int
main(void)
{
#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_WORLD(server_is_identified),
		IN_WORLD(history_is_read),
		IN_WORLD(slot_is_created),
		IN_WORLD(names_are_quoted),
		IN_WORLD(nonsense_is_refused),
		IN_WORLD(refusals_are_told_apart),
		IN_WORLD(frames_are_received),
		IN_WORLD(a_bad_frame_ends_it),
		IN_WORLD(statuses_are_sent),
		IN_WORLD(a_full_socket_is_no_wait),
		IN_WORLD(streams_end),
		IN_WORLD(a_skipped_publication_ends_it),
		IN_WORLD(passwords_are_right_once_it_has_streamed),
		IN_WORLD(it_takes_its_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
