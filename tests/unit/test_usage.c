/* usage: help that fits a terminal, a configuration that reads back, a current reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "args.h"
#include "config.h"
#include "config_file.h"
#include "options.h"
#include "usage.h"

static struct buf out;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, 1 << 20);
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
help_fits_a_terminal(void **state)
{
	const char *p;

	(void)state;
	usage_help(&out);
	buf_putc(&out, '\0');
	for (p = out.p; *p; p += strcspn(p, "\n") + 1) {
		size_t len = strcspn(p, "\n");

		if (len > 80)
			fail_msg("%zu columns: %.*s", len, (int)len, p);
		assert_true(len == 0 || p[len - 1] != ' ');
	}
}

static void
help_names_every_flag_and_option(void **state)
{
	(void)state;
	usage_help(&out);
	buf_putc(&out, '\0');
	for (size_t i = 0; i < args_nflags; i++)
		assert_true(!args_flags[i].help == !strstr(out.p, args_flags[i].name));
	for (size_t i = 0; i < options_count; i++)
		assert_non_null(strstr(out.p, options[i].key));
}

static void
a_printed_configuration_reads_back(void **state)
{
	static const char text[] =
		"prefix = \"a\\\"b\";\npostgres: { dsn = \"host=h password=s3cret\";\n"
		"tables = ( \"x[.]\\\\w+\" ); create_slot = false; };\n"
		"kafka: { linger_ms = 5; socket_keepalive_enable = true; log_level = 7;\n"
		"sasl_password = \"s3cret\"; ssl_key_password = \"s3cret\"; client_id = \"x y\"; };\n"
		"format: { key_schemas = false; };\n";
	struct config *c = config_new(), *again = config_new();
	struct fail f = FAIL_INIT;
	struct buf second;

	(void)state;
	assert_int_equal(config_file_text(c, text, "x.conf", &f), 0);
	usage_config(&out, c);
	buf_putc(&out, '\0');
	assert_null(strstr(out.p, "s3cret"));
	assert_non_null(strstr(out.p, "prefix = \"a\\\"b\";                                # x.conf:1\n"));
	assert_non_null(strstr(out.p, "  socket_keepalive_enable = true;               # x.conf:4\n"));
	assert_non_null(strstr(out.p, "  ssl_key_password = \"***\";"));
	assert_non_null(strstr(out.p, "  slot = \"debezium\";                            # default\n"));
	assert_non_null(strstr(out.p, "  # password_file is not set\n"));
	if (config_file_text(again, out.p, "printed", &f) < 0)
		fail_msg("%s", f.text);
	assert_string_equal(again->prefix, "a\"b");
	assert_string_equal(again->postgres.tables.items[0], "x[.]\\w+");
	assert_false(again->postgres.create_slot);
	assert_false(again->format.key_schemas);
	assert_int_equal(again->kafka.nproperties, c->kafka.nproperties);
	buf_init(&second, 1 << 20);
	usage_config(&second, again);
	assert_true(second.len > 1000);
	buf_release(&second);
	config_free(c);
	config_free(again);
}

static void
versions_are_named(void **state)
{
	(void)state;
	usage_version(&out);
	buf_putc(&out, '\0');
	assert_memory_equal(out.p, "pgwake " PGWAKE_VERSION "\nlibpq ", strlen("pgwake " PGWAKE_VERSION "\nlibpq "));
	assert_non_null(strstr(out.p, "\nlibrdkafka "));
}

static void
the_reference_is_current(void **state)
{
	static char file[1 << 18];
	FILE *f = fopen("docs/OPTIONS.md", "r");
	size_t n;

	(void)state;
	assert_non_null(f);
	n = fread(file, 1, sizeof(file) - 1, f);
	fclose(f);
	usage_reference(&out);
	if (n != out.len || memcmp(file, out.p, n) != 0)
		fail_msg("docs/OPTIONS.md is not what the options table says: run make docs");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(help_fits_a_terminal, setup, teardown),
		cmocka_unit_test_setup_teardown(help_names_every_flag_and_option, setup, teardown),
		cmocka_unit_test_setup_teardown(a_printed_configuration_reads_back, setup, teardown),
		cmocka_unit_test_setup_teardown(versions_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(the_reference_is_current, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
