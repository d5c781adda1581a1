#include "confirm.h"

#include <stdio.h>
#include <stdlib.h>

/* Between two records: while the sink is busy, and while it is not. */
#define BUSY_GAP_US 500000
#define IDLE_GAP_US 100000

struct confirm {
	struct state *state;
	struct sink *sink;
	struct track *track;
	struct state_record *record;	/* as written last, perhaps not durable yet */
	bool unsaved;			/* write it at once, even if its positions are old */
	bool changed;			/* the same, in its time */
	uint64_t unit;			/* of the record on its way; TRACK_NONE: none */
	int64_t saved_us;
	lsn_t durable;
};

struct confirm *
confirm_new(struct state *state, struct sink *sink, struct track *track,
	struct state_record *record)
{
	struct confirm *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->state = state;
	c->sink = sink;
	c->track = track;
	c->record = record;
	c->unit = TRACK_NONE;
	c->durable = record->confirmed;
	return c;
}

void
confirm_free(struct confirm *c)
{
	free(c);
}

void
confirm_identify(struct confirm *c, const char *system_id, uint32_t timeline,
	const char *slot, lsn_t position)
{
	struct state_record *r = c->record;

	snprintf(r->system_id, sizeof r->system_id, "%s", system_id);
	snprintf(r->slot, sizeof r->slot, "%s", slot);
	r->timeline = timeline;
	r->known = true;
	if (position > r->confirmed)
		r->confirmed = position;
	c->unsaved = true;
}

void
confirm_forget(struct confirm *c)
{
	c->record->confirmed = c->record->last_commit = 0;
	c->durable = 0;
	c->unsaved = true;
}

void
confirm_changed(struct confirm *c)
{
	c->changed = true;
}

bool
confirm_durable(const struct confirm *c)
{
	return !c->unsaved && !c->changed && c->unit == TRACK_NONE;
}

/* The record that was on its way has arrived. */
static bool
arrived(struct confirm *c)
{
	if (c->unit == TRACK_NONE)
		return true;
	if (!track_done(c->track, c->unit))
		return false;
	c->unit = TRACK_NONE;
	c->durable = c->record->confirmed;
	return true;
}

static bool
due(const struct confirm *c, const struct state_record *next, int64_t now_us,
	bool at_once)
{
	int64_t gap = track_pending(c->track) ? BUSY_GAP_US : IDLE_GAP_US;

	if (c->unsaved)
		return true;
	if (!c->changed && next->last_commit == c->record->last_commit &&
	    next->confirmed == c->record->confirmed)
		return false;
	return at_once || now_us - c->saved_us >= gap;
}

/*
 * The record in a topic is a unit without a position, durable when it is
 * acknowledged itself: what it speaks of was acknowledged before.
 */
static enum sink_result
save(struct confirm *c, const struct state_record *next, struct fail *f)
{
	bool tracked = state_tracked(c->state);
	uint64_t unit = tracked ? track_open(c->track) : TRACK_NONE;
	enum sink_result result;

	if (tracked && unit == TRACK_NONE)
		return fail_set(f, FAIL_FATAL, "out of memory");
	result = state_save(c->state, c->sink, next, unit, f);
	if (tracked)
		track_close(c->track, unit, result == SINK_OK, 0);
	if (tracked && result == SINK_OK)
		c->unit = unit;
	return result;
}

int
confirm_step(struct confirm *c, int64_t now_us, bool at_once, struct fail *f)
{
	struct state_record next = *c->record;
	lsn_t last = track_last_commit(c->track);
	lsn_t confirmed = track_confirmed(c->track);

	if (!next.known || !arrived(c))
		return 0;
	if (last > next.last_commit)
		next.last_commit = last;
	if (confirmed > next.confirmed)
		next.confirmed = confirmed;
	if (!due(c, &next, now_us, at_once))
		return 0;
	switch (save(c, &next, f)) {
	case SINK_FAILED:
		return -1;
	case SINK_FULL:
		return 0;	/* the next step tries again */
	case SINK_OK:
		break;
	}
	*c->record = next;
	c->unsaved = c->changed = false;
	c->saved_us = now_us;
	if (c->unit == TRACK_NONE)
		c->durable = next.confirmed;
	return 0;
}

lsn_t
confirm_lsn(const struct confirm *c)
{
	lsn_t confirmed = track_confirmed(c->track);

	return confirmed < c->durable ? confirmed : c->durable;
}

bool
confirm_complete(const struct confirm *c)
{
	return confirm_lsn(c) >= track_restart(c->track);
}
