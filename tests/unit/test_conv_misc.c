#include "conv_test.h"
#include "conv_misc.h"
#include "conv_number.h"

static const struct conv number = { .fn = conv_number_float8 };
static const struct conv json = { .fn = conv_misc_hstore_json };
static const struct conv map = { .fn = conv_misc_hstore_map };
static const struct conv integer = { .fn = conv_number_int };
static const struct conv oids = { .fn = conv_misc_integers, .item = &integer };
static const struct conv vector = { .fn = conv_misc_vector, .item = &number };
static const struct conv sparse = {
	.fn = conv_misc_sparsevec, .item = &number,
};

static void
hstore_as_json(void **state)
{
	(void)state;
	check(&json, "\"key\"=>\"val\"", "\"{\"key\":\"val\"}\"");
	check(&json, "", "\"{}\"");
	check(&json, "\"a\"=>\"1\", \"b\"=>NULL, \"\"=>\"\"",
		"\"{\"a\":\"1\",\"b\":null,\"\":\"\"}\"");
	check(&json, "\"with space\"=>\"quote \\\" backslash \\\\ \xc3\xa9\"",
		"\"{\"with space\":\"quote \\\" backslash \\\\ \xc3\xa9\"}\"");
	check(&json, "\"c\"=>\"\b\t\n\f\r\x01\x1f\x7f/\"",
		"\"{\"c\":\"\\b\\t\\n\\f\\r\\u0001\\u001F\x7f/\"}\"");
	check(&json, "\"a, \\\"b\\\"=>\"=>\"NULL\"",
		"\"{\"a, \\\"b\\\"=>\":\"NULL\"}\"");
	starve(&json, "\"key\"=>\"val\"");
}

static void
hstore_as_map(void **state)
{
	(void)state;
	check(&map, "\"key\"=>\"val\"", "<\"key\":\"val\">");
	check(&map, "", "<>");
	check(&map, "\"a\"=>\"x \\\" \\\\\", \"b\\\"\"=>NULL",
		"<\"a\":\"x \" \\\",\"b\"\":null>");
	starve(&map, "\"k\\\"\"=>\"v\\\\\"");
}

static void
not_hstore(void **state)
{
	static const char *const bad[] = {
		"a=>1", "\"a\"", "\"a\"=>", "\"a\"=>1", "\"a\"=>\"1",
		"\"a\"=>\"1\",", "\"a\"=>\"1\" ", "\"a\"=>\"1\", ", "\"a",
		"\"a\\", "\"a\"=>\"1\"\"b\"=>\"2\"", "\"a\":\"1\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		refuse(&json, bad[i]);
		refuse(&map, bad[i]);
	}
}

static void
vectors(void **state)
{
	static const char *const bad[] = {
		"", "[", "[1", "1]", "[1,]", "[x]", "{1}",
	};

	(void)state;
	check(&vector, "[1,2,3]", "[1.0f,2.0f,3.0f]");
	check(&vector, "[-0.5]", "[-0.5f]");
	check(&vector, "[]", "[]");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refuse(&vector, bad[i]);
	starve(&vector, "[1]");
	check(&oids, "1 4294967295", "[1,4294967295]");
	check(&oids, "", "[]");
	refuse(&oids, "1  2");
	starve(&oids, "1 2");
}

static void
sparse_vectors(void **state)
{
	static const char *const bad[] = {
		"", "{1:2}", "{1:2}/", "/5", "}/5", "{/5", "{1}/5", "{1:}/5",
		"{:1}/5", "{x:1}/5", "{1:2}/x", "{1:2,}/5", "{1:2}/-5",
		"{1:2}/12345678901",
	};

	(void)state;
	check(&sparse, "{1:201,9:209}/3000", "{3000,<1:201.0f,9:209.0f>}");
	check(&sparse, "{}/5", "{5,<>}");
	check(&sparse, "{1:1}/32767", "{32767,<1:1.0f>}");
	check(&sparse, "{1:1}/32768", "null");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refuse(&sparse, bad[i]);
	starve(&sparse, "{1:1}/5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hstore_as_json),
		cmocka_unit_test(hstore_as_map),
		cmocka_unit_test(not_hstore),
		cmocka_unit_test(vectors),
		cmocka_unit_test(sparse_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
