/*
 * confirm: what may be told to the server, and the record that says so first.
 *
 * A position is told only after the state record that names it is durable. So
 * the slot never stands beyond the record; one that does was moved or made
 * anew by somebody else, and what lies between was not published. The record
 * never raises a position: that is track_confirmed()'s alone.
 */
#ifndef CONFIRM_H
#define CONFIRM_H

#include "state.h"
#include "track.h"

struct confirm;

/* All borrowed. `record` is what was loaded, and is kept up to date. NULL without memory. */
struct confirm *confirm_new(struct state *state, struct sink *sink,
	struct track *track, struct state_record *record);
void confirm_free(struct confirm *c);

/*
 * The slot is taken, standing at `position`: from now on it is known. A
 * standby that is promoted changes the timeline.
 */
void confirm_identify(struct confirm *c, const char *system_id,
	uint32_t timeline, const char *slot, lsn_t position);

/* What was followed is given up: its positions mean nothing to a new slot. */
void confirm_forget(struct confirm *c);
/* Something else in the record has changed: it is written as if a position had. */
void confirm_changed(struct confirm *c);

/*
 * Writes the record when there is something new: often when nothing is in
 * flight, seldom under load, `at_once` without a pause. 0, or -1.
 */
int confirm_step(struct confirm *c, int64_t now_us, bool at_once,
	struct fail *f);

/* What may be told now. 0: nothing. Never goes back. */
lsn_t confirm_lsn(const struct confirm *c);
/* The record is durable as it is now. */
bool confirm_durable(const struct confirm *c);
/* Everything that has been received may be told. */
bool confirm_complete(const struct confirm *c);

#endif
