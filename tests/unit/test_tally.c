#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tally.h"

static void
count(struct tally *t, const char *name, uint64_t expected)
{
	struct fail f = FAIL_INIT;

	assert_int_equal(tally_meet(t, span_of(name), &f), 0);
	assert_int_equal(tally_count(t), expected);
}

static void
events_are_counted_per_collection(void **state)
{
	struct tally *t = tally_new();
	const struct tally_entry *e;
	char name[] = "public.b";
	size_t n;

	(void)state;
	assert_int_equal(tally_total(t), 0);
	count(t, "public.a", 1);
	count(t, "public.a", 2);
	count(t, name, 1);
	count(t, "public.a", 3);
	memset(name, 'x', sizeof name - 1);	/* the name was copied */
	assert_int_equal(tally_meet(t, span_of("never"), NULL), 0);
	e = tally_entries(t, &n);
	assert_int_equal(n, 3);
	assert_true(span_is(e[0].name, "public.a"));
	assert_true(span_is(e[1].name, "public.b"));
	assert_int_equal(e[0].count, 3);
	assert_int_equal(e[1].count, 1);
	assert_int_equal(e[2].count, 0);
	assert_int_equal(tally_total(t), 4);
	tally_free(t);
	tally_free(NULL);
}

static void
a_count_can_be_taken_back(void **state)
{
	struct tally *t = tally_new();

	(void)state;
	count(t, "a", 1);
	count(t, "a", 2);
	tally_undo(t);
	assert_int_equal(tally_total(t), 1);
	count(t, "a", 2);
	assert_int_equal(tally_total(t), 2);
	tally_free(t);
}

static void
a_reset_forgets_all_and_many_collections_fit(void **state)
{
	struct tally *t = tally_new();
	const struct tally_entry *e;
	size_t n;

	(void)state;
	for (int round = 1; round <= 2; round++) {
		char name[32];

		for (int i = 0; i < 3000; i++) {
			snprintf(name, sizeof name, "schema.table_%d", i % 1000);
			count(t, name, (uint64_t)i / 1000 + 1);
		}
		e = tally_entries(t, &n);
		assert_int_equal(n, 1000);
		assert_true(span_is(e[999].name, "schema.table_999"));
		assert_int_equal(tally_total(t), 3000);
		tally_reset(t);
		e = tally_entries(t, &n);
		assert_int_equal(n, 0);
		assert_int_equal(tally_total(t), 0);
	}
	tally_free(t);
}

static void
memory_is_capped(void **state)
{
	static char name[1 << 20];
	struct tally *t = tally_new();
	struct fail f = FAIL_INIT;
	int rc = 0, met = 0;

	(void)state;
	memset(name, 'x', sizeof name);
	while (rc == 0 && met < 100) {
		name[0] = (char)met;
		rc = tally_meet(t, (struct span){ name, sizeof name }, &f);
		met += rc == 0;
	}
	assert_int_equal(rc, -1);
	assert_in_range(met, 32, 63);
	assert_int_equal(f.kind, FAIL_FATAL);
	assert_non_null(strstr(f.text, "events of a transaction over more than"));
	tally_reset(t);
	count(t, "a", 1);
	tally_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_counted_per_collection),
		cmocka_unit_test(a_count_can_be_taken_back),
		cmocka_unit_test(a_reset_forgets_all_and_many_collections_fit),
		cmocka_unit_test(memory_is_capped),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
