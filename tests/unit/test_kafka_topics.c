#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kafka_topics.h"
#include "log.h"

struct fixture {
	struct config config;
	rd_kafka_t *rk;			/* without brokers: nothing is ever answered */
	rd_kafka_queue_t *queue;
	struct kafka_topics *topics;
	struct fail fail;
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256];

	assert_non_null(x);
	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	x->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	assert_non_null(x->rk);
	x->queue = rd_kafka_queue_new(x->rk);
	x->config.kafka.topic_partitions = x->config.kafka.topic_replication = -1;
	x->topics = kafka_topics_new(&x->config, x->rk, x->queue);
	assert_non_null(x->topics);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	kafka_topics_free(x->topics);
	rd_kafka_queue_destroy(x->queue);
	rd_kafka_destroy(x->rk);
	free(x);
	return 0;
}

static int
get(struct fixture *x, const char *name, rd_kafka_topic_t **out)
{
	return kafka_topics_get(x->topics, span_of(name), false, out, &x->fail);
}

static void
without_creation_a_topic_is_ready(void **state)
{
	struct fixture *x = *state;
	rd_kafka_topic_t *t, *again;

	assert_int_equal(get(x, "a", &t), 1);
	assert_string_equal(rd_kafka_topic_name(t), "a");
	assert_int_equal(get(x, "a", &again), 1);
	assert_ptr_equal(t, again);
	assert_false(kafka_topics_created(x->topics, "a"));
	assert_false(kafka_topics_created(x->topics, "b"));
	kafka_topics_free(NULL);
}

static void
each_name_has_its_topic(void **state)
{
	enum { N = 1500 };
	struct fixture *x = *state;
	static rd_kafka_topic_t *list[N];
	rd_kafka_topic_t *t;
	char name[32];

	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "t.%d", i);
		assert_int_equal(get(x, name, &list[i]), 1);
	}
	for (int i = N - 1; i >= 0; i--) {
		snprintf(name, sizeof(name), "t.%d", i);
		assert_int_equal(get(x, name, &t), 1);
		assert_ptr_equal(t, list[i]);
		assert_string_equal(rd_kafka_topic_name(t), name);
	}
}

static void
names_that_cannot_be(void **state)
{
	struct fixture *x = *state;
	rd_kafka_topic_t *t;
	char name[251];

	assert_int_equal(get(x, "", &t), -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	memset(name, 'x', 250);
	name[250] = '\0';
	assert_int_equal(get(x, name, &t), -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	name[249] = '\0';
	assert_int_equal(get(x, name, &t), 1);
}

static void
creation_is_waited_for(void **state)
{
	struct fixture *x = *state;
	rd_kafka_topic_t *t = NULL;

	x->config.kafka.create_topics = true;
	kafka_topics_tick(x->topics, 1000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(get(x, "a", &t), 0);
	assert_null(t);
	assert_true(kafka_topics_created(x->topics, "a"));
	/* asked once, and not answered */
	assert_null(rd_kafka_queue_poll(x->queue, 0));
	kafka_topics_tick(x->topics, 2000);
	assert_int_equal(get(x, "a", &t), 0);
}

static void
numbers_no_topic_can_have(void **state)
{
	struct fixture *x = *state;
	rd_kafka_topic_t *t;

	x->config.kafka.create_topics = true;
	x->config.kafka.topic_partitions = 10000000;
	assert_int_equal(get(x, "a", &t), -1);
	assert_int_equal(x->fail.kind, FAIL_CONFIG);
	assert_non_null(strstr(x->fail.text, "topic a cannot be created"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(without_creation_a_topic_is_ready),
		test(each_name_has_its_topic),
		test(names_that_cannot_be),
		test(creation_is_waited_for),
		test(numbers_no_topic_can_have),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("kafka_topics", tests, NULL, NULL);
}
