#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>

#include "real.h"

#define CAP (1 << 20)

struct pair {
	const char *text, *java;
};

static void
check(enum real_source source, const char *text, const char *expected)
{
	struct fail f = FAIL_INIT;
	struct value v;
	struct arena a;

	arena_init(&a, CAP);
	assert_int_equal(real_value(span_of(text), source, &a, &v, &f), 0);
	assert_int_equal(v.kind, VALUE_FLOAT);
	if (!span_is(value_span(&v), expected))
		fail_msg("%s gives %.*s, not %s", text,
			SPAN_ARG(value_span(&v)), expected);
	arena_release(&a);
}

/* Texts that need no rounding are the same from every source. */
static const struct pair common[] = {
	{ "0", "0.0" }, { "-0", "-0.0" }, { "0.0", "0.0" }, { "0e5", "0.0" },
	{ "1", "1.0" }, { "-1.5", "-1.5" }, { "3.3", "3.3" }, { "0.1", "0.1" },
	{ "100", "100.0" }, { "1000000", "1000000.0" },
	{ "9999999", "9999999.0" }, { "10000000", "1.0E7" },
	{ "1e+07", "1.0E7" }, { "1e7", "1.0E7" }, { "1E7", "1.0E7" },
	{ "12345678", "1.2345678E7" }, { "1234567.5", "1234567.5" },
	{ "0.001", "0.001" }, { "0.0009999", "9.999E-4" },
	{ "0.002", "0.002" }, { "0.0001", "1.0E-4" }, { "1e-07", "1.0E-7" },
	{ "0.00123", "0.00123" }, { "0.012", "0.012" }, { "-0.5", "-0.5" },
	{ "1e+10", "1.0E10" }, { "1e+21", "1.0E21" }, { "1.5e-10", "1.5E-10" },
	{ "12", "12.0" }, { "120.50", "120.5" }, { "007.25", "7.25" },
	{ "1234567", "1234567.0" }, { ".5", "0.5" }, { "5.", "5.0" },
	{ "NaN", "NaN" }, { "Infinity", "Infinity" },
	{ "-Infinity", "-Infinity" }
};

static void
every_source(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++) {
		check(REAL_SINGLE, common[i].text, common[i].java);
		check(REAL_DOUBLE, common[i].text, common[i].java);
		check(REAL_EXACT, common[i].text, common[i].java);
	}
}

static void
singles(void **state)
{
	static const struct pair pairs[] = {
		{ "3.4028235e+38", "3.4028235E38" },
		{ "-3.4028235e+38", "-3.4028235E38" },
		{ "1.1754944e-38", "1.1754944E-38" },
		{ "1e-45", "1.4E-45" }, { "-1e-45", "-1.4E-45" },
		{ "3e-45", "2.8E-45" }, { "4e-45", "4.2E-45" },
		{ "1e-44", "9.8E-45" }, { "1e-43", "9.9E-44" },
		{ "1.2345679e+08", "1.2345679E8" },
		{ "1.6777216e+07", "1.6777216E7" },
		{ "0.33333334", "0.33333334" },
		{ "0.3333333333333333", "0.33333334" },
		{ "16777217.0000001", "1.6777218E7" },
		{ "1e39", "Infinity" }, { "-1e39", "-Infinity" },
		{ "1e-50", "0.0" }, { "-1e-50", "-0.0" },
		{ "1e99999999999", "Infinity" }, { "1e-99999999999", "0.0" }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check(REAL_SINGLE, pairs[i].text, pairs[i].java);
}

static void
doubles(void **state)
{
	static const struct pair pairs[] = {
		{ "1.7976931348623157e+308", "1.7976931348623157E308" },
		{ "-1.7976931348623157e+308", "-1.7976931348623157E308" },
		{ "2.2250738585072014e-308", "2.2250738585072014E-308" },
		{ "2.225073858507201e-308", "2.225073858507201E-308" },
		{ "5e-324", "4.9E-324" }, { "-5e-324", "-4.9E-324" },
		{ "1e-323", "9.9E-324" }, { "1.5e-323", "1.5E-323" },
		{ "2e-323", "2.0E-323" }, { "5e-323", "4.9E-323" },
		{ "1e-322", "9.9E-323" }, { "1.04e-322", "1.04E-322" },
		{ "9.007199254740992e+15", "9.007199254740992E15" },
		{ "123456789012345", "1.23456789012345E14" },
		{ "5.684341886080802e-14", "5.684341886080802E-14" },
		{ "0.30000000000000004", "0.30000000000000004" },
		{ "123456.789", "123456.789" }, { "2e+23", "2.0E23" },
		{ "1e+300", "1.0E300" }, { "1e+308", "1.0E308" },
		{ "0.333333333333333333333", "0.3333333333333333" },
		{ "100000000000000000000000", "1.0E23" },
		{ "1e400", "Infinity" }, { "1e-400", "0.0" }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check(REAL_DOUBLE, pairs[i].text, pairs[i].java);
}

static void
exact_texts(void **state)
{
	static const struct pair pairs[] = {
		{ "12345678901234567890123456789012345678", "1.2345678901234568E37" },
		{ "-99999999999999999999999999999999999999", "-1.0E38" },
		{ "-0.000000000000000000000000000001", "-1.0E-30" },
		{ "92233720368547758.07", "9.223372036854776E16" },
		{ "12000000000000000000000", "1.2E22" },
		{ "0.1000000000000000055511151231257827", "0.1" },
		{ "0.10000000000000001", "0.1" },
		{ "9007199254740993", "9.007199254740992E15" },
		{ "9007199254740993.0000000000000001", "9.007199254740994E15" },
		{ "200000000000000000000000", "2.0E23" },
		{ "0.30000000000000004", "0.30000000000000004" }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check(REAL_EXACT, pairs[i].text, pairs[i].java);
}

static void
refuses(void **state)
{
	static const char *const bad[] = {
		"", "-", ".", "e5", "1e", "1e+", "1e-", "1ex", "1.2.3", "+1",
		"nan", "inf", " 1", "1 ", "--1", "0x1p3", "1,5", "Infinity "
	};
	struct fail f = FAIL_INIT;
	struct value v;
	struct arena a;

	(void)state;
	arena_init(&a, CAP);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(real_value(span_of(bad[i]), REAL_DOUBLE, &a,
			&v, &f), -1);
		assert_int_equal(f.kind, FAIL_FATAL);
	}
	arena_release(&a);
}

static void
without_memory(void **state)
{
	struct value v;
	struct arena a;

	(void)state;
	arena_init(&a, 1);
	assert_int_equal(real_value(span_of("1"), REAL_DOUBLE, &a, &v, NULL), -1);
	assert_int_equal(real_value(span_of("1e-323"), REAL_DOUBLE, &a, &v,
		NULL), -1);
	assert_int_equal(real_of_double(1.5, &a).kind, VALUE_NULL);
	arena_release(&a);
}

static void
check_double(double x, const char *expected)
{
	struct value v;
	struct arena a;

	arena_init(&a, CAP);
	v = real_of_double(x, &a);
	assert_int_equal(v.kind, VALUE_FLOAT);
	assert_true(span_is(value_span(&v), expected));
	arena_release(&a);
}

static void
computed_doubles(void **state)
{
	(void)state;
	check_double(0.0, "0.0");
	check_double(-0.0, "-0.0");
	check_double(0.1 + 0.2, "0.30000000000000004");
	check_double(1e7, "1.0E7");
	check_double(4.9e-324, "4.9E-324");
	check_double((double)NAN, "NaN");
	check_double((double)INFINITY, "Infinity");
	check_double(-(double)INFINITY, "-Infinity");
}

/* Whatever its bits: the text of a double reads back as the double. */
static void
random_doubles_come_back(void **state)
{
	uint64_t bits = 88172645463325252u;
	struct arena a;

	(void)state;
	arena_init(&a, CAP);
	for (int i = 0; i < 200000; i++) {
		struct value v;
		double x;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&x, &bits, sizeof(x));
		if (i % 4 == 0)
			x = (double)(int64_t)(bits >> 40) / 1000;
		if (isnan(x) || isinf(x))
			continue;
		arena_reset(&a);
		v = real_of_double(x, &a);
		assert_true(v.len <= 24);
		assert_true(strtod(arena_copy(&a, value_span(&v)).p, NULL) == x);
	}
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_source),
		cmocka_unit_test(singles),
		cmocka_unit_test(doubles),
		cmocka_unit_test(exact_texts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(computed_doubles),
		cmocka_unit_test(random_doubles_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
