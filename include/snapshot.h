/*
 * snapshot: the rows that are there already, joined to the stream without a gap.
 *
 * It works in rounds. A round has a snapshot of the server and that snapshot's
 * exact position in the log: the slot's own beginning, or that of a temporary
 * slot made for it. The stream is published up to that position (the gate), then
 * waits while rows are read, then goes on. So the order of records is the order
 * of history. What is finished is in `progress`; a round that ends early (a
 * crash, a lost connection, too long) leaves the rest to the next one. See
 * docs/DELIVERY.md for why nothing is missed or overtaken.
 *
 * Here is only what happens when; holder, exporter, round and report do it.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "change.h"
#include "config.h"
#include "repl.h"
#include "sink.h"
#include "progress.h"
#include "snapshot_tables.h"

struct snapshot;

#define SNAPSHOT_FDS 4

struct snapshot_setup {
	const struct config *config;
	const struct change_options *change;
	struct sink *sink;
	struct track *track;
	struct progress *progress;
	size_t record_cap;
	void (*on_plan)(void *self, const struct plan *plan, lsn_t lsn);
};

/* Copied; what it points to is borrowed. NULL with `f` filled. */
struct snapshot *snapshot_new(const struct snapshot_setup *setup, struct fail *f);
void snapshot_free(struct snapshot *s);

/* Which tables it is about; borrowed. */
const struct snapshot_rules *snapshot_rules(const struct snapshot *s);

/* All tables are to be read (again), or with `fresh` false what is not finished. */
void snapshot_want(struct snapshot *s, bool fresh);
/* It is wanted and not complete. */
bool snapshot_active(const struct snapshot *s);

/*
 * The slot was created with a snapshot of its beginning; no gate is needed. Its
 * connection must do nothing before snapshot_imports() is false.
 */
void snapshot_take(struct snapshot *s, const char *name, lsn_t position,
	const struct conn_peer *peer, int64_t now_us);
bool snapshot_imports(const struct snapshot *s);

/* Where the stream is. */
struct snapshot_stream {
	bool on;	/* there, or not meant to be; else nothing is read */
	lsn_t begun;	/* highest commit, or lone message, that may be out */
	lsn_t done;	/* everything before it was published */
	const struct conn_peer *peer;
};

/* Goes on. 0 or -1. */
int snapshot_step(struct snapshot *s, const struct snapshot_stream *stream,
	int64_t now_us, struct fail *f);
/* Hold the stream from here on; 0: it may go on. */
lsn_t snapshot_gate(const struct snapshot *s);
/* Nothing before the gate is left. */
void snapshot_reached(struct snapshot *s);
/* Rows are being read: leave the stream alone. */
bool snapshot_reading(const struct snapshot *s);
/* Progress has changed since this was asked last. */
bool snapshot_progressed(struct snapshot *s);
/* Takes what was acknowledged last, before the program ends. 0 or -1. */
int snapshot_collect(struct snapshot *s, struct fail *f);

/* Of the server of a temporary slot, once there was one; NULL before. */
const struct repl_identity *snapshot_identity(const struct snapshot *s);

int snapshot_fds(const struct snapshot *s, struct pollfd *fds, int max);
int64_t snapshot_deadline(const struct snapshot *s, int64_t now_us);

#endif
