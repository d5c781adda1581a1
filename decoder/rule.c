#include "rule.h"

#include "source_type.h"

#define PREFIX "__debezium.source.column."

static struct span
full_name(const struct rule_column *c, struct span last, struct arena *a)
{
	return arena_printf(a, "%.*s.%.*s.%.*s", SPAN_ARG(c->relation->schema),
		SPAN_ARG(c->relation->name), SPAN_ARG(last));
}

static const struct rule *
choose(const struct rule_set *set, const struct rule_column *c,
	const struct source_type *type, struct arena *a)
{
	struct span name = full_name(c, c->column->name, a);
	struct span by_type = full_name(c, type->name, a);

	for (size_t i = 0; i < set->count && name.p && by_type.p; i++) {
		const struct rule *r = &set->rules[i];

		if (filter_pass(r->columns, r->by_type ? by_type : name))
			return r;
	}
	return NULL;
}

static struct span
upper_case(struct span s, struct arena *a)
{
	struct span copy = arena_copy(a, s);
	char *p = (char *)copy.p;

	for (size_t i = 0; p && i < copy.len; i++)
		if (p[i] >= 'a' && p[i] <= 'z')
			p[i] += 'A' - 'a';
	return copy;
}

static void
tell_source_type(struct rule_column *c, const struct source_type *type,
	struct arena *a)
{
	struct schema *s = schema_copy(a, c->mapping->schema);

	if (!s)
		return;
	schema_add_param(a, s, span_of(PREFIX "type"), upper_case(type->name, a));
	schema_add_param(a, s, span_of(PREFIX "length"),
		arena_printf(a, "%d", (int)type->length));
	schema_add_param(a, s, span_of(PREFIX "scale"),
		arena_printf(a, "%d", (int)type->scale));
	if (c->comment.len)
		schema_add_param(a, s, span_of(PREFIX "comment"),
			arena_copy(a, c->comment));
	schema_add_param(a, s, span_of(PREFIX "name"),
		arena_copy(a, c->column->name));
	c->mapping->schema = s;
}

bool
rule_apply(const struct rule_set *set, struct rule_column *c, struct arena *a)
{
	struct source_type type;
	const struct rule *r;

	if (!set->count)
		return true;
	type = source_type_of(c->facts, c->column->type, c->column->typmod, a);
	r = choose(set, c, &type, a);
	if (!r)
		return true;
	if (r->source_type) {
		tell_source_type(c, &type, a);
		return true;
	}
	return mask_apply(&r->mask, type.length, a, c->mapping, c->missing,
		c->null) || r->mask.kind == MASK_TRUNCATE;
}
