#include "lag.h"

/* A restart_lsn follows every 15 seconds or so; half a minute is old. */
#define OLD_MS 30000
/* One segment: below that, nothing is worth a name. */
#define SEGMENT (16 << 20)

static int64_t
distance(const struct lag_report *r, lsn_t from)
{
	if (!from || !r->current)
		return LAG_UNKNOWN;
	/* On a standby the slot may be ahead of what the receiver flushed. */
	return r->current > from ? (int64_t)(r->current - from) : 0;
}

int64_t
lag_retained(const struct lag_report *r, const struct lag_slot *s)
{
	return distance(r, s->restart);
}

int64_t
lag_unconfirmed(const struct lag_report *r, const struct lag_slot *s)
{
	return distance(r, s->logical ? s->confirmed : s->restart);
}

bool
lag_lost(const struct lag_slot *s)
{
	return s->invalidation ||
		(s->wal_status && span_is(span_of(s->wal_status), "lost"));
}

/*
 * `stuck`: much has been confirmed and is kept all the same. That tells on a
 * transaction whose age the role may not see.
 */
static bool
is_old(const struct lag_holder *h, bool stuck)
{
	return h->found && (h->age_ms == LAG_UNKNOWN ? stuck : h->age_ms >= OLD_MS);
}

struct lag_held
lag_held(const struct lag_report *r, const struct lag_slot *s)
{
	struct lag_held held = { false, false, false };
	int64_t retained = lag_retained(r, s), behind = lag_unconfirmed(r, s);
	bool stuck;

	if (lag_lost(s) || retained == LAG_UNKNOWN || behind == LAG_UNKNOWN)
		return held;
	held.reader = behind >= SEGMENT;
	/* Only decoding has to start again before an open transaction. */
	if (!s->logical)
		return held;
	stuck = retained - behind >= SEGMENT;
	held.session = is_old(&r->session, stuck);
	held.prepared = is_old(&r->prepared, stuck);
	return held;
}

enum lag_problem
lag_problem(const struct lag_report *r, const struct lag_slot *s, int64_t limit)
{
	struct lag_held held;

	if (lag_lost(s))
		return LAG_LOST;
	if (s->wal_status && span_is(span_of(s->wal_status), "unreserved"))
		return LAG_UNRESERVED;
	if (limit < 0)
		return LAG_FINE;
	/* LAG_UNKNOWN is below every limit */
	if (lag_unconfirmed(r, s) > limit)
		return LAG_UNREAD;
	held = lag_held(r, s);
	if ((held.session || held.prepared) && lag_retained(r, s) > limit)
		return LAG_HELD;
	return LAG_FINE;
}
