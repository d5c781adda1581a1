#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "kafka_conf.h"
#include "kafka_link.h"
#include "log.h"
#include "state_topic.h"

#define PARTITION 0
#define VALUE_MAX_BYTES (64 << 20)	/* ours: 300 bytes, and the progress of a snapshot */
#define BATCH 10000		/* messages per call, so that a call stays short */
#define ASK_EVERY_MS 2000
#define ASK_MAX_MS 50

struct state_topic {
	rd_kafka_t *rk;
	rd_kafka_queue_t *events;	/* errors and log lines */
	rd_kafka_queue_t *messages;
	rd_kafka_topic_t *topic;
	struct kafka_link link;
	char *key;
	struct buf value;
	int64_t offset, asked_ms;
	bool started;
};

void
state_topic_free(struct state_topic *s)
{
	if (!s)
		return;
	if (s->started)
		rd_kafka_consume_stop(s->topic, PARTITION);
	if (s->topic)
		rd_kafka_topic_destroy(s->topic);
	if (s->messages)
		rd_kafka_queue_destroy(s->messages);
	if (s->events)
		rd_kafka_queue_destroy(s->events);
	if (s->rk)
		rd_kafka_destroy(s->rk);
	buf_release(&s->value);
	free(s->key);
	free(s);
}

static int
start(struct state_topic *s, const char *topic, struct fail *f)
{
	s->events = rd_kafka_queue_get_main(s->rk);
	s->messages = rd_kafka_queue_new(s->rk);
	s->topic = rd_kafka_topic_new(s->rk, topic, NULL);
	/* From 0, not RD_KAFKA_OFFSET_BEGINNING: that is looked up, half a second later. */
	if (!s->topic || rd_kafka_consume_start_queue(s->topic, PARTITION, 0,
			s->messages))
		return fail_set(f, FAIL_CONFIG, "topic %s: %s", topic,
			rd_kafka_err2str(rd_kafka_last_error()));
	s->started = true;
	kafka_link_init(&s->link, s->rk, NULL, NULL);
	s->asked_ms = s->link.now_ms;
	return 0;
}

struct state_topic *
state_topic_new(const struct config *c, const char *topic, const char *key,
	struct fail *f)
{
	struct state_topic *s = calloc(1, sizeof(*s));

	if (!s)
		goto no_memory;
	buf_init(&s->value, VALUE_MAX_BYTES);
	s->key = strdup(key);
	if (!s->key)
		goto no_memory;
	s->rk = kafka_conf_client(c, KAFKA_READER, f);
	if (!s->rk || start(s, topic, f)) {
		state_topic_free(s);
		return NULL;
	}
	return s;
no_memory:
	fail_set(f, FAIL_FATAL, "out of memory");
	state_topic_free(s);
	return NULL;
}

static void
keep(struct state_topic *s, const rd_kafka_message_t *m)
{
	struct span key = { m->key, m->key_len };

	if (!key.p || !span_is(key, s->key))
		return;
	buf_reset(&s->value);
	buf_put(&s->value, m->payload, m->len);
	s->offset = m->offset;
}

static int
take(struct state_topic *s, const rd_kafka_message_t *m, struct fail *f)
{
	kafka_link_alive(&s->link, true);
	keep(s, m);
	return s->value.failed ? fail_set(f, FAIL_CONFIG, "topic %s, partition %d, "
		"offset %lld: %zu bytes are no state record; set state.topic to "
		"a topic of its own", rd_kafka_topic_name(s->topic), PARTITION,
		(long long)m->offset, m->len) : 0;
}

static int
not_authorised(const struct state_topic *s, struct fail *f)
{
	return fail_set(f, FAIL_CONFIG, "Kafka does not let this user read topic "
		"%s, which holds the state record; grant Describe, Read, Write "
		"and Create on it", rd_kafka_topic_name(s->topic));
}

/* 1: the end; 0; -1. */
static int
judge(const struct state_topic *s, rd_kafka_resp_err_t err, const char *text,
	struct fail *f)
{
	const char *topic = rd_kafka_topic_name(s->topic);

	switch (err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		return 1;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		return not_authorised(s, f);
	default:
		log_debug("reading the state record", LOG_STR("topic", topic),
			LOG_STR("error", text));
		return 0;
	}
}

/*
 * Events, not rd_kafka_consume_queue(): that one hands errors, even of a topic
 * that does not exist, to a callback.
 */
static int
serve_message(struct state_topic *s, rd_kafka_event_t *event, struct fail *f)
{
	const rd_kafka_message_t *m;
	int rc = 0;

	if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
		return judge(s, rd_kafka_event_error(event),
			rd_kafka_event_error_string(event), f);
	if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_FETCH)
		return 0;
	while (!rc && (m = rd_kafka_event_message_next(event)))
		rc = m->err ? judge(s, m->err, rd_kafka_message_errstr(m), f) :
			take(s, m, f);
	return rc;
}

static int
serve_events(struct state_topic *s, struct fail *f)
{
	rd_kafka_event_t *event;
	int rc = 0;

	while (!rc && (event = rd_kafka_queue_poll(s->events, 0))) {
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_LOG)
			kafka_conf_log(event);
		else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
			rc = kafka_link_error(&s->link, rd_kafka_event_error(event),
				rd_kafka_event_error_string(event), f);
		rd_kafka_event_destroy(event);
	}
	kafka_link_tick(&s->link, 0);
	return rc;
}

/*
 * librdkafka does not tell a reader that it may not see the topic. So when
 * nothing has come for a while it is asked, which waits, but not for long: no
 * server depends on us yet. 1: there is no topic; 0; -1.
 */
static int
ask(struct state_topic *s, struct fail *f)
{
	const struct rd_kafka_metadata *m;
	rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

	if (s->link.now_ms - s->asked_ms < ASK_EVERY_MS)
		return 0;
	s->asked_ms = s->link.now_ms;
	if (rd_kafka_metadata(s->rk, 0, s->topic, &m, ASK_MAX_MS))
		return 0;
	kafka_link_alive(&s->link, false);
	if (m->topic_cnt > 0)
		err = m->topics[0].err;
	rd_kafka_metadata_destroy(m);
	if (err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
		return not_authorised(s, f);
	return err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

int
state_topic_read(struct state_topic *s, struct buf *value, int64_t *offset,
	struct fail *f)
{
	int rc = serve_events(s, f);

	for (int i = 0; rc == 0 && i < BATCH; i++) {
		rd_kafka_event_t *event = rd_kafka_queue_poll(s->messages, 0);

		if (!event) {
			rc = ask(s, f);
			break;
		}
		rc = serve_message(s, event, f);
		rd_kafka_event_destroy(event);
		s->asked_ms = s->link.now_ms;
	}
	if (rc == 1) {
		buf_reset(value);
		buf_put_span(value, buf_span(&s->value));
		*offset = s->offset;
	}
	return rc;
}
