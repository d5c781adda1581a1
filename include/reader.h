/*
 * reader: a thread that reads rows of a snapshot and renders their records.
 *
 * It has a connection, relations, an envelope and batches of its own; what it
 * shares with the others is constant, but for the compiling of plans, which a
 * lock orders. It is given one job at a time, and ends each with a batch that
 * says how it went. It touches neither sink nor track: that is the loop's.
 */
#ifndef READER_H
#define READER_H

#include <pthread.h>

#include "batch.h"
#include "change.h"
#include "conn.h"
#include "reader_sql.h"

struct reader;

/* Of one round; outlives its readers. */
struct reader_setup {
	const struct config *config;
	const struct plan_options *plan;
	const char *snapshot;		/* to import */
	lsn_t position;			/* of the snapshot in the log */
	uint32_t xid;			/* source.txId */
	int64_t time_us;		/* of the snapshot, Unix time */
	struct conn_peer peer;
	int wake;			/* an eventfd: there is a batch, or a job has ended */
	size_t batches, batch_bytes;	/* of each reader */
	size_t record_cap;
	pthread_mutex_t *compile;	/* filters are not for two threads at a time */
	/* Told when a plan was compiled, under that lock. */
	void (*on_plan)(void *self, const struct plan *plan, lsn_t lsn);
	void *self;
};

/* Starts the thread. NULL with `f` filled. */
struct reader *reader_new(const struct reader_setup *setup, struct fail *f);
/* Stops it, at once, wherever it is. */
void reader_free(struct reader *r);

/* It has no job. */
bool reader_idle(const struct reader *r);
/* Copied. The reader must be idle; it is until its last batch is returned. */
void reader_give(struct reader *r, const struct reader_job *job);
/* End the job soon; only where places are told. */
void reader_cut(struct reader *r);

/* The oldest batch, NULL if there is none; then reader_return(). */
struct batch *reader_batch(struct reader *r);
void reader_return(struct reader *r, struct batch *b);
/* Constant: they are the same on every record. */
const struct record_header *reader_headers(const struct reader *r, size_t *count);

#endif
