/* log: one logfmt line per call, and no secrets in a connection string. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

static FILE *caught;
static int real_stderr;

/* What the test logs goes to a file. */
static int
setup(void **state)
{
	(void)state;
	caught = tmpfile();
	real_stderr = dup(STDERR_FILENO);
	dup2(fileno(caught), STDERR_FILENO);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	fclose(caught);
	log_set_level(LOG_LEVEL_INFO);
	return 0;
}

/* The text logged so far, behind the time of its first line. */
static const char *
logged(char *out, size_t size)
{
	size_t n;

	rewind(caught);
	n = fread(out, 1, size - 1, caught);
	out[n] = '\0';
	return n > 30 ? out + strlen("time=2026-01-02T03:04:05.678Z ") : out;
}

static void
a_line_has_time_level_message_and_fields(void **state)
{
	char text[1000];

	(void)state;
	log_warn("slot is in use", LOG_STR("slot", "pgwake"), LOG_INT("pid", -7),
		LOG_UINT("bytes", UINT64_MAX), LOG_LSN("lsn", 0x16B374D848));
	assert_string_equal(logged(text, sizeof(text)),
		"level=warn msg=\"slot is in use\" slot=pgwake pid=-7"
		" bytes=18446744073709551615 lsn=16/B374D848\n");
	assert_memory_equal(text, "time=2", 6);
	assert_int_equal(text[4 + 1 + 10], 'T');
	assert_int_equal(text[4 + 1 + 23], 'Z');
}

static void
values_are_quoted_when_they_must_be(void **state)
{
	char text[1000];

	(void)state;
	log_info("m", LOG_STR("a", ""), LOG_STR("b", "two words"),
		LOG_STR("c", "x=\"1\"\\"), LOG_STR("d", "line\nbreak\t\x01\x7f"),
		LOG_STR("e", NULL), LOG_SPAN("f", ((struct span){ "abcdef", 3 })),
		LOG_SPAN("g", ((struct span){ NULL, 0 })), LOG_STR("h", "größe"));
	assert_string_equal(logged(text, sizeof(text)),
		"level=info msg=\"m\" a=\"\" b=\"two words\" c=\"x=\\\"1\\\"\\\\\""
		" d=\"line\\nbreak\\t\\x01\\x7f\" e=\"\" f=abc g=\"\" h=größe\n");
}

static void
what_is_below_the_level_is_not_written(void **state)
{
	char text[1000];

	(void)state;
	log_debug("no");
	assert_string_equal(logged(text, sizeof(text)), "");
	assert_false(log_enabled(LOG_LEVEL_DEBUG));
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("no");
	log_error("yes");
	assert_string_equal(logged(text, sizeof(text)), "level=error msg=\"yes\"\n");
}

static void
a_long_value_is_cut_between_characters(void **state)
{
	static char text[8000], value[5000];

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(value); i += 2)
		memcpy(value + i, "ä", 2);
	memmove(value + 1, value, 4000);
	value[0] = 'x';		/* so that the limit falls inside one */
	log_info("m", LOG_STR("k", value), LOG_STR("after", "y"));
	logged(text, sizeof(text));
	assert_int_equal(strlen(text),
		strlen("time=2026-01-02T03:04:05.678Z level=info msg=\"m\" k= after=y\n") + 2047);
}

static void
a_line_is_bounded_and_stays_a_line(void **state)
{
	static char text[40000], value[2000];

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	log_info("m", LOG_STR("a", value), LOG_STR("b", value), LOG_STR("c", value),
		LOG_STR("d", value), LOG_STR("e", value), LOG_STR("f", value),
		LOG_STR("g", value), LOG_STR("h", value), LOG_STR("i", value),
		LOG_STR("last", "here"));
	logged(text, sizeof(text));
	assert_true(strlen(text) < 16400);
	assert_non_null(strstr(text, " h="));
	assert_null(strstr(text, " i="));
	assert_non_null(strstr(text, " last=here\n"));
}

static void
connection(const char *dsn, const char *expected)
{
	struct buf b;

	buf_init(&b, 1000);
	log_conninfo(&b, dsn);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, expected);
	buf_release(&b);
}

static void
a_connection_string_loses_its_secrets(void **state)
{
	(void)state;
	connection("host=db password='s3 cret' dbname=x", "password=*** dbname=x host=db");
	connection("postgresql://me:s3cret@db:5433/x?sslpassword=k",
		"user=me password=*** dbname=x host=db port=5433 sslpassword=***");
	connection("dbname='it''s' user=''", "(not a valid connection string)");
	connection("dbname='it\\'s' user=''", "user='' dbname='it\\'s'");
	connection("password=one two", "(not a valid connection string)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_has_time_level_message_and_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(values_are_quoted_when_they_must_be, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_below_the_level_is_not_written, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_value_is_cut_between_characters, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_is_bounded_and_stays_a_line, setup, teardown),
		cmocka_unit_test(a_connection_string_loses_its_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
