#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "keys.h"

#define MAX_PATTERNS 4

static const struct span a = SPAN("a"), b = SPAN("b");
static const struct span ab[] = { SPAN("a"), SPAN("b") };
static const struct span ba[] = { SPAN("b"), SPAN("a") };

/* Table public.t of columns a, b, c, x1, x2; `flags` marks its identity. */
static char *
key_of(char identity, const char *flags, const struct facts *facts,
	const char *const *patterns, bool *not_primary)
{
	static const char *const names[] = { "a", "b", "c", "x1", "x2" };
	static char text[64];
	struct pgoutput_column cols[5];
	struct pgoutput_relation def = { 7, SPAN("public"), SPAN("t"),
		(uint8_t)identity, 5, cols };
	struct filter *filters[MAX_PATTERNS];
	struct fail f = FAIL_INIT;
	struct arena arena;
	struct keys keys;
	size_t n = 0;

	arena_init(&arena, 1 << 16);
	for (int i = 0; i < 5; i++)
		cols[i] = (struct pgoutput_column){ span_of(names[i]), 23, -1,
			flags[i] == '1' };
	for (; patterns && patterns[n]; n++) {
		struct span p = span_of(patterns[n]);

		filters[n] = filter_new(&p, 1, &f);
		assert_non_null(filters[n]);
	}
	keys_choose((const struct filter *const *)filters, n, &def, facts,
		&arena, &keys);
	text[0] = '\0';
	for (size_t i = 0; i < keys.count; i++) {
		strcat(text, i ? "," : "");
		strcat(text, names[keys.columns[i]]);
	}
	if (not_primary)
		*not_primary = keys.not_primary;
	while (n)
		filter_free(filters[--n]);
	arena_release(&arena);
	return text;
}

#define PATTERNS(...) (const char *const[]){ __VA_ARGS__, NULL }

static void
patterns_come_in_their_own_order(void **state)
{
	struct facts facts = { .primary_key = { &a, 1 } };
	bool not_primary;

	(void)state;
	assert_string_equal(key_of('d', "10000", &facts,
		PATTERNS("public.t.b", "PUBLIC.T.A"), &not_primary), "b,a");
	assert_false(not_primary);
	/* A pattern may stand for several columns; each counts once. */
	assert_string_equal(key_of('d', "10000", &facts,
		PATTERNS("(.*).t.x.*", "public.t.a", "public.t.x2"), NULL),
		"x1,x2,a");
}

static void
what_matches_nothing_leaves_the_key(void **state)
{
	struct facts facts = { .primary_key = { ba, 2 } };

	(void)state;
	assert_string_equal(key_of('d', "11000", &facts,
		PATTERNS("other.t.a", "public.t.nope"), NULL), "b,a");
	assert_string_equal(key_of('d', "11000", &facts,
		PATTERNS("public.t.c", "public.t.nope"), NULL), "c");
}

static void
an_index_beside_the_primary_key_is_said(void **state)
{
	struct facts facts = { .primary_key = { &a, 1 }, .identity = { &b, 1 } };
	bool not_primary;

	(void)state;
	assert_string_equal(key_of('i', "01000", &facts, NULL, &not_primary), "b");
	assert_true(not_primary);
	/* More than the primary key, or in another order. */
	facts.identity = (struct column_names){ ab, 2 };
	assert_string_equal(key_of('i', "11000", &facts, NULL, &not_primary), "a,b");
	assert_true(not_primary);
	facts.primary_key = (struct column_names){ ba, 2 };
	key_of('i', "11000", &facts, NULL, &not_primary);
	assert_false(not_primary);
	/* Alone, or not an index at all. */
	facts.primary_key.count = 0;
	key_of('i', "11000", &facts, NULL, &not_primary);
	assert_false(not_primary);
	facts.primary_key = (struct column_names){ &a, 1 };
	key_of('d', "10000", &facts, NULL, &not_primary);
	assert_false(not_primary);
	/* An identity whose index is gone flags nothing. */
	assert_string_equal(key_of('i', "00000", &facts, NULL, &not_primary), "");
	assert_false(not_primary);
}

static void
without_memory_there_is_no_key(void **state)
{
	struct pgoutput_column col = { SPAN("a"), 23, -1, true };
	struct pgoutput_relation def = { 7, SPAN("public"), SPAN("t"), 'd', 1, &col };
	struct facts facts = { .relid = 7 };
	struct span p = SPAN(".*");
	struct fail f = FAIL_INIT;
	struct filter *filter = filter_new(&p, 1, &f);
	const struct filter *patterns[] = { filter };
	struct arena arena;
	struct keys keys;

	(void)state;
	arena_init(&arena, 0);
	keys_choose(patterns, 1, &def, &facts, &arena, &keys);
	assert_true(arena_failed(&arena));
	assert_int_equal(keys.count, 0);
	arena_release(&arena);
	filter_free(filter);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_come_in_their_own_order),
		cmocka_unit_test(what_matches_nothing_leaves_the_key),
		cmocka_unit_test(an_index_beside_the_primary_key_is_said),
		cmocka_unit_test(without_memory_there_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
