#include "decimal.h"

static bool
all_digits(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static bool
all_zeros(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != '0')
			return false;
	return true;
}

bool
decimal_parse(struct span s, struct decimal *out)
{
	const char *point;
	struct span whole = s, fraction = { "", 0 };

	if (s.len && s.p[0] == '-') {
		whole.p++;
		whole.len--;
	}
	point = whole.len ? memchr(whole.p, '.', whole.len) : NULL;
	if (point) {
		fraction.p = point + 1;
		fraction.len = (size_t)(whole.p + whole.len - fraction.p);
		whole.len = (size_t)(point - whole.p);
	}
	if (whole.len + fraction.len == 0 || !all_digits(whole) ||
	    !all_digits(fraction))
		return false;
	while (whole.len && whole.p[0] == '0') {
		whole.p++;
		whole.len--;
	}
	out->whole = whole;
	out->fraction = fraction;
	out->negative = s.p[0] == '-' && (whole.len || !all_zeros(fraction));
	return true;
}

void
decimal_strip(struct decimal *d)
{
	while (d->fraction.len && d->fraction.p[d->fraction.len - 1] == '0')
		d->fraction.len--;
}

/* Adds one to the number whose last digit is before `end`, the first at `p`. */
static void
increment(char *p, char *end)
{
	while (end-- > p) {
		if (*end == '.')
			continue;
		if (*end != '9') {
			++*end;
			return;
		}
		*end = '0';
	}
}

struct span
decimal_text(const struct decimal *d, int32_t scale, struct arena *a)
{
	size_t places = (size_t)scale;
	size_t kept = d->fraction.len < places ? d->fraction.len : places;
	/* A sign, a zero that rounding may make a one, and the point. */
	char *text = arena_alloc(a, d->whole.len + places + 3);
	char *first, *at = text;

	if (!text)
		return (struct span){ NULL, 0 };
	*at++ = '-';
	*at++ = '0';
	memcpy(at, d->whole.p, d->whole.len);
	at += d->whole.len;
	if (places)
		*at++ = '.';
	memcpy(at, d->fraction.p, kept);
	memset(at + kept, '0', places - kept);
	at += places;
	if (d->fraction.len > places && d->fraction.p[places] >= '5')
		increment(text + 1, at);
	first = text + 1;
	if (*first == '0' && d->whole.len)
		first++;
	if (d->negative) {
		/* Rounding may have left nothing. */
		for (const char *p = first; p < at; p++)
			if (*p != '0' && *p != '.') {
				*--first = '-';
				break;
			}
	}
	return (struct span){ first, (size_t)(at - first) };
}

size_t
decimal_room(const struct decimal *d)
{
	/* A digit is 0.41524 bytes; limbs are 4 bytes, the first two always there. */
	return (d->whole.len + d->fraction.len) * 5 / 12 + 16;
}

/* Limbs of 32 bits in little-endian bytes: nothing depends on the machine. */
static inline uint32_t
limb_get(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		(uint32_t)p[3] << 24;
}

static inline void
limb_put(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
	p[2] = (unsigned char)(v >> 16);
	p[3] = (unsigned char)(v >> 24);
}

/* limbs = limbs * factor + carry; returns the new count. */
static size_t
multiply_add(unsigned char *limbs, size_t n, uint32_t factor, uint32_t carry)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t t = (uint64_t)limb_get(limbs + 4 * i) * factor + carry;

		limb_put(limbs + 4 * i, (uint32_t)t);
		carry = (uint32_t)(t >> 32);
	}
	if (carry) {
		limb_put(limbs + 4 * n, carry);
		n++;
	}
	return n;
}

/* Walks the digits of both sides as one number. */
struct digits {
	struct span now, next;
};

/* Takes up to `most` (<= 18) digits; `scale` becomes ten to their number. */
static uint64_t
take(struct digits *d, int most, uint64_t *scale)
{
	uint64_t v = 0;

	*scale = 1;
	while (most-- > 0) {
		if (d->now.len == 0) {
			d->now = d->next;
			d->next.len = 0;
		}
		if (d->now.len == 0)
			break;
		v = v * 10 + (uint64_t)(*d->now.p - '0');
		*scale *= 10;
		d->now.p++;
		d->now.len--;
	}
	return v;
}

/* Little-endian magnitude to minimal big-endian two's complement. */
static size_t
finish(unsigned char *p, size_t n, bool negative)
{
	unsigned char sign = negative ? 0xFF : 0;
	unsigned carry = 1;

	p[n++] = 0;
	for (size_t i = 0; negative && i < n; i++) {
		carry += (unsigned char)~p[i];
		p[i] = (unsigned char)carry;
		carry >>= 8;
	}
	while (n > 1 && p[n - 1] == sign && ((p[n - 2] ^ sign) & 0x80) == 0)
		n--;
	for (size_t i = 0; i < n / 2; i++) {
		unsigned char c = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = c;
	}
	return n;
}

size_t
decimal_bytes(const struct decimal *d, unsigned char *out)
{
	struct digits digits = { d->whole, d->fraction };
	uint64_t scale, v = take(&digits, 18, &scale);
	size_t n = 2;

	limb_put(out, (uint32_t)v);
	limb_put(out + 4, (uint32_t)(v >> 32));
	while (digits.now.len || digits.next.len) {
		v = take(&digits, 9, &scale);
		n = multiply_add(out, n, (uint32_t)scale, (uint32_t)v);
	}
	return finish(out, 4 * n, d->negative);
}

/* The fraction of a number below one, without zeros in front; at least "0". */
static struct span
significant(struct span fraction)
{
	while (fraction.len > 1 && fraction.p[0] == '0') {
		fraction.p++;
		fraction.len--;
	}
	return fraction;
}

void
decimal_put(struct buf *b, const struct decimal *d)
{
	struct span s = significant(d->fraction);
	size_t zeros = d->fraction.len - s.len;

	if (d->negative)
		buf_putc(b, '-');
	/* Java: an exponent if the first digit stands below 1E-6. */
	if (d->whole.len == 0 && zeros >= 6) {
		buf_putc(b, s.p[0]);
		if (s.len > 1) {
			buf_putc(b, '.');
			buf_put(b, s.p + 1, s.len - 1);
		}
		buf_printf(b, "E-%zu", zeros + 1);
		return;
	}
	if (d->whole.len)
		buf_put_span(b, d->whole);
	else
		buf_putc(b, '0');
	if (d->fraction.len) {
		buf_putc(b, '.');
		buf_put_span(b, d->fraction);
	}
}
