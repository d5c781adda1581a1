/*
 * span: a view of bytes that somebody else owns.
 *
 * Not NUL-terminated. `p` may be NULL, which means "absent"; an empty text has
 * a non-NULL `p` and length 0.
 */
#ifndef SPAN_H
#define SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *p;
	size_t len;
};

/* A span of a string literal, usable as an initialiser. */
#define SPAN(literal) { (literal), sizeof(literal) - 1 }

/* For printf("%.*s"). */
#define SPAN_ARG(s) (int)(s).len, (s).p

/* View of a NUL-terminated string; absent for NULL. */
static inline struct span
span_of(const char *text)
{
	return (struct span){ text, text ? strlen(text) : 0 };
}

static inline bool
span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool
span_is(struct span s, const char *text)
{
	return span_eq(s, span_of(text));
}

#endif
