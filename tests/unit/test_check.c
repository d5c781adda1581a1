/* check: how what was found reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "check.h"

static struct buf out;
static struct check c;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, 1 << 16);
	c = (struct check){ .text = &out };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

static void
assert_text(const char *expected)
{
	buf_putc(&out, '\0');
	assert_false(out.failed);
	assert_string_equal(out.p, expected);
}

static void
lines_are_aligned_and_counted(void **state)
{
	(void)state;
	check_say(&c, CHECK_OK, "slot", "%s, %d", "s", 5);
	check_say(&c, CHECK_SKIP, "state record", "it is in Kafka");
	check_say(&c, CHECK_BAD, "a name that is long", "x");
	check_remedy(&c, "do %s", "that");
	check_end(&c);
	assert_text("ok    slot            s, 5\n"
		"skip  state record    it is in Kafka\n"
		"bad   a name that is long  x\n"
		"                      do that\n"
		"\n1 ok, 0 warnings, 1 problem, 1 not looked at\n");
}

static void
a_failure_is_split(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	fail_set(&f, FAIL_CONFIG, "wal_level is replica: set it: now");
	check_fail(&c, CHECK_BAD, "PostgreSQL", &f);
	fail_set(&f, FAIL_FATAL, "out of memory");
	check_fail(&c, CHECK_WARN, "table", &f);
	assert_text("bad   PostgreSQL      wal_level is replica\n"
		"                      set it: now\n"
		"warn  table           out of memory\n");
	assert_int_equal(c.counts[CHECK_BAD], 1);
	assert_int_equal(c.counts[CHECK_WARN], 1);
}

static void
a_finding_tells_what_it_is_about(void **state)
{
	const struct finding f = { .what = "odd", .remedy = "change it",
		.about = { LOG_SPAN("column", span_of("a b")), LOG_LSN("lsn", 0x100000020) } };
	const struct finding bare = { .what = "odd too", .remedy = "so be it" };
	struct check_subject table = { &c, "table", span_of("public.t") };
	struct check_subject server = { &c, "PostgreSQL", span_of("") };

	(void)state;
	check_finding(&table, &f);
	check_finding(&server, &bare);
	check_end(&c);
	assert_text("warn  table           public.t: odd (column \"a b\", lsn 1/20)\n"
		"                      change it\n"
		"warn  PostgreSQL      odd too\n"
		"                      so be it\n"
		"\n0 ok, 2 warnings, 0 problems\n");
}

static void
no_name_rewrites_the_terminal(void **state)
{
	(void)state;
	check_say(&c, CHECK_OK, "tables", "a\nb\033[2J\xff");
	check_remedy(&c, "DROP\rTABLE");
	assert_text("ok    tables          a?b?[2J?\n"
		"                      DROP?TABLE\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_are_aligned_and_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failure_is_split, setup, teardown),
		cmocka_unit_test_setup_teardown(a_finding_tells_what_it_is_about, setup, teardown),
		cmocka_unit_test_setup_teardown(no_name_rewrites_the_terminal, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
