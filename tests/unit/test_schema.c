#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "schema.h"

#define CAP 65536

static int
setup(void **state)
{
	static struct arena a;

	arena_init(&a, CAP);
	*state = &a;
	return 0;
}

static int
teardown(void **state)
{
	arena_release(*state);
	return 0;
}

static void
plain_schemas(void **state)
{
	struct schema *s = schema_new(*state, SCHEMA_INT32, true);

	assert_non_null(s);
	assert_int_equal(s->type, SCHEMA_INT32);
	assert_true(s->optional);
	assert_null(s->name.p);
	assert_null(s->doc.p);
	assert_null(s->dflt);
	assert_int_equal(s->version, 0);
	assert_int_equal(s->nparams, 0);
}

static void
named_schemas(void **state)
{
	struct schema *s = schema_named(*state, SCHEMA_INT64, false,
		"io.debezium.time.MicroTime", 1);

	assert_non_null(s);
	assert_false(s->optional);
	assert_true(span_is(s->name, "io.debezium.time.MicroTime"));
	assert_int_equal(s->version, 1);
}

static void
arrays(void **state)
{
	struct schema *item = schema_new(*state, SCHEMA_STRING, true);
	struct schema *s = schema_array(*state, false, item);

	assert_int_equal(s->type, SCHEMA_ARRAY);
	assert_ptr_equal(s->item, item);
}

static void
params_keep_their_order(void **state)
{
	struct schema *s = schema_new(*state, SCHEMA_BYTES, true);

	schema_add_param(*state, s, span_of("scale"), span_of("2"));
	schema_add_param(*state, s, span_of("connect.decimal.precision"),
		span_of("10"));
	assert_int_equal(s->nparams, 2);
	assert_true(span_is(s->params[0].name, "scale"));
	assert_true(span_is(s->params[0].value, "2"));
	assert_true(span_is(s->params[1].name, "connect.decimal.precision"));
	assert_true(span_is(s->params[1].value, "10"));
}

static void
copies_are_their_own(void **state)
{
	struct schema *s = schema_named(*state, SCHEMA_INT32, true, "n", 3);
	struct schema *copy;

	schema_add_param(*state, s, span_of("a"), span_of("1"));
	copy = schema_copy(*state, s);
	copy->optional = false;
	schema_add_param(*state, copy, span_of("b"), span_of("2"));
	assert_true(s->optional);
	assert_int_equal(s->nparams, 1);
	assert_int_equal(copy->nparams, 2);
	assert_int_equal(copy->version, 3);
	assert_null(schema_copy(*state, NULL));
}

static void
structs(void **state)
{
	struct schema *id = schema_new(*state, SCHEMA_INT32, false);
	struct schema *s = schema_struct(*state, true, span_of("t.Value"), 2, 3);
	struct span bad = SPAN("\xFF");

	assert_int_equal(s->type, SCHEMA_STRUCT);
	assert_int_equal(s->nfields, 3);
	assert_int_equal(s->version, 2);
	assert_true(span_is(s->name, "t.Value"));
	schema_set_field(*state, s, 0, span_of("id"), id);
	schema_set_field(*state, s, 1, span_of("a \"b\"\n\xF0\x9F\x98\x80"), id);
	schema_set_field(*state, s, 2, bad, id);
	schema_set_field(*state, s, 3, span_of("one too many"), id);
	assert_true(span_is(s->fields[0].name, "id"));
	assert_true(span_is(s->fields[0].json_name, "\"id\":"));
	assert_ptr_equal(s->fields[0].schema, id);
	assert_true(span_is(s->fields[1].json_name,
		"\"a \\\"b\\\"\\n\\uD83D\\uDE00\":"));
	assert_null(s->fields[2].json_name.p);
	assert_true(span_eq(s->fields[2].name, bad));
}

static void
empty_structs(void **state)
{
	struct schema *s = schema_struct(*state, false, span_of("e"), 0, 0);

	assert_non_null(s);
	assert_int_equal(s->nfields, 0);
}

/* A compile runs to its end and asks the arena once. */
static void
nothing_happens_without_memory(void **state)
{
	struct schema *s;
	struct arena a;

	(void)state;
	arena_init(&a, 1);
	assert_null(schema_new(&a, SCHEMA_INT8, false));
	assert_null(schema_named(&a, SCHEMA_INT8, false, "n", 1));
	assert_null(schema_array(&a, false, NULL));
	s = schema_struct(&a, false, span_of("n"), 0, 1);
	assert_null(s);
	schema_add_param(&a, s, span_of("a"), span_of("b"));
	schema_set_field(&a, s, 0, span_of("f"), NULL);
	assert_true(arena_failed(&a));
	arena_release(&a);
}

static void
nothing_changes_without_memory(void **state)
{
	struct schema_field field = { .schema = NULL };
	struct schema s = { .type = SCHEMA_STRUCT, .fields = &field, .nfields = 1 };
	struct arena a;

	(void)state;
	arena_init(&a, 1);
	schema_add_param(&a, &s, span_of("a"), span_of("b"));
	assert_int_equal(s.nparams, 0);
	assert_null(schema_copy(&a, &s));
	schema_set_field(&a, &s, 0, span_of("f"), &s);
	assert_null(field.json_name.p);
	arena_release(&a);
}

static void
type_names(void **state)
{
	(void)state;
	assert_string_equal(schema_type_name(SCHEMA_BOOLEAN), "boolean");
	assert_string_equal(schema_type_name(SCHEMA_INT8), "int8");
	assert_string_equal(schema_type_name(SCHEMA_INT16), "int16");
	assert_string_equal(schema_type_name(SCHEMA_INT32), "int32");
	assert_string_equal(schema_type_name(SCHEMA_INT64), "int64");
	assert_string_equal(schema_type_name(SCHEMA_FLOAT32), "float");
	assert_string_equal(schema_type_name(SCHEMA_FLOAT64), "double");
	assert_string_equal(schema_type_name(SCHEMA_BYTES), "bytes");
	assert_string_equal(schema_type_name(SCHEMA_STRING), "string");
	assert_string_equal(schema_type_name(SCHEMA_ARRAY), "array");
	assert_string_equal(schema_type_name(SCHEMA_MAP), "map");
	assert_string_equal(schema_type_name(SCHEMA_STRUCT), "struct");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_schemas, setup, teardown),
		cmocka_unit_test_setup_teardown(named_schemas, setup, teardown),
		cmocka_unit_test_setup_teardown(arrays, setup, teardown),
		cmocka_unit_test_setup_teardown(params_keep_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_are_their_own, setup, teardown),
		cmocka_unit_test_setup_teardown(structs, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_structs, setup, teardown),
		cmocka_unit_test(nothing_happens_without_memory),
		cmocka_unit_test(nothing_changes_without_memory),
		cmocka_unit_test(type_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
