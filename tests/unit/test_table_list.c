#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "result.h"
#include "table_list.h"

/* oid, schema, name, partitioned, ours, ancestors */
#define TABLES(...) RESULT(6, __VA_ARGS__)
#define NONE ((const char *)NULL)

static struct filter *
filter_of(const char *pattern)
{
	struct span span = span_of(pattern);
	struct filter *filter = filter_new(&span, 1, NULL);

	assert_non_null(filter);
	return filter;
}

/* Takes the result and checks what is chosen. */
static void
assert_chosen(PGresult *res, const char *pattern, enum table_list_which which,
	size_t max, const char *expected)
{
	struct filter *filter = pattern ? filter_of(pattern) : NULL;
	struct table_list l;
	struct buf b;

	assert_int_equal(table_list_choose(&l, res, filter, NULL), 0);
	buf_init(&b, 4096);
	table_list_put(&l, which, max, &b);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, expected);
	buf_release(&b);
	table_list_release(&l);
	table_list_release(&l);
	filter_free(filter);
	PQclear(res);
}

static void
tables_are_chosen_by_pattern(void **state)
{
	(void)state;
	assert_chosen(TABLES("10", "public", "a", "f", "t", NONE,
		"11", "public", "b", "f", "t", NONE,
		"12", "other", "a", "f", "t", NONE), "public[.].*",
		TABLE_LIST_ALL, 10, "\"public\".\"a\", \"public\".\"b\"");
	assert_chosen(TABLES("10", "we\"ird", "a.b", "f", "t", NONE), NULL,
		TABLE_LIST_ALL, 10, "\"we\"\"ird\".\"a.b\"");
	assert_chosen(result_of(0, 6, NULL), NULL, TABLE_LIST_ALL, 10, "");
}

static void
lists_are_cut(void **state)
{
	(void)state;
	assert_chosen(TABLES("1", "s", "a", "f", "t", NONE,
		"2", "s", "b", "f", "t", NONE, "3", "s", "c", "f", "t", NONE,
		"4", "s", "d", "f", "t", NONE), NULL, TABLE_LIST_ALL, 2,
		"\"s\".\"a\", \"s\".\"b\", ...");
}

static void
owners_are_told_apart(void **state)
{
	PGresult *res = TABLES("1", "s", "a", "f", "t", NONE,
		"2", "s", "b", "f", "f", NONE, "3", "s", "c", "f", "t", NONE);
	struct table_list l;

	(void)state;
	assert_int_equal(table_list_choose(&l, res, NULL, NULL), 0);
	assert_int_equal(l.count, 3);
	assert_int_equal(l.not_ours, 1);
	table_list_release(&l);
	assert_chosen(PQcopyResult(res, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES),
		NULL, TABLE_LIST_OURS, 9, "\"s\".\"a\", \"s\".\"c\"");
	assert_chosen(res, NULL, TABLE_LIST_NOT_OURS, 9, "\"s\".\"b\"");
}

/* 20 root; 21 and 22 leaves; 23 a partitioned partition with leaf 24. */
static PGresult *
tree(void)
{
	return TABLES("20", "s", "root", "t", "t", NONE,
		"21", "s", "root_a", "f", "t", "20",
		"22", "s", "root_b", "f", "t", "20",
		"23", "s", "root_sub", "t", "t", "20",
		"24", "s", "root_sub_a", "f", "t", "23 20");
}

static void
a_whole_tree_is_its_root(void **state)
{
	(void)state;
	assert_chosen(tree(), "s[.]root.*", TABLE_LIST_ALL, 9, "\"s\".\"root\"");
	/* Without a partition yet, or with some that are published already. */
	assert_chosen(TABLES("20", "s", "root", "t", "t", NONE), NULL,
		TABLE_LIST_ALL, 9, "\"s\".\"root\"");
	assert_chosen(TABLES("21", "s", "a", "f", "t", "20"), NULL,
		TABLE_LIST_ALL, 9, "\"s\".\"a\"");
}

/* It is taken as a whole all the same; what does not match is filtered later. */
static void
a_split_tree_is_told(void **state)
{
	PGresult *res = tree();
	struct filter *root = filter_of("s[.]root");
	struct table_list l;
	struct buf b;

	(void)state;
	assert_chosen(tree(), "s[.]root(_a|_sub.*)?", TABLE_LIST_ALL, 9,
		"\"s\".\"root\"");
	assert_chosen(tree(), "s[.]root_(a|sub.*)", TABLE_LIST_ALL, 9,
		"\"s\".\"root_a\", \"s\".\"root_sub\"");
	assert_chosen(tree(), "s[.]root_(b|sub_a)", TABLE_LIST_ALL, 9,
		"\"s\".\"root_b\", \"s\".\"root_sub_a\"");
	assert_int_equal(table_list_choose(&l, res, root, NULL), 0);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.split, 1);
	buf_init(&b, 100);
	table_list_put_split(&l, &b);
	assert_true(span_is(buf_span(&b), "\"s\".\"root\""));
	buf_release(&b);
	table_list_release(&l);
	filter_free(root);
	PQclear(res);
}

static void
no_tree_is_split(void **state)
{
	PGresult *res = tree();
	struct table_list l;
	struct buf b;

	(void)state;
	assert_int_equal(table_list_choose(&l, res, NULL, NULL), 0);
	assert_int_equal(l.split, 0);
	buf_init(&b, 100);
	table_list_put_split(&l, &b);
	assert_int_equal(b.len, 0);
	buf_release(&b);
	table_list_release(&l);
	PQclear(res);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_chosen_by_pattern),
		cmocka_unit_test(lists_are_cut),
		cmocka_unit_test(owners_are_told_apart),
		cmocka_unit_test(a_whole_tree_is_its_root),
		cmocka_unit_test(a_split_tree_is_told),
		cmocka_unit_test(no_tree_is_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
