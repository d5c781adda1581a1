#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "relation.h"
#include "wire.h"

#define RELID 7
#define MIB ((size_t)1 << 20)

static const struct plan_options options = {
	.prefix = SPAN("app"), .delimiter = SPAN("."), .database = SPAN("db"),
	.version = SPAN("1"), .run_id = SPAN("run"), .value_schemas = true,
	.types = { .money_digits = 2, .unavailable = SPAN("__unavailable") },
};

/* A definition of t(id, v) in memory that the test may spoil. */
struct fixture {
	struct relation_set *set;
	char schema[8], name[8], id[4];
	struct pgoutput_column cols[2];
	struct pgoutput_relation def;
	struct facts facts;
	struct fail f;
};

static int
set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof *x);

	x->set = relation_set_new(RELATION_PLANS);
	assert_non_null(x->set);
	strcpy(x->schema, "public");
	strcpy(x->name, "t");
	strcpy(x->id, "id");
	x->cols[0] = (struct pgoutput_column){ span_of(x->id), OID_INT4, -1, true };
	x->cols[1] = (struct pgoutput_column){ SPAN("v"), OID_TEXT, -1, false };
	x->def = (struct pgoutput_relation){ RELID, span_of(x->schema),
		span_of(x->name), 'd', 2, x->cols };
	x->facts = wire_facts(RELID);
	*state = x;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *x = *state;

	relation_set_free(x->set);
	relation_set_free(NULL);
	free(x);
	return 0;
}

static struct relation *
tell(struct fixture *x)
{
	struct relation *r = relation_tell(x->set, &x->def, &x->f);

	assert_non_null(r);
	assert_true(r->told);
	return r;
}

static struct relation *
tell_with_plan(struct fixture *x)
{
	struct relation *r = tell(x);

	assert_int_equal(relation_facts(x->set, r, &options, &x->facts, &x->f), 1);
	assert_non_null(r->plan);
	return r;
}

static void
unknown_until_it_is_told(void **state)
{
	struct fixture *x = *state;
	struct relation *r;

	assert_null(relation_get(x->set, RELID));
	r = tell(x);
	assert_ptr_equal(relation_get(x->set, RELID), r);
	assert_ptr_equal(relation_get(x->set, RELID), r);	/* the last hit */
	assert_null(relation_get(x->set, RELID + 1));
	assert_ptr_equal(relation_get(x->set, RELID), r);
	assert_null(r->plan);
}

static void
the_definition_is_copied(void **state)
{
	struct fixture *x = *state;
	struct relation *r = tell(x);

	memset(x->schema, '#', sizeof x->schema);
	memset(x->name, '#', sizeof x->name);
	memset(x->id, '#', sizeof x->id);
	memset(x->cols, 0xff, sizeof x->cols);
	assert_true(span_is(r->def.schema, "public"));
	assert_true(span_is(r->def.name, "t"));
	assert_int_equal(r->def.ncols, 2);
	assert_true(span_is(r->def.cols[0].name, "id"));
	assert_true(r->def.cols[0].identity);
	assert_int_equal(r->def.cols[1].type, OID_TEXT);
}

static void
a_new_session_knows_nothing_but_keeps_plans(void **state)
{
	struct fixture *x = *state;
	struct relation *r = tell_with_plan(x);
	const struct plan *plan = r->plan;

	assert_ptr_equal(relation_get(x->set, RELID), r);
	relation_set_reset(x->set);
	assert_null(relation_get(x->set, RELID));
	assert_ptr_equal(tell(x), r);
	assert_ptr_equal(r->plan, plan);
	assert_int_equal(relation_facts(x->set, r, &options, &x->facts, &x->f), 0);
	assert_ptr_equal(r->plan, plan);
}

/* One change of the definition each; the plan goes with the old one. */
static void
another_definition_drops_the_plan(void **state)
{
	struct fixture *x = *state;
	struct pgoutput_relation old = x->def;
	struct pgoutput_column old_cols[2] = { x->cols[0], x->cols[1] };

	for (int i = 0; i < 8; i++) {
		struct relation *r = tell_with_plan(x);

		assert_ptr_equal(tell(x), r);
		assert_non_null(r->plan);	/* the same: kept */
		switch (i) {
		case 0: x->def.ncols = 1; break;
		case 1: x->def.replica_identity = 'f'; break;
		case 2: x->def.schema = span_of("other"); break;
		case 3: x->def.name = span_of("other"); break;
		case 4: x->cols[1].type = OID_BOOL; break;
		case 5: x->cols[1].typmod = 20; break;
		case 6: x->cols[1].identity = true; break;
		case 7: x->cols[1].name = span_of("w"); break;
		}
		assert_ptr_equal(tell(x), r);
		assert_null(r->plan);
		assert_int_equal(r->def.ncols, x->def.ncols);
		assert_int_equal(relation_facts(x->set, r, &options, &x->facts, &x->f), 1);
		x->def = old;
		memcpy(x->cols, old_cols, sizeof old_cols);
		assert_ptr_equal(tell(x), r);
		assert_null(r->plan);
	}
}

static void
equal_facts_keep_the_plan(void **state)
{
	struct fixture *x = *state;
	struct relation *r = tell_with_plan(x);
	const struct plan *plan = r->plan;
	struct column_fact columns[2] = { wire_t_facts[0], wire_t_facts[1] };

	x->facts.columns = columns;	/* elsewhere, and the same */
	assert_int_equal(relation_facts(x->set, r, &options, &x->facts, &x->f), 0);
	assert_ptr_equal(r->plan, plan);
	columns[1].not_null = true;
	assert_int_equal(relation_facts(x->set, r, &options, &x->facts, &x->f), 1);
	assert_true(r->plan->columns[1].not_null);
	columns[1].not_null = false;	/* ours is a copy */
	assert_true(r->facts.columns[1].not_null);
}

static void
a_relaxed_column_stays_so_until_the_facts_differ(void **state)
{
	struct fixture *x = *state;
	struct relation *r = tell_with_plan(x);

	assert_true(r->plan->columns[0].not_null);
	assert_int_equal(relation_relax(r, &options, 0, &x->f), 0);
	assert_false(r->plan->columns[0].not_null);
	assert_int_equal(relation_facts(x->set, r, &options, &x->facts, &x->f), 0);
	assert_false(r->plan->columns[0].not_null);
	relation_set_reset(x->set);
	assert_ptr_equal(tell(x), r);
	assert_false(r->plan->columns[0].not_null);
	x->facts.comment = span_of("new");
	assert_int_equal(relation_facts(x->set, r, &options, &x->facts, &x->f), 1);
	assert_true(r->plan->columns[0].not_null);
	assert_int_equal(relation_relax(r, &options, 0, &x->f), 0);
	x->def.replica_identity = 'f';
	tell_with_plan(x);
	assert_true(r->plan->columns[0].not_null);
}

/* CREATE TABLE t () is legal. */
static void
a_table_without_columns(void **state)
{
	struct fixture *x = *state;
	struct relation *r;

	x->def.ncols = 0;
	x->facts.ncolumns = 0;
	x->facts.primary_key.count = 0;
	r = tell_with_plan(x);
	assert_int_equal(r->plan->ncolumns, 0);
	assert_ptr_equal(tell(x), r);
	assert_non_null(r->plan);
	assert_int_equal(relation_facts(x->set, r, &options, &x->facts, &x->f), 0);
}

static void
thousands_of_relations(void **state)
{
	enum { COUNT = 10000, STEP = 16384 };
	struct fixture *x = *state;
	struct relation **all = calloc(COUNT, sizeof *all);

	for (uint32_t i = 0; i < COUNT; i++) {
		/* Runs of neighbours, and many with the same low bits. */
		x->def.relid = i % 2 ? i : i * STEP;
		x->def.replica_identity = "dnf"[i % 3];
		all[i] = tell(x);
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		struct relation *r = relation_get(x->set, i % 2 ? i : i * STEP);

		assert_ptr_equal(r, all[i]);
		assert_int_equal(r->relid, i % 2 ? i : i * STEP);
		assert_int_equal(r->def.replica_identity, "dnf"[i % 3]);
	}
	assert_null(relation_get(x->set, COUNT + 1));
	relation_set_reset(x->set);
	for (uint32_t i = 0; i < COUNT; i++)
		assert_null(relation_get(x->set, i % 2 ? i : i * STEP));
	free(all);
}

static struct relation *
tell_another(struct fixture *x, uint32_t relid)
{
	x->def.relid = relid;
	x->facts.relid = relid;
	return tell_with_plan(x);
}

static void
plans_not_used_for_longest_go_first(void **state)
{
	struct fixture *x = *state;
	struct relation *r[6];

	relation_set_free(x->set);
	x->set = relation_set_new(2);
	for (uint32_t i = 1; i <= 5; i++)
		r[i] = tell_another(x, i);
	for (uint32_t i = 1; i <= 5; i++)	/* one message may need them all */
		assert_non_null(r[i]->plan);
	relation_get(x->set, 2);
	relation_set_trim(x->set);
	assert_non_null(r[2]->plan);
	assert_non_null(r[5]->plan);
	assert_null(r[1]->plan);
	assert_null(r[3]->plan);
	assert_null(r[4]->plan);
	/* Rows may still come for those without: told, and with their columns. */
	for (uint32_t i = 1; i <= 5; i++) {
		assert_ptr_equal(relation_get(x->set, i), r[i]);
		assert_true(span_is(r[i]->def.cols[1].name, "v"));
	}
	assert_int_equal(relation_facts(x->set, r[3], &options, &x->facts, &x->f), 1);
	relation_set_trim(x->set);
	assert_non_null(r[3]->plan);
	assert_non_null(r[5]->plan);
	assert_null(r[2]->plan);
}

static void
a_plan_that_went_with_its_definition_does_not_count(void **state)
{
	struct fixture *x = *state;
	struct relation *one, *two;

	relation_set_free(x->set);
	x->set = relation_set_new(1);
	one = tell_another(x, 1);
	two = tell_another(x, 2);
	x->def.replica_identity = 'f';
	assert_ptr_equal(tell(x), two);
	assert_null(two->plan);
	relation_set_trim(x->set);
	assert_non_null(one->plan);
	tell_with_plan(x);
	assert_ptr_equal(tell(x), two);	/* once more changes nothing */
	assert_int_equal(relation_facts(x->set, two, &options, &x->facts, &x->f), 0);
	relation_set_trim(x->set);
	assert_null(one->plan);
	assert_non_null(two->plan);
}

static void
a_new_session_forgets_what_has_no_plan(void **state)
{
	enum { COUNT = 1000 };
	struct fixture *x = *state;
	struct relation *kept[2];

	relation_set_free(x->set);
	x->set = relation_set_new(2);
	for (int session = 0; session < 3; session++) {
		for (uint32_t i = 1; i <= COUNT; i++)
			tell_another(x, i + (uint32_t)session * COUNT);
		x->def.relid = 1000000;
		assert_null(tell(x)->plan);
		relation_set_trim(x->set);
		kept[0] = relation_get(x->set, x->facts.relid);
		kept[1] = relation_get(x->set, x->facts.relid - 1);
		assert_non_null(kept[0]->plan);
		relation_set_reset(x->set);
		for (int i = 0; i < 2; i++) {
			x->def.relid = x->facts.relid - (uint32_t)i;
			assert_ptr_equal(tell(x), kept[i]);
			assert_non_null(kept[i]->plan);
		}
	}
}

/* --- Limits */

static struct span
large_text(size_t size)
{
	char *text = malloc(size);

	memset(text, 'x', size);
	return (struct span){ text, size };
}

static void
a_definition_above_the_limit(void **state)
{
	struct fixture *x = *state;
	struct span text = large_text(17 * MIB);

	x->cols[1].name = text;
	assert_null(relation_tell(x->set, &x->def, &x->f));
	assert_int_equal(x->f.kind, FAIL_FATAL);
	assert_string_equal(x->f.text,
		"table public.t: out of memory for its columns");
	free((char *)text.p);
}

static void
facts_above_the_limit(void **state)
{
	struct fixture *x = *state;
	struct relation *r = tell(x);
	struct span text = large_text(17 * MIB);

	x->facts.comment = text;
	assert_int_equal(relation_facts(x->set, r, &options, &x->facts, &x->f), -1);
	assert_int_equal(x->f.kind, FAIL_FATAL);
	assert_string_equal(x->f.text, "out of memory for the facts of public.t");
	free((char *)text.p);
}

static void
schemas_above_the_limit(void **state)
{
	struct fixture *x = *state;
	struct span text = large_text(15 * MIB);
	struct relation *r;

	x->cols[1].name = text;		/* several times in the schema's text */
	r = tell(x);
	assert_int_equal(relation_facts(x->set, r, &options, &x->facts, &x->f), -1);
	assert_int_equal(x->f.kind, FAIL_FATAL);
	assert_string_equal(x->f.text,
		"table public.t: more than 64 MiB for the schemas");
	assert_int_equal(relation_relax(r, &options, 0, &x->f), -1);
	assert_null(r->plan);
	free((char *)text.p);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(unknown_until_it_is_told),
		TEST(the_definition_is_copied),
		TEST(a_new_session_knows_nothing_but_keeps_plans),
		TEST(another_definition_drops_the_plan),
		TEST(equal_facts_keep_the_plan),
		TEST(a_relaxed_column_stays_so_until_the_facts_differ),
		TEST(a_table_without_columns),
		TEST(thousands_of_relations),
		TEST(plans_not_used_for_longest_go_first),
		TEST(a_plan_that_went_with_its_definition_does_not_count),
		TEST(a_new_session_forgets_what_has_no_plan),
		TEST(a_definition_above_the_limit),
		TEST(facts_above_the_limit),
		TEST(schemas_above_the_limit),
	};

	return cmocka_run_group_tests_name("relation", tests, NULL, NULL);
}
