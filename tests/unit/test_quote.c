#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "quote.h"

#define CAP 65536

static void
check(struct span text, const char *expected)
{
	struct fail f = FAIL_INIT;
	struct buf b;

	buf_init(&b, CAP);
	assert_int_equal(quote_json(&b, text, &f), 0);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, expected);
	buf_release(&b);
}

static void
check_text(const char *text, const char *expected)
{
	check(span_of(text), expected);
}

static void
plain_text_of_every_length(void **state)
{
	const char text[] = "abcdefghijklmnopqrstuvwxyz !#/<>&'[]{}~\x7f";
	char expected[sizeof(text) + 2];

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		snprintf(expected, sizeof(expected), "\"%.*s\"", (int)n, text);
		check((struct span){ text, n }, expected);
	}
}

/* What must be escaped is found at every place of a word and of the rest. */
static void
escapes_at_every_place(void **state)
{
	const char specials[] = { '"', '\\', '\n', 0x01, 0x1f };
	const char *escapes[] = { "\\\"", "\\\\", "\\n", "\\u0001", "\\u001F" };
	char text[24], expected[64];

	(void)state;
	for (size_t i = 0; i < sizeof(specials); i++)
		for (size_t n = 1; n < sizeof(text); n++)
			for (size_t at = 0; at < n; at++) {
				memset(text, 'x', n);
				text[at] = specials[i];
				snprintf(expected, sizeof(expected),
					"\"%.*s%s%.*s\"", (int)at, text,
					escapes[i], (int)(n - at - 1),
					text + at + 1);
				check((struct span){ text, n }, expected);
			}
}

static void
all_control_characters(void **state)
{
	const char *expected[32] = {
		[8] = "\"\\b\"", [9] = "\"\\t\"", [10] = "\"\\n\"",
		[12] = "\"\\f\"", [13] = "\"\\r\""
	};
	char text, other[16];

	(void)state;
	for (int c = 0; c < 32; c++) {
		text = (char)c;
		snprintf(other, sizeof(other), "\"\\u%04X\"", (unsigned)c);
		check((struct span){ &text, 1 },
			expected[c] ? expected[c] : other);
	}
	check_text("\x7f", "\"\x7f\"");
}

static void
unicode_stays_inside_the_bmp(void **state)
{
	(void)state;
	check_text("\xC2\x80", "\"\xC2\x80\"");
	check_text("\xDF\xBF", "\"\xDF\xBF\"");
	check_text("\xE0\xA0\x80", "\"\xE0\xA0\x80\"");
	check_text("\xE2\x80\xA8\xEF\xBB\xBF", "\"\xE2\x80\xA8\xEF\xBB\xBF\"");
	check_text("\xED\x9F\xBF\xEE\x80\x80", "\"\xED\x9F\xBF\xEE\x80\x80\"");
	check_text("\xEF\xBF\xBF", "\"\xEF\xBF\xBF\"");
	check_text("h\xC3\xA9 \xC3\xA9", "\"h\xC3\xA9 \xC3\xA9\"");
}

static void
pairs_beyond_the_bmp(void **state)
{
	(void)state;
	check_text("\xF0\x9F\x98\x80", "\"\\uD83D\\uDE00\"");
	check_text("\xF0\x90\x80\x80", "\"\\uD800\\uDC00\"");
	check_text("\xF4\x8F\xBF\xBF", "\"\\uDBFF\\uDFFF\"");
	check_text("\xF0\x9D\xA0\x80", "\"\\uD836\\uDC00\"");
	check_text("a\xF0\x9F\x98\x80\xC3\xA9\xF0\x9F\x98\x80z",
		"\"a\\uD83D\\uDE00\xC3\xA9\\uD83D\\uDE00z\"");
}

static void
refuse(struct span text, size_t at)
{
	struct fail f = FAIL_INIT;
	char expected[80];
	struct buf b;

	buf_init(&b, CAP);
	assert_int_equal(quote_json(&b, text, &f), -1);
	assert_int_equal(f.kind, FAIL_FATAL);
	snprintf(expected, sizeof(expected),
		"text is not valid UTF-8 at byte %zu", at);
	assert_string_equal(f.text, expected);
	assert_int_equal(quote_json(&b, text, NULL), -1);
	buf_release(&b);
}

static void
invalid_utf8_of_every_class(void **state)
{
	static const char *const bad[] = {
		"\x80", "\xBF",			/* continuation without a lead */
		"\xC0\x80", "\xC1\xBF",		/* overlong, two bytes */
		"\xE0\x80\x80", "\xE0\x9F\xBF",	/* overlong, three */
		"\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",	/* overlong, four */
		"\xED\xA0\x80", "\xED\xBF\xBF",	/* lone surrogates */
		"\xED\xA0\xBD\xED\xB8\x80",	/* a pair of them (CESU-8) */
		"\xF4\x90\x80\x80", "\xF5\x80\x80\x80",	/* beyond U+10FFFF */
		"\xF8\x88\x80\x80\x80", "\xFE", "\xFF",	/* leads of nothing */
		"\xC3", "\xE2\x82", "\xF0\x9F\x98",	/* cut short */
		"\xC3(", "\xE2(\xA1", "\xE2\x82(",	/* no continuation */
		"\xF0(\x8C\xBC", "\xF0\x90(\xBC", "\xF0\x90\x8C(",
		"\xC3\xC3", "\xE2\x82\xC3", "\xF0\x9F\x98\xF0"
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		refuse(span_of(bad[i]), 0);
		snprintf(text, sizeof(text), "0123456789\n%s", bad[i]);
		refuse(span_of(text), 11);
		snprintf(text, sizeof(text), "\xC3\xA9\xF0\x9F\x98\x80%sx", bad[i]);
		refuse(span_of(text), 6);
	}
}

/* The cap is never passed; a text fits if it fits escaped. */
static void
caps(void **state)
{
	struct span text = span_of("plain text, \n\x01 \xC3\xA9 \xF0\x9F\x98\x80.");
	struct fail f;
	struct buf b;
	size_t need = 0;

	(void)state;
	buf_init(&b, CAP);
	assert_int_equal(quote_json(&b, text, NULL), 0);
	need = b.len;
	buf_release(&b);
	for (size_t cap = 1; cap < need; cap++) {
		f = (struct fail)FAIL_INIT;
		buf_init(&b, cap);
		assert_int_equal(quote_json(&b, text, &f), -1);
		assert_int_equal(f.kind, FAIL_FATAL);
		assert_non_null(strstr(f.text, "limit"));
		assert_true(b.failed);
		assert_true(b.size <= cap);
		buf_release(&b);
	}
	buf_init(&b, quote_json_room(text.len));
	assert_int_equal(quote_json(&b, text, NULL), 0);
	buf_release(&b);
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* A character that is often special. Returns its length. */
static size_t
random_character(uint32_t *seed, char *p)
{
	uint32_t kind = next_random(seed) % 8, code = next_random(seed);

	if (kind < 4) {
		p[0] = (char)(code % 0x80);
		return 1;
	}
	if (kind < 5) {
		p[0] = "\"\\\n\t/\x01\x7f "[code % 8];
		return 1;
	}
	if (kind < 6) {
		code = 0x80 + code % 0x780;
		p[0] = (char)(0xC0 | code >> 6);
		p[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (kind < 7) {
		code = 0x800 + code % 0xF800;
		if (code >= 0xD800 && code < 0xE000)
			code -= 0x1000;
		p[0] = (char)(0xE0 | code >> 12);
		p[1] = (char)(0x80 | (code >> 6 & 63));
		p[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	code = 0x10000 + code % 0x100000;
	/* json-c takes U+1D800 and its like for lone surrogates. */
	if ((code & 0xF800) == 0xD800)
		code ^= 0x8000;
	p[0] = (char)(0xF0 | code >> 18);
	p[1] = (char)(0x80 | (code >> 12 & 63));
	p[2] = (char)(0x80 | (code >> 6 & 63));
	p[3] = (char)(0x80 | (code & 63));
	return 4;
}

/* Whatever is written, a JSON parser reads the same bytes. */
static void
random_texts_come_back(void **state)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *parsed;
	uint32_t seed = 20240229;
	struct buf b;
	char text[400];
	size_t len, want;

	(void)state;
	buf_init(&b, CAP);
	for (int round = 0; round < 20000; round++) {
		want = next_random(&seed) % 90;
		for (len = 0; want > 0; want--)
			len += random_character(&seed, text + len);
		buf_reset(&b);
		assert_int_equal(quote_json(&b,
			(struct span){ text, len }, NULL), 0);
		assert_true(b.len <= quote_json_room(len));
		json_tokener_reset(tokener);
		parsed = json_tokener_parse_ex(tokener, b.p, (int)b.len);
		assert_non_null(parsed);
		assert_int_equal(json_object_get_string_len(parsed), len);
		assert_memory_equal(json_object_get_string(parsed), text, len);
		json_object_put(parsed);
	}
	buf_release(&b);
	json_tokener_free(tokener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_of_every_length),
		cmocka_unit_test(escapes_at_every_place),
		cmocka_unit_test(all_control_characters),
		cmocka_unit_test(unicode_stays_inside_the_bmp),
		cmocka_unit_test(pairs_beyond_the_bmp),
		cmocka_unit_test(invalid_utf8_of_every_class),
		cmocka_unit_test(caps),
		cmocka_unit_test(random_texts_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
