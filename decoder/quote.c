#include "quote.h"

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

/* The longest escape: a surrogate pair. */
#define ESCAPE_MAX 12

static const char hex[] = "0123456789ABCDEF";

/* Where the next byte is read and written. */
struct quoting {
	const unsigned char *p, *end;
	char *out;
	struct buf *b;
};

/*
 * Little-endian whatever the machine is, so that the lowest mark below is the
 * first byte; compilers make it a single load.
 */
static inline uint64_t
load8(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
		(uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
		(uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
		(uint64_t)p[7] << 56;
}

/*
 * Marks the top bit of bytes that cannot be copied as they are: quotes,
 * backslashes, below 0x20, above 0x7F. A borrow can mark a byte wrongly, but
 * only above one that is marked rightly, so the lowest mark is exact.
 */
static inline uint64_t
marks(uint64_t w)
{
	uint64_t quote = w ^ ONES * '"';
	uint64_t slash = w ^ ONES * '\\';

	return (w | (w - ONES * 0x20) | (quote - ONES) | (slash - ONES)) & TOPS;
}

static inline bool
plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/*
 * Copies up to the first byte that is not plain. There is room for all of the
 * input, so eight bytes may be written before it is known how many count.
 */
static void
copy_plain(struct quoting *q)
{
	while (q->end - q->p >= 8) {
		uint64_t found = marks(load8(q->p));
		int n;

		memcpy(q->out, q->p, 8);
		n = found ? __builtin_ctzll(found) / 8 : 8;
		q->p += n;
		q->out += n;
		if (found)
			return;
	}
	while (q->p < q->end && plain(*q->p))
		*q->out++ = (char)*q->p++;
}

/*
 * Length of the well-formed sequence at `p`, 0 if it is none: table 3-7 of
 * the Unicode standard.
 */
static size_t
sequence(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

	if (p[0] < 0xC2 || p[0] > 0xF4 || left < n)
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0;	/* below: overlong */
	else if (p[0] == 0xED)
		high = 0x9F;	/* above: surrogates */
	else if (p[0] == 0xF0)
		low = 0x90;
	else if (p[0] == 0xF4)
		high = 0x8F;	/* above: beyond U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return n;
}

/* Room for `n` bytes besides the rest of the input and the closing quote. */
static bool
widen(struct quoting *q, size_t n)
{
	q->b->len = (size_t)(q->out - q->b->p);
	if (!buf_reserve(q->b, n + (size_t)(q->end - q->p) + 1))
		return false;
	q->out = q->b->p + q->b->len;
	return true;
}

static void
put_unit(struct quoting *q, unsigned unit)
{
	*q->out++ = '\\';
	*q->out++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*q->out++ = hex[unit >> shift & 15];
}

/* Copies characters that are not ASCII. False: not UTF-8, or no room. */
static bool
copy_unicode(struct quoting *q)
{
	while (q->p < q->end && *q->p >= 0x80) {
		const unsigned char *p = q->p;
		size_t n = sequence(p, (size_t)(q->end - p));
		unsigned code;

		if (n == 0)
			return false;
		if (n < 4) {
			for (size_t i = 0; i < n; i++)
				*q->out++ = (char)p[i];
			q->p += n;
			continue;
		}
		code = (p[0] & 7u) << 18 | (p[1] & 63u) << 12 |
			(p[2] & 63u) << 6 | (p[3] & 63u);
		code -= 0x10000;
		if (!widen(q, ESCAPE_MAX))
			return false;
		put_unit(q, 0xD800 | code >> 10);
		put_unit(q, 0xDC00 | (code & 0x3FF));
		q->p += n;
	}
	return true;
}

/* Escapes one ASCII character. False: no room. */
static bool
copy_escaped(struct quoting *q)
{
	/* Indexed by control character; a dot has no short form. */
	static const char letters[] = "........btn.fr..................";
	unsigned char c = *q->p;
	char letter = c < 0x20 ? letters[c] : (char)c;

	if (!widen(q, letter == '.' ? 6 : 2))
		return false;
	if (letter == '.') {
		put_unit(q, c);
	} else {
		*q->out++ = '\\';
		*q->out++ = letter;
	}
	q->p++;
	return true;
}

int
quote_json(struct buf *b, struct span s, struct fail *f)
{
	const unsigned char *start = (const unsigned char *)s.p;
	struct quoting q = { .p = start, .end = start + s.len, .b = b };
	bool good = true;

	if (!buf_reserve(b, s.len + 2))
		goto full;
	q.out = b->p + b->len;
	*q.out++ = '"';
	for (;;) {
		copy_plain(&q);
		if (q.p == q.end)
			break;
		good = *q.p < 0x80 ? copy_escaped(&q) : copy_unicode(&q);
		if (b->failed)
			goto full;
		if (!good)
			return fail_set(f, FAIL_FATAL,
				"text is not valid UTF-8 at byte %zu",
				(size_t)(q.p - start));
	}
	*q.out++ = '"';
	b->len = (size_t)(q.out - b->p);
	return 0;
full:
	return fail_set(f, FAIL_FATAL,
		"the record is larger than the limit of %zu bytes", b->cap);
}
