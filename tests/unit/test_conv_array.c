#include "conv_test.h"
#include "conv_array.h"
#include "conv_number.h"
#include "conv_text.h"

static const struct conv text = { .fn = conv_text_string };
static const struct conv number = { .fn = conv_number_int };
static const struct conv texts = {
	.fn = conv_array, .item = &text, .delimiter = ',',
};
static const struct conv numbers = {
	.fn = conv_array, .item = &number, .delimiter = ',',
};
static const struct conv boxes = {
	.fn = conv_array, .item = &text, .delimiter = ';',
};

static void
elements(void **state)
{
	(void)state;
	check(&numbers, "{1,-2,32767}", "[1,-2,32767]");
	check(&numbers, "{}", "[]");
	check(&texts, "{one,\"two words\",\"quote \\\" comma , brace }\","
		"NULL,\"NULL\",\"\"}", "[\"one\",\"two words\","
		"\"quote \" comma , brace }\",null,\"NULL\",\"\"]");
	check(&texts, "{\"a\\\\b\",\"{c}\"}", "[\"a\\b\",\"{c}\"]");
	check(&texts, "{null,Null,NULLS,NUL,NULK}",
		"[null,null,\"NULLS\",\"NUL\",\"NULK\"]");
	check(&boxes, "{(1,2),(0,0);(3,4),(1,1)}",
		"[\"(1,2),(0,0)\",\"(3,4),(1,1)\"]");
}

static void
bounds(void **state)
{
	(void)state;
	check(&numbers, "[0:2]={1,2,3}", "[1,2,3]");
	check(&texts, "[2:3]={a,b}", "[\"a\",\"b\"]");
	check(&numbers, "[0:0][-1:1]={{1,2,3}}", "[null]");
	refuse(&numbers, "[0:2]{1}");
	refuse(&numbers, "[0:2");
}

/* One NULL per outer element: the schema has one level. */
static void
more_dimensions(void **state)
{
	(void)state;
	check(&numbers, "{{1,2},{3,4}}", "[null,null]");
	check(&texts, "{{a,\"}\\\"\"},{\"{\",b}}", "[null,null]");
	check(&numbers, "{{{1},{2}},{{3},{4}}}", "[null,null]");
	refuse(&numbers, "{{1,2}");
	refuse(&numbers, "{{1,2},{3");
	refuse(&texts, "{{\"a}}");
}

static void
refused(void **state)
{
	static const char *const bad[] = {
		"", "{", "}", "1,2", "{1,2", "{1,}", "{,1}", "{1}x", "{}x",
		"{\"a}", "{\"a\"b}", "{a\"b}", "{a\\", "{\"a\\", "{a{}",
		"{1;2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refuse(&texts, bad[i]);
	refuse(&numbers, "{1,x}");
}

static void
says_which_element(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(convert(&numbers, "{1,x}", 1 << 20, NULL, &f), -1);
	assert_non_null(strstr(f.text, "element 2"));
	starve(&numbers, "{1,2}");
	starve(&texts, "{\"a\\\\b\"}");
}

static const struct schema int_schema = { .type = SCHEMA_INT32, .optional = true };
static const struct schema text_schema = { .type = SCHEMA_STRING, .optional = true };
static const struct schema decimal_schema = { .type = SCHEMA_BYTES, .optional = true };
static const struct conv int_item = { .fn = conv_number_int, .schema = &int_schema };
static const struct conv text_item = { .fn = conv_text_string, .schema = &text_schema };
static const struct conv decimal_item = { .fn = conv_number_decimal, .scale = 2,
	.schema = &decimal_schema };
static const struct conv variable_item = { .fn = conv_number_variable,
	.schema = &decimal_schema };
static const struct conv ints = { .fn = conv_array, .item = &int_item, .delimiter = ',' };
static const struct conv strings = { .fn = conv_array, .item = &text_item, .delimiter = ',' };
static const struct conv decimals = { .fn = conv_array, .item = &decimal_item,
	.delimiter = ',' };
static const struct conv variables = { .fn = conv_array, .item = &variable_item,
	.delimiter = ',' };
static const struct conv json_ints = { .fn = conv_array_json, .item = &ints };
static const struct conv json_strings = { .fn = conv_array_json, .item = &strings };
static const struct conv json_decimals = { .fn = conv_array_json, .item = &decimals };
static const struct conv json_variables = { .fn = conv_array_json, .item = &variables };

static void
json_of_any_dimension(void **state)
{
	(void)state;
	check(&json_ints, "{}", "\"[]\"");
	check(&json_ints, "{1,NULL,-3}", "\"[1,null,-3]\"");
	check(&json_ints, "{{1,2},{3,NULL}}", "\"[[1,2],[3,null]]\"");
	check(&json_ints, "[0:1][2:3]={{1,2},{3,4}}", "\"[[1,2],[3,4]]\"");
	check(&json_ints, "{{{1}},{{2}}}", "\"[[[1]],[[2]]]\"");
	check(&json_strings, "{{a,\"b \\\"c\\\" ,}\"},{NULL,\"NULL\"}}",
		"\"[[\"a\",\"b \\\"c\\\" ,}\"],[null,\"NULL\"]]\"");
	/* Decimals are numbers, whatever the modes. */
	check(&json_decimals, "{{1.10},{-2.5}}", "\"[[1.10],[-2.50]]\"");
	check(&json_variables, "{{1.10},{NULL},{NaN},{-Infinity}}",
		"\"[[1.10],[null],[\"NaN\"],[\"-Infinity\"]]\"");
}

static void
not_json(void **state)
{
	static const char *const bad[] = { "", "{", "{1", "{{1},{2}", "{1}}", "{{1 2}{3}}",
		"{{1},{x}}", "{{{{{{{{{{{{{{{{{1}}}}}}}}}}}}}}}}}" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuse(&json_decimals, bad[i]);
	starve(&json_strings, "{{a,b},{\"c\\\"\",d}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements),
		cmocka_unit_test(bounds),
		cmocka_unit_test(more_dimensions),
		cmocka_unit_test(refused),
		cmocka_unit_test(says_which_element),
		cmocka_unit_test(json_of_any_dimension),
		cmocka_unit_test(not_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
