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

#include "facts.h"
#include "mapping.h"

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
refine_fn refine_hstore;
refine_fn refine_money;
refine_fn refine_int2vector;
refine_fn refine_numeric;
refine_fn refine_oidvector;
refine_fn refine_sparsevec;
refine_fn refine_vector;

/* Makes it this type; `missing` becomes the neutral value of it. */
void refine_to(struct refine *b, enum schema_type type, const char *semantic,
	conv_fn *fn);
/* A struct of these fields in place of the schema; NULL when the arena has failed. */
struct refine_field {
	const char *name;
	enum schema_type type;
	bool optional;
};

struct schema *refine_struct(struct refine *b, const char *doc,
	const struct refine_field *fields, size_t n);
/* The converter of a double, for parts of a value. */
const struct conv *refine_double(void);
/* The configured placeholder as a string. */
struct value refine_placeholder(const struct refine *b);

#endif
