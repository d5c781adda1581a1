#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "property.h"

#define NAME_MAX_BYTES 128

/* What pgwake owns. `allowed`: values that say what it does anyway. */
static const struct owned {
	const char *name;
	const char *allowed[3];
	const char *reason;
} owned[] = {
	{ "enable.idempotence", { "true" },
		"records must not be lost, doubled or swapped" },
	{ "acks", { "all", "-1" },
		"a position is confirmed only when all replicas have its records" },
	{ "request.required.acks", { "all", "-1" },
		"a position is confirmed only when all replicas have its records" },
	{ "message.timeout.ms", { "0" },
		"a record that expires would be lost; pgwake waits as long as it takes" },
	{ "delivery.timeout.ms", { "0" },
		"a record that expires would be lost; pgwake waits as long as it takes" },
	{ "delivery.report.only.error", { "false" },
		"every acknowledgement is needed to confirm a position" },
	{ "transactional.id", { NULL },
		"pgwake does not use Kafka's transactions" },
	{ "enabled_events", { NULL }, "pgwake chooses the events it listens to" },
	{ "opaque", { NULL }, "it belongs to the program" },
	{ "default_topic_conf", { NULL }, "it belongs to the program" },
	{ "metadata.broker.list", { NULL }, "use kafka.bootstrap_servers" },
	{ "bootstrap.servers", { NULL }, "use kafka.bootstrap_servers" },
	{ "queue.buffering.max.kbytes", { NULL },
		"use kafka.queue_buffering_max_kbytes" },
};

static bool
ends_with(const char *text, const char *end)
{
	size_t lt = strlen(text), le = strlen(end);

	return lt >= le && strcmp(text + lt - le, end) == 0;
}

/* A configuration to ask questions of. Aborts like librdkafka itself without memory. */
static bool
exists(const char *name)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char err[256];
	/* No property has this value; those that exist say so. */
	rd_kafka_conf_res_t res = rd_kafka_conf_set(conf, name, "\x01", err, sizeof(err));

	rd_kafka_conf_destroy(conf);
	return res != RD_KAFKA_CONF_UNKNOWN;
}

/* librdkafka takes a topic's properties with "topic." in front as well; ours is the short name. */
static void
drop_topic(char *name)
{
	while (strncmp(name, "topic.", 6) == 0 && exists(name + 6))
		memmove(name, name + 6, strlen(name + 6) + 1);
}

bool
property_resolve(const char *key, char *out, size_t size)
{
	size_t len = strlen(key);

	if (len == 0 || len >= size)
		return false;
	/* Nearly all names have dots only; a few, as log_level, have underscores. */
	for (size_t i = 0; i <= len; i++)
		out[i] = key[i] == '_' ? '.' : key[i];
	if (!exists(out))
		memcpy(out, key, len + 1);
	drop_topic(out);
	return exists(out);
}

bool
property_is_secret(const char *name)
{
	return strstr(name, "password") || strstr(name, "secret") ||
		strcmp(name, "sasl.jaas.config") == 0 ||
		strcmp(name, "ssl.key.pem") == 0 ||
		strcmp(name, "sasl.oauthbearer.config") == 0;
}

static int
check_owned(const char *name, const char *value, struct fail *f)
{
	if (ends_with(name, "_cb"))
		return fail_set(f, FAIL_CONFIG, "cannot be set: it belongs to the program");
	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++) {
		const struct owned *o = &owned[i];

		if (strcmp(name, o->name) != 0)
			continue;
		for (size_t j = 0; j < 3 && o->allowed[j]; j++)
			if (strcasecmp(value, o->allowed[j]) == 0)
				return 0;
		if (o->allowed[0])
			return fail_set(f, FAIL_CONFIG, "must stay %s: %s",
				o->allowed[0], o->reason);
		return fail_set(f, FAIL_CONFIG, "cannot be set: %s", o->reason);
	}
	return 0;
}

static int
check_value(const char *name, const char *value, struct fail *f)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char err[512];
	rd_kafka_conf_res_t res = rd_kafka_conf_set(conf, name, value, err, sizeof(err));

	rd_kafka_conf_destroy(conf);
	if (res == RD_KAFKA_CONF_OK)
		return 0;
	if (property_is_secret(name))
		return fail_set(f, FAIL_CONFIG, "has a value that librdkafka refuses");
	return fail_set(f, FAIL_CONFIG, "cannot be \"%s\": %s", value, err);
}

static struct config_pair *
find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->kafka.nproperties; i++)
		if (strcmp(c->kafka.properties[i].key, name) == 0)
			return &c->kafka.properties[i];
	return NULL;
}

const char *
property_get(const struct config *c, const char *name)
{
	const struct config_pair *pair = find(c, name);

	return pair ? pair->value : NULL;
}

/* An entry for `name`: the one there is, emptied, or a new one. NULL without memory. */
static struct config_pair *
make_room(struct config *c, const char *name)
{
	struct config_pair *pair = find(c, name), *grown;

	if (pair) {
		free(pair->value);
		free(pair->origin);
		pair->value = pair->origin = NULL;
		return pair;
	}
	grown = realloc(c->kafka.properties, (c->kafka.nproperties + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	c->kafka.properties = grown;
	pair = &grown[c->kafka.nproperties];
	*pair = (struct config_pair){ .key = strdup(name) };
	if (!pair->key)
		return NULL;
	c->kafka.nproperties++;
	return pair;
}

int
property_set(struct config *c, const char *key, const char *value,
	const char *origin, struct fail *f)
{
	char name[NAME_MAX_BYTES];
	struct config_pair *pair;

	if (!property_resolve(key, name, sizeof(name)))
		return fail_set(f, FAIL_CONFIG, "is not a property of librdkafka %s",
			rd_kafka_version_str());
	if (check_owned(name, value, f) < 0 || check_value(name, value, f) < 0)
		return -1;
	pair = make_room(c, name);
	if (!pair)
		return fail_set(f, FAIL_FATAL, "out of memory");
	pair->value = strdup(value);
	pair->origin = origin ? strdup(origin) : NULL;
	if (!pair->value || (origin && !pair->origin))
		return fail_set(f, FAIL_FATAL, "out of memory");
	return 0;
}

static void
offer_dump(struct nearest *n, const char **dump, size_t count)
{
	char key[NAME_MAX_BYTES];

	for (size_t i = 0; i + 1 < count; i += 2) {
		size_t len = strlen(dump[i]);

		if (len >= sizeof(key) || ends_with(dump[i], "_cb"))
			continue;
		for (size_t j = 0; j <= len; j++)
			key[j] = dump[i][j] == '.' ? '_' : dump[i][j];
		nearest_offer(n, key, 0, key);
	}
	rd_kafka_conf_dump_free(dump, count);
}

void
property_offer(struct nearest *n)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_conf_t *topic = rd_kafka_topic_conf_new();
	size_t count;
	const char **dump = rd_kafka_conf_dump(conf, &count);

	offer_dump(n, dump, count);
	dump = rd_kafka_topic_conf_dump(topic, &count);
	offer_dump(n, dump, count);
	rd_kafka_topic_conf_destroy(topic);
	rd_kafka_conf_destroy(conf);
}
