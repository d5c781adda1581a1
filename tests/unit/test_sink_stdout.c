#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "sink_stdout.h"

struct fixture {
	struct config config;
	struct sink *sink;
	struct track *track;
	struct fail fail;
	int in, out;		/* what the reader reads, what the sink was given */
};

static struct fixture *
fixture_new(int in, int out, int headers)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->in = in;
	x->out = out;
	x->config.format.headers = headers;
	x->track = track_new();
	x->sink = sink_stdout_new(&x->config, out, &x->fail);
	assert_non_null(x->sink);
	return x;
}

static struct fixture *
on_pipe(int headers)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	return fixture_new(fds[0], fds[1], headers);
}

static void
fixture_free(struct fixture *x)
{
	x->sink->ops->free(x->sink);
	track_free(x->track);
	if (x->in >= 0)
		close(x->in);
	close(x->out);
	free(x);
}

static enum sink_result
send_one(struct fixture *x, const struct record *r, uint64_t unit)
{
	return x->sink->ops->send(x->sink, r, unit, &x->fail);
}

static int
poll_once(struct fixture *x)
{
	return x->sink->ops->poll(x->sink, x->track, &x->fail);
}

/* One record in a unit of its own; what the reader sees. */
static void
assert_line(int headers, const struct record *r, const char *expected)
{
	struct fixture *x = on_pipe(headers);
	uint64_t unit = track_open(x->track);
	char got[1024] = "";
	ssize_t n;

	assert_int_equal(send_one(x, r, unit), SINK_OK);
	track_close(x->track, unit, 1, 100);
	assert_int_equal(x->sink->ops->pending(x->sink), 1);
	assert_int_equal(track_confirmed(x->track), 0);
	assert_int_equal(poll_once(x), 0);
	assert_int_equal(x->sink->ops->pending(x->sink), 0);
	assert_int_equal(track_confirmed(x->track), 100);
	n = read(x->in, got, sizeof(got) - 1);
	assert_true(n > 0);
	assert_string_equal(got, expected);
	fixture_free(x);
}

static void
lines_have_the_fixed_form(void **state)
{
	struct record_header h[] = {
		{ SPAN("__debezium.newkey"), SPAN("{\"b\":\"x \\\"q\\\" \\\\\",\"a\":2}") },
		{ SPAN("n"), { NULL, 0 } },
		{ SPAN("taskId"), SPAN("0") },
	};
	struct record r = RECORD_INIT;

	(void)state;
	r.topic = (struct span)SPAN("app.public.t");
	r.key = (struct span)SPAN("{\"id\":1}");
	r.value = (struct span)SPAN("{\"a\":1.10}");
	assert_line(HEADERS_SIMPLE, &r, "{\"topic\":\"app.public.t\",\"partition\":null,"
		"\"key\":{\"id\":1},\"value\":{\"a\":1.10},\"headers\":[],\"timestamp\":null}\n");
	r.value = (struct span){ NULL, 0 };
	r.key = (struct span){ NULL, 0 };
	r.partition = 3;
	r.timestamp_ms = 1795233104925;
	assert_line(HEADERS_SIMPLE, &r, "{\"topic\":\"app.public.t\",\"partition\":3,"
		"\"key\":null,\"value\":null,\"headers\":[],\"timestamp\":1795233104925}\n");
	r.headers = h;
	r.nheaders = 3;
	assert_line(HEADERS_SIMPLE, &r, "{\"topic\":\"app.public.t\",\"partition\":3,"
		"\"key\":null,\"value\":null,\"headers\":[[\"__debezium.newkey\","
		"\"{\\\"b\\\":\\\"x \\\\\\\"q\\\\\\\" \\\\\\\\\\\",\\\"a\\\":2}\"],"
		"[\"n\",null],[\"taskId\",\"0\"]],\"timestamp\":1795233104925}\n");
	h[0].value = (struct span)SPAN("{\"schema\":null,\"payload\":{\"a\":2}}");
	r.nheaders = 1;
	assert_line(HEADERS_JSON, &r, "{\"topic\":\"app.public.t\",\"partition\":3,"
		"\"key\":null,\"value\":null,\"headers\":[[\"__debezium.newkey\","
		"{\"schema\":null,\"payload\":{\"a\":2}}]],\"timestamp\":1795233104925}\n");
}

static struct record
numbered(char *text, size_t size, unsigned n)
{
	struct record r = RECORD_INIT;
	int len = snprintf(text, size, "{\"n\":%u,\"pad\":\"%0200d\"}", n, 0);

	r.topic = (struct span)SPAN("t");
	r.value = (struct span){ text, (size_t)len };
	return r;
}

/* Reads what is there and checks that the lines go on at *next. */
static void
read_lines(int in, unsigned *next)
{
	static char text[1 << 17];
	static size_t have;
	ssize_t got;
	char *line = text, *end;

	while ((got = read(in, text + have, sizeof(text) - have)) > 0)
		have += (size_t)got;
	for (; (end = memchr(line, '\n', have)); line = end + 1) {
		unsigned n;

		assert_int_equal(sscanf(line, "{\"topic\":\"t\",\"partition\":null,"
			"\"key\":null,\"value\":{\"n\":%u", &n), 1);
		assert_int_equal(n, *next);
		++*next;
		have -= (size_t)(end + 1 - line);
	}
	memmove(text, line, have);
}

/* Every record is offered until it is taken; the reader reads only when asked to. */
static void
a_full_pipe_makes_send_wait(void **state)
{
	struct fixture *x = on_pipe(HEADERS_SIMPLE);
	const unsigned total = 30000;
	unsigned sent = 0, next = 0, full = 0;
	uint64_t unit = track_open(x->track);
	char text[512];

	(void)state;
	assert_int_equal(fcntl(x->in, F_SETFL, O_NONBLOCK), 0);
	/* The descriptor we were given is shared with others: it must stay blocking. */
	assert_int_equal(fcntl(x->out, F_GETFL) & O_NONBLOCK, 0);
	while (sent < total) {
		struct record r = numbered(text, sizeof(text), sent);
		enum sink_result result = send_one(x, &r, unit);
		struct pollfd p;

		if (result == SINK_OK) {
			sent++;
			continue;
		}
		assert_int_equal(result, SINK_FULL);
		full++;
		assert_int_equal(poll_once(x), 0);
		p = x->sink->ops->wait(x->sink);
		assert_int_equal(p.events, POLLOUT);
		assert_int_equal(poll(&p, 1, 0), 0);
		/* at most 1 MB waits, and one line */
		assert_true(x->sink->ops->pending(x->sink) <= (1 << 20) / 250);
		read_lines(x->in, &next);
		assert_int_equal(poll(&p, 1, 1000), 1);
		assert_int_equal(poll_once(x), 0);
	}
	assert_true(full > 3);
	track_close(x->track, unit, total, 100);
	while (x->sink->ops->pending(x->sink)) {
		assert_int_equal(track_confirmed(x->track), 0);
		read_lines(x->in, &next);
		assert_int_equal(poll_once(x), 0);
	}
	read_lines(x->in, &next);
	assert_int_equal(next, total);
	assert_int_equal(track_confirmed(x->track), 100);
	assert_true(track_sound(x->track));
	assert_int_equal(x->sink->ops->wait(x->sink).events, 0);
	fixture_free(x);
}

static void
a_line_longer_than_the_buffer_is_taken_alone(void **state)
{
	struct fixture *x = on_pipe(HEADERS_SIMPLE);
	const size_t size = 3 << 20;
	char *value = malloc(size), *got = malloc(size + 1000);
	struct record r = RECORD_INIT;
	uint64_t unit = track_open(x->track);
	size_t have = 0;

	(void)state;
	assert_true(value && got);
	memset(value, '1', size);
	r.topic = (struct span)SPAN("t");
	r.value = (struct span){ value, size };
	assert_int_equal(send_one(x, &r, unit), SINK_OK);
	assert_int_equal(send_one(x, &r, unit), SINK_FULL);
	track_close(x->track, unit, 1, 100);
	assert_int_equal(fcntl(x->in, F_SETFL, O_NONBLOCK), 0);
	while (x->sink->ops->pending(x->sink)) {
		ssize_t n;

		assert_int_equal(poll_once(x), 0);
		n = read(x->in, got + have, size + 1000 - have);
		assert_true(n > 0);
		have += (size_t)n;
	}
	assert_int_equal(track_confirmed(x->track), 100);
	while (have < size) {
		ssize_t n = read(x->in, got + have, size + 1000 - have);

		assert_true(n > 0);
		have += (size_t)n;
	}
	assert_memory_equal(memchr(got, '1', have), value, size);
	assert_int_equal(send_one(x, &r, TRACK_NONE), SINK_OK);
	free(value);
	free(got);
	fixture_free(x);
}

static void
several_units_are_acknowledged_apart(void **state)
{
	struct fixture *x = on_pipe(HEADERS_SIMPLE);
	char text[512];
	struct record r = numbered(text, sizeof(text), 1);

	(void)state;
	for (int i = 1; i <= 600; i++) {
		uint64_t unit = track_open(x->track);

		assert_int_equal(send_one(x, &r, unit), SINK_OK);
		assert_int_equal(send_one(x, &r, TRACK_NONE), SINK_OK);
		assert_int_equal(send_one(x, &r, unit), SINK_OK);
		track_close(x->track, unit, 2, (lsn_t)i * 10);
		if (i % 50 == 0) {
			char sink[65536];

			assert_int_equal(poll_once(x), 0);
			assert_true(read(x->in, sink, sizeof(sink)) > 0);
		}
	}
	assert_int_equal(track_confirmed(x->track), 6000);
	assert_true(track_sound(x->track));
	fixture_free(x);
}

static void
a_reader_that_leaves_is_final(void **state)
{
	struct fixture *x = on_pipe(HEADERS_SIMPLE);
	char text[512];
	struct record r = numbered(text, sizeof(text), 1);

	(void)state;
	assert_int_equal(send_one(x, &r, TRACK_NONE), SINK_OK);
	close(x->in);
	x->in = -1;
	assert_int_equal(poll_once(x), -1);
	assert_int_equal(x->fail.kind, FAIL_FATAL);
	assert_non_null(strstr(x->fail.text, "closed"));
	assert_false(x->sink->ops->up(x->sink));
	x->fail = (struct fail)FAIL_INIT;
	assert_int_equal(send_one(x, &r, TRACK_NONE), SINK_FAILED);
	assert_int_equal(x->fail.kind, FAIL_FATAL);
	assert_int_equal(poll_once(x), -1);
	assert_int_equal(x->sink->ops->pending(x->sink), 1);
	fixture_free(x);
}

static void
a_reader_that_leaves_is_noticed_in_silence(void **state)
{
	struct fixture *x = on_pipe(HEADERS_SIMPLE);

	(void)state;
	assert_int_equal(poll_once(x), 0);
	assert_true(x->sink->ops->up(x->sink));
	close(x->in);
	x->in = -1;
	assert_int_equal(poll_once(x), -1);
	assert_int_equal(x->fail.kind, FAIL_FATAL);
	fixture_free(x);
}

static void
a_full_disk_is_final(void **state)
{
	struct fixture *x = fixture_new(-1, open("/dev/full", O_WRONLY), HEADERS_SIMPLE);
	char text[512];
	struct record r = numbered(text, sizeof(text), 1);

	(void)state;
	assert_int_equal(send_one(x, &r, TRACK_NONE), SINK_OK);
	assert_int_equal(poll_once(x), -1);
	assert_int_equal(x->fail.kind, FAIL_FATAL);
	assert_non_null(strstr(x->fail.text, "No space left"));
	fixture_free(x);
}

static void
a_file_is_written_through(void **state)
{
	char path[] = "/tmp/test_sink_stdout.XXXXXX", text[512], got[65536];
	struct fixture *x = fixture_new(-1, mkstemp(path), HEADERS_SIMPLE);
	struct record r = numbered(text, sizeof(text), 7);
	uint64_t unit = track_open(x->track);
	int in = open(path, O_RDONLY);
	ssize_t n;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(send_one(x, &r, unit), SINK_OK);
	track_close(x->track, unit, 100, 100);
	assert_int_equal(poll_once(x), 0);
	assert_int_equal(track_confirmed(x->track), 100);
	n = read(in, got, sizeof(got));
	assert_true(n > 20000 && got[n - 1] == '\n');
	close(in);
	unlink(path);
	fixture_free(x);
}

static void
a_socket_stays_blocking_for_others(void **state)
{
	int fds[2];
	struct fixture *x;
	char text[512], got[65536];
	unsigned full = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	x = fixture_new(fds[0], fds[1], HEADERS_SIMPLE);
	while (!full) {
		struct record r = numbered(text, sizeof(text), 1);

		full = send_one(x, &r, TRACK_NONE) == SINK_FULL;
	}
	assert_int_equal(poll_once(x), 0);
	assert_int_equal(fcntl(x->out, F_GETFL) & O_NONBLOCK, 0);
	while (x->sink->ops->pending(x->sink)) {
		assert_true(read(x->in, got, sizeof(got)) > 0);
		assert_int_equal(poll_once(x), 0);
	}
	close(x->in);
	x->in = -1;
	assert_int_equal(poll_once(x), -1);
	fixture_free(x);
}

/* A FIFO nobody reads cannot be opened again: the flag is set and given back. */
static void
flags_are_given_back(void **state)
{
	struct fail f = FAIL_INIT;
	struct config c = { 0 };
	char dir[] = "/tmp/test_sink_stdout.XXXXXX", path[64];
	struct sink *s;
	int in, out;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	in = open(path, O_RDONLY | O_NONBLOCK);
	out = open(path, O_WRONLY);
	close(in);
	s = sink_stdout_new(&c, out, &f);
	assert_non_null(s);
	assert_int_equal(fcntl(out, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	s->ops->free(s);
	assert_int_equal(fcntl(out, F_GETFL) & O_NONBLOCK, 0);
	close(out);
	assert_null(sink_stdout_new(&c, out, &f));
	assert_int_equal(f.kind, FAIL_CONFIG);
	unlink(path);
	rmdir(dir);
}

static void
text_that_is_not_utf8_is_refused(void **state)
{
	struct fixture *x = on_pipe(HEADERS_SIMPLE);
	struct record_header h = { SPAN("h"), SPAN("\xff") };
	struct record r = RECORD_INIT;

	(void)state;
	r.topic = (struct span)SPAN("t");
	r.headers = &h;
	r.nheaders = 1;
	assert_int_equal(send_one(x, &r, TRACK_NONE), SINK_FAILED);
	assert_int_equal(x->fail.kind, FAIL_FATAL);
	/* half a line must never come out */
	assert_int_equal(poll_once(x), -1);
	close(x->out);
	x->sink->ops->free(x->sink);
	assert_int_equal(read(x->in, &h, 1), 0);
	close(x->in);
	track_free(x->track);
	free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_have_the_fixed_form),
		cmocka_unit_test(a_full_pipe_makes_send_wait),
		cmocka_unit_test(a_line_longer_than_the_buffer_is_taken_alone),
		cmocka_unit_test(several_units_are_acknowledged_apart),
		cmocka_unit_test(a_reader_that_leaves_is_final),
		cmocka_unit_test(a_reader_that_leaves_is_noticed_in_silence),
		cmocka_unit_test(a_full_disk_is_final),
		cmocka_unit_test(a_file_is_written_through),
		cmocka_unit_test(a_socket_stays_blocking_for_others),
		cmocka_unit_test(flags_are_given_back),
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("sink_stdout", tests, NULL, NULL);
}
