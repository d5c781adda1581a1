#include "tally.h"

#include <stdlib.h>

#include "arena.h"

/* Names of collections: some hundred thousand tables in one transaction. */
#define NAMES_MAX ((size_t)64 << 20)
#define FIRST_SIZE 16

struct tally {
	struct arena names;
	struct tally_entry *entries;	/* room for half of `size` */
	uint32_t *slots;		/* open addressing: index + 1, 0: free */
	size_t size, count;		/* of slots, a power of two; of entries */
	size_t current;			/* the entry met last; rows come in runs */
	uint64_t total;
};

struct tally *
tally_new(void)
{
	struct tally *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	arena_init(&t->names, NAMES_MAX);
	t->size = FIRST_SIZE;
	t->slots = calloc(t->size, sizeof *t->slots);
	t->entries = calloc(t->size / 2, sizeof *t->entries);
	if (!t->slots || !t->entries) {
		tally_free(t);
		return NULL;
	}
	return t;
}

void
tally_free(struct tally *t)
{
	if (!t)
		return;
	arena_release(&t->names);
	free(t->slots);
	free(t->entries);
	free(t);
}

void
tally_reset(struct tally *t)
{
	if (t->count)
		memset(t->slots, 0, t->size * sizeof *t->slots);
	arena_reset(&t->names);
	t->count = t->current = 0;
	t->total = 0;
}

/* FNV-1a. */
static size_t
hash(struct span name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.p[i]) * 16777619u;
	return h;
}

/* The slot of `name`, or the free one where it belongs. */
static uint32_t *
slot_of(const struct tally *t, struct span name)
{
	size_t at = hash(name) & (t->size - 1);

	while (t->slots[at] &&
	       !span_eq(t->entries[t->slots[at] - 1].name, name))
		at = (at + 1) & (t->size - 1);
	return &t->slots[at];
}

static int
grow(struct tally *t)
{
	size_t size = t->size * 2;
	struct tally_entry *entries;
	uint32_t *slots = calloc(size, sizeof *slots);

	if (!slots)
		return -1;
	entries = realloc(t->entries, size / 2 * sizeof *entries);
	if (!entries) {
		free(slots);
		return -1;
	}
	free(t->slots);
	t->slots = slots;
	t->entries = entries;
	t->size = size;
	for (size_t i = 0; i < t->count; i++)
		*slot_of(t, entries[i].name) = (uint32_t)i + 1;
	return 0;
}

static int
add(struct tally *t, struct span name, struct fail *f)
{
	struct span copy = arena_copy(&t->names, name);

	if (!copy.p || (t->count == t->size / 2 && grow(t) == -1))
		return fail_set(f, FAIL_FATAL, "no memory to count the events of "
			"a transaction over more than %zu tables", t->count);
	t->entries[t->count] = (struct tally_entry){ copy, 0 };
	t->current = t->count++;
	*slot_of(t, copy) = (uint32_t)t->count;
	return 0;
}

int
tally_meet(struct tally *t, struct span name, struct fail *f)
{
	uint32_t slot;

	if (t->count && span_eq(t->entries[t->current].name, name))
		return 0;
	slot = *slot_of(t, name);
	if (!slot)
		return add(t, name, f);
	t->current = slot - 1;
	return 0;
}

uint64_t
tally_count(struct tally *t)
{
	t->total++;
	return ++t->entries[t->current].count;
}

void
tally_undo(struct tally *t)
{
	t->total--;
	t->entries[t->current].count--;
}

uint64_t
tally_total(const struct tally *t)
{
	return t->total;
}

const struct tally_entry *
tally_entries(const struct tally *t, size_t *count)
{
	*count = t->count;
	return t->entries;
}
