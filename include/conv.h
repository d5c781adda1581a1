/*
 * conv: text form of one PostgreSQL type to a value.
 *
 * A converter is a const object: a function and its parameters, compiled once
 * per column by types. The text is PostgreSQL's output under the pinned
 * session settings (ISO dates in UTC, IntervalStyle postgres, hex bytea,
 * extra_float_digits 3). NULL never reaches a converter.
 */
#ifndef CONV_H
#define CONV_H

#include "arena.h"
#include "fail.h"
#include "schema.h"
#include "value.h"

struct conv;

/*
 * Converts `text`; the value may borrow from `text` and from `a`. 0; or -1
 * with FAIL_FATAL if the text is not one of the type's (never for a value
 * that merely does not fit: then the value is NULL, as the mapping says).
 */
typedef int conv_fn(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f);

struct conv {
	conv_fn *fn;
	const struct conv *item;	/* arrays: of the element; maps: of the value */
	const struct schema *schema;	/* of the result; composites need its fields */
	int32_t precision, scale;	/* meaning belongs to the function */
	char delimiter;			/* arrays */
};

#endif
