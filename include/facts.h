/*
 * facts: what only the catalogue knows of a relation and its types.
 *
 * Plain data, filled by agent/catalog (or by a test) and read by types and
 * plan. A span with p = NULL is absent. Facts describe the catalogue of now;
 * the relation message describes the table at that point of the log. They are
 * joined by column name and type, so that today's catalogue cannot describe
 * yesterday's column.
 */
#ifndef FACTS_H
#define FACTS_H

#include <stdint.h>

#include "arena.h"

struct type_fact {		/* a row of pg_type with what hangs on it */
	uint32_t oid;
	struct span schema, name;
	char type;		/* pg_type.typtype: b c d e m p r */
	char category;		/* pg_type.typcategory */
	uint32_t elem;		/* arrays: OID of the element type, else 0 */
	char delimiter;		/* arrays: typdelim of the element type */
	uint32_t base;		/* domains: typbasetype, else 0 */
	int32_t base_typmod;	/* domains: typtypmod */
	const struct span *labels;	/* enums, in enumsortorder */
	size_t nlabels;
};

struct column_fact {
	struct span name;
	uint32_t type;
	int32_t typmod;
	bool not_null;
	bool generated;		/* GENERATED ALWAYS AS (...) STORED */
	bool identity;		/* GENERATED ... AS IDENTITY */
	struct span dflt;	/* pg_get_expr() of the default, absent if none */
	struct span comment;
};

/* Names of columns, in the order of the index. */
struct column_names {
	const struct span *names;
	size_t count;
};

struct facts {
	uint32_t relid;
	bool found;		/* false: dropped since; below, only the types are filled */
	struct span schema, table, comment;
	char kind;		/* pg_class.relkind */
	char replica_identity;	/* pg_class.relreplident */
	const struct column_fact *columns;
	size_t ncolumns;
	struct column_names primary_key;
	/*
	 * Without a primary key: the unique index on which the table is clustered,
	 * or the first by name; none with expressions. With its INCLUDE columns.
	 */
	struct column_names unique;
	struct column_names identity;	/* REPLICA IDENTITY USING INDEX */
	/* Every type that the columns use, with their elements and bases. */
	const struct type_fact *types;
	size_t ntypes;
};

/* NULL if there is none. */
const struct type_fact *facts_type(const struct facts *f, uint32_t oid);
/* By name and type, see above. */
const struct column_fact *facts_column(const struct facts *f, struct span name,
	uint32_t type);
/* True if both say the same, so that a plan need not be rebuilt. */
bool facts_equal(const struct facts *a, const struct facts *b);

/* A deep copy with all of its memory in `a`. 0, or -1 when the arena has failed. */
int facts_copy(struct arena *a, const struct facts *from, struct facts *to);

#endif
