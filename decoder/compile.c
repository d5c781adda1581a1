#include "compile.h"

#include <stdlib.h>

#include "defaults.h"
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

static bool
wanted(const struct draft *d, struct span column)
{
	struct span name;

	if (!d->options->columns)
		return true;
	name = arena_printf(d->a, "%.*s.%.*s.%.*s",
		SPAN_ARG(d->relation->schema), SPAN_ARG(d->relation->name),
		SPAN_ARG(column));
	return name.p && filter_pass(d->options->columns, name);
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

static int
add_column(struct draft *d, uint16_t index, struct fail *f)
{
	const struct pgoutput_column *def = &d->relation->cols[index];
	const struct column_fact *fact =
		facts_column(d->facts, def->name, def->type);
	struct plan_column *column = &d->columns[d->plan->ncolumns];
	int mapped;

	column->index = index;
	column->name = arena_copy(d->a, def->name);
	column->not_null = fact && fact->not_null &&
		!(d->relaxed && d->relaxed[index]);
	mapped = types_map(&d->options->types, d->facts, def->type,
		def->typmod, !column->not_null, d->a, &column->type, f);
	if (mapped == -1)
		return fail_context(f, "column \"%.*s\"", SPAN_ARG(def->name));
	if (mapped == 0) {
		d->left_out[d->plan->nleft_out++] = (struct plan_left_out){
			column->name, types_name(d->facts, def->type, d->a) };
		return 0;
	}
	column->missing = column->not_null ? column->type.missing : value_null();
	d->plan->ncolumns++;
	if (fact && fact->dflt.p && !fact->generated &&
	    add_default(d, column, def, fact->dflt, f) == -1)
		return fail_context(f, "default of column \"%.*s\"",
			SPAN_ARG(def->name));
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
	return 0;
}

/* Plan column of that name, or -1. */
static int
find_column(const struct draft *d, struct span name)
{
	for (size_t i = 0; i < d->plan->ncolumns; i++)
		if (span_eq(d->columns[i].name, name))
			return (int)i;
	return -1;
}

static bool
is_identity(const struct draft *d, size_t column)
{
	return d->relation->cols[d->columns[column].index].identity;
}

/*
 * Takes the named columns as the key if all of them are there and, where the
 * message tells the identity columns, they are the same set: so an index of
 * today does not become the key of a row from before it was made.
 */
static bool
take_named(struct draft *d, uint16_t *key, const struct column_names *names,
	bool must_be_identity)
{
	for (size_t i = 0; i < names->count; i++) {
		int column = find_column(d, names->names[i]);

		if (column == -1 ||
		    (must_be_identity && !is_identity(d, (size_t)column)))
			return false;
		key[i] = (uint16_t)column;
	}
	d->plan->nkey = names->count;
	return names->count > 0;
}

/* The identity columns that the message flags, in table order. */
static void
take_flagged(struct draft *d, uint16_t *key)
{
	for (size_t i = 0; i < d->plan->ncolumns; i++)
		if (is_identity(d, i))
			key[d->plan->nkey++] = (uint16_t)i;
}

static size_t
count_flagged(const struct draft *d)
{
	size_t n = 0;

	for (uint16_t i = 0; i < d->relation->ncols; i++)
		n += d->relation->cols[i].identity;
	return n;
}

/*
 * The key: with REPLICA IDENTITY USING INDEX that index, for the server sends
 * nothing else of an old row; otherwise the primary key, then a unique index.
 * Under DEFAULT and INDEX the message says which columns, the catalogue only
 * their order.
 */
static void
choose_key(struct draft *d)
{
	bool by_index = d->relation->replica_identity == 'i';
	bool told = by_index || d->relation->replica_identity == 'd';
	size_t flagged = told ? count_flagged(d) : 0;
	const struct column_names *names = by_index ?
		&d->facts->identity : &d->facts->primary_key;
	uint16_t *key = arena_zero(d->a, d->relation->ncols + 1u, sizeof *key);

	if (!key)
		return;
	d->plan->key = key;
	if (flagged) {
		if (names->count != flagged || !take_named(d, key, names, true)) {
			d->plan->nkey = 0;
			take_flagged(d, key);
		}
	} else if (!by_index && !take_named(d, key, names, false) &&
		   !take_named(d, key, &d->facts->unique, false)) {
		d->plan->nkey = 0;
	}
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
	plan->topic = route_topic(d.a, options->prefix, options->delimiter,
		relation->schema, relation->name);
	if (add_columns(&d, f) == -1)
		goto failed;
	choose_key(&d);
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
