#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "script.h"

/* --- Units and positions */

static void
a_transaction_is_confirmed_when_all_of_it_is_acknowledged(void **state)
{
	struct fixture *x = *state;

	assert_done(begin(x, 0x1000));
	assert_int_equal(track_pending(x->track), 0);
	tell(x, T);
	assert_int_equal(track_pending(x->track), 0);
	assert_done(insert(x, T, 0x900, "1"));
	assert_int_equal(track_pending(x->track), 1);
	assert_done(delete(x, 0x910, "1"));
	assert_int_equal(x->sink.count, 3);
	ack(x, 0);
	ack(x, 1);
	ack(x, 2);
	assert_at(x, 0, 0);	/* it may have more records */
	assert_done(commit(x, 0x1000, 0x1100));
	assert_at(x, 0x1100, 0x1100);
	assert_int_equal(track_last_commit(x->track), 0x1100);
	assert_taken(x, 0, 'c', "{\"id\":1}");
	assert_taken(x, 1, 'd', "{\"id\":1}");
	assert_taken(x, 2, '0', "{\"id\":1}");
	assert_int_equal(x->sink.taken[2].lsn, 0x910);
}

static void
units_are_confirmed_in_order(void **state)
{
	struct fixture *x = *state;

	transaction(x, 0x1000, 0x1100, "1", false);
	transaction(x, 0x1200, 0x1300, "2", true);
	assert_true(x->sink.taken[0].unit != x->sink.taken[1].unit);
	assert_at(x, 0, 0x1300);
	ack(x, 1);
	assert_at(x, 0, 0x1300);
	ack(x, 0);
	assert_at(x, 0x1300, 0x1300);
}

static void
keepalives(void **state)
{
	struct fixture *x = *state;

	assert_done(keepalive(x, 0x500));
	assert_at(x, 0x500, 0x500);
	assert_done(begin(x, 0x1000));
	assert_done(keepalive(x, 0x1000));	/* inside, no record yet */
	assert_at(x, 0x500, 0x500);
	tell(x, T);
	assert_done(insert(x, T, 0x900, "1"));
	assert_done(keepalive(x, 0x1000));	/* inside, its unit open */
	ack(x, 0);
	assert_at(x, 0x500, 0x500);
	assert_done(commit(x, 0x1000, 0x1100));
	assert_at(x, 0x1100, 0x1100);
	transaction(x, 0x1200, 0x1300, "2", true);
	assert_done(keepalive(x, 0x1400));	/* behind what is pending */
	assert_at(x, 0x1100, 0x1400);
	ack(x, 1);
	assert_at(x, 0x1400, 0x1400);
	assert_int_equal(track_last_commit(x->track), 0x1300);
}

static void
transactions_without_records_only_move_the_position(void **state)
{
	struct fixture *x = *state;

	assert_done(begin(x, 0x1000));		/* PostgreSQL 14 sends empty ones */
	assert_done(commit(x, 0x1000, 0x1100));
	assert_at(x, 0x1100, 0x1100);
	assert_done(begin(x, 0x1200));
	assert_done(relation(x, OTHER, 'd'));	/* not captured: no facts wanted */
	assert_done(insert(x, OTHER, 0x1180, "1"));
	assert_done(message(x, true, 0x1190, "skip"));
	assert_done(commit(x, 0x1200, 0x1300));
	assert_at(x, 0x1300, 0x1300);
	assert_int_equal(x->sink.count, 0);
	assert_int_equal(track_pending(x->track), 0);
	transaction(x, 0x1400, 0x1500, "1", false);
	assert_done(begin(x, 0x1600));
	assert_done(commit(x, 0x1600, 0x1700));
	assert_at(x, 0x1300, 0x1700);
	ack(x, 0);
	assert_at(x, 0x1700, 0x1700);
}

static void
a_lone_message_is_a_unit(void **state)
{
	struct fixture *x = *state;

	assert_done(message(x, false, 0x500, "p"));
	assert_taken(x, 0, 'm', "{\"prefix\":\"p\"}");
	assert_at(x, 0, 0x500);
	ack(x, 0);
	assert_at(x, 0x500, 0x500);
	assert_done(message(x, false, 0x600, "skip"));
	assert_at(x, 0x600, 0x600);
	x->sink.room = 1;
	assert_full(message(x, false, 0x700, "p"));
	disconnect(x);
	assert_at(x, 0x600, 0x600);
	x->sink.room = MAX_TAKEN;
	assert_done(message(x, false, 0x700, "p"));
	assert_int_equal(x->sink.count, 2);
	ack(x, 1);
	assert_at(x, 0x700, 0x700);
}

/* --- A frame that cannot be finished at once */

static void
a_full_sink_is_offered_the_same_record_again(void **state)
{
	struct fixture *x = *state;

	assert_done(begin(x, 0x1000));
	tell(x, T);
	x->sink.room = 1;
	assert_full(rekey(x, 0x900, 'K', "1", "2"));
	assert_full(resume(x));
	assert_full(resume(x));
	x->sink.room = 2;
	assert_full(resume(x));
	x->sink.room = MAX_TAKEN;
	assert_done(resume(x));
	assert_done(resume(x));		/* nothing in hand */
	assert_int_equal(x->sink.count, 3);
	assert_taken(x, 0, 'd', "{\"id\":1}");
	assert_taken(x, 1, '0', "{\"id\":1}");
	assert_taken(x, 2, 'c', "{\"id\":2}");
	assert_done(commit(x, 0x1000, 0x1100));
	assert_int_equal(track_pending(x->track), 1);
}

static void
facts_are_waited_for(void **state)
{
	struct fixture *x = *state;

	assert_done(begin(x, 0x1000));
	assert_need(relation(x, T, 'd'));
	assert_int_equal(pipeline_wanted(x->p)->relid, T);
	assert_need(resume(x));
	assert_int_equal(give_facts(x), 0);
	assert_int_equal(x->plans, 1);
	assert_int_equal(x->plan_lsn, 0x1000);
	assert_done(resume(x));
	tell(x, T);			/* the same again: kept */
	assert_int_equal(x->plans, 1);
	x->comment = (struct span)SPAN("a comment");
	tell(x, T);
	assert_int_equal(x->plans, 2);
	x->options.on_plan = NULL;	/* nobody listens */
	tell(x, U);
	assert_int_equal(x->plans, 2);
}

static void
facts_that_are_too_large(void **state)
{
	struct fixture *x = *state;
	size_t size = 17 << 20;
	char *text = malloc(size);

	memset(text, 'x', size);
	x->comment = (struct span){ text, size };
	assert_done(begin(x, 0x1000));
	assert_need(relation(x, T, 'd'));
	assert_int_equal(give_facts(x), -1);
	assert_int_equal(x->f.kind, FAIL_FATAL);
	assert_string_equal(x->f.text, "out of memory for the facts of public.t");
	free(text);
}

/* The catalogue of now says NOT NULL, the row is from before it did. */
static void
a_plan_that_is_too_strict_is_relaxed(void **state)
{
	static const char *const row[] = { NULL, "v" };
	struct fixture *x = *state;

	assert_done(begin(x, 0x1000));
	tell(x, T);
	wire_change(&x->b, 'I', T);
	wire_tuple(&x->b, 'N', row, 2);
	assert_done(give(x, 0x900));
	assert_done(rekey(x, 0x910, 'K', "1", "2"));
	assert_int_equal(x->sink.count, 4);
	assert_taken(x, 0, 'c', "{\"id\":null}");
	assert_taken(x, 1, 'd', "{\"id\":1}");
}

/* --- Failures */

static void
a_failed_sink_ends_it(void **state)
{
	struct fixture *x = *state;

	assert_done(begin(x, 0x1000));
	tell(x, T);
	x->sink.fail = true;
	assert_int_equal(insert(x, T, 0x900, "1"), PIPELINE_FAILED);
	assert_string_equal(x->f.text, "the broker said no");
	assert_at(x, 0, 0);
}

static void
a_message_that_cannot_be_read_is_named_by_its_position(void **state)
{
	struct fixture *x = *state;

	buf_reset(&x->b);
	buf_put(&x->b, "B\0\0", 3);
	assert_int_equal(give(x, 0x12345678900), PIPELINE_FAILED);
	assert_int_equal(x->f.kind, FAIL_PROTOCOL);
	assert_memory_equal(x->f.text, "message at 123/45678900: ", 25);
}

static void
illegal_order_ends_it(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(commit(x, 0x1000, 0x1100), PIPELINE_FAILED);
	assert_int_equal(x->f.kind, FAIL_PROTOCOL);
	assert_string_equal(x->f.text,
		"COMMIT message at 0/1000: no transaction is open");
	assert_at(x, 0, 0);
}

static void
a_record_above_the_limit_ends_it(void **state)
{
	struct fixture *x = *state;

	pipeline_free(x->p);
	x->options.record_cap = 100;
	x->p = pipeline_new(&x->options, &x->sink.base, x->track);
	assert_done(begin(x, 0x1000));
	tell(x, T);
	assert_int_equal(insert(x, T, 0x900, "1"), PIPELINE_FAILED);
	assert_int_equal(x->f.kind, FAIL_CONFIG);
	assert_string_equal(x->f.text,
		"table public.t at 0/900: record of more than 100 bytes");
	assert_int_equal(x->sink.count, 0);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_transaction_is_confirmed_when_all_of_it_is_acknowledged),
		TEST(units_are_confirmed_in_order),
		TEST(keepalives),
		TEST(transactions_without_records_only_move_the_position),
		TEST(a_lone_message_is_a_unit),
		TEST(a_full_sink_is_offered_the_same_record_again),
		TEST(facts_are_waited_for),
		TEST(facts_that_are_too_large),
		TEST(a_plan_that_is_too_strict_is_relaxed),
		TEST(a_failed_sink_ends_it),
		TEST(a_message_that_cannot_be_read_is_named_by_its_position),
		TEST(illegal_order_ends_it),
		TEST(a_record_above_the_limit_ends_it),
	};

	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
