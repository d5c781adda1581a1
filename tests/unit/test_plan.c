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
		strncat(got, plan->key[i].name.p, 1);
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
	/* The key stays whole, without what the catalogue knows of its column. */
	assert_int_equal(plan->nkey, 2);
	assert_int_equal(plan->key[1].index, 1);
	assert_true(plan->key[1].type.schema->optional);
	assert_null(plan->key[1].type.schema->dflt);
	assert_false(plan->key[0].type.schema->optional);
	assert_int_equal(plan->tuple_columns, 4);
	plan_free(plan);
	filter_free(filter);
}

/* Values of a, b, c; NULL is one, UNCHANGED is TOAST that stayed. */
static struct pgoutput_tuple
tuple_of(enum pgoutput_image image, struct pgoutput_value cols[4],
	const char *a, const char *b, const char *c)
{
	const char *texts[4] = { a, b, c, NULL };

	for (int i = 0; i < 4; i++) {
		const char *t = texts[i];
		bool text = t && t != UNCHANGED;

		cols[i] = (struct pgoutput_value){ text ? t : NULL,
			text ? (uint32_t)strlen(t) : 0,
			text ? PGOUTPUT_TEXT : t ? PGOUTPUT_UNCHANGED : PGOUTPUT_NULL };
	}
	return (struct pgoutput_tuple){ image, 4, cols };
}

static bool
changed(const struct plan *plan, enum pgoutput_image image,
	const char *const was[3], const char *const is[3])
{
	struct pgoutput_value o[4], n[4];
	struct pgoutput_tuple old_row = tuple_of(image, o, was[0], was[1], was[2]);
	struct pgoutput_tuple new_row = tuple_of(PGOUTPUT_NEW, n, is[0], is[1], is[2]);

	return plan_key_changed(plan, &old_row, &new_row);
}

#define V(a, b, c) ((const char *const[]){ a, b, c })

static void
a_configured_key_changes_with_its_values(void **state)
{
	struct span pattern = SPAN("public.t.[bc]");
	struct fail f = FAIL_INIT;
	struct filter *filter = filter_new(&pattern, 1, &f);
	const struct filter *keys[] = { filter };
	struct facts facts = facts_of();
	struct plan *plan;

	(void)state;
	facts.primary_key = (struct column_names){ key_ab, 1 };
	options.keys = keys;
	options.nkeys = 1;
	plan = compile('d', "1000", &facts);
	options.nkeys = 0;
	assert_int_equal(plan->nkey, 2);
	assert_int_equal(plan->key[0].index, 1);
	assert_true(plan->key[1].type.schema->optional);
	/* A whole old row is compared as it is; the primary key does not count. */
	assert_false(changed(plan, PGOUTPUT_OLD, V("1", "2", NULL), V("9", "2", NULL)));
	assert_true(changed(plan, PGOUTPUT_OLD, V("1", "2", NULL), V("1", "2", "3")));
	assert_true(changed(plan, PGOUTPUT_OLD, V("1", "2", "3"), V("1", "4", "3")));
	/* Of b the default 5 stands for what was not sent, of c NULL. */
	assert_false(changed(plan, PGOUTPUT_KEY, V("1", NULL, NULL), V("2", "5", NULL)));
	assert_true(changed(plan, PGOUTPUT_KEY, V("1", NULL, NULL), V("2", "6", NULL)));
	assert_true(changed(plan, PGOUTPUT_KEY, V("1", NULL, NULL), V("2", "5", "6")));
	plan_free(plan);
	filter_free(filter);
}

/* A numeric key: the same number in another text. */
static void
a_key_is_compared_as_it_is_written(void **state)
{
	struct facts facts = facts_of();
	struct pgoutput_column col = { SPAN("n"), 1700, -1, true };
	struct pgoutput_relation def = { 7, SPAN("public"), SPAN("t"), 'd', 1, &col };
	struct pgoutput_value was = { "1.0", 3, PGOUTPUT_TEXT }, is = { "1.00", 4, PGOUTPUT_TEXT };
	struct pgoutput_tuple old_row = { PGOUTPUT_KEY, 1, &was };
	struct pgoutput_tuple new_row = { PGOUTPUT_NEW, 1, &is };
	struct fail f = FAIL_INIT;
	struct plan *plan = compile_plan(&options, &def, &facts, NULL, &f);

	(void)state;
	assert_int_equal(plan->nkey, 1);
	assert_false(plan_key_changed(plan, &old_row, &new_row));
	is.p = "1.01";
	assert_true(plan_key_changed(plan, &old_row, &new_row));
	is.p = "1..0";		/* not a number: another key, and an error later */
	assert_true(plan_key_changed(plan, &old_row, &new_row));
	/* Out of line and unchanged. */
	is = (struct pgoutput_value){ NULL, 0, PGOUTPUT_UNCHANGED };
	assert_false(plan_key_changed(plan, &old_row, &new_row));
	plan_free(plan);
}

static bool
row_changed(const struct plan *plan, enum pgoutput_image image,
	const char *const was[3], const char *const is[3])
{
	struct pgoutput_value o[4], n[4];
	struct pgoutput_tuple old_row = tuple_of(image, o, was[0], was[1], was[2]);
	struct pgoutput_tuple new_row = tuple_of(PGOUTPUT_NEW, n, is[0], is[1], is[2]);

	return plan_row_changed(plan, &old_row, &new_row);
}

/* Columns a and b of three; b has the default 5. */
static void
a_row_changes_with_its_published_columns(void **state)
{
	struct span pattern = SPAN("!public.t.c");
	struct fail f = FAIL_INIT;
	struct filter *filter = filter_new(&pattern, 1, &f);
	struct facts facts = facts_of();
	struct plan *plan;

	(void)state;
	options.columns = filter;
	plan = compile('f', "1110", &facts);
	options.columns = NULL;
	assert_false(row_changed(plan, PGOUTPUT_OLD, V("1", "2", "3"), V("1", "2", "3")));
	assert_false(row_changed(plan, PGOUTPUT_OLD, V("1", "2", "3"), V("1", "2", "4")));
	assert_true(row_changed(plan, PGOUTPUT_OLD, V("1", "2", "3"), V("2", "2", "3")));
	assert_true(row_changed(plan, PGOUTPUT_OLD, V("1", NULL, "3"), V("1", "5", "3")));
	/* NULL that stayed, where the catalogue says NOT NULL by now. */
	assert_false(row_changed(plan, PGOUTPUT_OLD, V("1", NULL, "3"), V("1", NULL, "3")));
	assert_false(row_changed(plan, PGOUTPUT_OLD, V("1", "2", "3"), V("1", UNCHANGED, "3")));
	/* Of a key image, the default stands for what was not sent. */
	assert_false(row_changed(plan, PGOUTPUT_KEY, V("1", NULL, NULL), V("1", "5", NULL)));
	assert_true(row_changed(plan, PGOUTPUT_KEY, V("1", NULL, NULL), V("1", "6", NULL)));
	/* Without an old image nothing is known. */
	assert_true(row_changed(plan, PGOUTPUT_NONE, V("1", "2", "3"), V("1", "2", "3")));
	assert_true(plan_row_changed(plan, NULL, NULL));
	plan_free(plan);
	filter_free(filter);
}

static void
a_key_without_a_mapping_is_said(void **state)
{
	struct facts facts = facts_of();
	struct plan *plan = compile('d', "1001", &facts);

	(void)state;
	assert_int_equal(plan->nkey, 1);
	assert_true(plan->key_incomplete);
	assert_false(plan->key_not_primary);
	plan_free(plan);
	facts.primary_key = (struct column_names){ key_c, 1 };
	facts.identity = (struct column_names){ key_ab, 1 };
	plan = compile('i', "1000", &facts);
	assert_false(plan->key_incomplete);
	assert_true(plan->key_not_primary);
	plan_free(plan);
}

static void
an_array_becomes_json(void **state)
{
	struct pgoutput_column cols[] = { { SPAN("m"), 1007, -1, true },
		{ SPAN("n"), 1007, -1, false }, { SPAN("i"), OID_INT4, -1, false } };
	struct pgoutput_relation def = { 7, SPAN("public"), SPAN("t"), 'd', 3, cols };
	struct span pattern = SPAN("public.t.[mi]");
	struct fail f = FAIL_INIT;
	struct filter *filter = filter_new(&pattern, 1, &f);
	struct facts facts = facts_of();
	struct plan *plan;

	(void)state;
	options.json_arrays = filter;
	plan = compile_plan(&options, &def, &facts, NULL, &f);
	options.json_arrays = NULL;
	assert_int_equal(plan->columns[0].type.schema->type, SCHEMA_STRING);
	assert_true(span_is(plan->columns[0].type.schema->name, "io.debezium.data.Json"));
	assert_int_equal(plan->columns[0].type.missing.kind, VALUE_STRING);
	assert_int_equal(plan->columns[0].type.unavailable.kind, VALUE_STRING);
	assert_int_equal(plan->key[0].type.schema->type, SCHEMA_STRING);
	assert_int_equal(plan->columns[1].type.schema->type, SCHEMA_ARRAY);
	assert_int_equal(plan->columns[2].type.schema->type, SCHEMA_INT32);
	plan_free(plan);
	filter_free(filter);
}

static void
comments_become_docs(void **state)
{
	struct column_fact commented[4];
	struct span pattern = SPAN("public.t.b");
	struct fail f = FAIL_INIT;
	struct filter *filter = filter_new(&pattern, 1, &f);
	const struct rule rule = { .columns = filter, .source_type = true };
	struct facts facts = facts_of();
	struct plan *plan;

	(void)state;
	memcpy(commented, columns, sizeof commented);
	commented[0].comment = span_of("the key");
	commented[1].comment = span_of("b's");
	commented[2].comment = span_of("");
	facts.columns = commented;
	facts.comment = span_of("the table");
	plan = compile('d', "1000", &facts);
	assert_null(plan->columns[0].type.schema->doc.p);
	assert_null(plan->row_schema->doc.p);
	plan_free(plan);
	options.comments = true;
	options.rules = (struct rule_set){ &rule, 1 };
	plan = compile('d', "1000", &facts);
	options.comments = false;
	options.rules.count = 0;
	assert_true(span_is(plan->row_schema->doc, "the table"));
	assert_true(span_is(plan->columns[0].type.schema->doc, "the key"));
	assert_true(span_is(plan->key[0].type.schema->doc, "the key"));
	assert_true(span_is(plan->columns[1].type.schema->doc, "b's"));
	assert_true(span_is(plan->columns[1].type.schema->params[3].value, "b's"));
	assert_null(plan->columns[2].type.schema->doc.p);
	plan_free(plan);
	filter_free(filter);
}

static void
two_columns_of_one_adjusted_name(void **state)
{
	struct pgoutput_column cols[] = { { SPAN("a-b"), OID_INT4, -1, true },
		{ SPAN("a_b"), OID_INT4, -1, false } };
	struct pgoutput_relation def = { 7, SPAN("public"), SPAN("t"), 'd', 2, cols };
	struct facts facts = facts_of();
	struct fail f = FAIL_INIT;
	struct plan *plan;

	(void)state;
	options.field_names = NAMING_AVRO;
	assert_null(compile_plan(&options, &def, &facts, NULL, &f));
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_memory_equal(f.text, "table public.t: columns \"a-b\" and \"a_b\" would both "
		"be called \"a_b\"", 66);
	options.field_names = NAMING_AVRO_UNICODE;
	options.schema_names = NAMING_AVRO_UNICODE;
	plan = compile_plan(&options, &def, &facts, NULL, &f);
	options.field_names = options.schema_names = NAMING_NONE;
	assert_true(span_is(plan->columns[0].field, "a_u002db"));
	assert_true(span_is(plan->columns[0].name, "a-b"));
	assert_true(span_is(plan->key_schema->fields[0].name, "a_u002db"));
	assert_true(span_is(plan->row_schema->fields[1].name, "a_u005fb"));
	assert_true(span_is(plan->row_schema->name, "app.public.t.Value"));
	plan_free(plan);
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
		cmocka_unit_test(a_configured_key_changes_with_its_values),
		cmocka_unit_test(a_key_is_compared_as_it_is_written),
		cmocka_unit_test(a_row_changes_with_its_published_columns),
		cmocka_unit_test(a_key_without_a_mapping_is_said),
		cmocka_unit_test(an_array_becomes_json),
		cmocka_unit_test(comments_become_docs),
		cmocka_unit_test(two_columns_of_one_adjusted_name),
		cmocka_unit_test(a_default_that_cannot_be_is_named),
		cmocka_unit_test(a_table_without_columns),
		cmocka_unit_test(the_widest_table),
		cmocka_unit_test(a_row_larger_than_its_memory),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
