/*
 * pipeline: the one place that knows every stage between the slot and the sink.
 *
 * It holds at most one frame and one rendered record. A frame that cannot be
 * finished stays in hand: the sink is full (FULL), facts are wanted (NEED), or it
 * begins what lies behind the gate (HELD). Meanwhile the caller leaves the socket
 * unread, goes on answering the server and calls pipeline_resume(). It opens and
 * closes the units of `track`.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "change.h"
#include "sink.h"

enum pipeline_result {
	PIPELINE_FAILED = -1,
	PIPELINE_DONE,		/* ready for the next frame */
	PIPELINE_FULL,
	PIPELINE_NEED,		/* pipeline_wanted(), then pipeline_facts() */
	PIPELINE_HELD		/* at the gate */
};

struct pipeline_options {
	struct change_options change;
	size_t record_cap;		/* largest key or value, bytes */
	int64_t (*unix_ns)(void);	/* the clock */
	/* Told when a plan was compiled; for the log. */
	void (*on_plan)(void *self, const struct plan *plan, lsn_t lsn);
	void *self;
};

struct pipeline_counters {
	uint64_t frames, bytes, transactions, records, skipped;
};

struct pipeline;

/* Options, sink and track are borrowed. NULL without memory. */
struct pipeline *pipeline_new(const struct pipeline_options *options,
	struct sink *sink, struct track *track);
void pipeline_free(struct pipeline *p);

/*
 * A turn of the loop begins: records from now on have the time of their first
 * one. Asked for each, the clock took 4 % of our thread.
 */
void pipeline_turn(struct pipeline *p);

/* Takes a frame; its bytes must stay until the result is DONE (or FAILED). */
enum pipeline_result pipeline_frame(struct pipeline *p,
	const struct frame *frame, struct fail *f);
/* Goes on with the frame in hand. */
enum pipeline_result pipeline_resume(struct pipeline *p, struct fail *f);
/* No frame in hand. */
bool pipeline_ready(const struct pipeline *p);

/* The relation whose facts are wanted, or NULL. */
const struct relation *pipeline_wanted(const struct pipeline *p);
/* The one in hand, or the last. */
const struct transaction *pipeline_transaction(const struct pipeline *p);
int pipeline_facts(struct pipeline *p, const struct facts *facts,
	struct fail *f);

/*
 * The connection is gone, and with it the frame in hand. The unit in progress
 * is abandoned; when the server sends that transaction again, the records
 * already sent are skipped.
 */
void pipeline_disconnected(struct pipeline *p);

/*
 * A gate: transactions and lone messages at or behind `lsn` wait; 0 opens it.
 * Setting another one forgets that it was reached.
 */
void pipeline_set_gate(struct pipeline *p, lsn_t lsn);
/* All that lies before the gate has been handled. */
bool pipeline_at_gate(const struct pipeline *p);

/* The highest position of a commit, or a lone message, that was begun. */
lsn_t pipeline_begun(const struct pipeline *p);

/* For source.xmin of the records from now on; 0: null. */
void pipeline_set_xmin(struct pipeline *p, uint32_t xmin);
void pipeline_set_last_commit(struct pipeline *p, lsn_t lsn);
const struct pipeline_counters *pipeline_counters(const struct pipeline *p);

#endif
