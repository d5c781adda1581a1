/* cmd_import: a connector's configuration becomes one that pgwake reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "connector.h"
#include "connector_known.h"
#include "import.h"
#include "option_value.h"
#include "property.h"

static void
a_connector_as_posted_to_connect(void **state)
{
	struct fail f = FAIL_INIT;
	struct config *c = config_new();

	(void)state;
	assert_int_equal(import("{\"name\": \"inventory-connector\", \"config\": {\n"
		"\"connector.class\": \"io.debezium.connector.postgresql.PostgresConnector\",\n"
		"\"tasks.max\": 1, \"database.hostname\": \"db\", \"database.port\": 5433,\n"
		"\"database.user\": \"debezium\", \"database.password\": \"it's \\\\ s3cret\",\n"
		"\"database.dbname\": \"inventory\", \"topic.prefix\": \"dbserver1\",\n"
		"\"plugin.name\": \"pgoutput\", \"slot.name\": \"dbz\",\n"
		"\"publication.name\": \"pub\", \"table.include.list\": \"public.a,public.b\",\n"
		"\"tombstones.on.delete\": false, \"snapshot.mode\": \"no_data\",\n"
		"\"heartbeat.action.query\": null }}", false, &f), 0);
	assert_int_equal(config_file_text(c, out.p, "pgwake.conf", &f), 0);
	assert_int_equal(config_finish(c, &f), 0);
	assert_string_equal(c->prefix, "dbserver1");
	assert_string_equal(c->postgres.dsn, "host=db port=5433 dbname=inventory user=debezium "
		"password='it\\'s \\\\ s3cret'");
	assert_string_equal(c->postgres.slot, "dbz");
	assert_string_equal(c->postgres.publication, "pub");
	assert_int_equal(c->postgres.publication_autocreate_mode, PUBLICATION_ALL_TABLES);
	assert_int_equal(c->postgres.tables.count, 2);
	assert_string_equal(c->postgres.tables.items[1], "public.b");
	assert_false(c->format.tombstones_on_delete);
	assert_true(c->format.schemas);
	assert_int_equal(c->format.headers, HEADERS_SIMPLE);
	config_free(c);
	has("password is in it");
}

static void
defaults_of_debezium_are_written_out(void **state)
{
	struct config *c = imported("plugin.name=pgoutput\n");

	(void)state;
	assert_string_equal(c->postgres.slot, "debezium");
	assert_string_equal(c->postgres.publication, "dbz_publication");
	assert_int_equal(c->postgres.publication_autocreate_mode, PUBLICATION_ALL_TABLES);
	assert_int_equal(c->snapshot.mode, SNAPSHOT_INITIAL);
	has("# slot.name (default)");
	has("# publication.autocreate.mode (default)");
	assert_int_equal(c->snapshot.threads, 1);
	has("# snapshot.mode (default)");
	has("# snapshot.max.threads (default)");
	assert_null(strstr(out.p, "Not taken over"));
	has("# named by Connect's worker: put yours here");
	config_free(c);
}

static void
properties_have_java_escapes(void **state)
{
	struct fail f = FAIL_INIT;
	struct connector c;
	static const char text[] =
		"# comment\\\n! another\n\n"
		"  a = 1 \nb:2\nc 3\nd\te\nempty=\nlonely\n"
		"k\\=1\\:\\ x=v\n"
		"path=a\\\\b\\tc\\n\\r\\f\\q\\u00e9\\u20AC\\ud83d\\ude00\n"
		"long=one,\\\n    two,\\\r\n\tthree\r\na=again\rlast=x\\";

	(void)state;
	if (connector_parse(&c, text, strlen(text), "x", &f) < 0)
		fail_msg("%s", f.text);
	assert_string_equal(connector_take(&c, "a"), "again");
	assert_string_equal(c.options[0].name, "a");
	assert_true(c.options[0].used);
	assert_string_equal(connector_take(&c, "b"), "2");
	assert_string_equal(connector_take(&c, "c"), "3");
	assert_string_equal(connector_take(&c, "d"), "e");
	assert_string_equal(connector_take(&c, "empty"), "");
	assert_string_equal(connector_take(&c, "lonely"), "");
	assert_string_equal(connector_take(&c, "k=1: x"), "v");
	assert_string_equal(connector_take(&c, "path"), "a\\b\tc\n\r\fqé€😀");
	assert_string_equal(connector_take(&c, "long"), "one,two,three");
	assert_string_equal(connector_take(&c, "last"), "x");
	assert_null(connector_take(&c, "# comment"));
	assert_int_equal(c.count, 10);
	connector_release(&c);
}

static void
not_parsed(const char *text, size_t len, const char *message)
{
	struct fail f = FAIL_INIT;
	struct connector c;

	assert_int_equal(connector_parse(&c, text, len, "x", &f), -1);
	assert_string_equal(f.text, message);
	assert_int_equal(f.kind, FAIL_CONFIG);
}

#define NOT_PARSED(text, message) not_parsed(text, sizeof(text) - 1, message)

static void
malformed_files_are_told(void **state)
{
	(void)state;
	NOT_PARSED("{\"a\": \"b\"", "x:1: not JSON: it ends too early");
	NOT_PARSED("\n{\n\"a\": nonsense}", "x:3: not JSON: null expected");
	NOT_PARSED("{\"config\": 5}", "x: \"config\" must be an object");
	NOT_PARSED("{\"a\": [1]}", "x: \"a\" must be a string, a number, true or false");
	NOT_PARSED("{\"config\": {\"a\": {}}}", "x: \"a\" must be a string, a number, true or false");
	NOT_PARSED("a=b\n\nc=\\u12\n", "x:3: \\u needs the four digits of a character");
	NOT_PARSED("c\\u000g=1\n", "x:1: \\u needs the four digits of a character");
	NOT_PARSED("c=\\u0000\n", "x:1: \\u needs the four digits of a character");
	NOT_PARSED("c=\\ud83d\\u0041\n", "x:1: \\u needs the four digits of a character");
	NOT_PARSED("c=\\udc00\n", "x:1: \\u needs the four digits of a character");
	NOT_PARSED("a=\0b\n", "x: not a text file");
}

static void
only_a_postgresql_connector_is_translated(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(import("connector.class=io.debezium.connector.mysql.MySqlConnector\n"
		"topic.prefix=x\n", false, &f), -1);
	assert_string_equal(f.text, "c.json: connector.class is "
		"io.debezium.connector.mysql.MySqlConnector, not Debezium's PostgresConnector");
	assert_int_equal(import("a=b\n", true, &f), -1);
	assert_string_equal(f.text,
		"c.json: topic.prefix is missing; is this the configuration of a connector?");
	assert_int_equal(import("database.server.name=old\n", false, &f), 0);
	has("prefix = \"old\";");
}

static void
tables_are(const char *lists, const char *expected)
{
	struct config *c = imported(lists);
	struct buf b;

	buf_init(&b, 1000);
	option_value_put_list(&b, &c->postgres.tables);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, expected);
	buf_release(&b);
	config_free(c);
}

static void
lists_become_patterns(void **state)
{
	(void)state;
	tables_are("", "()");
	tables_are("table.include.list=a.b, a\\\\.c{1,2}", "( \"a.b\", \"a\\\\.c{1,2}\" )");
	tables_are("table.exclude.list=a.b,s[.].*", "( \"!a.b\", \"!s[.].*\" )");
	tables_are("schema.include.list=a,b|c", "( \"(?:a|b|c)[.].*\" )");
	tables_are("schema.exclude.list=a,b", "( \"!(?:a)[.].*\", \"!(?:b)[.].*\" )");
	tables_are("table.include.list=a.t\nschema.exclude.list=b", "( \"a.t\", \"!(?:b)[.].*\" )");
	/* A table has to pass both include lists. */
	tables_are("table.include.list=.*[.]t\nschema.include.list=a,b",
		"( \".*[.]t\", \"!(?!(?:a|b)[.]).*\" )");
}

static void
columns_and_modes_keep_their_names(void **state)
{
	struct config *c = imported("column.include.list=public.t.id,public.t.a\n"
		"decimal.handling.mode=double\ntime.precision.mode=isostring\n"
		"binary.handling.mode=base64-url-safe\nskipped.operations=none\n"
		"topic.delimiter=_\nextended.headers.enabled=false\n"
		"include.unknown.datatypes=true\nmoney.fraction.digits=4\n"
		"unavailable.value.placeholder=__x\ninterval.handling.mode=string\n"
		"hstore.handling.mode=map\nstatus.update.interval.ms=5000\n"
		"publication.autocreate.mode=disabled\n"
		"topic.creation.default.partitions=3\n"
		"topic.creation.default.replication.factor=2\n"
		"offset.storage.file.filename=/var/lib/offsets\n");

	(void)state;
	assert_int_equal(c->format.column_include_list.count, 2);
	assert_int_equal(c->format.types.decimal, DECIMAL_DOUBLE);
	assert_int_equal(c->format.types.time, TIME_ISOSTRING);
	assert_int_equal(c->format.types.binary, BINARY_BASE64_URL_SAFE);
	assert_string_equal(c->format.skipped_operations, "none");
	assert_string_equal(c->format.topic_delimiter, "_");
	assert_false(c->format.extended_headers_enabled);
	assert_true(c->format.types.include_unknown);
	assert_int_equal(c->format.types.money_digits, 4);
	assert_string_equal(c->format.unavailable_value_placeholder, "__x");
	assert_int_equal(c->format.types.interval, INTERVAL_STRING);
	assert_int_equal(c->format.types.hstore, HSTORE_MAP);
	assert_int_equal(c->postgres.status_interval_ms, 5000);
	assert_int_equal(c->postgres.publication_autocreate_mode, PUBLICATION_DISABLED);
	assert_int_equal(c->kafka.topic_partitions, 3);
	assert_int_equal(c->kafka.topic_replication, 2);
	assert_string_equal(c->state.file, "/var/lib/offsets");
	config_free(c);
}

static void
converters_decide_about_schemas_and_headers(void **state)
{
	static const char json[] = "org.apache.kafka.connect.json.JsonConverter";
	char text[1000];
	struct config *c;

	(void)state;
	c = imported("key.converter.schemas.enable=false\nvalue.converter.schemas.enable=false\n"
		"value.converter.decimal.format=NUMERIC\nkey.converter.decimal.format=numeric\n"
		"value.converter.replace.null.with.default=false\n"
		"header.converter.decimal.format=numeric\n");
	assert_false(c->format.schemas);
	assert_int_equal(c->format.decimal_format, DECIMAL_NUMERIC);
	assert_false(c->format.replace_null_with_default);
	assert_true(c->format.key_replace_null_with_default);
	assert_true(c->format.header_replace_null_with_default);
	assert_int_equal(c->format.header_decimal_format, DECIMAL_NUMERIC);
	has("key_replace_null_with_default = true;");
	assert_null(strstr(out.p, "key.converter.decimal.format"));
	config_free(c);
	c = imported("value.converter.schemas.enable=false\n");
	assert_true(c->format.key_schemas);
	assert_false(c->format.value_schemas);
	config_free(c);
	snprintf(text, sizeof(text), "key.converter=%s\nvalue.converter=%s\nheader.converter=%s\n"
		"header.converter.schemas.enable=false\n", json, json, json);
	c = imported(text);
	assert_int_equal(c->format.headers, HEADERS_JSON);
	assert_false(c->format.header_schemas);
	config_free(c);
	snprintf(text, sizeof(text), "header.converter=%s\n", json);
	c = imported(text);
	assert_true(c->format.header_schemas);
	config_free(c);
	c = imported("header.converter=org.apache.kafka.connect.storage.SimpleHeaderConverter\n");
	assert_int_equal(c->format.headers, HEADERS_SIMPLE);
	config_free(c);
}

static void
the_connection_is_one_string(void **state)
{
	struct config *c = imported("database.sslmode=verify-full\ndatabase.sslrootcert=/a b/ca\n"
		"database.sslkey=/k.pk8\ndatabase.tcpKeepAlive=false\n"
		"database.password=${file:/secrets:pw}\n");

	(void)state;
	assert_string_equal(c->postgres.dsn,
		"host=db sslmode=verify-full sslrootcert='/a b/ca' sslkey=/k.pk8 keepalives=0");
	has("sslkey must be a PEM file");
	has("#   database.password: looked up by Connect");
	assert_null(strstr(out.p, "secrets:pw"));
	config_free(c);
	c = imported("database.user=${env:X}\n");
	has("# database.user is looked up by Connect: put its value here");
	config_free(c);
}

static void
producer_properties_are_taken_where_librdkafka_has_them(void **state)
{
	struct config *c = imported("producer.override.linger.ms=5\n"
		"producer.override.max.request.size=2000000\n"
		"producer.override.bootstrap.servers=k:9092\n"
		"producer.override.acks=1\nproducer.override.buffer.memory=5\n"
		"producer.override.compression.type=rar\n");

	(void)state;
	assert_string_equal(property_get(c, "linger.ms"), "5");
	assert_string_equal(property_get(c, "message.max.bytes"), "2000000");
	assert_string_equal(c->kafka.bootstrap_servers, "k:9092");
	has("#   producer.override.acks = 1: must stay all");
	has("#   producer.override.buffer.memory = 5: librdkafka has no such property");
	has("#   producer.override.compression.type = rar: cannot be \"rar\"");
	config_free(c);
}

static void
credentials_of_java_become_those_of_librdkafka(void **state)
{
	struct config *c = imported("producer.override.sasl.mechanism=SCRAM-SHA-512\n"
		"producer.override.sasl.jaas.config=org.apache.kafka.common.security.scram."
		"ScramLoginModule required\\n  myusername=x username=\"al ice\" "
		"password='s3\\\\'cret';\n");

	(void)state;
	assert_string_equal(property_get(c, "sasl.mechanism"), "SCRAM-SHA-512");
	assert_string_equal(property_get(c, "sasl.username"), "al ice");
	assert_string_equal(property_get(c, "sasl.password"), "s3'cret");
	config_free(c);
	c = imported("producer.override.sasl.jaas.config=x.PlainLoginModule required "
		"username=u password=p;\n");
	assert_string_equal(property_get(c, "sasl.username"), "u");
	assert_string_equal(property_get(c, "sasl.password"), "p");
	config_free(c);
}

/* Whatever cannot be used is not printed either. */
static void
credentials_that_are_not_taken_are_not_shown(void **state)
{
	(void)state;
	config_free(imported("producer.override.sasl.jaas.config=x.Krb5LoginModule required "
		"password=s3cret;\n"));
	has("#   producer.override.sasl.jaas.config: librdkafka has sasl_username");
	assert_null(strstr(out.p, "s3cret"));
	config_free(imported("producer.override.sasl.jaas.config=x.PlainLoginModule required "
		"password=s3cret;\n"));
	assert_null(strstr(out.p, "s3cret"));
}

static void
what_connect_looks_up_is_told(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	config_free(imported("heartbeat.interval.ms=${env:BEAT}\n"));
	has("#   heartbeat.interval.ms = ${env:BEAT}: looked up by Connect");
	assert_int_equal(import("topic.prefix=a\ntime.precision.mode=${env:M}\n", false, &f), -1);
}

static void
a_resource_of_strimzi(void **state)
{
	struct fail f = FAIL_INIT;
	static const char text[] = "{\"kind\": \"KafkaConnector\", \"metadata\": {\"name\": \"x\"},"
		"\"spec\": {\"class\": \"%s\", \"tasksMax\": 1, \"config\": {"
		"\"database.dbname\": \"d\", \"topic.prefix\": \"shop\"}}}";
	char json[400];

	(void)state;
	snprintf(json, sizeof(json), text, "io.debezium.connector.postgresql.PostgresConnector");
	assert_int_equal(import(json, false, &f), 0);
	has("prefix = \"shop\";");
	assert_null(strstr(out.p, "tasksMax"));
	snprintf(json, sizeof(json), text, "io.debezium.connector.mysql.MySqlConnector");
	assert_int_equal(import(json, false, &f), -1);
	assert_int_equal(import("apiVersion: v1\nkind: KafkaConnector\nspec:\n  config:\n"
		"    topic.prefix: shop\n", true, &f), -1);
	assert_non_null(strstr(f.text, "in YAML"));
}

static void
debezium_server_is_told_apart(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(import("debezium.sink.type=kafka\ndebezium.source.connector.class="
		"io.debezium.connector.postgresql.PostgresConnector\n"
		"debezium.source.topic.prefix=x\n", true, &f), -1);
	assert_non_null(strstr(f.text, "Debezium Server"));
}

static void
names_of_old_are_not_passed_over(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(import("topic.prefix=a\ncolumn.blacklist=public.t.secret\n", false, &f), -1);
	assert_string_equal(refused.p, "column.blacklist = public.t.secret: Debezium has not read "
		"this name since 2.0; write column.exclude.list, or leave it out\n");
}

static void
what_moves_data_inside_connect_is_dropped(void **state)
{
	struct config *c = imported("plugin.name=pgoutput\nname=n\ntasks.max=1\npoll.interval.ms=20\n"
		"max.batch.size=1\nmax.queue.size=1\nrecord.processing.threads=1\n"
		"offset.flush.interval.ms=0\nconformance.output=/x\nheartbeat.interval.ms=0\n"
		"snapshot.mode=no_data\nprovide.transaction.metadata=false\nmessage.key.columns=\n"
		"event.processing.failure.handling.mode=FAIL\ntransforms=\n"
		"lsn.flush.mode=connector_and_driver\n"
		"topic.naming.strategy=io.debezium.schema.SchemaTopicNamingStrategy\n");

	(void)state;
	assert_null(strstr(out.p, "Not taken over"));
	assert_null(strstr(out.p, "differ"));
	config_free(c);
}

static void
masks_are_groups(void **state)
{
	struct config *c = imported("plugin.name=pgoutput\nsnapshot.mode=no_data\n"
		"column.mask.with.5.chars=public.t.a,public.t.b\n"
		"column.mask.with.0.chars=c\ncolumn.truncate.to.4.chars=d{1,2},e\n"
		"column.mask.hash.v2.SHA-256.with.salt.a.b=f\n"
		"column.mask.hash.MD5.with.salt.x=g\ncolumn.mask.with.3.chars=\n"
		"message.key.columns=public.t:b,a;u:c\n"
		"column.propagate.source.type=a,b\ndatatype.propagate.source.type=.*int4\n");
	const struct config_mask *masks = c->format.column_mask.items;
	const struct config_hash *hashes = c->format.column_mask_hash.items;

	(void)state;
	assert_int_equal(c->format.column_mask.count, 2);
	assert_int_equal(masks[0].chars, 5);
	assert_int_equal(masks[0].columns.count, 2);
	assert_int_equal(masks[1].chars, 0);
	assert_int_equal(c->format.column_truncate.count, 1);
	masks = c->format.column_truncate.items;
	assert_int_equal(masks[0].chars, 4);
	assert_string_equal(masks[0].columns.items[0], "d{1,2}");
	assert_int_equal(c->format.column_mask_hash.count, 2);
	assert_int_equal(hashes[0].version, 2);
	assert_string_equal(hashes[0].algorithm, "SHA-256");
	assert_string_equal(hashes[0].salt, "a.b");
	assert_int_equal(hashes[1].version, 1);
	assert_string_equal(hashes[1].salt, "x");
	assert_string_equal(c->format.message_key_columns, "public.t:b,a;u:c");
	assert_int_equal(c->format.column_propagate_source_type.count, 2);
	assert_int_equal(c->format.datatype_propagate_source_type.count, 1);
	assert_null(strstr(out.p, "Not taken over"));
	config_free(c);
}

/* What Debezium would not take for a mask either. */
static void
malformed_masks_are_unknown(void **state)
{
	struct config *c = imported("column.mask.with.x.chars=a\ncolumn.mask.with.5.char=a\n"
		"column.truncate.to..chars=a\ncolumn.mask.hash.a.b.with.salt.s=a\n"
		"column.mask.hash.MD5.with.salt.=a\ncolumn.mask.hash..with.salt.s=a\n");

	(void)state;
	has("#   column.mask.with.x.chars = a: not an option that pgwake knows");
	has("#   column.mask.with.5.char = a: not an option that pgwake knows");
	has("#   column.truncate.to..chars = a: not an option that pgwake knows");
	has("#   column.mask.hash.a.b.with.salt.s = a: not an option that pgwake knows");
	has("#   column.mask.hash.MD5.with.salt. = a: not an option that pgwake knows");
	has("#   column.mask.hash..with.salt.s = a: not an option that pgwake knows");
	assert_int_equal(c->format.column_mask.count, 0);
	config_free(c);
}

static void
what_is_lost_becomes_a_comment(void **state)
{
	struct config *c = imported("slot.failover=true\nslot.drop.on.stop=true\n"
		"errors.tolerance=all\nsignal.data.collection=a.b\nfoo.bar=x\ty\n"
		"sasl.jaas.config=secret stuff\nstatus.update.interval.ms=5\n"
		"plugin.name=wal2json\ndriver.socketTimeout=5\n");

	(void)state;
	has("# Not taken over:\n");
	has("#   slot.failover = true: create the slot with failover");
	has("#   slot.drop.on.stop = true: pgwake never drops a slot");
	has("#   errors.tolerance = all: a record that cannot be decoded or delivered stops");
	has("#   signal.data.collection = a.b: signals are not read");
	has("#   foo.bar = x y: not an option that pgwake knows");
	has("#   sasl.jaas.config: not an option that pgwake knows");
	has("#   status.update.interval.ms = 5: must be a number from 100 to 86400000");
	has("#   plugin.name = wal2json: pgwake reads pgoutput");
	assert_null(strstr(out.p, "secret stuff"));
	config_free(c);
}

static void
what_changes_events_is_refused(void **state)
{
	static const char text[] = "topic.prefix=app\ntransforms=unwrap\n"
		"transforms.unwrap.type=x\ncolumn.mask.hash.MD6.with.salt.s=a\n"
		"value.converter=io.confluent.connect.avro.AvroConverter\n"
		"header.converter=x.StringConverter\ntime.precision.mode=odd\n"
		"converters=isbn\nisbn.type=x\nconverters2=y\ncolumn.mask.with.5000000.chars=a\n"
		"post.processors=re\nre.type=y\nsourceinfo.struct.maker=own\n";
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(import(text, false, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(f.text, "c.json: 9 options would change events; with --force the rest "
		"is translated and the file says what differs");
	assert_int_equal(out.len, 1);
	assert_string_equal(refused.p,
		"value.converter = io.confluent.connect.avro.AvroConverter: "
		"keys and values are written as JSON only\n"
		"header.converter = x.StringConverter: headers are written as by "
		"SimpleHeaderConverter or JsonConverter only\n"
		"column.mask.hash.MD6.with.salt.s = a: pgwake does not know the algorithm\n"
		"column.mask.with.5000000.chars = a: must be a number from 0 to 1000000, "
		"not \"5000000\"\n"
		"transforms = unwrap: records are published as they are, without transforms\n"
		"time.precision.mode = odd: must be one of adaptive, "
		"adaptive_time_microseconds, connect, isostring, microseconds, nanoseconds, structured, "
		"not \"odd\"\n"
		"converters = isbn: values would be converted as by default\n"
		"post.processors = re: values would be published as they are\n"
		"sourceinfo.struct.maker = own: the source block is Debezium's own\n");
	assert_int_equal(import(text, true, &f), 0);
	has("# Events differ from the connector's for want of:\n"
		"#   value.converter = io.confluent");
	has("#   converters2 = y: not an option that pgwake knows");
	assert_null(strstr(out.p, "isbn.type"));
	assert_null(strstr(out.p, "transforms.unwrap.type"));
}

static void
one_option_is_singular(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(import("topic.prefix=a\nsourceinfo.struct.maker=own\n", false, &f), -1);
	assert_string_equal(f.text, "c.json: 1 option would change events; with --force the rest "
		"is translated and the file says what differs");
}

static void
files_that_cannot_be_read_are_told(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(cmd_import("/nowhere/c.json", false, &f), -1);
	assert_string_equal(f.text, "/nowhere/c.json: No such file or directory");
	assert_int_equal(cmd_import("/tmp", false, &f), -1);
	assert_string_equal(f.text, "/tmp: Is a directory");
}

static void
neutral_values_are_recognised(void **state)
{
	const struct connector_known *k = connector_known_find("lsn.flush.mode");

	(void)state;
	assert_non_null(k);
	assert_true(connector_known_neutral(k, "CONNECTOR"));
	assert_true(connector_known_neutral(k, "connector_and_driver"));
	assert_true(connector_known_neutral(k, ""));
	assert_false(connector_known_neutral(k, "connect"));
	assert_false(connector_known_neutral(k, "manual"));
	assert_false(connector_known_neutral(connector_known_find("driver.x"), ""));
	assert_null(connector_known_find("nothing.like.it"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connector_as_posted_to_connect),
		cmocka_unit_test(defaults_of_debezium_are_written_out),
		cmocka_unit_test(properties_have_java_escapes),
		cmocka_unit_test(malformed_files_are_told),
		cmocka_unit_test(only_a_postgresql_connector_is_translated),
		cmocka_unit_test(lists_become_patterns),
		cmocka_unit_test(columns_and_modes_keep_their_names),
		cmocka_unit_test(converters_decide_about_schemas_and_headers),
		cmocka_unit_test(the_connection_is_one_string),
		cmocka_unit_test(producer_properties_are_taken_where_librdkafka_has_them),
		cmocka_unit_test(credentials_of_java_become_those_of_librdkafka),
		cmocka_unit_test(credentials_that_are_not_taken_are_not_shown),
		cmocka_unit_test(what_connect_looks_up_is_told),
		cmocka_unit_test(a_resource_of_strimzi),
		cmocka_unit_test(debezium_server_is_told_apart),
		cmocka_unit_test(names_of_old_are_not_passed_over),
		cmocka_unit_test(what_moves_data_inside_connect_is_dropped),
		cmocka_unit_test(masks_are_groups),
		cmocka_unit_test(malformed_masks_are_unknown),
		cmocka_unit_test(what_is_lost_becomes_a_comment),
		cmocka_unit_test(what_changes_events_is_refused),
		cmocka_unit_test(one_option_is_singular),
		cmocka_unit_test(files_that_cannot_be_read_are_told),
		cmocka_unit_test(neutral_values_are_recognised),
	};

	return cmocka_run_group_tests(tests, import_setup, import_teardown);
}
