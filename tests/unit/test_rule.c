#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "rule.h"
#include "source_type.h"

static const struct type_fact type_facts[] = {
	{ .oid = 23, .name = SPAN("int4"), .type = 'b' },
	{ .oid = 25, .name = SPAN("text"), .type = 'b' },
	{ .oid = 1043, .name = SPAN("varchar"), .type = 'b' },
	{ .oid = 1231, .name = SPAN("_numeric"), .type = 'b', .category = 'A' },
	{ .oid = 9001, .name = SPAN("price"), .type = 'd', .base = 1700,
	  .base_typmod = (8 << 16 | 3) + 4 },
	{ .oid = 9002, .name = SPAN("price2"), .type = 'd', .base = 9001, .base_typmod = -1 },
	{ .oid = 9003, .name = SPAN("mood"), .type = 'e' },
	{ .oid = 9004, .name = SPAN("loop"), .type = 'd', .base = 9004, .base_typmod = -1 },
};
static const struct facts facts = { .found = true, .types = type_facts, .ntypes = 8 };

static void
assert_type(uint32_t oid, int32_t typmod, const char *name, int length, int scale)
{
	struct source_type t;
	struct arena a;

	arena_init(&a, 1 << 16);
	t = source_type_of(&facts, oid, typmod, &a);
	assert_true(span_is(t.name, name));
	assert_int_equal(t.length, length);
	assert_int_equal(t.scale, scale);
	arena_release(&a);
}

#define NUMERIC(p, s) ((p) << 16 | ((s) & 0x7ff)) + 4

static void
lengths_are_those_of_the_driver(void **state)
{
	static const struct { uint32_t oid; int32_t typmod; int length, scale; } types[] = {
		{ 16, -1, 1, 0 }, { 18, -1, 1, 0 }, { 20, -1, 19, 0 }, { 21, -1, 5, 0 },
		{ 26, -1, 10, 0 }, { 700, -1, 8, 8 }, { 701, -1, 17, 17 },
		{ 1700, -1, 131089, 0 }, { 1700, NUMERIC(10, 2), 10, 2 },
		{ 1700, NUMERIC(3, -2), 3, 2046 }, { 1042, -1, INT32_MAX, 0 },
		{ 1042, 5, 1, 0 }, { 1043, -1, INT32_MAX, 0 }, { 1043, 24, 20, 0 },
		{ 1560, 1, 1, 0 }, { 1562, -1, INT32_MAX, 0 }, { 1562, 3, 3, 0 },
		{ 1082, -1, 13, 0 }, { 1083, -1, 15, 6 }, { 1083, 0, 8, 0 },
		{ 1083, 1, 11, 1 }, { 1083, 3, 12, 3 }, { 1266, -1, 21, 6 },
		{ 1266, 3, 18, 3 }, { 1114, -1, 29, 6 }, { 1114, 0, 22, 0 },
		{ 1114, 1, 25, 1 }, { 1184, -1, 35, 6 }, { 1184, 3, 32, 3 },
		{ 1186, -1, 49, 6 }, { 1186, 0x7fff0003, 49, 3 },
		{ 1186, (4 << 16) | 0xffff, 49, 65535 }, { 790, -1, INT32_MAX, 0 },
		{ 600, -1, INT32_MAX, 0 }, { 1007, -1, 10, 0 }, { 1115, 3, 26, 3 },
		{ 1015, 14, 10, 0 }, { 1009, -1, INT32_MAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct facts none = { .found = true };
		struct arena a;
		struct source_type t;

		arena_init(&a, 1 << 16);
		t = source_type_of(&none, types[i].oid, types[i].typmod, &a);
		assert_true(span_is(t.name, "unknown"));
		if (t.length != types[i].length || t.scale != types[i].scale)
			fail_msg("%u: %d, %d", types[i].oid, t.length, t.scale);
		arena_release(&a);
	}
}

static void
a_domain_has_its_name_and_the_numbers_below(void **state)
{
	(void)state;
	assert_type(23, -1, "int4", 10, 0);
	assert_type(1231, NUMERIC(10, 2), "_numeric", 10, 2);
	assert_type(9001, -1, "price", 8, 3);
	assert_type(9002, -1, "price2", 8, 3);
	assert_type(9003, -1, "mood", INT32_MAX, 0);
	assert_type(9004, -1, "loop", INT32_MAX, 0);
}

/* The parameters that the rules give column `name` of public.t. */
static const char *
params_of(const struct rule_set *set, const char *name, uint32_t oid,
	int32_t typmod, const char *comment, bool *masked)
{
	static const struct type_modes modes = { .unavailable = SPAN("x") };
	static char text[512];
	struct pgoutput_column column = { span_of(name), oid, typmod, false };
	struct pgoutput_relation relation = { 7, SPAN("public"), SPAN("t"), 'd', 1, &column };
	struct type_mapping mapping;
	struct value missing = value_null(), null = value_null();
	struct rule_column c = { &relation, &column, &facts, span_of(comment),
		&mapping, &missing, &null };
	struct fail f = FAIL_INIT;
	struct arena a;
	bool result;

	arena_init(&a, 1 << 16);
	assert_int_equal(types_map(&modes, &facts, oid, typmod, true, &a, &mapping, &f), 1);
	result = rule_apply(set, &c, &a);
	if (masked)
		*masked = result;
	text[0] = '\0';
	for (size_t i = 0; i < mapping.schema->nparams; i++) {
		const struct schema_param *p = &mapping.schema->params[i];

		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s=%.*s",
			i ? " " : "", SPAN_ARG(p->name), SPAN_ARG(p->value));
	}
	arena_release(&a);
	return text;
}

static struct filter *
filter_of(const char *pattern)
{
	struct span p = span_of(pattern);
	struct fail f = FAIL_INIT;

	return filter_new(&p, 1, &f);
}

static void
the_first_that_fits_is_the_only_one(void **state)
{
	struct filter *a = filter_of("public.t.a"), *ab = filter_of("public.t.[ab]"),
		*all = filter_of(".*");
	const struct rule rules[] = {
		{ .columns = a, .mask = { .kind = MASK_TRUNCATE, .length = 3 } },
		{ .columns = ab, .mask = { .kind = MASK_STARS, .length = 3 } },
		{ .columns = all, .source_type = true },
	};
	const struct rule_set set = { rules, 3 }, empty = { rules, 0 };
	bool masked;

	(void)state;
	assert_string_equal(params_of(&set, "a", 25, -1, NULL, &masked), "truncateLength=3");
	assert_true(masked);
	assert_string_equal(params_of(&set, "b", 25, -1, NULL, &masked), "masked=true");
	assert_true(masked);
	assert_string_equal(params_of(&set, "Long", 1043, 24, NULL, &masked),
		"__debezium.source.column.type=VARCHAR "
		"__debezium.source.column.length=20 "
		"__debezium.source.column.scale=0 "
		"__debezium.source.column.name=Long");
	assert_true(masked);
	assert_string_equal(params_of(&empty, "a", 25, -1, NULL, &masked), "");
	assert_true(masked);
	/* A number is not hidden, and that is said; not shortening it hides nothing. */
	assert_string_equal(params_of(&set, "b", 23, -1, NULL, &masked), "masked=true");
	assert_false(masked);
	assert_string_equal(params_of(&set, "a", 23, -1, NULL, &masked), "truncateLength=3");
	assert_true(masked);
	filter_free(all);
	filter_free(ab);
	filter_free(a);
}

static void
rules_on_types_go_by_the_name_of_the_type(void **state)
{
	struct filter *price = filter_of("public.t.PRICE2?");
	const struct rule rules[] = { { .columns = price, .source_type = true, .by_type = true } };
	const struct rule_set set = { rules, 1 };

	(void)state;
	assert_string_equal(params_of(&set, "a", 9002, -1, "in \"EUR\"", NULL),
		"scale=3 connect.decimal.precision=8 "
		"__debezium.source.column.type=PRICE2 "
		"__debezium.source.column.length=8 "
		"__debezium.source.column.scale=3 "
		"__debezium.source.column.comment=in \"EUR\" "
		"__debezium.source.column.name=a");
	assert_string_equal(params_of(&set, "price2", 23, -1, NULL, NULL), "");
	filter_free(price);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_are_those_of_the_driver),
		cmocka_unit_test(a_domain_has_its_name_and_the_numbers_below),
		cmocka_unit_test(the_first_that_fits_is_the_only_one),
		cmocka_unit_test(rules_on_types_go_by_the_name_of_the_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
