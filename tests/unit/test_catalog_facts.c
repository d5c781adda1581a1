#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "catalog_facts.h"
#include "result.h"

#define NONE ((const char *)NULL)

/* As the server orders them. */
static PGresult *
answer(void)
{
	return RESULT(11,
		"c", "0", "1", "id", "23", "-1", "true", "", "", "nextval('s')", NONE,
		"c", "0", "2", "m", "500", "-1", "false", "", "", "", "a comment",
		"c", "0", "3", "g", "1700", "655366", "false", "s", "", NONE, NONE,
		"c", "0", "4", "i", "20", "-1", "true", "", "d", NONE, NONE,
		"i", "0", "0", "m", NONE, NONE, NONE, NONE, NONE, NONE, NONE,
		"l", "500", "1", "sad", NONE, NONE, NONE, NONE, NONE, NONE, NONE,
		"l", "500", "2", "", NONE, NONE, NONE, NONE, NONE, NONE, NONE,
		"l", "600", "1", "x", NONE, NONE, NONE, NONE, NONE, NONE, NONE,
		"p", "0", "0", "i", NONE, NONE, NONE, NONE, NONE, NONE, NONE,
		"p", "0", "1", "id", NONE, NONE, NONE, NONE, NONE, NONE, NONE,
		"r", "0", "0", "public", "t", "r", "d", NONE, NONE, NONE, NONE,
		"t", "0", "23", "pg_catalog", "int4", "b", "N", "0", ",", "0", "-1",
		"t", "0", "500", "public", "mood", "e", "E", "0", ",", "0", "-1",
		"t", "0", "600", "public", "other", "e", "E", "0", ",", "0", "-1",
		"t", "0", "603", "public", "_box", "b", "A", "602", ";", "0", "-1",
		"t", "0", "604", "public", "price", "d", "N", "0", ",", "1700", "655366");
}

static void
facts_are_read(void **state)
{
	PGresult *res = answer();
	struct arena a;
	struct facts x;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(catalog_facts_read(res, 7, &a, &x, NULL), 0);
	PQclear(res);	/* nothing points into it */
	assert_int_equal(x.relid, 7);
	assert_true(x.found);
	assert_true(span_is(x.schema, "public") && span_is(x.table, "t"));
	assert_null(x.comment.p);
	assert_true(x.kind == 'r' && x.replica_identity == 'd');
	assert_int_equal(x.ncolumns, 4);
	assert_true(span_is(x.columns[0].name, "id") && x.columns[0].not_null);
	assert_true(span_is(x.columns[0].dflt, "nextval('s')"));
	assert_true(x.columns[1].dflt.p && !x.columns[1].dflt.len);
	assert_true(span_is(x.columns[1].comment, "a comment"));
	assert_false(x.columns[1].not_null);
	assert_true(x.columns[2].generated && !x.columns[2].dflt.p);
	assert_int_equal(x.columns[2].typmod, 655366);
	assert_true(x.columns[3].identity && !x.columns[2].identity);
	assert_int_equal(x.primary_key.count, 2);
	assert_true(span_is(x.primary_key.names[0], "i"));
	assert_int_equal(x.unique.count, 0);
	assert_int_equal(x.identity.count, 1);
	assert_true(span_is(x.identity.names[0], "m"));
	arena_release(&a);
}

static void
types_are_read(void **state)
{
	PGresult *res = answer();
	struct arena a;
	struct facts x;
	const struct type_fact *t;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(catalog_facts_read(res, 7, &a, &x, NULL), 0);
	assert_int_equal(x.ntypes, 5);
	t = facts_type(&x, 500);
	assert_int_equal(t->nlabels, 2);
	assert_true(span_is(t->labels[0], "sad"));
	assert_true(t->labels[1].p && !t->labels[1].len);
	t = facts_type(&x, 600);
	assert_int_equal(t->nlabels, 1);
	assert_true(span_is(t->labels[0], "x"));
	t = facts_type(&x, 603);
	assert_true(t->category == 'A' && t->elem == 602 && t->delimiter == ';');
	t = facts_type(&x, 604);
	assert_true(t->type == 'd' && t->base == 1700 && t->base_typmod == 655366);
	assert_int_equal(facts_type(&x, 23)->nlabels, 0);
	arena_release(&a);
	PQclear(res);
}

static void
a_dropped_table_keeps_its_types(void **state)
{
	PGresult *res = RESULT(11,
		"t", "0", "23", "pg_catalog", "int4", "b", "N", "0", ",", "0", "-1");
	struct arena a;
	struct facts x;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(catalog_facts_read(res, 7, &a, &x, NULL), 0);
	assert_false(x.found);
	assert_int_equal(x.relid, 7);
	assert_int_equal(x.ncolumns, 0);
	assert_non_null(facts_type(&x, 23));
	arena_release(&a);
	PQclear(res);
}

static void
memory_is_bounded(void **state)
{
	PGresult *res = answer();
	struct arena a;
	struct facts x;
	struct fail f = FAIL_INIT;

	(void)state;
	arena_init(&a, 64);
	assert_int_equal(catalog_facts_read(res, 7, &a, &x, &f), -1);
	assert_int_equal(f.kind, FAIL_FATAL);
	arena_release(&a);
	PQclear(res);
}

static bool
sees(const char *snapshot, uint32_t xid)
{
	PGresult *res = RESULT(11, "r", "0", "0", "public", "t", "r", "d", NONE, NONE, NONE, NONE,
		"s", "0", "0", snapshot, NONE, NONE, NONE, NONE, NONE, NONE, NONE);
	bool seen = catalog_facts_see(res, xid);

	PQclear(res);
	return seen;
}

static void
a_transaction_is_seen_or_not(void **state)
{
	PGresult *none = answer();

	(void)state;
	assert_true(sees("700:700:", 699));
	assert_false(sees("700:700:", 700));
	assert_false(sees("700:700:", 705));
	assert_false(sees("699:703:699,701", 699));
	assert_true(sees("699:703:699,701", 700));
	assert_false(sees("699:703:699,701", 701));
	assert_true(sees("699:703:699,701", 702));
	assert_true(sees("699:703:699,701", 0));	/* of nobody */
	/* xids of 64 bits: the second round of 32 */
	assert_true(sees("4294967296:4294967300:4294967298", 4294967295u));
	assert_true(sees("4294967296:4294967300:4294967298", 3));
	assert_false(sees("4294967296:4294967300:4294967298", 2));
	assert_false(sees("4294967290:4294967295:", 3));
	assert_false(sees("", 3));
	assert_true(catalog_facts_see(none, 3));
	PQclear(none);
}

static void
query_names_relation_and_types(void **state)
{
	uint32_t types[] = { 23, 4000000000u };
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	catalog_facts_sql(&b, 4294967295u, types, 2);
	buf_putc(&b, '\0');
	assert_non_null(strstr(b.p, "c.oid = 4294967295)"));
	assert_non_null(strstr(b.p, "'{23,4000000000}'"));
	buf_reset(&b);
	catalog_facts_sql(&b, 1, NULL, 0);
	buf_putc(&b, '\0');
	assert_non_null(strstr(b.p, "'{}'"));
	buf_reset(&b);
	catalog_facts_prepare(&b);
	catalog_facts_execute(&b, 4294967295u, types, 2);
	buf_putc(&b, '\0');
	assert_non_null(strstr(b.p, "c.oid = $1)"));
	assert_non_null(strstr(b.p, "unnest($2::pg_catalog.oid[])"));
	assert_non_null(strstr(b.p, "; EXECUTE facts (4294967295, '{23,4000000000}')"));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_read),
		cmocka_unit_test(types_are_read),
		cmocka_unit_test(a_dropped_table_keeps_its_types),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(a_transaction_is_seen_or_not),
		cmocka_unit_test(query_names_relation_and_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
