/*
 * plan: a relation and its facts, compiled.
 *
 * A plan answers everything about a table that does not change from row to
 * row: its topic, which columns take part and how each is converted, the key,
 * the schemas, and the constant bytes of its records. It is const once built
 * and owns all of its memory; options only borrowed while it is compiled are
 * copied, those in `options` outlive it.
 */
#ifndef PLAN_H
#define PLAN_H

#include "filter.h"
#include "json.h"
#include "naming.h"
#include "pgoutput.h"
#include "rule.h"
#include "types.h"

struct plan_options {
	struct type_modes types;
	struct json_options json, key_json;	/* of values, of keys */
	struct json_options link_json;	/* of keys in headers */
	struct span prefix, delimiter, database, version;
	struct span transaction_topic;	/* behind prefix and delimiter */
	struct span run_id;		/* of this process, for the context headers */
	bool key_schemas, value_schemas;
	bool headers_json, header_schemas;	/* else text, as Connect's default */
	bool extended_headers;
	bool tombstones;
	const struct filter *columns;	/* schema.table.column; NULL: all */
	const struct filter *json_arrays;	/* columns whose arrays become JSON; NULL: none */
	const struct filter *const *keys;	/* message_key_columns, see keys.h */
	size_t nkeys;
	struct rule_set rules;		/* masks and source types of columns */
	enum naming schema_names, field_names;
	bool comments;			/* of columns and table, as doc */
};

struct plan_column {
	uint16_t index;			/* in the tuple */
	bool not_null;
	bool unmasked;			/* a mask was asked for, its type has none */
	struct span name;		/* in the database */
	struct span field;		/* in the schema */
	struct type_mapping type;
	struct value missing;		/* when not sent: its default, fall-back or NULL */
	struct value null;		/* for NULL: NULL, unless a mask hides it */
};

struct plan_left_out {			/* a column without a mapping */
	struct span column, type;
};

struct plan {
	struct arena arena;
	uint32_t relid;
	struct span schema, table;	/* names in the database */
	struct span comment;		/* on the table, to be told; absent otherwise */
	struct span collection;		/* "schema.table" */
	struct span topic;
	uint16_t tuple_columns;		/* what a tuple of this relation must have */
	const struct plan_column *columns;
	size_t ncolumns;
	const struct plan_column *key;	/* of their own, also when left out of the row */
	size_t nkey;			/* 0: no key */
	bool key_not_primary;		/* an identity's index, beside another primary key */
	bool key_incomplete;		/* a column of it has a type without a mapping */
	const struct plan_left_out *left_out;
	size_t nleft_out;
	const struct schema *key_schema, *row_schema;
	/* Constant JSON; a head ends where the first varying byte begins. */
	struct span key_head, key_tail;
	struct span value_head, value_tail;
	struct span link_head, link_tail;	/* around a key in a header */
	struct span source_table;	/* source block from `,"schema":` up to the txId */
};

/* NULL is fine. */
void plan_free(struct plan *plan);

enum { PLAN_RELAX = 1 };

/*
 * Converts a tuple into a struct value of row_schema, in `a`. An unchanged
 * TOAST value is taken from `old_row` (may be NULL) or becomes the placeholder.
 * 0; PLAN_RELAX with the tuple column in `*column` when a NULL stands in a
 * NOT NULL column; -1 with the column named in `f`.
 */
int plan_row(const struct plan *plan, const struct pgoutput_tuple *tuple,
	const struct pgoutput_tuple *old_row, struct arena *a,
	struct value *out, uint16_t *column, struct fail *f);

/* The same for the key columns, as a struct value of key_schema. */
int plan_key(const struct plan *plan, const struct pgoutput_tuple *tuple,
	const struct pgoutput_tuple *old_row, struct arena *a,
	struct value *out, uint16_t *column, struct fail *f);

/*
 * True if the old image is known to have another key than the new row: as
 * converted, so 1.0 and 1.00 may be the same, and what was not sent counts as
 * the value that stands for it.
 */
bool plan_key_changed(const struct plan *plan,
	const struct pgoutput_tuple *old_row, const struct pgoutput_tuple *new_row);
/* The same for the columns of the row that are published; true without an old image. */
bool plan_row_changed(const struct plan *plan,
	const struct pgoutput_tuple *old_row, const struct pgoutput_tuple *new_row);

#endif
