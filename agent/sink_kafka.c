#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "inflight.h"
#include "kafka_conf.h"
#include "kafka_error.h"
#include "kafka_headers.h"
#include "kafka_hold.h"
#include "kafka_link.h"
#include "kafka_topics.h"
#include "log.h"
#include "sink_kafka.h"

struct sink_kafka {
	struct sink base;
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;	/* every event comes through it */
	int wake;			/* eventfd that librdkafka writes to */
	struct kafka_link link;
	struct kafka_topics *topics;
	struct inflight inflight;
	struct kafka_headers headers;
	struct kafka_hold hold;
	int64_t max_bytes;		/* message.max.bytes */
	char state_topic[250];
	struct fail broken;		/* set once; nothing goes on after it */
};

static struct sink_kafka *
of(struct sink *s)
{
	return (struct sink_kafka *)s;
}

/* The first failure is final: what comes later would leave a gap. */
static int
fail_again(const struct sink_kafka *k, struct fail *f)
{
	return fail_set(f, k->broken.kind, "%s", k->broken.text);
}

static enum sink_result
give_up(struct sink_kafka *k, struct fail *f)
{
	fail_again(k, f);
	return SINK_FAILED;
}

/* With a number and a list of headers of its own. RD_KAFKA_RESP_ERR__FAIL: no memory. */
static rd_kafka_resp_err_t
send_record(struct sink_kafka *k, const struct record *r, uint64_t unit,
	rd_kafka_topic_t *topic)
{
	struct inflight_entry e = { .unit = unit, .lsn = r->lsn,
		.place = kafka_hold_place(&k->hold) };
	struct kafka_record out = { .topic = topic, .key = r->key,
		.value = r->value, .timestamp_ms = r->timestamp_ms,
		.partition = r->partition };
	rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__FAIL;

	for (size_t i = 0; i < r->nheaders; i++)
		out.headers_size += r->headers[i].name.len +
			r->headers[i].value.len;
	if (r->nheaders) {
		out.headers = kafka_headers_get(&k->headers, r, &e.headers);
		if (!out.headers)
			return err;
	}
	if (!inflight_put(&k->inflight, e, &out.number))
		goto not_sent;
	err = kafka_hold_send(&k->hold, &out);
	if (!err)
		return err;
	inflight_take(&k->inflight, out.number);
not_sent:
	if (out.headers)
		kafka_headers_put(&k->headers, e.headers, out.headers);
	return err;
}

static enum sink_result
refused(struct sink_kafka *k, const struct record *r, rd_kafka_topic_t *topic,
	rd_kafka_resp_err_t err, struct fail *f)
{
	const char *name = rd_kafka_topic_name(topic);
	char why[512] = "";

	if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
		if (k->inflight.count)
			return SINK_FULL;
		fail_set(&k->broken, FAIL_FATAL, "the Kafka client's queue is "
			"full with nothing in it; raise kafka.queue_buffering_max_kbytes");
	} else if (err == RD_KAFKA_RESP_ERR__FAIL) {
		fail_set(&k->broken, FAIL_FATAL, "out of memory");
	} else if (err == RD_KAFKA_RESP_ERR__FATAL) {
		err = rd_kafka_fatal_error(k->rk, why, sizeof(why));
		kafka_error_fatal(err, why, &k->broken);
	} else {
		kafka_error_record(err, &(struct kafka_error_record){
			.topic = name, .key = r->key, .lsn = r->lsn,
			.size = r->key.len + r->value.len,
			.may_create = kafka_topics_created(k->topics, name),
			.max_bytes = k->max_bytes }, &k->broken);
	}
	return give_up(k, f);
}

static enum sink_result
take(struct sink *s, const struct record *r, uint64_t unit, struct fail *f)
{
	struct sink_kafka *k = of(s);
	rd_kafka_topic_t *topic;
	rd_kafka_resp_err_t err;
	int ready;

	if (k->broken.kind)
		return give_up(k, f);
	ready = kafka_topics_get(k->topics, r->topic, r->compacted, &topic,
		&k->broken);
	if (ready <= 0)
		return ready ? give_up(k, f) : SINK_FULL;
	err = send_record(k, r, unit, topic);
	return err ? refused(k, r, topic, err, f) : SINK_OK;
}

/*
 * Of a batch that is too large every record is returned; the largest is the
 * one worth naming.
 */
static bool
tells_more(const rd_kafka_message_t *m, const rd_kafka_message_t *than)
{
	return !than || (m->err == than->err &&
		m->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE &&
		m->len + m->key_len > than->len + than->key_len);
}

static int
lost(struct sink_kafka *k, const rd_kafka_message_t *m, lsn_t lsn)
{
	const char *name = rd_kafka_topic_name(m->rkt);

	return kafka_error_record(m->err, &(struct kafka_error_record){
		.topic = name, .key = { m->key, m->key_len },
		.size = m->len + m->key_len, .lsn = lsn, .sent = true,
		.may_create = kafka_topics_created(k->topics, name),
		.max_bytes = k->max_bytes }, &k->broken);
}

/* A record has come back, delivered or not. */
static struct inflight_entry
back(struct sink_kafka *k, const rd_kafka_message_t *m)
{
	struct inflight_entry e = inflight_take(&k->inflight,
		(uintptr_t)m->_private);
	rd_kafka_headers_t *headers;

	kafka_hold_back(&k->hold, m, e.place);
	if (e.headers != KAFKA_HEADERS_OTHER && !rd_kafka_message_detach_headers(
			(rd_kafka_message_t *)m, &headers))
		kafka_headers_put(&k->headers, e.headers, headers);
	return e;
}

/* Consecutive records of a unit are acknowledged in one go. */
static int
delivered(struct sink_kafka *k, rd_kafka_event_t *event, struct track *t)
{
	const rd_kafka_message_t *m, *bad = NULL;
	uint64_t unit = TRACK_NONE, count = 0;
	lsn_t bad_lsn = 0;

	while ((m = rd_kafka_event_message_next(event))) {
		struct inflight_entry e = back(k, m);

		if (m->err) {
			if (tells_more(m, bad)) {
				bad = m;
				bad_lsn = e.lsn;
			}
			continue;
		}
		if (e.unit != unit) {
			track_acked(t, unit, count);
			unit = e.unit;
			count = 0;
		}
		count++;
	}
	track_acked(t, unit, count);
	if (bad)
		return lost(k, bad, bad_lsn);
	kafka_link_alive(&k->link, true);
	return 0;
}

static int
handle(struct sink_kafka *k, rd_kafka_event_t *event, struct track *t)
{
	switch (rd_kafka_event_type(event)) {
	case RD_KAFKA_EVENT_DR:
		return delivered(k, event, t);
	case RD_KAFKA_EVENT_ERROR:
		return kafka_link_error(&k->link, rd_kafka_event_error(event),
			rd_kafka_event_error_string(event), &k->broken);
	case RD_KAFKA_EVENT_LOG:
		kafka_conf_log(event);
		return 0;
	case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
		return kafka_topics_answer(k->topics, event, k->link.now_ms,
			&k->broken);
	case RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT:
		kafka_link_answer(&k->link, event);
		return 0;
	default:
		return 0;
	}
}

/* Records kept back go to librdkafka when it is their turn. */
static void
go_on(struct sink_kafka *k)
{
	struct kafka_record bad;
	rd_kafka_resp_err_t err = kafka_hold_turn(&k->hold, k->inflight.count,
		k->link.now_ms, &bad);

	/* The queue is not full: nothing is in it, and half of it is handed over. */
	if (err && refused(k, &(struct record){ .key = bad.key, .value = bad.value,
			.lsn = k->inflight.entries[bad.number].lsn },
			bad.topic, err, NULL) == SINK_FULL)
		fail_set(&k->broken, FAIL_FATAL,
			"the Kafka client takes no records though it holds none");
}

static int
poll_events(struct sink *s, struct track *t, struct fail *f)
{
	struct sink_kafka *k = of(s);
	rd_kafka_event_t *event;
	uint64_t wakeups;

	/* Before the queue is emptied: what comes later must wake us again. */
	if (read(k->wake, &wakeups, sizeof(wakeups)) < 0 && errno != EAGAIN)
		return fail_set(f, FAIL_FATAL, "eventfd: %s", strerror(errno));
	kafka_link_tick(&k->link, k->inflight.count);
	while (!k->broken.kind && (event = rd_kafka_queue_poll(k->queue, 0))) {
		handle(k, event, t);
		rd_kafka_event_destroy(event);
	}
	if (!k->broken.kind)
		go_on(k);
	kafka_topics_tick(k->topics, k->link.now_ms);
	return k->broken.kind ? fail_again(k, f) : 0;
}

static struct pollfd
wait_for(struct sink *s)
{
	return (struct pollfd){ .fd = of(s)->wake, .events = POLLIN };
}

static uint64_t
pending(struct sink *s)
{
	return of(s)->inflight.count;
}

static bool
up(struct sink *s)
{
	return kafka_link_up(&of(s)->link);
}

static void
free_sink(struct sink *s)
{
	struct sink_kafka *k = of(s);

	if (!k)
		return;
	kafka_topics_free(k->topics);
	if (k->queue) {
		rd_kafka_queue_io_event_enable(k->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(k->queue);
	}
	if (k->rk) {
		rd_kafka_purge(k->rk, RD_KAFKA_PURGE_F_QUEUE |
			RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
		rd_kafka_destroy(k->rk);
	}
	if (k->wake >= 0)
		close(k->wake);
	kafka_hold_release(&k->hold);
	kafka_headers_release(&k->headers);
	inflight_release(&k->inflight);
	free(k);
}

static const struct sink_ops ops = {
	.send = take, .poll = poll_events, .wait = wait_for,
	.pending = pending, .up = up, .free = free_sink
};

/* A record that the queue can never hold would wait for ever. */
static int
check_limits(struct sink_kafka *k, struct fail *f)
{
	int64_t kbytes = kafka_conf_number(k->rk, "queue.buffering.max.kbytes");

	k->max_bytes = kafka_conf_number(k->rk, "message.max.bytes");
	if (k->max_bytes <= kbytes * 1024)
		return 0;
	return fail_set(f, FAIL_CONFIG, "kafka.message_max_bytes = %lld does not "
		"fit into the queue, kafka.queue_buffering_max_kbytes = %lld; "
		"raise the queue or lower the limit", (long long)k->max_bytes,
		(long long)kbytes);
}

struct sink *
sink_kafka_new(const struct config *c, struct fail *f)
{
	static const uint64_t one = 1;
	struct sink_kafka *k = calloc(1, sizeof(*k));

	if (!k) {
		fail_set(f, FAIL_FATAL, "out of memory");
		return NULL;
	}
	k->base.ops = &ops;
	kafka_headers_init(&k->headers);
	kafka_hold_init(&k->hold, NULL);
	k->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (k->wake < 0) {
		fail_set(f, FAIL_FATAL, "eventfd: %s", strerror(errno));
		goto failed;
	}
	k->rk = kafka_conf_client(c, KAFKA_PRODUCER, f);
	if (!k->rk || check_limits(k, f))
		goto failed;
	kafka_hold_init(&k->hold, k->rk);
	k->queue = rd_kafka_queue_get_main(k->rk);
	rd_kafka_queue_io_event_enable(k->queue, k->wake, &one, sizeof(one));
	k->topics = kafka_topics_new(c, k->rk, k->queue);
	if (!k->topics) {
		fail_set(f, FAIL_FATAL, "out of memory");
		goto failed;
	}
	kafka_conf_state_topic(c, k->state_topic);
	kafka_link_init(&k->link, k->rk, k->queue, k->state_topic);
	kafka_link_tick(&k->link, 0);
	kafka_topics_tick(k->topics, k->link.now_ms);
	return &k->base;
failed:
	free_sink(&k->base);
	return NULL;
}
