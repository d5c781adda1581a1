/* config: files, environment and -o; every complaint with its place and remedy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "config_file.h"
#include "option_value.h"
#include "property.h"

/* As in the design: these names are a fixed interface. */
static const char SAMPLE[] =
	"prefix = \"inventory\";\n"
	"postgres: {\n"
	"  dsn = \"host=/var/run/postgresql dbname=inventory user=pgwake\";\n"
	"  slot = \"pgwake\"; publication = \"pgwake\";\n"
	"  tables = ( \"public[.].*\", \"!public[.]audit_.*\" );\n"
	"  create_slot = false; publication_autocreate = false;\n"
	"};\n"
	"kafka: {\n"
	"  bootstrap_servers = \"localhost:9092\";\n"
	"  compression_type = \"zstd\"; linger_ms = 1;\n"
	"  socket_keepalive_enable = true; reconnect_backoff_ms = 250;\n"
	"};\n"
	"snapshot: { mode = \"no_data\"; };\n"
	"format: { value = \"json\"; schemas = false; headers = \"json\"; };\n"
	"state: { file = \"/var/lib/pgwake/state\"; };\n";

#define MINIMAL_INITIAL "prefix = \"p\"; postgres: { dsn = \"host=h\"; };\n"
#define MINIMAL "prefix = \"p\"; postgres: { dsn = \"host=h\"; }; snapshot: { mode = \"no_data\"; };\n"

static void
the_sample_of_the_design_is_read(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(config_file_text(c, SAMPLE, "x.conf", &f), 0);
	assert_int_equal(config_finish(c, &f), 0);
	assert_string_equal(c->prefix, "inventory");
	assert_string_equal(c->postgres.slot, "pgwake");
	assert_int_equal(c->postgres.tables.count, 2);
	assert_string_equal(c->postgres.tables.items[1], "!public[.]audit_.*");
	assert_false(c->postgres.create_slot);
	assert_false(c->postgres.publication_autocreate);
	assert_string_equal(c->kafka.bootstrap_servers, "localhost:9092");
	assert_string_equal(property_get(c, "compression.type"), "zstd");
	assert_string_equal(property_get(c, "socket.keepalive.enable"), "true");
	assert_string_equal(property_get(c, "reconnect.backoff.ms"), "250");
	assert_int_equal(c->snapshot.mode, SNAPSHOT_NO_DATA);
	assert_false(c->format.schemas);
	assert_false(c->format.key_schemas);
	assert_false(c->format.value_schemas);
	assert_false(c->format.header_schemas);
	assert_int_equal(c->format.headers, HEADERS_JSON);
	assert_string_equal(c->state.file, "/var/lib/pgwake/state");
	assert_string_equal(option_value_origin(c, options_find("postgres", "slot")), "x.conf:4");
	assert_true(span_is(c->format.types.unavailable, "__debezium_unavailable_value"));
	config_free(c);
}

static void
the_sample_file_of_the_project_is_read(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	(void)state;
	if (config_file_read(c, "pgwake.conf", &f) < 0 || config_finish(c, &f) < 0)
		fail_msg("%s", f.text);
	assert_false(c->format.schemas);
	config_free(c);
}

/* What is wrong with `text`, read as x.conf and finished. */
static void
refused(const char *text, const char *message)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;
	int rc = config_file_text(c, text, "x.conf", &f);

	if (rc == 0)
		rc = config_finish(c, &f);
	assert_int_equal(rc, -1);
	assert_string_equal(f.text, message);
	assert_int_equal(f.kind, FAIL_CONFIG);
	config_free(c);
}

static void
unknown_names_are_told_with_the_nearest(void **state)
{
	(void)state;
	refused("\npostgres: {\n  slto = \"x\";\n};\n",
		"x.conf:3: postgres.slto is unknown; did you mean postgres.slot?");
	refused("prefxi = \"x\";\n", "x.conf:1: prefxi is unknown; did you mean prefix?");
	refused("postgress: { dsn = \"x\"; };\n",
		"x.conf:1: there is no group postgress; did you mean postgres?");
	refused("elsewhere: { dsn = \"x\"; };\n", "x.conf:1: there is no group elsewhere");
	refused("postgres: { zzzzzzzzzzzz = 1; };\n", "x.conf:1: postgres.zzzzzzzzzzzz is unknown");
	refused("kafka: { prefix = \"x\"; };\n",
		"x.conf:1: kafka.prefix is unknown; did you mean prefix?");
	refused("kafka: { tables = ( \"x\" ); };\n",
		"x.conf:1: kafka.tables is unknown; did you mean postgres.tables?");
	refused("dsn = \"x\";\n", "x.conf:1: dsn is unknown; did you mean postgres.dsn?");
	refused("kafka: { socket_keepalive_enabel = true; };\n",
		"x.conf:1: kafka.socket_keepalive_enabel is unknown; "
		"did you mean kafka.socket_keepalive_enable?");
	refused("kafka: { linger_sm = 1; };\n",
		"x.conf:1: kafka.linger_sm is unknown; did you mean kafka.linger_ms?");
}

static void
debezium_names_lead_to_ours(void **state)
{
	(void)state;
	refused("postgres: { slot_name = \"x\"; };\n",
		"x.conf:1: postgres.slot_name is unknown; use postgres.slot");
	refused("format: { table_include_list = \"x\"; };\n",
		"x.conf:1: format.table_include_list is unknown; use postgres.tables");
}

static void
wrong_types_are_told(void **state)
{
	(void)state;
	refused("prefix = 5;\n", "x.conf:1: prefix must be a string, not a number");
	refused("prefix = { a = 1; };\n", "x.conf:1: prefix must be a string, not a group");
	refused("prefix = 1.5;\n", "x.conf:1: prefix must be a string, not a number with a fraction");
	refused("postgres = 1;\n", "x.conf:1: postgres is a group: write postgres: { ... };");
	refused("postgres: { create_slot = \"true\"; };\n",
		"x.conf:1: postgres.create_slot must be true or false, not a string");
	refused("postgres: { status_update_interval_ms = true; };\n",
		"x.conf:1: postgres.status_update_interval_ms must be a number from 100 to 86400000, "
		"not true or false");
	refused("postgres: { tables = \"public.t\"; };\n",
		"x.conf:1: postgres.tables must be a list of strings, not a string: "
		"write ( \"...\", \"...\" )");
	refused("postgres: { tables = ( \"a\",\n 7 ); };\n",
		"x.conf:2: postgres.tables must be a list of strings, item 2 is a number");
	refused("format: { headers = 1; };\n",
		"x.conf:1: format.headers must be one of simple, json, not a number");
	refused("kafka: { linger_ms = ( 1 ); };\n",
		"x.conf:1: kafka.linger_ms must be a string, a number, true or false, not a list");
	refused("kafka: { socket_keepalive_enable = ( true ); };\n",
		"x.conf:1: kafka.socket_keepalive_enable must be a string, a number, true or false, "
		"not a list");
}

static void
wrong_values_are_told(void **state)
{
	(void)state;
	refused("format: {\n headers = \"jsn\"; };\n",
		"x.conf:2: format.headers must be one of simple, json, not \"jsn\"");
	refused("format: { value = \"xml\"; };\n",
		"x.conf:1: format.value must be json, not \"xml\"");
	refused("postgres: { status_update_interval_ms = 5; };\n",
		"x.conf:1: postgres.status_update_interval_ms must be a number from 100 to 86400000, "
		"not \"5\"");
	refused("kafka: { topic_partitions = 9999999999L; };\n",
		"x.conf:1: kafka.topic_partitions must be a number from -1 to 100000, "
		"not \"9999999999\"");
	refused("kafka: { linger_ms = \"soon\"; };\n",
		"x.conf:1: kafka.linger_ms cannot be \"soon\": Invalid value for configuration "
		"property \"queue.buffering.max.ms\"");
}

static void
syntax_and_duplicates_have_their_line(void **state)
{
	(void)state;
	refused("prefix = \"a\"\npostgres = { = };\n",
		"x.conf:2: syntax error; is a ';' missing on the line before, or a quote?");
	refused("prefix = \"a\";\nprefix = \"b\";\n", "x.conf:2: duplicate setting name");
	refused("postgres: { slot = \"a\"; };\npostgres: { slot = \"b\"; };\n",
		"x.conf:2: duplicate setting name");
}

static void
what_guarantees_delivery_is_refused(void **state)
{
	(void)state;
	refused("kafka: { enable_idempotence = false; };\n",
		"x.conf:1: kafka.enable_idempotence must stay true: "
		"records must not be lost, doubled or swapped");
	refused("kafka: { acks = 1; };\n", "x.conf:1: kafka.acks must stay all: "
		"a position is confirmed only when all replicas have its records");
	refused("kafka: { topic_acks = 1; };\n", "x.conf:1: kafka.topic_acks must stay all: "
		"a position is confirmed only when all replicas have its records");
	refused("kafka: { request_required_acks = 0; };\n",
		"x.conf:1: kafka.request_required_acks must stay all: "
		"a position is confirmed only when all replicas have its records");
	refused("kafka: { message_timeout_ms = 5000; };\n",
		"x.conf:1: kafka.message_timeout_ms must stay 0: a record that expires would be lost; "
		"pgwake waits as long as it takes");
	refused("kafka: { delivery_timeout_ms = 5000; };\n",
		"x.conf:1: kafka.delivery_timeout_ms must stay 0: a record that expires would be lost; "
		"pgwake waits as long as it takes");
	refused("kafka: { delivery_report_only_error = true; };\n",
		"x.conf:1: kafka.delivery_report_only_error must stay false: "
		"every acknowledgement is needed to confirm a position");
	refused("kafka: { transactional_id = \"x\"; };\n",
		"x.conf:1: kafka.transactional_id cannot be set: "
		"pgwake does not use Kafka's transactions");
	refused("kafka: { dr_msg_cb = \"x\"; };\n",
		"x.conf:1: kafka.dr_msg_cb cannot be set: it belongs to the program");
	refused("kafka: { metadata_broker_list = \"x\"; };\n",
		"x.conf:1: kafka.metadata_broker_list cannot be set: use kafka.bootstrap_servers");
}

static void
what_it_does_anyway_may_be_written(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	(void)state;
	if (config_file_text(c, MINIMAL "kafka: { enable_idempotence = true; acks = \"all\"; "
		"request_required_acks = -1; message_timeout_ms = 0; };", "x.conf", &f) < 0)
		fail_msg("%s", f.text);
	config_free(c);
}

static void
mandatory_keys_are_asked_for(void **state)
{
	(void)state;
	refused("postgres: { dsn = \"x\"; };\n", "configuration: prefix is not set; "
		"write it into the file given with -c, set PGWAKE_PREFIX, or use -o prefix=...");
	refused("prefix = \"p\";\n", "configuration: postgres.dsn is not set; write it into the "
		"file given with -c, set PGWAKE_POSTGRES_DSN, or use -o postgres.dsn=...");
	refused("prefix = \"\"; postgres: { dsn = \"x\"; };\n", "configuration: prefix is not set; "
		"write it into the file given with -c, set PGWAKE_PREFIX, or use -o prefix=...");
}

static void
names_must_be_possible(void **state)
{
	(void)state;
	refused("prefix = \"a b\"; postgres: { dsn = \"x\"; };\n",
		"x.conf:1: prefix may hold letters, digits, '.', '_' and '-' only: "
		"it is part of topic names");
	refused("prefix = \"p\"; postgres: { dsn = \"x\"; slot = \"My-Slot\"; };\n",
		"x.conf:1: postgres.slot must be 1 to 63 lower-case letters, digits and underscores");
	refused(MINIMAL "format: { topic_delimiter = \"/\"; };\n",
		"x.conf:2: format.topic_delimiter must be made of letters, digits, '.', '_' and '-'");
	refused(MINIMAL "format: { topic_delimiter = \"\"; };\n",
		"x.conf:2: format.topic_delimiter must be made of letters, digits, '.', '_' and '-'");
	refused("prefix = \"p\"; postgres: { dsn = \"x\"; publication = \"\"; };\n",
		"x.conf:1: postgres.publication must not be empty");
}

static void
values_that_exclude_each_other_are_told(void **state)
{
	(void)state;
	refused(MINIMAL "format: { column_include_list = ( \"a\" );\n"
		"column_exclude_list = ( \"b\" ); };\n",
		"x.conf:3: format.column_exclude_list cannot be used together with "
		"format.column_include_list");
	refused("prefix = \"p\"; postgres: { dsn = \"x\";\n"
		"message_prefix_include_list = ( \"a\" );\n"
		"message_prefix_exclude_list = ( \"b\" ); };\n",
		"x.conf:3: postgres.message_prefix_exclude_list cannot be used together with "
		"postgres.message_prefix_include_list");
	refused(MINIMAL "kafka: { topic_partitions = 0; };\n",
		"x.conf:2: kafka.topic_partitions must be -1 or at least 1");
	refused(MINIMAL "kafka: { topic_replication_factor = 0; };\n",
		"x.conf:2: kafka.topic_replication_factor must be -1 or at least 1");
	refused(MINIMAL "kafka: { message_max_bytes = 20000000; };\n",
		"x.conf:2: kafka.message_max_bytes is 20000000, more than the queue holds: "
		"raise kafka.queue_buffering_max_kbytes to at least 19532");
	refused(MINIMAL "kafka: { queue_buffering_max_kbytes = 64; };\n",
		"configuration: kafka.message_max_bytes is 1000000, more than the queue holds: "
		"raise kafka.queue_buffering_max_kbytes to at least 977");
	refused(MINIMAL "format: { unavailable_value_placeholder = \"hex:0g\"; };\n",
		"x.conf:2: format.unavailable_value_placeholder must be pairs of hexadecimal digits "
		"behind hex:");
	refused(MINIMAL "kafka: { sasl_password = \"x\"; sasl_password_file = \"/x\"; };\n",
		"x.conf:2: kafka.sasl_password_file cannot be used together with kafka.sasl_password");
}

static void
skipped_operations_are_letters(void **state)
{
	static const char *const wrong[] = { "", "x", "cu", "c,none", "c;u" };
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(text, sizeof(text), "%sformat: { skipped_operations = \"%s\"; };",
			MINIMAL, wrong[i]);
		refused(text, "x.conf:2: format.skipped_operations must be letters of c, u, d, t "
			"between commas, or none");
	}
}

static void
snapshot_of_tables_as_they_are_named(void **state)
{
	struct fail f = FAIL_INIT;
	struct config *c = config_new();

	(void)state;
	assert_int_equal(config_file_text(c, MINIMAL_INITIAL "snapshot: {\n"
		"  tables = ( \"public[.].*\", \"!public[.]log\" );\n"
		"  select_overrides = (\n"
		"    { table = \"public.a\"; statement = \"SELECT * FROM a\"; },\n"
		"    { table = \"public.b\"; statement = \"SELECT * FROM b\"; } );\n"
		"};\n", "x.conf", &f), 0);
	if (config_finish(c, &f) < 0)
		fail_msg("%s", f.text);
	assert_int_equal(c->snapshot.mode, SNAPSHOT_INITIAL);
	assert_int_equal(c->snapshot.select_overrides.count, 2);
	config_free(c);
}

static void
snapshot_of_tables_that_cannot_be(void **state)
{
	static const struct { const char *setting, *why; } wrong[] = {
		{ "tables = ( \"a.b\", \"a.(b\" );", "tables pattern \"a.(b\": missing closing "
			"parenthesis at character 5" },
		{ "tables = ( \"!a.b[\" );", "tables pattern \"a.b[\": missing terminating ] for "
			"character class at character 5" },
		{ "select_overrides = ( { table = \"t\"; statement = \"SELECT 1\"; } );",
			"select_overrides needs tables as schema.table, not \"t\"" },
		{ "select_overrides = ( { table = \"a.t\"; statement = \" ;\"; } );",
			"select_overrides has no statement for a.t; to leave the table out of the "
			"snapshot, put !a.t into snapshot.tables" },
		{ "select_overrides = ( { table = \"a.t\"; statement = \"SELECT 1\"; }, "
			"{ table = \"a.t\"; statement = \"SELECT 2\"; } );",
			"select_overrides has a.t twice" },
	};
	char text[400], message[400];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(text, sizeof(text), MINIMAL_INITIAL "\nsnapshot: { %s };",
			wrong[i].setting);
		snprintf(message, sizeof(message), "x.conf:3: snapshot.%s", wrong[i].why);
		refused(text, message);
	}
}

static char directory[] = "/tmp/pgwake-test-XXXXXX";
static char path[100];

static const char *
write_file(const char *name, const char *text)
{
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return path;
}

static void
a_file_that_cannot_be_read_is_told(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;
	char expected[200];

	(void)state;
	assert_int_equal(config_file_read(c, "/nowhere/x.conf", &f), -1);
	assert_string_equal(f.text, "/nowhere/x.conf: No such file or directory");
	assert_int_equal(config_file_read(c, directory, &f), -1);
	snprintf(expected, sizeof(expected), "%s: is a directory", directory);
	assert_string_equal(f.text, expected);
	config_free(c);
}

static void
a_file_may_include_others(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;
	char expected[200];

	(void)state;
	write_file("more.conf", "\nslot = \"included\";\nslto = \"x\";\n");
	write_file("main.conf", "postgres: {\n@include \"more.conf\"\n};\n");
	assert_int_equal(config_file_read(c, path, &f), -1);
	/* Newer versions of libconfig give the whole path. */
	assert_non_null(strstr(f.text,
		"more.conf:3: postgres.slto is unknown; did you mean postgres.slot?"));
	assert_string_equal(c->postgres.slot, "included");
	write_file("main.conf", "prefix = \"x\";\n@include \"gone.conf\"\n");
	assert_int_equal(config_file_read(c, path, &f), -1);
	snprintf(expected, sizeof(expected), "%s:2: cannot open include file", path);
	assert_string_equal(f.text, expected);
	config_free(c);
}

static void
a_missing_key_names_the_file(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;
	char expected[200];

	(void)state;
	write_file("short.conf", "prefix = \"x\";\n");
	assert_int_equal(config_file_read(c, path, &f), 0);
	assert_int_equal(config_finish_connection(c, &f), -1);
	snprintf(expected, sizeof(expected), "%s: postgres.dsn is not set", path);
	assert_memory_equal(f.text, expected, strlen(expected));
	config_free(c);
}

static void
the_sasl_password_is_the_first_line_of_its_file(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;
	char text[300];

	(void)state;
	write_file("password", "s3 cret\r\nsecond line\n");
	snprintf(text, sizeof(text), "%skafka: { sasl_password_file = \"%s\"; };", MINIMAL, path);
	assert_int_equal(config_file_text(c, text, "x.conf", &f), 0);
	assert_int_equal(config_finish(c, &f), 0);
	assert_string_equal(property_get(c, "sasl.password"), "s3 cret");
	config_free(c);
	write_file("password", "\n");
	snprintf(text, sizeof(text),
		"x.conf:2: kafka.sasl_password_file: %s: the first line is empty", path);
	{
		char conf[300];

		snprintf(conf, sizeof(conf), "%skafka: { sasl_password_file = \"%s\"; };",
			MINIMAL, path);
		refused(conf, text);
	}
	refused(MINIMAL "kafka: { sasl_password_file = \"/nowhere/p\"; };",
		"x.conf:2: kafka.sasl_password_file: /nowhere/p: No such file or directory");
	refused(MINIMAL "kafka: { sasl_password_file = \"/tmp\"; };",
		"x.conf:2: kafka.sasl_password_file: /tmp: Is a directory");
}

static void
assignments_are_read(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(config_set(c, "postgres.slot = x=y", "-o", &f), 0);
	assert_string_equal(c->postgres.slot, " x=y");
	assert_int_equal(config_set(c, "prefix=p", "-o", &f), 0);
	assert_string_equal(c->prefix, "p");
	assert_int_equal(config_set(c, "kafka.linger.ms=7", "-o", &f), 0);
	assert_string_equal(property_get(c, "linger.ms"), "7");
	assert_int_equal(config_set(c, "postgres.tables=a[.]b,c", "-o", &f), 0);
	assert_int_equal(c->postgres.tables.count, 2);
	assert_int_equal(config_set(c, "prefix", "-o", &f), -1);
	assert_string_equal(f.text, "-o prefix: give it as key=value, for example -o log.level=debug");
	assert_int_equal(config_set(c, "=x", "-o", &f), -1);
	assert_int_equal(config_set(c, "postgres.slto=x", "-o", &f), -1);
	assert_string_equal(f.text, "-o: postgres.slto is unknown; did you mean postgres.slot?");
	assert_int_equal(config_set(c, "postgre.slot=x", "-o", &f), -1);
	assert_string_equal(f.text, "-o: there is no group postgre; did you mean postgres?");
	assert_int_equal(config_set(c, "format.schemas=maybe", "-o", &f), -1);
	assert_string_equal(f.text, "-o: format.schemas must be true or false, not \"maybe\"");
	assert_int_equal(config_set(c, "kafka.topic_partitions= 5", "-o", &f), -1);
	assert_int_equal(config_set(c, "kafka.topic_partitions=", "-o", &f), -1);
	{
		char long_key[400];

		memset(long_key, 'x', sizeof(long_key));
		memcpy(long_key + 390, "=y", 3);
		assert_int_equal(config_set(c, long_key, "-o", &f), -1);
		assert_string_equal(f.text, "-o: a key that long does not exist");
	}
	config_free(c);
}

static void
the_environment_is_read(void **state)
{
	const char *environment[] = {
		"HOME=/x", "PGWAKE_PREFIX=env", "PGWAKE_POSTGRES_DSN=host=h", "PGWAKE_BIN=/x",
		"PGWAKE_POSTGRES_TABLES=a,b", "PGWAKE_KAFKA_LINGER_MS=9", "PGWAKE_FORMAT_SCHEMAS=false",
		"PGWAKE_KAFKA_SOCKET_KEEPALIVE_ENABLE=true", "PGWAKE_LOG_LEVEL=", "PGWAKE_STATE_FILE=/s",
		/* links of Kubernetes */
		"PGWAKE_SERVICE_HOST=10.0.0.1", "PGWAKE_PORT=tcp://10.0.0.1:1",
		"PGWAKE_KAFKA_SERVICE_HOST=10.0.0.1", "PGWAKE_KAFKA_SERVICE_PORT_HTTP=80",
		"PGWAKE_KAFKA_PORT=tcp://10.0.0.1:9092", "PGWAKE_KAFKA_PORT_9092_TCP_ADDR=10.0.0.1",
		"PGWAKE_=x", "PGWAKE_NOVALUE", NULL
	};
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	(void)state;
	if (config_environment(c, (char **)environment, &f) < 0)
		fail_msg("%s", f.text);
	assert_string_equal(c->prefix, "env");
	assert_string_equal(c->postgres.dsn, "host=h");
	assert_int_equal(c->postgres.tables.count, 2);
	assert_string_equal(property_get(c, "linger.ms"), "9");
	assert_string_equal(property_get(c, "socket.keepalive.enable"), "true");
	assert_false(c->format.schemas);
	assert_int_equal(c->log.level, 1);
	assert_string_equal(c->state.file, "/s");
	assert_string_equal(option_value_origin(c, options_find(NULL, "prefix")), "PGWAKE_PREFIX");
	config_free(c);
}

static void
bad_variable(const char *variable, const char *message)
{
	const char *environment[] = { variable, NULL };
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	assert_int_equal(config_environment(c, (char **)environment, &f), -1);
	assert_string_equal(f.text, message);
	assert_int_equal(f.kind, FAIL_CONFIG);
	config_free(c);
}

static void
bad_variables_are_told(void **state)
{
	static char huge[1000] = "PGWAKE_KAFKA_";

	(void)state;
	bad_variable("PGWAKE_POSTGRES_SLTO=x",
		"environment: PGWAKE_POSTGRES_SLTO is unknown; did you mean PGWAKE_POSTGRES_SLOT?");
	bad_variable("PGWAKE_SNAPSHOT_QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ=x",
		"environment: PGWAKE_SNAPSHOT_QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ is unknown");
	bad_variable("PGWAKE_FORMAT_SCHEMAS=maybe",
		"PGWAKE_FORMAT_SCHEMAS: format.schemas must be true or false, not \"maybe\"");
	bad_variable("PGWAKE_KAFKA_LINGER_SM=1",
		"PGWAKE_KAFKA_LINGER_SM: kafka.linger_sm is unknown; did you mean kafka.linger_ms?");
	memset(huge + 13, 'X', sizeof(huge) - 16);
	memcpy(huge + sizeof(huge) - 3, "=1", 3);
	{
		const char *environment[] = { huge, NULL };
		struct config *c = config_new();
		struct fail f = FAIL_INIT;

		assert_int_equal(config_environment(c, (char **)environment, &f), -1);
		config_free(c);
	}
}

/* file < environment < -o */
static void
later_sources_win(void **state)
{
	const char *environment[] = { "PGWAKE_POSTGRES_SLOT=two", "PGWAKE_POSTGRES_TABLES=x", NULL };
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(config_file_text(c, SAMPLE, "x.conf", &f), 0);
	assert_int_equal(config_environment(c, (char **)environment, &f), 0);
	assert_string_equal(c->postgres.slot, "two");
	assert_int_equal(c->postgres.tables.count, 1);
	assert_int_equal(config_set(c, "postgres.slot=three", "-o", &f), 0);
	assert_string_equal(c->postgres.slot, "three");
	assert_string_equal(option_value_origin(c, options_find("postgres", "slot")), "-o");
	config_free(c);
}

static void
what_is_derived_follows(void **state)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(config_file_text(c, MINIMAL
		"format: { schemas = false; key_schemas = true;\n"
		"unavailable_value_placeholder = \"hex:00Ff\"; };\n"
		"postgres_ : {};", "x.conf", &f), -1);
	config_free(c);
	c = config_new();
	assert_int_equal(config_file_text(c,
		"prefix = \"p\"; snapshot: { mode = \"no_data\"; };\n"
		"postgres: { dsn = \"x\"; publication_autocreate_mode = \"disabled\"; };\n"
		"format: { schemas = false; key_schemas = true;\n"
		"unavailable_value_placeholder = \"hex:00Ff\"; };\n", "x.conf", &f), 0);
	assert_int_equal(config_finish(c, &f), 0);
	assert_true(c->format.key_schemas);
	assert_false(c->format.value_schemas);
	assert_false(c->format.header_schemas);
	assert_false(c->postgres.publication_autocreate);
	assert_int_equal(c->format.types.unavailable.len, 2);
	assert_memory_equal(c->format.types.unavailable.p, "\x00\xff", 2);
	assert_false(c->postgres.publish_fewer);	/* the default is not asked for */
	config_free(c);
}

static void
what_is_skipped_at_a_users_word_is_not_published(void **state)
{
	static const struct { const char *value; bool fewer; } cases[] = {
		{ "t", true }, { "c,u", true }, { "none", false }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct config *c = config_new();
		struct fail f = FAIL_INIT;
		char text[300];

		snprintf(text, sizeof(text), "%sformat: { skipped_operations = \"%s\"; };",
			MINIMAL, cases[i].value);
		assert_int_equal(config_file_text(c, text, "x.conf", &f), 0);
		assert_int_equal(config_finish(c, &f), 0);
		assert_int_equal(c->postgres.publish_fewer, cases[i].fewer);
		config_free(c);
	}
}

static int
make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int
remove_directory(void **state)
{
	static const char *const names[] = { "more.conf", "main.conf", "short.conf", "password" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_of_the_design_is_read),
		cmocka_unit_test(the_sample_file_of_the_project_is_read),
		cmocka_unit_test(unknown_names_are_told_with_the_nearest),
		cmocka_unit_test(debezium_names_lead_to_ours),
		cmocka_unit_test(wrong_types_are_told),
		cmocka_unit_test(wrong_values_are_told),
		cmocka_unit_test(syntax_and_duplicates_have_their_line),
		cmocka_unit_test(what_guarantees_delivery_is_refused),
		cmocka_unit_test(what_it_does_anyway_may_be_written),
		cmocka_unit_test(mandatory_keys_are_asked_for),
		cmocka_unit_test(names_must_be_possible),
		cmocka_unit_test(values_that_exclude_each_other_are_told),
		cmocka_unit_test(skipped_operations_are_letters),
		cmocka_unit_test(snapshot_of_tables_as_they_are_named),
		cmocka_unit_test(snapshot_of_tables_that_cannot_be),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told),
		cmocka_unit_test(a_file_may_include_others),
		cmocka_unit_test(a_missing_key_names_the_file),
		cmocka_unit_test(the_sasl_password_is_the_first_line_of_its_file),
		cmocka_unit_test(assignments_are_read),
		cmocka_unit_test(the_environment_is_read),
		cmocka_unit_test(bad_variables_are_told),
		cmocka_unit_test(later_sources_win),
		cmocka_unit_test(what_is_derived_follows),
		cmocka_unit_test(what_is_skipped_at_a_users_word_is_not_published),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
