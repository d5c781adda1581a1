#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "naming.h"

typedef struct span adjust_fn(enum naming mode, struct span name, struct arena *a);

static void
check(adjust_fn *fn, enum naming mode, const char *name, const char *expected)
{
	struct arena a;
	struct span got;

	arena_init(&a, 1 << 16);
	got = fn(mode, span_of(name), &a);
	if (!span_is(got, expected))
		fail_msg("\"%s\" is \"%.*s\", not \"%s\"", name, SPAN_ARG(got), expected);
	arena_release(&a);
}

static void
without_a_mode_names_stay(void **state)
{
	(void)state;
	check(naming_schema, NAMING_NONE, "my-app.é", "my-app.é");
	check(naming_field, NAMING_NONE, "1 é", "1 é");
}

static void
avro_puts_underscores(void **state)
{
	(void)state;
	check(naming_schema, NAMING_AVRO, "my-app.my-schema.1st_t.Value",
		"my_app.my_schema.1st_t.Value");
	check(naming_schema, NAMING_AVRO, "9my.a", "_9my.a");
	check(naming_field, NAMING_AVRO, "a.b", "a_b");
	check(naming_field, NAMING_AVRO, "1col", "_1col");
	check(naming_field, NAMING_AVRO, "_x1", "_x1");
	check(naming_field, NAMING_AVRO, "é日", "__");
	check(naming_field, NAMING_AVRO, "a\U0001F600", "a__");
	check(naming_field, NAMING_AVRO, ".x", "_x");
	check(naming_field, NAMING_AVRO, "", "");
}

static void
avro_unicode_names_what_it_replaces(void **state)
{
	(void)state;
	check(naming_schema, NAMING_AVRO_UNICODE, "my-app.a_b.1st.Value",
		"my_u002dapp.a_u005fb.1st.Value");
	check(naming_schema, NAMING_AVRO_UNICODE, "9my", "_u0039my");
	check(naming_field, NAMING_AVRO_UNICODE, "a.b", "a_u002eb");
	check(naming_field, NAMING_AVRO_UNICODE, "1col9", "_u0031col9");
	check(naming_field, NAMING_AVRO_UNICODE, "_", "_u005f");
	check(naming_field, NAMING_AVRO_UNICODE, "é日α", "_u00e9_u65e5_u3b1");
	check(naming_field, NAMING_AVRO_UNICODE, "a\U0001F600z", "a_ud83d_ude00z");
	check(naming_field, NAMING_AVRO_UNICODE, "a\tb", "a_u009b");
	check(naming_field, NAMING_AVRO_UNICODE, "Az", "Az");
}

static void
what_is_not_utf8_does_no_harm(void **state)
{
	(void)state;
	check(naming_field, NAMING_AVRO, "\xff\xe6\x97", "___");
	check(naming_field, NAMING_AVRO_UNICODE, "a\xf0\x9f", "a_u00f0_u009f");
	check(naming_field, NAMING_AVRO_UNICODE, "a\xc3", "a_u00c3");
}

static void
without_memory(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_null(naming_field(NAMING_AVRO, span_of("x"), &a).p);
	assert_true(arena_failed(&a));
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_mode_names_stay),
		cmocka_unit_test(avro_puts_underscores),
		cmocka_unit_test(avro_unicode_names_what_it_replaces),
		cmocka_unit_test(what_is_not_utf8_does_no_harm),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
