#include "check_kafka.h"

#include <stdlib.h>

#include "boundary.h"
#include "heartbeat.h"
#include "kafka_conf.h"
#include "kafka_link.h"
#include "state.h"

/* Kafka answers within milliseconds, or not at all. */
#define PATIENCE_S 5
#define SLICE_MS 200
#define NAMES_IN_TEXT 5

typedef const struct rd_kafka_metadata metadata_t;

void
check_kafka_close(struct check_kafka *k)
{
	if (k->queue)
		rd_kafka_queue_destroy(k->queue);
	if (k->rk)
		rd_kafka_destroy(k->rk);
	*k = (struct check_kafka){ .rk = NULL };
}

/* Time is up, or a signal came. */
static bool
is_over(struct check *c, int64_t end_us)
{
	struct fail ignored = FAIL_INIT;

	loop_wait(&c->loop, NULL, 0, c->loop.now_us, &ignored);
	return c->loop.stop || c->loop.now_us >= end_us;
}

/* Events that are not answers. 0, or -1: it is of no use to wait. */
static int
take_events(struct check_kafka *k, struct kafka_link *link, struct fail *f)
{
	rd_kafka_event_t *event;
	int rc = 0;

	while (!rc && (event = rd_kafka_queue_poll(k->queue, 0))) {
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_LOG)
			kafka_conf_log(event);
		else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
			rc = kafka_link_error(link, rd_kafka_event_error(event),
				rd_kafka_event_error_string(event), f);
		rd_kafka_event_destroy(event);
	}
	return rc;
}

/* Every topic that we may see. NULL: a line says why. */
static metadata_t *
ask_metadata(struct check_kafka *k, struct check *c)
{
	int64_t end = loop_monotonic_us() + PATIENCE_S * 1000000;
	struct fail why = FAIL_INIT;
	struct kafka_link link;
	metadata_t *m = NULL;

	kafka_link_init(&link, k->rk, NULL, NULL);
	do {
		rd_kafka_metadata(k->rk, 1, NULL, &m, SLICE_MS);
		if (!m && take_events(k, &link, &why) == -1) {
			check_fail(c, CHECK_BAD, "Kafka", &why);
			return NULL;
		}
	} while (!m && !is_over(c, end));
	if (m)
		return m;
	check_say(c, CHECK_BAD, "Kafka", "no broker of %s has answered within %d s",
		link.servers, PATIENCE_S);
	check_remedy(c, "%s; check kafka.bootstrap_servers, the network and "
		"kafka.security_protocol", *link.reason ? link.reason :
		"no connection");
	return NULL;
}

static int
open_brokers(struct check_kafka *k, struct check *c, struct fail *f)
{
	char servers[256];
	metadata_t *m;

	k->rk = kafka_conf_client(c->config, KAFKA_PRODUCER, f);
	if (!k->rk)
		return -1;
	k->queue = rd_kafka_queue_get_main(k->rk);
	m = ask_metadata(k, c);
	if (!m) {
		check_kafka_close(k);
		return c->loop.stop ? check_interrupted(f) : 0;
	}
	kafka_conf_text(k->rk, "bootstrap.servers", servers, sizeof(servers));
	check_say(c, CHECK_OK, "Kafka", "%s, %d broker%s", servers, m->broker_cnt,
		m->broker_cnt == 1 ? "" : "s");
	rd_kafka_metadata_destroy(m);
	return 0;
}

/* As state_load, but waits, for so long. */
static int
load(struct state *s, struct check *c, struct fail *f)
{
	int64_t end = c->loop.now_us + PATIENCE_S * 1000000;
	int rc;

	while ((rc = state_load(s, &c->works.record, f)) == 0 && !is_over(c, end))
		if (loop_wait(&c->loop, NULL, 0, c->loop.now_us + 20000, f) == -1)
			return -1;
	return rc ? rc : fail_set(f, FAIL_RETRY, "the state record could not be "
		"read within %d s: Kafka does not let us read its topic, or is "
		"slow", PATIENCE_S);
}

static int
read_state(struct check *c, struct fail *f)
{
	const struct state_record *r = &c->works.record;
	struct state *s = state_new(c->config, f);
	struct fail why = FAIL_INIT;
	int rc;

	if (!s)
		return -1;
	rc = load(s, c, &why);
	state_free(s);
	if (c->loop.stop)
		return check_interrupted(f);
	if (rc == -1)
		check_fail(c, CHECK_BAD, "state record", &why);
	else if (r->known)
		check_say(c, CHECK_OK, "state record", "of slot %s, confirmed up to "
			LSN_FMT, r->slot, LSN_ARG(r->confirmed));
	else
		check_say(c, CHECK_OK, "state record",
			"none: the next start is the first one");
	return 0;
}

static void
name_topic(struct check *c, struct span topic)
{
	buf_put_span(&c->topics, topic);
	buf_putc(&c->topics, '\0');
}

/* Those that belong to no table. */
static void
name_topics(struct check *c, bool state)
{
	const struct config *config = c->config;
	char topic[250];
	struct arena a;

	arena_init(&a, 1 << 16);
	kafka_conf_state_topic(config, topic);
	if (state)
		name_topic(c, span_of(topic));
	if (config->postgres.heartbeat_interval_ms)
		name_topic(c, heartbeat_topic(config, &a));
	if (config->format.provide_transaction_metadata)
		name_topic(c, boundary_topic(
			profile_change(c->works.profile)->plan, &a));
	arena_release(&a);
}

int
check_kafka_open(struct check_kafka *k, struct check *c, struct fail *f)
{
	bool in_topic = !c->config->state.file && !c->config->to_stdout;

	*k = (struct check_kafka){ .rk = NULL };
	if (c->config->to_stdout)
		check_say(c, CHECK_SKIP, "Kafka", "not needed with --stdout");
	else if (open_brokers(k, c, f) == -1)
		return -1;
	name_topics(c, in_topic);
	if (in_topic && !k->rk)
		check_say(c, CHECK_SKIP, "state record", "it is in Kafka");
	else if (read_state(c, f) == -1)
		return -1;
	c->start = works_start(&c->works);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The topics that are wanted, once each, in `out`, which has room. How many. */
static size_t
list_wanted(const struct check *c, const char **out)
{
	const char *end = c->topics.p + c->topics.len;
	size_t n = 0, unique = 0;

	for (const char *p = c->topics.p; p < end; p += strlen(p) + 1)
		out[n++] = p;
	qsort(out, n, sizeof(*out), compare);
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(out[i], out[i - 1]) != 0)
			out[unique++] = out[i];
	return unique;
}

/* Keeps those that are not there. How many. */
static size_t
keep_missing(metadata_t *m, const char **there, const char **names, size_t count)
{
	size_t n = (size_t)m->topic_cnt, missing = 0;

	for (size_t i = 0; i < n; i++)
		there[i] = m->topics[i].topic;
	qsort(there, n, sizeof(*there), compare);
	for (size_t i = 0; i < count; i++)
		if (!bsearch(&names[i], there, n, sizeof(*there), compare))
			names[missing++] = names[i];
	return missing;
}

static void
tell_topics(struct check *c, size_t there, const char *const *missing, size_t n)
{
	bool create = c->config->kafka.create_topics;
	struct buf list;

	if (there)
		check_say(c, CHECK_OK, "topics", "%zu are there", there);
	if (!n)
		return;
	buf_init(&list, 4096);
	for (size_t i = 0; i < n && i < NAMES_IN_TEXT; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", missing[i]);
	check_say(c, create ? CHECK_OK : CHECK_BAD, "topics", "%zu missing%s: %.*s%s", n,
		create ? ", each is created before its first record" : "",
		SPAN_ARG(buf_span(&list)), n > NAMES_IN_TEXT ? ", ..." : "");
	if (!create)
		check_remedy(c, "create them, or set kafka.create_topics = true and "
			"grant Create on them");
	buf_release(&list);
}

int
check_kafka_topics(struct check_kafka *k, struct check *c, struct fail *f)
{
	metadata_t *m = k->rk ? ask_metadata(k, c) : NULL;
	const char **there, **names;
	size_t wanted, missing;
	int rc = 0;

	if (!m) {
		check_say(c, CHECK_SKIP, "topics", "no Kafka to ask");
		return c->loop.stop ? check_interrupted(f) : 0;
	}
	there = calloc((size_t)m->topic_cnt + 1, sizeof(*there));
	names = calloc(c->topics.len + 1, sizeof(*names));
	if (!there || !names || c->topics.failed) {
		rc = fail_set(f, FAIL_FATAL, "out of memory");
	} else {
		wanted = list_wanted(c, names);
		missing = keep_missing(m, there, names, wanted);
		tell_topics(c, wanted - missing, names, missing);
	}
	free(names);
	free(there);
	rd_kafka_metadata_destroy(m);
	return rc;
}
