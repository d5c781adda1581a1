#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"

/* Small: each table has two arenas, of which most hold 2 to 6 KB. */
#define ARENA_FIRST_BLOCK ((size_t)2 << 10)
#define ARENA_MAX_BLOCK ((size_t)1 << 20)

struct arena_block {
	struct arena_block *next;
	size_t size;			/* with this header */
	_Alignas(8) char data[];
};

void
arena_init(struct arena *a, size_t cap)
{
	*a = (struct arena){ .cap = cap };
}

static void
free_blocks(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void
arena_release(struct arena *a)
{
	free_blocks(a->blocks);
	arena_init(a, a->cap);
}

/* Allocations come from this block from now on. */
static void
use_block(struct arena *a, struct arena_block *b)
{
	a->at = b->data;
	a->end = (char *)b + b->size;
}

/* The largest block, unless a single huge object is in it. */
static struct arena_block *
take_largest(struct arena *a)
{
	struct arena_block **best = NULL, *taken;

	for (struct arena_block **p = &a->blocks; *p; p = &(*p)->next)
		if ((*p)->size <= ARENA_MAX_BLOCK &&
		    (!best || (*p)->size > (*best)->size))
			best = p;
	if (!best)
		return NULL;
	taken = *best;
	*best = taken->next;
	taken->next = NULL;
	return taken;
}

static void
keep_one(struct arena *a)
{
	struct arena_block *keep = take_largest(a);

	arena_release(a);
	a->blocks = keep;
	a->used = keep ? keep->size : 0;
}

void
arena_reset(struct arena *a)
{
	if (a->blocks && (a->blocks->next || a->blocks->size > ARENA_MAX_BLOCK))
		keep_one(a);
	a->failed = false;
	if (a->blocks)
		use_block(a, a->blocks);
}

/* Nothing fits any more, so that the fast path need not test `failed`. */
static void *
give_up(struct arena *a)
{
	a->failed = true;
	a->end = a->at;
	return NULL;
}

void *
arena_more(struct arena *a, size_t n)
{
	size_t need = sizeof(struct arena_block) + (n ? (n + 7) & ~(size_t)7 : 8);
	size_t size = a->blocks ? a->blocks->size * 2 : ARENA_FIRST_BLOCK;
	size_t left = a->cap - a->used;
	struct arena_block *b;

	if (n == 0 && a->blocks && !a->failed)
		return a->at;	/* nothing needs no room */
	if (a->failed || n > SIZE_MAX - sizeof(*b) - 7 || need > left)
		return give_up(a);
	if (size > ARENA_MAX_BLOCK)
		size = ARENA_MAX_BLOCK;
	if (size > left)
		size = left & ~(size_t)7;
	if (size < need)
		size = need;
	b = malloc(size);
	if (!b)
		return give_up(a);
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	a->used += size;
	/* A block filled by this one object leaves the current one in use. */
	if (!b->next || size > need) {
		use_block(a, b);
		a->at += need - sizeof(*b);
	}
	return b->data;
}

void *
arena_zero(struct arena *a, size_t count, size_t size)
{
	size_t n = count * size;
	void *p;

	if (size && n / size != count)
		return give_up(a);
	p = arena_alloc(a, n);
	return p ? memset(p, 0, n) : NULL;
}

struct span
arena_copy(struct arena *a, struct span s)
{
	char *p;

	if (!s.p)
		return s;
	p = s.len < SIZE_MAX ? arena_alloc(a, s.len + 1) : give_up(a);
	if (!p)
		return (struct span){ NULL, 0 };
	memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return (struct span){ p, s.len };
}

struct span
arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *p;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	p = n < 0 ? give_up(a) : arena_alloc(a, (size_t)n + 1);
	if (!p)
		return (struct span){ NULL, 0 };
	va_start(args, format);
	vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	return (struct span){ p, (size_t)n };
}
