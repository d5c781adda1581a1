#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "settings.h"

static const char *const autocreate_modes[] = {
	"filtered", "all_tables", "no_tables", "disabled", NULL
};
static const char *const snapshot_modes[] = {
	"initial", "initial_only", "no_data", "always", "when_needed", NULL
};
static const char *const value_formats[] = { "json", NULL };
static const char *const headers_modes[] = { "simple", "json", NULL };
static const char *const decimal_modes[] = { "precise", "double", "string", NULL };
static const char *const time_modes[] = {
	"adaptive", "adaptive_time_microseconds", "connect", "isostring",
	"microseconds", "nanoseconds", "structured", NULL
};
static const char *const interval_modes[] = { "numeric", "string", NULL };
static const char *const hstore_modes[] = { "json", "map", NULL };
static const char *const binary_modes[] = {
	"bytes", "base64", "base64-url-safe", "hex", NULL
};
static const char *const naming_modes[] = { "none", "avro", "avro_unicode", NULL };
static const char *const decimal_formats[] = { "base64", "numeric", NULL };
static const char *const log_levels[] = { "debug", "info", "warn", "error", NULL };

const struct option_group options_groups[] = {
	{ NULL, "Top level" },
	{ "postgres", "Where the changes come from" },
	{ "kafka", "Where the records go" },
	{ "snapshot", "Rows that were there before" },
	{ "format", "What a record looks like" },
	{ "state", "The agent's own record of its position" },
	{ "http", "Metrics and status over HTTP" },
	{ "log", "Messages on standard error" },
};
const size_t options_ngroups = sizeof(options_groups) / sizeof(*options_groups);

#define AT(member) .offset = offsetof(struct config, member)
#define STRING(g, k, m) .group = g, .key = k, .type = OPTION_STRING, AT(m)
#define BOOL(g, k, m) .group = g, .key = k, .type = OPTION_BOOL, AT(m)
#define LIST(g, k, m) .group = g, .key = k, .type = OPTION_LIST, AT(m)
#define CHOICE(g, k, m, c) \
	.group = g, .key = k, .type = OPTION_CHOICE, AT(m), .choices = c
#define NUMBER(g, k, t, m, lo, hi) \
	.group = g, .key = k, .type = t, AT(m), .min = lo, .max = hi
#define INT(g, k, m, lo, hi) NUMBER(g, k, OPTION_INT, m, lo, hi)
#define SIZE(g, k, m, lo, hi) NUMBER(g, k, OPTION_SIZE, m, lo, hi)
#define MS(g, k, m, lo, hi) NUMBER(g, k, OPTION_DURATION, m, lo, hi)
#define GROUPS(g, k, m, f, t) \
	.group = g, .key = k, .type = OPTION_GROUPS, AT(m), \
	.fields = f, .nfields = sizeof(f) / sizeof(*f), .size = sizeof(t)
#define PROPERTY(k) .group = "kafka", .key = k, .type = OPTION_PROPERTY

enum { DAY_MS = 24 * 60 * 60 * 1000 };

#define COLUMNS(t) { .key = "columns", .type = OPTION_LIST, \
	.offset = offsetof(t, columns), .flags = OPTION_MANDATORY }

#define CHARS(most) { .key = "chars", .type = OPTION_INT, .min = 0, .max = most, \
	.offset = offsetof(struct config_mask, chars), .flags = OPTION_MANDATORY }

static const struct option truncate_fields[] = {
	CHARS(INT_MAX), COLUMNS(struct config_mask)
};
static const struct option mask_fields[] = {
	CHARS(1000000), COLUMNS(struct config_mask)
};
static const struct option hash_fields[] = {
	{ .key = "algorithm", .type = OPTION_STRING, .flags = OPTION_MANDATORY,
	  .offset = offsetof(struct config_hash, algorithm) },
	{ .key = "salt", .type = OPTION_STRING, .flags = OPTION_MANDATORY | OPTION_SECRET,
	  .offset = offsetof(struct config_hash, salt) },
	{ .key = "version", .type = OPTION_INT, .offset = offsetof(struct config_hash, version),
	  .min = 1, .max = 2, .def = "2" },
	COLUMNS(struct config_hash),
};

static const struct option override_fields[] = {
	{ .key = "table", .type = OPTION_STRING, .flags = OPTION_MANDATORY,
	  .offset = offsetof(struct config_override, table) },
	{ .key = "statement", .type = OPTION_STRING, .flags = OPTION_MANDATORY,
	  .offset = offsetof(struct config_override, statement) },
};

const struct option options[] = {
	{ STRING(NULL, "prefix", prefix), .debezium = "topic.prefix",
	  .flags = OPTION_MANDATORY,
	  .help = "First part of every topic's name, and the name of the "
		"source in every event" },

	{ STRING("postgres", "dsn", postgres.dsn), .debezium = "database.*",
	  .flags = OPTION_MANDATORY | OPTION_CONNECTION,
	  .help = "Any libpq connection string or URI" },
	{ STRING("postgres", "password_file", postgres.password_file),
	  .help = "File with the password, in place of one in the dsn" },
	{ STRING("postgres", "slot", postgres.slot), .def = "debezium",
	  .debezium = "slot.name",
	  .help = "Replication slot to follow" },
	{ BOOL("postgres", "create_slot", postgres.create_slot), .def = "true",
	  .help = "Create the slot at the first start; one that is known and "
		"gone is never made again" },
	{ MS("postgres", "slot_timeout_ms", postgres.slot_timeout_ms, 0, DAY_MS),
	  .def = "90000",
	  .help = "How long the creation of the slot waits for older "
		"transactions to end" },
	{ STRING("postgres", "publication", postgres.publication),
	  .def = "dbz_publication",
	  .debezium = "publication.name", .help = "Publication to read" },
	{ BOOL("postgres", "publication_autocreate", postgres.publication_autocreate),
	  .def = "true",
	  .help = "Create the publication at the first start" },
	{ CHOICE("postgres", "publication_autocreate_mode", postgres.publication_autocreate_mode,
	  autocreate_modes), .def = "filtered",
	  .debezium = "publication.autocreate.mode",
	  .help = "For which tables it is created: those selected by tables, "
		"all, or none" },
	{ BOOL("postgres", "publish_via_partition_root",
	  postgres.publish_via_partition_root), .def = "false",
	  .debezium = "publish.via.partition.root",
	  .help = "The publication that is created publishes rows of partitions "
		"as the partitioned table's" },
	{ LIST("postgres", "replica_identity_autoset_values",
	  postgres.replica_identity_autoset_values),
	  .debezium = "replica.identity.autoset.values",
	  .help = "Replica identities to give to captured tables: pattern on "
		"schema.table, colon, DEFAULT, FULL, NOTHING or INDEX name" },
	{ LIST("postgres", "tables", postgres.tables),
	  .debezium = "table.include.list, table.exclude.list, "
		"schema.include.list, schema.exclude.list",
	  .help = "Patterns on schema.table, with ! in front to exclude; "
		"empty: all that is published" },
	{ BOOL("postgres", "messages", postgres.messages), .def = "true",
	  .help = "Publish logical decoding messages to the topic "
		"<prefix>.message" },
	{ LIST("postgres", "message_prefix_include_list",
	  postgres.message_prefix_include_list),
	  .debezium = "message.prefix.include.list",
	  .help = "Patterns on the prefix of a message: only these are published" },
	{ LIST("postgres", "message_prefix_exclude_list",
	  postgres.message_prefix_exclude_list),
	  .debezium = "message.prefix.exclude.list",
	  .help = "Patterns on the prefix of a message: these are not" },
	{ MS("postgres", "status_update_interval_ms", postgres.status_interval_ms, 100, DAY_MS),
	  .def = "10000", .debezium = "status.update.interval.ms",
	  .help = "The server hears from the agent at least this often" },
	{ SIZE("postgres", "logical_decoding_work_mem_mb", postgres.work_mem_mb, 0, INT_MAX / 1024),
	  .def = "256",
	  .help = "Memory that the server may use before it spills a "
		"transaction; 0: its own setting" },
	{ STRING("postgres", "replication_options", postgres.replication_options),
	  .help = "More server settings for the replication session, as "
		"\"-c name=value\"" },
	{ MS("postgres", "connect_timeout_ms", postgres.connect_timeout_ms, 1000, DAY_MS),
	  .def = "10000", .help = "How long one attempt to connect may take" },
	{ MS("postgres", "lock_timeout_ms", postgres.lock_timeout_ms, 1, DAY_MS), .def = "2000",
	  .help = "How long a look at the catalogue waits for a lock before it "
		"is tried again" },
	{ MS("postgres", "heartbeat_interval_ms", postgres.heartbeat_interval_ms, 0, DAY_MS),
	  .def = "0", .debezium = "heartbeat.interval.ms",
	  .help = "How often a heartbeat record is published; 0: not at all" },
	{ STRING("postgres", "heartbeat_action_query", postgres.heartbeat_action_query),
	  .debezium = "heartbeat.action.query",
	  .help = "Statement to run after each heartbeat" },
	{ MS("postgres", "xmin_fetch_interval_ms", postgres.xmin_interval_ms, 0, DAY_MS),
	  .def = "0", .debezium = "xmin.fetch.interval.ms",
	  .help = "How often the slot's xmin is read for source.xmin; 0: not at "
		"all" },
	{ MS("postgres", "catalog_poll_interval_ms", postgres.poll_interval_ms, 100, DAY_MS),
	  .def = "10000",
	  .help = "How often the publication and the slot are looked at" },

	{ STRING("kafka", "bootstrap_servers", kafka.bootstrap_servers),
	  .def = "localhost:9092",
	  .debezium = "bootstrap.servers",
	  .help = "Brokers to begin with, host:port,host:port" },
	{ PROPERTY("security_protocol"),
	  .help = "plaintext, ssl, sasl_plaintext or sasl_ssl" },
	{ PROPERTY("ssl_ca_location"),
	  .help = "File with the certificates of trusted authorities" },
	{ PROPERTY("sasl_mechanisms"),
	  .help = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI, OAUTHBEARER" },
	{ PROPERTY("sasl_username"), .help = "User name for PLAIN and SCRAM" },
	{ PROPERTY("sasl_password"), .flags = OPTION_SECRET,
	  .help = "Password for PLAIN and SCRAM; better in "
		"sasl_password_file" },
	{ STRING("kafka", "sasl_password_file", kafka.sasl_password_file),
	  .help = "File with the password for PLAIN and SCRAM" },
	{ PROPERTY("compression_type"), .def = "lz4",
	  .help = "none, gzip, snappy, lz4 or zstd" },
	{ PROPERTY("linger_ms"), .def = "1",
	  .help = "How long a record may wait for others to share its "
		"request" },
	{ PROPERTY("partitioner"), .def = "murmur2_random",
	  .help = "Partition of a key; the default is that of Java's "
		"producer" },
	{ PROPERTY("message_max_bytes"), .def = "1000000",
	  .help = "Largest record; the topic's max.message.bytes must agree" },
	{ SIZE("kafka", "queue_buffering_max_kbytes", kafka.queue_kbytes, 64, INT_MAX),
	  .def = "16384",
	  .help = "Records waiting for Kafka hold at most this much memory" },
	{ BOOL("kafka", "create_topics", kafka.create_topics), .def = "true",
	  .help = "Create a topic before its first record" },
	{ INT("kafka", "topic_partitions", kafka.topic_partitions, -1, 100000),
	  .def = "-1",
	  .debezium = "topic.creation.default.partitions",
	  .help = "Partitions of a topic that is created; -1: the broker's "
		"default" },
	{ INT("kafka", "topic_replication_factor", kafka.topic_replication, -1, 32767), .def = "-1",
	  .debezium = "topic.creation.default.replication.factor",
	  .help = "Replicas of a topic that is created; -1: the broker's "
		"default" },

	{ CHOICE("snapshot", "mode", snapshot.mode, snapshot_modes),
	  .def = "initial",
	  .debezium = "snapshot.mode",
	  .help = "Which rows are read before streaming: all at the first start "
		"(initial), all and then stop (initial_only), none (no_data), all "
		"at every start (always), or also when the slot is lost (when_needed)" },
	{ INT("snapshot", "threads", snapshot.threads, 0, 64), .def = "0",
	  .debezium = "snapshot.max.threads",
	  .help = "Tables, and parts of them, read at the same time; 0: as many as "
		"there are cores, at most 4" },
	{ LIST("snapshot", "tables", snapshot.tables),
	  .debezium = "snapshot.include.collection.list",
	  .help = "Patterns on schema.table: only these of the captured tables are "
		"read, with ! in front to exclude; empty: all" },
	{ GROUPS("snapshot", "select_overrides", snapshot.select_overrides,
	  override_fields, struct config_override),
	  .debezium = "snapshot.select.statement.overrides",
	  .help = "Statements that choose the rows of a table in the snapshot: "
		"table (schema.table) and statement (SELECT ...)" },
	{ SIZE("snapshot", "chunk_kbytes", snapshot.chunk_kbytes, 8, 16 << 20),
	  .def = "65536",
	  .help = "About how much of a table is read at a time; what is finished "
		"is not read again after a crash" },
	{ MS("snapshot", "round_max_ms", snapshot.round_max_ms, 0, 365LL * DAY_MS),
	  .def = "3600000",
	  .help = "A long snapshot pauses after this time to publish the changes "
		"made meanwhile, then goes on; 0: it does not" },
	{ SIZE("snapshot", "round_wal_mb", snapshot.round_wal_mb, 0, INT64_C(1) << 40),
	  .def = "16384",
	  .help = "The same by the WAL that the slot keeps meanwhile; 0: no limit" },

	{ CHOICE("format", "value", format.value, value_formats), .def = "json",
	  .debezium = "value.converter",
	  .help = "Encoding of keys and values" },
	{ BOOL("format", "schemas", format.schemas), .def = "true",
	  .debezium = "key.converter.schemas.enable, "
		"value.converter.schemas.enable",
	  .help = "Every key and value carries its schema" },
	{ BOOL("format", "key_schemas", format.key_schemas),
	  .debezium = "key.converter.schemas.enable",
	  .help = "The same for keys alone; follows schemas if not set" },
	{ BOOL("format", "value_schemas", format.value_schemas),
	  .debezium = "value.converter.schemas.enable",
	  .help = "The same for values alone; follows schemas if not set" },
	{ CHOICE("format", "headers", format.headers, headers_modes),
	  .def = "simple",
	  .debezium = "header.converter",
	  .help = "Headers as plain text, or as JSON" },
	{ BOOL("format", "header_schemas", format.header_schemas),
	  .debezium = "header.converter.schemas.enable",
	  .help = "JSON headers carry their schema; follows schemas if not "
		"set" },
	{ CHOICE("format", "decimal_handling_mode", format.types.decimal, decimal_modes),
	  .def = "precise", .debezium = "decimal.handling.mode",
	  .help = "numeric and money as exact decimals, floating point or "
		"text" },
	{ CHOICE("format", "decimal_format",
	  format.decimal_format, decimal_formats), .def = "base64",
	  .debezium = "value.converter.decimal.format, decimal.format",
	  .help = "An exact decimal in JSON: its bytes, or a number" },
	{ CHOICE("format", "key_decimal_format",
	  format.key_decimal_format, decimal_formats),
	  .debezium = "key.converter.decimal.format",
	  .help = "The same for keys; follows decimal_format if not set" },
	{ CHOICE("format", "header_decimal_format",
	  format.header_decimal_format, decimal_formats), .def = "base64",
	  .debezium = "header.converter.decimal.format",
	  .help = "The same for JSON headers; text headers have numbers" },
	{ CHOICE("format", "time_precision_mode",
	  format.types.time, time_modes), .def = "adaptive",
	  .debezium = "time.precision.mode",
	  .help = "Unit and type of dates and times; structured, as in Debezium "
		"3.7, also of intervals" },
	{ CHOICE("format", "interval_handling_mode", format.types.interval, interval_modes),
	  .def = "numeric", .debezium = "interval.handling.mode",
	  .help = "interval as microseconds, or as ISO 8601 text" },
	{ CHOICE("format", "hstore_handling_mode",
	  format.types.hstore, hstore_modes), .def = "json",
	  .debezium = "hstore.handling.mode",
	  .help = "hstore as JSON text, or as a map" },
	{ CHOICE("format", "binary_handling_mode",
	  format.types.binary, binary_modes), .def = "bytes",
	  .debezium = "binary.handling.mode",
	  .help = "bytea as bytes, or as text" },
	{ INT("format", "money_fraction_digits",
	  format.types.money_digits, 0, 64), .def = "2",
	  .debezium = "money.fraction.digits",
	  .help = "Digits behind the point of money" },
	{ BOOL("format", "include_unknown_datatypes",
	  format.types.include_unknown), .def = "false",
	  .debezium = "include.unknown.datatypes",
	  .help = "Columns of types without a mapping as the bytes of their "
		"text, not left out" },
	{ BOOL("format", "include_geometric_types",
	  format.types.geometric), .def = "false",
	  .help = "box, circle, line, lseg, path and polygon as Debezium 3.7 "
		"has them; without it they are types without a mapping" },
	{ STRING("format", "unavailable_value_placeholder",
	  format.unavailable_value_placeholder),
	  .def = "__debezium_unavailable_value",
	  .debezium = "unavailable.value.placeholder",
	  .help = "Stands for a large value that did not change and is not in "
		"the log" },
	{ BOOL("format", "replace_null_with_default",
	  format.replace_null_with_default), .def = "true",
	  .debezium = "value.converter.replace.null.with.default, "
		"replace.null.with.default",
	  .help = "JSON shows a column's default in place of null" },
	{ BOOL("format", "key_replace_null_with_default",
	  format.key_replace_null_with_default),
	  .debezium = "key.converter.replace.null.with.default",
	  .help = "The same for keys; follows replace_null_with_default if not "
		"set" },
	{ BOOL("format", "header_replace_null_with_default",
	  format.header_replace_null_with_default), .def = "true",
	  .debezium = "header.converter.replace.null.with.default",
	  .help = "The same for JSON headers; text headers show defaults" },
	{ BOOL("format", "tombstones_on_delete", format.tombstones_on_delete),
	  .def = "true",
	  .debezium = "tombstones.on.delete",
	  .help = "A delete is followed by a record without value" },
	{ BOOL("format", "extended_headers_enabled",
	  format.extended_headers_enabled), .def = "true",
	  .debezium = "extended.headers.enabled",
	  .help = "Headers that name connector, task and run" },
	{ STRING("format", "skipped_operations", format.skipped_operations),
	  .def = "t",
	  .debezium = "skipped.operations",
	  .help = "Letters of c, u, d, t between commas, or none" },
	{ STRING("format", "topic_delimiter", format.topic_delimiter),
	  .def = ".",
	  .debezium = "topic.delimiter",
	  .help = "Between the parts of a topic's name" },
	{ BOOL("format", "skip_messages_without_change",
	  format.skip_messages_without_change), .def = "false",
	  .debezium = "skip.messages.without.change",
	  .help = "Leave out updates that change no published column; needs "
		"REPLICA IDENTITY FULL" },
	{ BOOL("format", "provide_transaction_metadata",
	  format.provide_transaction_metadata), .def = "false",
	  .debezium = "provide.transaction.metadata",
	  .help = "Records for begin and end of each transaction, and the "
		"place of each event in it" },
	{ STRING("format", "topic_transaction", format.topic_transaction),
	  .def = "transaction",
	  .debezium = "topic.transaction",
	  .help = "Topic of these records, behind the prefix" },
	{ STRING("format", "topic_heartbeat_prefix", format.topic_heartbeat_prefix),
	  .def = "__debezium-heartbeat",
	  .debezium = "topic.heartbeat.prefix",
	  .help = "Topic of heartbeats, before the prefix" },
	{ STRING("format", "topic_heartbeat_name", format.topic_heartbeat_name),
	  .debezium = "topic.heartbeat.name",
	  .help = "Topic of heartbeats, its whole name" },
	{ LIST("format", "column_include_list", format.column_include_list),
	  .debezium = "column.include.list",
	  .help = "Patterns on schema.table.column: only these are in the "
		"row" },
	{ LIST("format", "column_exclude_list", format.column_exclude_list),
	  .debezium = "column.exclude.list",
	  .help = "Patterns on schema.table.column: these are not" },
	{ LIST("format", "json_array_columns", format.json_array_columns),
	  .help = "Patterns on schema.table.column: arrays of these become JSON "
		"text, with all their dimensions; others have one, and null in "
		"place of each inner array" },
	{ CHOICE("format", "schema_name_adjustment_mode",
	  format.schema_name_adjustment_mode, naming_modes), .def = "none",
	  .debezium = "schema.name.adjustment.mode",
	  .help = "Names of schemas that Avro can have: _ or _uXXXX in place "
		"of what it cannot" },
	{ CHOICE("format", "field_name_adjustment_mode",
	  format.field_name_adjustment_mode, naming_modes), .def = "none",
	  .debezium = "field.name.adjustment.mode",
	  .help = "The same for the names of fields, which are those of columns" },
	{ STRING("format", "message_key_columns", format.message_key_columns),
	  .debezium = "message.key.columns",
	  .help = "Columns of the key in place of a table's own: "
		"table:column,column;table:column with patterns on "
		"schema.table" },
	{ GROUPS("format", "column_truncate", format.column_truncate,
	  truncate_fields, struct config_mask),
	  .help = "Text and bytes of these columns are cut to so many "
		"characters (column.truncate.to.N.chars)" },
	{ GROUPS("format", "column_mask", format.column_mask,
	  mask_fields, struct config_mask),
	  .help = "Text of these columns is replaced by so many asterisks, "
		"NULL too (column.mask.with.N.chars)" },
	{ GROUPS("format", "column_mask_hash", format.column_mask_hash,
	  hash_fields, struct config_hash),
	  .help = "Text of these columns is replaced by a hash with salt, in "
		"hexadecimal; version 1 hashes what Java serialises "
		"(column.mask.hash.A.with.salt.S, "
		"column.mask.hash.v2.A.with.salt.S)" },
	{ BOOL("format", "include_schema_comments", format.include_schema_comments),
	  .def = "false",
	  .help = "Comments on tables and columns as doc of their schemas; "
		"Debezium's include.schema.comments writes none of PostgreSQL's" },
	{ LIST("format", "column_propagate_source_type",
	  format.column_propagate_source_type),
	  .debezium = "column.propagate.source.type",
	  .help = "Patterns on schema.table.column: their schema tells type, "
		"length, scale and name in the database" },
	{ LIST("format", "datatype_propagate_source_type",
	  format.datatype_propagate_source_type),
	  .debezium = "datatype.propagate.source.type",
	  .help = "The same with patterns on schema.table.type" },

	{ STRING("state", "file", state.file),
	  .debezium = "offset.storage.file.filename",
	  .help = "A file in place of the compacted topic, as with --stdout" },
	{ STRING("state", "topic", kafka.state_topic),
	  .help = "The compacted topic; __pgwake_state.<prefix> if not set" },

	{ STRING("http", "listen", http.listen),
	  .help = "Reserved: ADDRESS:PORT to serve on; this version serves "
		"nothing and says so at start" },

	{ CHOICE("log", "level", log.level, log_levels), .def = "info",
	  .help = "Least important level that is written" },
};
const size_t options_count = sizeof(options) / sizeof(*options);

const char *
options_name(const struct option *o, char out[OPTIONS_NAME_MAX])
{
	snprintf(out, OPTIONS_NAME_MAX, "%s%s%s", o->group ? o->group : "",
		o->group ? "." : "", o->key);
	return out;
}

const struct option *
options_find(const char *group, const char *key)
{
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];

		if (!o->group != !group || (group && strcmp(o->group, group) != 0))
			continue;
		if (strcmp(o->key, key) == 0)
			return o;
	}
	return NULL;
}

bool
options_is_group(const char *name)
{
	for (size_t i = 0; i < options_ngroups; i++)
		if (options_groups[i].name && strcmp(options_groups[i].name, name) == 0)
			return true;
	return false;
}

/* `name` is one of the names in a list between commas. */
static bool
names_include(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = list; p; p = strchr(p, ',')) {
		p += strspn(p, ", ");
		if (strncmp(p, name, len) == 0 && (p[len] == '\0' || p[len] == ','))
			return true;
	}
	return false;
}

const struct option *
options_find_debezium(const char *name)
{
	for (size_t i = 0; i < options_count; i++)
		if (options[i].debezium && names_include(options[i].debezium, name))
			return &options[i];
	return NULL;
}
