#include "compile.h"

#include <stdlib.h>

#include "defaults.h"
#include "keys.h"
#include "plan_schema.h"
#include "route.h"

/* A table has at most 1600 columns; its schemas and texts fit well below this. */
#define PLAN_MEMORY_MAX (64u << 20)

/* What is handed around while a plan is compiled. */
struct draft {
	struct plan *plan;
	struct arena *a;
	const struct plan_options *options;
	const struct pgoutput_relation *relation;
	const struct facts *facts;
	const bool *relaxed;
	struct plan_column *columns;
	struct plan_left_out *left_out;
};

/* `filter` is not NULL. */
static bool
passes(const struct draft *d, const struct filter *filter, struct span column)
{
	struct span name = arena_printf(d->a, "%.*s.%.*s.%.*s",
		SPAN_ARG(d->relation->schema), SPAN_ARG(d->relation->name),
		SPAN_ARG(column));

	return name.p && filter_pass(filter, name);
}

static bool
wanted(const struct draft *d, struct span column)
{
	return !d->options->columns || passes(d, d->options->columns, column);
}

/* The default goes into the schema, and stands for a value that was not sent. */
static int
add_default(const struct draft *d, struct plan_column *column,
	const struct pgoutput_column *def, struct span expression,
	struct fail *f)
{
	struct value value, *kept;
	struct schema *schema;
	int has = defaults_value(&d->options->types, d->facts, def->type,
		def->typmod, &column->type, expression, d->a, &value, f);

	if (has != 1)
		return has;
	kept = arena_alloc(d->a, sizeof *kept);
	schema = schema_copy(d->a, column->type.schema);
	if (!kept || !schema)
		return 0;	/* the arena's failure is found at the end */
	*kept = value;
	schema->dflt = kept;
	column->type.schema = schema;
	if (column->not_null)
		column->missing = value;
	return 0;
}

/* The comment takes the place of what the type says of itself. */
static void
add_comment(const struct draft *d, struct plan_column *column,
	struct span comment)
{
	struct schema *schema;

	if (!d->options->comments || !comment.len)
		return;
	schema = schema_copy(d->a, column->type.schema);
	if (!schema)
		return;
	schema->doc = arena_copy(d->a, comment);
	column->type.schema = schema;
}

/* 1; 0: the type has no mapping. `known`: the facts say what it is. */
static int
make_column(const struct draft *d, uint16_t index, bool known,
	struct plan_column *column, struct fail *f)
{
	const struct pgoutput_column *def = &d->relation->cols[index];
	const struct column_fact *fact = known ?
		facts_column(d->facts, def->name, def->type) : NULL;
	int mapped;

	column->index = index;
	column->name = arena_copy(d->a, def->name);
	column->field = naming_field(d->options->field_names, column->name,
		d->a);
	column->not_null = fact && fact->not_null &&
		!(d->relaxed && d->relaxed[index]);
	mapped = types_map(&d->options->types, d->facts, def->type,
		def->typmod, !column->not_null, d->a, &column->type, f);
	if (mapped == -1)
		return fail_context(f, "column \"%.*s\"", SPAN_ARG(def->name));
	if (mapped == 0)
		return 0;
	if (d->options->json_arrays &&
	    passes(d, d->options->json_arrays, def->name))
		types_array_as_json(&d->options->types, d->a, &column->type);
	column->missing = column->not_null ? column->type.missing : value_null();
	if (fact && fact->dflt.p && !fact->generated &&
	    add_default(d, column, def, fact->dflt, f) == -1)
		return fail_context(f, "default of column \"%.*s\"",
			SPAN_ARG(def->name));
	if (fact)
		add_comment(d, column, fact->comment);
	return 1;
}

static void
apply_rules(struct draft *d, struct plan_column *column)
{
	const struct pgoutput_column *def = &d->relation->cols[column->index];
	const struct column_fact *fact = d->options->comments ?
		facts_column(d->facts, def->name, def->type) : NULL;
	struct rule_column c = {
		.relation = d->relation, .facts = d->facts, .column = def,
		.comment = fact ? fact->comment : (struct span){ NULL, 0 },
		.mapping = &column->type,
		.missing = &column->missing, .null = &column->null
	};

	column->unmasked = !rule_apply(&d->options->rules, &c, d->a);
}

static int
add_column(struct draft *d, uint16_t index, struct fail *f)
{
	struct plan_column *column = &d->columns[d->plan->ncolumns];
	int made = make_column(d, index, true, column, f);

	if (made == 1)
		apply_rules(d, column);
	if (made == 0)
		d->left_out[d->plan->nleft_out++] = (struct plan_left_out){
			column->name, types_name(d->facts,
				d->relation->cols[index].type, d->a) };
	else if (made == 1)
		d->plan->ncolumns++;
	return made == -1 ? -1 : 0;
}

/* Two columns that would have one name, for it has been adjusted. */
static int
check_fields(const struct draft *d, const struct plan_column *columns,
	size_t n, struct fail *f)
{
	if (d->options->field_names == NAMING_NONE)
		return 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (span_eq(columns[i].field, columns[j].field))
				return fail_set(f, FAIL_CONFIG,
					"columns \"%.*s\" and \"%.*s\" would both "
					"be called \"%.*s\": leave one out "
					"(format.column_exclude_list), rename it, or "
					"set format.field_name_adjustment_mode to "
					"another mode",
					SPAN_ARG(columns[j].name),
					SPAN_ARG(columns[i].name),
					SPAN_ARG(columns[i].field));
	return 0;
}

static int
add_columns(struct draft *d, struct fail *f)
{
	uint16_t n = d->relation->ncols;

	d->columns = arena_zero(d->a, n, sizeof *d->columns);
	d->left_out = arena_zero(d->a, n, sizeof *d->left_out);
	if (!d->columns || !d->left_out)
		return 0;
	d->plan->columns = d->columns;
	d->plan->left_out = d->left_out;
	for (uint16_t i = 0; i < n; i++)
		if (wanted(d, d->relation->cols[i].name) &&
		    add_column(d, i, f) == -1)
			return -1;
	return check_fields(d, d->columns, d->plan->ncolumns, f);
}

/*
 * The key: columns of their own, for what is left out of the row is still in
 * the key. Such a column is as unknown as one that is gone, and so optional.
 */
static int
add_key(struct draft *d, struct fail *f)
{
	const struct plan_options *o = d->options;
	struct plan_column *key;
	struct keys keys;

	keys_choose(o->keys, o->nkeys, d->relation, d->facts, d->a, &keys);
	key = arena_zero(d->a, keys.count, sizeof *key);
	if (!key)
		return 0;
	for (size_t i = 0; i < keys.count; i++) {
		uint16_t index = keys.columns[i];
		bool known = wanted(d, d->relation->cols[index].name);
		int made = make_column(d, index, known, &key[d->plan->nkey], f);

		if (made == -1)
			return -1;
		d->plan->nkey += made;
	}
	d->plan->key = key;
	d->plan->key_not_primary = keys.not_primary;
	d->plan->key_incomplete = d->plan->nkey < keys.count;
	return check_fields(d, key, d->plan->nkey, f);
}

struct plan *
compile_plan(const struct plan_options *options,
	const struct pgoutput_relation *relation, const struct facts *facts,
	const bool *relaxed, struct fail *f)
{
	struct plan *plan = calloc(1, sizeof *plan);
	struct draft d = {
		.plan = plan, .options = options, .relation = relation,
		.facts = facts, .relaxed = relaxed
	};

	if (!plan) {
		fail_set(f, FAIL_FATAL, "out of memory");
		return NULL;
	}
	d.a = &plan->arena;
	arena_init(d.a, PLAN_MEMORY_MAX);
	plan->relid = relation->relid;
	plan->tuple_columns = relation->ncols;
	plan->schema = arena_copy(d.a, relation->schema);
	plan->table = arena_copy(d.a, relation->name);
	plan->collection = arena_printf(d.a, "%.*s.%.*s",
		SPAN_ARG(relation->schema), SPAN_ARG(relation->name));
	if (options->comments && facts->comment.len)
		plan->comment = arena_copy(d.a, facts->comment);
	plan->topic = route_topic(d.a, options->prefix, options->delimiter,
		relation->schema, relation->name);
	if (add_columns(&d, f) == -1 || add_key(&d, f) == -1)
		goto failed;
	if (!arena_failed(d.a) && plan_schema_compile(plan, options, f) == -1)
		goto failed;
	if (arena_failed(d.a)) {
		fail_set(f, FAIL_FATAL, "more than %u MiB for the schemas",
			PLAN_MEMORY_MAX >> 20);
		goto failed;
	}
	return plan;
failed:
	fail_context(f, "table %.*s.%.*s", SPAN_ARG(relation->schema),
		SPAN_ARG(relation->name));
	plan_free(plan);
	return NULL;
}
