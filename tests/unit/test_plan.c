#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "compile.h"
#include "wire.h"

static struct plan_options options = {
	.prefix = SPAN("app"), .delimiter = SPAN("."), .database = SPAN("db"),
	.version = SPAN("1"), .run_id = SPAN("run"),
	.key_schemas = true, .value_schemas = true,
	.types = { .money_digits = 2, .unavailable = SPAN("__unavailable") },
};

/* Columns a, b, c (int4) and l (line, which has no mapping). */
static const struct column_fact columns[] = {
	{ .name = SPAN("a"), .type = OID_INT4, .typmod = -1, .not_null = true },
	{ .name = SPAN("b"), .type = OID_INT4, .typmod = -1, .not_null = true, .dflt = SPAN("5") },
	{ .name = SPAN("c"), .type = OID_INT4, .typmod = -1, .dflt = SPAN("6") },
	{ .name = SPAN("l"), .type = OID_LINE, .typmod = -1 }
};
static const struct span key_ab[] = { SPAN("a"), SPAN("b") };
static const struct span key_ba[] = { SPAN("b"), SPAN("a") };
static const struct span key_c[] = { SPAN("c") };
static const struct span key_gone[] = { SPAN("a"), SPAN("gone") };

static struct facts
facts_of(void)
{
	return (struct facts){
		.relid = 7, .found = true, .kind = 'r', .schema = SPAN("public"),
		.table = SPAN("t"), .columns = columns, .ncolumns = 4,
		.types = wire_types, .ntypes = 4
	};
}

/* `flagged`: which of a, b, c, l the message marks as identity. */
static struct plan *
compile(char identity, const char *flagged, const struct facts *facts)
{
	struct pgoutput_column cols[4];
	struct pgoutput_relation def = { 7, SPAN("public"), SPAN("t"),
		(uint8_t)identity, 4, cols };
	struct fail f = FAIL_INIT;
	struct plan *plan;

	for (int i = 0; i < 4; i++)
		cols[i] = (struct pgoutput_column){ columns[i].name, columns[i].type,
			-1, flagged[i] == '1' };
	plan = compile_plan(&options, &def, facts, NULL, &f);
	if (!plan)
		fail_msg("%s", f.text);
	return plan;
}

static void
assert_key(char identity, const char *flagged, const struct facts *facts,
	const char *expected)
{
	struct plan *plan = compile(identity, flagged, facts);
	char got[64] = "";

	for (size_t i = 0; i < plan->nkey; i++)
		strncat(got, plan->columns[plan->key[i]].name.p, 1);
	assert_string_equal(got, expected);
	plan_free(plan);
	plan_free(NULL);
}

static void
the_key_is_the_primary_key_in_its_order(void **state)
{
	struct facts facts = facts_of();

	(void)state;
	facts.primary_key = (struct column_names){ key_ba, 2 };
	assert_key('d', "1100", &facts, "ba");
	assert_key('f', "1111", &facts, "ba");
	assert_key('n', "0000", &facts, "ba");
}

static void
the_message_says_which_columns(void **state)
{
	struct facts facts = facts_of();

	(void)state;
	/* The primary key of today is not that of the row's time. */
	facts.primary_key = (struct column_names){ key_c, 1 };
	assert_key('d', "1100", &facts, "ab");
	facts.primary_key = (struct column_names){ key_gone, 2 };
	assert_key('d', "1100", &facts, "ab");
	/* The table is gone: the flags are all there is. */
	facts = (struct facts){ .relid = 7, .types = wire_types, .ntypes = 4 };
	assert_key('d', "0110", &facts, "bc");
	assert_key('n', "0000", &facts, "");
}

static void
an_identity_index_is_the_key(void **state)
{
	struct facts facts = facts_of();

	(void)state;
	facts.primary_key = (struct column_names){ key_c, 1 };
	facts.identity = (struct column_names){ key_ba, 2 };
	assert_key('i', "1100", &facts, "ba");
	/* An index that was dropped flags nothing. */
	assert_key('i', "0000", &facts, "");
}

static void
without_a_primary_key_a_unique_index(void **state)
{
	struct facts facts = facts_of();

	(void)state;
	assert_key('d', "0000", &facts, "");
	facts.unique = (struct column_names){ key_ab, 2 };
	assert_key('d', "0000", &facts, "ab");
	assert_key('f', "1111", &facts, "ab");
	facts.unique = (struct column_names){ key_gone, 2 };
	assert_key('f', "1111", &facts, "");
}

static void
defaults_and_optionality(void **state)
{
	struct facts facts = facts_of();
	struct plan *plan = compile('d', "1000", &facts);

	(void)state;
	assert_int_equal(plan->ncolumns, 3);
	assert_true(plan->columns[0].not_null);
	assert_null(plan->columns[0].type.schema->dflt);
	assert_int_equal(plan->columns[0].missing.kind, VALUE_INT);
	assert_non_null(plan->columns[1].type.schema->dflt);
	assert_false(plan->columns[1].type.schema->optional);
	/* A NOT NULL column that was not sent shows its default; a nullable one is null. */
	assert_int_not_equal(plan->columns[1].missing.kind, VALUE_NULL);
	assert_non_null(plan->columns[2].type.schema->dflt);
	assert_int_equal(plan->columns[2].missing.kind, VALUE_NULL);
	assert_int_equal(plan->nleft_out, 1);
	assert_true(span_is(plan->left_out[0].column, "l"));
	assert_true(span_is(plan->left_out[0].type, "line"));
	plan_free(plan);
}

static void
another_type_is_another_column(void **state)
{
	struct column_fact other = columns[0];
	struct facts facts = facts_of();
	struct plan *plan;

	(void)state;
	other.type = OID_TEXT;
	facts.columns = &other;
	facts.ncolumns = 1;
	plan = compile('d', "1000", &facts);
	assert_false(plan->columns[0].not_null);
	plan_free(plan);
}

static void
a_column_filter(void **state)
{
	struct span pattern = SPAN("!public[.]t[.]b");
	struct fail f = FAIL_INIT;
	struct filter *filter = filter_new(&pattern, 1, &f);
	struct facts facts = facts_of();
	struct plan *plan;

	(void)state;
	facts.primary_key = (struct column_names){ key_ab, 2 };
	options.columns = filter;
	plan = compile('d', "1100", &facts);
	options.columns = NULL;
	assert_int_equal(plan->ncolumns, 2);
	assert_int_equal(plan->columns[1].index, 2);
	/* What is left of the key. */
	assert_int_equal(plan->nkey, 1);
	assert_int_equal(plan->tuple_columns, 4);
	plan_free(plan);
	filter_free(filter);
}

static void
a_default_that_cannot_be_is_named(void **state)
{
	struct column_fact bad = columns[0];
	struct facts facts = facts_of();
	struct pgoutput_column col = { SPAN("a"), OID_INT4, -1, true };
	struct pgoutput_relation def = { 7, SPAN("public\xff"), SPAN("t"), 'd', 1, &col };
	struct fail f = FAIL_INIT;

	(void)state;
	facts.columns = &bad;
	facts.ncolumns = 1;
	assert_null(compile_plan(&options, &def, &facts, NULL, &f));
	assert_non_null(strstr(f.text, "table public\xff.t: "));
}

static void
a_table_without_columns(void **state)
{
	struct facts facts = facts_of();
	struct pgoutput_relation def = { 7, SPAN("public"), SPAN("t"), 'n', 0, NULL };
	struct pgoutput_tuple empty = { PGOUTPUT_NEW, 0, NULL };
	struct fail f = FAIL_INIT;
	struct plan *plan = compile_plan(&options, &def, &facts, NULL, &f);
	struct arena a;
	struct value row;
	uint16_t column;

	(void)state;
	assert_non_null(plan);
	arena_init(&a, 1 << 16);
	assert_int_equal(plan_row(plan, &empty, NULL, &a, &row, &column, &f), 0);
	assert_int_equal(row.len, 0);
	assert_false(plan_key_changed(plan, &empty, &empty));
	arena_release(&a);
	plan_free(plan);
}

static void
the_widest_table(void **state)
{
	static struct pgoutput_column cols[1600];
	static char names[1600][64];
	struct facts facts = facts_of();
	struct pgoutput_relation def = { 7, SPAN("public"), SPAN("t"), 'd', 1600, cols };
	struct fail f = FAIL_INIT;
	struct plan *plan;

	(void)state;
	for (int i = 0; i < 1600; i++) {
		snprintf(names[i], sizeof names[i], "%063d", i);
		cols[i] = (struct pgoutput_column){ span_of(names[i]), OID_TEXT, -1, i < 32 };
	}
	plan = compile_plan(&options, &def, &facts, NULL, &f);
	if (!plan)
		fail_msg("%s", f.text);
	assert_int_equal(plan->ncolumns, 1600);
	assert_int_equal(plan->nkey, 32);
	plan_free(plan);
}

static void
a_row_larger_than_its_memory(void **state)
{
	struct facts facts = facts_of();
	struct plan *plan = compile('d', "1000", &facts);
	struct pgoutput_value cols[4] = { { "1", 1, 't' }, { "2", 1, 't' },
		{ NULL, 0, 'n' }, { NULL, 0, 'n' } };
	struct pgoutput_tuple t = { PGOUTPUT_NEW, 4, cols };
	struct fail f = FAIL_INIT;
	struct arena a;
	struct value row;
	uint16_t column;

	(void)state;
	arena_init(&a, 8);
	assert_int_equal(plan_row(plan, &t, NULL, &a, &row, &column, &f), -1);
	assert_string_equal(f.text, "row is larger than the memory for one");
	arena_release(&a);
	plan_free(plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_is_the_primary_key_in_its_order),
		cmocka_unit_test(the_message_says_which_columns),
		cmocka_unit_test(an_identity_index_is_the_key),
		cmocka_unit_test(without_a_primary_key_a_unique_index),
		cmocka_unit_test(defaults_and_optionality),
		cmocka_unit_test(another_type_is_another_column),
		cmocka_unit_test(a_column_filter),
		cmocka_unit_test(a_default_that_cannot_be_is_named),
		cmocka_unit_test(a_table_without_columns),
		cmocka_unit_test(the_widest_table),
		cmocka_unit_test(a_row_larger_than_its_memory),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
