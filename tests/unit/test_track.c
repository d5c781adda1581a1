#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "track.h"

#define assert_at(t, confirmed, restart) do { \
	assert_int_equal(track_confirmed(t), (confirmed)); \
	assert_int_equal(track_restart(t), (restart)); \
} while (0)

static int
setup(void **state)
{
	*state = track_new();
	return *state ? 0 : -1;
}

static int
teardown(void **state)
{
	track_free(*state);
	return 0;
}

static void
nothing_yet(void **state)
{
	assert_at(*state, 0, 0);
	assert_int_equal(track_last_commit(*state), 0);
	assert_int_equal(track_pending(*state), 0);
	assert_true(track_sound(*state));
	track_free(NULL);
}

static void
one_unit(void **state)
{
	struct track *t = *state;
	uint64_t u = track_open(t);

	assert_int_equal(track_pending(t), 1);
	track_acked(t, u, 1);
	assert_at(t, 0, 0);
	track_close(t, u, 3, 100);
	assert_at(t, 0, 100);
	track_acked(t, u, 1);
	assert_at(t, 0, 100);
	track_acked(t, u, 1);
	assert_at(t, 100, 100);
	assert_int_equal(track_last_commit(t), 100);
	assert_int_equal(track_pending(t), 0);
}

static void
all_acknowledged_before_the_end(void **state)
{
	struct track *t = *state;
	uint64_t u = track_open(t);

	track_acked(t, u, 2);
	track_acked(t, u, 0);
	track_close(t, u, 2, 100);
	assert_at(t, 100, 100);
}

static void
a_unit_whose_records_were_sent_before(void **state)
{
	struct track *t = *state;
	uint64_t first = track_open(t), again;

	track_abandon(t, first, 2);
	again = track_open(t);
	track_close(t, again, 0, 100);
	assert_at(t, 0, 100);
	assert_int_equal(track_pending(t), 1);
	track_acked(t, first, 2);
	assert_at(t, 100, 100);
	assert_int_equal(track_last_commit(t), 100);
}

/* The connection is lost again and again, and the sink takes nothing. */
static void
units_without_records_do_not_pile_up(void **state)
{
	struct track *t = *state;
	uint64_t first = track_open(t), u;

	track_close(t, first, 1, 100);
	for (int i = 0; i < 1000; i++)
		track_abandon(t, track_open(t), 0);
	assert_int_equal(track_pending(t), 1);
	track_idle(t, 150);
	u = track_open(t);
	assert_int_equal(track_pending(t), 2);
	track_acked(t, first, 1);
	assert_at(t, 150, 150);
	track_acked(t, u, 1);
	track_close(t, u, 1, 200);
	assert_at(t, 200, 200);
	assert_int_equal(track_last_commit(t), 200);
	assert_true(track_sound(t));
}

/* Two open at once is not what the pipeline does; then each keeps its place. */
static void
a_unit_without_records_behind_an_open_one(void **state)
{
	struct track *t = *state;
	uint64_t a = track_open(t), b = track_open(t), c = track_open(t);

	track_close(t, b, 0, 200);
	track_close(t, c, 0, 300);
	assert_int_equal(track_pending(t), 2);
	track_close(t, a, 1, 100);
	track_acked(t, a, 1);
	assert_at(t, 300, 300);
	assert_int_equal(track_last_commit(t), 300);
}

static void
later_units_wait_for_the_head(void **state)
{
	struct track *t = *state;
	uint64_t a = track_open(t), b, c;

	track_close(t, a, 1, 100);
	b = track_open(t);
	track_close(t, b, 1, 200);
	c = track_open(t);
	track_acked(t, b, 1);
	track_acked(t, c, 1);
	assert_at(t, 0, 200);
	track_acked(t, a, 1);
	assert_at(t, 200, 200);
	track_close(t, c, 1, 300);
	assert_at(t, 300, 300);
	assert_true(track_sound(t));
}

static void
idle_with_nothing_pending_is_confirmed(void **state)
{
	struct track *t = *state;

	track_idle(t, 50);
	assert_at(t, 50, 50);
	track_idle(t, 40);
	assert_at(t, 50, 50);
	assert_int_equal(track_last_commit(t), 0);
}

static void
idle_waits_for_the_last_closed_unit(void **state)
{
	struct track *t = *state;
	uint64_t u = track_open(t);

	track_close(t, u, 1, 100);
	track_idle(t, 150);
	track_idle(t, 120);
	assert_at(t, 0, 150);
	track_acked(t, u, 1);
	assert_at(t, 150, 150);
	assert_int_equal(track_last_commit(t), 100);
}

static void
idle_inside_an_open_unit_is_ignored(void **state)
{
	struct track *t = *state;
	uint64_t u = track_open(t);

	track_idle(t, 150);
	assert_at(t, 0, 0);
	track_close(t, u, 1, 100);
	track_acked(t, u, 1);
	assert_at(t, 100, 100);
}

static void
an_abandoned_unit_gives_no_position(void **state)
{
	struct track *t = *state;
	uint64_t u;

	track_idle(t, 10);
	u = track_open(t);
	track_acked(t, u, 1);
	track_abandon(t, u, 2);
	assert_at(t, 10, 10);
	track_acked(t, u, 1);
	assert_at(t, 10, 10);
	assert_int_equal(track_pending(t), 0);
	assert_int_equal(track_last_commit(t), 0);
}

static void
what_follows_an_abandoned_unit_waits_for_it(void **state)
{
	struct track *t = *state;
	uint64_t dead = track_open(t), u;

	track_abandon(t, dead, 2);
	u = track_open(t);
	track_close(t, u, 1, 100);
	track_acked(t, u, 1);
	assert_at(t, 0, 100);
	track_acked(t, dead, 2);
	assert_at(t, 100, 100);
}

static void
idle_after_an_abandoned_unit_waits_for_it(void **state)
{
	struct track *t = *state;
	uint64_t dead = track_open(t);

	track_abandon(t, dead, 1);
	track_idle(t, 100);
	assert_at(t, 0, 100);
	track_acked(t, dead, 1);
	assert_at(t, 100, 100);
	assert_int_equal(track_last_commit(t), 0);
}

static void
the_position_never_goes_back(void **state)
{
	struct track *t = *state;
	uint64_t u;

	track_idle(t, 500);
	u = track_open(t);
	track_close(t, u, 1, 400);
	track_acked(t, u, 1);
	assert_at(t, 500, 500);
	assert_int_equal(track_last_commit(t), 400);
}

static void
records_of_no_unit_are_not_waited_for(void **state)
{
	struct track *t = *state;

	track_acked(t, TRACK_NONE, 7);
	assert_true(track_sound(t));
	track_idle(t, 10);
	assert_at(t, 10, 10);
}

static void
grows_with_units_in_flight(void **state)
{
	struct track *t = *state;
	const uint64_t n = 10000;
	uint64_t first = track_open(t);

	/* The ring wraps: its start is not a multiple of its size. */
	track_close(t, first, 1, 1);
	track_acked(t, first, 1);
	for (uint64_t i = 1; i <= n; i++) {
		uint64_t u = track_open(t);

		assert_int_equal(u, first + i);
		track_close(t, u, 1, 1 + i);
	}
	assert_int_equal(track_pending(t), n);
	for (uint64_t i = n; i >= 2; i--)
		track_acked(t, first + i, 1);
	assert_at(t, 1, n + 1);
	track_acked(t, first + 1, 1);
	assert_at(t, n + 1, n + 1);
	assert_true(track_sound(t));
}

/* Parts of a snapshot are read side by side, and end in any order. */
static void
several_units_open_at_a_time(void **state)
{
	struct track *t = *state;
	uint64_t a = track_open(t), b = track_open(t), c = track_open(t), stream;

	track_acked(t, b, 2);
	track_close(t, b, 2, 0);
	track_acked(t, a, 1);
	track_close(t, c, 1, 0);
	assert_int_equal(track_pending(t), 3);
	assert_at(t, 0, 0);
	track_idle(t, 50);		/* behind the last one, which has ended */
	assert_at(t, 0, 50);
	stream = track_open(t);
	track_close(t, stream, 1, 100);
	track_acked(t, stream, 1);
	track_acked(t, c, 1);
	assert_at(t, 0, 100);		/* the first part is still being read */
	track_close(t, a, 3, 0);
	track_acked(t, a, 1);
	assert_at(t, 0, 100);
	track_acked(t, a, 1);
	assert_at(t, 100, 100);
	assert_int_equal(track_last_commit(t), 100);
	assert_int_equal(track_pending(t), 0);
	assert_true(track_sound(t));
}

/* A keepalive says nothing of what an open part may still send. */
static void
idle_is_ignored_while_the_last_part_is_open(void **state)
{
	struct track *t = *state;
	uint64_t a = track_open(t), b = track_open(t);

	track_close(t, a, 1, 0);
	track_idle(t, 50);
	track_acked(t, a, 1);
	assert_at(t, 0, 0);
	track_close(t, b, 1, 0);
	track_acked(t, b, 1);
	assert_at(t, 0, 0);
	track_idle(t, 60);
	assert_at(t, 60, 60);
}

static void
done_is_ended_and_acknowledged(void **state)
{
	struct track *t = *state;
	uint64_t a = track_open(t), b = track_open(t), c = track_open(t);

	assert_false(track_done(t, a));
	track_acked(t, b, 1);
	assert_false(track_done(t, b));		/* it may have more */
	track_close(t, b, 2, 0);
	assert_false(track_done(t, b));
	track_acked(t, b, 1);
	assert_true(track_done(t, b));		/* whatever is before it */
	assert_int_equal(track_pending(t), 3);
	track_close(t, a, 1, 10);
	track_acked(t, a, 1);
	assert_int_equal(track_pending(t), 1);
	assert_true(track_done(t, a));		/* they are forgotten, and done */
	assert_true(track_done(t, b));
	assert_false(track_done(t, c));
	track_abandon(t, c, 1);
	assert_false(track_done(t, c));
	track_acked(t, c, 1);
	assert_true(track_done(t, c));
	assert_false(track_done(t, c + 1));	/* not opened yet */
	assert_false(track_done(t, TRACK_NONE));
	assert_true(track_sound(t));
}

/* At the limit parts share a unit: it is done when the last of them is. */
static void
parts_that_share_a_unit(void **state)
{
	struct track *t = *state;
	uint64_t stuck, a, b, c;

	track_set_limit(t, 2);
	stuck = track_open(t);
	a = track_open(t);
	b = track_open(t);			/* `a` is open: it cannot be shared */
	assert_true(a != b);
	track_close(t, b, 1, 0);
	track_acked(t, b, 1);
	assert_true(track_done(t, b));
	c = track_open(t);
	assert_int_equal(c, b);
	assert_false(track_done(t, b));
	track_close(t, c, 2, 0);
	track_acked(t, c, 2);
	assert_true(track_done(t, c));
	track_close(t, stuck, 1, 10);
	track_close(t, a, 1, 0);
	track_acked(t, a, 1);
	track_acked(t, stuck, 1);
	assert_int_equal(track_pending(t), 0);
	assert_at(t, 10, 10);
	assert_true(track_sound(t));
}

/* One partition is stuck, the others go on. */
static void
at_the_limit_transactions_share_a_unit(void **state)
{
	struct track *t = *state;
	uint64_t stuck = track_open(t), u = 0, shared;

	track_set_limit(t, 3);
	track_close(t, stuck, 1, 100);
	u = track_open(t);
	track_close(t, u, 1, 200);
	track_acked(t, u, 1);
	shared = track_open(t);
	for (lsn_t end = 300; end < 1000; end += 100) {
		track_acked(t, shared, 1);
		track_close(t, shared, 2, end);
		track_acked(t, shared, 1);
		u = track_open(t);
		assert_int_equal(u, shared);
	}
	track_acked(t, u, 1);
	track_acked(t, stuck, 1);
	assert_at(t, 200, 900);		/* what shares it is not complete */
	track_abandon(t, u, 2);
	assert_at(t, 200, 900);
	track_idle(t, 950);
	track_acked(t, u, 1);
	assert_at(t, 950, 950);
	assert_int_equal(track_last_commit(t), 900);
	assert_int_equal(track_pending(t), 0);
	assert_int_not_equal(track_open(t), shared);
	assert_true(track_sound(t));
}

static void
never_more_units_than_the_limit(void **state)
{
	struct track *t = *state;
	uint64_t stuck = track_open(t), u;

	track_close(t, stuck, 1, 1);
	for (lsn_t end = 2; end < 3 * TRACK_UNITS; end++) {
		u = track_open(t);
		track_close(t, u, 1, end);
		track_acked(t, u, 1);
		assert_true(track_pending(t) <= TRACK_UNITS);
	}
	assert_int_equal(track_pending(t), TRACK_UNITS);
	assert_at(t, 0, 3 * TRACK_UNITS - 1);
	track_acked(t, stuck, 1);
	assert_at(t, 3 * TRACK_UNITS - 1, 3 * TRACK_UNITS - 1);
}

/* After a contradiction nothing moves any more, whatever is reported. */
static void
assert_frozen(struct track *t, lsn_t at)
{
	uint64_t u;

	assert_false(track_sound(t));
	assert_int_equal(track_confirmed(t), at);
	u = track_open(t);
	track_close(t, u, 1, 9000);
	track_acked(t, u, 1);
	track_idle(t, 9999);
	assert_int_equal(track_confirmed(t), at);
	assert_false(track_sound(t));
}

static void
a_shared_unit_does_not_overflow(void **state)
{
	uint64_t a = track_open(*state), u;

	track_close(*state, a, 1, 100);
	u = track_open(*state);
	track_close(*state, u, 1, 150);
	track_set_limit(*state, 2);
	assert_int_equal(track_open(*state), u);
	track_close(*state, u, UINT64_MAX, 200);
	track_acked(*state, u, 1);
	track_acked(*state, a, 1);
	assert_frozen(*state, 0);
}

static void
too_many_acknowledgements_after_the_end(void **state)
{
	uint64_t a = track_open(*state), b = track_open(*state);

	track_close(*state, a, 1, 100);
	track_close(*state, b, 1, 200);
	track_acked(*state, b, 2);
	track_acked(*state, a, 1);
	assert_frozen(*state, 0);
}

static void
too_many_acknowledgements_before_the_end(void **state)
{
	uint64_t u = track_open(*state);

	track_acked(*state, u, 3);
	track_close(*state, u, 2, 100);
	assert_frozen(*state, 0);
}

static void
acknowledgements_that_overflow(void **state)
{
	uint64_t u = track_open(*state);

	track_acked(*state, u, UINT64_MAX);
	track_acked(*state, u, 3);
	track_close(*state, u, 2, 100);
	assert_frozen(*state, 0);
}

static void
acknowledgement_of_a_unit_that_is_done(void **state)
{
	uint64_t u = track_open(*state);

	track_close(*state, u, 1, 100);
	track_acked(*state, u, 1);
	track_acked(*state, u, 1);
	assert_frozen(*state, 100);
}

static void
acknowledgement_of_a_unit_to_come(void **state)
{
	uint64_t u = track_open(*state);

	track_acked(*state, u + 1, 1);
	assert_frozen(*state, 0);
}

static void
nothing_pending_and_no_trust(void **state)
{
	track_idle(*state, 10);
	track_acked(*state, 0, 1);
	track_idle(*state, 20);
	assert_int_equal(track_confirmed(*state), 10);
	assert_frozen(*state, 10);
}

static void
a_unit_ends_once(void **state)
{
	uint64_t u = track_open(*state);

	track_close(*state, u, 1, 100);
	track_abandon(*state, u, 1);
	track_acked(*state, u, 1);
	assert_frozen(*state, 0);
}

static void
an_unknown_unit_does_not_end(void **state)
{
	track_close(*state, 5, 1, 100);
	assert_frozen(*state, 0);
}

/* The naive model: every unit ever opened, looked at from the start each time. */
#define MODEL_UNITS 400

struct model_unit {
	uint64_t number, sent, acked;
	lsn_t end, commit;
	bool settled, abandoned;
};

struct model {
	struct model_unit units[MODEL_UNITS];
	size_t count;
	lsn_t idle;		/* before any unit */
	lsn_t restart;
};

static lsn_t
max_lsn(lsn_t a, lsn_t b)
{
	return a > b ? a : b;
}

static lsn_t
model_confirmed(const struct model *m, lsn_t *last_commit, uint64_t *pending)
{
	lsn_t at = m->idle;
	size_t i;

	*last_commit = 0;
	for (i = 0; i < m->count; i++) {
		const struct model_unit *u = &m->units[i];

		if (!u->settled || u->acked != u->sent)
			break;
		at = max_lsn(at, u->end);
		*last_commit = max_lsn(*last_commit, u->commit);
	}
	/* What ended without a record is no entry of its own. */
	for (*pending = 0; i < m->count; i++)
		*pending += !m->units[i].settled || m->units[i].sent;
	return at;
}

static void
model_idle(struct model *m, lsn_t end)
{
	if (m->count == 0)
		m->idle = max_lsn(m->idle, end);
	else if (m->units[m->count - 1].settled)
		m->units[m->count - 1].end = max_lsn(m->units[m->count - 1].end, end);
	else
		return;
	m->restart = max_lsn(m->restart, end);
}

static unsigned
pick(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % n;
}

struct world {
	struct track *t;
	struct model m;
	uint64_t seed;
	lsn_t wal;		/* grows with every event of the stream */
	lsn_t confirmed;
};

static struct model_unit *
open_unit(struct world *w)
{
	struct model_unit *u = w->m.count ? &w->m.units[w->m.count - 1] : NULL;

	return u && !u->settled ? u : NULL;
}

/* What the stream does: begin, a record, commit, a lost connection, a keepalive. */
static void
stream_step(struct world *w)
{
	struct model_unit *u = open_unit(w);

	w->wal += 1 + pick(&w->seed, 100);
	if (!u) {
		if (pick(&w->seed, 3) == 0 || w->m.count == MODEL_UNITS) {
			model_idle(&w->m, w->wal);
			track_idle(w->t, w->wal);
			return;
		}
		u = &w->m.units[w->m.count++];
		*u = (struct model_unit){ .number = track_open(w->t) };
		assert_true(u->number != TRACK_NONE);
		u->sent = pick(&w->seed, 8) ? 1 : 0;
		return;
	}
	switch (pick(&w->seed, 6)) {
	case 0: case 1: case 2:
		u->sent++;
		return;
	case 3:
		model_idle(&w->m, w->wal);
		track_idle(w->t, w->wal);
		return;
	case 4:
		u->settled = true;
		if (pick(&w->seed, 3) == 0) {
			u->abandoned = true;
			track_abandon(w->t, u->number, u->sent);
			return;
		}
		break;
	default:
		u->settled = true;
		break;
	}
	u->end = u->commit = w->wal;
	w->m.restart = max_lsn(w->m.restart, w->wal);
	track_close(w->t, u->number, u->sent, w->wal);
}

/* Acknowledges some records of a random unit. False if none is waiting there. */
static bool
sink_step(struct world *w)
{
	struct model_unit *u;
	uint64_t n;

	if (!w->m.count)
		return false;
	/* Mostly recent units, so that old ones hold the prefix back. */
	u = &w->m.units[w->m.count - 1 - pick(&w->seed, pick(&w->seed, 2) ?
		(unsigned)(w->m.count < 4 ? w->m.count : 4) : (unsigned)w->m.count)];
	if (u->acked == u->sent)
		return false;
	n = 1 + pick(&w->seed, (unsigned)(u->sent - u->acked));
	u->acked += n;
	track_acked(w->t, u->number, n);
	return true;
}

static void
compare(struct world *w)
{
	uint64_t pending;
	lsn_t last, at = model_confirmed(&w->m, &last, &pending);

	assert_true(track_confirmed(w->t) >= w->confirmed);
	w->confirmed = track_confirmed(w->t);
	assert_int_equal(w->confirmed, at);
	assert_int_equal(track_last_commit(w->t), last);
	assert_int_equal(track_pending(w->t), pending);
	assert_int_equal(track_restart(w->t), w->m.restart);
	assert_true(track_sound(w->t));
}

static void
one_round(uint64_t seed)
{
	static struct world w;
	unsigned steps, bias;

	w.t = track_new();
	assert_non_null(w.t);
	w.m.count = 0;
	w.m.idle = w.m.restart = 0;
	w.wal = w.confirmed = 0;
	w.seed = seed;
	steps = 1 + pick(&w.seed, 300);
	bias = 1 + pick(&w.seed, 5);
	while (steps--) {
		if (pick(&w.seed, bias))
			stream_step(&w);
		else
			sink_step(&w);
		compare(&w);
	}
	/* All that is outstanding comes in, in any order. */
	while (open_unit(&w))
		stream_step(&w);
	for (size_t i = 0; i < w.m.count; i++) {
		struct model_unit *u = &w.m.units[(i * 7919 + seed) % w.m.count];

		if (u->acked < u->sent)
			track_acked(w.t, u->number, u->sent - u->acked);
		u->acked = u->sent;
	}
	for (size_t i = 0; i < w.m.count; i++) {
		struct model_unit *u = &w.m.units[i];

		if (u->acked < u->sent)
			track_acked(w.t, u->number, u->sent - u->acked);
		u->acked = u->sent;
	}
	compare(&w);
	assert_int_equal(track_pending(w.t), 0);
	assert_int_equal(track_confirmed(w.t), track_restart(w.t));
	track_free(w.t);
}

/* PGWAKE_SEED repeats a run, PGWAKE_ROUNDS makes a longer one. */
static void
agrees_with_the_model(void **state)
{
	const char *seed_text = getenv("PGWAKE_SEED");
	const char *rounds_text = getenv("PGWAKE_ROUNDS");
	uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10)
		: (uint64_t)time(NULL);
	unsigned long rounds = rounds_text ? strtoul(rounds_text, NULL, 10) : 5000;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned long i = 0; i < rounds; i++)
		one_round(seed + i);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(nothing_yet),
		test(one_unit),
		test(all_acknowledged_before_the_end),
		test(a_unit_whose_records_were_sent_before),
		test(units_without_records_do_not_pile_up),
		test(a_unit_without_records_behind_an_open_one),
		test(later_units_wait_for_the_head),
		test(idle_with_nothing_pending_is_confirmed),
		test(idle_waits_for_the_last_closed_unit),
		test(idle_inside_an_open_unit_is_ignored),
		test(an_abandoned_unit_gives_no_position),
		test(what_follows_an_abandoned_unit_waits_for_it),
		test(idle_after_an_abandoned_unit_waits_for_it),
		test(the_position_never_goes_back),
		test(records_of_no_unit_are_not_waited_for),
		test(grows_with_units_in_flight),
		test(several_units_open_at_a_time),
		test(idle_is_ignored_while_the_last_part_is_open),
		test(done_is_ended_and_acknowledged),
		test(parts_that_share_a_unit),
		test(at_the_limit_transactions_share_a_unit),
		test(never_more_units_than_the_limit),
		test(a_shared_unit_does_not_overflow),
		test(too_many_acknowledgements_after_the_end),
		test(too_many_acknowledgements_before_the_end),
		test(acknowledgements_that_overflow),
		test(acknowledgement_of_a_unit_that_is_done),
		test(acknowledgement_of_a_unit_to_come),
		test(nothing_pending_and_no_trust),
		test(a_unit_ends_once),
		test(an_unknown_unit_does_not_end),
		cmocka_unit_test(agrees_with_the_model),
	};

	return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
