/* option_group: lists of groups, from files, -o and back into a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config.h"
#include "config_file.h"
#include "option_group.h"

static struct config *c;

static int
set_up(void **state)
{
	(void)state;
	c = config_new();
	return c ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	config_free(c);
	return 0;
}

static const struct option *
option(const char *key)
{
	return options_find("format", key);
}

static void
read_file(const char *text)
{
	struct fail f = FAIL_INIT;

	if (config_file_text(c, text, "x.conf", &f) < 0)
		fail_msg("%s", f.text);
}

static void
refuse_file(const char *text, const char *message)
{
	struct fail f = FAIL_INIT;

	assert_int_equal(config_file_text(c, text, "x.conf", &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(f.text, message);
}

static void
refuse_o(const char *assignment, const char *message)
{
	struct fail f = FAIL_INIT;

	assert_int_equal(config_set(c, assignment, "-o", &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(f.text, message);
}

static void
a_file_gives_a_list_of_groups(void **state)
{
	const struct config_mask *masks;

	(void)state;
	read_file("format: {\n"
		"  column_mask = ( { chars = 5; columns = \"public.t.a, public.t.b\"; },\n"
		"    { columns = ( \"c\", \"d{1,2}\" ); chars = 0; } );\n"
		"};\n");
	assert_int_equal(c->format.column_mask.count, 2);
	masks = c->format.column_mask.items;
	assert_int_equal(masks[0].chars, 5);
	assert_int_equal(masks[0].columns.count, 2);
	assert_string_equal(masks[0].columns.items[1], "public.t.b");
	assert_int_equal(masks[1].chars, 0);
	assert_int_equal(masks[1].columns.count, 2);
	assert_string_equal(masks[1].columns.items[1], "d{1,2}");
	assert_string_equal(option_value_origin(c, option("column_mask")), "x.conf:2");
}

static void
keys_have_defaults(void **state)
{
	const struct config_hash *hash;

	(void)state;
	read_file("format: { column_mask_hash = ( { algorithm = \"MD5\"; salt = \"s\"; "
		"columns = \"a\"; } ); };\n");
	hash = c->format.column_mask_hash.items;
	assert_int_equal(c->format.column_mask_hash.count, 1);
	assert_int_equal(hash->version, 2);
	assert_string_equal(hash->algorithm, "MD5");
	assert_string_equal(hash->salt, "s");
}

static void
what_is_read_later_takes_the_place(void **state)
{
	const struct config_mask *masks;
	struct fail f = FAIL_INIT;

	(void)state;
	read_file("format: { column_truncate = ( { chars = 5; columns = \"a\"; }, "
		"{ chars = 6; columns = \"b\"; } ); };\n");
	assert_int_equal(config_set(c, "format.column_truncate=( { chars = 7; "
		"columns = \"z\"; } )", "-o", &f), 0);
	assert_int_equal(c->format.column_truncate.count, 1);
	masks = c->format.column_truncate.items;
	assert_int_equal(masks[0].chars, 7);
	assert_string_equal(option_value_origin(c, option("column_truncate")), "-o");
	assert_int_equal(config_set(c, "format.column_truncate=()", "-o", &f), 0);
	assert_int_equal(c->format.column_truncate.count, 0);
}

static void
what_is_wrong_is_named_with_its_place(void **state)
{
	(void)state;
	refuse_file("format: {\n column_mask = ( { chars = 5; columns = \"a\"; },\n"
		"  { chars = 5; } );\n};\n",
		"x.conf:3: format.column_mask item 2: columns is missing");
	refuse_file("format: {\n column_mask = ( { chars = 5;\n columns = \"a\";\n colums = 1; } );\n};\n",
		"x.conf:4: format.column_mask item 1: colums is unknown; did you mean columns?");
	refuse_file("format: {\n column_mask = ( { chars = 5; columns = \"a\"; zzzzzzzzz = 1; } );\n};\n",
		"x.conf:2: format.column_mask item 1: zzzzzzzzz is unknown");
	refuse_file("format: {\n column_mask = ( { chars = -1; columns = \"a\"; } );\n};\n",
		"x.conf:2: format.column_mask item 1: chars must be a number from 0 to 1000000, "
		"not \"-1\"");
	refuse_file("format: {\n column_mask = ( { chars = \"5\"; columns = \"a\"; } );\n};\n",
		"x.conf:2: format.column_mask item 1: chars must be a number from 0 to 1000000");
	refuse_file("format: {\n column_mask = ( { chars = 5; columns = 1; } );\n};\n",
		"x.conf:2: format.column_mask item 1: columns must be a list of strings");
	refuse_file("format: {\n column_mask = ( { chars = 5; columns = ( \"a\", 1 ); } );\n};\n",
		"x.conf:2: format.column_mask item 1: columns must be a list of strings");
	refuse_file("format: {\n column_mask = ( \"a\" );\n};\n",
		"x.conf:2: format.column_mask item 1 must be a group: { ... }");
	refuse_file("format: {\n column_mask = \"a\";\n};\n",
		"x.conf:2: format.column_mask must be a list of groups { chars = a number from "
		"0 to 1000000; columns = a list of strings; }, not a string");
	refuse_o("format.column_mask=5", "-o: format.column_mask must be written as in a file: "
		"( { key = value; }, ... )");
	refuse_o("format.column_mask=( {", "-o: format.column_mask must be written as in a file: "
		"( { key = value; }, ... )");
	refuse_o("format.column_mask=( { chars = 5; } )",
		"-o: format.column_mask item 1: columns is missing");
}

/* What is printed can be read again. */
static void
the_way_back_is_a_file(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_false(option_value_put(&out, c, option("column_mask_hash")));
	read_file("format: { column_mask = (); column_mask_hash = ( { algorithm = \"SHA-1\"; "
		"salt = \"a\\\"b\"; version = 1; columns = ( \"x\", \"y\" ); }, "
		"{ algorithm = \"MD5\"; salt = \"\"; columns = \"z\"; } ); };\n");
	assert_true(option_value_put(&out, c, option("column_mask")));
	buf_putc(&out, '\0');
	assert_string_equal(out.p, "()");
	buf_reset(&out);
	assert_true(option_value_put(&out, c, option("column_mask_hash")));
	buf_putc(&out, '\0');
	assert_non_null(strstr(out.p, "salt = \"***\"; version = 1;"));
	assert_null(strstr(out.p, "a\\\"b"));
	buf_reset(&out);
	buf_put_str(&out, "format: { column_mask_hash = ");
	option_value_put_groups(&out, c, option("column_mask_hash"), true);
	buf_put_str(&out, "; };");
	buf_putc(&out, '\0');
	assert_string_equal(out.p, "format: { column_mask_hash = ( "
		"{ algorithm = \"SHA-1\"; salt = \"a\\\"b\"; version = 1; "
		"columns = ( \"x\", \"y\" ); }, "
		"{ algorithm = \"MD5\"; salt = \"\"; version = 2; columns = ( \"z\" ); } ); };");
	read_file(out.p);
	assert_int_equal(c->format.column_mask_hash.count, 2);
	buf_release(&out);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_file_gives_a_list_of_groups),
		TEST(keys_have_defaults),
		TEST(what_is_read_later_takes_the_place),
		TEST(what_is_wrong_is_named_with_its_place),
		TEST(the_way_back_is_a_file),
	};

	return cmocka_run_group_tests_name("option_group", tests, NULL, NULL);
}
