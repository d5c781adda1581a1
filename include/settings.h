/*
 * settings: the values that a run works with, as a plain struct.
 *
 * Every member is set through the options table (options.h), but for the few
 * that are named below as derived; a member that is not in the table does not
 * exist. Strings, lists and pairs are owned by the struct. Functions: config.h.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdint.h>

#include "naming.h"
#include "types.h"

struct config_list {		/* strings, in the order given */
	char **items;
	size_t count;
};

/* Options with a parameter in their name there: an array of one of the structs below. */
struct config_groups {
	void *items;
	size_t count;
};

struct config_mask {		/* also of column_truncate */
	int chars;
	struct config_list columns;	/* patterns on schema.table.column */
};

struct config_hash {
	char *algorithm;	/* Java's name */
	char *salt;
	int version;		/* 1 or 2 */
	struct config_list columns;
};

struct config_override {	/* of a table's rows in the snapshot */
	char *table;		/* schema.table */
	char *statement;	/* SELECT */
};

struct config_pair {		/* a librdkafka property, its name with dots */
	char *key, *value;
	char *origin;		/* where it was set; NULL: our default */
};

enum publication_mode {
	PUBLICATION_FILTERED, PUBLICATION_ALL_TABLES, PUBLICATION_NO_TABLES,
	PUBLICATION_DISABLED
};
enum snapshot_mode {
	SNAPSHOT_INITIAL, SNAPSHOT_INITIAL_ONLY, SNAPSHOT_NO_DATA,
	SNAPSHOT_ALWAYS, SNAPSHOT_WHEN_NEEDED
};
enum value_format { VALUE_JSON };
enum headers_mode { HEADERS_SIMPLE, HEADERS_JSON };
enum decimal_format { DECIMAL_BASE64, DECIMAL_NUMERIC };

struct config {
	char *prefix;
	struct {
		char *dsn;
		char *password_file;		/* read by conn at each connection */
		char *slot, *publication;
		struct config_list tables;	/* patterns; empty: all */
		bool create_slot;
		bool publication_autocreate;
		/* enum publication_mode, never DISABLED once checked */
		int publication_autocreate_mode;
		struct config_list replica_identity_autoset_values;	/* "schema.table:FULL" */
		bool publish_via_partition_root;	/* of a publication that is created */
		bool publish_fewer;	/* derived: and without skipped_operations, which was set */
		int64_t status_interval_ms;
		int64_t work_mem_mb;		/* logical_decoding_work_mem */
		int64_t connect_timeout_ms;
		int64_t slot_timeout_ms;	/* creation waits for old transactions this long */
		int64_t poll_interval_ms;	/* of the publication and the slot's row */
		int64_t heartbeat_interval_ms;	/* 0: none */
		char *heartbeat_action_query;	/* after each heartbeat; NULL: none */
		int64_t xmin_interval_ms;	/* of source.xmin; 0: it is null */
		int64_t lock_timeout_ms;
		bool messages;			/* logical decoding messages */
		struct config_list message_prefix_include_list;
		struct config_list message_prefix_exclude_list;	/* not both */
		char *replication_options;	/* further -c settings */
	} postgres;
	struct {
		/* For librdkafka, as they are: our defaults and what the user set. */
		struct config_pair *properties;
		size_t nproperties;
		char *bootstrap_servers;
		int64_t queue_kbytes;		/* queue.buffering.max.kbytes */
		int topic_partitions, topic_replication;	/* -1: the broker's default */
		bool create_topics;
		char *sasl_password_file;	/* its content becomes a property */
		char *state_topic;		/* NULL: __pgwake_state.<prefix> */
	} kafka;
	struct {
		int mode;			/* enum snapshot_mode */
		int threads;			/* readers; 0: by the cores at hand */
		struct config_list tables;	/* patterns; empty: all that are captured */
		struct config_groups select_overrides;	/* struct config_override */
		int64_t chunk_kbytes;		/* of a table that is read at a time, about */
		int64_t round_max_ms;		/* reading without streaming; 0: no limit */
		int64_t round_wal_mb;		/* the same, by the WAL kept meanwhile */
	} snapshot;
	struct {
		int value;			/* enum value_format */
		bool schemas;
		bool key_schemas, value_schemas, header_schemas;	/* as schemas if not set */
		int headers;			/* enum headers_mode */
		struct type_modes types;	/* unavailable is the placeholder's */
		char *unavailable_value_placeholder;
		int decimal_format;		/* enum decimal_format */
		bool replace_null_with_default;
		int key_decimal_format;		/* as those of values if not set */
		bool key_replace_null_with_default;
		int header_decimal_format;	/* JSON headers alone; as Debezium's if not set */
		bool header_replace_null_with_default;
		bool tombstones_on_delete;
		bool extended_headers_enabled;
		char *skipped_operations;	/* "t", "none", "c,t", ... */
		char *topic_delimiter;
		bool skip_messages_without_change;
		bool provide_transaction_metadata;
		char *topic_transaction;	/* behind prefix and delimiter */
		char *topic_heartbeat_prefix;	/* before delimiter and prefix */
		char *topic_heartbeat_name;	/* in place of all that; NULL */
		struct config_list column_include_list;	/* schema.table.column */
		struct config_list column_exclude_list;	/* not both */
		int schema_name_adjustment_mode, field_name_adjustment_mode;	/* enum naming */
		bool include_schema_comments;
		struct config_list json_array_columns;
		char *message_key_columns;	/* "table:column,column;..." */
		struct config_groups column_mask, column_truncate;	/* struct config_mask */
		struct config_groups column_mask_hash;	/* struct config_hash */
		struct config_list column_propagate_source_type;
		struct config_list datatype_propagate_source_type;	/* schema.table.type */
	} format;
	struct {
		char *file;
	} state;
	struct {
		char *listen;			/* reserved */
	} http;
	struct {
		int level;			/* enum log_level */
	} log;
	bool to_stdout;		/* --stdout, not in a file */
	char *file;		/* -c, NULL: none */
	char **origins;		/* by index in the options table: where it was set; NULL: default */
};

#endif
