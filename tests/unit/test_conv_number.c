#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "conv_number.h"

#define CAP (1 << 20)

/* What PostgreSQL's numeric can have on either side of the point. */
#define WHOLE_MAX 131072
#define FRACTION_MAX 16383

static int
setup(void **state)
{
	static struct arena a;

	arena_init(&a, CAP);
	*state = &a;
	return 0;
}

static int
teardown(void **state)
{
	arena_release(*state);
	return 0;
}

static struct value
convert(struct arena *a, conv_fn *fn, int32_t scale, const char *text)
{
	struct conv c = { .fn = fn, .scale = scale };
	struct fail f = FAIL_INIT;
	struct value v;

	if (fn(&c, span_of(text), a, &v, &f) != 0)
		fail_msg("%s: %s", text, f.text);
	return v;
}

static void
check(struct arena *a, conv_fn *fn, int32_t scale, const char *text,
	enum value_kind kind, const char *expected)
{
	struct value v = convert(a, fn, scale, text);

	assert_int_equal(v.kind, kind);
	if (!span_is(value_span(&v), expected))
		fail_msg("%s gives %.*s, not %s", text,
			SPAN_ARG(value_span(&v)), expected);
}

static void
check_null(struct arena *a, conv_fn *fn, const char *text)
{
	assert_int_equal(convert(a, fn, 2, text).kind, VALUE_NULL);
}

static void
refuse(struct arena *a, conv_fn *fn, const char *text)
{
	struct conv c = { .fn = fn };
	struct fail f = FAIL_INIT;
	struct value v;

	assert_int_equal(fn(&c, span_of(text), a, &v, &f), -1);
	assert_int_equal(f.kind, FAIL_FATAL);
	assert_true(f.text[0] != '\0');
}

static void
integers(void **state)
{
	static const char *const good[] = {
		"0", "7", "-1", "32767", "-32768", "2147483647", "-2147483648",
		"4294967295", "9223372036854775807", "-9223372036854775808",
		"9007199254740993"
	};
	static const char *const bad[] = {
		"", "-", "+1", "01", "-01", "-0", "1.0", "1e5", "x", "1x", "--1",
		" 1", "123456789012345678901"
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		check(*state, conv_number_int, 0, good[i], VALUE_DIGITS, good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refuse(*state, conv_number_int, bad[i]);
}

static void
booleans(void **state)
{
	assert_int_equal(convert(*state, conv_number_bool, 0, "t").i, 1);
	assert_int_equal(convert(*state, conv_number_bool, 0, "true").i, 1);
	assert_int_equal(convert(*state, conv_number_bool, 0, "f").i, 0);
	assert_int_equal(convert(*state, conv_number_bool, 0, "false").i, 0);
	assert_int_equal(convert(*state, conv_number_bool, 0, "f").kind,
		VALUE_BOOL);
	refuse(*state, conv_number_bool, "");
	refuse(*state, conv_number_bool, "T");
	refuse(*state, conv_number_bool, "1");
}

static void
floats(void **state)
{
	struct value v;

	check(*state, conv_number_float4, 0, "1e-45", VALUE_FLOAT, "1.4E-45");
	check(*state, conv_number_float8, 0, "1e-45", VALUE_FLOAT, "1.0E-45");
	check(*state, conv_number_float8, 0, "NaN", VALUE_FLOAT, "NaN");
	refuse(*state, conv_number_float4, "x");
	refuse(*state, conv_number_float8, "");
	assert_int_equal(conv_number_float8(NULL, span_of("2.5"), *state, &v,
		NULL), 0);
	assert_true(span_is(value_span(&v), "2.5"));
}

static void
decimals_have_their_scale(void **state)
{
	conv_fn *fn = conv_number_decimal;

	check(*state, fn, 2, "1.10", VALUE_DECIMAL, "1.10");
	check(*state, fn, 2, "-1.1", VALUE_DECIMAL, "-1.10");
	check(*state, fn, 0, "10", VALUE_DECIMAL, "10");
	check(*state, fn, 3, "0", VALUE_DECIMAL, "0.000");
	check(*state, fn, 2, "9.995", VALUE_DECIMAL, "10.00");
	check(*state, fn, 0, "0.5", VALUE_DECIMAL, "1");
	check_null(*state, fn, "NaN");
	check_null(*state, fn, "Infinity");
	check_null(*state, fn, "-Infinity");
	refuse(*state, fn, "");
	refuse(*state, fn, "nan");
	refuse(*state, fn, "1e5");
}

static void
check_variable(struct arena *a, const char *text, int64_t scale,
	const char *hex)
{
	struct value v = convert(a, conv_number_variable, 0, text);
	char got[80] = "";

	assert_int_equal(v.kind, VALUE_STRUCT);
	assert_int_equal(v.len, 2);
	assert_int_equal(v.items[0].kind, VALUE_INT);
	assert_int_equal(v.items[0].i, scale);
	assert_int_equal(v.items[1].kind, VALUE_BYTES);
	for (size_t i = 0; i < v.items[1].len; i++)
		snprintf(got + 2 * i, 3, "%02x", (unsigned char)v.items[1].p[i]);
	assert_string_equal(got, hex);
}

static void
variable_scale(void **state)
{
	check_variable(*state, "0", 0, "00");
	check_variable(*state, "0.000", 0, "00");
	check_variable(*state, "10", 0, "0a");
	check_variable(*state, "10.1111", 4, "018af7");
	check_variable(*state, "1.10", 1, "0b");
	check_variable(*state, "100.00", 0, "64");
	check_variable(*state, "-0.50", 1, "fb");
	check_variable(*state, "0.00000000000000000001", 20, "01");
	check_variable(*state, "12000000000000000000000", 0,
		"028a857425466f800000");
	check_null(*state, conv_number_variable, "NaN");
	check_null(*state, conv_number_variable, "-Infinity");
	refuse(*state, conv_number_variable, "1,5");
}

static void
numeric_as_double(void **state)
{
	conv_fn *fn = conv_number_double;

	check(*state, fn, 0, "22.2200", VALUE_FLOAT, "22.22");
	check(*state, fn, 0, "0.000", VALUE_FLOAT, "0.0");
	check(*state, fn, 0, "NaN", VALUE_FLOAT, "NaN");
	check(*state, fn, 0, "-Infinity", VALUE_FLOAT, "-Infinity");
	check(*state, fn, 0, "123456789012345678901234567890.12345",
		VALUE_FLOAT, "1.2345678901234568E29");
	refuse(*state, fn, "$1");
}

static void
numeric_as_string(void **state)
{
	conv_fn *fn = conv_number_string;

	check(*state, fn, 0, "1.10", VALUE_STRING, "1.10");
	check(*state, fn, 0, "0.000", VALUE_STRING, "0.000");
	check(*state, fn, 2, "1.125", VALUE_STRING, "1.125");
	check(*state, fn, 4, "22.22", VALUE_STRING, "22.2200");
	check(*state, fn, 0, "0.00000000000000000001", VALUE_STRING,
		"0.00000000000000000001");
	check(*state, fn, 2, "NaN", VALUE_STRING, "NAN");
	check(*state, fn, 2, "Infinity", VALUE_STRING, "POSITIVE_INFINITY");
	check(*state, fn, 2, "-Infinity", VALUE_STRING, "NEGATIVE_INFINITY");
	refuse(*state, fn, "one");
}

/* As cash_out prints it under many settings of lc_monetary. */
static void
money(void **state)
{
	static const struct {
		int32_t scale;
		const char *text, *plain;
	} cases[] = {
		{ 2, "$0.00", "0.00" }, { 2, "-$0.00", "0.00" },
		{ 2, "$1,234.11", "1234.11" }, { 2, "-$5.00", "-5.00" },
		{ 2, "$-5.00", "-5.00" }, { 2, "($1.00)", "-1.00" },
		{ 2, "($1,234.11)", "-1234.11" },
		{ 2, "$92,233,720,368,547,758.07", "92233720368547758.07" },
		{ 2, "-$92,233,720,368,547,758.08", "-92233720368547758.08" },
		{ 2, "1.234,56 \xE2\x82\xAC", "1234.56" },
		{ 2, "-1.234.567,89 \xE2\x82\xAC", "-1234567.89" },
		{ 2, "1\xC2\xA0" "234,56 kr", "1234.56" },
		{ 2, "kr. 12,50-", "-12.50" }, { 2, "CHF 1'234.50", "1234.50" },
		{ 2, "\xEF\xBF\xA5" "1,234", "1234.00" },
		{ 2, "\xEF\xBF\xA5" "1,234,567", "1234567.00" },
		{ 0, "\xEF\xBF\xA5" "1,234", "1234" },
		{ 0, "$1,234.55", "1235" }, { 1, "$0.25", "0.3" },
		{ 3, "KD 1.234", "1.234" }, { 3, "$1,234.11", "1234.110" },
		{ 3, "1,234.567", "1234.567" },
		{ 2, "1234.11", "1234.11" }, { 2, "12", "12.00" },
		{ 2, "1$50", "1.50" }, { 2, "0012.34", "12.34" }
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(*state, conv_number_money, cases[i].scale, cases[i].text,
			VALUE_DECIMAL, cases[i].plain);
	check(*state, conv_number_money_double, 2, "($1,234.11)", VALUE_FLOAT,
		"-1234.11");
	check(*state, conv_number_money_double, 2, "-$92,233,720,368,547,758.08",
		VALUE_FLOAT, "-9.223372036854776E16");
	check(*state, conv_number_money_double, 0, "$12.55", VALUE_FLOAT, "12.55");
	refuse(*state, conv_number_money, "");
	refuse(*state, conv_number_money_double, "$");
	refuse(*state, conv_number_money_string, "(-)");
}

/* money.fraction.digits is about decimals only. */
static void
money_as_text_has_its_own_digits(void **state)
{
	static const struct {
		int32_t scale;
		const char *text, *plain;
	} cases[] = {
		{ 2, "$0.00", "0.00" }, { 2, "-$0.00", "0.00" },
		{ 2, "($1,234.11)", "-1234.11" },
		{ 2, "-$92,233,720,368,547,758.08", "-92233720368547758.08" },
		{ 2, "-1.234.567,89 \xE2\x82\xAC", "-1234567.89" },
		{ 2, "\xEF\xBF\xA5" "1,234", "1234" }, { 2, "12", "12" },
		{ 0, "$1,234.55", "1234.55" }, { 4, "$0.25", "0.25" },
		{ 3, "KD 1.234", "1.234" }
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(*state, conv_number_money_string, cases[i].scale,
			cases[i].text, VALUE_STRING, cases[i].plain);
}

static void
the_longest_numeric(void **state)
{
	size_t len = WHOLE_MAX + FRACTION_MAX + 1;
	char *text = malloc(len + 1);
	struct value v;

	assert_non_null(text);
	memset(text, '7', len);
	text[len] = '\0';
	text[WHOLE_MAX] = '.';
	check(*state, conv_number_decimal, FRACTION_MAX, text, VALUE_DECIMAL,
		text);
	check(*state, conv_number_string, 0, text, VALUE_STRING, text);
	check(*state, conv_number_double, 0, text, VALUE_FLOAT, "Infinity");
	v = convert(*state, conv_number_variable, 0, text);
	assert_int_equal(v.items[0].i, FRACTION_MAX);
	assert_true(v.items[1].len > 61000);
	free(text);
}

static void
without_memory(void **state)
{
	static const struct {
		conv_fn *fn;
		const char *text;
	} cases[] = {
		{ conv_number_float4, "1.5" }, { conv_number_float8, "1.5" },
		{ conv_number_double, "1.5" }, { conv_number_decimal, "1.5" },
		{ conv_number_variable, "1.5" }, { conv_number_string, "1.5" },
		{ conv_number_money, "$1.5" },
		{ conv_number_money_double, "$1.5" },
		{ conv_number_money_string, "$1.5" }
	};
	const struct conv c = { .scale = 4 };
	struct value v;
	struct arena a;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fail f = FAIL_INIT;

		arena_init(&a, 1);
		assert_int_equal(cases[i].fn(&c, span_of(cases[i].text), &a, &v,
			&f), -1);
		assert_int_equal(f.kind, FAIL_FATAL);
		arena_release(&a);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(integers),
		TEST(booleans),
		TEST(floats),
		TEST(decimals_have_their_scale),
		TEST(variable_scale),
		TEST(numeric_as_double),
		TEST(numeric_as_string),
		TEST(money),
		TEST(money_as_text_has_its_own_digits),
		TEST(the_longest_numeric),
		TEST(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
