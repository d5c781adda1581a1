/* args: the command line, its flags and which of them go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "args.h"

#define PARSE(a, f, ...) parse(a, f, (const char *[]){ "pgwake", __VA_ARGS__ __VA_OPT__(,) NULL })

static int
parse(struct args *a, struct fail *f, const char *const *argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return args_parse(a, argc, (char **)argv, f);
}

static void
a_run_takes_file_and_settings(void **state)
{
	struct fail f = FAIL_INIT;
	struct args a;

	(void)state;
	assert_int_equal(PARSE(&a, &f, "-c", "x.conf", "-o", "a=b", "--stdout", "-o", "c=d"), 0);
	assert_int_equal(a.command, ARGS_RUN);
	assert_string_equal(a.file, "x.conf");
	assert_int_equal(a.nsettings, 2);
	assert_string_equal(a.settings[1], "c=d");
	assert_true(a.to_stdout);
	args_release(&a);
	assert_int_equal(PARSE(&a, &f), 0);
	assert_int_equal(a.command, ARGS_RUN);
	assert_null(a.file);
	assert_false(a.to_stdout);
	args_release(&a);
}

static void
lag_has_flags_of_its_own(void **state)
{
	struct fail f = FAIL_INIT;
	struct args a;

	(void)state;
	assert_int_equal(PARSE(&a, &f, "--lag"), 0);
	assert_int_equal(a.command, ARGS_LAG);
	assert_int_equal(a.lag.max_lag_bytes, -1);
	assert_false(a.lag.json || a.lag.watch || a.lag.all);
	args_release(&a);
	assert_int_equal(PARSE(&a, &f, "--lag", "--watch", "--json", "--all", "--max-lag", "1GB"), 0);
	assert_true(a.lag.json && a.lag.watch && a.lag.all);
	assert_int_equal(a.lag.max_lag_bytes, 1 << 30);
	args_release(&a);
	assert_int_equal(PARSE(&a, &f, "--max-lag=500MB", "--lag"), 0);
	assert_int_equal(a.lag.max_lag_bytes, 500 << 20);
	args_release(&a);
}

static void
import_takes_a_file(void **state)
{
	struct fail f = FAIL_INIT;
	struct args a;

	(void)state;
	assert_int_equal(PARSE(&a, &f, "--import-debezium", "c.json", "--force"), 0);
	assert_int_equal(a.command, ARGS_IMPORT);
	assert_string_equal(a.connector, "c.json");
	assert_true(a.force);
	args_release(&a);
	assert_int_equal(PARSE(&a, &f, "--import-debezium=-"), 0);
	assert_string_equal(a.connector, "-");
	args_release(&a);
}

static void
a_check_may_be_of_a_run_that_prints(void **state)
{
	struct fail f = FAIL_INIT;
	struct args a;

	(void)state;
	assert_int_equal(PARSE(&a, &f, "-c", "x.conf", "--check"), 0);
	assert_int_equal(a.command, ARGS_CHECK);
	assert_false(a.to_stdout);
	args_release(&a);
	assert_int_equal(PARSE(&a, &f, "--stdout", "--check"), 0);
	assert_int_equal(a.command, ARGS_CHECK);
	assert_true(a.to_stdout);
	args_release(&a);
}

static void
other_commands(void **state)
{
	struct fail f = FAIL_INIT;
	struct args a;

	(void)state;
	assert_int_equal(PARSE(&a, &f, "--print-config"), 0);
	assert_int_equal(a.command, ARGS_PRINT_CONFIG);
	args_release(&a);
	assert_int_equal(PARSE(&a, &f, "--print-reference"), 0);
	assert_int_equal(a.command, ARGS_PRINT_REFERENCE);
	args_release(&a);
	assert_int_equal(PARSE(&a, &f, "--version"), 0);
	assert_int_equal(a.command, ARGS_VERSION);
	args_release(&a);
	assert_int_equal(PARSE(&a, &f, "--lag", "--stdout", "--help"), 0);
	assert_int_equal(a.command, ARGS_HELP);
	args_release(&a);
	assert_int_equal(PARSE(&a, &f, "-h"), 0);
	assert_int_equal(a.command, ARGS_HELP);
	args_release(&a);
}

#define REFUSED(message, ...) \
	do { \
		struct fail f = FAIL_INIT; \
		struct args a; \
		assert_int_equal(PARSE(&a, &f, __VA_ARGS__), -1); \
		assert_string_equal(f.text, message); \
		assert_int_equal(f.kind, FAIL_CONFIG); \
		args_release(&a); \
	} while (0)

static void
mistakes_are_told(void **state)
{
	static char longest[300];

	(void)state;
	REFUSED("there is no flag --hepl; did you mean --help?", "--hepl");
	REFUSED("there is no flag --max-leg; did you mean --max-lag?", "--max-leg=5");
	REFUSED("there is no flag --nothing-like-it; pgwake --help lists them", "--nothing-like-it");
	REFUSED("there is no flag --; pgwake --help lists them", "--");
	REFUSED("there is no flag -; pgwake --help lists them", "-");
	REFUSED("\"x.conf\" is not a flag; a configuration file is given with -c", "x.conf");
	REFUSED("\"\" is not a flag; a configuration file is given with -c", "");
	REFUSED("-c needs a value: -c FILE", "-c");
	REFUSED("-c needs a value: -c FILE", "-c", "");
	REFUSED("-o needs a value: -o KEY=VALUE", "--lag", "-o");
	REFUSED("--import-debezium needs a value: --import-debezium FILE",
		"--import-debezium", "--force", "c.json");
	REFUSED("--lag takes no value", "--lag=5");
	REFUSED("--max-lag lots is not a size; write it as 500MB or 1GB", "--lag", "--max-lag", "lots");
	REFUSED("--watch goes with --lag only", "--watch");
	REFUSED("--max-lag goes with --lag only", "--max-lag", "5");
	REFUSED("--force goes with --import-debezium only", "--force");
	REFUSED("--stdout and --lag cannot be used together", "--lag", "--stdout");
	REFUSED("--check and --lag cannot be used together", "--lag", "--check");
	REFUSED("--lag and --import-debezium cannot be used together",
		"--import-debezium", "x", "--lag");
	memset(longest, '-', sizeof(longest) - 1);
	{
		struct fail f = FAIL_INIT;
		struct args a;

		assert_int_equal(PARSE(&a, &f, longest), -1);
		args_release(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_takes_file_and_settings),
		cmocka_unit_test(lag_has_flags_of_its_own),
		cmocka_unit_test(import_takes_a_file),
		cmocka_unit_test(a_check_may_be_of_a_run_that_prints),
		cmocka_unit_test(other_commands),
		cmocka_unit_test(mistakes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
