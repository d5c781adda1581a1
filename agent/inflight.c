#include <stdlib.h>

#include "inflight.h"

#define FIRST_SIZE 256

bool
inflight_grow(struct inflight *in)
{
	uint64_t size = in->size ? 2 * in->size : FIRST_SIZE;
	struct inflight_entry *entries;

	entries = realloc(in->entries, size * sizeof(*entries));
	if (!entries)
		return false;
	/* Called with no number free: the list is the new ones, in order. */
	for (uint64_t i = in->size; i < size; i++)
		entries[i] = (struct inflight_entry){ .unit = i + 1 };
	in->entries = entries;
	in->free = in->size;
	in->size = size;
	return true;
}

void
inflight_release(struct inflight *in)
{
	free(in->entries);
	*in = (struct inflight){ 0 };
}
