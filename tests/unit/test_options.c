/* options: the table is consistent, and values go from text to settings and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config.h"
#include "config_file.h"
#include "option_value.h"
#include "property.h"

static void
every_option_is_complete_and_unique(void **state)
{
	char a[OPTIONS_NAME_MAX], b[OPTIONS_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		options_name(o, a);
		assert_true(!o->group || options_is_group(o->group));
		assert_ptr_equal(options_find(o->group, o->key), o);
		assert_non_null(o->help);
		if (strlen(o->help) < 10 || o->help[strlen(o->help) - 1] == '.')
			fail_msg("%s: help is a sentence without full stop", a);
		if (o->type == OPTION_CHOICE)
			assert_non_null(o->choices);
		if (o->type == OPTION_INT || o->type == OPTION_SIZE || o->type == OPTION_DURATION)
			assert_true(o->min < o->max);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(a, options_name(&options[j], b));
	}
}

static void
no_two_options_share_a_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_count; i++)
		for (size_t j = 0; j < i; j++)
			if (options[i].type != OPTION_PROPERTY && options[j].type != OPTION_PROPERTY)
				assert_int_not_equal(options[i].offset, options[j].offset);
}

static void
every_property_is_one_of_librdkafka(void **state)
{
	char name[OPTIONS_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < options_count; i++)
		if (options[i].type == OPTION_PROPERTY)
			assert_true(property_resolve(options[i].key, name, sizeof(name)));
	assert_true(property_resolve("log_level", name, sizeof(name)));
	assert_string_equal(name, "log_level");
	assert_true(property_resolve("topic.acks", name, sizeof(name)));
	assert_string_equal(name, "acks");
	assert_true(property_resolve("topic_metadata_refresh_interval_ms", name, sizeof(name)));
	assert_string_equal(name, "topic.metadata.refresh.interval.ms");
	assert_false(property_resolve("nonsense", name, sizeof(name)));
	assert_false(property_resolve("", name, sizeof(name)));
}

static void
defaults_are_what_the_table_says(void **state)
{
	struct config *c = config_new();

	(void)state;
	assert_non_null(c);
	assert_null(c->prefix);
	assert_null(c->postgres.dsn);
	assert_string_equal(c->postgres.slot, "debezium");
	assert_true(c->postgres.create_slot);
	assert_int_equal(c->postgres.publication_autocreate_mode, PUBLICATION_FILTERED);
	assert_int_equal(c->postgres.tables.count, 0);
	assert_int_equal(c->postgres.status_interval_ms, 10000);
	assert_int_equal(c->kafka.queue_kbytes, 16384);
	assert_int_equal(c->kafka.topic_partitions, -1);
	assert_string_equal(property_get(c, "compression.type"), "lz4");
	assert_string_equal(property_get(c, "linger.ms"), "1");
	assert_string_equal(property_get(c, "partitioner"), "murmur2_random");
	assert_int_equal(c->snapshot.mode, SNAPSHOT_INITIAL);
	assert_true(c->format.schemas);
	assert_int_equal(c->format.headers, HEADERS_SIMPLE);
	assert_int_equal(c->format.types.decimal, DECIMAL_PRECISE);
	assert_int_equal(c->format.types.time, TIME_ADAPTIVE);
	assert_int_equal(c->format.types.money_digits, 2);
	assert_string_equal(c->format.skipped_operations, "t");
	for (size_t i = 0; i < options_count; i++)
		assert_null(option_value_origin(c, &options[i]));
	config_free(c);
	config_free(NULL);
}

/* The choices of a mode have the order of its enum. */
static void
choices_are_in_the_order_of_their_enum(void **state)
{
	static const struct {
		const char *group, *key, *text;
		int value;
	} cases[] = {
		{ "postgres", "publication_autocreate_mode", "all_tables", PUBLICATION_ALL_TABLES },
		{ "postgres", "publication_autocreate_mode", "no_tables", PUBLICATION_NO_TABLES },
		{ "postgres", "publication_autocreate_mode", "disabled", PUBLICATION_DISABLED },
		{ "snapshot", "mode", "initial_only", SNAPSHOT_INITIAL_ONLY },
		{ "snapshot", "mode", "no_data", SNAPSHOT_NO_DATA },
		{ "snapshot", "mode", "always", SNAPSHOT_ALWAYS },
		{ "snapshot", "mode", "when_needed", SNAPSHOT_WHEN_NEEDED },
		{ "format", "headers", "json", HEADERS_JSON },
		{ "format", "decimal_handling_mode", "double", DECIMAL_DOUBLE },
		{ "format", "decimal_handling_mode", "STRING", DECIMAL_STRING },
		{ "format", "decimal_format", "NUMERIC", DECIMAL_NUMERIC },
		{ "format", "time_precision_mode", "adaptive_time_microseconds",
		  TIME_ADAPTIVE_MICROSECONDS },
		{ "format", "time_precision_mode", "connect", TIME_CONNECT },
		{ "format", "time_precision_mode", "isostring", TIME_ISOSTRING },
		{ "format", "time_precision_mode", "microseconds", TIME_MICROSECONDS },
		{ "format", "time_precision_mode", "nanoseconds", TIME_NANOSECONDS },
		{ "format", "interval_handling_mode", "string", INTERVAL_STRING },
		{ "format", "hstore_handling_mode", "map", HSTORE_MAP },
		{ "format", "binary_handling_mode", "base64", BINARY_BASE64 },
		{ "format", "binary_handling_mode", "base64-url-safe", BINARY_BASE64_URL_SAFE },
		{ "format", "binary_handling_mode", "hex", BINARY_HEX },
		{ "log", "level", "debug", 0 }, { "log", "level", "error", 3 },
	};
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct option *o = options_find(cases[i].group, cases[i].key);

		assert_non_null(o);
		assert_int_equal(option_value_set(c, o, cases[i].text, "here", &f), 0);
		assert_int_equal(*(int *)((char *)c + o->offset), cases[i].value);
	}
	config_free(c);
}

static void
shows(const struct config *c, const char *group, const char *key, const char *expected)
{
	struct buf b;
	bool has;

	buf_init(&b, 4096);
	has = option_value_put(&b, c, options_find(group, key));
	buf_putc(&b, '\0');
	if (expected)
		assert_string_equal(b.p, expected);
	else
		assert_false(has);
	buf_release(&b);
}

static void
set(struct config *c, const char *group, const char *key, const char *text)
{
	struct fail f = FAIL_INIT;

	if (option_value_set(c, options_find(group, key), text, "here", &f) < 0)
		fail_msg("%s: %s", key, f.text);
}

static void
values_are_written_as_a_file_has_them(void **state)
{
	struct config *c = config_new();

	(void)state;
	shows(c, NULL, "prefix", NULL);
	set(c, NULL, "prefix", "a\"b\\c\n\x7f");
	shows(c, NULL, "prefix", "\"a\\\"b\\\\c\\x0a\\x7f\"");
	shows(c, "postgres", "tables", NULL);
	set(c, "postgres", "tables", "a[,]b{1,2},(c,d) , e\\,f,,[],]x");
	shows(c, "postgres", "tables", "( \"a[,]b{1,2}\", \"(c,d)\", \"e\\\\,f\", \"[],]x\" )");
	set(c, "postgres", "tables", "x[^],]y,z");
	shows(c, "postgres", "tables", "( \"x[^],]y\", \"z\" )");
	set(c, "postgres", "tables", "");
	shows(c, "postgres", "tables", "()");
	shows(c, "postgres", "create_slot", "true");
	set(c, "postgres", "create_slot", "off");
	shows(c, "postgres", "create_slot", "false");
	shows(c, "kafka", "topic_partitions", "-1");
	shows(c, "kafka", "queue_buffering_max_kbytes", "16384");
	shows(c, "format", "headers", "\"simple\"");
	shows(c, "format", "key_schemas", NULL);
	set(c, "format", "key_schemas", "false");
	shows(c, "format", "key_schemas", "false");
	shows(c, "kafka", "linger_ms", "1");
	shows(c, "kafka", "compression_type", "\"lz4\"");
	shows(c, "kafka", "sasl_username", NULL);
	config_free(c);
}

static void
secrets_are_not_shown(void **state)
{
	struct config *c = config_new();

	(void)state;
	set(c, "kafka", "sasl_password", "s3cret");
	shows(c, "kafka", "sasl_password", "\"***\"");
	set(c, "postgres", "dsn", "host=a password=s3cret dbname=d");
	shows(c, "postgres", "dsn", "\"password=*** dbname=d host=a\"");
	assert_true(property_is_secret("ssl.key.password"));
	assert_true(property_is_secret("sasl.oauthbearer.client.secret"));
	assert_true(property_is_secret("ssl.key.pem"));
	assert_false(property_is_secret("ssl.ca.pem"));
	config_free(c);
}

static void
names_of_debezium_are_found(void **state)
{
	(void)state;
	assert_ptr_equal(options_find_debezium("slot.name"), options_find("postgres", "slot"));
	assert_ptr_equal(options_find_debezium("schema.exclude.list"),
		options_find("postgres", "tables"));
	assert_null(options_find_debezium("schema.exclude"));
	assert_null(options_find_debezium("poll.interval.ms"));
}

static void
properties_are_replaced_in_place(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;
	size_t before = c->kafka.nproperties;

	(void)state;
	assert_int_equal(property_set(c, "linger_ms", "7", "here", &f), 0);
	assert_int_equal(property_set(c, "linger.ms", "8", "there", &f), 0);
	assert_int_equal(c->kafka.nproperties, before);
	assert_string_equal(property_get(c, "linger.ms"), "8");
	assert_string_equal(option_value_origin(c, options_find("kafka", "linger_ms")), "there");
	assert_int_equal(property_set(c, "socket_keepalive_enable", "true", "here", &f), 0);
	assert_int_equal(c->kafka.nproperties, before + 1);
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_is_complete_and_unique),
		cmocka_unit_test(no_two_options_share_a_place),
		cmocka_unit_test(every_property_is_one_of_librdkafka),
		cmocka_unit_test(defaults_are_what_the_table_says),
		cmocka_unit_test(choices_are_in_the_order_of_their_enum),
		cmocka_unit_test(values_are_written_as_a_file_has_them),
		cmocka_unit_test(secrets_are_not_shown),
		cmocka_unit_test(names_of_debezium_are_found),
		cmocka_unit_test(properties_are_replaced_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
