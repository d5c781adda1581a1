/*
 * types: the one table from PostgreSQL type to schema and converter.
 *
 * Adding a type is one line in the table and at most one converter. Domains
 * resolve to their root type with its typmod. Built-in types are known by
 * OID, those of extensions by name from the facts.
 * The mapping is that of docs/COMPATIBILITY.md.
 */
#ifndef TYPES_H
#define TYPES_H

#include "conv.h"
#include "facts.h"

enum decimal_mode { DECIMAL_PRECISE, DECIMAL_DOUBLE, DECIMAL_STRING };
enum time_mode {
	TIME_ADAPTIVE, TIME_ADAPTIVE_MICROSECONDS, TIME_CONNECT,
	TIME_ISOSTRING, TIME_MICROSECONDS, TIME_NANOSECONDS
};
enum interval_mode { INTERVAL_NUMERIC, INTERVAL_STRING };
enum hstore_mode { HSTORE_JSON, HSTORE_MAP };
enum binary_mode { BINARY_BYTES, BINARY_BASE64, BINARY_BASE64_URL_SAFE, BINARY_HEX };

struct type_modes {
	enum decimal_mode decimal;
	enum time_mode time;
	enum interval_mode interval;
	enum hstore_mode hstore;
	enum binary_mode binary;
	bool include_unknown;
	int money_digits;	/* money.fraction.digits */
	struct span unavailable;	/* placeholder of an unchanged TOAST value */
};

struct type_mapping {
	const struct schema *schema;	/* without a default */
	const struct conv *conv;
	struct value unavailable;	/* for an unchanged TOAST value; may be NULL */
	struct value missing;		/* of a NOT NULL column that was not sent */
	bool text;			/* char-family: may be masked */
};

/*
 * Maps a column type. Results live in `a`. 1: mapped; 0: the type is left out
 * of the row; -1 on failure (arena).
 */
int types_map(const struct type_modes *modes, const struct facts *facts,
	uint32_t oid, int32_t typmod, bool optional, struct arena *a,
	struct type_mapping *out, struct fail *f);

/* "int4", "numeric", "public.mood", for messages; "type 1234" if unknown. In `a`. */
struct span types_name(const struct facts *facts, uint32_t oid, struct arena *a);

#endif
