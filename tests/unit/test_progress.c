#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>
#include <cmocka.h>

#include "progress.h"

#define PAGE(n) ((uint64_t)(n) << 16)
#define END PROGRESS_END

static const struct progress_file T = { 100, 500, 0xabcd };
static const struct progress_file U = { 200, 600, 0x1234 };

static int
set_up(void **state)
{
	struct progress *p = progress_new();

	assert_non_null(p);
	progress_begin(p);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	progress_free(*state);
	progress_free(NULL);
	return 0;
}

static void
add(struct progress *p, uint64_t from, uint64_t to)
{
	assert_int_equal(progress_add(p, &T, true, 7, from, to), 0);
}

/* Its finished ranges are exactly these. */
static void
assert_ranges(const struct progress *p, size_t n, const uint64_t (*ranges)[2])
{
	uint64_t from, to;

	for (size_t i = 0; i < n; i++) {
		assert_true(progress_range(p, T.oid, i, &from, &to));
		assert_int_equal(from, ranges[i][0]);
		assert_int_equal(to, ranges[i][1]);
	}
	assert_false(progress_range(p, T.oid, n, &from, &to));
}

#define RANGES(p, ...) assert_ranges(p, \
	sizeof((const uint64_t[][2]){ __VA_ARGS__ }) / (2 * sizeof(uint64_t)), \
	(const uint64_t[][2]){ __VA_ARGS__ })

static void
assert_gap(const struct progress *p, uint64_t at, uint64_t from, uint64_t to)
{
	uint64_t a, b;

	assert_true(progress_gap(p, T.oid, at, &a, &b));
	assert_int_equal(a, from);
	assert_int_equal(b, to);
}

static void
assert_no_gap(const struct progress *p, uint64_t at)
{
	uint64_t a, b;

	assert_false(progress_gap(p, T.oid, at, &a, &b));
}

static void
its_states(void **state)
{
	struct progress *p = *state;

	assert_true(progress_exists(p));
	assert_true(progress_unfinished(p));
	assert_false(progress_finished(p));
	assert_false(progress_any(p));
	add(p, 0, PAGE(1));
	assert_true(progress_any(p));
	progress_finish(p);
	assert_false(progress_unfinished(p));
	assert_true(progress_finished(p));
	assert_int_equal(progress_meet(p, &T), PROGRESS_FRESH);
	progress_begin(p);
	assert_true(progress_unfinished(p));
	assert_false(progress_any(p));
	progress_clear(p);
	assert_false(progress_exists(p));
	assert_false(progress_unfinished(p));
	assert_false(progress_finished(p));
}

static void
ranges_join_what_they_touch(void **state)
{
	struct progress *p = *state;

	add(p, PAGE(10), PAGE(20));
	add(p, PAGE(30), PAGE(40));
	add(p, PAGE(2), PAGE(4));		/* in front */
	add(p, PAGE(50), PAGE(60));		/* behind */
	RANGES(p, { PAGE(2), PAGE(4) }, { PAGE(10), PAGE(20) },
		{ PAGE(30), PAGE(40) }, { PAGE(50), PAGE(60) });
	add(p, PAGE(4), PAGE(5));		/* touches an end */
	add(p, PAGE(25), PAGE(30));		/* touches a beginning */
	RANGES(p, { PAGE(2), PAGE(5) }, { PAGE(10), PAGE(20) },
		{ PAGE(25), PAGE(40) }, { PAGE(50), PAGE(60) });
	add(p, PAGE(12), PAGE(13));		/* inside */
	add(p, PAGE(5) + 1, PAGE(6));		/* one row is between */
	RANGES(p, { PAGE(2), PAGE(5) }, { PAGE(5) + 1, PAGE(6) },
		{ PAGE(10), PAGE(20) }, { PAGE(25), PAGE(40) },
		{ PAGE(50), PAGE(60) });
	add(p, PAGE(15), PAGE(55));		/* over three of them */
	RANGES(p, { PAGE(2), PAGE(5) }, { PAGE(5) + 1, PAGE(6) },
		{ PAGE(10), PAGE(60) });
	add(p, PAGE(5), PAGE(5) + 1);		/* that row */
	RANGES(p, { PAGE(2), PAGE(6) }, { PAGE(10), PAGE(60) });
	add(p, PAGE(1), PAGE(70));
	RANGES(p, { PAGE(1), PAGE(70) });
}

static void
gaps_are_what_is_left(void **state)
{
	struct progress *p = *state;

	assert_gap(p, 0, 0, END);		/* nothing is known of it */
	assert_gap(p, PAGE(9), PAGE(9), END);
	add(p, PAGE(10), PAGE(20));
	add(p, PAGE(30), PAGE(40));
	assert_gap(p, 0, 0, PAGE(10));
	assert_gap(p, PAGE(10), PAGE(20), PAGE(30));
	assert_gap(p, PAGE(15), PAGE(20), PAGE(30));
	assert_gap(p, PAGE(20), PAGE(20), PAGE(30));
	assert_gap(p, PAGE(29), PAGE(29), PAGE(30));
	assert_gap(p, PAGE(30), PAGE(40), END);
	assert_gap(p, PAGE(99), PAGE(99), END);
	add(p, PAGE(40), END);
	assert_no_gap(p, PAGE(30));
	assert_gap(p, 0, 0, PAGE(10));
	add(p, 0, PAGE(10));
	assert_gap(p, 0, PAGE(20), PAGE(30));
	add(p, PAGE(20), PAGE(30));
	assert_no_gap(p, 0);
	assert_int_equal(progress_meet(p, &T), PROGRESS_WHOLE);
	assert_ranges(p, 0, NULL);
}

static void
what_a_table_is_when_it_is_met(void **state)
{
	struct progress_file rewritten = T, altered = T;
	struct progress *p = *state;

	rewritten.filenode++;
	altered.columns++;
	assert_int_equal(progress_meet(p, &T), PROGRESS_FRESH);
	add(p, 0, PAGE(1));
	assert_int_equal(progress_meet(p, &U), PROGRESS_FRESH);
	assert_int_equal(progress_meet(p, &T), PROGRESS_PARTLY);
	assert_int_equal(progress_meet(p, &rewritten), PROGRESS_ANEW);
	assert_int_equal(progress_meet(p, &T), PROGRESS_FRESH);
	add(p, 0, PAGE(1));
	assert_int_equal(progress_meet(p, &altered), PROGRESS_ANEW);
	assert_false(progress_any(p));
	/* Of one without a key a row must not come twice. */
	assert_int_equal(progress_add(p, &U, false, 7, 0, PAGE(1)), 0);
	assert_int_equal(progress_meet(p, &U), PROGRESS_ANEW);
	/* Whole is whole: what came after is in the stream. */
	assert_int_equal(progress_add(p, &U, false, 7, 0, END), 0);
	add(p, 0, END);
	assert_int_equal(progress_meet(p, &U), PROGRESS_WHOLE);
	assert_int_equal(progress_meet(p, &rewritten), PROGRESS_WHOLE);
	add(p, 0, PAGE(1));			/* changes nothing */
	assert_int_equal(progress_meet(p, &T), PROGRESS_WHOLE);
}

static void
a_table_that_owes_rows_is_not_whole(void **state)
{
	struct progress *p = *state;

	assert_int_equal(progress_owe(p, T.oid), 0);
	progress_settle(p, T.oid, 9);		/* of none */
	add(p, 0, PAGE(1));
	assert_int_equal(progress_add(p, &T, true, 9, PAGE(1), PAGE(2)), 0);
	/* The rows of the first range are as old as its snapshot. */
	assert_int_equal(progress_owe(p, T.oid), 7);
	assert_int_equal(progress_add(p, &T, true, 9, PAGE(2), END), 0);
	assert_no_gap(p, 0);
	assert_int_equal(progress_meet(p, &T), PROGRESS_PARTLY);
	progress_settle(p, T.oid, 9);
	assert_int_equal(progress_meet(p, &T), PROGRESS_WHOLE);
	assert_int_equal(progress_owe(p, T.oid), 0);
	/* Settled before all of it is read: from then on it is that snapshot's. */
	assert_int_equal(progress_add(p, &U, true, 7, 0, PAGE(1)), 0);
	assert_int_equal(progress_owe(p, U.oid), 7);
	progress_settle(p, U.oid, 11);
	assert_int_equal(progress_meet(p, &U), PROGRESS_PARTLY);
	assert_int_equal(progress_owe(p, U.oid), 11);
}

static void
only_what_is_whole_is_kept(void **state)
{
	struct progress_file many[10];
	struct progress *p = *state;

	/* In an order that is not theirs; the odd ones are whole. */
	for (size_t i = 0; i < 10; i++) {
		size_t n = (i * 7) % 10;

		many[n] = (struct progress_file){ (uint32_t)(1000 + n), 1, 2 };
		assert_int_equal(progress_add(p, &many[n], true, 7, 0,
			n % 2 ? END : PAGE(1)), 0);
	}
	assert_int_equal(progress_keep_whole(p), 5);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(progress_meet(p, &many[i]),
			i % 2 ? PROGRESS_WHOLE : PROGRESS_FRESH);
	assert_int_equal(progress_keep_whole(p), 0);
}

/* --- As JSON */

static const char *
print(const struct progress *p, char out[2000])
{
	struct json_object *o = progress_to_json(p);

	assert_non_null(o);
	snprintf(out, 2000, "%s", json_object_to_json_string_ext(o,
		JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	return out;
}

static bool
parse(struct progress *p, const char *text)
{
	struct json_object *o = json_tokener_parse(text);
	bool good = progress_from_json(p, o);

	json_object_put(o);
	return good;
}

static void
its_text(void **state)
{
	char text[2000];
	struct progress *p = *state;

	assert_string_equal(print(p, text),
		"{\"finished\":false,\"whole\":\"\",\"tables\":[]}");
	add(p, 0, PAGE(8));
	add(p, PAGE(10) + 3, PAGE(11) + 291);
	add(p, PAGE(4000000000), END);
	assert_int_equal(progress_add(p, &U, false, 0, 0, END), 0);
	assert_int_equal(progress_add(p, &(struct progress_file){ .oid = 90 },
		true, 0, 0, END), 0);
	assert_int_equal(progress_add(p, &(struct progress_file){
		.oid = UINT32_MAX }, true, 0, 0, END), 0);
	assert_string_equal(print(p, text), "{\"finished\":false,"
		"\"whole\":\"90,110,4294967095\",\"tables\":[{\"oid\":100,"
		"\"filenode\":500,\"columns\":\"000000000000abcd\",\"keyed\":true,"
		"\"xmin\":7,\"finished\":\"0-8,10.3-11.291,4000000000-\"}]}");
	progress_finish(p);
	assert_string_equal(print(p, text), "{\"finished\":true}");
	progress_clear(p);
	assert_null(progress_to_json(p));
}

static void
what_is_read_back_is_the_same(void **state)
{
	struct progress_file big = { UINT32_MAX, UINT32_MAX, UINT64_MAX };
	struct progress *p = *state, *q = progress_new();
	char text[2000], again[2000];

	add(p, PAGE(1) + 1, PAGE(1) + 2);
	add(p, PAGE(3), END);
	assert_int_equal(progress_add(p, &U, false, 3000000000, 0, END), 0);
	assert_int_equal(progress_add(p, &big, true, UINT32_MAX, 0,
		PAGE(UINT32_MAX) + 0xffff), 0);
	print(p, text);
	assert_int_equal(progress_add(q, &T, true, 1, 0, PAGE(99)), 0);
	assert_true(parse(q, text));		/* in place of what was there */
	assert_string_equal(print(q, again), text);
	assert_true(progress_unfinished(q));
	RANGES(q, { PAGE(1) + 1, PAGE(1) + 2 }, { PAGE(3), END });
	assert_int_equal(progress_owe(q, T.oid), 7);
	assert_int_equal(progress_owe(q, big.oid), UINT32_MAX);
	assert_int_equal(progress_meet(q, &T), PROGRESS_PARTLY);
	assert_int_equal(progress_meet(q, &big), PROGRESS_PARTLY);
	assert_int_equal(progress_meet(q, &U), PROGRESS_WHOLE);
	assert_true(parse(q, "{\"finished\":true,\"later\":1}"));
	assert_true(progress_finished(q));
	progress_free(q);
}

/* It owed rows when it was written: then it owes them still, and is not whole. */
static void
what_was_owed_is_owed_after_a_crash(void **state)
{
	struct progress *p = *state, *q = progress_new();
	char text[2000];

	add(p, 0, PAGE(1));
	progress_owe(p, T.oid);
	add(p, PAGE(1), END);
	assert_true(parse(q, print(p, text)));
	assert_int_equal(progress_meet(q, &T), PROGRESS_PARTLY);
	assert_int_equal(progress_owe(q, T.oid), 7);
	progress_free(q);
}

#define WHOLE(list) "{\"finished\":false,\"whole\":\"" list "\",\"tables\":[]}"
#define TABLE(members) "{\"finished\":false,\"whole\":\"5\",\"tables\":[{" members "}]}"
#define RANGE(list) TABLE("\"oid\":1,\"filenode\":2,\"columns\":\"000000000000abcd\"," \
	"\"keyed\":true,\"xmin\":3,\"finished\":\"" list "\"")

static void
what_is_none_is_refused(void **state)
{
	static const char *const texts[] = {
		"null", "[]", "7", "{}", "{\"finished\":1}", "{\"finished\":false}",
		"{\"finished\":false,\"whole\":\"\"}",
		"{\"finished\":false,\"tables\":[]}",
		"{\"finished\":false,\"whole\":[],\"tables\":[]}",
		"{\"finished\":false,\"whole\":\"\",\"tables\":{}}",
		"{\"finished\":false,\"whole\":\"\",\"tables\":[7]}",
		"{\"finished\":false,\"whole\":\"\",\"tables\":[null]}",
		WHOLE("x"), WHOLE("1,x"), WHOLE("1;2"), WHOLE(","), WHOLE("1,,2"),
		WHOLE("1,"), WHOLE("-1"), WHOLE("5,-1"), WHOLE(" 5"), WHOLE("+5"),
		WHOLE("5,0"), WHOLE("4294967296"), WHOLE("4294967295,1"),
		WHOLE("18446744073709551616"), WHOLE("5,18446744073709551615"),
		RANGE("x"), RANGE("1"), RANGE("-"), RANGE("-5"), RANGE("5-4"),
		RANGE("5-5"), RANGE("1-2;3-4"), RANGE("1-2,"), RANGE("1.-2"),
		RANGE("1.x-2"), RANGE("1.65536-2"), RANGE("4294967296-"),
		RANGE("0-4294967296"), RANGE("1--2"), RANGE(" 1-2"), RANGE("+1-2"),
		RANGE("1.-1-2"), RANGE("1-2,,3-4"), RANGE("1-,3-4"),
		/* 5 is whole already */
		TABLE("\"oid\":5,\"filenode\":2,\"columns\":\"000000000000abcd\","
			"\"keyed\":true,\"xmin\":3,\"finished\":\"0-1\""),
		TABLE("\"oid\":-1,\"filenode\":2,\"columns\":\"000000000000abcd\","
			"\"keyed\":true,\"xmin\":3,\"finished\":\"0-1\""),
		TABLE("\"oid\":1,\"filenode\":4294967296,\"columns\":\"000000000000abcd\","
			"\"keyed\":true,\"xmin\":3,\"finished\":\"0-1\""),
		TABLE("\"oid\":1,\"filenode\":2,\"columns\":\"abc\","
			"\"keyed\":true,\"xmin\":3,\"finished\":\"0-1\""),
		TABLE("\"oid\":1,\"filenode\":2,\"columns\":\"00000000000000zz\","
			"\"keyed\":true,\"xmin\":3,\"finished\":\"0-1\""),
		TABLE("\"oid\":1,\"filenode\":2,\"columns\":\"000000000000abcd\","
			"\"keyed\":1,\"xmin\":3,\"finished\":\"0-1\""),
		TABLE("\"oid\":1,\"filenode\":2,\"columns\":\"000000000000abcd\","
			"\"keyed\":true,\"xmin\":\"3\",\"finished\":\"0-1\""),
		TABLE("\"oid\":1,\"filenode\":2,\"columns\":\"000000000000abcd\","
			"\"keyed\":true,\"xmin\":3"),
	};
	struct progress *p = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(progress_add(p, &T, true, 1, 0, PAGE(1)), 0);
		if (parse(p, texts[i]))
			fail_msg("accepted: %s", texts[i]);
		assert_false(progress_any(p));
		assert_false(progress_unfinished(p));
		assert_false(progress_finished(p));
	}
	assert_true(parse(p, RANGE("")));
	assert_true(parse(p, RANGE("0-1,2.1-")));
	assert_true(parse(p, WHOLE("4294967295")));
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(its_states),
		TEST(ranges_join_what_they_touch),
		TEST(gaps_are_what_is_left),
		TEST(what_a_table_is_when_it_is_met),
		TEST(a_table_that_owes_rows_is_not_whole),
		TEST(only_what_is_whole_is_kept),
		TEST(its_text),
		TEST(what_is_read_back_is_the_same),
		TEST(what_was_owed_is_owed_after_a_crash),
		TEST(what_is_none_is_refused),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
