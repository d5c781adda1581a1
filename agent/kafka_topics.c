#include <stdlib.h>

#include "kafka_error.h"
#include "kafka_topics.h"
#include "log.h"

#define TOPICS_MAX 100000
#define NAME_MAX_BYTES 249
#define FIRST_BUCKETS 256
#define REQUEST_TIMEOUT_MS 30000
#define RETRY_PAUSE_MS 1000
#define BROKERS_START_MS 30000	/* until then too few brokers may still be coming up */

struct kafka_topics {
	const struct config *config;
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	struct kafka_topic **table;	/* open addressing, at most half full */
	size_t size, count;
	struct kafka_topic *last;	/* the one used last, or NULL */
	size_t pausing;			/* topics with retry_ms set */
	int64_t now_ms;
};

struct kafka_topics *
kafka_topics_new(const struct config *c, rd_kafka_t *rk, rd_kafka_queue_t *queue)
{
	struct kafka_topics *ts = calloc(1, sizeof(*ts));

	if (!ts)
		return NULL;
	*ts = (struct kafka_topics){ .config = c, .rk = rk, .queue = queue,
		.size = FIRST_BUCKETS };
	ts->table = calloc(ts->size, sizeof(*ts->table));
	if (ts->table)
		return ts;
	free(ts);
	return NULL;
}

static void
topic_free(struct kafka_topic *t)
{
	if (!t)
		return;
	if (t->handle)
		rd_kafka_topic_destroy(t->handle);
	free(t->name);
	free(t);
}

void
kafka_topics_free(struct kafka_topics *ts)
{
	if (!ts)
		return;
	for (size_t i = 0; i < ts->size; i++)
		topic_free(ts->table[i]);
	free(ts->table);
	free(ts);
}

/* FNV-1a */
static uint64_t
hash_of(struct span name)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.p[i]) * 1099511628211u;
	return h;
}

static bool
is(const struct kafka_topic *t, struct span name)
{
	return t->len == name.len && memcmp(t->name, name.p, name.len) == 0;
}

/* Where the topic is, or where it belongs. */
static struct kafka_topic **
place(struct kafka_topic **table, size_t size, uint64_t hash, struct span name)
{
	size_t i = hash & (size - 1);

	while (table[i] && (table[i]->hash != hash || !is(table[i], name)))
		i = (i + 1) & (size - 1);
	return &table[i];
}

static bool
grow(struct kafka_topics *ts)
{
	size_t size = 2 * ts->size;
	struct kafka_topic **table = calloc(size, sizeof(*table));

	if (!table)
		return false;
	for (size_t i = 0; i < ts->size; i++) {
		struct kafka_topic *t = ts->table[i];

		if (t)
			*place(table, size, t->hash,
				(struct span){ t->name, t->len }) = t;
	}
	free(ts->table);
	ts->table = table;
	ts->size = size;
	return true;
}

static struct kafka_topic *
add(struct kafka_topics *ts, struct span name, uint64_t hash, struct fail *f)
{
	struct kafka_topic *t;

	if (name.len == 0 || name.len > NAME_MAX_BYTES) {
		fail_set(f, FAIL_CONFIG, "a topic name must have 1 to 249 "
			"characters: \"%.*s\"", SPAN_ARG(name));
		return NULL;
	}
	if (ts->count >= TOPICS_MAX) {
		fail_set(f, FAIL_CONFIG, "records go to more than %d topics; "
			"route them to fewer", TOPICS_MAX);
		return NULL;
	}
	if (2 * (ts->count + 1) > ts->size && !grow(ts))
		goto no_memory;
	t = calloc(1, sizeof(*t));
	if (!t)
		goto no_memory;
	t->name = strndup(name.p, name.len);
	if (!t->name) {
		free(t);
		goto no_memory;
	}
	t->len = name.len;
	t->hash = hash;
	*place(ts->table, ts->size, hash, name) = t;
	ts->count++;
	return t;
no_memory:
	fail_set(f, FAIL_FATAL, "out of memory for topic %.*s", SPAN_ARG(name));
	return NULL;
}

static int
ready(struct kafka_topics *ts, struct kafka_topic *t, struct fail *f)
{
	t->handle = rd_kafka_topic_new(ts->rk, t->name, NULL);
	if (t->handle)
		return 1;
	return fail_set(f, FAIL_CONFIG, "topic %s: %s", t->name,
		rd_kafka_err2str(rd_kafka_last_error()));
}

/*
 * The segment being written is never compacted, and by default it is written
 * for a week: a small one keeps what a reader must go through small.
 */
static void
set_compacted(rd_kafka_NewTopic_t *topic)
{
	rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
	rd_kafka_NewTopic_set_config(topic, "segment.bytes", "1048576");
}

/* Sends CreateTopics for one topic. 0 or -1. */
static int
ask(struct kafka_topics *ts, struct kafka_topic *t, struct fail *f)
{
	rd_kafka_AdminOptions_t *options;
	rd_kafka_NewTopic_t *topic;
	char why[256] = "";

	topic = rd_kafka_NewTopic_new(t->name, ts->config->kafka.topic_partitions,
		ts->config->kafka.topic_replication, why, sizeof(why));
	if (!topic)
		return fail_set(f, FAIL_CONFIG, "topic %s cannot be created: %s",
			t->name, why);
	if (t->compacted)
		set_compacted(topic);
	options = rd_kafka_AdminOptions_new(ts->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_TIMEOUT_MS,
		why, sizeof(why));
	rd_kafka_AdminOptions_set_operation_timeout(options,
		REQUEST_TIMEOUT_MS / 2, why, sizeof(why));
	rd_kafka_AdminOptions_set_opaque(options, t);
	rd_kafka_CreateTopics(ts->rk, &topic, 1, options, ts->queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(topic);
	t->asked = true;
	if (!t->first_ms)
		t->first_ms = ts->now_ms;
	return 0;
}

int
kafka_topics_get(struct kafka_topics *ts, struct span name, bool compacted,
	rd_kafka_topic_t **out, struct fail *f)
{
	struct kafka_topic *t = ts->last;

	if (!t || !is(t, name)) {
		uint64_t hash = hash_of(name);

		t = *place(ts->table, ts->size, hash, name);
		if (!t) {
			t = add(ts, name, hash, f);
			if (!t)
				return -1;
			t->compacted = compacted;
		}
		ts->last = t;
	}
	if (!t->handle) {
		if (!ts->config->kafka.create_topics) {
			if (ready(ts, t, f) < 0)
				return -1;
		} else {
			if (!t->asked && !t->retry_ms && ask(ts, t, f))
				return -1;
			return 0;
		}
	}
	*out = t->handle;
	return 1;
}

bool
kafka_topics_created(struct kafka_topics *ts, const char *name)
{
	struct span s = span_of(name);
	const struct kafka_topic *t = *place(ts->table, ts->size, hash_of(s), s);

	return ts->config->kafka.create_topics && t && !t->refused;
}

/* Errors that pass: a new controller, a broker on its way up, a slow one. */
static bool
may_pass(const struct kafka_topics *ts, const struct kafka_topic *t,
	rd_kafka_resp_err_t err)
{
	switch (err) {
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
	case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
	case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
	case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
	case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
		return true;
	case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
		return ts->now_ms - t->first_ms < BROKERS_START_MS;
	default:
		return false;
	}
}

static int
settle(struct kafka_topics *ts, struct kafka_topic *t, rd_kafka_resp_err_t err,
	const char *text, struct fail *f)
{
	switch (err) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		log_info("topic created", LOG_STR("topic", t->name));
		return ready(ts, t, f) < 0 ? -1 : 0;
	case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
		return ready(ts, t, f) < 0 ? -1 : 0;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		log_info("may not create the topic, it must exist",
			LOG_STR("topic", t->name));
		t->refused = true;
		return ready(ts, t, f) < 0 ? -1 : 0;
	default:
		break;
	}
	if (!may_pass(ts, t, err))
		return kafka_error_create(err, text, t->name,
			ts->config->kafka.topic_partitions,
			ts->config->kafka.topic_replication, f);
	log_at(t->told ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
		"topic cannot be created yet, still trying",
		LOG_STR("topic", t->name),
		LOG_STR("reason", text ? text : rd_kafka_err2str(err)));
	t->told = true;
	t->retry_ms = ts->now_ms + RETRY_PAUSE_MS;
	ts->pausing++;
	return 0;
}

int
kafka_topics_answer(struct kafka_topics *ts, rd_kafka_event_t *event,
	int64_t now_ms, struct fail *f)
{
	struct kafka_topic *t = rd_kafka_event_opaque(event);
	const rd_kafka_CreateTopics_result_t *result =
		rd_kafka_event_CreateTopics_result(event);
	rd_kafka_resp_err_t err = rd_kafka_event_error(event);
	const char *text = err ? rd_kafka_event_error_string(event) : NULL;
	const rd_kafka_topic_result_t **list;
	size_t n = 0;

	ts->now_ms = now_ms;
	t->asked = false;
	list = err ? NULL : rd_kafka_CreateTopics_result_topics(result, &n);
	if (n) {
		err = rd_kafka_topic_result_error(list[0]);
		text = rd_kafka_topic_result_error_string(list[0]);
	}
	return settle(ts, t, err, text, f);
}

void
kafka_topics_tick(struct kafka_topics *ts, int64_t now_ms)
{
	ts->now_ms = now_ms;
	for (size_t i = 0; ts->pausing && i < ts->size; i++) {
		struct kafka_topic *t = ts->table[i];

		if (!t || !t->retry_ms || now_ms < t->retry_ms)
			continue;
		t->retry_ms = 0;
		ts->pausing--;
		ask(ts, t, NULL);
	}
}
