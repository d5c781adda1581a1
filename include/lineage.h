/*
 * lineage: does this server's history continue the one that has been followed?
 *
 * A position is meaningful only within one cluster (system identifier), up to
 * the end of its log, and on one line of timelines: a promoted standby goes on
 * from ours if it left our timeline behind our position. START_REPLICATION
 * checks none of this and would skip silently. Pure.
 */
#ifndef LINEAGE_H
#define LINEAGE_H

#include "repl.h"

struct lineage {		/* what has been followed */
	const char *slot;
	const char *system_id;	/* "" if nothing has been */
	uint32_t timeline;	/* 0: not known */
	lsn_t position;		/* published, or streamed, up to here */
};

enum { LINEAGE_ASK = 1 };

/*
 * 0: it does; LINEAGE_ASK: another timeline, ask for its history and call
 * lineage_descends(); -1 with FAIL_LOST.
 */
int lineage_check(const struct lineage *known, const struct repl_identity *now,
	struct fail *f);
/* `left`: where its history left our timeline, 0: never was on it. 0, or -1 with FAIL_LOST. */
int lineage_descends(const struct lineage *known,
	const struct repl_identity *now, lsn_t left, struct fail *f);

/* The slot that was followed up to `published` (0: not known) is not there. -1 with FAIL_LOST. */
int lineage_slot_gone(const char *slot, lsn_t published, struct fail *f);
/* It stands behind what was ever confirmed. -1 with FAIL_LOST. */
int lineage_slot_moved(const char *slot, lsn_t stands, lsn_t confirmed,
	struct fail *f);

#endif
