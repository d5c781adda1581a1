#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stamp.h"

#define MAX_TAKEN 128

/* A sink that writes down what it takes, and acknowledges when it is told to. */
struct world {
	struct sink sink;
	size_t room;
	bool fail;
	size_t count;
	uint64_t units[MAX_TAKEN];
	char log[8192];		/* "row mark; row mark; " */
	struct track *track;
	struct stamp *stamp;
	struct stamp_table tables[3];
	struct fail f;
};

static enum sink_result
take(struct sink *s, const struct record *r, uint64_t unit, struct fail *f)
{
	struct world *w = (struct world *)s;
	char key[16], value[64];

	if (w->fail)
		return fail_set(f, FAIL_FATAL, "the broker said no");
	if (w->count >= w->room)
		return SINK_FULL;
	assert_true(w->count < MAX_TAKEN);
	assert_true(unit != TRACK_NONE);
	assert_int_equal(r->topic.len, 5);
	assert_memory_equal(r->topic.p, "app.t", 5);
	snprintf(key, sizeof(key), "%.*s", r->key.p ? (int)r->key.len : 1,
		r->key.p ? r->key.p : "-");
	snprintf(value, sizeof(value), "%.*s", (int)r->value.len, r->value.p);
	assert_memory_equal(value, "{\"m\":\"", 6);
	assert_non_null(strchr(value + 6, '"'));
	assert_string_equal(strchr(value + 6, '"'), "\",\"end\":1}");
	*strchr(value + 6, '"') = '\0';
	w->units[w->count++] = unit;
	sprintf(w->log + strlen(w->log), "%s %s; ", key, value + 6);
	return SINK_OK;
}

static const struct sink_ops ops = { .send = take };

static struct world *
world_new(bool begun)
{
	struct world *w = calloc(1, sizeof(*w));

	w->sink.ops = &ops;
	w->room = MAX_TAKEN;
	w->track = track_new();
	w->stamp = stamp_new(&w->sink, w->track, begun);
	w->tables[0].leads = true;
	return w;
}

static int
set_up(void **state)
{
	*state = world_new(false);
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < 3; i++)
		stamp_release_table(&w->tables[i]);
	stamp_free(w->stamp);
	stamp_free(NULL);
	track_free(w->track);
	free(w);
	return 0;
}

static struct stamp_part
part(struct world *w)
{
	return (struct stamp_part){ .unit = track_open(w->track) };
}

/* Its bytes are overwritten at once: who keeps a record must have copied it. */
static enum sink_result
put(struct world *w, int table, struct stamp_part *p, const char *key, bool more)
{
	char topic[] = "app.t", name[16] = "", value[] = "{\"m\":\"true\",\"end\":1}";
	struct record r = RECORD_INIT;
	enum sink_result result;

	snprintf(name, sizeof(name), "%s", key);
	r.topic = span_of(topic);
	r.key = *key ? span_of(name) : (struct span){ NULL, 0 };
	r.value = span_of(value);
	r.marker = 6;
	if (!p->table)
		stamp_begin_part(w->stamp, &w->tables[table], p);
	result = stamp_put(w->stamp, &w->tables[table], p, &r, more, &w->f);
	memset(topic, '?', sizeof(topic));
	memset(name, '?', sizeof(name));
	memset(value, '?', sizeof(value));
	return result;
}

static void
row(struct world *w, int table, struct stamp_part *p, const char *key, bool more)
{
	assert_int_equal(put(w, table, p, key, more), SINK_OK);
}

static void
end_table(struct world *w, int table, bool whole)
{
	assert_int_equal(stamp_end_table(w->stamp, &w->tables[table], whole,
		&w->f), SINK_OK);
}

static void
end(struct world *w, bool whole)
{
	assert_int_equal(stamp_end(w->stamp, whole, &w->f), SINK_OK);
}

/* All of this was sent since this was asked last. */
static void
assert_sent(struct world *w, const char *log)
{
	assert_string_equal(w->log, log);
	w->log[0] = '\0';
}

static void
ack_all(struct world *w)
{
	for (size_t i = 0; i < w->count; i++)
		track_acked(w->track, w->units[i], 1);
	w->count = 0;
	assert_true(track_sound(w->track));
}

#define FIRST_IN "first_in_data_collection"
#define LAST_IN "last_in_data_collection"

static void
marks_of_two_tables(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w), q;

	row(w, 0, &p, "1", true);
	row(w, 0, &p, "2", true);
	row(w, 0, &p, "3", false);
	assert_sent(w, "1 first; 2 true; ");
	stamp_end_part(w->stamp, &p);
	end_table(w, 0, true);
	assert_sent(w, "");		/* it may be the last of all */
	q = part(w);
	row(w, 1, &q, "a", true);
	assert_sent(w, "3 " LAST_IN "; a " FIRST_IN "; ");
	row(w, 1, &q, "b", false);
	row(w, 1, &q, "c", false);
	assert_sent(w, "b true; ");
	stamp_end_part(w->stamp, &q);
	end_table(w, 1, true);
	end(w, true);
	assert_sent(w, "c last; ");
	end(w, true);			/* once more says nothing */
	assert_sent(w, "");
}

/* One row is first and last: which goes before which. */
static void
tables_of_one_row(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w);

	for (int t = 0; t < 3; t++) {
		row(w, t, &p, t == 0 ? "a" : t == 1 ? "b" : "c", false);
		end_table(w, t, true);
	}
	end(w, true);
	assert_sent(w, "a first; b " LAST_IN "; c last; ");
}

static void
a_single_row(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w);

	row(w, 0, &p, "", false);
	end_table(w, 0, true);
	end(w, true);
	assert_sent(w, "- last; ");
}

/* As with Debezium: the first table has no row that could be the first of all. */
static void
an_empty_first_table(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w);

	end_table(w, 0, true);
	row(w, 1, &p, "1", true);
	row(w, 1, &p, "2", false);
	end_table(w, 1, true);
	end_table(w, 2, true);		/* empty as well */
	end(w, true);
	assert_sent(w, "1 " FIRST_IN "; 2 last; ");
}

static void
no_row_at_all(void **state)
{
	struct world *w = *state;

	end_table(w, 0, true);
	end(w, true);
	assert_sent(w, "");
}

/* What is left is for another round: no row is the last of anything. */
static void
a_round_that_ends_early(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w);

	row(w, 0, &p, "1", false);
	row(w, 1, &p, "a", false);
	end_table(w, 1, true);
	end_table(w, 0, false);
	assert_sent(w, "a " LAST_IN "; 1 " FIRST_IN "; ");
	end_table(w, 2, false);
	end(w, false);
	assert_sent(w, "");
}

/* Its whole table may be the last one that was read, but not of all. */
static void
the_last_table_of_a_round_that_is_not_the_last(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w);

	row(w, 0, &p, "1", true);
	row(w, 0, &p, "2", false);
	end_table(w, 0, true);
	end(w, false);
	assert_sent(w, "1 first; 2 " LAST_IN "; ");
}

static void
a_snapshot_that_goes_on(void **state)
{
	struct world *w = *state;
	struct world *later = world_new(true);
	struct stamp_part p = part(later);

	(void)w;
	later->tables[0].begun = true;
	row(later, 0, &p, "1", true);
	row(later, 1, &p, "a", true);
	row(later, 0, &p, "2", false);
	row(later, 1, &p, "b", false);
	end_table(later, 0, true);
	end_table(later, 1, true);
	assert_sent(later, "1 true; a " FIRST_IN "; 2 " LAST_IN "; ");
	end(later, true);
	assert_sent(later, "b last; ");
	tear_down((void **)&later);
}

/* Several readers: who is first is who is sent first. */
static void
tables_side_by_side(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w), q = part(w), r = part(w);

	row(w, 1, &q, "a", true);
	row(w, 0, &p, "1", true);
	row(w, 2, &r, "x", false);
	row(w, 0, &p, "2", false);
	row(w, 1, &q, "b", false);
	assert_sent(w, "a " FIRST_IN "; 1 " FIRST_IN "; ");
	end_table(w, 2, true);
	row(w, 0, &p, "3", true);
	assert_sent(w, "x " LAST_IN "; 2 true; 3 true; ");
	row(w, 0, &p, "4", false);
	end_table(w, 1, true);
	end_table(w, 0, true);
	assert_sent(w, "b " LAST_IN "; ");
	end(w, true);
	assert_sent(w, "4 last; ");
}

static void
two_readers_of_one_table(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w), q = part(w);

	row(w, 0, &p, "1", false);
	row(w, 0, &q, "2", false);
	stamp_end_part(w->stamp, &p);
	assert_sent(w, "1 first; ");
	assert_true(p.closed);
	row(w, 0, &q, "3", false);
	stamp_end_part(w->stamp, &q);
	assert_false(q.closed);
	end_table(w, 0, true);
	end(w, true);
	assert_sent(w, "2 true; 3 last; ");
	assert_true(q.closed);
}

/* --- Lanes */

/* Where rows may overtake each other, those with marks go alone. */
static void
a_wide_table(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w), q = part(w);

	w->tables[0].wide = true;
	row(w, 0, &p, "1", true);
	assert_sent(w, "1 first; ");
	assert_int_equal(put(w, 0, &p, "2", true), SINK_FULL);
	assert_int_equal(put(w, 0, &q, "3", true), SINK_FULL);
	assert_false(w->tables[0].spread);
	row(w, 1, &q, "a", true);		/* others are not held up */
	stamp_forget_part(&q);
	ack_all(w);
	q = part(w);
	row(w, 0, &q, "3", true);
	assert_true(w->tables[0].spread);
	row(w, 0, &p, "2", false);
	row(w, 0, &q, "4", false);
	stamp_end_part(w->stamp, &p);
	stamp_end_part(w->stamp, &q);
	assert_sent(w, "a " FIRST_IN "; 3 true; 2 true; ");
	end_table(w, 0, true);
	assert_int_equal(stamp_end(w->stamp, true, &w->f), SINK_FULL);
	ack_all(w);
	assert_int_equal(stamp_end(w->stamp, true, &w->f), SINK_FULL);
	assert_true(track_done(w->track, p.unit));
	stamp_forget_part(&p);
	end(w, true);
	assert_sent(w, "4 last; ");
	ack_all(w);
	assert_true(track_done(w->track, q.unit));
}

/* The last row of a wide table waits for its own, that of all for all. */
static void
the_end_of_a_wide_table(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w), q = part(w), r = part(w);

	w->tables[0].wide = true;
	row(w, 0, &p, "1", true);
	ack_all(w);
	row(w, 0, &p, "2", true);
	row(w, 0, &p, "3", false);
	row(w, 1, &q, "a", true);
	end_table(w, 0, true);
	assert_int_equal(put(w, 1, &q, "b", true), SINK_FULL);
	assert_sent(w, "1 first; 2 true; a " FIRST_IN "; ");
	ack_all(w);
	row(w, 1, &q, "b", false);
	assert_sent(w, "3 " LAST_IN "; ");
	end_table(w, 1, true);
	row(w, 2, &r, "x", false);
	assert_sent(w, "b " LAST_IN "; ");
	end_table(w, 2, true);
	ack_all(w);
	assert_int_equal(stamp_end(w->stamp, true, &w->f), SINK_FULL);
	stamp_forget_part(&p);
	stamp_forget_part(&q);
	end(w, true);
	assert_sent(w, "x last; ");
}

/* What was sent in an earlier round is acknowledged. */
static void
a_wide_table_that_goes_on(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w);

	w->tables[1].wide = w->tables[1].begun = true;
	row(w, 1, &p, "1", true);
	row(w, 1, &p, "2", true);
	assert_true(w->tables[1].spread);
	assert_sent(w, "1 true; 2 true; ");
}

/* --- Units */

static void
a_part_is_closed_when_all_its_rows_were_sent(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w), q = part(w);

	row(w, 0, &p, "1", true);
	row(w, 0, &p, "2", false);
	stamp_end_part(w->stamp, &p);
	ack_all(w);
	assert_false(track_done(w->track, p.unit));
	row(w, 0, &q, "3", true);		/* sends 2 and 3 */
	assert_true(p.closed);
	assert_false(track_done(w->track, p.unit));
	ack_all(w);
	assert_true(track_done(w->track, p.unit));
	assert_false(track_done(w->track, q.unit));
	stamp_end_part(w->stamp, &q);
	assert_true(track_done(w->track, q.unit));
	assert_int_equal(track_pending(w->track), 0);
	assert_int_equal(track_confirmed(w->track), 0);
	assert_int_equal(p.given, 2);
	assert_int_equal(p.sent, 2);
}

/* Nothing of it was sent: it has no unit, and nothing to close. */
static void
a_part_without_rows(void **state)
{
	struct world *w = *state;
	struct stamp_part p = { .unit = TRACK_NONE };

	stamp_end_part(w->stamp, &p);
	assert_false(p.closed);
	assert_true(p.ended);
	assert_true(track_sound(w->track));
}

/* A row of a table that has ended is held until the very end, across others' ends. */
static void
a_held_row_keeps_its_part_open(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w);

	row(w, 1, &p, "1", false);
	stamp_end_part(w->stamp, &p);
	end_table(w, 1, true);
	end_table(w, 2, true);
	end_table(w, 0, true);
	assert_false(p.closed);
	end(w, true);
	assert_sent(w, "1 last; ");
	assert_true(p.closed);
}

/* --- A sink that is full */

static enum sink_result
full_at(struct world *w, size_t room, int step, struct stamp_part *p)
{
	w->room = room;
	switch (step) {
	case 0:
		return put(w, 1, p, "b", true);
	case 1:
		return put(w, 1, p, "c", false);
	case 2:
		return put(w, 2, p, "d", false);
	case 3:
		return stamp_end_table(w->stamp, &w->tables[1], true, &w->f);
	case 4:
		return stamp_end_table(w->stamp, &w->tables[2], true, &w->f);
	default:
		return stamp_end(w->stamp, true, &w->f);
	}
}

/*
 * Each step is offered again until it is taken, with room for one record more
 * each time: marks, counts and order are those of a sink that is never full.
 */
static void
full_at_every_step(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w);
	size_t refused = 0;

	row(w, 0, &p, "a", false);
	end_table(w, 0, true);		/* waits: it may be the last of all */
	for (int step = 0; step < 6; step++) {
		size_t room = w->count;

		while (full_at(w, room, step, &p) == SINK_FULL) {
			uint64_t given = p.given;

			assert_int_equal(full_at(w, room, step, &p), SINK_FULL);
			assert_int_equal(p.given, given);
			assert_int_equal(w->count, room);
			assert_true(++room < 20);
			refused++;
		}
	}
	assert_int_equal(refused, 4);
	assert_sent(w, "a first; b " FIRST_IN "; c " LAST_IN "; d last; ");
	assert_int_equal(p.given, 4);
	assert_int_equal(p.sent, 4);
	stamp_end_part(w->stamp, &p);
	ack_all(w);
	assert_true(track_done(w->track, p.unit));
}

static void
a_sink_that_fails(void **state)
{
	struct world *w = *state;
	struct stamp_part p = part(w);

	row(w, 0, &p, "1", false);
	w->fail = true;
	assert_int_equal(put(w, 0, &p, "2", true), SINK_FAILED);
	assert_int_equal(stamp_end_table(w->stamp, &w->tables[0], false, &w->f),
		SINK_FAILED);
	assert_string_equal(w->f.text, "the broker said no");
	end_table(w, 0, true);
	assert_int_equal(stamp_end(w->stamp, true, &w->f), SINK_FAILED);
	assert_false(p.closed);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(marks_of_two_tables),
		TEST(tables_of_one_row),
		TEST(a_single_row),
		TEST(an_empty_first_table),
		TEST(no_row_at_all),
		TEST(a_round_that_ends_early),
		TEST(the_last_table_of_a_round_that_is_not_the_last),
		TEST(a_snapshot_that_goes_on),
		TEST(tables_side_by_side),
		TEST(two_readers_of_one_table),
		TEST(a_wide_table),
		TEST(the_end_of_a_wide_table),
		TEST(a_wide_table_that_goes_on),
		TEST(a_part_is_closed_when_all_its_rows_were_sent),
		TEST(a_part_without_rows),
		TEST(a_held_row_keeps_its_part_open),
		TEST(full_at_every_step),
		TEST(a_sink_that_fails),
	};

	return cmocka_run_group_tests_name("stamp", tests, NULL, NULL);
}
