#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fail.h"

static void
sets_kind_and_text(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(f.kind, FAIL_NONE);
	assert_int_equal(fail_set(&f, FAIL_CONFIG, "key %s, line %d", "x", 3), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(f.text, "key x, line 3");
}

static void
nobody_is_told(void **state)
{
	(void)state;
	assert_int_equal(fail_set(NULL, FAIL_RETRY, "lost"), -1);
	assert_int_equal(fail_context(NULL, "nowhere"), -1);
}

static void
context_goes_in_front(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	fail_set(&f, FAIL_LOST, "slot is gone");
	assert_int_equal(fail_context(&f, "table %s", "public.t"), -1);
	assert_int_equal(f.kind, FAIL_LOST);
	assert_string_equal(f.text, "table public.t: slot is gone");
	fail_context(&f, "start");
	assert_string_equal(f.text, "start: table public.t: slot is gone");
}

static void
old_text_may_be_an_argument(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	fail_set(&f, FAIL_RETRY, "refused");
	fail_set(&f, FAIL_FATAL, "%s (%s)", f.text, "3 times");
	assert_string_equal(f.text, "refused (3 times)");
	fail_context(&f, "%s", f.text);
	assert_string_equal(f.text, "refused (3 times): refused (3 times)");
}

static void
text_is_one_line(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	fail_set(&f, FAIL_RETRY, "%s", "FATAL:  no\n\tsuch \001slot \r\n");
	assert_string_equal(f.text, "FATAL:  no  such  slot");
	fail_set(&f, FAIL_RETRY, "%s", "\n\n");
	assert_string_equal(f.text, "");
}

static void
long_text_is_cut(void **state)
{
	struct fail f = FAIL_INIT;
	char text[3 * FAIL_TEXT_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	fail_set(&f, FAIL_RETRY, "%s", text);
	assert_int_equal(strlen(f.text), FAIL_TEXT_MAX - 1);
	fail_context(&f, "where");
	assert_int_equal(strlen(f.text), FAIL_TEXT_MAX - 1);
	assert_memory_equal(f.text, "where: xxx", 10);
	fail_context(&f, "%s", text);
	assert_int_equal(strlen(f.text), FAIL_TEXT_MAX - 1);
	assert_int_equal(f.text[FAIL_TEXT_MAX - 2], 'x');
	text[FAIL_TEXT_MAX - 1] = '\0';
	fail_set(&f, FAIL_RETRY, "%s", text);
	assert_string_equal(f.text, text);
}

/* Cuts `character` after each of its bytes; what is left must be whole. */
static void
cut_inside(const char *character, size_t size)
{
	struct fail f = FAIL_INIT;
	char text[2 * FAIL_TEXT_MAX];

	for (size_t part = 0; part <= size; part++) {
		size_t before = FAIL_TEXT_MAX - 1 - part;

		memset(text, 'x', before);
		strcpy(text + before, character);
		strcat(text, "and more");
		fail_set(&f, FAIL_RETRY, "%s", text);
		assert_int_equal(strlen(f.text),
			part == size ? before + size : before);
		if (part == 0)
			continue;
		memset(f.text, 'x', before - 3);
		strcpy(f.text + before - 3, character);
		fail_context(&f, "c");
		assert_int_equal(strlen(f.text),
			part == size ? before + size : before);
	}
}

static void
characters_are_not_cut(void **state)
{
	struct fail f = FAIL_INIT;
	char text[2 * FAIL_TEXT_MAX];

	(void)state;
	cut_inside("\xc3\xa4", 2);
	cut_inside("\xe2\x82\xac", 3);
	cut_inside("\xf0\x9f\x98\x80", 4);
	/* not UTF-8 at all: cut as it is */
	memset(text, '\x80', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	fail_set(&f, FAIL_RETRY, "%s", text);
	assert_int_equal(strlen(f.text), FAIL_TEXT_MAX - 1);
}

static void
text_that_cannot_be_formatted_is_empty(void **state)
{
	struct fail f = FAIL_INIT;
	const wchar_t bad[] = { (wchar_t)0x7fffffff, 0 };

	(void)state;
	assert_int_equal(fail_set(&f, FAIL_FATAL, "%ls", bad), -1);
	assert_int_equal(f.kind, FAIL_FATAL);
	assert_string_equal(f.text, "");
}

static void
kinds_have_names(void **state)
{
	(void)state;
	assert_string_equal(fail_kind_name(FAIL_NONE), "none");
	assert_string_equal(fail_kind_name(FAIL_RETRY), "retry");
	assert_string_equal(fail_kind_name(FAIL_FATAL), "fatal");
	assert_string_equal(fail_kind_name(FAIL_PROTOCOL), "protocol");
	assert_string_equal(fail_kind_name(FAIL_CONFIG), "config");
	assert_string_equal(fail_kind_name(FAIL_LOST), "lost");
	assert_string_equal(fail_kind_name((enum fail_kind)6), "none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_kind_and_text),
		cmocka_unit_test(nobody_is_told),
		cmocka_unit_test(context_goes_in_front),
		cmocka_unit_test(old_text_may_be_an_argument),
		cmocka_unit_test(text_is_one_line),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(characters_are_not_cut),
		cmocka_unit_test(text_that_cannot_be_formatted_is_empty),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests_name("fail", tests, NULL, NULL);
}
