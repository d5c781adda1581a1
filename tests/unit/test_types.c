#include "conv_test.h"
#include "json.h"
#include "types.h"

#define P "__debezium_unavailable_value"
#define P_HEX "5f5f646562657a69756d5f756e617661696c61626c655f76616c7565"
#define P_B64 "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="
#define P_INTS "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118," \
	"97,105,108,97,98,108,101,95,118,97,108,117,101]"
#define OPT "\"optional\":true"
#define NAME(name) "\"name\":\"" name "\",\"version\":1"
#define STR "{\"type\":\"string\","
#define I32 "{\"type\":\"int32\","
#define I64 "{\"type\":\"int64\","
#define ARR(item) "{\"type\":\"array\",\"items\":" item "," OPT "}"

enum { MOOD = 16400, MOODS, PRICE, PRICE2, PRICES, LOOP, HSTORE, HSTORES,
	GEOMETRY, GEOGRAPHY, CITEXT, ISBN, EAN, LTREE, VECTOR, HALFVEC,
	SPARSEVEC, ADDRESS, ADDRESSES, BOXES = 1020, WORDS = 16430, EMPTY,
	RANGE };

static struct span labels[] = { SPAN("sad"), SPAN("it's, \"odd\""), SPAN("") };

#define BASE(o, n) { .oid = o, .schema = SPAN("public"), .name = SPAN(n), \
	.type = 'b', .category = 'U' }
#define DOMAIN(o, n, b, t) { .oid = o, .schema = SPAN("public"), \
	.name = SPAN(n), .type = 'd', .category = 'N', .base = b, \
	.base_typmod = t }
#define ARRAY(o, n, e, d) { .oid = o, .schema = SPAN("public"), \
	.name = SPAN(n), .type = 'b', .category = 'A', .elem = e, \
	.delimiter = d }

static const struct type_fact type_facts[] = {
	{ .oid = MOOD, .schema = SPAN("public"), .name = SPAN("mood"),
	  .type = 'e', .category = 'E', .labels = labels, .nlabels = 3 },
	{ .oid = EMPTY, .schema = SPAN("public"), .name = SPAN("empty"),
	  .type = 'e', .category = 'E' },
	ARRAY(MOODS, "_mood", MOOD, ','),
	DOMAIN(PRICE, "price", 1700, 655366),	/* numeric(10,2) */
	DOMAIN(PRICE2, "price2", PRICE, -1),
	DOMAIN(WORDS, "words", 1009, -1),
	DOMAIN(LOOP, "loop", LOOP, -1),
	ARRAY(PRICES, "_price", PRICE, ','),
	BASE(HSTORE, "hstore"), ARRAY(HSTORES, "_hstore", HSTORE, 0),
	BASE(GEOMETRY, "geometry"), BASE(GEOGRAPHY, "geography"),
	BASE(CITEXT, "citext"), BASE(ISBN, "isbn"), BASE(EAN, "ean13"),
	BASE(LTREE, "ltree"), BASE(VECTOR, "vector"),
	BASE(HALFVEC, "halfvec"), BASE(SPARSEVEC, "sparsevec"),
	{ .oid = ADDRESS, .schema = SPAN("public"), .name = SPAN("vector"),
	  .type = 'c', .category = 'C' },
	ARRAY(ADDRESSES, "_vector", ADDRESS, ','),
	{ .oid = RANGE, .schema = SPAN("public"), .name = SPAN("floatrange"),
	  .type = 'r', .category = 'R' },
	{ .oid = 603, .schema = SPAN("pg_catalog"), .name = SPAN("box"),
	  .type = 'b', .category = 'G' },
	{ .oid = BOXES, .schema = SPAN("pg_catalog"), .name = SPAN("_box"),
	  .type = 'b', .category = 'A', .elem = 603, .delimiter = ';' },
	{ .oid = 30, .schema = SPAN("pg_catalog"), .name = SPAN("oidvector"),
	  .type = 'b', .category = 'A', .elem = 26, .delimiter = ',' },
};

static const struct facts facts = {
	.found = true, .types = type_facts,
	.ntypes = sizeof type_facts / sizeof type_facts[0],
};

static struct type_modes modes;
static struct arena arena;

static int
setup(void **state)
{
	(void)state;
	modes = (struct type_modes){
		.money_digits = 2, .unavailable = SPAN(P),
	};
	arena_init(&arena, 1 << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct type_mapping
map(uint32_t oid, int32_t typmod, bool optional)
{
	struct type_mapping m;
	struct fail f = FAIL_INIT;

	assert_int_equal(types_map(&modes, &facts, oid, typmod, optional,
		&arena, &m, &f), 1);
	return m;
}

static void
has_schema(const struct type_mapping *m, const char *expected)
{
	struct json_options o = { 0 };
	struct fail f = FAIL_INIT;
	struct buf b;

	buf_init(&b, 1 << 16);
	assert_int_equal(json_schema(&b, &o, m->schema,
		(struct span){ NULL, 0 }, &f), 0);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, expected);
	buf_release(&b);
}

/* An optional column: its schema, and what a text becomes. */
static void
maps(uint32_t oid, int32_t typmod, const char *schema, const char *text,
	const char *value)
{
	struct type_mapping m = map(oid, typmod, true);

	has_schema(&m, schema);
	check(m.conv, text, value);
	m = map(oid, typmod, false);
	if (oid != GEOMETRY && oid != GEOGRAPHY)
		assert_false(m.schema->optional);
}

static void
stands_in(uint32_t oid, int32_t typmod, const char *missing,
	const char *unavailable)
{
	struct type_mapping m = map(oid, typmod, false);

	shows_as(&m.missing, missing);
	shows_as(&m.unavailable, unavailable);
}

static void
left_out(uint32_t oid)
{
	struct type_mapping m;

	assert_int_equal(types_map(&modes, &facts, oid, -1, true, &arena, &m,
		NULL), 0);
}

static void
numbers(void **state)
{
	(void)state;
	maps(21, -1, "{\"type\":\"int16\"," OPT "}", "-32768", "-32768");
	maps(23, -1, I32 OPT "}", "2147483647", "2147483647");
	maps(20, -1, I64 OPT "}", "9007199254740993", "9007199254740993");
	maps(26, -1, I64 OPT "}", "4000000000", "4000000000");
	maps(16, -1, "{\"type\":\"boolean\"," OPT "}", "t", "true");
	maps(700, -1, "{\"type\":\"float\"," OPT "}", "3.3", "3.3f");
	maps(701, -1, "{\"type\":\"double\"," OPT "}", "1e+10", "1.0E10f");
	stands_in(23, -1, "0", "null");
	stands_in(16, -1, "false", "null");
	stands_in(701, -1, "0.0f", "null");
}

#define DECIMAL(params) "{\"type\":\"bytes\"," OPT "," \
	NAME("org.apache.kafka.connect.data.Decimal") ",\"parameters\":" \
	"{" params "}}"
#define N(p, s) ((p) << 16 | ((s) & 0x7ff)) + 4

static void
precise_decimals(void **state)
{
	(void)state;
	maps(1700, N(3, 2), DECIMAL("\"scale\":\"2\","
		"\"connect.decimal.precision\":\"3\""), "1.10", "1.10d");
	maps(1700, N(4, 0), DECIMAL("\"scale\":\"0\","
		"\"connect.decimal.precision\":\"4\""), "10", "10d");
	maps(1700, -1, "{\"type\":\"struct\",\"fields\":[" I32
		"\"optional\":false,\"field\":\"scale\"},{\"type\":\"bytes\","
		"\"optional\":false,\"field\":\"value\"}]," OPT ","
		NAME("io.debezium.data.VariableScaleDecimal")
		",\"doc\":\"Variable scaled decimal\"}",
		"10.1111", "{4,x'018af7'}");
	maps(790, -1, DECIMAL("\"scale\":\"2\""), "$1,234.11", "1234.11d");
	stands_in(1700, N(10, 2), "0.00d", "null");
	stands_in(1700, -1, "{0,x'00'}", "null");
	stands_in(790, -1, "0.00d", "null");
}

/* numeric(3,-2) holds 99900: a whole number of five digits. */
static void
negative_scales(void **state)
{
	(void)state;
	maps(1700, N(3, -2), DECIMAL("\"scale\":\"0\","
		"\"connect.decimal.precision\":\"5\""), "12300", "12300d");
	stands_in(1700, N(5, -1), "0d", "null");
}

static void
other_decimals(void **state)
{
	(void)state;
	modes.decimal = DECIMAL_DOUBLE;
	maps(1700, N(6, 4), "{\"type\":\"double\"," OPT "}", "22.2200",
		"22.22f");
	maps(1700, -1, "{\"type\":\"double\"," OPT "}", "NaN", "NaNf");
	maps(790, -1, "{\"type\":\"double\"," OPT "}", "-$1,234.11",
		"-1234.11f");
	stands_in(790, -1, "0.0f", "null");
	modes.decimal = DECIMAL_STRING;
	maps(1700, N(6, 4), STR OPT "}", "22.2200", "\"22.2200\"");
	maps(1700, -1, STR OPT "}", "Infinity", "\"POSITIVE_INFINITY\"");
	maps(790, -1, STR OPT "}", "-$1,234.11", "\"-1234.11\"");
	stands_in(1700, N(10, 2), "\"0.00\"", "\"" P "\"");
	stands_in(1700, -1, "\"0\"", "\"" P "\"");
	stands_in(790, -1, "\"0.00\"", "null");
}

static void
texts(void **state)
{
	static const uint32_t plain[] = {
		25, 1043, 1042, 18, 19, CITEXT, ISBN, 869, 650, 829, 774, 3904,
		3926, 3906, 3908, 3910, 3912,
	};

	(void)state;
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
		maps(plain[i], -1, STR OPT "}", "a b ", "\"a b \"");
		stands_in(plain[i], -1, "\"\"", "\"" P "\"");
		assert_int_equal(map(plain[i], -1, true).text, i < 5);
	}
	maps(114, -1, STR OPT "," NAME("io.debezium.data.Json") "}", "{}",
		"\"{}\"");
	maps(3802, -1, STR OPT "," NAME("io.debezium.data.Json") "}", "1",
		"\"1\"");
	maps(142, -1, STR OPT "," NAME("io.debezium.data.Xml") "}", "<a/>",
		"\"<a/>\"");
	maps(2950, -1, STR OPT "," NAME("io.debezium.data.Uuid") "}", "a0",
		"\"a0\"");
	maps(3614, -1, STR OPT "," NAME("io.debezium.data.Tsvector") "}",
		"'a':1", "\"'a':1\"");
	maps(LTREE, -1, STR OPT "," NAME("io.debezium.data.Ltree") "}", "a.b",
		"\"a.b\"");
}

static void
bytes(void **state)
{
	(void)state;
	maps(17, -1, "{\"type\":\"bytes\"," OPT "}", "\\x0102", "x'0102'");
	stands_in(17, -1, "x''", "x'" P_HEX "'");
	modes.binary = BINARY_HEX;
	maps(17, -1, STR OPT "}", "\\xdeadbeef", "\"deadbeef\"");
	stands_in(17, -1, "\"\"", "\"" P "\"");
	modes.binary = BINARY_BASE64;
	maps(17, -1, STR OPT "}", "\\xfffe", "\"//4=\"");
	stands_in(17, -1, "\"\"", "\"" P_B64 "\"");
	modes.binary = BINARY_BASE64_URL_SAFE;
	maps(17, -1, STR OPT "}", "\\xfffe", "\"__4=\"");
	stands_in(17, -1, "\"\"", "\"" P_B64 "\"");
	stands_in(1001, -1, "[]", "[\"" P_B64 "\"]");
	modes.unavailable = (struct span){ NULL, 0 };
	stands_in(17, -1, "\"\"", "null");
	stands_in(25, -1, "\"\"", "null");
	stands_in(1007, -1, "[]", "null");
	stands_in(HSTORE, -1, "\"{}\"", "null");
}

#define BITS(n) "{\"type\":\"bytes\"," OPT "," NAME("io.debezium.data.Bits") \
	",\"parameters\":{\"length\":\"" n "\"}}"

static void
bits(void **state)
{
	(void)state;
	maps(1560, 1, "{\"type\":\"boolean\"," OPT "}", "1", "true");
	maps(1562, 1, "{\"type\":\"boolean\"," OPT "}", "", "null");
	maps(1560, 2, BITS("2"), "11", "x'03'");
	maps(1562, 24, BITS("24"), "000000110000001000000001", "x'010203'");
	maps(1562, -1, BITS("2147483647"), "101", "x'05'");
	stands_in(1560, 1, "false", "null");
	stands_in(1560, 5, "x''", "null");
}

static void
adaptive_times(void **state)
{
	(void)state;
	maps(1082, -1, I32 OPT "," NAME("io.debezium.time.Date") "}",
		"2016-11-04", "17109");
	for (int32_t p = 0; p <= 3; p++) {
		maps(1083, p, I32 OPT "," NAME("io.debezium.time.Time") "}",
			"13:51:30", "49890000");
		maps(1114, p, I64 OPT "," NAME("io.debezium.time.Timestamp")
			"}", "2016-11-04 13:51:30", "1478267490000");
	}
	for (int32_t p = -1; p <= 6; p += p == -1 ? 5 : 1) {
		maps(1083, p, I64 OPT "," NAME("io.debezium.time.MicroTime")
			"}", "13:51:30", "49890000000");
		maps(1114, p, I64 OPT ","
			NAME("io.debezium.time.MicroTimestamp") "}",
			"2016-11-04 13:51:30.123456", "1478267490123456");
	}
	stands_in(1082, -1, "0", "null");
	stands_in(1083, -1, "0", "null");
	stands_in(1114, 3, "0", "null");
	modes.time = TIME_ADAPTIVE_MICROSECONDS;
	maps(1083, 0, I64 OPT "," NAME("io.debezium.time.MicroTime") "}",
		"13:51:30", "49890000000");
	maps(1114, 3, I64 OPT "," NAME("io.debezium.time.Timestamp") "}",
		"2016-11-04 13:51:30", "1478267490000");
}

static void
connect_times(void **state)
{
	(void)state;
	modes.time = TIME_CONNECT;
	maps(1082, -1, I32 OPT "," NAME("org.apache.kafka.connect.data.Date")
		"}", "2016-11-04", "17109");
	maps(1083, -1, I32 OPT "," NAME("org.apache.kafka.connect.data.Time")
		"}", "13:51:30.123456", "49890123");
	maps(1114, 6, I64 OPT ","
		NAME("org.apache.kafka.connect.data.Timestamp") "}",
		"2016-11-04 13:51:30.123456", "1478267490123");
}

static void
iso_times(void **state)
{
	(void)state;
	modes.time = TIME_ISOSTRING;
	maps(1082, -1, STR OPT "," NAME("io.debezium.time.IsoDate") "}",
		"2017-09-15", "\"2017-09-15Z\"");
	maps(1083, -1, STR OPT "," NAME("io.debezium.time.IsoTime") "}",
		"04:05:11.789", "\"04:05:11.789Z\"");
	maps(1114, 3, STR OPT "," NAME("io.debezium.time.IsoTimestamp") "}",
		"2019-07-09 02:28:57.1", "\"2019-07-09T02:28:57.1Z\"");
	stands_in(1082, -1, "\"1970-01-01Z\"", "null");
	stands_in(1083, -1, "\"00:00:00Z\"", "null");
	stands_in(1114, -1, "\"1970-01-01T00:00:00Z\"", "null");
	stands_in(1182, -1, "[]", "null");
}

static void
fine_times(void **state)
{
	(void)state;
	modes.time = TIME_MICROSECONDS;
	maps(1082, -1, I32 OPT "," NAME("io.debezium.time.Date") "}",
		"2016-11-04", "17109");
	maps(1083, 0, I64 OPT "," NAME("io.debezium.time.MicroTime") "}",
		"13:51:30", "49890000000");
	maps(1114, 0, I64 OPT "," NAME("io.debezium.time.MicroTimestamp") "}",
		"2016-11-04 13:51:30", "1478267490000000");
	modes.time = TIME_NANOSECONDS;
	maps(1083, 0, I64 OPT "," NAME("io.debezium.time.NanoTime") "}",
		"13:51:30", "49890000000000");
	maps(1114, 0, I64 OPT "," NAME("io.debezium.time.NanoTimestamp") "}",
		"2016-11-04 13:51:30", "1478267490000000000");
	maps(1082, -1, I32 OPT "," NAME("io.debezium.time.Date") "}",
		"2016-11-04", "17109");
}

static void
zoned_times(void **state)
{
	(void)state;
	maps(1266, 3, STR OPT "," NAME("io.debezium.time.ZonedTime") "}",
		"13:51:30.123+02", "\"11:51:30.123Z\"");
	maps(1184, -1, STR OPT "," NAME("io.debezium.time.ZonedTimestamp")
		"}", "2016-11-04 11:51:30+00",
		"\"2016-11-04T11:51:30.000000Z\"");
	maps(1184, 3, STR OPT "," NAME("io.debezium.time.ZonedTimestamp") "}",
		"2016-11-04 11:51:30+00", "\"2016-11-04T11:51:30.000Z\"");
	stands_in(1266, -1, "\"00:00:00Z\"", "null");
	stands_in(1184, -1, "\"1970-01-01T00:00:00Z\"", "null");
}

static void
intervals(void **state)
{
	(void)state;
	maps(1186, -1, I64 OPT "," NAME("io.debezium.time.MicroDuration") "}",
		"1 year", "31557600000000");
	stands_in(1186, -1, "0", "null");
	modes.interval = INTERVAL_STRING;
	maps(1186, -1, STR OPT "," NAME("io.debezium.time.Interval") "}",
		"1 year", "\"P1Y0M0DT0H0M0S\"");
	stands_in(1186, -1, "\"P0Y0M0DT0H0M0S\"", "null");
}

#define SHAPE(name, doc) "{\"type\":\"struct\",\"fields\":[{\"type\":" \
	"\"bytes\",\"optional\":false,\"field\":\"wkb\"}," I32 OPT "," \
	"\"field\":\"srid\"}]," OPT "," NAME("io.debezium.data.geometry." name) \
	",\"doc\":\"" doc "\"}"

static void
geometries(void **state)
{
	struct type_mapping m;

	(void)state;
	maps(600, -1, "{\"type\":\"struct\",\"fields\":[{\"type\":\"double\","
		"\"optional\":false,\"field\":\"x\"},{\"type\":\"double\","
		"\"optional\":false,\"field\":\"y\"},{\"type\":\"bytes\"," OPT
		",\"field\":\"wkb\"}," I32 OPT ",\"field\":\"srid\"}]," OPT ","
		NAME("io.debezium.data.geometry.Point")
		",\"doc\":\"Geometry (POINT)\"}", "(1,1)", "{1.0f,1.0f,"
		"x'0101000000000000000000f03f000000000000f03f',null}");
	maps(GEOMETRY, -1, SHAPE("Geometry", "Geometry"),
		"010700000000000000", "{x'010700000000000000',null}");
	maps(GEOGRAPHY, -1, SHAPE("Geography", "Geography"),
		"010700000000000000", "{x'010700000000000000',null}");
	stands_in(600, -1, "{0.0f,0.0f,"
		"x'010100000000000000000000000000000000000000',null}", "null");
	stands_in(GEOMETRY, -1, "{x'010700000000000000',null}", "null");
	m = map(GEOMETRY, -1, false);
	has_schema(&m, SHAPE("Geometry", "Geometry"));
}

static void
hstores(void **state)
{
	(void)state;
	maps(HSTORE, -1, STR OPT "," NAME("io.debezium.data.Json") "}",
		"\"a\"=>\"1\"", "\"{\"a\":\"1\"}\"");
	stands_in(HSTORE, -1, "\"{}\"", "\"{\"" P "\":\"" P "\"}\"");
	maps(HSTORES, -1, ARR(STR OPT "," NAME("io.debezium.data.Json") "}"),
		"{\"\\\"a\\\"=>\\\"1\\\"\"}", "[\"{\"a\":\"1\"}\"]");
	modes.hstore = HSTORE_MAP;
	maps(HSTORE, -1, "{\"type\":\"map\",\"keys\":" STR
		"\"optional\":false},\"values\":" STR OPT "}," OPT "}",
		"\"a\"=>NULL", "<\"a\":null>");
	stands_in(HSTORE, -1, "<>", "<\"" P "\":\"" P "\">");
	modes.hstore = HSTORE_JSON;
	modes.unavailable = span_of("\"");
	stands_in(HSTORE, -1, "\"{}\"", "\"{\"\\\"\":\"\\\"\"}\"");
}

static void
vectors(void **state)
{
	(void)state;
	maps(VECTOR, -1, "{\"type\":\"array\",\"items\":{\"type\":\"double\","
		"\"optional\":false}," OPT ","
		NAME("io.debezium.data.DoubleVector") "}", "[1,2.5]",
		"[1.0f,2.5f]");
	maps(HALFVEC, -1, "{\"type\":\"array\",\"items\":{\"type\":\"float\","
		"\"optional\":false}," OPT ","
		NAME("io.debezium.data.FloatVector") "}", "[1,2.5]",
		"[1.0f,2.5f]");
	maps(SPARSEVEC, -1, "{\"type\":\"struct\",\"fields\":[{\"type\":"
		"\"int16\",\"optional\":false,\"field\":\"dimensions\"},"
		"{\"type\":\"map\",\"keys\":{\"type\":\"int16\",\"optional\":"
		"false},\"values\":{\"type\":\"double\",\"optional\":false},"
		"\"optional\":false,\"field\":\"vector\"}]," OPT ","
		NAME("io.debezium.data.SparseDoubleVector")
		",\"doc\":\"Sparse double vector\"}",
		"{1:201}/3000", "{3000,<1:201.0f>}");
	stands_in(VECTOR, -1, "[]", "null");
	stands_in(SPARSEVEC, -1, "{0,<>}", "null");
}

#define ENUM_ NAME("io.debezium.data.Enum") ",\"parameters\":{\"allowed\":"

static void
enums(void **state)
{
	(void)state;
	maps(MOOD, -1, STR OPT "," ENUM_ "\"sad,it's, \\\"odd\\\",\"}}",
		"new label", "\"new label\"");
	maps(EMPTY, -1, STR OPT "," ENUM_ "\"\"}}", "x", "\"x\"");
	assert_true(map(MOOD, -1, true).text);
	stands_in(MOOD, -1, "\"\"", "\"" P "\"");
	/* Debezium's element is not optional, and a NULL costs it the field. */
	maps(MOODS, -1, ARR(STR OPT "," ENUM_
		"\"sad,it's, \\\"odd\\\",\"}}"), "{sad,NULL}",
		"[\"sad\",null]");
}

static void
domains(void **state)
{
	(void)state;
	maps(PRICE, -1, DECIMAL("\"scale\":\"2\","
		"\"connect.decimal.precision\":\"10\""), "12.50", "12.50d");
	maps(PRICE2, -1, DECIMAL("\"scale\":\"2\","
		"\"connect.decimal.precision\":\"10\""), "12.50", "12.50d");
	maps(WORDS, -1, ARR(STR OPT "}"), "{a,b}", "[\"a\",\"b\"]");
	left_out(PRICES);
	left_out(LOOP);
	modes.include_unknown = true;
	maps(PRICES, -1, ARR("{\"type\":\"bytes\"," OPT "}"), "{1.5}",
		"[x'312e35']");
}

static void
arrays(void **state)
{
	(void)state;
	maps(1005, -1, ARR("{\"type\":\"int16\"," OPT "}"), "{1,NULL}",
		"[1,null]");
	maps(1231, N(5, 1), ARR(DECIMAL("\"scale\":\"1\","
		"\"connect.decimal.precision\":\"5\"")), "{1.5}", "[1.5d]");
	maps(1183, -1, ARR(I64 OPT "," NAME("io.debezium.time.MicroTime")
		"}"), "{13:51:30.123456,24:00:00}",
		"[49890123456,86400000000]");
	maps(1183, 3, ARR(I32 OPT "," NAME("io.debezium.time.Time") "}"),
		"{13:51:30.123}", "[49890123]");
	maps(1270, -1, ARR(STR OPT "," NAME("io.debezium.time.ZonedTime")
		"}"), "{13:51:30.123789+02}", "[\"11:51:30.123789Z\"]");
	maps(1561, 1, ARR("{\"type\":\"boolean\"," OPT "}"), "{1,0}",
		"[true,false]");
	maps(1001, -1, ARR("{\"type\":\"bytes\"," OPT "}"),
		"{\"\\\\x0102\"}", "[x'0102']");
}

/* An array though its text is not one. */
static void
oid_vectors(void **state)
{
	(void)state;
	maps(30, -1, "{\"type\":\"array\",\"items\":{\"type\":\"int64\","
		"\"optional\":false}," OPT "}", "1 2", "[1,2]");
	maps(22, -1, "{\"type\":\"array\",\"items\":{\"type\":\"int16\","
		"\"optional\":false}," OPT "}", "-32768", "[-32768]");
}

static void
arrays_left_out(void **state)
{
	static const uint32_t oids[] = {
		791, 1003, 1187, 1563, 143, 1017, ADDRESSES, BOXES,
	};

	(void)state;
	for (size_t i = 0; i < sizeof oids / sizeof oids[0]; i++)
		left_out(oids[i]);
	modes.include_unknown = true;
	for (size_t i = 0; i < 6; i++)
		left_out(oids[i]);
	maps(ADDRESSES, -1, ARR("{\"type\":\"bytes\"," OPT "}"),
		"{\"(x,1)\"}", "[x'28782c3129']");
	maps(BOXES, -1, ARR("{\"type\":\"bytes\"," OPT "}"),
		"{(1,2),(0,0);(1,1),(0,0)}",
		"[x'28312e302c322e30292c28302e302c302e3029',"
		"x'28312e302c312e30292c28302e302c302e3029']");
}

static void
array_placeholders(void **state)
{
	(void)state;
	stands_in(1009, -1, "[]", "[\"" P "\"]");
	stands_in(1007, -1, "[]", P_INTS);
	stands_in(1016, -1, "[]", P_INTS);
	stands_in(1182, -1, "[]", P_INTS);
	stands_in(2951, -1, "[]",
		"[\"b68a35a7-17ad-35b3-af2a-ae46edb4545a\"]");
	stands_in(1001, -1, "[]", "[x'" P_HEX "']");
	stands_in(3807, -1, "[]", "[\"" P "\"]");
	stands_in(1231, -1, "[]", "null");
	stands_in(1115, -1, "[]", "null");
	stands_in(1185, -1, "[]", "null");
	modes.binary = BINARY_HEX;
	stands_in(1001, -1, "[]", "[\"" P "\"]");
	modes.unavailable = span_of("n\xC3\xB6");
	stands_in(1007, -1, "[]", "[110,-61,-74]");
}

static void
unknown_types(void **state)
{
	static const uint32_t oids[] = { ADDRESS, EAN, RANGE, 3615, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof oids / sizeof oids[0]; i++)
		left_out(oids[i]);
	modes.include_unknown = true;
	for (size_t i = 0; i < sizeof oids / sizeof oids[0]; i++)
		maps(oids[i], -1, "{\"type\":\"bytes\"," OPT "}",
			"'fat' <-> 'cat'",
			"x'2766617427203c2d3e202763617427'");
	stands_in(3615, -1, "x''", "x'" P_HEX "'");
	/* "<(1.0,2.0),3.0>" */
	maps(718, -1, "{\"type\":\"bytes\"," OPT "}", "<(1,2),3>",
		"x'3c28312e302c322e30292c332e303e'");
	modes.binary = BINARY_BASE64;
	maps(3615, -1, STR OPT "}", "'fat' <-> 'cat'",
		"\"J2ZhdCcgPC0+ICdjYXQn\"");
}

static void
names(void **state)
{
	static const struct { uint32_t oid; const char *name; } known[] = {
		{ 23, "int4" }, { 1007, "int4[]" }, { MOOD, "public.mood" },
		{ MOODS, "public.mood[]" }, { HSTORE, "public.hstore" },
		{ 603, "box" }, { BOXES, "box[]" }, { 9999, "type 9999" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		struct span s = types_name(&facts, known[i].oid, &arena);

		assert_true(span_is(s, known[i].name));
	}
}

/* At every possible point, memory running out is an error and no crash. */
static void
without_memory(void **state)
{
	static const uint32_t oids[] = {
		23, 600, 790, 1009, 1231, 1560, 1700, 2951, MOOD, MOODS,
		HSTORE, GEOMETRY, VECTOR, SPARSEVEC, PRICE, ADDRESS, 17, 1001,
		1184, 1186, 602, 718, 628,
	};
	struct type_mapping m;
	struct arena small;

	(void)state;
	modes.include_unknown = modes.geometric = true;
	for (size_t i = 0; i < 2 * sizeof oids / sizeof oids[0]; i++) {
		uint32_t oid = oids[i / 2];

		modes.time = i % 2 ? TIME_STRUCTURED : TIME_ADAPTIVE;
		modes.hstore = i % 2 ? HSTORE_MAP : HSTORE_JSON;
		modes.decimal = i % 2 ? DECIMAL_STRING : DECIMAL_PRECISE;
		modes.binary = i % 2 ? BINARY_BASE64 : BINARY_BYTES;
		for (size_t cap = 16; ; cap += 8) {
			struct fail f = FAIL_INIT;
			int result;

			arena_init(&small, cap);
			result = types_map(&modes, &facts, oid, N(5, 1), true,
				&small, &m, &f);
			arena_release(&small);
			if (result == 1)
				break;
			assert_int_equal(result, -1);
			assert_int_equal(f.kind, FAIL_FATAL);
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#define D(f) "{\"type\":\"double\",\"optional\":false,\"field\":\"" f "\"}"
#define GEO(fields, name, version, doc) "{\"type\":\"struct\",\"fields\":[" fields \
	"]," OPT ",\"name\":\"io.debezium.data.geometry." name "\",\"version\":" version \
	",\"doc\":\"" doc "\"}"
#define GEOMETRY2 GEO("{\"type\":\"bytes\",\"optional\":false,\"field\":\"wkb\"}," \
	I32 OPT ",\"field\":\"srid\"}," \
	"{\"type\":\"map\",\"keys\":" STR "\"optional\":false},\"values\":" STR \
	"\"optional\":false}," OPT ",\"field\":\"extensions\"}", "Geometry", "2", "Geometry")

/* As Debezium 3.7 has them: optional whatever the column says. */
static void
geometric_types(void **state)
{
	static const uint32_t oids[] = { 603, 601, 602, 604, 718, 628, 1020, 1018, 1019,
		1027, 719, 629 };
	struct type_mapping m;

	(void)state;
	for (size_t i = 0; i < sizeof oids / sizeof oids[0]; i++)
		left_out(oids[i]);
	modes.geometric = true;
	for (size_t i = 0; i < 4; i++) {
		m = map(oids[i], -1, false);
		has_schema(&m, GEOMETRY2);
		assert_true(m.missing.kind == VALUE_STRUCT && m.missing.len == 3);
		m = map(oids[i + 6], -1, true);
		has_schema(&m, "{\"type\":\"array\",\"items\":" GEOMETRY2 "," OPT "}");
	}
	m = map(718, -1, false);
	has_schema(&m, GEO("{\"type\":\"struct\",\"fields\":[" D("x") "," D("y") ","
		"{\"type\":\"bytes\"," OPT ",\"field\":\"wkb\"},"
		I32 OPT ",\"field\":\"srid\"}],\"optional\":false,"
		NAME("io.debezium.data.geometry.Point") ",\"doc\":\"Geometry (POINT)\","
		"\"field\":\"center\"}," D("radius"), "Circle", "1", "Geometry (CIRCLE)"));
	m = map(628, -1, false);
	has_schema(&m, GEO(D("a") "," D("b") "," D("c"), "Line", "1", "Geometry (LINE)"));
	stands_in(628, -1, "{0.0f,1.0f,0.0f}", "null");
	/* The one array that has no commas. */
	m = map(1020, -1, true);
	check(m.conv, "{(1,1),(0,0);NULL}", "[{x'0103000000010000000500000000000000000"
		"0f03f000000000000f03f000000000000f03f0000000000000000"
		"00000000000000000000000000000000" "0000000000000000000000000000f03f"
		"000000000000f03f000000000000f03f',null,<\"type\":\"box\">},null]");
	modes.geometric = false;
	modes.include_unknown = true;
	m = map(603, -1, true);
	has_schema(&m, "{\"type\":\"bytes\"," OPT "}");
	m = map(1020, -1, true);
	has_schema(&m, "{\"type\":\"array\",\"items\":{\"type\":\"bytes\"," OPT "}," OPT "}");
}

#define I8(f) "{\"type\":\"int8\"," OPT ",\"field\":\"" f "\"}"
#define PART(type, f) type OPT ",\"field\":\"" f "\"}"
#define STRUCTURED(fields, name) "{\"type\":\"struct\",\"fields\":[" fields "]," OPT "," NAME(name) "}"

/* As Debezium 3.7 has them. */
static void
structured_times(void **state)
{
	(void)state;
	modes.time = TIME_STRUCTURED;
	modes.interval = INTERVAL_STRING;
	maps(1082, -1, STRUCTURED(PART(I32, "year") "," I8("month") "," I8("day") ","
		PART(STR, "specialValue"), "io.debezium.time.StructuredDate"),
		"2020-02-03", "{2020,2,3,null}");
	maps(1083, 3, STRUCTURED(I8("hour") "," I8("minute") "," I8("second") ","
		PART(I32, "nanos") "," PART(I32, "precision"),
		"io.debezium.time.StructuredTime"),
		"01:02:03.004", "{1,2,3,4000000,3}");
	maps(1266, -1, STRUCTURED(I8("hour") "," I8("minute") "," I8("second") ","
		PART(I32, "nanos") "," PART(I32, "offsetSeconds") "," PART(I32, "precision"),
		"io.debezium.time.StructuredZonedTime"),
		"01:02:03-01", "{1,2,3,0,-3600,6}");
	maps(1114, 0, STRUCTURED(PART(I32, "year") "," I8("month") "," I8("day") ","
		I8("hour") "," I8("minute") "," I8("second") "," PART(I32, "nanos") ","
		PART(STR, "specialValue") "," PART(I32, "precision"),
		"io.debezium.time.StructuredTimestamp"),
		"2020-02-03 04:05:06", "{2020,2,3,4,5,6,0,null,0}");
	maps(1184, -1, STRUCTURED(PART(I32, "year") "," I8("month") "," I8("day") ","
		I8("hour") "," I8("minute") "," I8("second") "," PART(I32, "nanos") ","
		PART(I32, "offsetSeconds") "," PART(STR, "zoneId") ","
		PART(STR, "specialValue") "," PART(I32, "precision"),
		"io.debezium.time.StructuredZonedTimestamp"),
		"2020-02-03 04:05:06+00", "{2020,2,3,4,5,6,0,0,\"Z\",null,6}");
	maps(1186, 0x7fff0003, STRUCTURED(PART(I32, "years") "," PART(I32, "months") ","
		PART(I32, "days") "," PART(I32, "hours") "," PART(I32, "minutes") ","
		PART(I64, "seconds") "," PART(I32, "nanos") "," PART(I32, "precision"),
		"io.debezium.time.StructuredDuration"),
		"1 mon 00:00:01", "{0,1,0,0,0,1,0,3}");
	stands_in(1082, -1, "{1970,1,1,null}", "null");
	stands_in(1114, -1, "{1970,1,1,0,0,0,0,null,6}", "null");
	stands_in(1186, (4 << 16) | 0xffff, "{0,0,0,0,0,0,0,6}", "null");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers), TEST(precise_decimals), TEST(negative_scales),
		TEST(other_decimals), TEST(texts), TEST(bytes), TEST(bits),
		TEST(adaptive_times), TEST(connect_times), TEST(iso_times),
		TEST(fine_times), TEST(zoned_times), TEST(intervals),
		TEST(structured_times), TEST(geometric_types),
		TEST(geometries), TEST(hstores), TEST(vectors), TEST(enums),
		TEST(domains), TEST(arrays), TEST(oid_vectors), TEST(arrays_left_out),
		TEST(array_placeholders), TEST(unknown_types), TEST(names),
		TEST(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
