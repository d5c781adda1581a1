#include <stdlib.h>

#include "track.h"

#define TRACK_FIRST_SIZE 64

struct unit {
	uint64_t sent;		/* of what has ended in it */
	uint64_t acked;
	lsn_t commit;		/* the last given to close; 0: none */
	lsn_t end;		/* what its pop confirms: commit, or an idle position after it */
	bool settled;		/* closed or abandoned: nothing more is being sent */
};

struct track {
	struct unit *ring;	/* unit n is at n % size; size is a power of two */
	uint64_t size;
	uint64_t head, next;	/* units head..next-1 are pending */
	uint64_t limit;		/* of how many are pending */
	lsn_t confirmed, restart, last_commit;
	bool broken;
};

struct track *
track_new(void)
{
	struct track *t = calloc(1, sizeof(*t));

	if (t)
		t->limit = TRACK_UNITS;
	return t;
}

void
track_free(struct track *t)
{
	if (!t)
		return;
	free(t->ring);
	free(t);
}

void
track_set_limit(struct track *t, uint64_t units)
{
	t->limit = units;
}

static struct unit *
at(const struct track *t, uint64_t number)
{
	return &t->ring[number & (t->size - 1)];
}

/* The pending unit of that number; NULL, and no more trust, if there is none. */
static struct unit *
find(struct track *t, uint64_t number)
{
	if (number >= t->head && number < t->next)
		return at(t, number);
	t->broken = true;
	return NULL;
}

static bool
grow(struct track *t)
{
	uint64_t size = t->size ? 2 * t->size : TRACK_FIRST_SIZE;
	struct unit *ring = calloc(size, sizeof(*ring));

	if (!ring)
		return false;
	for (uint64_t n = t->head; n < t->next; n++)
		ring[n & (size - 1)] = *at(t, n);
	free(t->ring);
	t->ring = ring;
	t->size = size;
	return true;
}

static void
raise_to(lsn_t *position, lsn_t lsn)
{
	if (lsn > *position)
		*position = lsn;
}

/*
 * Pops what is settled and acknowledged. The walk stops at the first unit that
 * is not: a later one that is complete says nothing about what is before it.
 */
static void
advance(struct track *t)
{
	while (!t->broken && t->head < t->next) {
		const struct unit *u = at(t, t->head);

		if (!u->settled || u->acked < u->sent)
			return;
		raise_to(&t->confirmed, u->end);
		raise_to(&t->last_commit, u->commit);
		t->head++;
	}
}

uint64_t
track_open(struct track *t)
{
	if (t->next - t->head >= t->limit && at(t, t->next - 1)->settled) {
		at(t, t->next - 1)->settled = false;
		return t->next - 1;
	}
	if (t->next - t->head == t->size && !grow(t))
		return TRACK_NONE;
	*at(t, t->next) = (struct unit){ 0 };
	return t->next++;
}

/*
 * A unit that ended without records needs no entry of its own: its end goes to
 * the one before it. Otherwise a connection that is lost again and again while
 * the sink is full would add an entry each time.
 */
static bool
fold(struct track *t, uint64_t number, lsn_t end)
{
	struct unit *before;

	if (number != t->next - 1 || number == t->head)
		return false;
	before = at(t, number - 1);
	if (!before->settled)
		return false;
	raise_to(&before->commit, end);
	raise_to(&before->end, end);
	t->next--;
	return true;
}

/* Both ways to settle a unit; `end` is 0 for one that gives no position. */
static void
settle(struct track *t, uint64_t number, uint64_t nsent, lsn_t end)
{
	struct unit *u = find(t, number);

	if (!u)
		return;
	if (u->settled || nsent > UINT64_MAX - u->sent ||
			u->acked > u->sent + nsent) {
		t->broken = true;
		return;
	}
	u->sent += nsent;
	raise_to(&u->commit, end);
	raise_to(&u->end, end);
	u->settled = true;
	raise_to(&t->restart, end);
	if (u->sent > 0 || !fold(t, number, end))
		advance(t);
}

void
track_close(struct track *t, uint64_t unit, uint64_t nsent, lsn_t end)
{
	settle(t, unit, nsent, end);
}

void
track_abandon(struct track *t, uint64_t unit, uint64_t nsent)
{
	settle(t, unit, nsent, 0);
}

void
track_acked(struct track *t, uint64_t unit, uint64_t count)
{
	struct unit *u;

	if (unit == TRACK_NONE || count == 0)
		return;
	u = find(t, unit);
	if (!u)
		return;
	if (count > UINT64_MAX - u->acked ||
			(u->settled && count > u->sent - u->acked)) {
		t->broken = true;
		return;
	}
	u->acked += count;
	if (unit == t->head)
		advance(t);
}

void
track_idle(struct track *t, lsn_t end)
{
	if (t->head == t->next) {
		if (!t->broken)
			raise_to(&t->confirmed, end);
	} else {
		struct unit *last = at(t, t->next - 1);

		if (!last->settled)
			return;
		raise_to(&last->end, end);
	}
	raise_to(&t->restart, end);
}

lsn_t
track_confirmed(const struct track *t)
{
	return t->confirmed;
}

lsn_t
track_restart(const struct track *t)
{
	return t->restart;
}

lsn_t
track_last_commit(const struct track *t)
{
	return t->last_commit;
}

uint64_t
track_acks(const struct track *t, uint64_t unit)
{
	return unit >= t->head && unit < t->next ? at(t, unit)->acked : 0;
}

bool
track_done(const struct track *t, uint64_t unit)
{
	const struct unit *u;

	if (unit < t->head || unit >= t->next)
		return unit < t->head;
	u = at(t, unit);
	return u->settled && u->acked >= u->sent;
}

uint64_t
track_pending(const struct track *t)
{
	return t->next - t->head;
}

bool
track_sound(const struct track *t)
{
	return !t->broken;
}
