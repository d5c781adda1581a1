#include "plan.h"

#include <stdlib.h>

void
plan_free(struct plan *plan)
{
	if (!plan)
		return;
	arena_release(&plan->arena);
	free(plan);
}

static int
convert(const struct plan_column *c, const struct pgoutput_value *v,
	struct arena *a, struct value *out, struct fail *f)
{
	struct span text = { v->p, v->len };

	if (v->kind == PGOUTPUT_BINARY)
		return fail_set(f, FAIL_PROTOCOL,
			"column \"%.*s\": binary value, but text was asked for",
			SPAN_ARG(c->name));
	if (c->type.conv->fn(c->type.conv, text, a, out, f) == -1)
		return fail_context(f, "column \"%.*s\"", SPAN_ARG(c->name));
	return 0;
}

static int
column_value(const struct plan_column *c, const struct pgoutput_tuple *tuple,
	const struct pgoutput_tuple *old_row, struct arena *a,
	struct value *out, struct fail *f)
{
	const struct pgoutput_value *v = &tuple->cols[c->index];

	if (v->kind == PGOUTPUT_UNCHANGED && old_row &&
	    old_row->cols[c->index].kind == PGOUTPUT_TEXT)
		v = &old_row->cols[c->index];
	switch (v->kind) {
	case PGOUTPUT_NULL:
		if (tuple->image == PGOUTPUT_KEY)
			*out = c->missing;	/* not sent is not NULL */
		else if (c->not_null)
			return PLAN_RELAX;
		else
			*out = value_null();
		return 0;
	case PGOUTPUT_UNCHANGED:
		*out = c->type.unavailable;
		break;
	default:
		if (convert(c, v, a, out, f) == -1)
			return -1;
	}
	/* A value that the type's schema cannot hold, such as NaN as a decimal, is null. */
	return out->kind == VALUE_NULL && c->not_null ? PLAN_RELAX : 0;
}

static int
check_width(const struct plan *plan, const struct pgoutput_tuple *tuple,
	const struct pgoutput_tuple *old_row, struct fail *f)
{
	uint16_t n = plan->tuple_columns;

	if (tuple->ncols != n || (old_row && old_row->ncols != n))
		return fail_set(f, FAIL_PROTOCOL,
			"row of %u columns where the relation has %u",
			tuple->ncols != n ? tuple->ncols : old_row->ncols, n);
	return 0;
}

/* Converts `count` columns, all of them or those that `which` lists. */
static int
convert_columns(const struct plan *plan, const uint16_t *which, size_t count,
	const struct pgoutput_tuple *tuple, const struct pgoutput_tuple *old_row,
	struct arena *a, struct value *out, uint16_t *column, struct fail *f)
{
	struct value *items;

	if (check_width(plan, tuple, old_row, f) == -1)
		return -1;
	items = arena_alloc(a, count * sizeof *items);
	if (!items)
		return fail_set(f, FAIL_FATAL, "row is larger than the memory for one");
	for (size_t i = 0; i < count; i++) {
		const struct plan_column *c = &plan->columns[which ? which[i] : i];
		int rc = column_value(c, tuple, old_row, a, &items[i], f);

		if (rc) {
			*column = c->index;
			return rc;
		}
	}
	*out = value_items(VALUE_STRUCT, items, count);
	return 0;
}

int
plan_row(const struct plan *plan, const struct pgoutput_tuple *tuple,
	const struct pgoutput_tuple *old_row, struct arena *a,
	struct value *out, uint16_t *column, struct fail *f)
{
	return convert_columns(plan, NULL, plan->ncolumns, tuple, old_row, a,
		out, column, f);
}

int
plan_key(const struct plan *plan, const struct pgoutput_tuple *tuple,
	const struct pgoutput_tuple *old_row, struct arena *a,
	struct value *out, uint16_t *column, struct fail *f)
{
	return convert_columns(plan, plan->key, plan->nkey, tuple, old_row, a,
		out, column, f);
}

bool
plan_key_changed(const struct plan *plan,
	const struct pgoutput_tuple *old_row, const struct pgoutput_tuple *new_row)
{
	if (!old_row || old_row->image == PGOUTPUT_NONE)
		return false;
	for (size_t i = 0; i < plan->nkey; i++) {
		uint16_t at = plan->columns[plan->key[i]].index;
		const struct pgoutput_value *o, *n;

		if (at >= old_row->ncols || at >= new_row->ncols)
			return false;
		o = &old_row->cols[at];
		n = &new_row->cols[at];
		if (n->kind == PGOUTPUT_UNCHANGED)
			continue;	/* a toasted key that stayed */
		if (o->kind != n->kind || (o->kind == PGOUTPUT_TEXT &&
		    (o->len != n->len || memcmp(o->p, n->p, o->len) != 0)))
			return true;
	}
	return false;
}
