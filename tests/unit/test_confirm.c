#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "confirm.h"
#include "script.h"

#define MS INT64_C(1000)

/* The record is in a file, or goes through the sink of the script to a topic. */
struct world {
	char directory[32], path[48];
	struct config config;
	struct state *state;
	struct state_record record;
	struct script sink;
	struct track *track;
	struct confirm *confirm;
	int64_t now;
	struct fail f;
};

static struct world *
world_new(bool file, struct state_record record)
{
	struct world *w = calloc(1, sizeof *w);

	strcpy(w->directory, "/tmp/test_confirm.XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	snprintf(w->path, sizeof w->path, "%s/state", w->directory);
	w->config.prefix = (char *)"app";
	w->config.postgres.slot = (char *)"s";
	w->config.kafka.bootstrap_servers = (char *)"127.0.0.1:1";
	w->config.state.file = file ? w->path : NULL;
	w->state = state_new(&w->config, &w->f);
	assert_non_null(w->state);
	assert_int_equal(state_tracked(w->state), !file);
	w->sink.base.ops = &script_ops;
	w->sink.room = MAX_TAKEN;
	w->track = track_new();
	w->record = record;
	w->confirm = confirm_new(w->state, &w->sink.base, w->track, &w->record);
	assert_non_null(w->confirm);
	w->now = 1000000 * MS;
	return w;
}

static int
in_file(void **state)
{
	*state = world_new(true, (struct state_record){ 0 });
	return 0;
}

static int
in_topic(void **state)
{
	*state = world_new(false, (struct state_record){ 0 });
	return 0;
}

static int
close_world(void **state)
{
	struct world *w = *state;

	confirm_free(w->confirm);
	confirm_free(NULL);
	state_free(w->state);
	track_free(w->track);
	unlink(w->path);
	rmdir(w->directory);
	free(w);
	return 0;
}

static void
step_after(struct world *w, int64_t us)
{
	w->now += us;
	assert_int_equal(confirm_step(w->confirm, w->now, false, &w->f), 0);
	assert_true(track_sound(w->track));
}

/* The slot is taken at 0x50, and that is in the record. */
static void
take(struct world *w)
{
	confirm_identify(w->confirm, "7700", 1, "s", 0x50);
	step_after(w, 0);
	if (state_tracked(w->state)) {
		assert_int_equal(w->sink.count, 1);
		track_acked(w->track, w->sink.taken[0].unit, 1);
		step_after(w, 0);
	}
	assert_int_equal(w->record.confirmed, 0x50);
}

/* What another start would read. */
static struct state_record
stored(struct world *w)
{
	struct state *s = state_new(&w->config, &w->f);
	struct state_record r = { 0 };

	assert_int_equal(state_load(s, &r, &w->f), 1);
	state_free(s);
	return r;
}

static uint64_t
unit_of_one(struct world *w, lsn_t end)
{
	uint64_t unit = track_open(w->track);

	track_close(w->track, unit, 1, end);
	return unit;
}

#define assert_tells(w, lsn) assert_int_equal(confirm_lsn((w)->confirm), lsn)

/* --- In a file: durable when it is written */

static void
nothing_before_the_slot_is_known(void **state)
{
	struct world *w = *state;

	track_idle(w->track, 0x100);
	step_after(w, 1000 * MS);
	assert_false(stored(w).known);
	assert_tells(w, 0);
}

static void
a_position_is_told_when_its_record_is_written(void **state)
{
	struct world *w = *state;
	struct state_record r = { 0 };

	take(w);
	assert_tells(w, 0);		/* nothing is confirmed by that */
	track_acked(w->track, unit_of_one(w, 0x100), 1);
	assert_int_equal(track_confirmed(w->track), 0x100);
	assert_tells(w, 0x50);
	assert_false(confirm_complete(w->confirm));
	step_after(w, 99 * MS);
	assert_tells(w, 0x50);
	assert_int_equal(stored(w).confirmed, 0x50);
	step_after(w, 1 * MS);
	assert_tells(w, 0x100);
	assert_true(confirm_complete(w->confirm));
	r = stored(w);
	assert_int_equal(r.confirmed, 0x100);
	assert_int_equal(r.last_commit, 0x100);
	assert_int_equal(r.timeline, 1);
	assert_string_equal(r.system_id, "7700");
	assert_string_equal(r.slot, "s");
}

static void
under_load_it_is_written_seldom(void **state)
{
	struct world *w = *state;
	uint64_t unit;

	take(w);
	track_idle(w->track, 0x100);
	unit = unit_of_one(w, 0x200);
	step_after(w, 499 * MS);
	assert_tells(w, 0x50);
	step_after(w, 1 * MS);
	assert_tells(w, 0x100);
	assert_false(confirm_complete(w->confirm));	/* 0x200 is in flight */
	track_acked(w->track, unit, 1);
	step_after(w, 99 * MS);
	assert_tells(w, 0x100);
	step_after(w, 1 * MS);
	assert_tells(w, 0x200);
	assert_true(confirm_complete(w->confirm));
}

static void
at_once_there_is_no_pause(void **state)
{
	struct world *w = *state;

	take(w);
	track_idle(w->track, 0x100);
	unit_of_one(w, 0x200);
	assert_int_equal(confirm_step(w->confirm, w->now, true, &w->f), 0);
	assert_tells(w, 0x100);
	/* Also not where there is nothing new. */
	unlink(w->path);
	assert_int_equal(confirm_step(w->confirm, w->now, true, &w->f), 0);
	step_after(w, 10000 * MS);
	assert_int_equal(access(w->path, F_OK), -1);
}

static void
what_cannot_be_written_is_not_told(void **state)
{
	struct world *w = *state;

	take(w);
	unlink(w->path);
	assert_int_equal(rmdir(w->directory), 0);
	track_idle(w->track, 0x100);
	assert_int_equal(confirm_step(w->confirm, w->now, true, &w->f), -1);
	assert_int_equal(w->f.kind, FAIL_CONFIG);
	assert_tells(w, 0x50);
	assert_int_equal(w->record.confirmed, 0x50);
}

/* The record is a bound of what is told, never a reason to tell it. */
static void
a_loaded_record_raises_nothing(void **state)
{
	struct world *w = world_new(true, (struct state_record){ .known = true,
		.system_id = "7700", .timeline = 1, .slot = "s",
		.last_commit = 0x880, .confirmed = 0x900 });

	(void)state;
	assert_tells(w, 0);
	track_idle(w->track, 0x200);
	assert_tells(w, 0x200);
	step_after(w, 1000 * MS);
	assert_int_equal(w->record.confirmed, 0x900);
	assert_int_equal(w->record.last_commit, 0x880);
	assert_int_equal(access(w->path, F_OK), -1);
	track_idle(w->track, 0x1000);
	assert_tells(w, 0x900);
	step_after(w, 0);
	assert_tells(w, 0x1000);
	close_world((void **)&w);
}

static void
a_slot_that_stands_further_raises_the_record(void **state)
{
	struct world *w = *state;

	take(w);
	confirm_identify(w->confirm, "7700", 1, "s", 0x300);
	assert_int_equal(w->record.confirmed, 0x300);
	assert_int_equal(stored(w).confirmed, 0x50);
	track_idle(w->track, 0x400);
	assert_tells(w, 0x50);		/* not before it is written */
	step_after(w, 0);		/* which is at once */
	assert_tells(w, 0x400);
	confirm_identify(w->confirm, "7700", 1, "s", 0x60);
	step_after(w, 0);
	assert_int_equal(stored(w).confirmed, 0x400);
}

static void
a_promoted_standby_is_written_at_once(void **state)
{
	struct world *w = *state;

	take(w);
	confirm_identify(w->confirm, "7700", 2, "s", 0x50);
	step_after(w, 0);
	assert_int_equal(stored(w).timeline, 2);
	assert_int_equal(stored(w).confirmed, 0x50);
}

/* --- In a topic: durable when it is acknowledged, and what was before it too */

static void
a_record_on_its_way_is_not_durable(void **state)
{
	struct world *w = *state;

	take(w);
	track_idle(w->track, 0x100);
	step_after(w, 100 * MS);
	assert_int_equal(w->sink.count, 2);
	assert_string_equal(w->sink.taken[1].key, "app/s");
	assert_tells(w, 0x50);
	/* One at a time. */
	track_idle(w->track, 0x180);
	assert_int_equal(confirm_step(w->confirm, w->now, true, &w->f), 0);
	assert_int_equal(w->sink.count, 2);
	track_acked(w->track, w->sink.taken[1].unit, 1);
	step_after(w, 0);
	assert_tells(w, 0x100);		/* what that one says, not the newer one */
	step_after(w, 100 * MS);
	assert_int_equal(w->sink.count, 3);
	track_acked(w->track, w->sink.taken[2].unit, 1);
	step_after(w, 0);
	assert_tells(w, 0x180);
	assert_true(confirm_complete(w->confirm));
}

static void
a_record_waits_for_itself_alone(void **state)
{
	struct world *w = *state;
	uint64_t unit;

	take(w);
	track_idle(w->track, 0x100);
	unit = unit_of_one(w, 0x200);
	step_after(w, 500 * MS);
	assert_int_equal(w->sink.count, 2);
	assert_tells(w, 0x50);
	track_acked(w->track, w->sink.taken[1].unit, 1);
	step_after(w, 500 * MS);
	assert_tells(w, 0x100);
	track_acked(w->track, unit, 1);
	step_after(w, 500 * MS);
	assert_tells(w, 0x100);
	track_acked(w->track, w->sink.taken[2].unit, 1);
	step_after(w, 0);
	assert_tells(w, 0x200);
}

static void
a_record_can_be_written_inside_a_transaction(void **state)
{
	struct world *w = *state;
	uint64_t unit;

	take(w);
	track_idle(w->track, 0x100);
	unit = track_open(w->track);
	step_after(w, 5000 * MS);
	assert_int_equal(w->sink.count, 2);
	track_acked(w->track, w->sink.taken[1].unit, 1);
	step_after(w, 0);
	assert_tells(w, 0x100);
	track_close(w->track, unit, 1, 0x200);
	track_acked(w->track, unit, 1);
	step_after(w, 500 * MS);
	assert_int_equal(w->sink.count, 3);
}

static void
a_full_sink_takes_it_later(void **state)
{
	struct world *w = *state;

	take(w);
	w->sink.room = 1;
	track_idle(w->track, 0x100);
	for (int i = 0; i < 1000; i++)
		step_after(w, 100 * MS);
	assert_int_equal(w->sink.count, 1);
	assert_in_range(track_pending(w->track), 0, 1);
	assert_tells(w, 0x50);
	assert_int_equal(w->record.confirmed, 0x50);
	w->sink.room = MAX_TAKEN;
	step_after(w, 0);
	assert_int_equal(w->sink.count, 2);
	track_acked(w->track, w->sink.taken[1].unit, 1);
	step_after(w, 0);
	assert_tells(w, 0x100);
}

/* Progress of a snapshot: no position moves, and it is written all the same. */
static void
what_has_changed_is_written_in_its_time(void **state)
{
	struct world *w = *state;
	size_t count;

	confirm_changed(w->confirm);
	step_after(w, 1000 * MS);
	assert_int_equal(w->sink.count, 0);	/* whose record? */
	take(w);
	assert_true(confirm_durable(w->confirm));
	count = w->sink.count;
	confirm_changed(w->confirm);
	assert_false(confirm_durable(w->confirm));
	step_after(w, 99 * MS);
	assert_int_equal(w->sink.count, count);	/* not at once */
	step_after(w, 1 * MS);
	assert_int_equal(w->sink.count, count + 1);
	assert_false(confirm_durable(w->confirm));
	confirm_changed(w->confirm);		/* while that is on its way */
	step_after(w, 1000 * MS);
	assert_int_equal(w->sink.count, count + 1);
	track_acked(w->track, w->sink.taken[count].unit, 1);
	step_after(w, 1000 * MS);
	assert_int_equal(w->sink.count, count + 2);
	track_acked(w->track, w->sink.taken[count + 1].unit, 1);
	step_after(w, 1000 * MS);
	assert_int_equal(w->sink.count, count + 2);
	assert_true(confirm_durable(w->confirm));
	assert_int_equal(w->record.confirmed, 0x50);
}

/* A part of a snapshot is open and before it: the record does not wait for that. */
static void
a_record_goes_out_beside_open_parts(void **state)
{
	struct world *w = *state;
	uint64_t part = track_open(w->track);

	take(w);
	assert_true(confirm_durable(w->confirm));
	assert_true(track_pending(w->track) > 0);
	track_close(w->track, part, 1, 0);
	track_acked(w->track, part, 1);
	assert_true(track_sound(w->track));
}

/* A new slot may stand before the old one: nothing may keep it from there. */
static void
what_was_followed_is_given_up(void **state)
{
	struct world *w = *state;

	take(w);
	track_idle(w->track, 0x100);
	step_after(w, 1000 * MS);
	assert_tells(w, 0x100);
	confirm_forget(w->confirm);
	assert_int_equal(w->record.confirmed, 0);
	assert_int_equal(w->record.last_commit, 0);
	assert_tells(w, 0);
	assert_false(confirm_durable(w->confirm));
}

static void
a_sink_that_fails_ends_it(void **state)
{
	struct world *w = *state;

	take(w);
	w->sink.fail = true;
	track_idle(w->track, 0x100);
	assert_int_equal(confirm_step(w->confirm, w->now, true, &w->f), -1);
	assert_string_equal(w->f.text, "the broker said no");
	assert_tells(w, 0x50);
}

int
main(void)
{
#define FILE_TEST(t) cmocka_unit_test_setup_teardown(t, in_file, close_world)
#define TOPIC_TEST(t) cmocka_unit_test_setup_teardown(t, in_topic, close_world)
	const struct CMUnitTest tests[] = {
		FILE_TEST(nothing_before_the_slot_is_known),
		FILE_TEST(a_position_is_told_when_its_record_is_written),
		FILE_TEST(under_load_it_is_written_seldom),
		FILE_TEST(at_once_there_is_no_pause),
		FILE_TEST(what_cannot_be_written_is_not_told),
		cmocka_unit_test(a_loaded_record_raises_nothing),
		FILE_TEST(a_slot_that_stands_further_raises_the_record),
		FILE_TEST(a_promoted_standby_is_written_at_once),
		TOPIC_TEST(a_record_on_its_way_is_not_durable),
		TOPIC_TEST(a_record_waits_for_itself_alone),
		TOPIC_TEST(a_record_can_be_written_inside_a_transaction),
		TOPIC_TEST(a_full_sink_takes_it_later),
		TOPIC_TEST(what_has_changed_is_written_in_its_time),
		TOPIC_TEST(a_record_goes_out_beside_open_parts),
		FILE_TEST(what_was_followed_is_given_up),
		TOPIC_TEST(a_sink_that_fails_ends_it),
	};

	return cmocka_run_group_tests_name("confirm", tests, NULL, NULL);
}
