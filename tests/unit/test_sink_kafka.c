/* The sink against librdkafka's mock brokers; what they lack is tested with a real Kafka. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "log.h"
#include "sink_kafka.h"

#define PRODUCE 0		/* ApiKey */
#define PATIENCE_S 30

struct fixture {
	rd_kafka_t *host;	/* only carries the mock cluster */
	rd_kafka_mock_cluster_t *cluster;
	struct config config;
	struct config_pair properties[8];
	struct sink *sink;
	struct track *track;
	struct fail fail;
};

static void
property(struct fixture *x, const char *key, const char *value)
{
	x->properties[x->config.kafka.nproperties++] =
		(struct config_pair){ .key = (char *)key, .value = (char *)value };
}

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	rd_kafka_conf_t *quiet = rd_kafka_conf_new();
	char why[256];

	assert_non_null(x);
	rd_kafka_conf_set(quiet, "log_level", "3", NULL, 0);
	x->host = rd_kafka_new(RD_KAFKA_PRODUCER, quiet, why, sizeof(why));
	assert_non_null(x->host);
	x->cluster = rd_kafka_mock_cluster_new(x->host, 1);
	assert_non_null(x->cluster);
	assert_int_equal(rd_kafka_mock_topic_create(x->cluster, "t", 1, 1), 0);
	x->config.prefix = (char *)"p";
	x->config.kafka.bootstrap_servers =
		(char *)rd_kafka_mock_cluster_bootstraps(x->cluster);
	x->config.kafka.properties = x->properties;
	x->config.kafka.queue_kbytes = 1024;
	x->config.kafka.topic_partitions = x->config.kafka.topic_replication = -1;
	property(x, "retry.backoff.ms", "5");
	property(x, "reconnect.backoff.ms", "10");
	property(x, "reconnect.backoff.max.ms", "50");
	x->track = track_new();
	assert_non_null(x->track);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	if (x->sink)
		x->sink->ops->free(x->sink);
	track_free(x->track);
	rd_kafka_mock_cluster_destroy(x->cluster);
	rd_kafka_destroy(x->host);
	free(x);
	return 0;
}

static void
start(struct fixture *x)
{
	x->sink = sink_kafka_new(&x->config, &x->fail);
	if (!x->sink)
		fail_msg("%s", x->fail.text);
}

static struct record
record_of(const char *key, const char *value)
{
	struct record r = RECORD_INIT;

	r.topic = (struct span)SPAN("t");
	r.key = span_of(key);
	r.value = span_of(value);
	r.lsn = 0x15D3A28;
	return r;
}

static time_t
deadline(void)
{
	return time(NULL) + PATIENCE_S;
}

/* One wait and one poll. */
static int
turn(struct fixture *x)
{
	struct pollfd p = x->sink->ops->wait(x->sink);

	poll(&p, 1, 100);
	return x->sink->ops->poll(x->sink, x->track, &x->fail);
}

/* Offers the record until it is taken or fails. */
static enum sink_result
offer(struct fixture *x, const struct record *r, uint64_t unit)
{
	time_t end = deadline();
	enum sink_result result;

	while ((result = x->sink->ops->send(x->sink, r, unit, &x->fail)) == SINK_FULL) {
		if (turn(x))
			return SINK_FAILED;
		assert_true(time(NULL) < end);
	}
	return result;
}

/* Turns until nothing is outstanding; 0, or -1 when the sink fails. */
static int
drain(struct fixture *x)
{
	time_t end = deadline();

	while (x->sink->ops->pending(x->sink)) {
		if (turn(x))
			return -1;
		assert_true(time(NULL) < end);
	}
	return 0;
}

static uint64_t
send_unit(struct fixture *x, unsigned records, lsn_t end)
{
	uint64_t unit = track_open(x->track);

	for (unsigned i = 0; i < records; i++) {
		char key[32];
		struct record r;

		snprintf(key, sizeof(key), "{\"id\":%u}", i);
		r = record_of(key, "{\"v\":1}");
		assert_int_equal(offer(x, &r, unit), SINK_OK);
	}
	track_close(x->track, unit, records, end);
	return unit;
}

/* A reader of its own: the messages of partition 0 of "t" until `want` are there. */
struct reader {
	rd_kafka_t *rk;
	rd_kafka_topic_t *topic;
};

static struct reader
reader_open(const struct fixture *x)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	struct reader r;
	char why[256];

	assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers",
		x->config.kafka.bootstrap_servers, why, sizeof(why)), 0);
	r.rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	assert_non_null(r.rk);
	r.topic = rd_kafka_topic_new(r.rk, "t", NULL);
	assert_int_equal(rd_kafka_consume_start(r.topic, 0,
		RD_KAFKA_OFFSET_BEGINNING), 0);
	return r;
}

static rd_kafka_message_t *
reader_next(const struct reader *r)
{
	time_t end = deadline();
	rd_kafka_message_t *m;

	for (;;) {
		m = rd_kafka_consume(r->topic, 0, 100);
		if (m && !m->err)
			return m;
		if (m)
			rd_kafka_message_destroy(m);
		assert_true(time(NULL) < end);
	}
}

static void
reader_close(struct reader *r)
{
	rd_kafka_consume_stop(r->topic, 0);
	rd_kafka_topic_destroy(r->topic);
	rd_kafka_destroy(r->rk);
}

static void
assert_bytes(const void *p, size_t len, struct span expected)
{
	assert_int_equal(p == NULL, expected.p == NULL);
	assert_int_equal(len, expected.len);
	if (len)
		assert_memory_equal(p, expected.p, len);
}

static void
assert_arrives(const struct reader *reader, const struct record *r)
{
	rd_kafka_message_t *m = reader_next(reader);
	rd_kafka_headers_t *headers = NULL;

	assert_bytes(m->key, m->key_len, r->key);
	assert_bytes(m->payload, m->len, r->value);
	if (r->timestamp_ms)
		assert_int_equal(rd_kafka_message_timestamp(m, NULL), r->timestamp_ms);
	assert_int_equal(rd_kafka_message_headers(m, &headers),
		r->nheaders ? 0 : RD_KAFKA_RESP_ERR__NOENT);
	assert_int_equal(headers ? rd_kafka_header_cnt(headers) : 0, r->nheaders);
	for (size_t i = 0; i < r->nheaders; i++) {
		const char *name;
		const void *value;
		size_t len;

		assert_int_equal(rd_kafka_header_get_all(headers, i, &name,
			&value, &len), 0);
		assert_true(span_is(r->headers[i].name, name));
		assert_bytes(value, len, r->headers[i].value);
	}
	rd_kafka_message_destroy(m);
}

static void
records_arrive_as_they_are(void **state)
{
	struct fixture *x = *state;
	struct record_header h[] = {
		{ { "connector-and-more", 9 }, SPAN("postgresql") },
		{ SPAN("none"), { NULL, 0 } },
		{ SPAN("empty"), SPAN("") },
	};
	struct record list[] = {
		record_of("{\"id\":1}", "{\"v\":1}"),
		record_of("{\"id\":1}", NULL),
		record_of(NULL, "{\"v\":2}"),
		record_of("", ""),
	};
	struct reader reader;
	uint64_t unit;

	start(x);
	unit = track_open(x->track);
	list[0].headers = list[1].headers = h;
	list[0].nheaders = 3;
	list[1].nheaders = 1;
	list[2].timestamp_ms = 1795233104925;
	list[3].partition = 0;
	for (int i = 0; i < 4; i++)
		assert_int_equal(offer(x, &list[i], unit), SINK_OK);
	track_close(x->track, unit, 4, 100);
	assert_int_equal(track_confirmed(x->track), 0);
	assert_int_equal(drain(x), 0);
	assert_int_equal(track_confirmed(x->track), 100);
	reader = reader_open(x);
	for (int i = 0; i < 4; i++)
		assert_arrives(&reader, &list[i]);
	reader_close(&reader);
}

/* Lists of headers are used again: each record must still get its own. */
static void
headers_do_not_mix(void **state)
{
	struct fixture *x = *state;
	struct reader reader;

	start(x);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 500; i++) {
			char value[16];
			struct record_header h[2] = { { SPAN("run"), SPAN("a") },
				{ SPAN("id"), { value, 0 } } };
			struct record r = record_of("k", "v");

			h[1].value.len = (size_t)snprintf(value, sizeof(value), "%d", i);
			h[0].value.p = i < 250 ? "a" : "b";
			r.headers = h;
			r.nheaders = i % 10 ? 1 : 2;
			assert_int_equal(offer(x, &r, TRACK_NONE), SINK_OK);
		}
		assert_int_equal(drain(x), 0);
	}
	reader = reader_open(x);
	for (int i = 0; i < 1000; i++) {
		char value[16];
		struct record_header h[2] = { { SPAN("run"), SPAN("a") },
			{ SPAN("id"), { value, 0 } } };
		struct record r = record_of("k", "v");

		h[1].value.len = (size_t)snprintf(value, sizeof(value), "%d", i % 500);
		h[0].value.p = i % 500 < 250 ? "a" : "b";
		r.headers = h;
		r.nheaders = i % 10 ? 1 : 2;
		assert_arrives(&reader, &r);
	}
	reader_close(&reader);
}

static struct record
numbered(char key[32], unsigned n)
{
	struct record r;

	snprintf(key, 32, "{\"id\":%u}", n);
	r = record_of(key, n % 7 ? "{\"v\":1}" : NULL);
	return r;
}

static void
assert_order(struct fixture *x)
{
	unsigned total = 3000;
	struct reader reader;
	char key[32];

	rd_kafka_mock_broker_set_rtt(x->cluster, 1, 20);
	start(x);
	for (unsigned i = 0; i < total; i++) {
		struct record_header h = { SPAN("run"), SPAN("a") };
		struct record r = numbered(key, i);

		r.headers = &h;
		r.nheaders = i % 3 ? 1 : 0;
		assert_int_equal(offer(x, &r, TRACK_NONE), SINK_OK);
		if (i % 100 == 0)
			assert_int_equal(turn(x), 0);
	}
	assert_int_equal(drain(x), 0);
	reader = reader_open(x);
	for (unsigned i = 0; i < total; i++) {
		struct record_header h = { SPAN("run"), SPAN("a") };
		struct record r = numbered(key, i);

		r.headers = &h;
		r.nheaders = i % 3 ? 1 : 0;
		assert_arrives(&reader, &r);
	}
	reader_close(&reader);
}

/* Those that wait for a batch under way come after it, and in their order. */
static void
records_keep_their_order(void **state)
{
	assert_order(*state);
}

/* Also when more than a batch of them waits, and librdkafka's queue is full. */
static void
so_do_many_more(void **state)
{
	struct fixture *x = *state;

	property(x, "batch.num.messages", "150");
	property(x, "queue.buffering.max.messages", "500");
	assert_order(x);
}

static int64_t
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* librdkafka would poll without pause for as long as the batch is under way. */
static void
a_slow_broker_costs_no_cpu(void **state)
{
	struct fixture *x = *state;
	int64_t began;

	start(x);
	send_unit(x, 1, 50);
	assert_int_equal(drain(x), 0);
	rd_kafka_mock_broker_set_rtt(x->cluster, 1, 400);
	send_unit(x, 100, 100);
	for (int i = 0; i < 5; i++) {
		usleep(2000);		/* beyond the linger: the batch has left */
		assert_int_equal(x->sink->ops->poll(x->sink, x->track, &x->fail), 0);
	}
	began = cpu_ms();
	send_unit(x, 100, 200);
	assert_int_equal(drain(x), 0);
	assert_int_equal(track_confirmed(x->track), 200);
	assert_true(cpu_ms() - began < 150);
}

/* What a record was refused for is found when it is handed over. */
static void
a_record_that_waited_may_be_too_large(void **state)
{
	struct fixture *x = *state;
	static char large[5000];
	struct record r;
	time_t end = deadline();

	property(x, "message.max.bytes", "2000");
	rd_kafka_mock_broker_set_rtt(x->cluster, 1, 100);
	start(x);
	send_unit(x, 100, 100);
	for (int i = 0; i < 5; i++) {
		usleep(2000);
		assert_int_equal(x->sink->ops->poll(x->sink, x->track, &x->fail), 0);
	}
	memset(large, 'x', sizeof(large) - 1);
	r = record_of("{\"id\":77}", large);
	assert_int_equal(x->sink->ops->send(x->sink, &r, TRACK_NONE, &x->fail), SINK_OK);
	while (turn(x) == 0)
		assert_true(time(NULL) < end);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text, "{\"id\":77}"));
	assert_non_null(strstr(x->fail.text, "0/15D3A28"));
}

static void
passing_errors_are_retried(void **state)
{
	struct fixture *x = *state;

	start(x);
	send_unit(x, 10, 100);
	assert_int_equal(drain(x), 0);
	rd_kafka_mock_push_request_errors(x->cluster, PRODUCE, 4,
		RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
		RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
		RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND);
	send_unit(x, 10, 200);
	send_unit(x, 10, 300);
	assert_int_equal(drain(x), 0);
	assert_int_equal(track_confirmed(x->track), 300);
	assert_true(track_sound(x->track));
}

/* Sends a unit that fails after one that does not. */
static void
assert_fails(struct fixture *x, rd_kafka_resp_err_t err, enum fail_kind kind,
	const char *text)
{
	struct record r = record_of("{\"id\":0}", "{\"v\":1}");

	start(x);
	send_unit(x, 3, 100);
	assert_int_equal(drain(x), 0);
	rd_kafka_mock_push_request_errors(x->cluster, PRODUCE, 1, err);
	send_unit(x, 1, 200);
	assert_int_equal(drain(x), -1);
	assert_int_equal(x->fail.kind, kind);
	assert_non_null(strstr(x->fail.text, text));
	assert_non_null(strstr(x->fail.text, "topic t: record at 0/15D3A28"));
	assert_non_null(strstr(x->fail.text, "{\"id\":0}"));
	assert_int_equal(track_confirmed(x->track), 100);
	/* and it is final */
	x->fail = (struct fail)FAIL_INIT;
	assert_int_equal(x->sink->ops->send(x->sink, &r, TRACK_NONE, &x->fail),
		SINK_FAILED);
	assert_int_equal(x->fail.kind, kind);
	x->fail = (struct fail)FAIL_INIT;
	assert_int_equal(x->sink->ops->poll(x->sink, x->track, &x->fail), -1);
	assert_non_null(strstr(x->fail.text, text));
}

static void
too_large_for_the_broker(void **state)
{
	assert_fails(*state, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, FAIL_CONFIG,
		"max.message.bytes");
}

static void
not_authorised(void **state)
{
	assert_fails(*state, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
		FAIL_CONFIG, "grant Write");
}

static void
refused_by_a_policy(void **state)
{
	assert_fails(*state, RD_KAFKA_RESP_ERR_POLICY_VIOLATION, FAIL_CONFIG, "olicy");
}

static void
any_other_error_is_fatal(void **state)
{
	assert_fails(*state, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, FAIL_FATAL,
		"not delivered");
}

static void
the_largest_of_a_batch_is_named(void **state)
{
	struct fixture *x = *state;
	char value[5000];
	struct record r = record_of("small", "v");

	property(x, "linger.ms", "200");
	start(x);
	rd_kafka_mock_push_request_errors(x->cluster, PRODUCE, 1,
		RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	assert_int_equal(offer(x, &r, TRACK_NONE), SINK_OK);
	memset(value, 'x', sizeof(value));
	r = record_of("large", NULL);
	r.value = (struct span){ value, sizeof(value) };
	r.lsn = 0x200000001;
	assert_int_equal(offer(x, &r, TRACK_NONE), SINK_OK);
	r = record_of("last", "v");
	assert_int_equal(offer(x, &r, TRACK_NONE), SINK_OK);
	assert_int_equal(drain(x), -1);
	assert_non_null(strstr(x->fail.text, "at 2/1 with key large, 5005 bytes"));
}

static void
too_large_for_our_own_limit(void **state)
{
	struct fixture *x = *state;
	struct record r = record_of("{\"id\":1}", NULL);
	char *value;

	property(x, "message.max.bytes", "100000");
	start(x);
	value = calloc(1, 200000);
	assert_non_null(value);
	r.value = (struct span){ value, 200000 };
	assert_int_equal(offer(x, &r, TRACK_NONE), SINK_FAILED);
	free(value);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text, "0/15D3A28 with key {\"id\":1}, 200008 "
		"bytes, is larger than kafka.message_max_bytes = 100000"));
	assert_int_equal(x->sink->ops->pending(x->sink), 0);
}

static void
a_partition_that_is_not_there(void **state)
{
	struct fixture *x = *state;
	struct record r = record_of("k", "v");
	int rc;

	start(x);
	r.partition = 5;
	rc = offer(x, &r, TRACK_NONE);
	if (rc == SINK_OK)
		rc = drain(x);
	assert_int_equal(rc, -1);
	/* What librdkafka says of a topic that was deleted: it has no partitions. */
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text, "the topic does not exist"));
}

static void
a_topic_that_is_not_there(void **state)
{
	struct fixture *x = *state;
	struct record r = record_of("k", "v");
	int rc;

	property(x, "topic.metadata.propagation.max.ms", "100");
	rd_kafka_mock_topic_set_error(x->cluster, "nowhere",
		RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	start(x);
	r.topic = (struct span)SPAN("nowhere");
	rc = offer(x, &r, TRACK_NONE);
	if (rc == SINK_OK)
		rc = drain(x);
	assert_int_equal(rc, -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text, "topic nowhere"));
	assert_non_null(strstr(x->fail.text, "kafka.create_topics"));
}

static void
names_that_are_no_topic(void **state)
{
	struct fixture *x = *state;
	struct record r = record_of("k", "v");
	char name[250];

	start(x);
	memset(name, 'x', sizeof(name));
	r.topic = (struct span){ name, sizeof(name) };
	assert_int_equal(offer(x, &r, TRACK_NONE), SINK_FAILED);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text, "249"));
}

/* The broker goes away: the queue fills, nothing is lost, and it goes on by itself. */
static void
a_broker_that_comes_back(void **state)
{
	struct fixture *x = *state;
	struct record r = record_of("{\"id\":1}", "{\"some\":\"value\"}");
	unsigned sent = 0;
	uint64_t unit;
	time_t end;

	x->config.kafka.queue_kbytes = 100;
	property(x, "message.max.bytes", "50000");
	start(x);
	send_unit(x, 5, 100);
	assert_int_equal(drain(x), 0);
	assert_true(x->sink->ops->up(x->sink));
	rd_kafka_mock_broker_set_down(x->cluster, 1);
	unit = track_open(x->track);
	while (x->sink->ops->send(x->sink, &r, unit, &x->fail) == SINK_OK)
		sent++;
	assert_int_equal(x->fail.kind, FAIL_NONE);
	assert_int_equal(sent, 100);	/* one for each kbyte of the queue */
	assert_int_equal(x->sink->ops->pending(x->sink), sent);
	end = deadline();
	while (x->sink->ops->up(x->sink)) {
		assert_int_equal(turn(x), 0);
		assert_true(time(NULL) < end);
	}
	/* What is kept beside the queue is half of it at most. */
	while (x->sink->ops->send(x->sink, &r, unit, &x->fail) == SINK_OK)
		sent++;
	assert_int_equal(x->fail.kind, FAIL_NONE);
	assert_in_range(sent, 100, 150);
	rd_kafka_mock_broker_set_up(x->cluster, 1);
	assert_int_equal(offer(x, &r, unit), SINK_OK);
	track_close(x->track, unit, sent + 1, 200);
	assert_int_equal(drain(x), 0);
	assert_int_equal(track_confirmed(x->track), 200);
	assert_true(x->sink->ops->up(x->sink));
}

static void
a_sink_may_be_dropped_with_records_in_it(void **state)
{
	struct fixture *x = *state;
	time_t before;

	start(x);
	send_unit(x, 5, 100);
	assert_int_equal(drain(x), 0);
	rd_kafka_mock_broker_set_down(x->cluster, 1);
	send_unit(x, 100, 200);
	before = time(NULL);
	x->sink->ops->free(x->sink);
	x->sink = NULL;
	assert_true(time(NULL) - before < 5);
}

static void
an_idle_sink_is_quiet(void **state)
{
	struct fixture *x = *state;
	time_t end = deadline();
	struct pollfd p;

	start(x);
	send_unit(x, 5, 100);
	assert_int_equal(drain(x), 0);
	do {
		assert_int_equal(x->sink->ops->poll(x->sink, x->track, &x->fail), 0);
		p = x->sink->ops->wait(x->sink);
		assert_true(time(NULL) < end);
	} while (poll(&p, 1, 300) > 0);
	assert_int_equal(p.revents, 0);
}

static void
assert_refused(struct fixture *x, const char *text)
{
	assert_null(sink_kafka_new(&x->config, &x->fail));
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	if (!strstr(x->fail.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, x->fail.text);
}

static void
properties_that_are_refused(void **state)
{
	struct fixture *x = *state;
	static const struct {
		const char *key, *value, *text;
	} list[] = {
		{ "no.such.thing", "1", "kafka.no_such_thing: " },
		{ "acks", "1", "acks" },
		{ "compression.type", "best", "kafka.compression_type: " },
		{ "enable.idempotence", "false", "kafka.enable_idempotence must stay true" },
		{ "delivery.report.only.error", "true", "must stay false" },
		{ "transactional.id", "x", "kafka.transactional_id must stay unset" },
		{ "message.max.bytes", "2000000", "does not fit into the queue" },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		x->config.kafka.nproperties = 0;
		property(x, list[i].key, list[i].value);
		assert_refused(x, list[i].text);
	}
	x->config.kafka.nproperties = 0;
	property(x, "no.such.thing", "1");
	x->properties[0].origin = (char *)"pgwake.conf:12";
	assert_refused(x, "pgwake.conf:12: kafka.no_such_thing: ");
	x->config.kafka.nproperties = 0;
	x->config.kafka.bootstrap_servers = NULL;
	assert_refused(x, "kafka.bootstrap_servers is not set");
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(records_arrive_as_they_are),
		test(headers_do_not_mix),
		test(records_keep_their_order),
		test(so_do_many_more),
		test(a_slow_broker_costs_no_cpu),
		test(a_record_that_waited_may_be_too_large),
		test(passing_errors_are_retried),
		test(too_large_for_the_broker),
		test(not_authorised),
		test(refused_by_a_policy),
		test(any_other_error_is_fatal),
		test(the_largest_of_a_batch_is_named),
		test(too_large_for_our_own_limit),
		test(a_partition_that_is_not_there),
		test(a_topic_that_is_not_there),
		test(names_that_are_no_topic),
		test(a_broker_that_comes_back),
		test(a_sink_may_be_dropped_with_records_in_it),
		test(an_idle_sink_is_quiet),
		test(properties_that_are_refused),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("sink_kafka", tests, NULL, NULL);
}
