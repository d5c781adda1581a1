#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "conv_text.h"

#define CAP (1 << 20)

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

static void
check(struct arena *a, conv_fn *fn, int32_t form, const char *text,
	enum value_kind kind, struct span expected)
{
	struct conv c = { .fn = fn, .precision = form };
	struct fail f = FAIL_INIT;
	struct value v;

	if (fn(&c, span_of(text), a, &v, &f) != 0)
		fail_msg("%s: %s", text, f.text);
	assert_int_equal(v.kind, kind);
	assert_int_equal(v.len, expected.len);
	assert_memory_equal(v.p, expected.p, v.len);
}

static void
check_text(struct arena *a, conv_fn *fn, int32_t form, const char *text,
	const char *expected)
{
	check(a, fn, form, text, VALUE_STRING, span_of(expected));
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
strings_are_views(void **state)
{
	struct span text = span_of("abc  ");
	struct value v;

	assert_int_equal(conv_text_string(NULL, text, *state, &v, NULL), 0);
	assert_int_equal(v.kind, VALUE_STRING);
	assert_ptr_equal(v.p, text.p);
	assert_int_equal(v.len, 5);
	check_text(*state, conv_text_string, 0, "", "");
}

static void
bytea(void **state)
{
	struct span bytes = SPAN("\xFF\xFE\xFD\x00\x01");
	const char *text = "\\xfffefd0001";

	check(*state, conv_text_bytea, CONV_TEXT_BYTES, text, VALUE_BYTES, bytes);
	check_text(*state, conv_text_bytea, CONV_TEXT_BASE64, text, "//79AAE=");
	check_text(*state, conv_text_bytea, CONV_TEXT_BASE64_URL, text,
		"__79AAE=");
	check_text(*state, conv_text_bytea, CONV_TEXT_HEX, text, "fffefd0001");
}

static void
empty_bytea(void **state)
{
	check(*state, conv_text_bytea, CONV_TEXT_BYTES, "\\x", VALUE_BYTES,
		span_of(""));
	check_text(*state, conv_text_bytea, CONV_TEXT_BASE64, "\\x", "");
	check_text(*state, conv_text_bytea, CONV_TEXT_BASE64_URL, "\\x", "");
	check_text(*state, conv_text_bytea, CONV_TEXT_HEX, "\\x", "");
}

static void
bytea_in_another_format(void **state)
{
	refuse(*state, conv_text_bytea, "");
	refuse(*state, conv_text_bytea, "\\");
	refuse(*state, conv_text_bytea, "x00");
	refuse(*state, conv_text_bytea, "\\001\\002");
	refuse(*state, conv_text_bytea, "\\x0");
	refuse(*state, conv_text_bytea, "\\x0g");
}

static void
unknown_types(void **state)
{
	check(*state, conv_text_unknown, CONV_TEXT_BYTES, "16/B374D848",
		VALUE_BYTES, span_of("16/B374D848"));
	check_text(*state, conv_text_unknown, CONV_TEXT_BASE64,
		"'fat' <-> 'cat'", "J2ZhdCcgPC0+ICdjYXQn");
	check_text(*state, conv_text_unknown, CONV_TEXT_BASE64_URL,
		"'fat' <-> 'cat'", "J2ZhdCcgPC0-ICdjYXQn");
	check_text(*state, conv_text_unknown, CONV_TEXT_HEX, "(1,2)",
		"28312c3229");
	check_text(*state, conv_text_unknown, CONV_TEXT_HEX, "", "");
}

static void
content_of_messages(void **state)
{
	struct span bytes = SPAN("\0\xFF");
	struct value v;

	assert_int_equal(conv_text_content(CONV_TEXT_BYTES, bytes, *state, &v,
		NULL), 0);
	assert_int_equal(v.kind, VALUE_BYTES);
	assert_ptr_equal(v.p, bytes.p);
	assert_int_equal(conv_text_content(CONV_TEXT_BASE64, bytes, *state, &v,
		NULL), 0);
	assert_true(span_is(value_span(&v), "AP8="));
}

static void
one_bit(void **state)
{
	struct value v;

	assert_int_equal(conv_text_bit(NULL, span_of("1"), *state, &v, NULL), 0);
	assert_int_equal(v.kind, VALUE_BOOL);
	assert_int_equal(v.i, 1);
	assert_int_equal(conv_text_bit(NULL, span_of("0"), *state, &v, NULL), 0);
	assert_int_equal(v.kind, VALUE_BOOL);
	assert_int_equal(v.i, 0);
	assert_int_equal(conv_text_bit(NULL, span_of(""), *state, &v, NULL), 0);
	assert_int_equal(v.kind, VALUE_NULL);
	refuse(*state, conv_text_bit, "2");
	refuse(*state, conv_text_bit, "10");
}

static void
check_bits(struct arena *a, const char *text, struct span expected)
{
	check(a, conv_text_bits, 0, text, VALUE_BYTES, expected);
}

static void
bits(void **state)
{
	check_bits(*state, "", (struct span)SPAN(""));
	check_bits(*state, "0", (struct span)SPAN(""));
	check_bits(*state, "0000000000000000", (struct span)SPAN(""));
	check_bits(*state, "11", (struct span)SPAN("\x03"));
	check_bits(*state, "1000000", (struct span)SPAN("\x40"));
	check_bits(*state, "10000000", (struct span)SPAN("\x80"));
	check_bits(*state, "100000000", (struct span)SPAN("\0\1"));
	check_bits(*state, "000000001", (struct span)SPAN("\1"));
	check_bits(*state, "000000110000001000000001",
		(struct span)SPAN("\1\2\3"));
	check_bits(*state, "111011010001000110000001000000001",
		(struct span)SPAN("\1\2\x23\xDA\1"));
	check_bits(*state, "1000000000000000000000000000000000000000"
		"000000000000000000000000",
		(struct span)SPAN("\0\0\0\0\0\0\0\x80"));
	refuse(*state, conv_text_bits, "102");
	refuse(*state, conv_text_bits, "x");
	refuse(*state, conv_text_bits, "1/1");
}

static void
without_memory(void **state)
{
	static const struct {
		conv_fn *fn;
		const char *text;
	} cases[] = {
		{ conv_text_bytea, "\\x00" }, { conv_text_unknown, "x" },
		{ conv_text_bits, "1" }
	};
	const struct conv c = { .precision = CONV_TEXT_HEX };
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
		TEST(strings_are_views),
		TEST(bytea),
		TEST(empty_bytea),
		TEST(bytea_in_another_format),
		TEST(unknown_types),
		TEST(content_of_messages),
		TEST(one_bit),
		TEST(bits),
		TEST(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
