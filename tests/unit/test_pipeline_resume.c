#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "script.h"

/*
 * One transaction with every kind of message: frames 0..8, nine records. Facts
 * are given when they are wanted, except at frame `wait`.
 */
enum { FRAMES = 9, RECORDS = 9 };

static enum pipeline_result
step(struct fixture *x, int frame)
{
	switch (frame) {
	case 0: return begin(x, 0x1000);
	case 1: return relation(x, T, 'd');
	case 2: return insert(x, T, 0x900, "1");
	case 3: return rekey(x, 0x910, 'K', "1", "2");
	case 4: return delete(x, 0x920, "2");
	case 5: return relation(x, U, 'd');
	case 6: return truncate_both(x, 0x930);
	case 7: return message(x, true, 0x940, "p");
	default: return commit(x, 0x1000, 0x1100);
	}
}

/* Where the connection is lost. */
struct cut {
	int frames;		/* before this frame */
	size_t room;		/* the sink has taken this many and is full */
	int wait;		/* while the facts of this frame are waited for */
	int given;		/* they were given, and not gone on with */
};

static void
play(struct fixture *x, struct cut cut)
{
	x->sink.room = cut.room;
	for (int i = 0; i < cut.frames; i++) {
		enum pipeline_result r = step(x, i);

		if (r == PIPELINE_FULL || (r == PIPELINE_NEED && i == cut.wait))
			break;
		if (r == PIPELINE_NEED) {
			assert_int_equal(give_facts(x), 0);
			if (i == cut.given)
				break;
			r = resume(x);
			if (r == PIPELINE_FULL)
				break;
		}
		assert_int_equal(r, PIPELINE_DONE);
	}
}

/*
 * All places: 0..8 frames, 0..8 records, three waits, three given; the last is:
 * nowhere. The TRUNCATE waits only if one plan is kept.
 */
enum { CUTS = FRAMES + RECORDS + 6 };

static struct cut
nth_cut(int n)
{
	static const int needy[] = { 1, 5, 6 };
	struct cut whole = { FRAMES, MAX_TAKEN, -1, -1 };

	if (n < FRAMES)
		whole.frames = n;
	else if (n < FRAMES + RECORDS)
		whole.room = (size_t)(n - FRAMES);
	else if (n < FRAMES + RECORDS + 3)
		whole.wait = needy[n - FRAMES - RECORDS];
	else if (n < CUTS)
		whole.given = needy[n - FRAMES - RECORDS - 3];
	return whole;
}

static void
assert_all_of_it_once(struct fixture *x)
{
	static const char ops[] = "cd0cd0ttm";
	static const char *const keys[] = { "{\"id\":1}", "{\"id\":1}",
		"{\"id\":1}", "{\"id\":2}", "{\"id\":2}", "{\"id\":2}", "", "",
		"{\"prefix\":\"p\"}" };

	assert_int_equal(x->sink.count, RECORDS);
	for (size_t i = 0; i < RECORDS; i++)
		assert_taken(x, i, ops[i], keys[i]);
}

/*
 * The same with its bounds told, BEGIN and END: two records more, and counts
 * that go on where they were.
 */
enum { TOLD = RECORDS + 2 };

static void
assert_all_of_it_told_once(struct fixture *x)
{
	static const char ops[] = "Bcd0cd0ttmE";
	static const char *const places[] = { "1,\"data_collection_order\":1",
		"2,\"data_collection_order\":2", "3,\"data_collection_order\":3",
		"4,\"data_collection_order\":4", "5,\"data_collection_order\":5",
		"6,\"data_collection_order\":1", "7,\"data_collection_order\":1" };
	size_t place = 0;

	assert_int_equal(x->sink.count, TOLD);
	for (size_t i = 0; i < TOLD; i++) {
		assert_int_equal(x->sink.taken[i].op, ops[i]);
		if (strchr("cdtm", ops[i]))
			assert_string_equal(x->sink.taken[i].place, places[place++]);
	}
	assert_string_equal(x->sink.taken[0].key, "{\"id\":\"5:4096\"}");
	assert_string_equal(x->sink.taken[TOLD - 1].key, "{\"id\":\"5:4352\"}");
	assert_non_null(strstr(x->sink.taken[TOLD - 1].place, "7,\"data_collections\":"
		"[{\"data_collection\":\"public.t\""));
}

static void
lose_twice_told(int first, int second, size_t plans)
{
	struct fixture *x = fixture_with(true);
	/* Rooms for the last two records are cuts of their own. */
	const int cuts[] = { first, second, CUTS };

	pipeline_free(x->p);
	x->options.change.plans = plans;
	x->p = pipeline_new(&x->options, &x->sink.base, x->track);
	for (int i = 0; i < 3 && track_restart(x->track) != 0x1100; i++) {
		struct cut cut = nth_cut(cuts[i]);

		if (cuts[i] > CUTS)
			cut.room = (size_t)(RECORDS + cuts[i] - CUTS - 1);
		play(x, cut);
		if (track_restart(x->track) == 0x1100)
			break;
		assert_at(x, 0, 0);
		disconnect(x);
	}
	assert_all_of_it_told_once(x);
	for (size_t i = TOLD; i-- > 0;) {
		assert_at(x, 0, 0x1100);
		ack(x, i);
	}
	assert_at(x, 0x1100, 0x1100);
	assert_int_equal(track_last_commit(x->track), 0x1100);
	x->sink.room = MAX_TAKEN;
	transaction(x, 0x1200, 0x1300, "9", false);
	assert_int_equal(x->sink.count, TOLD + 3);
	assert_string_equal(x->sink.taken[TOLD + 1].place, "1,\"data_collection_order\":1");
	fixture_free(x);
}

static void
a_transaction_read_again_is_counted_on(void **state)
{
	(void)state;
	for (int i = 0; i < CUTS + 3; i++)
		for (int j = 0; j < CUTS + 3; j++)
			if (i != CUTS && j != CUTS) {
				lose_twice_told(i, j, 0);
				lose_twice_told(i, j, 1);
			}
}

/* A transaction of which nothing is published has its bounds, and is acknowledged with them. */
static void
bounds_without_anything_between(void **state)
{
	struct fixture *x = fixture_with(true);

	(void)state;
	assert_done(begin(x, 0x1000));
	assert_done(relation(x, OTHER, 'd'));
	assert_done(insert(x, OTHER, 0x900, "1"));
	assert_done(commit(x, 0x1000, 0x1100));
	assert_int_equal(x->sink.count, 2);
	assert_string_equal(x->sink.taken[1].place, "0,\"data_collections\":[");
	assert_at(x, 0, 0x1100);
	ack(x, 0);
	assert_at(x, 0, 0x1100);
	ack(x, 1);
	assert_at(x, 0x1100, 0x1100);
	fixture_free(x);
}

/* Loses the connection at two places, then not; nothing is lost, nothing doubled. */
static void
lose_twice(int first, int second, bool acked_at_once)
{
	struct fixture *x = fixture_new();
	size_t acked = 0;
	const int cuts[] = { first, second, CUTS };

	for (int i = 0;; i++) {
		assert_true(i < 3);
		play(x, nth_cut(cuts[i]));
		while (acked_at_once && acked < x->sink.count)
			ack(x, acked++);
		/* A sink with room for what is left lets the whole of it through. */
		if (track_restart(x->track) == 0x1100)
			break;
		assert_at(x, 0, 0);
		disconnect(x);
	}
	assert_all_of_it_once(x);
	assert_int_equal(track_restart(x->track), 0x1100);
	for (size_t i = RECORDS; i-- > acked;) {
		assert_at(x, 0, 0x1100);
		ack(x, i);
	}
	assert_at(x, 0x1100, 0x1100);
	assert_int_equal(track_last_commit(x->track), 0x1100);
	assert_int_equal(track_pending(x->track), 0);
	assert_int_equal(pipeline_counters(x->p)->records, RECORDS);
	assert_int_equal(pipeline_counters(x->p)->transactions, 1);
	x->sink.room = MAX_TAKEN;
	transaction(x, 0x1200, 0x1300, "9", false);	/* the next is whole */
	assert_int_equal(x->sink.count, RECORDS + 1);
	fixture_free(x);
}

static void
a_transaction_read_again_goes_on_where_it_was(void **state)
{
	(void)state;
	for (int i = 0; i < CUTS; i++)
		for (int j = 0; j < CUTS; j++) {
			lose_twice(i, j, false);
			lose_twice(i, j, true);
		}
}

static void
another_transaction_is_sent_from_its_start(void **state)
{
	struct fixture *x = *state;

	play(x, nth_cut(FRAMES + 3));
	disconnect(x);
	x->sink.room = MAX_TAKEN;
	transaction(x, 0x1400, 0x1500, "7", false);
	assert_int_equal(x->sink.count, 4);
	assert_taken(x, 3, 'c', "{\"id\":7}");
	/* What was cut off is not waited for by position, but by its records. */
	ack(x, 3);
	assert_at(x, 0, 0x1500);
	ack(x, 0);
	ack(x, 1);
	ack(x, 2);
	assert_at(x, 0x1500, 0x1500);
}

/* The server crashed, forgot what was confirmed, and sends what was before. */
static void
a_lone_message_from_before_it(void **state)
{
	struct fixture *x = *state;

	play(x, nth_cut(FRAMES + 3));
	disconnect(x);
	x->sink.room = MAX_TAKEN;
	assert_done(message(x, false, 0x800, "p"));
	play(x, nth_cut(CUTS));
	assert_int_equal(x->sink.count, 3 + 1 + RECORDS);
	assert_taken(x, 3, 'm', "{\"prefix\":\"p\"}");
	assert_taken(x, 4, 'c', "{\"id\":1}");
	for (size_t i = x->sink.count; i-- > 0;) {
		assert_at(x, 0, 0x1100);
		ack(x, i);
	}
	assert_at(x, 0x1100, 0x1100);
}

/* After a failover to a standby that had not received it all. */
static void
another_transaction_at_the_same_position(void **state)
{
	struct fixture *x = *state;

	for (int i = 0; i < 2; i++) {
		play(x, nth_cut(FRAMES + 3));
		disconnect(x);
		x->sink.count = 0;
		x->sink.room = MAX_TAKEN;
		wire_begin(&x->b, 0x1000, i ? 5 : 6);
		if (i)		/* another time of its commit */
			x->b.p[9]++;
		assert_done(give(x, 0x1000));
		tell(x, T);
		assert_done(insert(x, T, 0x900, "7"));
		assert_int_equal(x->sink.count, 1);
		disconnect(x);
		x->sink.count = 0;
	}
}

/*
 * Half of a key change was sent; when it comes again the catalogue has another
 * key, and the same message is a plain update.
 */
static void
facts_that_changed_between_two_connections(void **state)
{
	static const struct span other_key[] = { SPAN("v") };
	struct fixture *x = *state;

	for (int i = 0; i < 2; i++) {
		x->sink.room = i ? MAX_TAKEN : 2;
		assert_done(begin(x, 0x1000));
		assert_need(relation(x, T, 'f'));
		assert_int_equal(give_facts(x), 0);
		assert_done(resume(x));
		assert_done(insert(x, T, 0x900, "1"));
		if (i) {
			assert_done(rekey(x, 0x910, 'O', "1", "2"));
			break;
		}
		assert_full(rekey(x, 0x910, 'O', "1", "2"));
		disconnect(x);
		x->key = (struct column_names){ other_key, 1 };
	}
	assert_int_equal(x->sink.count, 3);
	assert_taken(x, 0, 'c', "{\"id\":1}");
	assert_taken(x, 1, 'd', "{\"id\":1}");
	assert_taken(x, 2, 'u', "{\"v\":\"v\"}");
}

static void
keepalives_of_a_new_connection_do_not_pass_the_transaction_cut_off(void **state)
{
	struct fixture *x = *state;

	play(x, nth_cut(FRAMES + 3));
	disconnect(x);
	assert_done(keepalive(x, 0x800));
	assert_at(x, 0, 0x800);
	for (size_t i = 0; i < 3; i++)
		ack(x, i);
	assert_at(x, 0x800, 0x800);
	play(x, nth_cut(CUTS));
	assert_all_of_it_once(x);
	for (size_t i = 3; i < RECORDS; i++)
		ack(x, i);
	assert_at(x, 0x1100, 0x1100);
}

static void
counters_and_the_last_commit(void **state)
{
	struct fixture *x = *state;
	const struct pipeline_counters *c = pipeline_counters(x->p);

	pipeline_set_last_commit(x->p, 0x42);
	play(x, nth_cut(FRAMES + 3));	/* insert, two of three, full */
	assert_string_equal(x->sink.taken[0].sequence, "[\\\"66\\\",\\\"2304\\\"");
	disconnect(x);
	play(x, nth_cut(CUTS));
	assert_done(keepalive(x, 0x1200));
	assert_int_equal(c->frames, 4 + 9 + 1);
	assert_int_equal(c->records, 9);
	assert_int_equal(c->skipped, 3);
	assert_int_equal(c->transactions, 1);
	assert_true(c->bytes > 200);
	assert_done(begin(x, 0x1300));
	assert_done(insert(x, T, 0x1250, "5"));
	assert_string_equal(x->sink.taken[9].sequence,
		"[\\\"4352\\\",\\\"4688\\\"");
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transaction_read_again_goes_on_where_it_was),
		cmocka_unit_test(a_transaction_read_again_is_counted_on),
		cmocka_unit_test(bounds_without_anything_between),
		TEST(another_transaction_is_sent_from_its_start),
		TEST(a_lone_message_from_before_it),
		TEST(another_transaction_at_the_same_position),
		TEST(facts_that_changed_between_two_connections),
		TEST(keepalives_of_a_new_connection_do_not_pass_the_transaction_cut_off),
		TEST(counters_and_the_last_commit),
	};

	return cmocka_run_group_tests_name("pipeline_resume", tests, NULL, NULL);
}
