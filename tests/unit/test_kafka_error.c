#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "kafka_error.h"

#define assert_has(f, part) do { \
	if (!strstr((f)->text, (part))) \
		fail_msg("\"%s\" is not in \"%s\"", (part), (f)->text); \
} while (0)

static void
assert_record(rd_kafka_resp_err_t err, struct kafka_error_record r,
	enum fail_kind kind, const char *part)
{
	struct fail f = FAIL_INIT;

	r.topic = "inv.public.t";
	assert_int_equal(kafka_error_record(err, &r, &f), -1);
	assert_int_equal(f.kind, kind);
	assert_has(&f, "topic inv.public.t: record");
	assert_has(&f, part);
}

static void
each_error_names_its_remedy(void **state)
{
	struct kafka_error_record r = { .key = SPAN("{\"id\":1}"), .size = 10,
		.lsn = 0x100000002, .sent = true, .may_create = true };

	(void)state;
	assert_record(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, r, FAIL_CONFIG,
		"record at 1/2 with key {\"id\":1}, 10 bytes, was refused by the broker");
	assert_record(RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, r, FAIL_CONFIG,
		"kafka.batch_size");
	assert_record(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, r, FAIL_CONFIG,
		"grant Write");
	assert_record(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, r,
		FAIL_CONFIG, "IdempotentWrite");
	assert_record(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, r, FAIL_FATAL,
		"the next start creates it");
	assert_record(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, r, FAIL_CONFIG, "topic");
	assert_record(RD_KAFKA_RESP_ERR_POLICY_VIOLATION, r, FAIL_CONFIG, "olicy");
	assert_record(RD_KAFKA_RESP_ERR_INVALID_RECORD, r, FAIL_CONFIG, "invalid");
	assert_record(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, r, FAIL_FATAL,
		"was not delivered");
	assert_record(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, r, FAIL_FATAL,
		"disappeared");
	r.may_create = false;
	assert_record(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, r, FAIL_CONFIG,
		"kafka.create_topics");
	r.sent = false;
	r.max_bytes = 9;
	assert_record(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, r, FAIL_CONFIG,
		"larger than kafka.message_max_bytes = 9");
	r.key.p = NULL;
	assert_record(RD_KAFKA_RESP_ERR_INVALID_RECORD, r, FAIL_CONFIG,
		"without key, 10 bytes, was refused by the broker: if the topic is compacted");
}

static void
keys_are_cut_and_made_printable(void **state)
{
	struct kafka_error_record r = { .size = 10 };
	char key[400];

	(void)state;
	memset(key, 'k', sizeof(key));
	memcpy(key + 199, "\xc3\xa4", 2);
	key[3] = '\n';
	r.key = (struct span){ key, sizeof(key) };
	assert_record(RD_KAFKA_RESP_ERR__FAIL, r, FAIL_FATAL, "key kkk?kkk");
	assert_record(RD_KAFKA_RESP_ERR__FAIL, r, FAIL_FATAL, "kkk..., 10 bytes");
	r.key.len = 200;
	assert_record(RD_KAFKA_RESP_ERR__FAIL, r, FAIL_FATAL, "kkk\xc3, 10 bytes");
	r.key.len = 201;
	key[200] = 'k';
	memcpy(key + 198, "\xc3\xa4", 2);
	assert_record(RD_KAFKA_RESP_ERR__FAIL, r, FAIL_FATAL, "kkk\xc3\xa4..., 10");
}

static void
assert_create(rd_kafka_resp_err_t err, const char *text, enum fail_kind kind,
	const char *part)
{
	struct fail f = FAIL_INIT;

	assert_int_equal(kafka_error_create(err, text, "t", 3, 5, &f), -1);
	assert_int_equal(f.kind, kind);
	assert_has(&f, part);
}

static void
topics_that_cannot_be_created(void **state)
{
	(void)state;
	assert_create(RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, "why", FAIL_CONFIG,
		"kafka.topic_partitions = 3: why");
	assert_create(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, NULL, FAIL_CONFIG,
		"kafka.topic_replication_factor = 5: Broker: ");
	assert_create(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, "why", FAIL_CONFIG, "2.4");
	assert_create(RD_KAFKA_RESP_ERR_POLICY_VIOLATION, "why", FAIL_CONFIG,
		"create it yourself");
	assert_create(RD_KAFKA_RESP_ERR_UNKNOWN, "why", FAIL_FATAL, "created: why");
}

static void
a_producer_that_gives_up(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(kafka_error_fatal(
		RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "why", &f), -1);
	assert_int_equal(f.kind, FAIL_FATAL);
	assert_has(&f, "OUT_OF_ORDER_SEQUENCE_NUMBER: why");
	kafka_error_fatal(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "why", &f);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_has(&f, "grant Write");
}

static void
a_login_that_is_refused(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(kafka_error_login("no", "sasl_ssl", "PLAIN", &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_has(&f, "no; check the kafka.sasl_*");
	kafka_error_login("no", "sasl_plaintext", "SCRAM-SHA-256", &f);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_has(&f, rd_kafka_version() < 0x02060100 ? "before 2.6.1" : "check the");
	kafka_error_login("no", "ssl", "SCRAM-SHA-256", &f);
	assert_has(&f, "check the");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_error_names_its_remedy),
		cmocka_unit_test(keys_are_cut_and_made_printable),
		cmocka_unit_test(topics_that_cannot_be_created),
		cmocka_unit_test(a_producer_that_gives_up),
		cmocka_unit_test(a_login_that_is_refused),
	};

	return cmocka_run_group_tests_name("kafka_error", tests, NULL, NULL);
}
