/*
 * Any bytes as a string and as a number. What is accepted must be JSON that
 * json-c reads back as the same; what is refused as a string must not be
 * UTF-8 by a second, slower judgement.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "conv_number.h"
#include "json.h"

/* More than the longest escape of the longest input. */
#define CAP (8u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool fact)
{
	if (!fact)
		abort();
}

/* Length of the character at `p`, 0 if it is not well-formed. */
static size_t
character(const uint8_t *p, size_t left, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3
		: p[0] >> 3 == 30 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	*code = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (p[i] & 63u);
	}
	if (*code < least[n] || *code > 0x10FFFF ||
	    (*code >= 0xD800 && *code < 0xE000))
		return 0;
	return n;
}

/* Where the text stops to be UTF-8. */
static size_t
valid_up_to(struct span s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t at = 0, n;
	uint32_t code;

	while (at < s.len) {
		n = character(p + at, s.len - at, &code);
		if (n == 0)
			break;
		at += n;
	}
	return at;
}

/* json-c takes U+1D800 and its like for lone surrogates. */
static bool
misread(struct span s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	uint32_t code = 0;

	for (size_t at = 0; at < s.len;) {
		at += character(p + at, s.len - at, &code);
		if (code > 0xFFFF && (code & 0xF800) == 0xD800)
			return true;
	}
	return false;
}

static struct json_object *
parse(const struct buf *b)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *parsed;

	json_tokener_set_flags(tokener,
		JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	parsed = json_tokener_parse_ex(tokener, b->p, (int)b->len + 1);
	require(json_tokener_get_error(tokener) == json_tokener_success);
	json_tokener_free(tokener);
	return parsed;
}

static void
as_string(struct span s, struct buf *b)
{
	struct fail f = FAIL_INIT;
	struct json_object *parsed;
	char expected[80];

	buf_reset(b);
	if (json_string(b, s, &f) != 0) {
		snprintf(expected, sizeof(expected),
			"text is not valid UTF-8 at byte %zu", valid_up_to(s));
		require(strcmp(f.text, expected) == 0);
		require(valid_up_to(s) < s.len);
		return;
	}
	require(valid_up_to(s) == s.len);
	buf_putc(b, '\0');
	b->len--;
	parsed = parse(b);
	require(json_object_is_type(parsed, json_type_string));
	if (!misread(s)) {
		require((size_t)json_object_get_string_len(parsed) == s.len);
		require(memcmp(json_object_get_string(parsed), s.p, s.len) == 0);
	}
	json_object_put(parsed);
}

/* Every converter either refuses the text or makes JSON of it. */
static void
as_number(struct span s, struct buf *b, struct arena *a)
{
	static conv_fn *const functions[] = {
		conv_number_int, conv_number_bool, conv_number_float4,
		conv_number_float8, conv_number_decimal, conv_number_double,
		conv_number_string, conv_number_money, conv_number_money_double,
		conv_number_money_string
	};
	static const struct json_options options[] = {
		{ .decimal_numeric = false }, { .decimal_numeric = true }
	};
	const struct conv c = { .scale = 2 };
	const struct schema schema = { .type = SCHEMA_BYTES };
	struct value v;

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		struct fail f = FAIL_INIT;

		if (functions[i](&c, s, a, &v, &f) != 0) {
			require(f.kind == FAIL_FATAL && f.text[0]);
			continue;
		}
		for (int o = 0; o < 2; o++) {
			buf_reset(b);
			require(json_value(b, &options[o], &schema, &v, &f) == 0);
			buf_putc(b, '\0');
			b->len--;
			json_object_put(parse(b));
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = { (const char *)data, size };
	struct arena a;
	struct buf b;

	buf_init(&b, CAP);
	arena_init(&a, CAP);
	as_string(s, &b);
	as_number(s, &b, &a);
	arena_release(&a);
	buf_release(&b);
	return 0;
}
