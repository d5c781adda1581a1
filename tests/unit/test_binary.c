#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "binary.h"

static void
check_base64(struct span bytes, bool url, const char *expected)
{
	char text[64] = "";
	size_t size = binary_base64_size(bytes.len);

	memset(text, '!', sizeof(text));
	binary_base64(text, bytes.p, bytes.len, url);
	assert_int_equal(size, strlen(expected));
	assert_memory_equal(text, expected, size);
	assert_int_equal(text[size], '!');
}

static void
base64_of_every_rest(void **state)
{
	(void)state;
	check_base64((struct span)SPAN(""), false, "");
	check_base64((struct span)SPAN("f"), false, "Zg==");
	check_base64((struct span)SPAN("fo"), false, "Zm8=");
	check_base64((struct span)SPAN("foo"), false, "Zm9v");
	check_base64((struct span)SPAN("foob"), false, "Zm9vYg==");
	check_base64((struct span)SPAN("fooba"), false, "Zm9vYmE=");
	check_base64((struct span)SPAN("foobar"), false, "Zm9vYmFy");
}

static void
base64_alphabets(void **state)
{
	static const char bytes[] = "\xFF\xFE\xFD\xFC\xFB\xFA\xF9\xF8\xF7";

	(void)state;
	check_base64((struct span)SPAN(bytes), false, "//79/Pv6+fj3");
	check_base64((struct span)SPAN(bytes), true, "__79_Pv6-fj3");
	check_base64((struct span)SPAN("\xFF"), true, "_w==");
}

static void
hex_there_and_back(void **state)
{
	unsigned char bytes[256], back[256];
	char text[512];

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (unsigned char)i;
	binary_hex(text, bytes, sizeof(bytes));
	assert_memory_equal(text, "000102030405060708090a0b0c0d0e0f10", 34);
	assert_true(binary_unhex(back, (struct span){ text, sizeof(text) }));
	assert_memory_equal(bytes, back, sizeof(bytes));
	assert_true(binary_unhex(back, (struct span)SPAN("DEADbeef")));
	assert_memory_equal(back, "\xDE\xAD\xBE\xEF", 4);
	assert_true(binary_unhex(back, (struct span)SPAN("")));
}

static void
hex_refuses_all_else(void **state)
{
	char text[] = "00000000";
	unsigned char out[4];

	(void)state;
	assert_false(binary_unhex(out, (struct span)SPAN("0")));
	assert_false(binary_unhex(out, (struct span)SPAN("000")));
	for (int at = 0; at < 8; at++)
		for (int c = 0; c < 256; c++) {
			bool digit = c && strchr("0123456789abcdefABCDEF", c);

			memset(text, 'a', 8);
			text[at] = (char)c;
			assert_int_equal(binary_unhex(out,
				(struct span){ text, 8 }), digit);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_of_every_rest),
		cmocka_unit_test(base64_alphabets),
		cmocka_unit_test(hex_there_and_back),
		cmocka_unit_test(hex_refuses_all_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
