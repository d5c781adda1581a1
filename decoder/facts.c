#include "facts.h"

const struct type_fact *
facts_type(const struct facts *f, uint32_t oid)
{
	for (size_t i = 0; i < f->ntypes; i++) {
		if (f->types[i].oid == oid)
			return &f->types[i];
	}
	return NULL;
}

const struct column_fact *
facts_column(const struct facts *f, struct span name, uint32_t type)
{
	for (size_t i = 0; i < f->ncolumns; i++) {
		if (f->columns[i].type == type &&
		    span_eq(f->columns[i].name, name))
			return &f->columns[i];
	}
	return NULL;
}

/* Absent and empty are different facts: a default of '' is a default. */
static bool
same_span(struct span a, struct span b)
{
	return !a.p == !b.p && span_eq(a, b);
}

static bool
same_spans(const struct span *a, size_t na, const struct span *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++) {
		if (!same_span(a[i], b[i]))
			return false;
	}
	return true;
}

static bool
same_names(const struct column_names *a, const struct column_names *b)
{
	return same_spans(a->names, a->count, b->names, b->count);
}

static bool
same_column(const struct column_fact *a, const struct column_fact *b)
{
	return same_span(a->name, b->name) && a->type == b->type &&
		a->typmod == b->typmod && a->not_null == b->not_null &&
		a->generated == b->generated && a->identity == b->identity &&
		same_span(a->dflt, b->dflt) && same_span(a->comment, b->comment);
}

static bool
same_type(const struct type_fact *a, const struct type_fact *b)
{
	return a->oid == b->oid && same_span(a->schema, b->schema) &&
		same_span(a->name, b->name) && a->type == b->type &&
		a->category == b->category && a->elem == b->elem &&
		a->delimiter == b->delimiter && a->base == b->base &&
		a->base_typmod == b->base_typmod &&
		same_spans(a->labels, a->nlabels, b->labels, b->nlabels);
}

/* Types come in no promised order. */
static bool
same_types(const struct facts *a, const struct facts *b)
{
	if (a->ntypes != b->ntypes)
		return false;
	for (size_t i = 0; i < a->ntypes; i++) {
		const struct type_fact *t = facts_type(b, a->types[i].oid);

		if (!t || !same_type(&a->types[i], t))
			return false;
	}
	return true;
}

bool
facts_equal(const struct facts *a, const struct facts *b)
{
	if (a->relid != b->relid || a->found != b->found ||
	    !same_span(a->schema, b->schema) ||
	    !same_span(a->table, b->table) ||
	    !same_span(a->comment, b->comment) || a->kind != b->kind ||
	    a->replica_identity != b->replica_identity ||
	    a->ncolumns != b->ncolumns)
		return false;
	for (size_t i = 0; i < a->ncolumns; i++) {
		if (!same_column(&a->columns[i], &b->columns[i]))
			return false;
	}
	return same_names(&a->primary_key, &b->primary_key) &&
		same_names(&a->unique, &b->unique) &&
		same_names(&a->identity, &b->identity) && same_types(a, b);
}

static void
copy_spans(struct arena *a, const struct span *from, size_t n,
	const struct span **to)
{
	struct span *copy = arena_zero(a, n, sizeof *copy);

	for (size_t i = 0; copy && i < n; i++)
		copy[i] = arena_copy(a, from[i]);
	*to = copy;
}

static void
copy_columns(struct arena *a, const struct facts *from, struct facts *to)
{
	struct column_fact *copy = arena_zero(a, from->ncolumns, sizeof *copy);

	for (size_t i = 0; copy && i < from->ncolumns; i++) {
		copy[i] = from->columns[i];
		copy[i].name = arena_copy(a, copy[i].name);
		copy[i].dflt = arena_copy(a, copy[i].dflt);
		copy[i].comment = arena_copy(a, copy[i].comment);
	}
	to->columns = copy;
}

static void
copy_types(struct arena *a, const struct facts *from, struct facts *to)
{
	struct type_fact *copy = arena_zero(a, from->ntypes, sizeof *copy);

	for (size_t i = 0; copy && i < from->ntypes; i++) {
		copy[i] = from->types[i];
		copy[i].schema = arena_copy(a, copy[i].schema);
		copy[i].name = arena_copy(a, copy[i].name);
		copy_spans(a, from->types[i].labels, from->types[i].nlabels,
			&copy[i].labels);
	}
	to->types = copy;
}

int
facts_copy(struct arena *a, const struct facts *from, struct facts *to)
{
	*to = *from;
	to->schema = arena_copy(a, from->schema);
	to->table = arena_copy(a, from->table);
	to->comment = arena_copy(a, from->comment);
	copy_columns(a, from, to);
	copy_types(a, from, to);
	copy_spans(a, from->primary_key.names, from->primary_key.count,
		&to->primary_key.names);
	copy_spans(a, from->unique.names, from->unique.count,
		&to->unique.names);
	copy_spans(a, from->identity.names, from->identity.count,
		&to->identity.names);
	return arena_failed(a) ? -1 : 0;
}
