/*
 * config: the settings of a run, from file, environment and -o, checked.
 *
 * Every member is set by the options table (options.h); a member that is not
 * in the table does not exist. Strings are owned by the config.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdint.h>

#include "fail.h"
#include "types.h"

struct config_list {		/* a libconfig list or array of strings */
	char **items;
	size_t count;
};

struct config_pair {
	char *key, *value;
};

struct config {
	char *prefix;
	struct {
		char *dsn;
		char *slot, *publication;
		struct config_list tables;	/* patterns; empty: all */
		bool create_slot;
		bool publication_autocreate;
		int publication_autocreate_mode;	/* enum publication_mode */
		char *password_file;
		int64_t status_interval_ms;
		int64_t work_mem_mb;		/* logical_decoding_work_mem */
		int64_t connect_timeout_ms;
		int64_t slot_timeout_ms;	/* creation waits for old transactions this long */
		int64_t poll_interval_ms;	/* of the publication and the slot's row */
		int64_t lock_timeout_ms;
		bool messages;			/* logical decoding messages */
		char *replication_options;	/* further -c settings */
	} postgres;
	struct {
		struct config_pair *properties;	/* librdkafka's, names with dots; table defaults excluded */
		size_t nproperties;
		char *bootstrap_servers;
		int64_t queue_mb;		/* queue.buffering.max.kbytes */
		int topic_partitions, topic_replication;	/* -1: the broker's default */
		bool create_topics;
		char *sasl_password_file;
		char *state_topic;		/* NULL: __pgwake_state.<prefix> */
	} kafka;
	struct {
		int mode;			/* enum snapshot_mode */
	} snapshot;
	struct {
		bool schemas;
		bool header_schemas;
		int headers;			/* enum headers_mode */
		struct type_modes types;
		char *unavailable_value_placeholder;
		int decimal_format;		/* enum decimal_format */
		bool replace_null_with_default;
		bool tombstones_on_delete;
		bool extended_headers_enabled;
		char *skipped_operations;	/* "t", "none", "c,t", ... */
		char *topic_delimiter;
	} format;
	struct {
		char *file;
	} state;
	struct {
		int level;			/* enum log_level */
	} log;
	bool to_stdout;				/* --stdout, not in a file */
};

enum publication_mode { PUBLICATION_FILTERED, PUBLICATION_ALL_TABLES, PUBLICATION_NO_TABLES };
enum snapshot_mode { SNAPSHOT_INITIAL, SNAPSHOT_INITIAL_ONLY, SNAPSHOT_NO_DATA, SNAPSHOT_ALWAYS, SNAPSHOT_WHEN_NEEDED };
enum headers_mode { HEADERS_SIMPLE, HEADERS_JSON };
enum decimal_format { DECIMAL_BASE64, DECIMAL_NUMERIC };

/* Defaults only. NULL without memory. */
struct config *config_new(void);
void config_free(struct config *c);

/* Reads a file. -1 with FAIL_CONFIG "FILE:LINE: what; nearest valid key". */
int config_read(struct config *c, const char *path, struct fail *f);
/* One "group.key=value" from the command line, or PGWAKE_GROUP_KEY from the environment. */
int config_set(struct config *c, const char *assignment, const char *where, struct fail *f);
int config_environment(struct config *c, char **environ, struct fail *f);
/* After everything is read: mandatory keys, values that exclude each other, *_file secrets. */
int config_finish(struct config *c, struct fail *f);

#endif
