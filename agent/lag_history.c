#include "lag_history.h"

#include <stdlib.h>

/* Less than that is always under way on a busy server. */
#define NEAR (1 << 20)

struct sample {
	int64_t time_ms;
	lsn_t current, position;
};

/* One slot's past; samples is a ring, `next` the place of the next one. */
struct past {
	char name[64];
	int64_t since_ms;
	int64_t moved_at_ms;		/* LAG_UNKNOWN: not since we watch */
	struct sample samples[LAG_HISTORY_SAMPLES];
	size_t next, count;
};

struct lag_history {
	struct past *pasts;
	size_t count;
};

struct lag_history *
lag_history_new(void)
{
	return calloc(1, sizeof(struct lag_history));
}

void
lag_history_free(struct lag_history *h)
{
	if (!h)
		return;
	free(h->pasts);
	free(h);
}

static lsn_t
position(const struct lag_slot *s)
{
	return s->logical ? s->confirmed : s->restart;
}

static const struct past *
find(const struct lag_history *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->pasts[i].name, name) == 0)
			return &h->pasts[i];
	return NULL;
}

static const struct sample *
sample_at(const struct past *p, size_t age)
{
	return &p->samples[(p->next + LAG_HISTORY_SAMPLES - 1 - age) %
		LAG_HISTORY_SAMPLES];
}

static void
remember(struct past *p, const struct lag_report *r, const struct lag_slot *s)
{
	if (p->count && sample_at(p, 0)->position != position(s))
		p->moved_at_ms = r->time_ms;
	p->samples[p->next] = (struct sample){
		r->time_ms, r->current, position(s)
	};
	p->next = (p->next + 1) % LAG_HISTORY_SAMPLES;
	if (p->count < LAG_HISTORY_SAMPLES)
		p->count++;
}

/* A slot that was recreated may be behind its former self: no rate then. */
static int64_t
rate(lsn_t from, lsn_t to, int64_t ms)
{
	if (!from || to < from || ms <= 0)
		return LAG_UNKNOWN;
	return (int64_t)((double)(to - from) * 1000 / (double)ms);
}

static void
derive(const struct past *p, const struct lag_report *r, struct lag_slot *s)
{
	const struct sample *new = sample_at(p, 0);
	const struct sample *old = sample_at(p, p->count - 1);
	int64_t ms = new->time_ms - old->time_ms, behind;

	s->watched_ms = r->time_ms - p->since_ms;
	if (p->moved_at_ms != LAG_UNKNOWN)
		s->moved_ms = r->time_ms - p->moved_at_ms;
	s->read_rate = rate(old->position, new->position, ms);
	s->write_rate = rate(old->current, new->current, ms);
	behind = lag_unconfirmed(r, s);
	if (behind == LAG_UNKNOWN || s->read_rate == LAG_UNKNOWN || !s->active)
		return;
	if (behind < NEAR)
		s->catch_up_ms = 0;
	else if (s->read_rate > s->write_rate)
		s->catch_up_ms = (int64_t)((double)behind * 1000 /
			(double)(s->read_rate - s->write_rate));
}

bool
lag_history_add(struct lag_history *h, struct lag_report *r)
{
	struct past *pasts = calloc(r->nslots ? r->nslots : 1, sizeof(*pasts));
	const struct past *known;

	if (!pasts)
		return false;
	for (size_t i = 0; i < r->nslots; i++) {
		known = find(h, r->slots[i].name);
		if (known) {
			pasts[i] = *known;
		} else {
			strncpy(pasts[i].name, r->slots[i].name,
				sizeof(pasts[i].name) - 1);
			pasts[i].since_ms = r->time_ms;
			pasts[i].moved_at_ms = LAG_UNKNOWN;
		}
		remember(&pasts[i], r, &r->slots[i]);
		derive(&pasts[i], r, &r->slots[i]);
	}
	free(h->pasts);
	h->pasts = pasts;
	h->count = r->nslots;
	return true;
}
