/*
 * inflight: records that a client library holds, by number.
 *
 * The number is what travels with the record and comes back in its delivery
 * report: an index, never a pointer, so that nothing can dangle. It leads to
 * the record's unit and to its LSN, which only messages need. Numbers are used
 * again. Memory: 24 bytes per record of the highest count so far.
 */
#ifndef INFLIGHT_H
#define INFLIGHT_H

#include "lsn.h"

struct inflight_entry {
	uint64_t unit;		/* of a free one: the next free number */
	lsn_t lsn;
	uint32_t headers;	/* which set of headers it carries */
	uint32_t place;		/* of kafka_hold: where its bytes are */
};

struct inflight {
	struct inflight_entry *entries;
	uint64_t size;
	uint64_t free;		/* head of the list of free numbers; `size`: none */
	uint64_t count;
};

/* The slow path of inflight_put. False without memory. */
bool inflight_grow(struct inflight *in);
void inflight_release(struct inflight *in);

/* A number for a record; false without memory. */
static inline bool
inflight_put(struct inflight *in, struct inflight_entry e, uint64_t *number)
{
	if (in->free == in->size && !inflight_grow(in))
		return false;
	*number = in->free;
	in->free = in->entries[*number].unit;
	in->entries[*number] = e;
	in->count++;
	return true;
}

/* Gives the number back. */
static inline struct inflight_entry
inflight_take(struct inflight *in, uint64_t number)
{
	struct inflight_entry e = in->entries[number];

	in->entries[number].unit = in->free;
	in->free = number;
	in->count--;
	return e;
}

#endif
