/*
 * cursor: bounded big-endian reader with sticky failure.
 *
 * Every read compares the wanted length with what is left, never a sum with
 * an end. After a failed read `bad` is set and `left` is 0; this and all later
 * reads of a byte or more give zero or an empty span, so a parser reads in wire
 * order and checks once.
 */
#ifndef CURSOR_H
#define CURSOR_H

#include <endian.h>
#include <stdint.h>

#include "span.h"

struct cursor {
	const unsigned char *p;
	size_t left;
	bool bad;
};

static inline struct cursor
cursor_of(struct span s)
{
	if (!s.p)
		s = (struct span)SPAN("");
	return (struct cursor){ (const unsigned char *)s.p, s.len, false };
}

/* Nothing can be read any more. */
static inline void
cursor_fail(struct cursor *c)
{
	c->bad = true;
	c->left = 0;
}

/* Copies the next `n` bytes; false, with nothing copied, if there are fewer. */
static inline bool
cursor_copy(struct cursor *c, void *out, size_t n)
{
	if (n > c->left) {
		cursor_fail(c);
		return false;
	}
	memcpy(out, c->p, n);
	c->p += n;
	c->left -= n;
	return true;
}

/* The next `n` bytes as a view. */
static inline struct span
cursor_take(struct cursor *c, size_t n)
{
	struct span s = { (const char *)c->p, n };

	if (n > c->left) {
		cursor_fail(c);
		return (struct span){ "", 0 };
	}
	c->p += n;
	c->left -= n;
	return s;
}

static inline uint8_t
cursor_u8(struct cursor *c)
{
	uint8_t v;

	return cursor_copy(c, &v, sizeof(v)) ? v : 0;
}

static inline uint16_t
cursor_u16(struct cursor *c)
{
	uint16_t v;

	return cursor_copy(c, &v, sizeof(v)) ? be16toh(v) : 0;
}

static inline uint32_t
cursor_u32(struct cursor *c)
{
	uint32_t v;

	return cursor_copy(c, &v, sizeof(v)) ? be32toh(v) : 0;
}

static inline uint64_t
cursor_u64(struct cursor *c)
{
	uint64_t v;

	return cursor_copy(c, &v, sizeof(v)) ? be64toh(v) : 0;
}

/* A NUL-terminated string as a view without its NUL. */
static inline struct span
cursor_str(struct cursor *c)
{
	const void *nul = memchr(c->p, 0, c->left);
	struct span s;

	if (!nul) {
		cursor_fail(c);
		return (struct span){ "", 0 };
	}
	s = cursor_take(c, (size_t)((const unsigned char *)nul - c->p));
	c->p++;
	c->left--;
	return s;
}

/* True if everything was read and nothing is left over. */
static inline bool
cursor_done(const struct cursor *c)
{
	return !c->bad && c->left == 0;
}

#endif
