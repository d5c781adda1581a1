#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "table.h"

static void
assert_prints(const struct table *t, const char *expected)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	table_print(t, &out);
	buf_putc(&out, '\0');
	assert_false(out.failed);
	assert_string_equal(out.p, expected);
	buf_release(&out);
}

static void
aligns_columns(void **state)
{
	static const struct table_column columns[] = {
		{ "NAME", false }, { "SIZE", true }, { "NOTE", false },
	};
	static const char *const cells[] = {
		"a", "1 B", "", "longer", "1023 kB", "x", "", "", "y",
	};
	struct table *t = table_new(columns, 3);

	(void)state;
	for (size_t i = 0; i < 9; i++)
		table_put(t, cells[i]);
	table_put(t, "an unfinished row is left out");
	assert_prints(t,
		"NAME       SIZE  NOTE\n"
		"a           1 B\n"
		"longer  1023 kB  x\n"
		"                 y\n");
	table_free(t);
}

static void
knows_widths(void **state)
{
	static const struct table_column columns[] = {
		{ NULL, false }, { NULL, false },
	};
	struct table *t = table_new(columns, 2);

	(void)state;
	table_put(t, "\xe5\xae\xa2\xe6\x88\xb7");	/* two wide characters */
	table_put(t, "|");
	table_put(t, "e\xcc\x81" "e");			/* combining accent */
	table_put(t, "|");
	table_put(t, "\xf0\x9f\x90\x98");		/* an elephant */
	table_put(t, NULL);
	table_put(t, "four");
	table_put(t, "|");
	assert_prints(t,
		"\xe5\xae\xa2\xe6\x88\xb7  |\n"
		"e\xcc\x81" "e    |\n"
		"\xf0\x9f\x90\x98\n"
		"four  |\n");
	table_free(t);
	table_free(NULL);
	assert_int_equal(table_width("\xc3\xa9t\xc3\xa9"), 3);
	assert_int_equal(table_width(""), 0);
}

/* What a name must not do to a terminal, and bytes that are not UTF-8. */
static void
cleans_text(void **state)
{
	static const struct { const char *text, *clean; } cases[] = {
		{ "plain \xc3\xa9", "plain \xc3\xa9" },
		{ "\x1b[2J", "?[2J" }, { "a\nb\tc\r", "a?b?c?" }, { "\x7f", "?" },
		{ "\xc2\x9b" "2J", "?2J" },
		{ "\xe2\x80\xae" "abc", "?abc" },
		{ "\xff\xfe", "??" }, { "\xc3", "?" }, { "\xe5\xae", "??" },
		{ "\xc0\x80", "??" }, { "\xed\xa0\x80", "???" },
		{ "\xf4\x90\x80\x80", "????" }, { "\xe0\x80\x80", "???" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_reset(&out);
		table_put_clean(&out, cases[i].text);
		assert_int_equal(table_width(cases[i].text),
			table_width(cases[i].clean));
		buf_putc(&out, '\0');
		assert_string_equal(out.p, cases[i].clean);
	}
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligns_columns),
		cmocka_unit_test(knows_widths),
		cmocka_unit_test(cleans_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
