#include <string.h>
#include <strings.h>

#include "connector_known.h"

#define NO_SIGNALS "signals are not read"
#define NO_TRANSFORMS "records are published as they are, without transforms"
#define SLOT_MOVES "the slot moves as soon as Kafka has acknowledged the " \
	"records"
#define LOCKS "tables are locked as SELECT locks them (ACCESS SHARE)"
#define STOPS "a record that cannot be decoded or delivered stops pgwake; " \
	"nothing is skipped"

#define OLD(name, now) { name, CHANGES, "", "Debezium has not read this name " \
	"since 2.0; write " now ", or leave it out" }

#define NOTHING CONNECTOR_NOTHING
#define LOST CONNECTOR_LOST
#define CHANGES CONNECTOR_CHANGES

/* The first that fits counts. */
static const struct connector_known known[] = {
	/* Inside Connect and the JVM. */
	{ "name", NOTHING, NULL, NULL },
	{ "connector.class", NOTHING, NULL, NULL },
	{ "tasks.max*", NOTHING, NULL, NULL },
	{ "poll.*", NOTHING, NULL, NULL },
	{ "max.batch.size", NOTHING, NULL, NULL },
	{ "max.queue.*", NOTHING, NULL, NULL },
	{ "queue.*", NOTHING, NULL, NULL },
	{ "record.processing.*", NOTHING, NULL, NULL },
	{ "conformance.*", NOTHING, NULL, NULL },
	{ "offset.flush.*", NOTHING, NULL, NULL },
	{ "offset.storage*", NOTHING, NULL, NULL },
	{ "offset.commit.policy", NOTHING, NULL, NULL },
	{ "topic.cache.size", NOTHING, NULL, NULL },
	{ "query.fetch.size", NOTHING, NULL, NULL },
	{ "database.query.timeout.ms", NOTHING, NULL, NULL },
	{ "connection.validation.timeout.ms", NOTHING, NULL, NULL },
	{ "executor.shutdown.timeout.ms", NOTHING, NULL, NULL },
	{ "config.action.reload", NOTHING, NULL, NULL },
	{ "key.converter.schemas.cache.size", NOTHING, NULL, NULL },
	{ "value.converter.schemas.cache.size", NOTHING, NULL, NULL },
	{ "header.converter.*", NOTHING, NULL, NULL },
	{ "slot.max.retries", NOTHING, NULL, NULL },
	{ "slot.retry.delay.ms", NOTHING, NULL, NULL },
	{ "errors.max.retries", NOTHING, NULL, NULL },
	{ "errors.retry.*", NOTHING, NULL, NULL },
	{ "retriable.restart.connector.wait.ms", NOTHING, NULL, NULL },
	{ "lsn.flush.timeout.*", NOTHING, NULL, NULL },
	{ "schema.refresh.mode", NOTHING, NULL, NULL },
	{ "statistics.metrics.enabled", NOTHING, NULL, NULL },
	{ "custom.metric.tags", NOTHING, NULL, NULL },
	{ "guardrail.*", NOTHING, NULL, NULL },
	{ "internal.*", NOTHING, NULL, NULL },
	{ "transaction.metadata.factory", NOTHING, NULL, NULL },
	{ "table.ignore.builtin", LOST, "true", "tables of the system are "
		"never captured" },

	/* The connection and the slot. */
	{ "database.initial.statements", LOST, "", "these statements are not "
		"run" },
	{ "database.sslfactory", LOST, "", "TLS is libpq's; see sslmode and "
		"sslrootcert of the dsn" },
	{ "database.connection.factory.class", LOST, "", "the connection is "
		"libpq's" },
	{ "driver.*", LOST, NULL, "the driver is libpq; its parameters go into "
		"postgres.dsn" },
	{ "slot.drop.on.stop", LOST, "false", "pgwake never drops a slot" },
	{ "slot.failover", LOST, "false", "create the slot with failover "
		"yourself before the first start" },
	{ "slot.stream.params", LOST, "", "they are not passed on" },
	{ "lsn.flush.mode", LOST, "connector,connector_and_driver", SLOT_MOVES },
	{ "flush.lsn.source", LOST, "true", SLOT_MOVES },
	{ "offset.mismatch.strategy", LOST, "no_validation", "the slot alone "
		"says where to go on" },

	/* The snapshot. */
	{ "snapshot.fetch.size", NOTHING, NULL, NULL },
	{ "snapshot.max.threads.multiplier", NOTHING, NULL, NULL },
	{ "snapshot.scan.all.columns.force", NOTHING, NULL, NULL },
	{ "legacy.snapshot.*", NOTHING, NULL, NULL },
	{ "snapshot.mode.*", NOTHING, NULL, NULL },	/* of a mode that is not chosen */
	{ "snapshot.select.statement.overrides.*", LOST, NULL, "without effect, as its "
		"table is not named in snapshot.select.statement.overrides" },
	{ "snapshot.isolation.mode", LOST, "serializable,repeatable_read", "all tables "
		"are read as of one moment (repeatable read)" },
	{ "snapshot.locking.mode", LOST, "none", LOCKS },
	{ "snapshot.locking.mode.custom.name", NOTHING, NULL, NULL },
	{ "snapshot.lock.timeout.ms", LOST, "10000", LOCKS },
	{ "snapshot.query.mode", CHANGES, "select_all", "rows are read by COPY; "
		"snapshot.select_overrides can choose them" },
	{ "snapshot.query.mode.custom.name", NOTHING, NULL, NULL },
	{ "snapshot.delay.ms", LOST, "0", "the snapshot begins at once" },
	{ "streaming.delay.ms", LOST, "0", "streaming begins as soon as the "
		"snapshot is done" },
	{ "snapshot.tables.order.by.row.count", LOST, "disabled", "one reader takes tables "
		"by schema and name, several take the largest first" },

	/* Failures, guarantees, things around the stream. */
	{ "errors.tolerance", LOST, "none", STOPS },
	{ "errors.deadletterqueue.*", LOST, NULL, STOPS },
	{ "errors.log.*", NOTHING, NULL, NULL },
	{ "event.processing.failure.handling.mode", LOST, "fail", STOPS },
	{ "event.converting.failure.handling.mode", LOST, "warn", STOPS },
	{ "exactly.once.support", LOST, "requested",
	  "every record is delivered at least once; only a crash can repeat "
		"some" },
	{ "transaction.boundary*", LOST, "poll", "Kafka's transactions are not "
		"used" },
	{ "topic.creation.enable", LOST, "true", "see kafka.create_topics" },
	{ "topic.creation.*", LOST, NULL, "topics are created with one set of "
		"properties" },
	{ "incremental.snapshot.*", LOST, NULL, NO_SIGNALS },
	{ "signal.*", LOST, NULL, NO_SIGNALS },
	{ "read.only", LOST, "false", NO_SIGNALS },
	{ "notification.*", LOST, "", "no notifications are sent" },
	{ "openlineage.*", LOST, NULL, "OpenLineage is not informed" },
	{ "producer.override.*", LOST, NULL, "librdkafka has no such "
		"property" },
	{ "consumer.override.*", NOTHING, NULL, NULL },
	{ "admin.override.*", NOTHING, NULL, NULL },

	/* Events would differ, or did when the file was written. */
	OLD("schema.whitelist", "schema.include.list"),
	OLD("schema.blacklist", "schema.exclude.list"),
	OLD("table.whitelist", "table.include.list"),
	OLD("table.blacklist", "table.exclude.list"),
	OLD("column.whitelist", "column.include.list"),
	OLD("column.blacklist", "column.exclude.list"),
	OLD("toasted.value.placeholder", "unavailable.value.placeholder"),
	OLD("truncate.handling.mode", "skipped.operations"),
	OLD("sanitize.field.names", "field.name.adjustment.mode"),
	{ "include.schema.comments", LOST, "false", "Debezium 3.6 writes no comments "
		"of PostgreSQL; format.include_schema_comments does" },
	{ "sourceinfo.struct.maker", CHANGES,
	  "io.debezium.connector.postgresql.PostgresSourceInfoStructMaker",
	  "the source block is Debezium's own" },
	{ "topic.naming.strategy", CHANGES, "io.debezium.schema.SchemaTopicNamingStrategy",
	  "topics are named prefix.schema.table" },
	{ "converters", CHANGES, "", "values would be converted as by "
		"default" },
	{ "post.processors", CHANGES, "", "values would be published as they "
		"are" },
	{ "transforms", CHANGES, "", NO_TRANSFORMS },
	{ "predicates", CHANGES, "", NO_TRANSFORMS },
	{ "transforms.*", NOTHING, NULL, NULL },	/* said of "transforms" */
	{ "predicates.*", NOTHING, NULL, NULL },
	{ "key.converter.*", LOST, NULL, "the converter is pgwake's own JSON" },
	{ "value.converter.*", LOST, NULL, "the converter is pgwake's own "
		"JSON" },
};

static bool
fits(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] == '*')
		return strncmp(pattern, name, len - 1) == 0;
	return strcmp(pattern, name) == 0;
}

const struct connector_known *
connector_known_find(const char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (fits(known[i].name, name))
			return &known[i];
	return NULL;
}

bool
connector_known_neutral(const struct connector_known *k, const char *value)
{
	size_t len = strlen(value);
	const char *p = k->neutral;

	if (!p || len == 0)
		return p != NULL;
	while (*p) {
		size_t n = strcspn(p, ",");

		if (n == len && strncasecmp(p, value, n) == 0)
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}
