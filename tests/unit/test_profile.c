/* profile: settings become what the decoder works with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "loop.h"
#include "patterns.h"
#include "profile.h"

static const struct filter *const NO_TABLES = NULL;

static int
set_up(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	assert_non_null(c);
	assert_int_equal(config_set(c, "prefix=app", "test", &f), 0);
	assert_int_equal(config_set(c, "postgres.dsn=host=h", "test", &f), 0);
	assert_int_equal(config_set(c, "snapshot.mode=no_data", "test", &f), 0);
	*state = c;
	return 0;
}

static int
tear_down(void **state)
{
	config_free(*state);
	profile_free(NULL);
	return 0;
}

static void
set(struct config *c, const char *assignment)
{
	struct fail f = FAIL_INIT;

	if (config_set(c, assignment, "test", &f) == -1)
		fail_msg("%s", f.text);
}

/* The options of a finished config; the profile must be freed. */
static struct profile *
make(struct config *c)
{
	struct fail f = FAIL_INIT;
	struct profile *p;

	if (config_finish(c, &f) == -1)
		fail_msg("%s", f.text);
	p = profile_new(c, NO_TABLES, &f);
	if (!p || profile_set_database(p, "db", &f) == -1)
		fail_msg("%s", f.text);
	return p;
}

static const struct plan_options *
plan_of(const struct profile *p)
{
	return profile_change(p)->plan;
}

static void
defaults_are_those_of_debezium(void **state)
{
	struct profile *p = make(*state);
	const struct plan_options *o = plan_of(p);

	assert_true(span_is(o->prefix, "app"));
	assert_true(span_is(o->delimiter, "."));
	assert_true(span_is(o->database, "db"));
	assert_true(span_is(o->version, PGWAKE_VERSION));
	assert_true(o->key_schemas && o->value_schemas && o->header_schemas);
	assert_false(o->headers_json);
	assert_true(o->tombstones);
	assert_true(o->extended_headers);
	assert_null(o->columns);
	assert_false(o->json.decimal_numeric);
	assert_false(o->json.keep_null);
	assert_int_equal(o->types.decimal, DECIMAL_PRECISE);
	assert_true(span_is(o->types.unavailable, "__debezium_unavailable_value"));
	assert_string_equal(profile_change(p)->skipped, "t");
	assert_null(profile_change(p)->tables);
	assert_null(profile_change(p)->prefixes);
	profile_free(p);
}

static void
every_setting_arrives(void **state)
{
	struct config *c = *state;
	struct profile *p;
	const struct plan_options *o;

	set(c, "format.schemas=false");
	set(c, "format.key_schemas=true");
	set(c, "format.headers=json");
	set(c, "format.tombstones_on_delete=false");
	set(c, "format.extended_headers_enabled=false");
	set(c, "format.decimal_format=numeric");
	set(c, "format.decimal_handling_mode=string");
	set(c, "format.replace_null_with_default=false");
	set(c, "format.topic_delimiter=-");
	set(c, "format.skipped_operations=c,t");
	set(c, "format.unavailable_value_placeholder=gone");
	p = make(c);
	o = plan_of(p);
	assert_true(o->key_schemas);
	assert_false(o->value_schemas || o->header_schemas);
	assert_true(o->headers_json);
	assert_false(o->tombstones || o->extended_headers);
	assert_true(o->json.decimal_numeric && o->json.keep_null);
	assert_int_equal(o->types.decimal, DECIMAL_STRING);
	assert_true(span_is(o->delimiter, "-"));
	assert_true(span_is(o->types.unavailable, "gone"));
	assert_string_equal(profile_change(p)->skipped, "c,t");
	profile_free(p);
}

static void
none_is_no_operation(void **state)
{
	struct profile *p;

	set(*state, "format.skipped_operations=none");
	p = make(*state);
	assert_string_equal(profile_change(p)->skipped, "");
	profile_free(p);
}

static bool
column_passes(const struct profile *p, const char *name)
{
	return filter_pass(plan_of(p)->columns, span_of(name));
}

static void
columns_included(void **state)
{
	struct profile *p;

	set(*state, "format.column_include_list=public[.]t[.]id,public[.]u[.].*");
	p = make(*state);
	assert_true(column_passes(p, "public.t.id"));
	assert_false(column_passes(p, "public.t.v"));
	assert_true(column_passes(p, "public.u.v"));
	profile_free(p);
}

static void
columns_excluded(void **state)
{
	struct profile *p;

	set(*state, "format.column_exclude_list=public[.]t[.]id,public[.]u[.].*");
	p = make(*state);
	assert_false(column_passes(p, "public.t.id"));
	assert_true(column_passes(p, "public.t.v"));
	assert_false(column_passes(p, "public.u.v"));
	profile_free(p);
}

static void
prefixes_of_messages(void **state)
{
	struct profile *p;

	set(*state, "postgres.message_prefix_include_list=a.*");
	p = make(*state);
	assert_true(filter_pass(profile_change(p)->prefixes, span_of("ab")));
	assert_false(filter_pass(profile_change(p)->prefixes, span_of("b")));
	profile_free(p);
	tear_down(state);
	set_up(state);
	set(*state, "postgres.message_prefix_exclude_list=a.*");
	p = make(*state);
	assert_false(filter_pass(profile_change(p)->prefixes, span_of("ab")));
	assert_true(filter_pass(profile_change(p)->prefixes, span_of("b")));
	profile_free(p);
}

static void
a_pattern_that_is_wrong_is_named_with_its_key(void **state)
{
	static const char *const keys[] = { "format.column_include_list",
		"format.column_exclude_list",
		"postgres.message_prefix_include_list",
		"postgres.message_prefix_exclude_list" };
	struct fail f = FAIL_INIT;
	char assignment[100];

	for (int i = 0; i < 4; i++) {
		struct config *c;

		tear_down(state);
		set_up(state);
		c = *state;
		snprintf(assignment, sizeof assignment, "%s=public[.]t[", keys[i]);
		set(c, assignment);
		assert_int_equal(config_finish(c, &f), 0);
		assert_null(profile_new(c, NO_TABLES, &f));
		assert_int_equal(f.kind, FAIL_CONFIG);
		assert_memory_equal(f.text, keys[i], strlen(keys[i]));
		assert_non_null(strstr(f.text, "public[.]t["));
	}
}

/* Each converter of Connect has its own; a key's follow the values' here. */
static void
keys_and_headers_have_json_of_their_own(void **state)
{
	struct profile *p;

	set(*state, "format.decimal_format=numeric");
	set(*state, "format.replace_null_with_default=false");
	set(*state, "format.headers=json");
	p = make(*state);
	assert_true(plan_of(p)->key_json.decimal_numeric);
	assert_true(plan_of(p)->key_json.keep_null);
	assert_false(plan_of(p)->link_json.decimal_numeric);
	assert_false(plan_of(p)->link_json.keep_null);
	profile_free(p);
	set(*state, "format.key_decimal_format=base64");
	set(*state, "format.key_replace_null_with_default=true");
	set(*state, "format.header_decimal_format=numeric");
	set(*state, "format.header_replace_null_with_default=false");
	p = make(*state);
	assert_false(plan_of(p)->key_json.decimal_numeric);
	assert_false(plan_of(p)->key_json.keep_null);
	assert_true(plan_of(p)->link_json.decimal_numeric);
	assert_true(plan_of(p)->link_json.keep_null);
	profile_free(p);
	/* As text, a header is what Connect's simple converter makes of it. */
	set(*state, "format.headers=simple");
	set(*state, "format.header_decimal_format=base64");
	p = make(*state);
	assert_true(plan_of(p)->link_json.decimal_numeric);
	assert_false(plan_of(p)->link_json.keep_null);
	profile_free(p);
}

static void
filters_of_lists(void **state)
{
	char one[] = "a", bad[] = "(";
	char *items[] = { one };
	struct config_list list = { items, 0 };
	struct filter *filter = (struct filter *)1;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(patterns_filter(&list, "the.key", &filter, &f), 0);
	assert_null(filter);
	list.count = 1;
	assert_int_equal(patterns_filter(&list, "the.key", &filter, &f), 0);
	assert_true(filter_pass(filter, span_of("A")));
	assert_false(filter_pass(filter, span_of("b")));
	filter_free(filter);
	items[0] = bad;
	assert_int_equal(patterns_filter(&list, "the.key", &filter, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_memory_equal(f.text, "the.key: ", 9);
}

/* RFC 9562, version 7: Unix milliseconds first, then version, variant and chance. */
static void
each_run_has_its_id(void **state)
{
	uint64_t before = (uint64_t)loop_unix_ns() / 1000000, after;
	struct profile *p = make(*state), *q = make(*state);
	struct span id = plan_of(p)->run_id, other = plan_of(q)->run_id;
	unsigned long long high, low;

	after = (uint64_t)loop_unix_ns() / 1000000;
	assert_int_equal(id.len, 36);
	for (size_t i = 0; i < id.len; i++)
		assert_non_null(strchr(i == 8 || i == 13 || i == 18 || i == 23 ?
			"-" : i == 14 ? "7" : i == 19 ? "89ab" :
			"0123456789abcdef", id.p[i]));
	assert_int_equal(sscanf(id.p, "%8llx-%4llx", &high, &low), 2);
	assert_in_range(high << 16 | low, before, after);
	assert_false(span_eq(id, other));
	profile_free(p);
	profile_free(q);
}

/* The name of the database is given by a connection that does not last. */
static void
the_database_is_copied(void **state)
{
	char name[] = "shop";
	struct fail f = FAIL_INIT;
	struct profile *p;

	assert_int_equal(config_finish(*state, &f), 0);
	p = profile_new(*state, NO_TABLES, &f);
	assert_non_null(p);
	assert_int_equal(profile_set_database(p, name, &f), 0);
	memset(name, '#', 4);
	assert_true(span_is(plan_of(p)->database, "shop"));
	profile_free(p);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(defaults_are_those_of_debezium),
		TEST(every_setting_arrives),
		TEST(none_is_no_operation),
		TEST(columns_included),
		TEST(columns_excluded),
		TEST(prefixes_of_messages),
		TEST(a_pattern_that_is_wrong_is_named_with_its_key),
		TEST(keys_and_headers_have_json_of_their_own),
		TEST(filters_of_lists),
		TEST(each_run_has_its_id),
		TEST(the_database_is_copied),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
