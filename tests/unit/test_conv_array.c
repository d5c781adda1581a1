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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements),
		cmocka_unit_test(bounds),
		cmocka_unit_test(more_dimensions),
		cmocka_unit_test(refused),
		cmocka_unit_test(says_which_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
