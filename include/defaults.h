/*
 * defaults: the text of a column default to the default of its schema.
 *
 * Literals ('a''b'::text, 12, true, '2020-01-01'::date, NULL::int) are taken
 * apart and converted as values are; function calls and other expressions
 * give the type's placeholder (0, "", false, epoch), as Debezium does.
 */
#ifndef DEFAULTS_H
#define DEFAULTS_H

#include "types.h"

/*
 * `expression` is pg_get_expr()'s text. 1 with the value in `out` (memory of
 * `a`); 0 if the schema has no default: NULL, or a type for which Debezium
 * gives none; -1 on failure.
 */
int defaults_value(const struct type_modes *modes, const struct facts *facts,
	uint32_t oid, int32_t typmod, const struct type_mapping *mapping,
	struct span expression, struct arena *a, struct value *out,
	struct fail *f);

#endif
