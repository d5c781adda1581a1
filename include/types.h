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

#include "facts.h"
#include "mapping.h"

/*
 * Maps a column type. Results live in `a`. 1: mapped; 0: the type is left out
 * of the row; -1 on failure (arena).
 */
int types_map(const struct type_modes *modes, const struct facts *facts,
	uint32_t oid, int32_t typmod, bool optional, struct arena *a,
	struct type_mapping *out, struct fail *f);

/*
 * Makes the mapping of an array one of JSON text (io.debezium.data.Json), which
 * holds any number of dimensions. Another mapping stays as it is.
 */
void types_array_as_json(const struct type_modes *modes, struct arena *a,
	struct type_mapping *mapping);

/* "int4", "numeric", "public.mood", for messages; "type 1234" if unknown. In `a`. */
struct span types_name(const struct facts *facts, uint32_t oid, struct arena *a);

#endif
