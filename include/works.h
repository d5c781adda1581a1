/*
 * works: what every run of the agent stands on: sink, state record, tracker.
 *
 * Opened before anything is asked of the server, so that a wrong setting is
 * said at once. The loop and the only thread that may touch any of it are the
 * caller's.
 */
#ifndef WORKS_H
#define WORKS_H

#include "confirm.h"
#include "filter.h"
#include "loop.h"
#include "profile.h"
#include "sink.h"
#include "snapshot.h"

/* A row is below 1 GiB; its JSON text is refused above this. */
#define WORKS_RECORD_MAX ((size_t)2 << 30)
/* How long a stopping agent, or a stopping server, waits for the sink. */
#define WORKS_LANE_IDLE_US 10000000
#define WORKS_DRAIN_US 3000000
#define WORKS_TICK_US 100000

/* What is to be done about the rows that are there already. */
enum works_start {
	WORKS_STREAM,		/* nothing, or it has been done */
	WORKS_RESUME,		/* read what is not finished */
	WORKS_FRESH		/* read all */
};

struct works {
	const struct config *config;
	struct loop loop;
	struct filter *tables;
	struct profile *profile;
	struct sink *sink;
	struct track *track;
	struct state *state;
	struct progress *progress;
	struct state_record record;	/* as it was read, then as it was saved */
	struct confirm *confirm;
	struct snapshot *snapshot;
};

/* `*w` is zero. 0 or -1; works_close() in both cases. */
int works_open(struct works *w, const struct config *c,
	void (*on_plan)(void *self, const struct plan *plan, lsn_t lsn),
	struct fail *f);
void works_close(struct works *w);

enum works_start works_start(const struct works *w);
/* Waits for what the sink has taken, at most until `end_us`. 0 or -1. */
int works_drain(struct works *w, int64_t end_us, struct fail *f);
/* The same before the program ends, with the state record behind it. 0 or -1. */
int works_finish(struct works *w, struct fail *f);

#endif
