#include "quote.h"

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)
#define SPACES (ONES * ' ')

/* Bytes that are looked at together. */
#define WORD 8

/* The longest escape: a surrogate pair. */
#define ESCAPE_MAX 12

static const char hex[] = "0123456789ABCDEF";

/*
 * Little-endian whatever the machine is, so that the lowest mark below is the
 * first byte; compilers make it a single load.
 */
static inline uint32_t
load4(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		(uint32_t)p[3] << 24;
}

static inline uint64_t
load8(const unsigned char *p)
{
	return load4(p) | (uint64_t)load4(p + 4) << 32;
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
 * Copies up to the first byte that is not plain. There is room for all that is
 * left, so eight bytes may be written before it is known how many count.
 */
static inline size_t
copy_plain(char *out, const unsigned char *p, size_t left)
{
	size_t n = 0;

	for (; left - n >= WORD; n += WORD) {
		uint64_t found = marks(load8(p + n));

		memcpy(out + n, p + n, WORD);
		if (found)
			return n + (size_t)__builtin_ctzll(found) / 8;
	}
	if (left - n >= WORD / 2) {
		uint64_t found = marks(load4(p + n) | SPACES << 32);

		memcpy(out + n, p + n, WORD / 2);
		if (found)
			return n + (size_t)__builtin_ctzll(found) / 8;
		n += WORD / 2;
	}
	for (; n < left && plain(p[n]); n++)
		out[n] = (char)p[n];
	return n;
}

/*
 * Length of the well-formed sequence at `p`, 0 if it is none: table 3-7 of
 * the Unicode standard.
 */
static inline size_t
sequence(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

	if (p[0] < 0xC2 || p[0] > 0xF4 || left < n)
		return 0;
	if (n == 2)
		return (p[1] & 0xC0) == 0x80 ? 2 : 0;
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

/*
 * Copies characters of two and three bytes and the odd plain one among them;
 * a longer plain run is copied faster by words.
 */
static inline size_t
copy_bmp(char *out, const unsigned char *p, size_t left)
{
	size_t n = 0, len, run = 0;

	for (; n < left; n += len) {
		if (p[n] < 0x80) {
			if (!plain(p[n]) || ++run > WORD)
				break;
			out[n] = (char)p[n];
			len = 1;
			continue;
		}
		run = 0;
		len = sequence(p + n, left - n);
		if (len == 2) {
			memcpy(out + n, p + n, 2);
		} else if (len == 3) {
			memcpy(out + n, p + n, 3);
		} else {
			break;
		}
	}
	return n;
}

static char *
put_unit(char *out, unsigned unit)
{
	*out++ = '\\';
	*out++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*out++ = hex[unit >> shift & 15];
	return out;
}

static char *
put_pair(char *out, const unsigned char *p)
{
	unsigned code = (p[0] & 7u) << 18 | (p[1] & 63u) << 12 |
		(p[2] & 63u) << 6 | (p[3] & 63u);

	code -= 0x10000;
	out = put_unit(out, 0xD800 | code >> 10);
	return put_unit(out, 0xDC00 | (code & 0x3FF));
}

static inline char *
put_escape(char *out, unsigned char c)
{
	/* Indexed by control character; a dot has no short form. */
	static const char letters[] = "........btn.fr..................";
	char letter = c < 0x20 ? letters[c] : (char)c;

	if (letter == '.')
		return put_unit(out, c);
	*out++ = '\\';
	*out++ = letter;
	return out;
}

/* Where to write on, with room for `n` bytes; NULL if there is none. */
static inline char *
reserve(struct buf *b, char *out, size_t n)
{
	b->len = (size_t)(out - b->p);
	return buf_reserve(b, n) ? b->p + b->len : NULL;
}

static int
full(const struct buf *b, struct fail *f)
{
	return fail_set(f, FAIL_FATAL,
		"the record is larger than the limit of %zu bytes", b->cap);
}

int
quote_json(struct buf *b, struct span s, struct fail *f)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t left = s.len, n;
	char *out;

	if (!buf_reserve(b, left + 2))
		return full(b, f);
	out = b->p + b->len;
	*out++ = '"';
	/* Always: room for what is left and the closing quote. */
	for (;;) {
		n = copy_plain(out, p, left);
		if (n < left && p[n] >= 0x80)
			n += copy_bmp(out + n, p + n, left - n);
		out += n;
		p += n;
		left -= n;
		if (left == 0)
			break;
		if (plain(p[0]))
			continue;
		n = p[0] < 0x80 ? 1 : sequence(p, left);
		if (n == 0)
			return fail_set(f, FAIL_FATAL,
				"text is not valid UTF-8 at byte %zu",
				s.len - left);
		out = reserve(b, out, left + ESCAPE_MAX);
		if (!out)
			return full(b, f);
		out = n == 1 ? put_escape(out, p[0]) : put_pair(out, p);
		p += n;
		left -= n;
	}
	*out++ = '"';
	b->len = (size_t)(out - b->p);
	return 0;
}
