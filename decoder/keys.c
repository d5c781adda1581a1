#include "keys.h"

struct choice {
	const struct pgoutput_relation *relation;
	const struct facts *facts;
	uint16_t *columns;	/* room for all of the relation's */
	size_t count;
};

/* Column of that name, or -1. */
static int
find_column(const struct choice *c, struct span name)
{
	for (uint16_t i = 0; i < c->relation->ncols; i++)
		if (span_eq(c->relation->cols[i].name, name))
			return i;
	return -1;
}

static bool
has(const struct choice *c, uint16_t column)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->columns[i] == column)
			return true;
	return false;
}

/*
 * Takes the named columns as the key if all of them are there and, where the
 * message tells the identity columns, they are the same set: so an index of
 * today does not become the key of a row from before it was made.
 */
static bool
take_named(struct choice *c, const struct column_names *names,
	bool must_be_identity)
{
	c->count = 0;
	for (size_t i = 0; i < names->count; i++) {
		int column = find_column(c, names->names[i]);

		if (column == -1 || (must_be_identity &&
		    !c->relation->cols[column].identity)) {
			c->count = 0;
			return false;
		}
		c->columns[c->count++] = (uint16_t)column;
	}
	return c->count > 0;
}

/* The identity columns that the message flags, in table order. */
static void
take_flagged(struct choice *c)
{
	c->count = 0;
	for (uint16_t i = 0; i < c->relation->ncols; i++)
		if (c->relation->cols[i].identity)
			c->columns[c->count++] = i;
}

static size_t
count_flagged(const struct choice *c)
{
	size_t n = 0;

	for (uint16_t i = 0; i < c->relation->ncols; i++)
		n += c->relation->cols[i].identity;
	return n;
}

/* "schema.table.column" of each column. NULL when the arena has failed. */
static const struct span *
full_names(const struct choice *c, struct arena *a)
{
	const struct pgoutput_relation *r = c->relation;
	struct span *names = arena_zero(a, r->ncols, sizeof *names);

	for (uint16_t i = 0; names && i < r->ncols; i++)
		names[i] = arena_printf(a, "%.*s.%.*s.%.*s",
			SPAN_ARG(r->schema), SPAN_ARG(r->name),
			SPAN_ARG(r->cols[i].name));
	return names;
}

/* In the order of the patterns, within each in that of the table, once each. */
static void
take_matching(struct choice *c, const struct filter *const *patterns,
	size_t npatterns, struct arena *a)
{
	const struct span *names = npatterns ? full_names(c, a) : NULL;

	if (!names || arena_failed(a))
		return;
	for (size_t p = 0; p < npatterns; p++)
		for (uint16_t i = 0; i < c->relation->ncols; i++)
			if (!has(c, i) && filter_pass(patterns[p], names[i]))
				c->columns[c->count++] = i;
}

static void
take_own(struct choice *c)
{
	bool by_index = c->relation->replica_identity == 'i';
	bool told = by_index || c->relation->replica_identity == 'd';
	size_t flagged = told ? count_flagged(c) : 0;
	const struct column_names *names = by_index ?
		&c->facts->identity : &c->facts->primary_key;

	if (flagged) {
		if (names->count != flagged || !take_named(c, names, true))
			take_flagged(c);
	} else if (!by_index && !take_named(c, &c->facts->primary_key, false)) {
		take_named(c, &c->facts->unique, false);
	}
}

static bool
beside_primary(const struct choice *c)
{
	const struct column_names *primary = &c->facts->primary_key;

	if (c->relation->replica_identity != 'i' || !primary->count)
		return false;
	for (size_t i = 0; i < primary->count; i++) {
		int column = find_column(c, primary->names[i]);

		if (column == -1 || !has(c, (uint16_t)column))
			return true;
	}
	return primary->count != c->count;
}

void
keys_choose(const struct filter *const *patterns, size_t npatterns,
	const struct pgoutput_relation *relation, const struct facts *facts,
	struct arena *a, struct keys *out)
{
	struct choice c = { .relation = relation, .facts = facts };

	*out = (struct keys){ .columns = NULL };
	c.columns = arena_zero(a, relation->ncols + 1u, sizeof *c.columns);
	if (!c.columns)
		return;
	take_matching(&c, patterns, npatterns, a);
	if (!c.count) {
		take_own(&c);
		out->not_primary = c.count && beside_primary(&c);
	}
	out->columns = c.columns;
	out->count = c.count;
}
