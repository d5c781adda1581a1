/*
 * rule: which columns are masked, shortened, hashed or told the source type of.
 *
 * Rules are patterns on schema.table.column (or schema.table.type), and the
 * first that fits a column is the only one that counts for it, as in Debezium.
 * They touch the row alone: a key is always published as it is.
 */
#ifndef RULE_H
#define RULE_H

#include "filter.h"
#include "mask.h"
#include "pgoutput.h"

struct rule {
	const struct filter *columns;
	bool by_type;		/* `columns` is on schema.table.type */
	bool source_type;	/* type, length, scale and name as parameters, no mask */
	struct mask mask;
};

struct rule_set {		/* borrowed by the plans made with it */
	const struct rule *rules;	/* in the order in which they are tried */
	size_t count;
};

/* A column to apply them to, and what becomes of it. */
struct rule_column {
	const struct pgoutput_relation *relation;
	const struct pgoutput_column *column;
	const struct facts *facts;
	struct span comment;		/* to be told with the source type; may be absent */
	struct type_mapping *mapping;
	struct value *missing, *null;	/* stand-ins, see plan.h */
};

/*
 * False if a mask was asked for, and values stay as they are because of their
 * type. Memory is that of `a`, which says itself when it has failed.
 */
bool rule_apply(const struct rule_set *set, struct rule_column *c,
	struct arena *a);

#endif
