/*
 * real: floating-point text in the form of java.lang.Double.toString.
 *
 * PostgreSQL prints the shortest text that reads back as the same number, so
 * as a rule its digits are only rearranged. A text is rounded to the binary
 * type, and the shortest found again, only where it is not known to be that:
 * more digits than the type tells apart, or an exponent at its edges.
 * Texts are read and printed in the C locale, which nothing here changes.
 */
#ifndef REAL_H
#define REAL_H

#include "arena.h"
#include "fail.h"
#include "value.h"

enum real_source {
	REAL_SINGLE,		/* a float4 */
	REAL_DOUBLE,		/* a float8 */
	REAL_EXACT		/* any decimal text, to be shown as a double */
};

/* NaN, Infinity or -Infinity. */
bool real_is_special(struct span text);

/*
 * VALUE_FLOAT of a text, [-]digits[.digits][e[+-]digits] or a special one;
 * it borrows from `a`, or is a special text itself. 0; or -1 with FAIL_FATAL
 * for any other text or without memory.
 */
int real_value(struct span text, enum real_source source, struct arena *a,
	struct value *out, struct fail *f);

/* VALUE_FLOAT of a number that has been computed; NULL if `a` has failed. */
struct value real_of_double(double x, struct arena *a);

#endif
