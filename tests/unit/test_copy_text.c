#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "copy_text.h"

#define MANY 1600	/* MaxHeapAttributeNumber */

/* Parses `line` from a heap block of its own size, so that ASan sees any step outside. */
static char *
parse(struct span line, uint16_t ncols, struct pgoutput_value *cols, int result,
	struct fail *f)
{
	char *copy = malloc(line.len ? line.len : 1);

	assert_non_null(copy);
	memcpy(copy, line.p, line.len);
	*f = (struct fail)FAIL_INIT;
	assert_int_equal(copy_text_row(copy, line.len, ncols, cols, f), result);
	return copy;
}

static void
assert_value(const struct pgoutput_value *v, struct span expected)
{
	if (!expected.p) {
		assert_int_equal(v->kind, PGOUTPUT_NULL);
		assert_null(v->p);
		assert_int_equal(v->len, 0);
		return;
	}
	assert_int_equal(v->kind, PGOUTPUT_TEXT);
	assert_non_null(v->p);
	assert_int_equal(v->len, expected.len);
	assert_memory_equal(v->p, expected.p, expected.len);
}

/* The row must have the values named, NULL for \N. */
static void
check_row(struct span line, const struct span *expected, uint16_t ncols)
{
	struct pgoutput_value cols[8];
	struct fail f;
	char *copy = parse(line, ncols, cols, 0, &f);

	for (uint16_t i = 0; i < ncols; i++)
		assert_value(&cols[i], expected[i]);
	assert_int_equal(f.kind, FAIL_NONE);
	free(copy);
}

#define ROW(line, ...) do { \
	const struct span values[] = { __VA_ARGS__ }; \
	check_row((struct span)SPAN(line), values, sizeof(values) / sizeof(*values)); \
} while (0)
#define TEXT(text) SPAN(text)
#define NONE { NULL, 0 }

static void
check_refused(struct span line, uint16_t ncols, const char *message)
{
	struct pgoutput_value cols[8];
	struct fail f;

	free(parse(line, ncols, cols, -1, &f));
	assert_int_equal(f.kind, FAIL_PROTOCOL);
	assert_string_equal(f.text, message);
}

#define REFUSED(line, ncols, message) \
	check_refused((struct span)SPAN(line), ncols, message)
#define NOT_A_LINE "COPY sent a row that is not one line"
#define COUNT(n) "COPY sent a row that does not have the " n " columns asked for"
#define ESCAPE "COPY sent an escape that is not of its text format"

static void
plain_values(void **state)
{
	(void)state;
	ROW("1\n", TEXT("1"));
	ROW("1\ttwo\t3.50\n", TEXT("1"), TEXT("two"), TEXT("3.50"));
	ROW("\xc3\xa9\t\x01\x7f\n", TEXT("\xc3\xa9"), TEXT("\x01\x7f"));
}

static void
empty_and_null(void **state)
{
	(void)state;
	ROW("\n", TEXT(""));
	ROW("\\N\n", NONE);
	ROW("\t\t\n", TEXT(""), TEXT(""), TEXT(""));
	ROW("\\N\t\t\\N\n", NONE, TEXT(""), NONE);
	ROW("a\t\\N\n", TEXT("a"), NONE);
	/* Not alone in its field, or the text \N: no NULL. */
	ROW("\\\\N\n", TEXT("\\N"));
	ROW("N\t\\\\\n", TEXT("N"), TEXT("\\"));
	REFUSED("\\Nx\n", 1, ESCAPE);
	REFUSED("x\\N\n", 1, ESCAPE);
}

static void
no_columns(void **state)
{
	struct pgoutput_value untouched = { "x", 1, PGOUTPUT_TEXT };
	struct fail f;

	(void)state;
	free(parse((struct span)SPAN("\n"), 0, &untouched, 0, &f));
	assert_int_equal(untouched.kind, PGOUTPUT_TEXT);
	REFUSED("x\n", 0, COUNT("0"));
	REFUSED("\t\n", 0, COUNT("0"));
	REFUSED("\\N\n", 0, COUNT("0"));
}

static void
every_escape(void **state)
{
	(void)state;
	ROW("\\b\\f\\n\\r\\t\\v\\\\\n", TEXT("\b\f\n\r\t\v\\"));
	ROW("\\b\n", TEXT("\b"));
	ROW("x\\f\n", TEXT("x\f"));
	ROW("\\ny\n", TEXT("\ny"));
	ROW("a\\rb\\tc\n", TEXT("a\rb\tc"));
	ROW("a\\tb\tc\\vd\n", TEXT("a\tb"), TEXT("c\vd"));
	ROW("plain\t\\\\x00ff\tplain\n", TEXT("plain"), TEXT("\\x00ff"), TEXT("plain"));
	ROW("\\\\\\\\\\\\\n", TEXT("\\\\\\"));
	ROW("\\\\n\n", TEXT("\\n"));
	ROW("\\\\x\\\\y\\\\z\n", TEXT("\\x\\y\\z"));
	ROW("ab\\\\cd\\nef\n", TEXT("ab\\cd\nef"));
}

/* `\.` as a value has its backslash doubled; bare it would be the end of data. */
static void
end_of_data(void **state)
{
	(void)state;
	ROW("\\\\.\n", TEXT("\\."));
	ROW("\\\\.\t1\n", TEXT("\\."), TEXT("1"));
	ROW(".\n", TEXT("."));
	REFUSED("\\.\n", 1, ESCAPE);
	REFUSED("\\.\t1\n", 2, ESCAPE);
}

static void
escapes_that_no_server_writes(void **state)
{
	(void)state;
	REFUSED("\\0\n", 1, ESCAPE);
	REFUSED("\\101\n", 1, ESCAPE);
	REFUSED("\\x41\n", 1, ESCAPE);
	REFUSED("\\q\n", 1, ESCAPE);
	REFUSED("\\\t\n", 2, ESCAPE);
	REFUSED("a\\\n", 1, ESCAPE);
	REFUSED("\\\n", 1, ESCAPE);
	REFUSED("\\\\\\\n", 1, ESCAPE);
	REFUSED("1\t\\a\t2\n", 3, ESCAPE);
}

static void
lines(void **state)
{
	(void)state;
	REFUSED("", 0, NOT_A_LINE);
	REFUSED("", 1, NOT_A_LINE);
	REFUSED("1", 1, NOT_A_LINE);
	REFUSED("\\", 1, NOT_A_LINE);
	REFUSED("1\n2\n", 1, NOT_A_LINE);
	REFUSED("\n\n", 0, NOT_A_LINE);
	REFUSED("1\n2", 1, NOT_A_LINE);
	REFUSED("\\\n\n", 1, NOT_A_LINE);
}

static void
number_of_columns(void **state)
{
	(void)state;
	REFUSED("1\n", 2, COUNT("2"));
	REFUSED("1\t2\n", 1, COUNT("1"));
	REFUSED("1\t2\t3\n", 2, COUNT("2"));
	REFUSED("\n", 2, COUNT("2"));
	REFUSED("\t\t\n", 2, COUNT("2"));
	REFUSED("\\N\n", 2, COUNT("2"));
	REFUSED("\\N\t\\n\n", 1, COUNT("1"));
	REFUSED("\\\\\t2\t3\n", 2, COUNT("2"));
}

/* What is read is the number of its column; every third is NULL when `nulls`. */
static void
many_columns(bool nulls)
{
	struct pgoutput_value *cols = calloc(MANY, sizeof(*cols));
	char *line = malloc(MANY * 8), *copy, number[8];
	struct fail f;
	size_t len = 0;

	assert_true(cols && line);
	for (int i = 0; i < MANY; i++)
		len += (size_t)sprintf(line + len, nulls && i % 3 == 0 ? "\\N\t" : "%d\t", i);
	line[len - 1] = '\n';
	copy = parse((struct span){ line, len }, MANY, cols, 0, &f);
	for (int i = 0; i < MANY; i++) {
		sprintf(number, "%d", i);
		assert_value(&cols[i], nulls && i % 3 == 0 ? (struct span){ NULL, 0 } :
			span_of(number));
	}
	free(copy);
	free(parse((struct span){ line, len }, MANY - 1, cols, -1, &f));
	free(line);
	free(cols);
}

static void
widest_table(void **state)
{
	(void)state;
	many_columns(false);
	many_columns(true);
}

/* A value of 8 MB whose every character was escaped, and one with a lone escape. */
static void
large_values(void **state)
{
	enum { SIZE = 8 << 20 };
	char *line = malloc(2 * SIZE + 1), *copy;
	struct pgoutput_value value;
	struct fail f;

	(void)state;
	assert_non_null(line);
	for (size_t i = 0; i < SIZE; i++)
		memcpy(line + 2 * i, "\\n", 2);
	line[2 * SIZE] = '\n';
	copy = parse((struct span){ line, 2 * SIZE + 1 }, 1, &value, 0, &f);
	assert_int_equal(value.len, SIZE);
	for (size_t i = 0; i < SIZE; i++)
		if (value.p[i] != '\n')
			fail_msg("byte %zu is %d", i, value.p[i]);
	free(copy);
	memset(line, 'f', 2 * SIZE);
	memcpy(line, "\\\\x", 3);
	copy = parse((struct span){ line, 2 * SIZE + 1 }, 1, &value, 0, &f);
	assert_int_equal(value.len, 2 * SIZE - 1);
	assert_memory_equal(value.p, "\\xff", 4);
	assert_int_equal(value.p[value.len - 1], 'f');
	free(copy);
	free(line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_values),
		cmocka_unit_test(empty_and_null),
		cmocka_unit_test(no_columns),
		cmocka_unit_test(every_escape),
		cmocka_unit_test(end_of_data),
		cmocka_unit_test(escapes_that_no_server_writes),
		cmocka_unit_test(lines),
		cmocka_unit_test(number_of_columns),
		cmocka_unit_test(widest_table),
		cmocka_unit_test(large_values),
	};

	return cmocka_run_group_tests_name("copy_text", tests, NULL, NULL);
}
