#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "works.h"

enum progress_was { NONE, BEGUN, PARTLY, FINISHED };
static const char *const progress_names[] = { "none", "begun", "partly", "finished" };

/* `slot`: of the record; NULL: there is no record. */
static void
assert_start(int mode, const char *slot, enum progress_was was,
	enum works_start expected)
{
	static char name[] = "pgwake";
	struct config config = { .snapshot.mode = mode, .postgres.slot = name };
	struct works w = { .config = &config, .progress = progress_new() };
	enum works_start start;

	w.record.progress = w.progress;
	w.record.known = slot != NULL;
	snprintf(w.record.slot, sizeof(w.record.slot), "%s", slot ? slot : "");
	if (was != NONE)
		progress_begin(w.progress);
	if (was == PARTLY)
		progress_add(w.progress, &(struct progress_file){ 1, 2, 3 },
			true, 7, 0, 9);
	if (was == FINISHED)
		progress_finish(w.progress);
	start = works_start(&w);
	if (start != expected)
		fail_msg("mode %d, slot %s, progress %s: %d, not %d", mode,
			slot ? slot : "unknown", progress_names[was], start, expected);
	progress_free(w.progress);
}

static void
a_first_start_reads_all(void **state)
{
	(void)state;
	assert_start(SNAPSHOT_INITIAL, NULL, NONE, WORKS_FRESH);
	assert_start(SNAPSHOT_INITIAL_ONLY, NULL, NONE, WORKS_FRESH);
	assert_start(SNAPSHOT_ALWAYS, NULL, NONE, WORKS_FRESH);
	assert_start(SNAPSHOT_WHEN_NEEDED, NULL, NONE, WORKS_FRESH);
	assert_start(SNAPSHOT_NO_DATA, NULL, NONE, WORKS_STREAM);
}

static void
what_was_finished_is_not_read_again(void **state)
{
	(void)state;
	assert_start(SNAPSHOT_INITIAL, "pgwake", FINISHED, WORKS_STREAM);
	assert_start(SNAPSHOT_WHEN_NEEDED, "pgwake", FINISHED, WORKS_STREAM);
	assert_start(SNAPSHOT_INITIAL_ONLY, "pgwake", FINISHED, WORKS_STREAM);
	assert_start(SNAPSHOT_NO_DATA, "pgwake", FINISHED, WORKS_STREAM);
	assert_start(SNAPSHOT_ALWAYS, "pgwake", FINISHED, WORKS_FRESH);
}

static void
what_was_begun_goes_on(void **state)
{
	(void)state;
	for (enum progress_was was = BEGUN; was <= PARTLY; was++) {
		assert_start(SNAPSHOT_INITIAL, "pgwake", was, WORKS_RESUME);
		assert_start(SNAPSHOT_WHEN_NEEDED, "pgwake", was, WORKS_RESUME);
		assert_start(SNAPSHOT_INITIAL_ONLY, "pgwake", was, WORKS_RESUME);
		assert_start(SNAPSHOT_ALWAYS, "pgwake", was, WORKS_FRESH);
		assert_start(SNAPSHOT_NO_DATA, "pgwake", was, WORKS_STREAM);
	}
}

/* It has streamed and never read rows (no_data): a stream needs none later. */
static void
a_stream_without_a_snapshot_goes_on(void **state)
{
	(void)state;
	assert_start(SNAPSHOT_INITIAL, "pgwake", NONE, WORKS_STREAM);
	assert_start(SNAPSHOT_WHEN_NEEDED, "pgwake", NONE, WORKS_STREAM);
	assert_start(SNAPSHOT_ALWAYS, "pgwake", NONE, WORKS_FRESH);
	/* But who asks for rows only gets them. */
	assert_start(SNAPSHOT_INITIAL_ONLY, "pgwake", NONE, WORKS_FRESH);
}

/* What was read says nothing of the stream of this slot. */
static void
the_record_of_another_slot(void **state)
{
	(void)state;
	for (enum progress_was was = NONE; was <= FINISHED; was++) {
		assert_start(SNAPSHOT_INITIAL, "another", was, WORKS_FRESH);
		assert_start(SNAPSHOT_WHEN_NEEDED, "another", was, WORKS_FRESH);
		assert_start(SNAPSHOT_ALWAYS, "another", was, WORKS_FRESH);
		assert_start(SNAPSHOT_INITIAL_ONLY, "another", was, WORKS_FRESH);
		assert_start(SNAPSHOT_NO_DATA, "another", was, WORKS_STREAM);
	}
}

/* The name of no slot is that of a run that had none. */
static void
the_record_of_a_run_without_a_slot(void **state)
{
	(void)state;
	assert_start(SNAPSHOT_INITIAL_ONLY, "", FINISHED, WORKS_STREAM);
	assert_start(SNAPSHOT_INITIAL_ONLY, "", PARTLY, WORKS_RESUME);
	assert_start(SNAPSHOT_INITIAL_ONLY, "", NONE, WORKS_FRESH);
	for (enum progress_was was = NONE; was <= FINISHED; was++) {
		assert_start(SNAPSHOT_INITIAL, "", was, WORKS_FRESH);
		assert_start(SNAPSHOT_WHEN_NEEDED, "", was, WORKS_FRESH);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_first_start_reads_all),
		cmocka_unit_test(what_was_finished_is_not_read_again),
		cmocka_unit_test(what_was_begun_goes_on),
		cmocka_unit_test(a_stream_without_a_snapshot_goes_on),
		cmocka_unit_test(the_record_of_another_slot),
		cmocka_unit_test(the_record_of_a_run_without_a_slot),
	};

	return cmocka_run_group_tests_name("works", tests, NULL, NULL);
}
