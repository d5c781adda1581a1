#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "name_list.h"

static void
assert_names(const char *text, const char *const *names, size_t count)
{
	char name[NAME_LIST_NAME_MAX];
	struct fail f = FAIL_INIT;

	for (size_t i = 0; i < count; i++) {
		assert_int_equal(name_list_next(&text, name, &f), 1);
		assert_string_equal(name, names[i]);
	}
	assert_int_equal(name_list_next(&text, name, &f), 0);
}

#define NAMES(text, ...) assert_names(text, (const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static void
names_are_taken_off(void **state)
{
	(void)state;
	NAMES("a", "a");
	NAMES("  Orders , two words,c ", "Orders", "two words", "c");
	NAMES("\"P, odd\",\"say \"\"hi\"\"\" , x", "P, odd", "say \"hi\"", "x");
	NAMES("\" blanks \"", " blanks ");
	assert_names("", NULL, 0);
	assert_names("   ", NULL, 0);
}

static void
length_is_limited(void **state)
{
	char text[80], name[NAME_LIST_NAME_MAX];
	const char *rest = text;
	struct fail f = FAIL_INIT;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[63] = '\0';
	assert_int_equal(name_list_next(&rest, name, &f), 1);
	assert_int_equal(strlen(name), 63);
	memset(text, 'x', sizeof(text));
	text[64] = '\0';
	rest = text;
	assert_int_equal(name_list_next(&rest, name, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.text, "63"));
}

static void
assert_bad(const char *text, const char *part)
{
	char name[NAME_LIST_NAME_MAX];
	struct fail f = FAIL_INIT;
	int rc;

	while ((rc = name_list_next(&text, name, &f)) == 1)
		;
	assert_int_equal(rc, -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	if (!strstr(f.text, part))
		fail_msg("%s", f.text);
}

static void
mistakes_are_told(void **state)
{
	(void)state;
	assert_bad("\"open", "double quote");
	assert_bad("\"open\"\"", "double quote");
	assert_bad("\"a\" b", "comma is missing before: b");
	assert_bad(",a", "empty");
	assert_bad("a,,b", "empty");
	assert_bad("\"\"", "empty");
	assert_bad("a, ", "last comma");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_taken_off),
		cmocka_unit_test(length_is_limited),
		cmocka_unit_test(mistakes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
