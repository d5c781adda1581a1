/*
 * track: which LSN may be confirmed, computed from acknowledgements.
 *
 * A unit is a transaction, a lone logical message, or a part of a snapshot,
 * that has at least one record. Units form a FIFO in the order of their
 * beginnings; several may be open, for parts of a snapshot are read side by
 * side. The head is popped when it is closed and every one of its records is
 * acknowledged; the confirmed position is the end of the last one popped, and
 * never goes back. track_confirmed() is the only source of a flush LSN in the
 * program.
 *
 * A unit whose connection died is abandoned, not forgotten: it gives no
 * position of its own, but what comes after it is not confirmed before its
 * records are acknowledged. So a transaction that is read again may skip the
 * records already sent.
 *
 * Counts that contradict each other (more acknowledgements than records, a
 * unit that is not pending) mean a bug somewhere: from then on nothing moves
 * and track_sound() is false, for a wrong position would lose rows.
 *
 * No I/O, no clock. Memory: at most TRACK_UNITS entries of 40 bytes. The sink's
 * queue alone does not bound them: while one partition is stuck, transactions
 * that touch only others are acknowledged, and wait behind it. At the limit
 * those that follow share the last unit: the position then moves in larger
 * steps, and nothing stops.
 */
#ifndef TRACK_H
#define TRACK_H

#include "lsn.h"

struct track;

/* A record that belongs to no unit and is not waited for. */
#define TRACK_NONE UINT64_MAX
#define TRACK_UNITS 65536

/* NULL without memory. */
struct track *track_new(void);
void track_free(struct track *t);
/* Another limit than TRACK_UNITS, 2 or more; before the first unit. */
void track_set_limit(struct track *t, uint64_t units);

/*
 * Before the first record of a unit. Returns its number, TRACK_NONE without
 * memory.
 */
uint64_t track_open(struct track *t);
/*
 * Its end: `nsent` records were sent, and the server has nothing more before
 * `end`. 0 records is legal: a transaction read again, all sent before. Its
 * end is then confirmed with the unit before it, and its number may come again.
 */
void track_close(struct track *t, uint64_t unit, uint64_t nsent, lsn_t end);
/* Its connection died after `nsent` records. With 0 its number may come again. */
void track_abandon(struct track *t, uint64_t unit, uint64_t nsent);
/* `count` records of a unit are acknowledged; legal before it is closed. TRACK_NONE is ignored. */
void track_acked(struct track *t, uint64_t unit, uint64_t count);
/*
 * Outside a unit: everything up to `end` needs no further record (keepalive,
 * filtered transaction). It is confirmed at once when nothing is pending, else
 * together with the last unit. While that one is still open it is ignored: a
 * keepalive inside a transaction does not speak about what is inside.
 */
void track_idle(struct track *t, lsn_t end);

/* May be confirmed. 0: nothing yet. */
lsn_t track_confirmed(const struct track *t);
/* Where streaming goes on after a reconnect: the end of the last closed unit or idle position. */
lsn_t track_restart(const struct track *t);
/* End of the last commit whose records are all acknowledged, for the state record. */
lsn_t track_last_commit(const struct track *t);
/*
 * That unit has ended and is acknowledged, whatever is before it. One that ended
 * without records is not to be asked for: its number may have come again.
 */
bool track_done(const struct track *t, uint64_t unit);
/* Acknowledged records of a unit that was not popped yet. */
uint64_t track_acks(const struct track *t, uint64_t unit);
/* Units not popped yet. */
uint64_t track_pending(const struct track *t);
/* False after a contradiction: stop the program, the slot is where it is safe. */
bool track_sound(const struct track *t);

#endif
