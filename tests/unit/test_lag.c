#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lag.h"
#include "lag_history.h"

#define MB ((int64_t)1 << 20)

/* A healthy slot: 2 MB of WAL kept, 1 MB not confirmed. */
static struct lag_slot
a_slot(void)
{
	return (struct lag_slot){
		.name = "s", .logical = true, .active = true,
		.wal_status = "reserved", .restart = 0x10000000,
		.confirmed = 0x10100000, .inactive_ms = LAG_UNKNOWN,
		.watched_ms = LAG_UNKNOWN, .moved_ms = LAG_UNKNOWN,
		.read_rate = LAG_UNKNOWN, .write_rate = LAG_UNKNOWN,
		.catch_up_ms = LAG_UNKNOWN,
	};
}

static struct lag_report
a_report(struct lag_slot *s)
{
	return (struct lag_report){
		.current = 0x10200000, .time_ms = 1000, .slots = s, .nslots = 1,
	};
}

static void
measures_distances(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s);

	(void)state;
	assert_int_equal(lag_retained(&r, &s), 2 * MB);
	assert_int_equal(lag_unconfirmed(&r, &s), MB);
	s.confirmed = r.current + 8;	/* a standby: ahead of its receiver */
	assert_int_equal(lag_unconfirmed(&r, &s), 0);
	s.confirmed = 0;
	assert_int_equal(lag_unconfirmed(&r, &s), LAG_UNKNOWN);
	s.logical = false;		/* physical: it has only restart_lsn */
	assert_int_equal(lag_unconfirmed(&r, &s), 2 * MB);
	s.restart = 0;
	assert_int_equal(lag_retained(&r, &s), LAG_UNKNOWN);
	assert_int_equal(lag_unconfirmed(&r, &s), LAG_UNKNOWN);
	r.current = 0;
	s.restart = 5;
	assert_int_equal(lag_retained(&r, &s), LAG_UNKNOWN);
}

static void
names_what_holds(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s);

	(void)state;
	assert_false(lag_held(&r, &s).reader);
	s.confirmed = r.current - 16 * (lsn_t)MB;
	assert_true(lag_held(&r, &s).reader);
	r.session = (struct lag_holder){ .found = true, .age_ms = 29999 };
	assert_false(lag_held(&r, &s).session);
	r.session.age_ms = 30000;
	assert_true(lag_held(&r, &s).session);
	/* Not allowed to see its age: told by what is confirmed and kept. */
	r.session.age_ms = LAG_UNKNOWN;
	s.confirmed = r.current;
	s.restart = r.current - 16 * (lsn_t)MB + 1;
	assert_false(lag_held(&r, &s).session);
	s.restart--;
	assert_true(lag_held(&r, &s).session);
	s.confirmed--;
	assert_false(lag_held(&r, &s).session);
	r.prepared = (struct lag_holder){ .found = true, .age_ms = 60000 };
	assert_true(lag_held(&r, &s).prepared);
	s.logical = false;
	assert_false(lag_held(&r, &s).prepared);
	s.logical = true;
	s.wal_status = "lost";
	assert_false(lag_held(&r, &s).prepared);
	assert_false(lag_held(&r, &s).reader);
}

static void
finds_problems(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s);

	(void)state;
	assert_int_equal(lag_problem(&r, &s, -1), LAG_FINE);
	assert_int_equal(lag_problem(&r, &s, MB), LAG_FINE);
	assert_int_equal(lag_problem(&r, &s, MB - 1), LAG_UNREAD);
	assert_int_equal(lag_problem(&r, &s, 0), LAG_UNREAD);
	s.confirmed = r.current;
	assert_int_equal(lag_problem(&r, &s, 0), LAG_FINE);
	r.prepared = (struct lag_holder){ .found = true, .age_ms = 60000 };
	assert_int_equal(lag_problem(&r, &s, 2 * MB), LAG_FINE);
	assert_int_equal(lag_problem(&r, &s, 2 * MB - 1), LAG_HELD);
	assert_int_equal(lag_problem(&r, &s, -1), LAG_FINE);
	s.wal_status = "extended";
	assert_int_equal(lag_problem(&r, &s, -1), LAG_FINE);
	s.wal_status = "unreserved";
	assert_int_equal(lag_problem(&r, &s, -1), LAG_UNRESERVED);
	s.wal_status = "lost";
	assert_int_equal(lag_problem(&r, &s, -1), LAG_LOST);
	s.wal_status = "reserved";
	s.invalidation = "rows_removed";
	assert_int_equal(lag_problem(&r, &s, -1), LAG_LOST);
	s = a_slot();
	s.restart = s.confirmed = 0;	/* no position at all: nothing to compare */
	assert_int_equal(lag_problem(&r, &s, 0), LAG_FINE);
}

/* One more report, `ms` later, after so much was written and confirmed. */
static void
pass(struct lag_history *h, struct lag_report *r, int64_t ms, int64_t written,
	int64_t confirmed)
{
	struct lag_slot fresh = a_slot();

	r->time_ms += ms;
	r->current += (lsn_t)written;
	fresh.confirmed = r->slots->confirmed + (lsn_t)confirmed;
	fresh.active = r->slots->active;
	*r->slots = fresh;
	assert_true(lag_history_add(h, r));
}

static void
measures_rates(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s);
	struct lag_history *h = lag_history_new();

	(void)state;
	pass(h, &r, 0, 100 * MB, 0);
	assert_int_equal(s.watched_ms, 0);
	assert_int_equal(s.moved_ms, LAG_UNKNOWN);
	assert_int_equal(s.read_rate, LAG_UNKNOWN);
	assert_int_equal(s.catch_up_ms, LAG_UNKNOWN);
	/* 101 MB behind; 8 MB/s come and go: never at this rate */
	pass(h, &r, 2000, 16 * MB, 16 * MB);
	assert_int_equal(s.watched_ms, 2000);
	assert_int_equal(s.moved_ms, 0);
	assert_int_equal(s.read_rate, 8 * MB);
	assert_int_equal(s.write_rate, 8 * MB);
	assert_int_equal(s.catch_up_ms, LAG_UNKNOWN);
	/* 51 MB behind; over 4 s: 16.5 MB/s less 4 MB/s */
	pass(h, &r, 2000, 0, 50 * MB);
	assert_int_equal(s.read_rate, 33 * MB / 2);
	assert_int_equal(s.write_rate, 4 * MB);
	assert_int_equal(s.catch_up_ms, 4080);
	pass(h, &r, 2000, 0, 51 * MB - 4);
	assert_int_equal(s.catch_up_ms, 0);
	pass(h, &r, 3000, 0, 0);
	assert_int_equal(s.moved_ms, 3000);
	assert_int_equal(s.watched_ms, 9000);
	s.active = false;
	pass(h, &r, 1000, 0, 0);
	assert_int_equal(s.catch_up_ms, LAG_UNKNOWN);
	lag_history_free(h);
}

/* The window slides, so an old burst is forgotten. */
static void
forgets_old_samples(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s);
	struct lag_history *h = lag_history_new();

	(void)state;
	pass(h, &r, 0, 100 * MB, 0);
	pass(h, &r, 1000, 0, 50 * MB);
	for (int i = 0; i < LAG_HISTORY_SAMPLES - 2; i++)
		pass(h, &r, 1000, 0, 0);
	assert_true(s.read_rate > 0);
	pass(h, &r, 1000, 0, 0);
	assert_int_equal(s.read_rate, 0);
	assert_int_equal(s.moved_ms, 1000 * (LAG_HISTORY_SAMPLES - 1));
	lag_history_free(h);
}

static void
follows_slots_by_name(void **state)
{
	struct lag_slot s[2] = { a_slot(), a_slot() };
	struct lag_report r = a_report(s);
	struct lag_history *h = lag_history_new();

	(void)state;
	s[1].name = "t";
	r.nslots = 2;
	assert_true(lag_history_add(h, &r));
	/* s is dropped; t, now the first, goes on from its own past */
	s[0] = a_slot();
	s[0].name = "t";
	r.nslots = 1;
	r.time_ms += 5000;
	assert_true(lag_history_add(h, &r));
	assert_int_equal(s[0].watched_ms, 5000);
	/* s comes back, behind where it was: it begins anew */
	s[0] = a_slot();
	r.time_ms += 5000;
	assert_true(lag_history_add(h, &r));
	assert_int_equal(s[0].watched_ms, 0);
	/* recreated under the same name, farther back */
	s[0] = a_slot();
	s[0].confirmed -= 100;
	r.time_ms += 1000;
	assert_true(lag_history_add(h, &r));
	assert_int_equal(s[0].read_rate, LAG_UNKNOWN);
	assert_int_equal(s[0].moved_ms, 0);
	r.nslots = 0;
	assert_true(lag_history_add(h, &r));
	lag_history_free(h);
	lag_history_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_distances),
		cmocka_unit_test(names_what_holds),
		cmocka_unit_test(finds_problems),
		cmocka_unit_test(measures_rates),
		cmocka_unit_test(forgets_old_samples),
		cmocka_unit_test(follows_slots_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
