/*
 * cursor: bounded big-endian reader with sticky failure.
 *
 * Every read compares the wanted length with what is left, never a sum with
 * an end. After a failed read `bad` is set, and this and all later reads give
 * zero or an empty span, so a parser reads in wire order and checks once.
 */
#ifndef CURSOR_H
#define CURSOR_H

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
	return (struct cursor){ (const unsigned char *)s.p, s.len, false };
}

/* The next `n` bytes as a view. */
static inline struct span
cursor_take(struct cursor *c, size_t n)
{
	struct span s = { (const char *)c->p, n };

	if (c->bad || n > c->left) {
		c->bad = true;
		c->left = 0;
		return (struct span){ "", 0 };
	}
	c->p += n;
	c->left -= n;
	return s;
}

static inline uint64_t
cursor_be(struct cursor *c, size_t n)
{
	struct span s = cursor_take(c, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | (unsigned char)s.p[i];
	return v;
}

static inline uint8_t
cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor_be(c, 1);
}

static inline uint16_t
cursor_u16(struct cursor *c)
{
	return (uint16_t)cursor_be(c, 2);
}

static inline uint32_t
cursor_u32(struct cursor *c)
{
	return (uint32_t)cursor_be(c, 4);
}

static inline uint64_t
cursor_u64(struct cursor *c)
{
	return cursor_be(c, 8);
}

/* A NUL-terminated string as a view without its NUL. */
static inline struct span
cursor_str(struct cursor *c)
{
	const void *nul = c->left ? memchr(c->p, 0, c->left) : NULL;
	struct span s;

	if (c->bad || !nul) {
		c->bad = true;
		c->left = 0;
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
