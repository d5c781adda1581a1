#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "identity_rule.h"

static void
assert_rule(const char *text, char identity, const char *index)
{
	struct identity_rule r;
	struct fail f = FAIL_INIT;

	if (identity_rule_parse(&r, text, &f) == -1)
		fail_msg("%s: %s", text, f.text);
	assert_int_equal(r.identity, identity);
	if (index)
		assert_string_equal(r.index, index);
	else
		assert_null(r.index);
	assert_true(filter_pass(r.tables, span_of("public.t")));
	assert_false(filter_pass(r.tables, span_of("public.t2")));
	identity_rule_release(&r);
	identity_rule_release(&r);
}

static void
rules_are_read(void **state)
{
	(void)state;
	assert_rule("public.t:FULL", 'f', NULL);
	assert_rule(" PUBLIC.T : default ", 'd', NULL);
	assert_rule("public[.]t:Nothing", 'n', NULL);
	assert_rule("public.t:INDEX t_Key", 'i', "t_Key");
	assert_rule("public.(?:t|u):index   an index ", 'i', "an index");
}

static void
assert_refused(const char *text, const char *why)
{
	struct identity_rule r;
	struct fail f = FAIL_INIT;

	assert_int_equal(identity_rule_parse(&r, text, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(f.text, why);
	assert_null(r.index);
	assert_null(r.tables);
}

static void
what_is_no_rule_is_told(void **state)
{
	(void)state;
	assert_refused("public.t", "\"public.t\": a colon must stand between table and "
		"identity, as in public.orders:FULL");
	assert_refused(":FULL", "\":FULL\": must begin with a pattern on schema.table");
	assert_refused("!a.b:FULL", "\"!a.b:FULL\": must begin with a pattern on schema.table");
	assert_refused("a.b:HALF", "\"HALF\": must be DEFAULT, FULL, NOTHING, or INDEX and a name");
	assert_refused("a.b:INDEX", "\"INDEX\": must be DEFAULT, FULL, NOTHING, or INDEX and a name");
	assert_refused("a.b:INDEXES x",
		"\"INDEXES x\": must be DEFAULT, FULL, NOTHING, or INDEX and a name");
	assert_refused("a.(:INDEX x", "pattern \"a.(\": missing closing parenthesis at character 4");
}

static void
what_a_table_has_already(void **state)
{
	struct identity_rule r;

	(void)state;
	assert_int_equal(identity_rule_parse(&r, "a.b:INDEX x", NULL), 0);
	assert_true(identity_rule_holds(&r, 'i', "x"));
	assert_false(identity_rule_holds(&r, 'i', "y"));
	assert_false(identity_rule_holds(&r, 'd', ""));
	identity_rule_release(&r);
	assert_int_equal(identity_rule_parse(&r, "a.b:FULL", NULL), 0);
	assert_true(identity_rule_holds(&r, 'f', ""));
	assert_false(identity_rule_holds(&r, 'i', "x"));
	identity_rule_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read),
		cmocka_unit_test(what_is_no_rule_is_told),
		cmocka_unit_test(what_a_table_has_already),
	};

	return cmocka_run_group_tests_name("identity_rule", tests, NULL, NULL);
}
