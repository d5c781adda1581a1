/*
 * stamp: the marks of snapshot rows, and their order.
 *
 * source.snapshot of a row is "true", or says that it is the first or last one,
 * of its table or of all. Whether a row is the last shows only afterwards, so
 * the last row of each table that is being read is held back, and so is the
 * last one of a table that has ended until another row is sent. First and last
 * of all go before those of a table, last before first, as Debezium has it; and
 * if the first table turns out to be empty, no row is the first of all.
 *
 * Rows of a wide table go by several lanes (see sink_lanes.h), where they may
 * overtake each other. So its first row is acknowledged before others are sent,
 * the others before its last one, and all there are before the last of all.
 *
 * Memory: one record per table that is being read.
 */
#ifndef STAMP_H
#define STAMP_H

#include "sink.h"

struct stamp;

/*
 * A part of the snapshot whose records are acknowledged together. It is closed
 * in `track` once it has ended and everything given was sent.
 */
struct stamp_part {
	struct stamp *stamp;
	struct stamp_table *table;
	uint64_t unit;
	uint64_t given, sent;
	bool ended, closed;
};

struct stamp_table {			/* one per table of the round */
	bool leads;			/* the first of all: its first row is the first */
	bool wide;			/* its rows may name a lane, once they may spread */
	bool spread;			/* they may */
	struct stamp_part *first;	/* with the first row sent, in this round */
	unsigned open;			/* parts not acknowledged */
	bool begun;			/* rows of it were sent, perhaps in an earlier round */
	struct stamp_held *held;
};

/* Both borrowed. `begun`: rows were sent in an earlier round. NULL without memory. */
struct stamp *stamp_new(struct sink *sink, struct track *track, bool begun);
void stamp_free(struct stamp *s);

/* Before its first row. */
void stamp_begin_part(struct stamp *s, struct stamp_table *t,
	struct stamp_part *part);
/* It is acknowledged, or never had a row. */
void stamp_forget_part(struct stamp_part *part);

/*
 * Takes a row of a table; `more`: another row of the same table is certain to
 * follow. OK; FULL: not taken, offer it again; FAILED.
 */
enum sink_result stamp_put(struct stamp *s, struct stamp_table *t,
	struct stamp_part *part, const struct record *r, bool more,
	struct fail *f);
/* No more rows of this part. */
void stamp_end_part(struct stamp *s, struct stamp_part *part);
/* No more rows of this table in this round; `whole`: nor in another one. */
enum sink_result stamp_end_table(struct stamp *s, struct stamp_table *t,
	bool whole, struct fail *f);
/* No more rows in this round; `whole`: nor in another one. */
enum sink_result stamp_end(struct stamp *s, bool whole, struct fail *f);
/* Frees what is held for a table; for the end of the program. */
void stamp_release_table(struct stamp_table *t);

#endif
