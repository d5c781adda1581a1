#include <stdio.h>
#include <stdlib.h>

#include "kafka_conf.h"
#include "log.h"

#define ERRSTR_MAX 512

/*
 * Records counted beside bytes: librdkafka's limit in bytes leaves out keys,
 * headers and some 700 bytes of its own per record, which is most of what a
 * queue of tombstones takes.
 */
#define RECORDS_PER_KBYTE 1

struct property {
	const char *name, *value;
};

static const struct property common[] = {
	{ "client.id", "pgwake" },
	{ "log.queue", "true" },
	{ "log_level", "6" },
	{ "allow.auto.create.topics", "false" },
	{ "socket.keepalive.enable", "true" },
	{ NULL, NULL }
};

static const struct property producer[] = {
	{ "enable.idempotence", "true" },
	{ "acks", "all" },
	{ "message.timeout.ms", "0" },
	{ "partitioner", "murmur2_random" },
	{ "compression.type", "lz4" },
	{ "linger.ms", "1" },
	{ NULL, NULL }
};

/*
 * A topic that does not exist is known to be missing at the first answer, and
 * a fetch at the end of one is not held back for more to come.
 */
static const struct property reader[] = {
	{ "enable.partition.eof", "true" },
	{ "topic.metadata.propagation.max.ms", "0" },
	{ "fetch.wait.max.ms", "10" },
	{ "queued.max.messages.kbytes", "8192" },
	{ "auto.offset.reset", "earliest" },
	{ "enable.auto.commit", "false" },
	{ NULL, NULL }
};

/* The name in our configuration: dots are underscores there. */
static const char *
key_of(const char *property, char key[128])
{
	snprintf(key, 128, "%s", property);
	for (char *p = key; *p; p++)
		if (*p == '.')
			*p = '_';
	return key;
}

static int
set(rd_kafka_conf_t *conf, const char *origin, const char *name,
	const char *value, struct fail *f)
{
	char why[ERRSTR_MAX], key[128];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return 0;
	return fail_set(f, FAIL_CONFIG, "%s%skafka.%s: %s", origin ? origin : "",
		origin ? ": " : "", key_of(name, key), why);
}

static int
set_all(rd_kafka_conf_t *conf, const struct property *list, struct fail *f)
{
	for (; list->name; list++)
		if (set(conf, NULL, list->name, list->value, f))
			return -1;
	return 0;
}

static int
set_queue(rd_kafka_conf_t *conf, const struct config *c, struct fail *f)
{
	char number[24];
	int64_t records = c->kafka.queue_kbytes * RECORDS_PER_KBYTE;

	if (c->kafka.queue_kbytes <= 0)
		return 0;
	snprintf(number, sizeof(number), "%lld", (long long)c->kafka.queue_kbytes);
	if (set(conf, NULL, "queue.buffering.max.kbytes", number, f))
		return -1;
	snprintf(number, sizeof(number), "%lld",
		(long long)(records > INT32_MAX ? INT32_MAX : records));
	return set(conf, NULL, "queue.buffering.max.messages", number, f);
}

/* Without creation a topic that is not there is a mistake, and is said soon. */
static int
set_producer(rd_kafka_conf_t *conf, const struct config *c, struct fail *f)
{
	if (set_all(conf, producer, f) || set_queue(conf, c, f))
		return -1;
	return c->kafka.create_topics ? 0
		: set(conf, NULL, "topic.metadata.propagation.max.ms", "5000", f);
}

static int
set_user(rd_kafka_conf_t *conf, const struct config *c, struct fail *f)
{
	if (c->kafka.bootstrap_servers && set(conf, NULL, "bootstrap.servers",
			c->kafka.bootstrap_servers, f))
		return -1;
	for (size_t i = 0; i < c->kafka.nproperties; i++) {
		const struct config_pair *p = &c->kafka.properties[i];

		if (set(conf, p->origin, p->key, p->value, f))
			return -1;
	}
	return 0;
}

static bool
is(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char text[64] = "";
	size_t size = sizeof(text);

	if (rd_kafka_conf_get(conf, name, text, &size) != RD_KAFKA_CONF_OK)
		return *value == '\0';
	return strcmp(text, value) == 0;
}

/* What would make an acknowledgement mean less than it must. */
static int
check_promises(rd_kafka_conf_t *conf, struct fail *f)
{
	static const struct {
		const char *name, *value, *why;
	} needed[] = {
		{ "enable.idempotence", "true",
			"records could be lost, repeated or reordered without it" },
		{ "delivery.report.only.error", "false", "the slot moves by delivery reports" },
		{ "transactional.id", "", "Kafka transactions are not what this program uses" },
		{ "log.queue", "true", "log lines are taken from there" },
	};
	char key[128];

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!is(conf, needed[i].name, needed[i].value))
			return fail_set(f, FAIL_CONFIG, "kafka.%s must stay %s: %s",
				key_of(needed[i].name, key), *needed[i].value
				? needed[i].value : "unset", needed[i].why);
	return 0;
}

static rd_kafka_conf_t *
build(const struct config *c, enum kafka_role role, struct fail *f)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	if (set_all(conf, common, f))
		goto failed;
	if (role == KAFKA_PRODUCER ? set_producer(conf, c, f)
			: set_all(conf, reader, f))
		goto failed;
	if (set_user(conf, c, f))
		goto failed;
	if (role == KAFKA_PRODUCER && check_promises(conf, f))
		goto failed;
	if (is(conf, "bootstrap.servers", "") && is(conf, "test.mock.num.brokers", "0")) {
		fail_set(f, FAIL_CONFIG, "kafka.bootstrap_servers is not set");
		goto failed;
	}
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR |
		RD_KAFKA_EVENT_LOG);
	return conf;
failed:
	rd_kafka_conf_destroy(conf);
	return NULL;
}

rd_kafka_t *
kafka_conf_client(const struct config *c, enum kafka_role role, struct fail *f)
{
	rd_kafka_conf_t *conf = build(c, role, f);
	char why[ERRSTR_MAX];
	rd_kafka_t *rk;

	if (!conf)
		return NULL;
	rk = rd_kafka_new(role == KAFKA_PRODUCER ? RD_KAFKA_PRODUCER
		: RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	if (!rk) {
		rd_kafka_conf_destroy(conf);
		fail_set(f, FAIL_CONFIG, "kafka: %s", why);
		return NULL;
	}
	rd_kafka_set_log_queue(rk, NULL);
	return rk;
}

void
kafka_conf_text(rd_kafka_t *rk, const char *property, char *out, size_t size)
{
	size_t need = size;

	*out = '\0';
	if (rd_kafka_conf_get(rd_kafka_conf(rk), property, out, &need) !=
			RD_KAFKA_CONF_OK)
		*out = '\0';
	out[size - 1] = '\0';
}

int64_t
kafka_conf_number(rd_kafka_t *rk, const char *property)
{
	char text[32], *end;
	long long n;

	kafka_conf_text(rk, property, text, sizeof(text));
	n = strtoll(text, &end, 10);
	return *text && !*end ? n : -1;
}

void
kafka_conf_state_topic(const struct config *c, char out[250])
{
	if (c->kafka.state_topic)
		snprintf(out, 250, "%s", c->kafka.state_topic);
	else
		snprintf(out, 250, "__pgwake_state.%s", c->prefix);
}

/*
 * Syslog's levels. What is also an event is told by us, connection trouble in
 * our own words and at our own pace: librdkafka's line for every attempt is
 * for debugging. So are its warnings that the reader of the state record makes
 * no use of the producer's properties.
 */
static enum log_level
level_of(int syslog_level, const char *facility)
{
	static const char *const quiet[] = { "FAIL", "ERROR", "FATAL", "GETPID",
		"CONFWARN" };

	for (size_t i = 0; i < sizeof(quiet) / sizeof(*quiet); i++)
		if (!strcmp(facility, quiet[i]))
			return LOG_LEVEL_DEBUG;
	if (syslog_level <= 2)
		return LOG_LEVEL_ERROR;
	if (syslog_level <= 4)
		return LOG_LEVEL_WARN;
	return syslog_level <= 5 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
}

void
kafka_conf_log(rd_kafka_event_t *event)
{
	const char *facility, *text;
	int level;

	if (rd_kafka_event_log(event, &facility, &text, &level) == 0)
		log_at(level_of(level, facility), "librdkafka",
			LOG_STR("facility", facility), LOG_STR("text", text));
}
