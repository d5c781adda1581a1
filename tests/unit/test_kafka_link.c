#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kafka_link.h"
#include "log.h"

static int
setup(void **state)
{
	static struct kafka_link link;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256];
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	rd_kafka_conf_set(conf, "security.protocol", "sasl_plaintext", NULL, 0);
	rd_kafka_conf_set(conf, "sasl.mechanism", "PLAIN", NULL, 0);
	rd_kafka_conf_set(conf, "sasl.username", "u", NULL, 0);
	rd_kafka_conf_set(conf, "sasl.password", "p", NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	assert_non_null(rk);
	kafka_link_init(&link, rk, NULL, NULL);
	*state = &link;
	return 0;
}

static int
teardown(void **state)
{
	rd_kafka_destroy(((struct kafka_link *)*state)->rk);
	return 0;
}

static int
error(struct kafka_link *l, rd_kafka_resp_err_t err, const char *text)
{
	struct fail f = FAIL_INIT;
	int rc = kafka_link_error(l, err, text, &f);

	assert_int_equal(rc ? f.kind : FAIL_NONE, rc ? FAIL_CONFIG : FAIL_NONE);
	return rc;
}

static void
up_and_down(void **state)
{
	struct kafka_link *l = *state;

	kafka_link_tick(l, 0);
	assert_false(kafka_link_up(l));
	kafka_link_alive(l, false);
	assert_true(kafka_link_up(l));
	/* one broker of several */
	assert_int_equal(error(l, RD_KAFKA_RESP_ERR__TRANSPORT, "refused"), 0);
	assert_true(kafka_link_up(l));
	assert_int_equal(error(l, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1"), 0);
	assert_false(kafka_link_up(l));
	assert_string_equal(l->reason, "refused");
	kafka_link_alive(l, true);
	assert_true(kafka_link_up(l));
	assert_string_equal(l->reason, "");
}

static void
trouble_is_told_after_a_moment_and_not_too_often(void **state)
{
	struct kafka_link *l = *state;
	int64_t next;

	error(l, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1");
	kafka_link_tick(l, 0);
	assert_false(l->told);
	l->next_log_ms = l->now_ms;
	kafka_link_tick(l, 0);
	assert_true(l->told);
	next = l->next_log_ms;
	assert_int_equal(next, l->now_ms + 30000);
	/* still the same trouble */
	error(l, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1");
	kafka_link_tick(l, 0);
	assert_int_equal(l->next_log_ms, next);
	kafka_link_alive(l, false);
	assert_false(l->told);
}

static void
missing_acknowledgements_are_told(void **state)
{
	struct kafka_link *l = *state;

	kafka_link_alive(l, true);
	l->progress_ms -= 40000;
	kafka_link_tick(l, 0);		/* nothing is waiting */
	assert_int_equal(l->next_log_ms, 0);
	l->progress_ms -= 40000;
	kafka_link_tick(l, 5);
	assert_int_equal(l->next_log_ms, l->now_ms + 30000);
	assert_true(kafka_link_up(l));
}

static void
a_refused_login_is_final_only_at_start(void **state)
{
	struct kafka_link *l = *state;

	assert_int_equal(error(l, RD_KAFKA_RESP_ERR__SSL, "handshake: unexpected eof"), 0);
	assert_int_equal(error(l, RD_KAFKA_RESP_ERR__SSL, "certificate verify failed"), -1);
	assert_int_equal(error(l, RD_KAFKA_RESP_ERR__AUTHENTICATION, "no"), -1);
	kafka_link_alive(l, false);
	assert_int_equal(error(l, RD_KAFKA_RESP_ERR__AUTHENTICATION, "no"), 0);
	assert_string_equal(l->reason, "no");
}

static void
a_fatal_error_is_final(void **state)
{
	struct kafka_link *l = *state;
	struct fail f = FAIL_INIT;

	kafka_link_alive(l, false);
	assert_int_equal(rd_kafka_test_fatal_error(l->rk,
		RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "a hole"), 0);
	assert_int_equal(kafka_link_error(l, RD_KAFKA_RESP_ERR__FATAL, "x", &f), -1);
	assert_int_equal(f.kind, FAIL_FATAL);
	assert_non_null(strstr(f.text, "a hole"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(up_and_down),
		test(trouble_is_told_after_a_moment_and_not_too_often),
		test(missing_acknowledgements_are_told),
		test(a_refused_login_is_final_only_at_start),
		test(a_fatal_error_is_final),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("kafka_link", tests, NULL, NULL);
}
