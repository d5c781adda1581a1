#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend.h"
#include "heartbeat.h"
#include "loop.h"

#define SECOND INT64_C(1000000)
#define NOW_MS INT64_C(1700000000123)

/* A sink that keeps the last record as text. */
struct last {
	struct sink base;
	enum sink_result answer;
	unsigned sent;
	char topic[64], key[256], value[256];
	int32_t partition;
	size_t nheaders;
};

struct world {
	struct backend backend;		/* first: the answers find the rest by it */
	struct config config;
	struct plan_options options;
	struct last sink;
	struct heartbeat *heartbeat;
	const char *refuse;		/* SQLSTATE the statement is refused with */
	bool hang;			/* it is not answered */
	int64_t now;
	struct fail f;
};

static void
copy(char *to, size_t size, struct span s)
{
	assert_true(s.len < size);
	memcpy(to, s.p, s.len);
	to[s.len] = '\0';
}

static enum sink_result
keep(struct sink *s, const struct record *r, uint64_t unit, struct fail *f)
{
	struct last *l = (struct last *)s;

	assert_true(unit == TRACK_NONE);
	if (l->answer == SINK_FAILED)
		return fail_set(f, FAIL_FATAL, "the broker said no");
	if (l->answer == SINK_FULL)
		return SINK_FULL;
	l->sent++;
	copy(l->topic, sizeof(l->topic), r->topic);
	copy(l->key, sizeof(l->key), r->key);
	copy(l->value, sizeof(l->value), r->value);
	l->partition = r->partition;
	l->nheaders = r->nheaders;
	return SINK_OK;
}

static const struct sink_ops keep_ops = { .send = keep };

static void
answer(struct backend *b, struct backend_link *l, const char *sql)
{
	struct world *w = (struct world *)b;

	if (!strstr(sql, "beat"))
		backend_command(l);
	else if (w->hang)
		l->silent = true;
	else if (w->refuse)
		backend_error(l, w->refuse, "no such table");
	else
		backend_rows(l, 1, 1, "x");
}

static char prefix[] = "app", delimiter[] = ".", topic_prefix[] = "__debezium-heartbeat",
	action[] = "insert into beats values (1)";

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	backend_open(&w->backend, answer);
	w->config.prefix = prefix;
	w->config.postgres.dsn = w->backend.dsn;
	w->config.postgres.connect_timeout_ms = 2000;
	w->config.postgres.heartbeat_interval_ms = 1000;
	w->config.format.topic_delimiter = delimiter;
	w->config.format.topic_heartbeat_prefix = topic_prefix;
	w->options.prefix = span_of(prefix);
	w->sink.base.ops = &keep_ops;
	w->now = SECOND;
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	heartbeat_free(w->heartbeat);
	heartbeat_free(NULL);
	backend_close(&w->backend);
	free(w);
	return 0;
}

static void
start(struct world *w)
{
	w->heartbeat = heartbeat_new(&w->config, &w->options, &w->f);
	if (!w->heartbeat)
		fail_msg("%s", w->f.text);
}

static int
step_as(struct world *w, bool streaming)
{
	int rc = heartbeat_step(w->heartbeat, &w->sink.base, streaming, NULL,
		w->now, NOW_MS, &w->f);

	backend_pump(&w->backend);
	return rc;
}

static void
step(struct world *w)
{
	assert_int_equal(step_as(w, true), 0);
}

/* As the loop would: until nothing happens any more at this moment. */
static void
settle(struct world *w)
{
	for (int i = 0; i < 50; i++)
		step(w);
}

static void
a_beat_each_interval(void **state)
{
	struct world *w = *state;

	start(w);
	assert_true(heartbeat_deadline(w->heartbeat, true) == LOOP_NEVER);
	step(w);
	assert_int_equal(w->sink.sent, 0);
	assert_int_equal(heartbeat_deadline(w->heartbeat, true), 2 * SECOND);
	w->now = 2 * SECOND;
	step(w);
	step(w);
	assert_int_equal(w->sink.sent, 1);
	assert_string_equal(w->sink.topic, "__debezium-heartbeat.app");
	assert_string_equal(w->sink.key, "{\"serverName\":\"app\"}");
	assert_string_equal(w->sink.value, "{\"ts_ms\":1700000000123}");
	assert_int_equal(w->sink.partition, 0);
	assert_int_equal(w->sink.nheaders, 0);
	w->now = 7 * SECOND;	/* those that were missed are not made up for */
	step(w);
	step(w);
	assert_int_equal(w->sink.sent, 2);
	assert_int_equal(heartbeat_deadline(w->heartbeat, true), 8 * SECOND);
	assert_int_equal(heartbeat_wait(w->heartbeat).fd, -1);
}

static void
none_without_an_interval(void **state)
{
	struct world *w = *state;

	w->config.postgres.heartbeat_interval_ms = 0;
	w->config.postgres.heartbeat_action_query = action;
	start(w);
	w->now = 100 * SECOND;
	settle(w);
	assert_int_equal(w->sink.sent, 0);
	assert_null(strstr(w->backend.log, "beat"));
	assert_true(heartbeat_deadline(w->heartbeat, true) == LOOP_NEVER);
}

static void
none_while_it_does_not_stream(void **state)
{
	struct world *w = *state;

	start(w);
	step(w);
	w->now = 5 * SECOND;
	assert_int_equal(step_as(w, false), 0);
	assert_int_equal(w->sink.sent, 0);
	assert_true(heartbeat_deadline(w->heartbeat, false) == LOOP_NEVER);
	step(w);
	assert_int_equal(w->sink.sent, 1);
}

static void
a_full_sink_gets_it_later(void **state)
{
	struct world *w = *state;

	start(w);
	step(w);
	w->sink.answer = SINK_FULL;
	w->now = 2 * SECOND;
	step(w);
	/* Nothing to wait for but the sink: a deadline that has passed would spin. */
	assert_true(heartbeat_deadline(w->heartbeat, true) == LOOP_NEVER);
	w->sink.answer = SINK_OK;
	w->now += SECOND / 2;
	step(w);
	assert_int_equal(w->sink.sent, 1);
	assert_int_equal(heartbeat_deadline(w->heartbeat, true), 35 * SECOND / 10);
	w->sink.answer = SINK_FAILED;
	w->now = 4 * SECOND;
	assert_int_equal(step_as(w, true), -1);
	assert_string_equal(w->f.text, "heartbeat: the broker said no");
}

static void
names_and_schemas(void **state)
{
	static char name[] = "my.beats";
	struct world *w = *state;

	delimiter[0] = '_';
	w->options.key_schemas = w->options.value_schemas = true;
	start(w);
	step(w);
	w->now = 2 * SECOND;
	step(w);
	delimiter[0] = '.';
	assert_string_equal(w->sink.topic, "__debezium-heartbeat_app");
	assert_string_equal(w->sink.key, "{\"schema\":{\"type\":\"struct\",\"fields\":["
		"{\"type\":\"string\",\"optional\":false,\"field\":\"serverName\"}],"
		"\"optional\":false,\"name\":\"io.debezium.connector.common.ServerNameKey\","
		"\"version\":1},\"payload\":{\"serverName\":\"app\"}}");
	assert_string_equal(w->sink.value, "{\"schema\":{\"type\":\"struct\",\"fields\":["
		"{\"type\":\"int64\",\"optional\":false,\"field\":\"ts_ms\"}],"
		"\"optional\":false,\"name\":\"io.debezium.connector.common.Heartbeat\","
		"\"version\":1},\"payload\":{\"ts_ms\":1700000000123}}");
	heartbeat_free(w->heartbeat);
	w->config.format.topic_heartbeat_name = name;
	start(w);
	step(w);
	w->now += SECOND;
	step(w);
	assert_string_equal(w->sink.topic, "my.beats");
}

static int
times_run(const struct world *w)
{
	int n = 0;

	for (const char *p = w->backend.log; (p = strstr(p, action)); p++)
		n++;
	return n;
}

static void
the_statement_runs_after_each_beat(void **state)
{
	struct world *w = *state;

	w->config.postgres.heartbeat_action_query = action;
	start(w);
	settle(w);
	assert_int_equal(times_run(w), 0);
	for (int i = 1; i <= 3; i++) {
		w->now += SECOND;
		settle(w);
		assert_int_equal(w->sink.sent, i);
		assert_int_equal(times_run(w), i);
	}
	/* A failure ends nothing. */
	w->refuse = "42P01";
	w->now += SECOND;
	settle(w);
	w->refuse = NULL;
	w->now += SECOND;
	settle(w);
	assert_int_equal(w->sink.sent, 5);
	assert_int_equal(times_run(w), 5);
}

static void
a_statement_that_does_not_end_is_not_begun_again(void **state)
{
	struct world *w = *state;

	w->config.postgres.heartbeat_action_query = action;
	w->hang = true;
	start(w);
	settle(w);
	for (int i = 0; i < 4; i++) {
		w->now += SECOND;
		settle(w);
	}
	assert_int_equal(w->sink.sent, 4);
	assert_int_equal(times_run(w), 1);
	assert_true(heartbeat_wait(w->heartbeat).fd >= 0);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_beat_each_interval),
		TEST(none_without_an_interval),
		TEST(none_while_it_does_not_stream),
		TEST(a_full_sink_gets_it_later),
		TEST(names_and_schemas),
		TEST(the_statement_runs_after_each_beat),
		TEST(a_statement_that_does_not_end_is_not_begun_again),
	};

	return cmocka_run_group_tests_name("heartbeat", tests, NULL, NULL);
}
