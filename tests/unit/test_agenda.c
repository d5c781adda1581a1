#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "agenda.h"
#include "log.h"

#define PAGE(n) ((uint64_t)(n) << 16)
#define END PROGRESS_END
#define PAGE_BYTES 8192

/* Of n pages of the usual size. */
#define FILE_OF(oid_, n) { .id = { (oid_), 1, 1 }, .schema = SPAN("s"), .table = SPAN("t"), \
	.pages = (n), .bytes = (n) * (uint64_t)PAGE_BYTES, .ranges = true }

struct world {
	struct snapshot_file files[6];
	struct snapshot_table tables[4];
	struct snapshot_tables all;
	struct progress *progress;
	struct agenda agenda;
	struct agenda_table *table;	/* of the job given last */
	struct agenda_file *file;
	struct reader_job job;
	struct fail f;
};

static int
set_up(void **state)
{
	static const struct snapshot_file files[] = {
		FILE_OF(1, 10), FILE_OF(2, 100), FILE_OF(3, 4), FILE_OF(4, 30),
		FILE_OF(5, 0), FILE_OF(6, 1)
	};
	struct world *w = calloc(1, sizeof(*w));

	memcpy(w->files, files, sizeof(files));
	w->progress = progress_new();
	progress_begin(w->progress);
	w->all.tables = w->tables;
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	agenda_release(&w->agenda);
	progress_free(w->progress);
	free(w);
	return 0;
}

/* The next table, of the next `nfiles` files. */
static struct snapshot_table *
table(struct world *w, size_t nfiles)
{
	struct snapshot_table *t = &w->tables[w->all.count++];

	t->files = t == w->tables ? w->files : t[-1].files + t[-1].nfiles;
	t->nfiles = nfiles;
	for (size_t i = 0; i < nfiles; i++)
		t->bytes += t->files[i].bytes;
	return t;
}

/* `pages` of the usual size at a time. */
static void
make(struct world *w, uint64_t pages, bool largest_first)
{
	agenda_release(&w->agenda);
	assert_int_equal(agenda_init(&w->agenda, &w->all, w->progress,
		pages * PAGE_BYTES, largest_first, &w->f), 0);
}

static bool
next(struct world *w)
{
	return agenda_next(&w->agenda, &w->table, &w->file, &w->job);
}

static void
assert_job(struct world *w, uint32_t oid, uint64_t from, uint64_t to,
	uint32_t moved_since)
{
	assert_true(next(w));
	assert_non_null(w->file);
	assert_ptr_equal(w->file->file, w->job.file);
	assert_ptr_equal(w->table->table, w->job.table);
	assert_int_equal(w->job.file->id.oid, oid);
	assert_int_equal(w->job.from, from);
	assert_int_equal(w->job.to, to);
	assert_int_equal(w->job.moved_since, moved_since);
}

static void
finish(struct world *w, size_t file, uint32_t xmin, uint64_t from, uint64_t to)
{
	assert_int_equal(progress_add(w->progress, &w->files[file].id, true,
		xmin, from, to), 0);
}

static void
no_tables(void **state)
{
	struct world *w = *state;

	make(w, 10, true);
	assert_false(next(w));
	assert_true(agenda_complete(&w->agenda));
	assert_false(agenda_settle(&w->agenda, 1));
}

static void
ranges_of_a_table(void **state)
{
	struct world *w = *state;

	table(w, 1);
	make(w, 4, false);
	assert_int_equal(w->agenda.tables[0].files[0].pages, 10);
	assert_false(agenda_complete(&w->agenda));
	assert_job(w, 1, 0, PAGE(4), 0);
	assert_false(w->job.places);
	assert_job(w, 1, PAGE(4), PAGE(8), 0);
	/* Pages may have come since they were counted: the last one is open. */
	assert_false(agenda_complete(&w->agenda));
	assert_job(w, 1, PAGE(8), END, 0);
	assert_int_equal(w->table->running, 3);
	assert_true(w->table->stamp.leads);
	assert_false(w->table->stamp.begun);
	assert_false(next(w));
	assert_true(agenda_complete(&w->agenda));
	/* A range that would end where the pages do is the last one. */
	make(w, 5, false);
	assert_job(w, 1, 0, PAGE(5), 0);
	assert_job(w, 1, PAGE(5), END, 0);
	assert_false(next(w));
}

static void
chunks_count_what_is_in_toast(void **state)
{
	struct world *w = *state;

	w->files[0].bytes = 10 * 64 * PAGE_BYTES;
	w->files[0].toasted = true;
	table(w, 1);
	make(w, 256, false);
	assert_job(w, 1, 0, PAGE(4), 0);
	assert_true(w->job.places);
	make(w, 1, false);			/* not less than a page */
	assert_job(w, 1, 0, PAGE(1), 0);
}

static void
an_empty_file_is_read_once(void **state)
{
	struct world *w = *state;

	w->files[0] = w->files[4];
	table(w, 1);
	make(w, 4, false);
	assert_job(w, 5, 0, END, 0);
	assert_false(next(w));
	assert_true(agenda_complete(&w->agenda));
}

/* Another access method than heap: no places mean anything. */
static void
a_file_without_ranges(void **state)
{
	struct world *w = *state;

	w->files[0].ranges = false;
	w->files[0].toasted = true;
	table(w, 1);
	make(w, 1, false);
	assert_job(w, 1, 0, END, 0);
	assert_false(w->job.places);
	assert_false(next(w));
}

static void
order_of_tables(void **state)
{
	struct world *w = *state;

	table(w, 1);
	table(w, 1);
	table(w, 1);
	make(w, 1000, false);
	assert_job(w, 1, 0, END, 0);
	assert_job(w, 2, 0, END, 0);
	assert_job(w, 3, 0, END, 0);
	make(w, 1000, true);
	assert_job(w, 2, 0, END, 0);
	assert_true(w->table->stamp.leads);
	assert_job(w, 1, 0, END, 0);
	assert_false(w->table->stamp.leads);
	assert_job(w, 3, 0, END, 0);
	assert_false(next(w));
	/* Of the same size: as listed. */
	w->tables[0].bytes = w->tables[1].bytes = w->tables[2].bytes = 7;
	make(w, 1000, true);
	for (uint32_t oid = 1; oid < 4; oid++)
		assert_job(w, oid, 0, END, 0);
}

static void
files_of_partitions(void **state)
{
	struct world *w = *state;

	table(w, 3);
	table(w, 1);
	make(w, 50, false);
	assert_job(w, 1, 0, END, 0);
	assert_job(w, 2, 0, PAGE(50), 0);
	assert_job(w, 2, PAGE(50), END, 0);
	assert_job(w, 3, 0, END, 0);
	assert_int_equal(w->table->running, 4);
	assert_false(agenda_complete(&w->agenda));
	assert_job(w, 4, 0, END, 0);
	assert_int_equal(w->table->running, 1);
	assert_false(next(w));
	assert_true(agenda_complete(&w->agenda));
}

static void
what_is_finished_is_not_given(void **state)
{
	struct world *w = *state;

	finish(w, 0, 7, 0, END);
	finish(w, 1, 7, PAGE(10), PAGE(20));
	finish(w, 1, 7, PAGE(30), PAGE(40) + 5);
	table(w, 2);
	finish(w, 2, 7, 0, END);
	table(w, 1);
	table(w, 1);
	make(w, 12, false);
	assert_int_equal(w->agenda.tables[0].files[0].pages, 0);
	assert_int_equal(w->agenda.tables[0].files[1].pages, 80);
	assert_true(w->agenda.tables[0].stamp.begun);
	assert_false(w->agenda.tables[0].ended);
	assert_true(w->agenda.tables[1].ended);	/* all of it was read before */
	assert_false(w->agenda.tables[2].stamp.begun);
	assert_false(w->agenda.changed);
	assert_job(w, 2, 0, PAGE(10), 0);
	assert_job(w, 2, PAGE(20), PAGE(30), 0);
	assert_job(w, 2, PAGE(40) + 5, PAGE(52), 0);
	assert_job(w, 2, PAGE(52), PAGE(64), 0);
	assert_job(w, 2, PAGE(64), PAGE(76), 0);
	assert_job(w, 2, PAGE(76), PAGE(88), 0);
	assert_job(w, 2, PAGE(88), END, 0);
	assert_job(w, 4, 0, PAGE(12), 0);
}

/* What is being read is finished while more of it is given. */
static void
progress_in_between(void **state)
{
	struct world *w = *state;

	table(w, 1);
	make(w, 4, false);
	assert_job(w, 1, 0, PAGE(4), 0);
	assert_job(w, 1, PAGE(4), PAGE(8), 0);
	finish(w, 0, 7, PAGE(4), PAGE(8));
	assert_job(w, 1, PAGE(8), END, 0);
	finish(w, 0, 7, PAGE(8), END);
	assert_false(next(w));
}

static void
a_table_that_starts_over(void **state)
{
	struct world *w = *state;

	finish(w, 0, 7, 0, PAGE(5));
	w->files[0].id.filenode++;
	w->files[0].toasted = true;
	table(w, 1);
	make(w, 1000, false);
	assert_true(w->agenda.changed);
	assert_false(progress_any(w->progress));
	assert_true(w->agenda.tables[0].stamp.begun);	/* its consumers saw rows */
	assert_job(w, 1, 0, END, 0);		/* and nothing is owed */
	assert_false(next(w));
}

/* --- Rows that may have moved into what is finished */

static void
owed_rows_come_first(void **state)
{
	struct world *w = *state;
	unsigned *left;

	w->files[0].toasted = true;
	finish(w, 0, 7, PAGE(1), PAGE(3));
	finish(w, 0, 7, PAGE(5), PAGE(6) + 2);
	table(w, 1);
	make(w, 1000, false);
	left = &w->agenda.tables[0].files[0].owed_left;
	assert_job(w, 1, PAGE(1), PAGE(3), 7);
	assert_false(w->job.places);
	--*left;				/* acknowledged before all are given */
	assert_false(agenda_settle(&w->agenda, 9));
	assert_job(w, 1, PAGE(5), PAGE(6) + 2, 7);
	assert_job(w, 1, 0, PAGE(1), 0);
	assert_true(w->job.places);
	assert_job(w, 1, PAGE(3), PAGE(5), 0);
	assert_job(w, 1, PAGE(6) + 2, END, 0);
	assert_false(next(w));
	finish(w, 0, 9, 0, END);
	assert_int_equal(progress_meet(w->progress, &w->files[0].id),
		PROGRESS_PARTLY);
	assert_false(agenda_settle(&w->agenda, 9));
	--*left;
	assert_true(agenda_settle(&w->agenda, 9));
	assert_int_equal(progress_meet(w->progress, &w->files[0].id),
		PROGRESS_WHOLE);
	assert_false(agenda_settle(&w->agenda, 9));
}

/* The round is cut before they were read again: the next one owes the same. */
static void
what_is_not_settled_stays_owed(void **state)
{
	struct world *w = *state;

	w->files[0].toasted = true;
	finish(w, 0, 7, 0, PAGE(3));
	finish(w, 0, 7, PAGE(4), PAGE(5));
	table(w, 1);
	make(w, 1000, false);
	assert_job(w, 1, 0, PAGE(3), 7);
	w->agenda.tables[0].files[0].owed_left--;
	assert_false(agenda_settle(&w->agenda, 9));
	make(w, 1000, false);
	assert_job(w, 1, 0, PAGE(3), 7);
	assert_job(w, 1, PAGE(4), PAGE(5), 7);
	assert_true(next(w));
	w->agenda.tables[0].files[0].owed_left -= 2;
	assert_true(agenda_settle(&w->agenda, 11));
	make(w, 1000, false);
	assert_job(w, 1, 0, PAGE(3), 11);
}

/* A row without TOAST comes whole with the change that moves it. */
static void
without_toast_nothing_is_owed(void **state)
{
	struct world *w = *state;

	finish(w, 0, 7, 0, PAGE(3));
	table(w, 1);
	make(w, 1000, false);
	assert_job(w, 1, PAGE(3), END, 0);
	assert_false(next(w));
	finish(w, 0, 9, PAGE(3), END);
	assert_int_equal(progress_meet(w->progress, &w->files[0].id),
		PROGRESS_WHOLE);
}

/* --- Statements, and tables that moved */

static void
a_statement_is_one_job(void **state)
{
	struct world *w = *state;
	struct snapshot_table *t = table(w, 2);

	t->statement = (struct span)SPAN("SELECT 1");
	table(w, 1);
	finish(w, 0, 7, 0, PAGE(3));		/* before there was a statement */
	make(w, 1, false);
	assert_true(next(w));
	assert_null(w->file);
	assert_null(w->job.file);
	assert_ptr_equal(w->job.table, t);
	assert_int_equal(w->job.from, 0);
	assert_int_equal(w->job.to, END);
	assert_int_equal(w->table->running, 1);
	assert_job(w, 3, 0, PAGE(1), 0);
	/* Both its files are whole: it was read. */
	finish(w, 0, 7, 0, END);
	finish(w, 1, 7, 0, END);
	make(w, 1, false);
	assert_job(w, 3, 0, PAGE(1), 0);
}

static void
a_table_that_moved_is_left_for_another_round(void **state)
{
	struct world *w = *state;

	table(w, 2);
	table(w, 1);
	make(w, 4, false);
	assert_job(w, 1, 0, PAGE(4), 0);
	w->table->moved = true;
	assert_job(w, 3, 0, END, 0);
	assert_false(next(w));
	assert_true(w->agenda.tables[0].given);
	assert_false(agenda_complete(&w->agenda));
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(no_tables),
		TEST(ranges_of_a_table),
		TEST(chunks_count_what_is_in_toast),
		TEST(an_empty_file_is_read_once),
		TEST(a_file_without_ranges),
		TEST(order_of_tables),
		TEST(files_of_partitions),
		TEST(what_is_finished_is_not_given),
		TEST(progress_in_between),
		TEST(a_table_that_starts_over),
		TEST(owed_rows_come_first),
		TEST(what_is_not_settled_stays_owed),
		TEST(without_toast_nothing_is_owed),
		TEST(a_statement_is_one_job),
		TEST(a_table_that_moved_is_left_for_another_round),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("agenda", tests, NULL, NULL);
}
