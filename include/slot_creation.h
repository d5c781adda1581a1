/*
 * slot_creation: creates the slot, and says whom that waits for.
 *
 * The server waits for every transaction that is older, in all databases; a
 * prepared one may take for ever. Who they are is logged every 10 s; after
 * postgres.slot_timeout_ms, or when the program ends, the attempt is ended: the
 * server would go on without us and leave a slot behind that nobody reads.
 */
#ifndef SLOT_CREATION_H
#define SLOT_CREATION_H

#include "catalog.h"
#include "repl.h"

struct slot_creation;

/* Borrows all three until slot_creation_free(). NULL without memory. */
struct slot_creation *slot_creation_new(const struct config *c,
	struct repl *repl, struct catalog *catalog);
void slot_creation_free(struct slot_creation *s);

enum slot_kind {
	SLOT_PLAIN,		/* the configured slot */
	SLOT_EXPORT,		/* the same, with a snapshot of its beginning */
	SLOT_TEMPORARY		/* only for the snapshot, of another name */
};

/*
 * Begins, on a replication connection that is idle, for at most `timeout_ms`
 * (0: as long as it takes). 0 or -1.
 */
int slot_creation_begin(struct slot_creation *s, enum slot_kind kind,
	int64_t timeout_ms, int64_t now_us, struct fail *f);
/*
 * 1: created (see repl_consistent_point, repl_snapshot); 0: in progress; -1: failed;
 * FATAL when time is up, RETRY for a temporary one.
 */
int slot_creation_step(struct slot_creation *s, int64_t now_us,
	struct fail *f);
int64_t slot_creation_deadline(const struct slot_creation *s);

#endif
