/* column_options: what is configured for columns becomes patterns and rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "column_options.h"

static struct config *c;
static struct column_options *made;
static struct plan_options plan;

static int
set_up(void **state)
{
	(void)state;
	c = config_new();
	made = NULL;
	plan = (struct plan_options){ 0 };
	return c ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	column_options_free(made);
	config_free(c);
	return 0;
}

static void
set(const char *assignment)
{
	struct fail f = FAIL_INIT;

	if (config_set(c, assignment, "-o", &f) < 0)
		fail_msg("%s", f.text);
}

static void
make(void)
{
	struct fail f = FAIL_INIT;

	made = column_options_new(c, &f);
	if (!made)
		fail_msg("%s", f.text);
	column_options_fill(made, &plan);
}

static void
refuse(const char *assignment, const char *message)
{
	struct fail f = FAIL_INIT;

	set(assignment);
	assert_null(column_options_new(c, &f));
	assert_int_equal(f.kind, FAIL_CONFIG);
	if (strncmp(f.text, message, strlen(message)) != 0)
		fail_msg("%s", f.text);
}

static void
by_default_there_is_nothing(void **state)
{
	(void)state;
	make();
	assert_null(plan.columns);
	assert_null(plan.json_arrays);
	assert_int_equal(plan.nkeys, 0);
	assert_int_equal(plan.rules.count, 0);
}

static void
arrays_are_named_by_patterns(void **state)
{
	(void)state;
	set("format.json_array_columns=public.t.m,!.*x");
	make();
	assert_true(filter_pass(plan.json_arrays, span_of("public.t.m")));
	assert_false(filter_pass(plan.json_arrays, span_of("public.t.n")));
}

static bool
is_key(size_t i, const char *column)
{
	return filter_pass(plan.keys[i], span_of(column));
}

static void
each_key_column_is_a_pattern(void **state)
{
	(void)state;
	set("format.message_key_columns= public.t:b, a ;(.*)[.]u:x|y;;");
	make();
	assert_int_equal(plan.nkeys, 3);
	assert_true(is_key(0, "public.t.b"));
	assert_false(is_key(0, "public.t.a"));
	assert_true(is_key(1, "public.t.A"));
	assert_true(is_key(2, "s.u.x"));
	assert_false(is_key(2, "s.v.x"));
}

static void
keys_of_another_form_are_refused(void **state)
{
	static const char *const bad[] = { "t", "t:", ":a", "t:a:b", "t:a,,b", "t:,a", "t:a;u" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char assignment[100];

		snprintf(assignment, sizeof assignment, "format.message_key_columns=%s", bad[i]);
		refuse(assignment, "format.message_key_columns: must be written "
			"table:column,column;table:column");
	}
	refuse("format.message_key_columns=t(:a", "format.message_key_columns: ");
}

static void
rules_come_in_the_order_of_debezium(void **state)
{
	const struct rule *r;

	(void)state;
	set("format.column_mask_hash=( { algorithm = \"SHA-1\"; salt = \"s2\"; columns = \"e\"; }, "
		"{ algorithm = \"md5\"; salt = \"s1\"; version = 1; columns = \"d\"; } )");
	set("format.datatype_propagate_source_type=public.t.int4");
	set("format.column_propagate_source_type=c,cc");
	set("format.column_mask=( { chars = 2; columns = \"b\"; }, { chars = 1; columns = \"bb\"; } )");
	set("format.column_truncate=( { chars = 3; columns = \"a\"; } )");
	make();
	assert_int_equal(plan.rules.count, 7);
	r = plan.rules.rules;
	assert_int_equal(r[0].mask.kind, MASK_TRUNCATE);
	assert_int_equal(r[0].mask.length, 3);
	assert_true(filter_pass(r[0].columns, span_of("a")));
	assert_int_equal(r[1].mask.kind, MASK_STARS);
	assert_int_equal(r[1].mask.length, 2);
	assert_true(filter_pass(r[2].columns, span_of("bb")));
	assert_true(r[3].source_type && !r[3].by_type);
	assert_true(filter_pass(r[3].columns, span_of("cc")));
	assert_true(r[4].source_type && r[4].by_type);
	assert_int_equal(r[5].mask.kind, MASK_HASH);
	assert_true(r[5].mask.serialized);
	assert_true(span_is(r[5].mask.salt, "s1"));
	assert_ptr_equal(r[5].mask.digest, mask_digest("MD5"));
	assert_false(r[6].mask.serialized);
	assert_ptr_equal(r[6].mask.digest, mask_digest("SHA-1"));
}

static void
what_is_wrong_is_named(void **state)
{
	(void)state;
	refuse("format.column_mask=( { chars = 2; columns = \"b(\"; } )",
		"format.column_mask: ");
	refuse("format.column_mask=( { chars = 2; columns = \"\"; } )",
		"format.column_mask: columns is empty");
	set("format.column_mask=()");
	refuse("format.column_mask_hash=( { algorithm = \"MD6\"; salt = \"s\"; columns = \"b\"; } )",
		"format.column_mask_hash: algorithm must be one of MD5, SHA-1, ");
	set("format.column_mask_hash=()");
	refuse("format.column_truncate=( { chars = 2; columns = \"b[\"; } )",
		"format.column_truncate: ");
	set("format.column_truncate=()");
	refuse("format.column_propagate_source_type=a(", "format.column_propagate_source_type: ");
	set("format.column_propagate_source_type=");
	refuse("format.datatype_propagate_source_type=a(", "format.datatype_propagate_source_type: ");
	set("format.datatype_propagate_source_type=");
	refuse("format.json_array_columns=a(", "format.json_array_columns: ");
	set("format.json_array_columns=");
	refuse("format.column_exclude_list=a(", "format.column_exclude_list: ");
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(by_default_there_is_nothing),
		TEST(arrays_are_named_by_patterns),
		TEST(each_key_column_is_a_pattern),
		TEST(keys_of_another_form_are_refused),
		TEST(rules_come_in_the_order_of_debezium),
		TEST(what_is_wrong_is_named),
	};

	return cmocka_run_group_tests_name("column_options", tests, NULL, NULL);
}
