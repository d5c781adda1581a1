#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "route.h"

static void
assert_topic(const char *schema, const char *table, const char *expected)
{
	struct arena a;
	struct span topic;

	arena_init(&a, 1 << 16);
	topic = route_topic(&a, span_of("app"), span_of("."), span_of(schema),
		span_of(table));
	assert_int_equal(topic.len, strlen(expected));
	assert_memory_equal(topic.p, expected, topic.len);
	arena_release(&a);
}

static void
names_are_joined_and_sanitised(void **state)
{
	(void)state;
	assert_topic("public", "t", "app.public.t");
	assert_topic("My Schema", "a\"b", "app.My_Schema.a_b");
	assert_topic("public", "a.b-c_d", "app.public.a.b-c_d");
	/* One per character: two bytes, three bytes; a surrogate pair counts two. */
	assert_topic("public", "\xc3\xa4\xe2\x82\xac", "app.public.__");
	assert_topic("public", "\xf0\x9f\x98\x80x", "app.public.__x");
}

static void
a_topic_is_cut_to_what_kafka_allows(void **state)
{
	char table[300], expected[300] = "app.public.";

	(void)state;
	memset(table, 'x', 299);
	table[299] = '\0';
	memset(expected + 11, 'x', 249 - 11);
	expected[249] = '\0';
	assert_topic("public", table, expected);
}

static void
a_full_arena_gives_no_topic(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1);
	assert_null(route_topic(&a, span_of("a"), span_of("."), span_of("b"),
		span_of("c")).p);
	assert_null(route_sanitise(&a, span_of("x")).p);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_joined_and_sanitised),
		cmocka_unit_test(a_topic_is_cut_to_what_kafka_allows),
		cmocka_unit_test(a_full_arena_gives_no_topic),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
