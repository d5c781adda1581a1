/*
 * round: reads what is left of the tables under one snapshot.
 *
 * Gives ranges of tables to readers, their records to the sink and what was
 * acknowledged to `progress`. With one reader tables are read in the order of
 * schema and name, with more the largest first. A part that fails for a reason
 * that passes is read again; a table that is not what the snapshot knows is
 * left for a later round. Only the loop calls it.
 */
#ifndef ROUND_H
#define ROUND_H

#include "reader.h"
#include "sink.h"

struct round;

struct round_setup {
	struct reader_setup reader;	/* snapshot, position, ...; its wake descriptor */
	const struct snapshot_tables *tables;
	struct sink *sink;
	struct track *track;
	struct progress *progress;
	uint32_t xmin;			/* of the snapshot */
	unsigned threads;
	int64_t chunk_bytes;
	bool begun;			/* rows of this snapshot were sent before */
};

struct round_table {			/* what can be said of one */
	const struct snapshot_table *table;
	uint64_t rows, bytes;		/* read in this round; bytes as the server sent them */
	uint64_t pages, pages_done;	/* of its files, without those finished before */
	bool ended;
};

enum round_state {
	ROUND_FAILED = -1,
	ROUND_READING,
	ROUND_READ,		/* nothing more to read or to send; not all acknowledged perhaps */
	ROUND_GONE		/* the snapshot is lost: what is left needs another one */
};

/* The setup is copied, what it points to borrowed. NULL with `f` filled. */
struct round *round_new(const struct round_setup *setup, int64_t now_us,
	struct fail *f);
/* Stops the readers. */
void round_free(struct round *r);

/* Goes on, for a bounded time. */
enum round_state round_step(struct round *r, int64_t now_us, struct fail *f);
/* There is more to do at once, without waiting. */
bool round_busy(const struct round *r);
int64_t round_deadline(const struct round *r);

/*
 * When the first rows that are new, not read again, were asked for; 0 before one
 * range of them is read: a round that ends earlier would get nowhere.
 */
int64_t round_advancing_since(const struct round *r);
/* Begin nothing more: end soon, with tables left. */
void round_cut(struct round *r);
/* The snapshot is lost: the same, and no part is begun again. */
void round_lose(struct round *r);
/* Takes what was acknowledged, and nothing else. 0 or -1. */
int round_collect(struct round *r, struct fail *f);
/* Once READ: nothing is left for another round. */
bool round_complete(const struct round *r);
/* All that was sent is acknowledged. */
bool round_settled(const struct round *r);
/* Progress has changed since this was asked last. */
bool round_progressed(struct round *r);

size_t round_count(const struct round *r);
void round_table(const struct round *r, size_t i, struct round_table *out);

#endif
