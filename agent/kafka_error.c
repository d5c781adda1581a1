#include <stdio.h>

#include "kafka_error.h"

#define KEY_SHOWN 200
#define SCRAM_FIXED 0x02060100	/* librdkafka 2.6.1, in the form of RD_KAFKA_VERSION */

/* "topic t, record at 0/15D3A28 with key {"id":1}, 123 bytes" */
#define WHERE_MAX (KEY_SHOWN + 400)

/* Bytes that are not text would spoil the line; a key is text but for Avro. */
static void
show_key(char out[KEY_SHOWN + 1], struct span key)
{
	size_t n = key.len < KEY_SHOWN ? key.len : KEY_SHOWN;

	/* not in the middle of a UTF-8 character */
	while (n > 0 && n < key.len && ((unsigned char)key.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)key.p[i] < ' ' ? '?' : key.p[i];
	out[n] = '\0';
}

static void
describe(char out[WHERE_MAX], const struct kafka_error_record *r)
{
	char key[KEY_SHOWN + 1] = "";
	char lsn[24] = "";

	if (r->key.p)
		show_key(key, r->key);
	if (r->lsn)
		snprintf(lsn, sizeof(lsn), " at " LSN_FMT, LSN_ARG(r->lsn));
	snprintf(out, WHERE_MAX, "topic %s: record%s %s%s%s, %zu bytes", r->topic,
		lsn, r->key.p ? "with key " : "without key", key,
		r->key.len > KEY_SHOWN ? "..." : "", r->size);
}

static int
too_large(const char *where, const struct kafka_error_record *r, struct fail *f)
{
	if (!r->sent)
		return fail_set(f, FAIL_CONFIG, "%s, is larger than "
			"kafka.message_max_bytes = %lld; raise it, and with it "
			"max.message.bytes of the topic (or message.max.bytes of "
			"the broker)", where, (long long)r->max_bytes);
	return fail_set(f, FAIL_CONFIG, "%s, was refused by the broker as too "
		"large, alone or in its batch; raise max.message.bytes of the topic "
		"(or message.max.bytes of the broker), or lower kafka.batch_size "
		"below it", where);
}

static int
unknown_topic(const char *where, const struct kafka_error_record *r, struct fail *f)
{
	if (r->may_create)
		return fail_set(f, FAIL_FATAL, "%s: the topic has disappeared; the "
			"next start creates it and sends the record again", where);
	return fail_set(f, FAIL_CONFIG, "%s: the topic does not exist; create it, "
		"or set kafka.create_topics = true and grant Create on it", where);
}

static int
invalid_record(const char *where, const struct kafka_error_record *r, struct fail *f)
{
	if (!r->key.p)
		return fail_set(f, FAIL_CONFIG, "%s, was refused by the broker: if "
			"the topic is compacted it takes no records without a key; "
			"change its cleanup.policy, or give the table a key", where);
	return fail_set(f, FAIL_CONFIG, "%s, was refused by the broker as invalid; "
		"its log has the reason", where);
}

int
kafka_error_record(rd_kafka_resp_err_t err, const struct kafka_error_record *r,
	struct fail *f)
{
	char where[WHERE_MAX];

	describe(where, r);
	switch (err) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		return too_large(where, r, f);
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: /* a deleted one has none */
		return unknown_topic(where, r, f);
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		return fail_set(f, FAIL_CONFIG, "%s: Kafka does not let this user "
			"write to the topic; grant Write and Describe on it", where);
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		return fail_set(f, FAIL_CONFIG, "%s: Kafka does not let this user "
			"produce; grant Write on the topic, and on brokers before "
			"2.8 IdempotentWrite on the cluster", where);
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
		return invalid_record(where, r, f);
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
		return fail_set(f, FAIL_CONFIG, "%s: %s", where, rd_kafka_err2str(err));
	default:
		return fail_set(f, FAIL_FATAL, "%s, was not delivered: %s", where,
			rd_kafka_err2str(err));
	}
}

int
kafka_error_create(rd_kafka_resp_err_t err, const char *text, const char *topic,
	int partitions, int replication, struct fail *f)
{
	const char *why = text ? text : rd_kafka_err2str(err);

	switch (err) {
	case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
		return fail_set(f, FAIL_CONFIG, "topic %s cannot be created with "
			"kafka.topic_partitions = %d: %s", topic, partitions, why);
	case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
		return fail_set(f, FAIL_CONFIG, "topic %s cannot be created with "
			"kafka.topic_replication_factor = %d: %s", topic, replication, why);
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
	case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
		return fail_set(f, FAIL_CONFIG, "topic %s cannot be created: %s; "
			"brokers before 2.4 need kafka.topic_partitions and "
			"kafka.topic_replication_factor to be set", topic, why);
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
	case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
	case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
		return fail_set(f, FAIL_CONFIG, "topic %s cannot be created: %s; "
			"create it yourself and set kafka.create_topics = false",
			topic, why);
	default:
		return fail_set(f, FAIL_FATAL, "topic %s cannot be created: %s",
			topic, why);
	}
}

int
kafka_error_fatal(rd_kafka_resp_err_t err, const char *text, struct fail *f)
{
	if (err == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
		return fail_set(f, FAIL_CONFIG, "Kafka does not let this user "
			"produce: grant Write on the topics, and on brokers before "
			"2.8 IdempotentWrite on the cluster (%s)", text);
	return fail_set(f, FAIL_FATAL, "the Kafka producer gave up, records not "
		"acknowledged are sent again after a restart: %s: %s",
		rd_kafka_err2name(err), text);
}

int
kafka_error_login(const char *text, const char *protocol, const char *mechanism,
	struct fail *f)
{
	bool scram = strstr(protocol, "sasl") && strstr(mechanism, "SCRAM");

	if (scram && rd_kafka_version() < SCRAM_FIXED)
		return fail_set(f, FAIL_CONFIG, "Kafka refused to log this user in: "
			"%s. The password may well be right: SCRAM of librdkafka "
			"before 2.6.1 (this is %s) fails against Kafka 4. Use a newer "
			"librdkafka, or PLAIN over TLS, or a client certificate",
			text, rd_kafka_version_str());
	return fail_set(f, FAIL_CONFIG, "Kafka refused to log this user in: %s; "
		"check the kafka.sasl_* and kafka.ssl_* keys", text);
}
