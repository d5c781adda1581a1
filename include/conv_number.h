/*
 * conv_number: integers, booleans, floats, numeric and money.
 *
 * Each extern is a conv_fn (see conv.h); `precision` is not used by any of
 * them, `scale` only where it is named. Those that do not name it accept a
 * NULL `c`. An empty result means NULL: the value has no place in the type.
 */
#ifndef CONV_NUMBER_H
#define CONV_NUMBER_H

#include "conv.h"

/* int2, int4, int8, oid, xid: VALUE_DIGITS, the text itself. */
int conv_number_int(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f);

/* bool: VALUE_BOOL of t, f, true, false. */
int conv_number_bool(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f);

/*
 * float4 and float8: VALUE_FLOAT in Java's form. PostgreSQL's text is already
 * the shortest, so its digits are only rearranged. A text with more digits
 * than the type holds (a literal in a default) is rounded to the type first.
 * float8 serves any other text of a double, such as a point's coordinate.
 */
int conv_number_float4(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f);
int conv_number_float8(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f);

/*
 * numeric(p,s), decimal mode precise: VALUE_DECIMAL with exactly `scale`
 * (>= 0) digits, padded or rounded half up; NULL for NaN and infinities.
 */
int conv_number_decimal(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f);

/*
 * numeric without a scale, precise: VALUE_STRUCT of VariableScaleDecimal,
 * {VALUE_INT scale, VALUE_BYTES unscaled}, zeros at the end of the fraction
 * dropped; NULL for NaN and infinities.
 */
int conv_number_variable(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f);

/* numeric, decimal mode double: VALUE_FLOAT, correctly rounded. */
int conv_number_double(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f);

/*
 * numeric, decimal mode string: VALUE_STRING, padded to at least `scale`
 * digits (0 without one), never rounded; NAN, POSITIVE_INFINITY,
 * NEGATIVE_INFINITY.
 */
int conv_number_string(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f);

/*
 * money in any usual lc_monetary: "$1,234.11", "-$5.00", "($1.00)",
 * "1.234,11 EUR". `scale` is money.fraction.digits: VALUE_DECIMAL is rounded
 * half up to it; VALUE_FLOAT and VALUE_STRING have the digits of the text.
 */
int conv_number_money(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f);
int conv_number_money_double(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f);
int conv_number_money_string(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f);

#endif
