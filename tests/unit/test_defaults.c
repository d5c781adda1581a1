#include "conv_test.h"
#include "defaults.h"

enum { MOOD = 16400, PRICE };

static struct span labels[] = { SPAN("sad"), SPAN("ok") };

static const struct type_fact type_facts[] = {
	{ .oid = MOOD, .schema = SPAN("public"), .name = SPAN("mood"),
	  .type = 'e', .category = 'E', .labels = labels, .nlabels = 2 },
	{ .oid = PRICE, .schema = SPAN("public"), .name = SPAN("price"),
	  .type = 'd', .category = 'N', .base = 1700, .base_typmod = 655366 },
};

static const struct facts facts = {
	.found = true, .types = type_facts, .ntypes = 2,
};

static const struct type_modes modes = {
	.money_digits = 2, .unavailable = SPAN("P"),
};

/* Of a column of this type: `expected`, or NULL if there is no default. */
static void
gives_in(const struct type_modes *m, uint32_t oid, int32_t typmod,
	const char *expression, const char *expected)
{
	struct type_mapping mapping;
	struct fail f = FAIL_INIT;
	struct value v;
	struct arena a;
	int has;

	arena_init(&a, 1 << 20);
	assert_int_equal(types_map(m, &facts, oid, typmod, true, &a, &mapping,
		&f), 1);
	has = defaults_value(m, &facts, oid, typmod, &mapping,
		span_of(expression), &a, &v, &f);
	if (has != (expected != NULL))
		fail_msg("%s: %d %s", expression, has, f.text);
	if (expected)
		shows_as(&v, expected);
	arena_release(&a);
}

static void
gives(uint32_t oid, int32_t typmod, const char *expression,
	const char *expected)
{
	gives_in(&modes, oid, typmod, expression, expected);
}

static void
literals(void **state)
{
	(void)state;
	gives(21, -1, "7", "7");
	gives(23, -1, "'-1'::integer", "-1");
	gives(23, -1, "(-1)", "-1");
	gives(20, -1, "'9223372036854775807'::bigint", "9223372036854775807");
	gives(700, -1, "3.25", "3.25f");
	gives(701, -1, "'10000000000'::numeric", "1.0E10f");
	gives(701, -1, "('1e10'::numeric)::double precision", "1.0E10f");
	gives(701, -1, "1e+20", "1.0E20f");
	gives(701, -1, "1E20", "1.0E20f");
	gives(16, -1, "true", "true");
	gives(16, -1, "false", "false");
	gives(1700, 655366, "12.5", "12.50d");
	gives(1560, 1, "B'1'::\"bit\"", "true");
	gives(1560, 5, "B'10101'::\"bit\"", "x'15'");
	gives(1562, 8, "B'101'::\"bit\"", "x'05'");
	gives(1082, -1, "'2020-01-02'::date", "18263");
	gives(1083, -1, "'10:20:30.5'::time without time zone",
		"37230500000");
	gives(1083, 3, "'10:20:30.5'::time without time zone", "37230500");
	gives(1114, 3, "'2020-01-02 03:04:05.678'::timestamp without time "
		"zone", "1577934245678");
	gives(1184, -1, "'2020-01-02 03:04:05.678901+00'::timestamp with "
		"time zone", "\"2020-01-02T03:04:05.678901Z\"");
	gives(1186, -1, "'1 day 02:00:00'::interval", "93600000000");
	gives(2950, -1, "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
		"\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"");
	gives(3802, -1, "'{\"a\": 1}'::jsonb", "\"{\"a\": 1}\"");
	gives(MOOD, -1, "'ok'::mood", "\"ok\"");
	gives(MOOD, -1, "'ok'::other.\"Odd::name\"", "\"ok\"");
}

/* Doubled quotes and backslashes are undone. */
static void
strings(void **state)
{
	(void)state;
	gives(25, -1, "'some ''quoted'' text'::text",
		"\"some 'quoted' text\"");
	gives(25, -1, "''::text", "\"\"");
	gives(25, -1, "''''::text", "\"'\"");
	gives(25, -1, "E'back\\\\slash ''q'''::text", "\"back\\slash 'q'\"");
	gives(25, -1, "'back\\slash'::text", "\"back\\slash\"");
	gives(25, -1, "'a::b (c'::text", "\"a::b (c\"");
	gives(1043, 14, "''::character varying", "\"\"");
	gives(1043, 14, "('x'::character varying)::character varying(10)",
		"\"x\"");
	gives(1042, 9, "'ab'::bpchar", "\"ab\"");
	gives(25, -1, "(5)::text", "\"5\"");
}

/* A date where a timestamp is wanted, and the other way round. */
static void
moments(void **state)
{
	(void)state;
	gives(1082, -1, "'2020-01-02 03:04:05+00'::timestamp with time zone",
		"18263");
	gives(1082, -1, "'0044-03-15 00:00:00 BC'::timestamp without time "
		"zone", "-735160");
	gives(1082, -1, "('2020-01-02'::text)::date", "18263");
	gives(1082, -1, "('now'::text)::date", NULL);
	gives(1082, -1, "''::text", NULL);
	gives(1114, -1, "'2020-01-02'::date", "1577923200000000");
	gives(1114, -1, "'0044-03-15 BC'::date", "-63517824000000000");
	gives(1114, -1, "'2020-01-02 01:04:05.5+00'::timestamp with time zone",
		"1577927045500000");
	gives(1114, -1, "('now'::text)::timestamp without time zone", NULL);
	gives(1184, 0, "'2020-01-02 03:04:05'::timestamp without time zone",
		"\"2020-01-02T03:04:05Z\"");
	gives(1184, 0, "'0044-03-15 BC'::date", "\"-0043-03-15T00:00:00Z\"");
	gives(1184, 0, "'infinity'::date", "\"infinity\"");
}

/* Debezium knows numbers that are plain, and in no need to be rounded. */
static void
numbers(void **state)
{
	(void)state;
	gives(1700, 327686, "3.94::numeric(5,2)", NULL);
	gives(1700, 327686, "'-3.94'::numeric", "-3.94d");
	gives(1700, 327686, "3.940", "3.94d");
	gives(1700, 327686, "3.941", NULL);
	gives(1700, 327686, "'-0.001'::numeric", NULL);
	gives(1700, 327686, "1000", "1000.00d");
	gives(1700, 327684, "5.0", "5d");
	gives(1700, 327684, "5.5", NULL);
	/* numeric(3,-2) */
	gives(1700, 198658, "15000", "15000d");
	gives(1700, 198658, "15050", NULL);
	gives(1700, 198658, "5", NULL);
	gives(1700, 198658, "0", "0d");
	gives(1700, 198658, "'64400'::numeric(3,-2)", "64400d");
	gives(1700, 198658, "'-64400'::numeric(3,-2)", "-64400d");
	gives(1700, 198658, "'64449'::numeric(3,-2)", NULL);
	gives(1700, 198658, "(0)::numeric(3,-2)", NULL);
	gives(1700, 198658, "'64400'::numeric(3,-2) - 1", NULL);
	gives(1700, 198658, "'64400'::numeric(3", NULL);
	gives(701, -1, "(1.5)::double precision", NULL);
	gives(20, -1, "(5)::bigint", NULL);
	gives(20, -1, "((5)::text)::bigint", NULL);
	gives(23, -1, "(5.0)::integer", NULL);
	gives(21, -1, "32767", "32767");
	gives(21, -1, "32768", NULL);
	gives(21, -1, "'-32768'::integer", "-32768");
	gives(21, -1, "'-32769'::integer", NULL);
	gives(23, -1, "'-2147483648'::bigint", "-2147483648");
	gives(23, -1, "'99999999999999999999'::numeric", NULL);
	gives(16, -1, "(1)::boolean", "false");
	gives(MOOD, -1, "('ok'::text)::mood", NULL);
}

static void
no_default(void **state)
{
	static const uint32_t without[] = {
		790, 26, 17, 1266, 869, 650, 829, 3904, 600, 1007, 19, PRICE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
		gives(without[i], -1, "'1'::x", NULL);
		gives(without[i], -1, "f()", NULL);
	}
	gives(1700, -1, "3.14", NULL);
	gives(20, -1, "NULL::bigint", NULL);
	gives(25, -1, "NULL", NULL);
	gives(25, -1, NULL, NULL);
	gives(1700, 655366, "'NaN'::numeric", NULL);
}

static void
calls(void **state)
{
	(void)state;
	gives(23, -1, "nextval('s.seq'::regclass)", "0");
	gives(23, -1, "s.next_id()", "0");
	gives(23, -1, "\"S\".\"odd (\"(1, 'a)', \"x\")", "0");
	gives(25, -1, "lower('ABC'::text)", "\"\"");
	gives(25, -1, "CURRENT_USER", "\"\"");
	gives(1082, -1, "CURRENT_DATE", "0");
	gives(1083, 3, "LOCALTIME(3)", "0");
	gives(1114, -1, "now()", "0");
	gives(1114, -1, "(now() AT TIME ZONE 'utc'::text)", "0");
	gives(1184, -1, "CURRENT_TIMESTAMP",
		"\"1970-01-01T00:00:00.000000Z\"");
	gives(1184, 3, "now()", "\"1970-01-01T00:00:00.000Z\"");
	gives(2950, -1, "gen_random_uuid()",
		"\"00000000-0000-0000-0000-000000000000\"");
	gives(3802, -1, "jsonb_build_object('a', 1)", "\"{}\"");
	gives(114, -1, "f()", "\"{}\"");
	gives(1700, 655366, "random()", "0.00d");
	gives(1700, 655366, "(random())::numeric(10,2)", "0.00d");
	gives(701, -1, "pi()", "0.0f");
	gives(1560, 8, "(5)::bit(8)", "x''");
	gives(1186, -1, "justify_days('40 days'::interval)", "0");
	gives(16, -1, "f()", "false");
	gives(MOOD, -1, "enum_first(NULL::mood)", NULL);
}

/* Nothing is better than something wrong. */
static void
expressions(void **state)
{
	(void)state;
	gives(23, -1, "(1 + 2)", NULL);
	gives(23, -1, "1.5", NULL);
	gives(23, -1, "-", NULL);
	gives(25, -1, "('a'::text || 'b'::text)", NULL);
	gives(16, -1, "(1 = 1)", NULL);
	gives(16, -1, "'a'::text IS NULL", NULL);
	gives(1186, -1, "('1 day'::interval + '01:00:00'::interval)", NULL);
	gives(25, -1, "CASE WHEN true THEN 'a' ELSE 'b' END", NULL);
	gives(25, -1, "'x'::\"C", NULL);
	gives(25, -1, "'open", NULL);
	gives(25, -1, "(1", NULL);
	gives(25, -1, "('x", NULL);
	gives(25, -1, "(\"x", NULL);
	gives(25, -1, "f(", NULL);
	gives(25, -1, "a.", NULL);
	gives(25, -1, "\"a", NULL);
	gives(25, -1, "", NULL);
	gives(25, -1, "ARRAY['x']", NULL);
	gives(25, -1, "((((((((((((((((((((((((((((((((((((((((1))))))))))))"
		"))))))))))))))))))))))))))))", NULL);
	/* rounded by the server */
	gives(1114, 3, "('2020-01-02 03:04:05.6789'::timestamp without time "
		"zone)::timestamp(3) without time zone", NULL);
	gives(1083, 0, "'10:20:30.5'::time without time zone", NULL);
	gives(1083, 0, "'10:20:30'::time without time zone", "37230000");
	gives(1184, 0, "'2020-01-02 03:04:05.6+00'::timestamp with time zone",
		NULL);
	gives(1083, 0, "''::text", NULL);
}

static void
other_modes(void **state)
{
	struct type_modes m = modes;

	(void)state;
	m.decimal = DECIMAL_STRING;
	gives_in(&m, 1700, -1, "3.140", "\"3.140\"");
	gives_in(&m, 1700, -1, "random()", "\"0.0\"");
	gives_in(&m, 1700, 327686, "random()", "\"0.00\"");
	gives_in(&m, 1700, 327686, "1.100", "\"1.10\"");
	gives_in(&m, 1700, 327684, "5.0", "\"5\"");
	gives_in(&m, 1700, -1, "'NaN'::numeric", NULL);
	m.decimal = DECIMAL_DOUBLE;
	gives_in(&m, 1700, -1, "'3.140'::numeric", "3.14f");
	m.time = TIME_ISOSTRING;
	gives_in(&m, 1082, -1, "'2020-01-02'::date", "\"2020-01-02Z\"");
	gives_in(&m, 1082, -1, "CURRENT_DATE", "\"1970-01-01Z\"");
}

static void
without_memory(void **state)
{
	static const struct { uint32_t oid; const char *text; } cases[] = {
		{ 25, "'a'::text" }, { 1184, "now()" },
		{ 1184, "'2020-01-02 03:04:05+00'::timestamptz" },
	};
	struct type_mapping mapping;
	struct arena a, small;
	struct value v;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < 3; i++) {
		for (size_t cap = 8; cap < 128; cap += 8) {
			struct fail f = FAIL_INIT;

			types_map(&modes, &facts, cases[i].oid, -1, true, &a,
				&mapping, &f);
			arena_init(&small, cap);
			if (defaults_value(&modes, &facts, cases[i].oid, -1,
			    &mapping, span_of(cases[i].text), &small, &v,
			    &f) == -1)
				assert_int_equal(f.kind, FAIL_FATAL);
			arena_release(&small);
		}
	}
	arena_init(&small, 48);
	arena_alloc(&small, 24);
	assert_int_equal(defaults_value(&modes, &facts, 1184, -1, &mapping,
		span_of("'2020-01-02 03:04:05+00'"), &small, &v, NULL), -1);
	arena_release(&small);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals),
		cmocka_unit_test(strings),
		cmocka_unit_test(moments),
		cmocka_unit_test(numbers),
		cmocka_unit_test(no_default),
		cmocka_unit_test(calls),
		cmocka_unit_test(expressions),
		cmocka_unit_test(other_modes),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
