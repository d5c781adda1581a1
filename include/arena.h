/*
 * arena: a bump allocator that is freed as a whole.
 *
 * Two uses: scratch of one message (reset after each frame, keeps its largest
 * block up to 1 MB, so nothing is allocated per row after warm-up) and the
 * memory of a long-lived compound such as a plan (released with it). The cap
 * counts all blocks. Failure is sticky until reset: arena_failed() answers once
 * for many allocations.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stdint.h>

#include "span.h"

struct arena_block;

struct arena {
	char *at, *end;			/* free part of the current block */
	struct arena_block *blocks;	/* newest first */
	size_t used, cap;		/* bytes in blocks, their limit */
	bool failed;
};

/* No allocation happens before the first use. */
void arena_init(struct arena *a, size_t cap);
void arena_release(struct arena *a);
void arena_reset(struct arena *a);

/*
 * The slow path of arena_alloc: a new block. NULL, with `failed` set, at the cap
 * or without memory.
 */
void *arena_more(struct arena *a, size_t n);

static inline bool
arena_failed(const struct arena *a)
{
	return a->failed;
}

/* `n` bytes, aligned to 8, not cleared. NULL on failure. n = 0 gives a valid pointer. */
static inline void *
arena_alloc(struct arena *a, size_t n)
{
	size_t room = (n + 7) & ~(size_t)7;

	/*
	 * One comparison: room is 0 for n = 0 and for an n so large that it
	 * wraps; after a failure and before the first block nothing is free.
	 */
	if (room - 1 < (size_t)(a->end - a->at)) {
		void *p = a->at;

		a->at += room;
		return p;
	}
	return arena_more(a, n);
}

/* Cleared memory for `count` objects of `size` bytes. NULL on failure, also on overflow. */
void *arena_zero(struct arena *a, size_t count, size_t size);

/* A NUL-terminated copy; absent stays absent, and is the answer on failure. */
struct span arena_copy(struct arena *a, struct span s);
struct span arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
