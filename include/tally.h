/*
 * tally: the events of one transaction, in all and per collection.
 *
 * A collection is a table ("schema.table") or all logical messages together.
 * They are kept in the order in which they were met. Memory is bounded by the
 * number of collections that one transaction changes, never by its events,
 * and by a cap.
 */
#ifndef TALLY_H
#define TALLY_H

#include <stdint.h>

#include "fail.h"
#include "span.h"

struct tally;

struct tally_entry {
	struct span name;	/* owned by the tally */
	uint64_t count;		/* 0: met, but none of its events was emitted */
};

/* NULL without memory. */
struct tally *tally_new(void);
void tally_free(struct tally *t);
/* A new transaction: nothing has been counted, no collection met. */
void tally_reset(struct tally *t);

/*
 * Meets a collection and makes it the one that events are counted for; the
 * name is copied. 0 or -1. One that was met before cannot fail.
 */
int tally_meet(struct tally *t, struct span name, struct fail *f);
/* Counts an event of the collection met last; returns how many it has now. */
uint64_t tally_count(struct tally *t);
/* Takes the last count back. */
void tally_undo(struct tally *t);

uint64_t tally_total(const struct tally *t);
/* The collections, in the order they were met; valid until the next call. */
const struct tally_entry *tally_entries(const struct tally *t, size_t *count);

#endif
