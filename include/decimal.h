/*
 * decimal: exact arithmetic on the text of a decimal number.
 *
 * A number is a sign and views of the digits on either side of the point. No
 * value is too long: everything works digit by digit, never through double.
 */
#ifndef DECIMAL_H
#define DECIMAL_H

#include "arena.h"
#include "buf.h"

struct decimal {
	bool negative;		/* never set for zero */
	struct span whole;	/* without leading zeros; may be empty */
	struct span fraction;	/* as written; its length is the scale */
};

/* Parses the whole of `s`: [-]digits[.digits]. False if it is anything else. */
bool decimal_parse(struct span s, struct decimal *out);

/* Drops zeros at the end of the fraction. */
void decimal_strip(struct decimal *d);

/*
 * Plain text with exactly `scale` (>= 0) digits after the point: padded, or
 * rounded half away from zero. In `a`; absent if the arena has failed.
 */
struct span decimal_text(const struct decimal *d, int32_t scale,
	struct arena *a);

/* Bytes that decimal_bytes may need for its work. */
size_t decimal_room(const struct decimal *d);

/*
 * The digits without the point, as a big-endian two's complement integer of
 * the fewest bytes (java.math.BigInteger.toByteArray). `out` has
 * decimal_room() bytes. Returns the length, at least 1.
 */
size_t decimal_bytes(const struct decimal *d, unsigned char *out);

/*
 * As java.math.BigDecimal.toString: the scale is kept ("12.50"), and a small
 * number has an exponent ("1E-10", "0E-7").
 */
void decimal_put(struct buf *b, const struct decimal *d);

#endif
