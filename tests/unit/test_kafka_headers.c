#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "inflight.h"
#include "kafka_headers.h"

static struct record
with(struct record_header *h, size_t n)
{
	struct record r = RECORD_INIT;

	r.headers = h;
	r.nheaders = n;
	return r;
}

static void
assert_list(rd_kafka_headers_t *list, const struct record *r)
{
	assert_non_null(list);
	assert_int_equal(rd_kafka_header_cnt(list), r->nheaders);
	for (size_t i = 0; i < r->nheaders; i++) {
		const char *name;
		const void *value;
		size_t len;

		assert_int_equal(rd_kafka_header_get_all(list, i, &name, &value,
			&len), 0);
		assert_true(span_is(r->headers[i].name, name));
		assert_int_equal(value == NULL, r->headers[i].value.p == NULL);
		assert_int_equal(len, r->headers[i].value.len);
		if (len)
			assert_memory_equal(value, r->headers[i].value.p, len);
	}
}

static void
the_same_headers_use_the_same_list(void **state)
{
	struct record_header h[] = { { SPAN("a"), SPAN("1") }, { SPAN("b"), { NULL, 0 } } };
	struct record r = with(h, 2);
	struct kafka_headers kh;
	rd_kafka_headers_t *first, *second;
	uint32_t set, again;

	(void)state;
	kafka_headers_init(&kh);
	first = kafka_headers_get(&kh, &r, &set);
	assert_list(first, &r);
	assert_int_not_equal(set, KAFKA_HEADERS_OTHER);
	second = kafka_headers_get(&kh, &r, &again);
	assert_list(second, &r);
	assert_ptr_not_equal(first, second);
	assert_int_equal(set, again);
	kafka_headers_put(&kh, set, first);
	assert_ptr_equal(kafka_headers_get(&kh, &r, &set), first);
	assert_int_equal(kh.count, 0);
	kafka_headers_put(&kh, set, first);
	kafka_headers_put(&kh, set, second);
	kafka_headers_release(&kh);
}

/* Everything that differs from { a: 1, b: null } in one thing. */
static void
other_headers_have_their_own_list(void **state)
{
	struct record_header h[] = { { SPAN("a"), SPAN("1") }, { SPAN("b"), { NULL, 0 } } };
	struct record_header others[][2] = {
		{ { SPAN("a"), SPAN("2") }, { SPAN("b"), { NULL, 0 } } },
		{ { SPAN("a"), SPAN("1") }, { SPAN("b"), SPAN("") } },
		{ { SPAN("a"), { NULL, 0 } }, { SPAN("b"), { NULL, 0 } } },
		{ { SPAN("c"), SPAN("1") }, { SPAN("b"), { NULL, 0 } } },
		{ { SPAN("a"), SPAN("12") }, { SPAN("b"), { NULL, 0 } } },
		{ { SPAN("b"), { NULL, 0 } }, { SPAN("a"), SPAN("1") } },
	};
	struct record r = with(h, 2), other;
	struct kafka_headers kh;
	rd_kafka_headers_t *list;
	uint32_t set, none;

	(void)state;
	kafka_headers_init(&kh);
	kafka_headers_put(&kh, KAFKA_HEADERS_OTHER, rd_kafka_headers_new(1));
	list = kafka_headers_get(&kh, &r, &set);
	kafka_headers_put(&kh, set, list);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		other = with(others[i], 2);
		list = kafka_headers_get(&kh, &other, &none);
		assert_list(list, &other);
		assert_int_equal(none, KAFKA_HEADERS_OTHER);
		kafka_headers_put(&kh, none, list);
		assert_int_equal(kh.count, 1);
	}
	other = with(h, 1);
	list = kafka_headers_get(&kh, &other, &none);
	assert_list(list, &other);
	kafka_headers_put(&kh, none, list);
	kafka_headers_release(&kh);
}

static void
what_is_usual_changes(void **state)
{
	struct record_header h[] = { { SPAN("a"), SPAN("1") } };
	struct record_header now[] = { { SPAN("a"), SPAN("2") } };
	struct record r = with(h, 1), next = with(now, 1);
	struct kafka_headers kh;
	rd_kafka_headers_t *old, *list;
	uint32_t old_set, set = KAFKA_HEADERS_OTHER;
	int i;

	(void)state;
	kafka_headers_init(&kh);
	old = kafka_headers_get(&kh, &r, &old_set);
	kafka_headers_put(&kh, old_set, kafka_headers_get(&kh, &r, &old_set));
	for (i = 0; i < 1000 && set == KAFKA_HEADERS_OTHER; i++) {
		list = kafka_headers_get(&kh, &next, &set);
		assert_list(list, &next);
		kafka_headers_put(&kh, set, list);
	}
	assert_in_range(i, 2, 999);
	assert_int_not_equal(set, old_set);
	/* A list of the old set that comes back late is not given to a new record. */
	kafka_headers_put(&kh, old_set, old);
	list = kafka_headers_get(&kh, &next, &set);
	assert_list(list, &next);
	kafka_headers_put(&kh, set, list);
	assert_int_equal(kh.count, 1);
	kafka_headers_release(&kh);
}

static void
headers_too_long_to_compare(void **state)
{
	static char text[100000];
	struct record_header h[] = { { SPAN("a"), { text, sizeof(text) } } };
	struct record r = with(h, 1);
	struct kafka_headers kh;
	uint32_t set;

	(void)state;
	kafka_headers_init(&kh);
	for (int i = 0; i < 200; i++) {
		rd_kafka_headers_t *list = kafka_headers_get(&kh, &r, &set);

		text[5] = (char)i;
		assert_int_equal(rd_kafka_header_cnt(list), 1);
		kafka_headers_put(&kh, set, list);
		list = kafka_headers_get(&kh, &r, &set);
		assert_list(list, &r);
		kafka_headers_put(&kh, set, list);
	}
	kafka_headers_release(&kh);
}

static void
numbers_lead_to_their_records(void **state)
{
	struct inflight in = { 0 };
	uint64_t number[1000], n;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		assert_true(inflight_put(&in, (struct inflight_entry){ i, i * 2, 7, 0 },
			&number[i]));
	assert_int_equal(in.count, 1000);
	for (uint64_t i = 0; i < 1000; i += 2) {
		struct inflight_entry e = inflight_take(&in, number[i]);

		assert_int_equal(e.unit, i);
		assert_int_equal(e.lsn, i * 2);
		assert_int_equal(e.headers, 7);
	}
	assert_int_equal(in.count, 500);
	/* numbers come again, and only free ones */
	for (uint64_t i = 0; i < 1000; i += 2)
		assert_true(inflight_put(&in, (struct inflight_entry){ .unit = i },
			&number[i]));
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(inflight_take(&in, number[i]).unit, i);
	assert_int_equal(in.count, 0);
	n = in.size;
	assert_true(n < 2048);
	inflight_release(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_headers_use_the_same_list),
		cmocka_unit_test(other_headers_have_their_own_list),
		cmocka_unit_test(what_is_usual_changes),
		cmocka_unit_test(headers_too_long_to_compare),
		cmocka_unit_test(numbers_lead_to_their_records),
	};

	return cmocka_run_group_tests_name("kafka_headers", tests, NULL, NULL);
}
