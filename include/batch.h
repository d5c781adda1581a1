/*
 * batch: records of one reader on their way to the loop.
 *
 * A reader thread fills batches, the loop takes them in the same order and gives
 * them back empty. Each is a fixed piece of memory that only a record larger
 * than it makes grow, and such a piece is given back afterwards; a queue has a
 * fixed number of them, so that a reader waits when the loop does not keep up.
 */
#ifndef BATCH_H
#define BATCH_H

#include <pthread.h>
#include <stdbool.h>

#include "buf.h"
#include "fail.h"
#include "record.h"

struct batch_record {
	size_t key, value, end;		/* where they begin in `bytes`; end of the value */
	size_t marker;			/* see record.h */
	bool keyed;
};

enum batch_end {
	BATCH_MORE,		/* of the same job */
	BATCH_DONE,		/* the job is complete up to `place` */
	BATCH_AGAIN,		/* failed, may go well another time */
	BATCH_MOVED,		/* the table's file or columns are not those of the snapshot */
	BATCH_GONE,		/* the snapshot does not exist any more */
	BATCH_FAILED		/* for good: `why` */
};

struct batch {
	struct buf bytes;
	size_t topic_len;		/* of all of them; it stands first in `bytes` */
	struct batch_record *records;
	size_t count;
	uint64_t rows_bytes;		/* as the server sent them */
	uint64_t place;			/* behind the last row, if places are known; else 0 */
	bool has_key;			/* the table's plan has one */
	enum batch_end end;
	struct fail why;
};

struct batch_queue;

/* `records` and `bytes` of each batch. NULL without memory. */
struct batch_queue *batch_queue_new(size_t batches, size_t bytes);
void batch_queue_free(struct batch_queue *q);

/* The reader's side. An empty batch; waits for one. NULL: the queue was stopped. */
struct batch *batch_take(struct batch_queue *q);
/*
 * False when it is full: the record does not fit any more, and was not put.
 * Without memory it is not put either, and `bytes` have failed.
 */
bool batch_put(struct batch_queue *q, struct batch *b, const struct record *r);
/* To the loop. */
void batch_give(struct batch_queue *q, struct batch *b);

/* The loop's side. The oldest full one, until batch_return(); NULL: none. */
struct batch *batch_first(struct batch_queue *q);
void batch_return(struct batch_queue *q, struct batch *b);
/* The reader waits no more. */
void batch_stop(struct batch_queue *q);

#endif
