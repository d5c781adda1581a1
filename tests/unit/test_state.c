#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "log.h"
#include "sink_kafka.h"
#include "state.h"

#define PATIENCE_S 30

struct fixture {
	struct config config;
	struct config_pair properties[8];
	char dir[64], path[128];
	rd_kafka_t *host;
	rd_kafka_mock_cluster_t *cluster;
	struct sink *sink;
	struct track *track;
	struct fail fail;
};

static const struct state_record sample = {
	.known = true, .system_id = "7312345678901234567", .timeline = 2,
	.slot = "pgwake", .last_commit = 0x100000002, .confirmed = 0x100000003
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	strcpy(x->dir, "/tmp/test_state.XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	snprintf(x->path, sizeof(x->path), "%s/state", x->dir);
	x->config.prefix = (char *)"inv";
	x->config.postgres.slot = (char *)"pgwake";
	x->track = track_new();
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	unlink(x->path);
	rmdir(x->dir);
	if (x->sink)
		x->sink->ops->free(x->sink);
	if (x->cluster)
		rd_kafka_mock_cluster_destroy(x->cluster);
	if (x->host)
		rd_kafka_destroy(x->host);
	track_free(x->track);
	free(x);
	return 0;
}

/* Opens, loads and closes. As state_load, but waits. */
static int
load(struct fixture *x, struct state_record *out)
{
	struct state *s = state_new(&x->config, &x->fail);
	time_t end = time(NULL) + PATIENCE_S;
	int rc;

	assert_non_null(s);
	while ((rc = state_load(s, out, &x->fail)) == 0) {
		assert_true(time(NULL) < end);
		poll(NULL, 0, 5);
	}
	state_free(s);
	return rc;
}

static void
save(struct fixture *x, const struct state_record *r)
{
	struct state *s = state_new(&x->config, &x->fail);
	time_t end = time(NULL) + PATIENCE_S;
	enum sink_result result;

	assert_non_null(s);
	while ((result = state_save(s, x->sink, r, TRACK_NONE, &x->fail)) == SINK_FULL ||
			(x->sink && x->sink->ops->pending(x->sink))) {
		struct pollfd p = x->sink->ops->wait(x->sink);

		poll(&p, 1, 100);
		assert_int_equal(x->sink->ops->poll(x->sink, x->track, &x->fail), 0);
		assert_true(time(NULL) < end);
		if (result == SINK_OK && !x->sink->ops->pending(x->sink))
			break;
	}
	assert_int_equal(result, SINK_OK);
	state_free(s);
}

static void
assert_record(const struct state_record *r, const struct state_record *expected)
{
	assert_int_equal(r->known, expected->known);
	assert_string_equal(r->system_id, expected->system_id);
	assert_string_equal(r->slot, expected->slot);
	assert_int_equal(r->timeline, expected->timeline);
	assert_int_equal(r->last_commit, expected->last_commit);
	assert_int_equal(r->confirmed, expected->confirmed);
}

static void
write_file(const struct fixture *x, const char *text)
{
	FILE *file = fopen(x->path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
without_a_file_nothing_is_kept(void **state)
{
	struct fixture *x = *state;
	struct state_record r = { 0 };

	x->config.to_stdout = true;
	save(x, &sample);
	assert_int_equal(load(x, &r), 1);
	assert_false(r.known);
	state_free(NULL);
}

static void
a_file_keeps_the_record(void **state)
{
	struct fixture *x = *state;
	struct state_record r, next = sample;
	char text[512] = "", fresh[160];
	struct stat st;
	FILE *file;

	x->config.state.file = x->path;
	assert_int_equal(load(x, &r), 1);
	assert_false(r.known);
	save(x, &sample);
	assert_int_equal(load(x, &r), 1);
	assert_record(&r, &sample);
	next.last_commit = UINT64_MAX;
	next.timeline = UINT32_MAX;
	save(x, &next);
	assert_int_equal(load(x, &r), 1);
	assert_record(&r, &next);
	save(x, &sample);
	file = fopen(x->path, "r");
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "{\"version\":1,\"system_id\":"
		"\"7312345678901234567\",\"timeline\":2,\"slot\":\"pgwake\","
		"\"last_commit\":\"1/2\",\"confirmed\":\"1/3\"}");
	snprintf(fresh, sizeof(fresh), "%s.new", x->path);
	assert_int_equal(stat(fresh, &st), -1);
}

static void
what_is_no_record_is_refused(void **state)
{
	static const char *const texts[] = {
		"garbage", "{", "[]", "null", "{}", "{\"version\":1}",
		"{\"version\":\"1\",\"system_id\":\"1\",\"timeline\":1,\"slot\":\"s\",\"last_commit\":\"0/1\",\"confirmed\":\"0/2\"}",
		"{\"version\":1,\"system_id\":7,\"timeline\":1,\"slot\":\"s\",\"last_commit\":\"0/1\",\"confirmed\":\"0/2\"}",
		"{\"version\":1,\"system_id\":\"7\",\"timeline\":-1,\"slot\":\"s\",\"last_commit\":\"0/1\",\"confirmed\":\"0/2\"}",
		"{\"version\":1,\"system_id\":\"7\",\"timeline\":4294967296,"
			"\"slot\":\"s\",\"last_commit\":\"0/1\",\"confirmed\":\"0/2\"}",
		"{\"version\":1,\"system_id\":\"7\",\"timeline\":1,\"slot\":null,\"last_commit\":\"0/1\",\"confirmed\":\"0/2\"}",
		"{\"version\":1,\"system_id\":\"7\",\"timeline\":1,\"slot\":\"s\",\"last_commit\":\"01\",\"confirmed\":\"0/2\"}",
		"{\"version\":1,\"system_id\":\"7\",\"timeline\":1,\"slot\":\"s\"}",
		"{\"version\":1,\"system_id\":\"123456789012345678901234567890123\",\"timeline\":1,"
			"\"slot\":\"s\",\"last_commit\":\"0/1\",\"confirmed\":\"0/2\"}",
	};
	struct fixture *x = *state;
	struct state_record r = { 0 };

	x->config.state.file = x->path;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		write_file(x, texts[i]);
		x->fail = (struct fail)FAIL_INIT;
		if (load(x, &r) != -1)
			fail_msg("accepted: %s", texts[i]);
		assert_int_equal(x->fail.kind, FAIL_CONFIG);
		assert_non_null(strstr(x->fail.text, x->path));
		assert_non_null(strstr(x->fail.text, "not a state record"));
		assert_false(r.known);
	}
	write_file(x, "{\"version\":2}");
	assert_int_equal(load(x, &r), -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text, "newer"));
}

/* What is finished of a snapshot survives in the same record. */
static void
the_progress_of_a_snapshot_is_kept(void **state)
{
	static const struct progress_file t = { 100, 5, 6 };
	struct fixture *x = *state;
	struct progress *p = progress_new(), *q = progress_new();
	struct state_record with = sample, r = { .progress = q };
	uint64_t from, to;

	x->config.state.file = x->path;
	with.progress = p;
	save(x, &with);				/* there is none */
	assert_int_equal(load(x, &r), 1);
	assert_false(progress_exists(q));
	progress_begin(p);
	assert_int_equal(progress_add(p, &t, true, 7, 3, 9), 0);
	save(x, &with);
	assert_int_equal(load(x, &r), 1);
	assert_record(&r, &sample);
	assert_ptr_equal(r.progress, q);
	assert_true(progress_unfinished(q));
	assert_true(progress_range(q, t.oid, 0, &from, &to));
	assert_true(from == 3 && to == 9);
	r.progress = NULL;			/* who does not ask may read it too */
	assert_int_equal(load(x, &r), 1);
	assert_record(&r, &sample);
	progress_finish(p);
	save(x, &with);
	r.progress = q;
	assert_int_equal(load(x, &r), 1);
	assert_true(progress_finished(q));
	progress_free(p);
	progress_free(q);
}

static void
a_progress_that_is_none_is_refused(void **state)
{
	static const char *const texts[] = { "null", "7", "{}", "{\"finished\":false}" };
	struct fixture *x = *state;
	struct progress *p = progress_new();

	x->config.state.file = x->path;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct state_record r = { .progress = p };
		char text[512];

		snprintf(text, sizeof(text), "{\"version\":1,\"system_id\":\"7\","
			"\"timeline\":1,\"slot\":\"s\",\"last_commit\":\"0/1\","
			"\"confirmed\":\"0/2\",\"snapshot\":%s}", texts[i]);
		write_file(x, text);
		assert_int_equal(load(x, &r), -1);
		assert_int_equal(x->fail.kind, FAIL_CONFIG);
		assert_false(r.known);
		assert_false(progress_exists(p));
	}
	progress_free(p);
}

static void
a_file_that_is_too_long(void **state)
{
	struct fixture *x = *state;
	struct state_record r = { 0 };
	FILE *file = fopen(x->path, "w");

	assert_int_equal(ftruncate(fileno(file), 65 << 20), 0);
	fclose(file);
	x->config.state.file = x->path;
	assert_int_equal(load(x, &r), -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text, "too long"));
}

static void
a_file_that_cannot_be_used(void **state)
{
	struct fixture *x = *state;
	struct state_record r = { 0 };
	struct state *s;

	x->config.state.file = x->dir;
	assert_int_equal(load(x, &r), -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	x->config.state.file = (char *)"/nonexistent/state";
	s = state_new(&x->config, &x->fail);
	/* Found out before a slot exists. */
	assert_int_equal(state_try(s, &x->fail), -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_string_equal(x->fail.text, "state.file /nonexistent/state cannot be "
		"written: No such file or directory; its directory must exist and "
		"let this user create files");
	x->fail = (struct fail)FAIL_INIT;
	assert_int_equal(state_save(s, NULL, &sample, TRACK_NONE, &x->fail), SINK_FAILED);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	state_free(s);
}

/* From here on: the topic, on mock brokers. */
static void
start_kafka(struct fixture *x)
{
	rd_kafka_conf_t *quiet = rd_kafka_conf_new();

	rd_kafka_conf_set(quiet, "log_level", "3", NULL, 0);
	x->host = rd_kafka_new(RD_KAFKA_PRODUCER, quiet, NULL, 0);
	x->cluster = rd_kafka_mock_cluster_new(x->host, 1);
	assert_non_null(x->cluster);
	x->config.kafka.bootstrap_servers =
		(char *)rd_kafka_mock_cluster_bootstraps(x->cluster);
	x->properties[0] = (struct config_pair){ .key = (char *)"reconnect.backoff.max.ms",
		.value = (char *)"100" };
	x->config.kafka.properties = x->properties;
	x->config.kafka.nproperties = 1;
	x->config.kafka.queue_kbytes = 1024;
	x->sink = sink_kafka_new(&x->config, &x->fail);
	assert_non_null(x->sink);
}

static void
no_topic_is_no_record(void **state)
{
	struct fixture *x = *state;
	struct state_record r = { 0 };

	start_kafka(x);
	rd_kafka_mock_topic_set_error(x->cluster, "__pgwake_state.inv",
		RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	assert_int_equal(load(x, &r), 1);
	assert_false(r.known);
}

static void
an_empty_topic_is_no_record(void **state)
{
	struct fixture *x = *state;
	struct state_record r = { 0 };

	start_kafka(x);
	rd_kafka_mock_topic_create(x->cluster, "__pgwake_state.inv", 3, 1);
	assert_int_equal(load(x, &r), 1);
	assert_false(r.known);
}

static void
the_newest_record_of_the_key_counts(void **state)
{
	struct fixture *x = *state;
	struct state_record r, other = sample;

	start_kafka(x);
	rd_kafka_mock_topic_create(x->cluster, "__pgwake_state.inv", 3, 1);
	other.last_commit = 5;
	save(x, &other);
	save(x, &sample);
	x->config.postgres.slot = (char *)"another";
	save(x, &other);
	assert_int_equal(load(x, &r), 1);
	assert_record(&r, &other);
	x->config.postgres.slot = (char *)"pgwake";
	assert_int_equal(load(x, &r), 1);
	assert_record(&r, &sample);
	x->config.kafka.state_topic = (char *)"elsewhere";
	rd_kafka_mock_topic_create(x->cluster, "elsewhere", 1, 1);
	assert_int_equal(load(x, &r), 1);
	assert_false(r.known);
	save(x, &other);
	assert_int_equal(load(x, &r), 1);
	assert_record(&r, &other);
}

static void
produce(struct fixture *x, const char *key, struct span value)
{
	struct record r = RECORD_INIT;

	r.topic = (struct span)SPAN("__pgwake_state.inv");
	r.partition = 0;
	r.key = span_of(key);
	r.value = value;
	assert_int_equal(x->sink->ops->send(x->sink, &r, TRACK_NONE, &x->fail), SINK_OK);
	while (x->sink->ops->pending(x->sink)) {
		struct pollfd p = x->sink->ops->wait(x->sink);

		poll(&p, 1, 1000);
		assert_int_equal(x->sink->ops->poll(x->sink, x->track, &x->fail), 0);
	}
}

static void
what_is_no_record_is_refused_with_its_place(void **state)
{
	struct fixture *x = *state;
	static char big[70000];
	struct state_record r = { 0 };

	start_kafka(x);
	rd_kafka_mock_topic_create(x->cluster, "__pgwake_state.inv", 1, 1);
	save(x, &sample);
	/* a tombstone of ours, and things of others */
	produce(x, "inv/pgwake", (struct span){ NULL, 0 });
	produce(x, "inv/pgwake2", (struct span)SPAN("garbage"));
	produce(x, NULL, (struct span)SPAN("garbage"));
	assert_int_equal(load(x, &r), 1);
	assert_false(r.known);
	produce(x, "inv/pgwake", (struct span)SPAN("garbage"));
	assert_int_equal(load(x, &r), -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text,
		"topic __pgwake_state.inv, partition 0, offset 4"));
	produce(x, "inv/pgwake", (struct span){ big, sizeof(big) });
	assert_int_equal(load(x, &r), -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text, "offset 5: this is not a state record"));
}

static void
a_topic_that_may_not_be_read(void **state)
{
	struct fixture *x = *state;
	struct state_record r = { 0 };

	start_kafka(x);
	rd_kafka_mock_topic_set_error(x->cluster, "__pgwake_state.inv",
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	assert_int_equal(load(x, &r), -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text, "__pgwake_state.inv"));
	assert_non_null(strstr(x->fail.text, "grant"));
}

static void
kafka_away_is_in_progress(void **state)
{
	struct fixture *x = *state;
	struct state_record r = { 0 };
	struct state *s;
	time_t end = time(NULL) + PATIENCE_S;
	int rc;

	start_kafka(x);
	rd_kafka_mock_topic_create(x->cluster, "__pgwake_state.inv", 1, 1);
	save(x, &sample);
	rd_kafka_mock_broker_set_down(x->cluster, 1);
	s = state_new(&x->config, &x->fail);
	assert_non_null(s);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(state_load(s, &r, &x->fail), 0);
		poll(NULL, 0, 10);
	}
	rd_kafka_mock_broker_set_up(x->cluster, 1);
	while ((rc = state_load(s, &r, &x->fail)) == 0) {
		assert_true(time(NULL) < end);
		poll(NULL, 0, 5);
	}
	assert_int_equal(rc, 1);
	assert_record(&r, &sample);
	state_free(s);
}

static void
properties_that_are_refused(void **state)
{
	struct fixture *x = *state;

	x->properties[0] = (struct config_pair){ .key = (char *)"no.such", .value = (char *)"1" };
	x->config.kafka.properties = x->properties;
	x->config.kafka.nproperties = 1;
	assert_null(state_new(&x->config, &x->fail));
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(without_a_file_nothing_is_kept),
		test(a_file_keeps_the_record),
		test(what_is_no_record_is_refused),
		test(the_progress_of_a_snapshot_is_kept),
		test(a_progress_that_is_none_is_refused),
		test(a_file_that_is_too_long),
		test(a_file_that_cannot_be_used),
		test(no_topic_is_no_record),
		test(an_empty_topic_is_no_record),
		test(the_newest_record_of_the_key_counts),
		test(what_is_no_record_is_refused_with_its_place),
		test(a_topic_that_may_not_be_read),
		test(kafka_away_is_in_progress),
		test(properties_that_are_refused),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
