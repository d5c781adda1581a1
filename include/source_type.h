/*
 * source_type: a column's type as Debezium describes it: name, length, scale.
 *
 * Length and scale are those of the JDBC driver, for every type a number, with
 * its "no limit" of 2147483647. A domain has its own name and the numbers of
 * the type below it; an array has those of its elements.
 */
#ifndef SOURCE_TYPE_H
#define SOURCE_TYPE_H

#include "facts.h"

struct source_type {
	struct span name;	/* as in pg_type: int4, _int4, mood; in the arena */
	int32_t length, scale;
};

/* The name is absent when the arena has failed, "unknown" if nobody knows the type. */
struct source_type source_type_of(const struct facts *facts, uint32_t oid,
	int32_t typmod, struct arena *a);

#endif
