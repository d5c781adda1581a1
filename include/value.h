/*
 * value: one converted value, 16 bytes, built in an arena.
 *
 * It carries data, its schema says what the data means. Numbers stay text
 * wherever text is exact: nothing is routed through double. A value borrows
 * its bytes from the frame or from the arena that the converter used.
 */
#ifndef VALUE_H
#define VALUE_H

#include <stdint.h>

#include "span.h"

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,	/* i: 0 or 1 */
	VALUE_INT,	/* i */
	VALUE_DIGITS,	/* p, len: an integer in PostgreSQL's own text, "-12" */
	VALUE_FLOAT,	/* p, len: shortest text in Java's form, "1.0E10", NaN, -Infinity */
	VALUE_STRING,	/* p, len: UTF-8, checked when it is encoded */
	VALUE_BYTES,	/* p, len */
	VALUE_DECIMAL,	/* p, len: plain decimal text with exactly its scale's digits, "-1.10" */
	VALUE_ARRAY,	/* items, len */
	VALUE_STRUCT,	/* items, len: in the order of the schema's fields */
	VALUE_MAP	/* items, len pairs: key, value, key, value, ... */
};

struct value {
	uint8_t kind;		/* enum value_kind */
	uint32_t len;
	union {
		int64_t i;
		const char *p;
		const struct value *items;
	};
};

static inline struct value
value_null(void)
{
	return (struct value){ .kind = VALUE_NULL };
}

static inline struct value
value_bool(bool b)
{
	return (struct value){ .kind = VALUE_BOOL, .i = b };
}

static inline struct value
value_int(int64_t i)
{
	return (struct value){ .kind = VALUE_INT, .i = i };
}

/* For DIGITS, FLOAT, STRING, BYTES and DECIMAL. Spans are below 4 GiB: a row is below 1 GiB. */
static inline struct value
value_text(enum value_kind kind, struct span s)
{
	return (struct value){ .kind = kind, .len = (uint32_t)s.len, .p = s.p };
}

/* For ARRAY and STRUCT (count items) and MAP (count pairs). */
static inline struct value
value_items(enum value_kind kind, const struct value *items, size_t count)
{
	return (struct value){ .kind = kind, .len = (uint32_t)count, .items = items };
}

static inline struct span
value_span(const struct value *v)
{
	return (struct span){ v->p, v->len };
}

#endif
