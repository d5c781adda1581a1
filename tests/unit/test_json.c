#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json.h"

#define CAP (1 << 20)

/* Of a field, as JSON, with the room that it must have. */
#define NAME(text) { (const char[SCHEMA_JSON_NAME_ROOM]){ text }, sizeof(text) - 1 }

static const struct json_options base64 = { .keep_null = false };
static const struct json_options numeric = { .decimal_numeric = true };
static const struct json_options keep_null = { .keep_null = true };

static const struct schema string = { .type = SCHEMA_STRING };
static const struct schema int32 = { .type = SCHEMA_INT32 };
static const struct schema bytes = { .type = SCHEMA_BYTES };

static struct value
text(enum value_kind kind, const char *p)
{
	return value_text(kind, span_of(p));
}

/* The value's text under `o`; then that every smaller cap is an error. */
static void
check(const struct json_options *o, const struct schema *s,
	const struct value *v, const char *expected)
{
	struct fail f = FAIL_INIT;
	struct buf b;

	buf_init(&b, CAP);
	assert_int_equal(json_value(&b, o, s, v, &f), 0);
	assert_int_equal(b.len, strlen(expected));
	assert_memory_equal(b.p, expected, b.len);
	buf_release(&b);
	for (size_t cap = 1; cap < strlen(expected); cap++) {
		buf_init(&b, cap);
		f.text[0] = '\0';
		assert_int_equal(json_value(&b, o, s, v, &f), -1);
		assert_int_equal(f.kind, FAIL_FATAL);
		assert_non_null(strstr(f.text, "limit"));
		buf_release(&b);
	}
}

static void
check_value(const struct schema *s, struct value v, const char *expected)
{
	check(&base64, s, &v, expected);
}

static void
scalars(void **state)
{
	const struct schema any = { .type = SCHEMA_INT64, .optional = true };

	(void)state;
	check_value(&any, value_null(), "null");
	check_value(&any, value_bool(true), "true");
	check_value(&any, value_bool(false), "false");
	check_value(&any, value_int(0), "0");
	check_value(&any, value_int(INT64_MAX), "9223372036854775807");
	check_value(&any, value_int(INT64_MIN), "-9223372036854775808");
	check_value(&any, text(VALUE_DIGITS, "9007199254740993"),
		"9007199254740993");
	check_value(&string, text(VALUE_STRING, "a\"b"), "\"a\\\"b\"");
	check_value(&string, text(VALUE_STRING, ""), "\"\"");
}

static void
floats(void **state)
{
	const struct schema s = { .type = SCHEMA_FLOAT64 };

	(void)state;
	check_value(&s, text(VALUE_FLOAT, "1.7976931348623157E308"),
		"1.7976931348623157E308");
	check_value(&s, text(VALUE_FLOAT, "-0.0"), "-0.0");
	check_value(&s, text(VALUE_FLOAT, "NaN"), "\"NaN\"");
	check_value(&s, text(VALUE_FLOAT, "Infinity"), "\"Infinity\"");
	check_value(&s, text(VALUE_FLOAT, "-Infinity"), "\"-Infinity\"");
}

static void
bytes_are_base64(void **state)
{
	struct span nul = SPAN("\0\1\xFF");

	(void)state;
	check_value(&bytes, text(VALUE_BYTES, ""), "\"\"");
	check_value(&bytes, value_text(VALUE_BYTES, nul), "\"AAH/\"");
	check_value(&bytes, text(VALUE_BYTES, "foob"), "\"Zm9vYg==\"");
}

static void
check_decimal(const char *decimal, const char *as_base64, const char *as_number)
{
	struct value v = text(VALUE_DECIMAL, decimal);
	struct buf b;

	buf_init(&b, CAP);
	assert_int_equal(json_value(&b, &base64, &bytes, &v, NULL), 0);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, as_base64);
	buf_release(&b);
	check(&numeric, &bytes, &v, as_number);
}

static void
decimals(void **state)
{
	struct value bad = text(VALUE_DECIMAL, "1e5");
	struct fail f = FAIL_INIT;
	struct buf b;

	(void)state;
	check_decimal("0.00", "\"AA==\"", "0.00");
	check_decimal("1.10", "\"bg==\"", "1.10");
	check_decimal("22.2200", "\"A2P4\"", "22.2200");
	check_decimal("-1234.11", "\"/h3t\"", "-1234.11");
	check_decimal("-92233720368547758.08", "\"gAAAAAAAAAA=\"",
		"-92233720368547758.08");
	check_decimal("0.0000000001", "\"AQ==\"", "1E-10");
	check_decimal("12345678901234567890123456789012345678",
		"\"CUmw9vACMxPESZBQ3jjzTg==\"",
		"12345678901234567890123456789012345678");
	buf_init(&b, CAP);
	assert_int_equal(json_value(&b, &base64, &bytes, &bad, &f), -1);
	assert_string_equal(f.text, "not a decimal: 1e5");
	buf_release(&b);
	buf_init(&b, 8);
	bad = text(VALUE_DECIMAL, "10");
	assert_int_equal(json_value(&b, &base64, &bytes, &bad, &f), -1);
	buf_release(&b);
}

/* The text lies behind what is there already, and so does what comes next. */
static void
decimals_amid_others(void **state)
{
	const struct schema array = { .type = SCHEMA_ARRAY, .item = &bytes };
	const struct value items[] = {
		text(VALUE_DECIMAL, "1"), text(VALUE_DECIMAL, "-1"),
		text(VALUE_DECIMAL, "123456789012345678901234567890"),
		text(VALUE_DECIMAL, "0")
	};
	const char *expected =
		"[\"AQ==\",\"/w==\",\"AY7pD/bDc+DuTj8K0g==\",\"AA==\"]";
	struct value v = value_items(VALUE_ARRAY, items, 4);
	struct buf b;

	(void)state;
	buf_init(&b, CAP);
	assert_int_equal(json_value(&b, &base64, &array, &v, NULL), 0);
	assert_true(span_is(buf_span(&b), expected));
	buf_release(&b);
}

static void
arrays(void **state)
{
	const struct schema array = { .type = SCHEMA_ARRAY, .item = &int32 };
	const struct value items[] = { value_int(1), value_null(), value_int(-3) };

	(void)state;
	check_value(&array, value_items(VALUE_ARRAY, items, 0), "[]");
	check_value(&array, value_items(VALUE_ARRAY, items, 1), "[1]");
	check_value(&array, value_items(VALUE_ARRAY, items, 3), "[1,null,-3]");
}

static void
structs(void **state)
{
	const struct schema_field fields[] = {
		{ SPAN("id"), NAME("\"id\":"), &int32 },
		{ SPAN("odd \"name\""), { NULL, 0 }, &string }
	};
	const struct schema inner = { .type = SCHEMA_STRUCT, .fields = fields,
		.nfields = 2 };
	const struct schema_field outer_fields[] = {
		{ SPAN("in"), NAME("\"in\":"), &inner }
	};
	const struct schema outer = { .type = SCHEMA_STRUCT,
		.fields = outer_fields, .nfields = 1 };
	const struct value items[] = { value_int(7), text(VALUE_STRING, "x") };
	const struct value in = value_items(VALUE_STRUCT, items, 2);

	(void)state;
	check_value(&outer, value_items(VALUE_STRUCT, &in, 1),
		"{\"in\":{\"id\":7,\"odd \\\"name\\\"\":\"x\"}}");
	check_value(&outer, value_items(VALUE_STRUCT, &in, 0), "{}");
}

static void
maps(void **state)
{
	const struct schema optional = { .type = SCHEMA_STRING, .optional = true };
	const struct schema object = { .type = SCHEMA_MAP, .key = &string,
		.item = &optional };
	const struct schema pairs = { .type = SCHEMA_MAP, .key = &int32,
		.item = &string };
	const struct value named[] = {
		text(VALUE_STRING, "a"), text(VALUE_STRING, "1"),
		text(VALUE_STRING, "b\n"), value_null()
	};
	const struct value numbered[] = {
		value_int(1), text(VALUE_STRING, "x"),
		value_int(2), text(VALUE_STRING, "y")
	};

	(void)state;
	check_value(&object, value_items(VALUE_MAP, named, 0), "{}");
	check_value(&object, value_items(VALUE_MAP, named, 2),
		"{\"a\":\"1\",\"b\\n\":null}");
	check_value(&pairs, value_items(VALUE_MAP, numbered, 0), "[]");
	check_value(&pairs, value_items(VALUE_MAP, numbered, 2),
		"[[1,\"x\"],[2,\"y\"]]");
}

static void
defaults_replace_null(void **state)
{
	const struct value five = value_int(5), none = value_null();
	const struct schema s = { .type = SCHEMA_INT32, .optional = true,
		.dflt = &five };
	const struct schema null_default = { .type = SCHEMA_INT32,
		.optional = true, .dflt = &none };
	const struct value seven = value_int(7);

	(void)state;
	check(&base64, &s, &none, "5");
	check(&base64, &s, &seven, "7");
	check(&keep_null, &s, &none, "null");
	check(&base64, &null_default, &none, "null");
}

static void
refuse(const struct schema *s, struct value v)
{
	struct fail f = FAIL_INIT;
	struct buf b;

	buf_init(&b, CAP);
	assert_int_equal(json_value(&b, &base64, s, &v, &f), -1);
	assert_int_equal(f.kind, FAIL_FATAL);
	buf_release(&b);
}

/* From the depth of every compound. */
static void
errors_come_up(void **state)
{
	const struct schema array = { .type = SCHEMA_ARRAY, .item = &string };
	const struct schema map = { .type = SCHEMA_MAP, .key = &string,
		.item = &string };
	const struct schema_field fields[] = {
		{ SPAN("\xFF"), { NULL, 0 }, &string },
		{ SPAN("f"), NAME("\"f\":"), &string }
	};
	const struct schema named = { .type = SCHEMA_STRUCT, .fields = fields,
		.nfields = 1 };
	const struct schema holding = { .type = SCHEMA_STRUCT,
		.fields = fields + 1, .nfields = 1 };
	const struct value bad = text(VALUE_STRING, "\xFF");
	const struct value good = text(VALUE_STRING, "");
	const struct value bad_key[] = { bad, good }, bad_item[] = { good, bad };

	(void)state;
	refuse(&string, bad);
	refuse(&array, value_items(VALUE_ARRAY, &bad, 1));
	refuse(&named, value_items(VALUE_STRUCT, &good, 1));
	refuse(&holding, value_items(VALUE_STRUCT, &bad, 1));
	refuse(&map, value_items(VALUE_MAP, bad_key, 1));
	refuse(&map, value_items(VALUE_MAP, bad_item, 1));
	refuse(&string, (struct value){ .kind = 99 });
}

static void
check_schema_as(const struct json_options *o, const struct schema *s,
	const char *field, const char *expected)
{
	struct fail f = FAIL_INIT;
	struct buf b;

	buf_init(&b, CAP);
	assert_int_equal(json_schema(&b, o, s, span_of(field), &f), 0);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, expected);
	buf_release(&b);
	for (size_t cap = 1; cap < strlen(expected); cap++) {
		buf_init(&b, cap);
		assert_int_equal(json_schema(&b, o, s, span_of(field), &f), -1);
		buf_release(&b);
	}
}

static void
check_schema(const struct schema *s, const char *field, const char *expected)
{
	check_schema_as(&base64, s, field, expected);
}

static void
schemas_of_scalars(void **state)
{
	const struct value five = value_int(5);
	const struct schema_param params[] = {
		{ SPAN("scale"), SPAN("2") },
		{ SPAN("connect.decimal.precision"), SPAN("10") }
	};
	const struct value dflt = text(VALUE_DECIMAL, "12.50");
	const struct schema with_default = { .type = SCHEMA_INT32, .dflt = &five };
	const struct schema decimal = { .type = SCHEMA_BYTES, .optional = true,
		.name = SPAN("org.apache.kafka.connect.data.Decimal"),
		.version = 1, .doc = SPAN("a \"price\""), .params = params,
		.nparams = 2, .dflt = &dflt };

	(void)state;
	check_schema(&int32, NULL, "{\"type\":\"int32\",\"optional\":false}");
	check_schema(&int32, "id",
		"{\"type\":\"int32\",\"optional\":false,\"field\":\"id\"}");
	check_schema(&with_default, "a\"b", "{\"type\":\"int32\","
		"\"optional\":false,\"default\":5,\"field\":\"a\\\"b\"}");
	check_schema(&decimal, "n", "{\"type\":\"bytes\",\"optional\":true,"
		"\"name\":\"org.apache.kafka.connect.data.Decimal\","
		"\"version\":1,\"doc\":\"a \\\"price\\\"\",\"parameters\":"
		"{\"scale\":\"2\",\"connect.decimal.precision\":\"10\"},"
		"\"default\":\"BOI=\",\"field\":\"n\"}");
	check_schema_as(&numeric, &decimal, NULL, "{\"type\":\"bytes\","
		"\"optional\":true,"
		"\"name\":\"org.apache.kafka.connect.data.Decimal\","
		"\"version\":1,\"doc\":\"a \\\"price\\\"\",\"parameters\":"
		"{\"scale\":\"2\",\"connect.decimal.precision\":\"10\"},"
		"\"default\":12.50}");
}

static void
schemas_of_compounds(void **state)
{
	const struct schema array = { .type = SCHEMA_ARRAY, .item = &string,
		.optional = true };
	const struct schema map = { .type = SCHEMA_MAP, .key = &string,
		.item = &int32 };
	const struct schema_field fields[] = {
		{ SPAN("id"), NAME("\"id\":"), &int32 },
		{ SPAN("tags"), NAME("\"tags\":"), &array },
	};
	const struct schema structure = { .type = SCHEMA_STRUCT,
		.name = SPAN("app.public.t.Value"), .optional = true,
		.fields = fields, .nfields = 2 };

	(void)state;
	check_schema(&array, "a", "{\"type\":\"array\",\"items\":"
		"{\"type\":\"string\",\"optional\":false},\"optional\":true,"
		"\"field\":\"a\"}");
	check_schema(&map, NULL, "{\"type\":\"map\",\"keys\":"
		"{\"type\":\"string\",\"optional\":false},\"values\":"
		"{\"type\":\"int32\",\"optional\":false},\"optional\":false}");
	check_schema(&structure, "after", "{\"type\":\"struct\",\"fields\":["
		"{\"type\":\"int32\",\"optional\":false,\"field\":\"id\"},"
		"{\"type\":\"array\",\"items\":{\"type\":\"string\","
		"\"optional\":false},\"optional\":true,\"field\":\"tags\"}],"
		"\"optional\":true,\"name\":\"app.public.t.Value\","
		"\"field\":\"after\"}");
}

static void
refuse_schema(struct schema s, struct span field)
{
	struct fail f = FAIL_INIT;
	struct buf b;

	buf_init(&b, CAP);
	assert_int_equal(json_schema(&b, &base64, &s, field, &f), -1);
	assert_int_equal(f.kind, FAIL_FATAL);
	buf_release(&b);
}

static void
schemas_with_bad_text(void **state)
{
	const struct span bad = SPAN("\xFF"), none = { NULL, 0 };
	const struct value value = text(VALUE_STRING, "\xFF");
	const struct schema named = { .type = SCHEMA_STRING, .name = bad };
	const struct schema_field field = { bad, { NULL, 0 }, &string };
	const struct schema_param name = { bad, SPAN("v") };
	const struct schema_param param = { SPAN("n"), bad };

	(void)state;
	refuse_schema(named, none);
	refuse_schema(string, bad);
	refuse_schema((struct schema){ .type = SCHEMA_INT8, .doc = bad }, none);
	refuse_schema((struct schema){ .type = SCHEMA_STRING, .dflt = &value },
		none);
	refuse_schema((struct schema){ .type = SCHEMA_INT8, .params = &name,
		.nparams = 1 }, none);
	refuse_schema((struct schema){ .type = SCHEMA_INT8, .params = &param,
		.nparams = 1 }, none);
	refuse_schema((struct schema){ .type = SCHEMA_ARRAY, .item = &named },
		none);
	refuse_schema((struct schema){ .type = SCHEMA_MAP, .key = &named,
		.item = &string }, none);
	refuse_schema((struct schema){ .type = SCHEMA_STRUCT, .fields = &field,
		.nfields = 1 }, none);
}

static void
strings_and_base64_alone(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	assert_int_equal(json_string(&b, span_of("\t"), NULL), 0);
	json_base64(&b, span_of("f"));
	assert_true(span_is(buf_span(&b), "\"\\t\"Zg=="));
	assert_int_equal(json_string(&b, span_of("\xC0"), NULL), -1);
	buf_release(&b);
	buf_init(&b, 3);
	json_base64(&b, span_of("f"));
	assert_true(b.failed);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars),
		cmocka_unit_test(floats),
		cmocka_unit_test(bytes_are_base64),
		cmocka_unit_test(decimals),
		cmocka_unit_test(decimals_amid_others),
		cmocka_unit_test(arrays),
		cmocka_unit_test(structs),
		cmocka_unit_test(maps),
		cmocka_unit_test(defaults_replace_null),
		cmocka_unit_test(errors_come_up),
		cmocka_unit_test(schemas_of_scalars),
		cmocka_unit_test(schemas_of_compounds),
		cmocka_unit_test(schemas_with_bad_text),
		cmocka_unit_test(strings_and_base64_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
