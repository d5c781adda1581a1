/*
 * buf: growable bytes with a hard cap and sticky failure.
 *
 * Invariant: len <= size <= cap. After a put that would pass the cap, or that
 * found no memory, `failed` is set and every later put does nothing, so a
 * writer puts in a straight line and checks once. buf_reset clears the flag
 * and keeps the memory.
 */
#ifndef BUF_H
#define BUF_H

#include <stdint.h>

#include "span.h"

struct buf {
	char *p;
	size_t len, size, cap;
	bool failed;
};

/* No allocation happens before the first put. `cap` is in bytes, > 0. */
void buf_init(struct buf *b, size_t cap);
void buf_release(struct buf *b);

/* Makes room for `n` more bytes. False, with `failed` set, if that is impossible. */
bool buf_grow(struct buf *b, size_t n);

void buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Room for any number of 64 bits as decimal text. */
#define BUF_DIGITS 20

/* Decimal digits of the number, in `text`: for what is written more than once. */
struct span buf_digits(char text[BUF_DIGITS], int64_t n);
/* The same, appended. */
void buf_put_i64(struct buf *b, int64_t n);
void buf_put_u64(struct buf *b, uint64_t n);

static inline void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

static inline bool
buf_reserve(struct buf *b, size_t n)
{
	return (!b->failed && n <= b->size - b->len) || buf_grow(b, n);
}

static inline void
buf_put(struct buf *b, const void *p, size_t n)
{
	if (n && buf_reserve(b, n)) {
		memcpy(b->p + b->len, p, n);
		b->len += n;
	}
}

static inline void
buf_put_span(struct buf *b, struct span s)
{
	buf_put(b, s.p, s.len);
}

static inline void
buf_put_str(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

static inline void
buf_putc(struct buf *b, char c)
{
	if (buf_reserve(b, 1))
		b->p[b->len++] = c;
}

/* What has been written; valid until the next put or release. */
static inline struct span
buf_span(const struct buf *b)
{
	return (struct span){ b->p ? b->p : "", b->len };
}

#endif
