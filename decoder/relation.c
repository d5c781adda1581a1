#include "relation.h"

#include <stdlib.h>

#include "compile.h"

/* One relation's definition or facts: 1600 columns with long names and defaults. */
#define RELATION_MEMORY_MAX (16u << 20)

struct relation_set {
	struct relation **slots;	/* open addressing, a power of two */
	size_t size, count;
	struct relation *last;		/* the last hit: rows come in runs */
	struct relation *newest, *oldest;	/* those with plans, by their last use */
	size_t plans, plans_max;
};

struct relation_set *
relation_set_new(size_t plans)
{
	struct relation_set *rs = calloc(1, sizeof *rs);

	if (!rs)
		return NULL;
	rs->plans_max = plans;
	rs->size = 64;
	rs->slots = calloc(rs->size, sizeof *rs->slots);
	if (!rs->slots) {
		free(rs);
		return NULL;
	}
	return rs;
}

static void
relation_free(struct relation *r)
{
	if (!r)
		return;
	plan_free(r->plan);
	arena_release(&r->facts_arena);
	free(r->memory);
	free(r);
}

void
relation_set_free(struct relation_set *rs)
{
	if (!rs)
		return;
	for (size_t i = 0; i < rs->size; i++)
		relation_free(rs->slots[i]);
	free(rs->slots);
	free(rs);
}

/* The slot of `relid`, or the free one where it belongs. */
static struct relation **
slot_of(struct relation **slots, size_t size, uint32_t relid)
{
	size_t at = (relid * UINT32_C(2654435761)) & (size - 1);

	while (slots[at] && slots[at]->relid != relid)
		at = (at + 1) & (size - 1);
	return &slots[at];
}

/* Those without a plan go, if there is memory for a table without them. */
void
relation_set_reset(struct relation_set *rs)
{
	struct relation **slots = calloc(rs->size, sizeof *slots);

	rs->last = NULL;
	for (size_t i = 0; i < rs->size; i++) {
		struct relation *r = rs->slots[i];

		if (!r)
			continue;
		r->told = false;
		if (slots && r->plan) {
			*slot_of(slots, rs->size, r->relid) = r;
		} else if (slots) {
			relation_free(r);
			rs->count--;
		}
	}
	if (!slots)
		return;
	free(rs->slots);
	rs->slots = slots;
}

static void
link_newest(struct relation_set *rs, struct relation *r)
{
	r->newer = NULL;
	r->older = rs->newest;
	*(rs->newest ? &rs->newest->newer : &rs->oldest) = r;
	rs->newest = r;
}

static void
take_out(struct relation_set *rs, struct relation *r)
{
	*(r->newer ? &r->newer->older : &rs->newest) = r->older;
	*(r->older ? &r->older->newer : &rs->oldest) = r->newer;
}

static void
drop_plan(struct relation_set *rs, struct relation *r)
{
	if (!r->plan)
		return;
	take_out(rs, r);
	rs->plans--;
	plan_free(r->plan);
	r->plan = NULL;
	arena_release(&r->facts_arena);
}

void
relation_set_trim(struct relation_set *rs)
{
	while (rs->plans > rs->plans_max)
		drop_plan(rs, rs->oldest);
}

struct relation *
relation_get(struct relation_set *rs, uint32_t relid)
{
	struct relation *r = rs->last;

	if (r && r->relid == relid)
		return r;
	r = *slot_of(rs->slots, rs->size, relid);
	if (!r || !r->told)
		return NULL;
	rs->last = r;
	if (r->plan) {
		take_out(rs, r);
		link_newest(rs, r);
	}
	return r;
}

static int
grow(struct relation_set *rs)
{
	size_t size = rs->size * 2;
	struct relation **slots = calloc(size, sizeof *slots);

	if (!slots)
		return -1;
	for (size_t i = 0; i < rs->size; i++)
		if (rs->slots[i])
			*slot_of(slots, size, rs->slots[i]->relid) = rs->slots[i];
	free(rs->slots);
	rs->slots = slots;
	rs->size = size;
	return 0;
}

static struct relation *
add(struct relation_set *rs, uint32_t relid)
{
	struct relation **slot, *r;

	if (rs->count * 2 >= rs->size && grow(rs) == -1)
		return NULL;
	slot = slot_of(rs->slots, rs->size, relid);
	if (*slot)
		return *slot;
	r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->relid = relid;
	arena_init(&r->facts_arena, RELATION_MEMORY_MAX);
	*slot = r;
	rs->count++;
	return r;
}

static bool
same_definition(const struct pgoutput_relation *a,
	const struct pgoutput_relation *b)
{
	if (a->ncols != b->ncols || a->replica_identity != b->replica_identity ||
	    !span_eq(a->schema, b->schema) || !span_eq(a->name, b->name))
		return false;
	for (uint16_t i = 0; i < a->ncols; i++) {
		const struct pgoutput_column *x = &a->cols[i], *y = &b->cols[i];

		if (x->type != y->type || x->typmod != y->typmod ||
		    x->identity != y->identity || !span_eq(x->name, y->name))
			return false;
	}
	return true;
}

static struct span
put_name(char **text, struct span name)
{
	char *copy = mempcpy(*text, name.p, name.len);

	name.p = *text;
	*text = copy;
	return name;
}

/* In one piece, as small as it can be: there may be many of them. */
static int
copy_definition(struct relation *r, const struct pgoutput_relation *def)
{
	size_t size = 1 + def->ncols * (sizeof *def->cols + sizeof *r->relaxed) +
		def->schema.len + def->name.len;
	struct pgoutput_column *cols;
	char *text;

	for (uint16_t i = 0; i < def->ncols; i++)
		size += def->cols[i].name.len;
	free(r->memory);
	r->def = (struct pgoutput_relation){ .relid = def->relid };
	r->memory = size <= RELATION_MEMORY_MAX ? calloc(1, size) : NULL;
	if (!r->memory)
		return -1;
	cols = r->memory;
	r->relaxed = (bool *)(cols + def->ncols);
	text = (char *)(r->relaxed + def->ncols);
	r->def = *def;
	r->def.cols = cols;
	r->def.schema = put_name(&text, def->schema);
	r->def.name = put_name(&text, def->name);
	for (uint16_t i = 0; i < def->ncols; i++) {
		cols[i] = def->cols[i];
		cols[i].name = put_name(&text, def->cols[i].name);
	}
	return 0;
}

struct relation *
relation_tell(struct relation_set *rs, const struct pgoutput_relation *def,
	struct fail *f)
{
	struct relation *r = add(rs, def->relid);

	if (!r) {
		fail_set(f, FAIL_FATAL, "out of memory for the relations");
		return NULL;
	}
	r->told = true;
	rs->last = NULL;
	if (r->memory && same_definition(&r->def, def))
		return r;
	drop_plan(rs, r);
	if (copy_definition(r, def) == -1) {
		fail_set(f, FAIL_FATAL, "table %.*s.%.*s: out of memory for its columns",
			SPAN_ARG(def->schema), SPAN_ARG(def->name));
		return NULL;
	}
	return r;
}

static int
rebuild(struct relation *r, const struct plan_options *options, struct fail *f)
{
	struct plan *plan = compile_plan(options, &r->def, &r->facts, r->relaxed, f);

	if (!plan)
		return -1;
	plan_free(r->plan);
	r->plan = plan;
	return 0;
}

int
relation_facts(struct relation_set *rs, struct relation *r,
	const struct plan_options *options, const struct facts *facts,
	struct fail *f)
{
	if (r->plan && facts_equal(&r->facts, facts))
		return 0;
	drop_plan(rs, r);
	arena_reset(&r->facts_arena);
	if (facts_copy(&r->facts_arena, facts, &r->facts) == -1)
		return fail_set(f, FAIL_FATAL, "out of memory for the facts of %.*s.%.*s",
			SPAN_ARG(r->def.schema), SPAN_ARG(r->def.name));
	/* What was relaxed for the old facts may be stated differently by the new ones. */
	memset(r->relaxed, 0, r->def.ncols * sizeof *r->relaxed);
	if (rebuild(r, options, f) == -1)
		return -1;
	rs->plans++;
	link_newest(rs, r);
	return 1;
}

int
relation_relax(struct relation *r, const struct plan_options *options,
	uint16_t column, struct fail *f)
{
	r->relaxed[column] = true;
	return rebuild(r, options, f);
}
