#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facts.h"

static struct span labels[] = { SPAN("sad"), SPAN("ok") };
static struct span pk[] = { SPAN("id") };

static const struct type_fact types[] = {
	{ .oid = 23, .schema = SPAN("pg_catalog"), .name = SPAN("int4"),
	  .type = 'b', .category = 'N' },
	{ .oid = 900, .schema = SPAN("public"), .name = SPAN("mood"),
	  .type = 'e', .category = 'E', .labels = labels, .nlabels = 2 },
};

static const struct column_fact columns[] = {
	{ .name = SPAN("id"), .type = 23, .typmod = -1, .not_null = true },
	{ .name = SPAN("m"), .type = 900, .typmod = -1,
	  .dflt = SPAN("'ok'::mood") },
};

static const struct facts sample = {
	.relid = 5, .found = true, .schema = SPAN("public"),
	.table = SPAN("t"), .kind = 'r', .replica_identity = 'd',
	.columns = columns, .ncolumns = 2, .primary_key = { pk, 1 },
	.types = types, .ntypes = 2,
};

static void
looks_up(void **state)
{
	(void)state;
	assert_ptr_equal(facts_type(&sample, 900), &types[1]);
	assert_null(facts_type(&sample, 901));
	assert_ptr_equal(facts_column(&sample, span_of("m"), 900),
		&columns[1]);
	assert_null(facts_column(&sample, span_of("m"), 23));
	assert_null(facts_column(&sample, span_of("n"), 900));
}

static void
copies_are_equal_and_their_own(void **state)
{
	struct facts copy;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(facts_copy(&a, &sample, &copy), 0);
	assert_true(facts_equal(&sample, &copy));
	assert_ptr_not_equal(copy.columns, sample.columns);
	assert_ptr_not_equal(copy.types[1].labels[0].p, labels[0].p);
	arena_release(&a);
	arena_init(&a, 32);
	assert_int_equal(facts_copy(&a, &sample, &copy), -1);
	arena_release(&a);
}

static void
order_of_types_does_not_matter(void **state)
{
	struct type_fact turned[] = { types[1], types[0] };
	struct facts other = sample;

	(void)state;
	other.types = turned;
	assert_true(facts_equal(&sample, &other));
}

#define DIFFERS(member, value) do { \
	struct facts changed_ = sample; \
	changed_.member = value; \
	assert_false(facts_equal(&sample, &changed_)); \
} while (0)

static void
relations_differ(void **state)
{
	struct column_names none = { NULL, 0 };
	struct column_names same = { pk, 1 };

	(void)state;
	DIFFERS(relid, 6);
	DIFFERS(found, false);
	DIFFERS(schema, span_of("s"));
	DIFFERS(table, span_of("u"));
	DIFFERS(comment, span_of(""));
	DIFFERS(kind, 'p');
	DIFFERS(replica_identity, 'f');
	DIFFERS(ncolumns, 1);
	DIFFERS(ntypes, 1);
	DIFFERS(primary_key, none);
	DIFFERS(unique, same);
	DIFFERS(identity, same);
}

#define COLUMN_DIFFERS(member, value) do { \
	struct column_fact changed[] = { columns[0], columns[1] }; \
	changed[1].member = value; \
	DIFFERS(columns, changed); \
} while (0)

static void
columns_differ(void **state)
{
	(void)state;
	COLUMN_DIFFERS(name, span_of("n"));
	COLUMN_DIFFERS(type, 25);
	COLUMN_DIFFERS(typmod, 4);
	COLUMN_DIFFERS(not_null, true);
	COLUMN_DIFFERS(generated, true);
	COLUMN_DIFFERS(identity, true);
	COLUMN_DIFFERS(dflt, span_of("'sad'::mood"));
	COLUMN_DIFFERS(comment, span_of("c"));
}

#define TYPE_DIFFERS(member, value) do { \
	struct type_fact changed[] = { types[0], types[1] }; \
	changed[1].member = value; \
	DIFFERS(types, changed); \
} while (0)

static void
types_differ(void **state)
{
	struct span other[] = { SPAN("sad"), SPAN("happy") };

	(void)state;
	TYPE_DIFFERS(oid, 901);
	TYPE_DIFFERS(schema, span_of("s"));
	TYPE_DIFFERS(name, span_of("n"));
	TYPE_DIFFERS(type, 'd');
	TYPE_DIFFERS(category, 'A');
	TYPE_DIFFERS(elem, 23);
	TYPE_DIFFERS(delimiter, ';');
	TYPE_DIFFERS(base, 23);
	TYPE_DIFFERS(base_typmod, 3);
	TYPE_DIFFERS(labels, other);
	TYPE_DIFFERS(nlabels, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_up),
		cmocka_unit_test(copies_are_equal_and_their_own),
		cmocka_unit_test(order_of_types_does_not_matter),
		cmocka_unit_test(relations_differ),
		cmocka_unit_test(columns_differ),
		cmocka_unit_test(types_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
