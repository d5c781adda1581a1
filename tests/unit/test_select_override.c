#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "select_override.h"

static int
checked(const char *table, const char *statement, struct fail *f)
{
	struct config_override items[] = {
		{ (char *)"public.first", (char *)"SELECT 1" },
		{ (char *)table, (char *)statement },
	};
	const struct config_groups overrides = { items, 2 };

	*f = (struct fail)FAIL_INIT;
	return select_override_check(&overrides, f);
}

static void
accepted(const char *table, const char *statement)
{
	struct fail f;

	if (checked(table, statement, &f) < 0)
		fail_msg("%s", f.text);
}

static void
refused(const char *table, const char *statement, const char *why)
{
	struct fail f;

	assert_int_equal(checked(table, statement, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(f.text, why);
}

static void
what_is_right(void **state)
{
	const struct config_groups none = { NULL, 0 };
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(select_override_check(&none, &f), 0);
	accepted("public.t", "SELECT * FROM t");
	accepted("public.First", "SELECT 1");		/* another table */
	accepted("My Schema.a.b", " ; SELECT 1;");
}

static void
what_is_wrong(void **state)
{
	(void)state;
	refused("t", "SELECT 1", "needs tables as schema.table, not \"t\"");
	refused("", "SELECT 1", "needs tables as schema.table, not \"\"");
	refused(".t", "SELECT 1", "needs tables as schema.table, not \".t\"");
	refused("public.", "SELECT 1", "needs tables as schema.table, not \"public.\"");
	refused("public.t", "", "has no statement for public.t; to leave the table out of the "
		"snapshot, put !public.t into snapshot.tables");
	refused("public.t", " \n;; ", "has no statement for public.t; to leave the table out of "
		"the snapshot, put !public.t into snapshot.tables");
	refused("public.first", "SELECT 2", "has public.first twice");
}

static void
found(const char *table, const char *expected)
{
	struct config_override items[] = {
		{ (char *)"public.t", (char *)"SELECT 1" },
		{ (char *)"a.b.c", (char *)"\n SELECT ';' ; \n;\n" },
	};
	const struct config_groups overrides = { items, 2 };
	struct span s = select_override_find(&overrides, span_of(table));

	if (!expected) {
		assert_null(s.p);
		return;
	}
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.p, expected, s.len);
}

static void
tables_are_found_by_their_names(void **state)
{
	(void)state;
	found("public.t", "SELECT 1");
	found("public.T", NULL);
	found("public.tt", NULL);
	found("t", NULL);
	found("a.b.c", "SELECT ';'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right),
		cmocka_unit_test(what_is_wrong),
		cmocka_unit_test(tables_are_found_by_their_names),
	};

	return cmocka_run_group_tests_name("select_override", tests, NULL, NULL);
}
