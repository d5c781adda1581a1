/*
 * refine: what the modes and the typmod make of each family of types.
 *
 * A type starts as its row of the table in types says; a refine function
 * then changes schema, converter and stand-ins in place. The stand-ins are
 * `missing` (for a NOT NULL column that was not sent) and `unavailable` (for
 * a value left out because it is out of line and unchanged). When the arena
 * fails the result is incomplete, and the arena says so.
 */
#ifndef REFINE_H
#define REFINE_H

#include "types.h"

/* What a column's mapping is made from, and what it has become so far. */
struct refine {
	const struct type_modes *modes;
	const struct facts *facts;
	struct arena *a;
	int32_t typmod;
	bool optional;
	struct schema *schema;
	struct conv *conv;
	struct type_mapping *out;
};

typedef void refine_fn(struct refine *b);

refine_fn refine_bits;
refine_fn refine_bytes;		/* bytea and unknown types: binary.handling.mode */
refine_fn refine_date;
refine_fn refine_geography;
refine_fn refine_geometry;
refine_fn refine_hstore;
refine_fn refine_interval;
refine_fn refine_money;
refine_fn refine_numeric;
refine_fn refine_point;
refine_fn refine_sparsevec;
refine_fn refine_time;
refine_fn refine_timestamp;
refine_fn refine_timestamptz;
refine_fn refine_timetz;
refine_fn refine_vector;

/* Makes it this type; `missing` becomes the neutral value of it. */
void refine_to(struct refine *b, enum schema_type type, const char *semantic,
	conv_fn *fn);
/* The configured placeholder as a string. */
struct value refine_placeholder(const struct refine *b);

#endif
