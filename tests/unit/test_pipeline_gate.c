#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "script.h"

#define assert_held(call) assert_int_equal(call, PIPELINE_HELD)

static void
assert_gate(struct fixture *x, bool reached, lsn_t begun)
{
	assert_int_equal(pipeline_at_gate(x->p), reached);
	assert_int_equal(pipeline_begun(x->p), begun);
}

static void
what_commits_before_it_passes(void **state)
{
	struct fixture *x = *state;

	assert_gate(x, false, 0);
	pipeline_set_gate(x->p, 0x1200);
	transaction(x, 0x1000, 0x1100, "1", false);
	assert_gate(x, false, 0x1000);
	/* Its commit begins before the gate, and ends behind it. */
	transaction(x, 0x11ff, 0x1210, "2", true);
	assert_gate(x, false, 0x11ff);
	assert_held(begin(x, 0x1200));
	assert_gate(x, true, 0x11ff);
	assert_int_equal(x->sink.count, 2);
	assert_int_equal(track_pending(x->track), 2);
	ack(x, 0);
	ack(x, 1);
	assert_at(x, 0x1210, 0x1210);
}

/* The frame in hand goes on where it was, once the gate is gone. */
static void
a_transaction_is_held_until_it_is_opened(void **state)
{
	struct fixture *x = *state;

	pipeline_set_gate(x->p, 0x1000);
	assert_held(begin(x, 0x1000));
	for (int i = 0; i < 3; i++)
		assert_held(resume(x));
	assert_gate(x, true, 0);
	assert_int_equal(track_pending(x->track), 0);
	assert_null(pipeline_wanted(x->p));
	pipeline_set_gate(x->p, 0x1000);	/* the same again */
	assert_gate(x, true, 0);
	pipeline_set_gate(x->p, 0);
	assert_gate(x, false, 0);
	assert_done(resume(x));
	assert_gate(x, false, 0x1000);
	tell(x, T);
	assert_done(insert(x, T, 0x900, "1"));
	assert_done(commit(x, 0x1000, 0x1100));
	assert_int_equal(x->sink.count, 1);
	ack(x, 0);
	assert_at(x, 0x1100, 0x1100);
}

/* A later round: what waited at one gate may pass the next one, or wait again. */
static void
another_gate(void **state)
{
	struct fixture *x = *state;

	pipeline_set_gate(x->p, 0x1000);
	assert_held(begin(x, 0x1500));
	pipeline_set_gate(x->p, 0x1200);
	assert_gate(x, false, 0);		/* not known for the new one */
	assert_held(resume(x));
	assert_gate(x, true, 0);
	pipeline_set_gate(x->p, 0x1600);
	assert_done(resume(x));
	assert_gate(x, false, 0x1500);
	assert_done(commit(x, 0x1500, 0x1580));
	assert_at(x, 0x1580, 0x1580);
	assert_held(begin(x, 0x1700));
}

/* Positions inside of a transaction say nothing of it: its commit counts. */
static void
inside_of_a_transaction_nothing_is_held(void **state)
{
	struct fixture *x = *state;

	assert_done(begin(x, 0x2000));
	tell(x, T);
	tell(x, U);
	pipeline_set_gate(x->p, 0x1000);	/* it has begun: it cannot wait */
	assert_done(insert(x, T, 0x1800, "1"));
	assert_done(message(x, true, 0x1900, "p"));
	assert_done(truncate_both(x, 0x1950));
	assert_gate(x, false, 0x2000);
	assert_done(keepalive(x, 0x1990));
	assert_gate(x, false, 0x2000);
	assert_done(commit(x, 0x2000, 0x2100));
	assert_held(begin(x, 0x2200));
	assert_gate(x, true, 0x2000);
}

static void
a_lone_message_is_held(void **state)
{
	struct fixture *x = *state;

	pipeline_set_gate(x->p, 0x600);
	assert_done(message(x, false, 0x5ff, "p"));
	assert_gate(x, false, 0x5ff);
	assert_held(message(x, false, 0x600, "p"));
	assert_gate(x, true, 0x5ff);
	assert_int_equal(x->sink.count, 1);
	assert_held(resume(x));
	pipeline_set_gate(x->p, 0);
	assert_done(resume(x));
	assert_gate(x, false, 0x600);
	assert_int_equal(x->sink.count, 2);
	ack(x, 0);
	ack(x, 1);
	assert_at(x, 0x600, 0x600);
}

/* On an idle server no transaction tells that the gate is reached. */
static void
keepalives_reach_it(void **state)
{
	struct fixture *x = *state;

	assert_done(keepalive(x, 0x5000));	/* there is no gate */
	assert_gate(x, false, 0);
	pipeline_set_gate(x->p, 0x6000);
	assert_done(keepalive(x, 0x5fff));
	assert_gate(x, false, 0);
	assert_done(keepalive(x, 0x6000));
	assert_gate(x, true, 0);
	assert_at(x, 0x6000, 0x6000);
	assert_done(keepalive(x, 0x5000));	/* once is enough */
	assert_gate(x, true, 0);
	pipeline_set_gate(x->p, 0x7000);
	assert_gate(x, false, 0);
	assert_held(begin(x, 0x7100));
	/* Nothing is taken meanwhile; one more would be no harm. */
	assert_gate(x, true, 0);
}

static void
disconnected_while_held(void **state)
{
	struct fixture *x = *state;

	transaction(x, 0x1000, 0x1100, "1", false);
	pipeline_set_gate(x->p, 0x1200);
	assert_held(begin(x, 0x1300));
	disconnect(x);
	assert_gate(x, true, 0x1000);		/* that was before */
	assert_int_equal(track_pending(x->track), 1);
	assert_done(resume(x));			/* nothing in hand */
	assert_held(begin(x, 0x1300));
	pipeline_set_gate(x->p, 0);
	assert_done(resume(x));
	tell(x, T);
	assert_done(insert(x, T, 0x1250, "2"));
	assert_done(commit(x, 0x1300, 0x1400));
	assert_int_equal(x->sink.count, 2);
	ack(x, 0);
	ack(x, 1);
	assert_at(x, 0x1400, 0x1400);
}

/* What was cut off in the middle is sent again, skips what it sent, and is not held. */
static void
a_transaction_cut_off_before_the_gate(void **state)
{
	struct fixture *x = *state;

	assert_done(begin(x, 0x1000));
	tell(x, T);
	assert_done(insert(x, T, 0x900, "1"));
	pipeline_set_gate(x->p, 0x1200);
	disconnect(x);
	assert_gate(x, false, 0x1000);
	assert_done(begin(x, 0x1000));
	tell(x, T);
	assert_done(insert(x, T, 0x900, "1"));
	assert_done(insert(x, T, 0x910, "2"));
	assert_done(commit(x, 0x1000, 0x1100));
	assert_int_equal(x->sink.count, 2);
	assert_held(begin(x, 0x1300));
	assert_gate(x, true, 0x1000);
}

/* Begun is what may be out: also if nothing of it was captured, or the sink is full. */
static void
begun_never_goes_back(void **state)
{
	struct fixture *x = *state;

	assert_done(begin(x, 0x1000));
	assert_done(commit(x, 0x1000, 0x1100));
	assert_gate(x, false, 0x1000);
	assert_done(message(x, false, 0x1500, "skip"));
	assert_gate(x, false, 0x1500);
	disconnect(x);
	assert_done(begin(x, 0x1000));		/* the server forgot a position */
	assert_gate(x, false, 0x1500);
	assert_done(commit(x, 0x1000, 0x1100));
	x->sink.room = 0;
	assert_full(message(x, false, 0x1600, "p"));
	assert_gate(x, false, 0x1600);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_commits_before_it_passes),
		TEST(a_transaction_is_held_until_it_is_opened),
		TEST(another_gate),
		TEST(inside_of_a_transaction_nothing_is_held),
		TEST(a_lone_message_is_held),
		TEST(keepalives_reach_it),
		TEST(disconnected_while_held),
		TEST(a_transaction_cut_off_before_the_gate),
		TEST(begun_never_goes_back),
	};

	return cmocka_run_group_tests_name("pipeline gate", tests, NULL, NULL);
}
