/*
 * plan_schema: the schemas of a plan and the constant text of its records.
 *
 * The schema of the envelope (before, after, source, transaction, op, ts_*)
 * and the pieces of JSON between which envelope puts what varies.
 */
#ifndef PLAN_SCHEMA_H
#define PLAN_SCHEMA_H

#include "plan.h"

/* Fills the schemas and texts of a plan whose columns and key are chosen. 0 or -1. */
int plan_schema_compile(struct plan *plan, const struct plan_options *options,
	struct fail *f);

/* Schemas of the envelope's blocks, in `a`; NULL when the arena has failed. */
const struct schema *plan_schema_source(struct arena *a);
const struct schema *plan_schema_transaction(struct arena *a);

/* `{"schema":<s>,"payload":`, or nothing if `with_schema` is false. -1 on failure. */
int plan_schema_head(struct arena *a, bool with_schema,
	const struct json_options *o, const struct schema *s, struct span *out,
	struct fail *f);

#endif
