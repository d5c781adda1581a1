#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "part.h"

#define XMIN 77

static const struct snapshot_file files[] = {
	{ .id = { 100, 1, 1 } }, { .id = { 200, 2, 2 } }
};

struct world {
	struct track *track;
	struct progress *progress;
	struct part_list list;
	struct stamp *stamp;
	struct stamp_table table;
	struct fail f;
};

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->track = track_new();
	w->progress = progress_new();
	progress_begin(w->progress);
	w->stamp = stamp_new(NULL, w->track, false);
	part_list_init(&w->list, w->track, w->progress, XMIN);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	part_list_release(&w->list);
	stamp_free(w->stamp);
	track_free(w->track);
	progress_free(w->progress);
	free(w);
	return 0;
}

static struct part *
part_of(struct world *w, size_t nfiles, uint64_t from, uint64_t to)
{
	struct part *p = part_new(&w->list, nfiles ? files : NULL, nfiles, from);

	assert_non_null(p);
	stamp_begin_part(w->stamp, &w->table, &p->base);
	p->to = to;
	p->keyed = true;
	return p;
}

static struct part *
part(struct world *w, uint64_t from, uint64_t to)
{
	return part_of(w, 1, from, to);
}

/* As the round and stamp do: a part of one record, which is sent. */
static struct part *
sent(struct world *w, uint64_t from, uint64_t to)
{
	struct part *p = part(w, from, to);

	assert_int_equal(part_open(&w->list, p, &w->f), 0);
	p->base.ended = p->base.closed = true;
	track_close(w->track, p->base.unit, 1, 0);
	return p;
}

static int
collect(struct world *w)
{
	return part_collect(&w->list, &w->f);
}

static void
assert_finished(const struct world *w, uint32_t oid, uint64_t from, uint64_t to)
{
	uint64_t a, b;

	assert_true(progress_range(w->progress, oid, 0, &a, &b));
	assert_int_equal(a, from);
	assert_int_equal(b, to);
	assert_false(progress_range(w->progress, oid, 1, &a, &b));
}

static void
only_what_is_acknowledged_counts(void **state)
{
	struct world *w = *state;
	struct part *p = part(w, 0, 50);
	uint64_t unit;

	assert_int_equal(collect(w), 0);
	assert_int_equal(part_open(&w->list, p, &w->f), 0);
	assert_int_equal(part_open(&w->list, p, &w->f), 0);
	assert_int_equal(track_pending(w->track), 1);
	unit = p->base.unit;
	track_acked(w->track, unit, 1);
	assert_int_equal(collect(w), 0);
	p->base.ended = true;			/* its last row is held by stamp */
	assert_int_equal(collect(w), 0);
	p->base.closed = true;
	track_close(w->track, unit, 2, 0);
	assert_int_equal(collect(w), 0);
	assert_false(progress_any(w->progress));
	track_acked(w->track, unit, 1);
	assert_int_equal(collect(w), 1);
	assert_finished(w, 100, 0, 50);
	assert_null(w->list.first);
	assert_int_equal(collect(w), 0);
	/* With the snapshot they were read under. */
	assert_int_equal(progress_owe(w->progress, 100), XMIN);
	assert_int_equal(track_confirmed(w->track), 0);
}

/* Acknowledged in another order than sent; the list stays whole. */
static void
in_any_order(void **state)
{
	struct world *w = *state;
	struct part *a = sent(w, 10, 20), *b = sent(w, 20, 30), *c = sent(w, 30, 40);
	uint64_t first = a->base.unit;

	track_acked(w->track, c->base.unit, 1);
	assert_int_equal(collect(w), 1);
	assert_finished(w, 100, 30, 40);
	a = sent(w, 40, 50);			/* behind the one that was the last */
	track_acked(w->track, b->base.unit, 1);
	assert_int_equal(collect(w), 1);
	assert_finished(w, 100, 20, 40);
	track_acked(w->track, a->base.unit, 1);
	track_acked(w->track, first, 1);
	assert_int_equal(collect(w), 1);
	assert_finished(w, 100, 10, 50);
	assert_null(w->list.first);
	assert_ptr_equal(w->list.last, &w->list.first);
}

static void
parts_that_add_nothing(void **state)
{
	struct world *w = *state;
	struct part *failed = sent(w, 0, 50), *empty = sent(w, 7, 7),
		*backwards = sent(w, 9, 8);

	failed->void_ = true;
	track_acked(w->track, failed->base.unit, 1);
	track_acked(w->track, empty->base.unit, 1);
	track_acked(w->track, backwards->base.unit, 1);
	assert_int_equal(collect(w), 1);
	assert_false(progress_any(w->progress));
	assert_null(w->list.first);
}

/* A range without rows is finished all the same, and has no unit. */
static void
a_part_without_records(void **state)
{
	struct world *w = *state;
	struct part *p = part(w, 50, PROGRESS_END);

	assert_int_equal(collect(w), 0);
	p->base.ended = true;
	assert_int_equal(collect(w), 1);
	assert_finished(w, 100, 50, PROGRESS_END);
	assert_int_equal(track_pending(w->track), 0);
}

static void
all_files_of_a_statement(void **state)
{
	struct world *w = *state;
	struct part *p = part_of(w, 2, 0, PROGRESS_END);

	p->base.ended = true;
	assert_int_equal(collect(w), 1);
	assert_int_equal(progress_meet(w->progress, &files[0].id), PROGRESS_WHOLE);
	assert_int_equal(progress_meet(w->progress, &files[1].id), PROGRESS_WHOLE);
	p = part_of(w, 0, 0, PROGRESS_END);	/* a parent without partitions */
	p->base.ended = true;
	assert_int_equal(collect(w), 1);
}

static void
a_table_without_a_key(void **state)
{
	struct world *w = *state;
	struct part *p = part(w, 0, 50);

	p->keyed = false;
	p->base.ended = true;
	assert_int_equal(collect(w), 1);
	assert_int_equal(progress_meet(w->progress, &files[0].id), PROGRESS_ANEW);
}

/* Rows that moved count once they are acknowledged; they finish no range. */
static void
moved_rows_are_counted_down(void **state)
{
	struct world *w = *state;
	struct part *p = sent(w, 0, 50);
	unsigned left = 2;

	p->void_ = true;
	p->moved = &left;
	assert_int_equal(collect(w), 0);
	assert_int_equal(left, 2);
	track_acked(w->track, p->base.unit, 1);
	assert_int_equal(collect(w), 1);
	assert_int_equal(left, 1);
	assert_false(progress_any(w->progress));
	p = part(w, 50, 60);			/* none had moved */
	p->void_ = true;
	p->moved = &left;
	p->base.ended = true;
	assert_int_equal(collect(w), 1);
	assert_int_equal(left, 0);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(only_what_is_acknowledged_counts),
		TEST(in_any_order),
		TEST(parts_that_add_nothing),
		TEST(a_part_without_records),
		TEST(all_files_of_a_statement),
		TEST(a_table_without_a_key),
		TEST(moved_rows_are_counted_down),
	};

	return cmocka_run_group_tests_name("part", tests, NULL, NULL);
}
