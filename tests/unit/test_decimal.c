#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "decimal.h"

/* What PostgreSQL's numeric can have on either side of the point. */
#define WHOLE_MAX 131072
#define FRACTION_MAX 16383

static struct decimal
parsed(const char *text)
{
	struct decimal d;

	assert_true(decimal_parse(span_of(text), &d));
	return d;
}

static void
parses(void **state)
{
	struct decimal d = parsed("-0012.340");

	(void)state;
	assert_true(d.negative);
	assert_true(span_is(d.whole, "12"));
	assert_true(span_is(d.fraction, "340"));
	d = parsed("-0.00");
	assert_false(d.negative);
	assert_int_equal(d.whole.len, 0);
	assert_int_equal(d.fraction.len, 2);
	d = parsed("-0");
	assert_false(d.negative);
	d = parsed(".5");
	assert_true(span_is(d.fraction, "5"));
	d = parsed("-5.");
	assert_true(d.negative);
	assert_int_equal(d.fraction.len, 0);
}

static void
refuses(void **state)
{
	static const char *const bad[] = {
		"", "-", ".", "-.", "+1", "1e5", "1.2.3", "NaN", " 1", "1 ",
		"--1", "1,5", "0x1", "1-"
	};
	struct decimal d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(decimal_parse(span_of(bad[i]), &d));
}

static void
check_text(const char *text, int32_t scale, const char *expected)
{
	struct decimal d = parsed(text);
	struct arena a;
	struct span s;

	arena_init(&a, 4096);
	s = decimal_text(&d, scale, &a);
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.p, expected, s.len);
	arena_release(&a);
}

static void
pads_and_rounds(void **state)
{
	(void)state;
	check_text("1.1", 2, "1.10");
	check_text("10", 0, "10");
	check_text("10", 3, "10.000");
	check_text("0", 2, "0.00");
	check_text("-0.5", 3, "-0.500");
	check_text("1.10", 2, "1.10");
	check_text("1.005", 2, "1.01");
	check_text("1.004", 2, "1.00");
	check_text("-1.005", 2, "-1.01");
	check_text("9.995", 2, "10.00");
	check_text("99.5", 0, "100");
	check_text("0.5", 0, "1");
	check_text("-0.5", 0, "-1");
	check_text("0.4", 0, "0");
	check_text("-0.004", 2, "0.00");
	check_text("-0.4", 0, "0");
	check_text("0.999", 2, "1.00");
	check_text("199.9", 0, "200");
}

static void
text_without_memory(void **state)
{
	struct decimal d = parsed("1");
	struct arena a;

	(void)state;
	arena_init(&a, 1);
	assert_null(decimal_text(&d, 3, &a).p);
	arena_release(&a);
}

static void
strips(void **state)
{
	struct decimal d = parsed("100.00");

	(void)state;
	decimal_strip(&d);
	assert_int_equal(d.fraction.len, 0);
	assert_true(span_is(d.whole, "100"));
	d = parsed("1.010");
	decimal_strip(&d);
	assert_true(span_is(d.fraction, "01"));
}

static void
check_bytes(const char *text, const char *hex)
{
	struct decimal d = parsed(text);
	unsigned char out[128];
	char got[257];
	size_t n;

	assert_true(decimal_room(&d) <= sizeof(out));
	n = decimal_bytes(&d, out);
	for (size_t i = 0; i < n; i++)
		snprintf(got + 2 * i, 3, "%02x", out[i]);
	assert_string_equal(got, hex);
}

/* Expected values: BigInteger.toByteArray(). */
static void
bytes_are_minimal(void **state)
{
	(void)state;
	check_bytes("0", "00");
	check_bytes("-0.0", "00");
	check_bytes("1", "01");
	check_bytes("-1", "ff");
	check_bytes("127", "7f");
	check_bytes("128", "0080");
	check_bytes("-128", "80");
	check_bytes("-129", "ff7f");
	check_bytes("255", "00ff");
	check_bytes("-255", "ff01");
	check_bytes("-256", "ff00");
	check_bytes("256", "0100");
	check_bytes("32767", "7fff");
	check_bytes("32768", "008000");
	check_bytes("-32768", "8000");
	check_bytes("22.2200", "0363f8");
	check_bytes("-1234.11", "fe1ded");
	check_bytes("9223372036854775807", "7fffffffffffffff");
	check_bytes("9223372036854775808", "008000000000000000");
	check_bytes("-9223372036854775808", "8000000000000000");
	check_bytes("-9223372036854775809", "ff7fffffffffffffff");
	check_bytes("18446744073709551616", "010000000000000000");
	check_bytes("-18446744073709551616", "ff0000000000000000");
	check_bytes("999999999999999999", "0de0b6b3a763ffff");
	check_bytes("1000000000000000000", "0de0b6b3a7640000");
	check_bytes("12345678901234567890123456789012345678",
		"0949b0f6f0023313c4499050de38f34e");
	check_bytes("-99999999999999999999999999999999999999",
		"b4c4b357a5793b85f675ddc000000001");
	check_bytes("0.00000000000000000000000000000000000001", "01");
}

/* The number modulo `m`, from its digits. */
static uint64_t
modulo_digits(const struct decimal *d, uint64_t m)
{
	uint64_t r = 0;

	for (size_t i = 0; i < d->whole.len; i++)
		r = (r * 10 + (uint64_t)(d->whole.p[i] - '0')) % m;
	for (size_t i = 0; i < d->fraction.len; i++)
		r = (r * 10 + (uint64_t)(d->fraction.p[i] - '0')) % m;
	return d->negative && r ? m - r : r;
}

/* The same from two's complement bytes. */
static uint64_t
modulo_bytes(const unsigned char *p, size_t n, uint64_t m)
{
	uint64_t r = p[0] & 0x80 ? m - 1 : 0;

	for (size_t i = 0; i < n; i++)
		r = (r * 256 + p[i]) % m;
	return r;
}

static void
check_modulo(const struct decimal *d)
{
	static const uint64_t primes[] = {
		2147483647, 4294967291, 1000000007, 998244353, 65537
	};
	size_t room = decimal_room(d), n;
	unsigned char *out = malloc(room);

	assert_non_null(out);
	n = decimal_bytes(d, out);
	assert_true(n <= room);
	if (n > 1) {
		assert_false(out[0] == 0 && out[1] < 0x80);
		assert_false(out[0] == 0xFF && out[1] >= 0x80);
	}
	for (size_t i = 0; i < sizeof(primes) / sizeof(*primes); i++)
		assert_int_equal(modulo_digits(d, primes[i]),
			modulo_bytes(out, n, primes[i]));
	free(out);
}

/* Equal modulo five primes and minimal: every length, either sign. */
static void
bytes_of_any_length(void **state)
{
	char text[402];
	uint32_t seed = 7;
	struct decimal d;

	(void)state;
	for (size_t n = 1; n < sizeof(text) - 2; n++)
		for (int kind = 0; kind < 4; kind++) {
			char *p = text;

			if (kind & 1)
				*p++ = '-';
			for (size_t i = 0; i < n; i++) {
				seed = seed * 1664525 + 1013904223;
				p[i] = kind & 2 ? '9' : (char)('0' + (seed >> 16) % 10);
			}
			if (n > 2 && seed >> 30)
				p[seed % n] = '.';
			assert_true(decimal_parse((struct span){ text,
				n + (size_t)(p - text) }, &d));
			check_modulo(&d);
		}
}

static void
the_longest_numeric(void **state)
{
	size_t len = WHOLE_MAX + FRACTION_MAX + 2;
	char *text = malloc(len);
	struct decimal d;

	(void)state;
	assert_non_null(text);
	memset(text, '9', len);
	text[0] = '-';
	text[WHOLE_MAX + 1] = '.';
	assert_true(decimal_parse((struct span){ text, len }, &d));
	assert_int_equal(d.whole.len, WHOLE_MAX);
	assert_int_equal(d.fraction.len, FRACTION_MAX);
	check_modulo(&d);
	free(text);
}

static void
check_put(const char *text, const char *expected)
{
	struct decimal d = parsed(text);
	struct buf b;

	buf_init(&b, 4096);
	decimal_put(&b, &d);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, expected);
	buf_release(&b);
}

/* Expected texts: BigDecimal.toString(). */
static void
puts_as_java(void **state)
{
	(void)state;
	check_put("12.50", "12.50");
	check_put("0.00", "0.00");
	check_put("0", "0");
	check_put("-7", "-7");
	check_put("00012", "12");
	check_put("0.000001", "0.000001");
	check_put("0.0000001", "1E-7");
	check_put("0.000000", "0.000000");
	check_put("0.0000000", "0E-7");
	check_put("0.00000012", "1.2E-7");
	check_put("0.00000100", "0.00000100");
	check_put("-0.00000001230", "-1.230E-8");
	check_put("0.0000000001", "1E-10");
	check_put("123456789012345678901234567890.00", "123456789012345678901234567890.00");
	check_put("-0.000000000000000000000000000001", "-1E-30");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(pads_and_rounds),
		cmocka_unit_test(text_without_memory),
		cmocka_unit_test(strips),
		cmocka_unit_test(bytes_are_minimal),
		cmocka_unit_test(bytes_of_any_length),
		cmocka_unit_test(the_longest_numeric),
		cmocka_unit_test(puts_as_java),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
