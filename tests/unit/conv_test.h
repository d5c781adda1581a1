/*
 * conv_test: runs a converter on a text and compares its value, written in a
 * notation of its own: 12, 1.5f, "text", x'0aff', [a,b], {a,b}, <key:value>.
 */
#ifndef CONV_TEST_H
#define CONV_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "buf.h"
#include "conv.h"

static void show(struct buf *b, const struct value *v);

static inline void
show_items(struct buf *b, const struct value *v, const char *marks)
{
	size_t n = v->kind == VALUE_MAP ? 2 * (size_t)v->len : v->len;

	buf_putc(b, marks[0]);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putc(b, v->kind == VALUE_MAP && i % 2 ? ':' : ',');
		show(b, &v->items[i]);
	}
	buf_putc(b, marks[1]);
}

static void
show(struct buf *b, const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_NULL:
		buf_put_str(b, "null");
		break;
	case VALUE_BOOL:
		buf_put_str(b, v->i ? "true" : "false");
		break;
	case VALUE_INT:
		buf_put_i64(b, v->i);
		break;
	case VALUE_DIGITS:
		buf_put_span(b, value_span(v));
		break;
	case VALUE_FLOAT:
		buf_put_span(b, value_span(v));
		buf_putc(b, 'f');
		break;
	case VALUE_DECIMAL:
		buf_put_span(b, value_span(v));
		buf_putc(b, 'd');
		break;
	case VALUE_STRING:
		buf_printf(b, "\"%.*s\"", SPAN_ARG(value_span(v)));
		break;
	case VALUE_BYTES:
		buf_put_str(b, "x'");
		for (uint32_t i = 0; i < v->len; i++)
			buf_printf(b, "%02x", (unsigned char)v->p[i]);
		buf_putc(b, '\'');
		break;
	case VALUE_ARRAY:
		show_items(b, v, "[]");
		break;
	case VALUE_STRUCT:
		show_items(b, v, "{}");
		break;
	case VALUE_MAP:
		show_items(b, v, "<>");
		break;
	}
}

static inline void
shows_as(const struct value *v, const char *expected)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	show(&b, v);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, expected);
	buf_release(&b);
}

/* The text lives in memory of exactly its size, so that overruns are seen. */
static inline int
convert(const struct conv *c, const char *text, size_t cap,
	const char *expected, struct fail *f)
{
	struct arena a;
	struct value v = { .kind = 99 };
	size_t len = strlen(text);
	char *copy = test_malloc(len ? len : 1);
	int result;

	memcpy(copy, text, len);
	arena_init(&a, cap);
	result = c->fn(c, (struct span){ copy, len }, &a, &v, f);
	if (result == 0 && expected)
		shows_as(&v, expected);
	arena_release(&a);
	test_free(copy);
	return result;
}

static inline void
check(const struct conv *c, const char *text, const char *expected)
{
	struct fail f = FAIL_INIT;

	if (convert(c, text, 1 << 20, expected, &f))
		fail_msg("%s: %s", text, f.text);
}

static inline void
refuse(const struct conv *c, const char *text)
{
	struct fail f = FAIL_INIT;

	if (convert(c, text, 1 << 20, NULL, &f) != -1)
		fail_msg("taken: %s", text);
	assert_int_equal(f.kind, FAIL_FATAL);
}

/* Wherever memory runs out there is an error, not a crash. */
static inline void
starve(const struct conv *c, const char *text)
{
	size_t cap = 8;

	for (;; cap += 8) {
		struct fail f = FAIL_INIT;

		if (convert(c, text, cap, NULL, &f) == 0)
			break;
		assert_int_equal(f.kind, FAIL_FATAL);
	}
	assert_true(cap > 8);
}

#endif
