/*
 * snapshot_tables: what a snapshot has to read, as its own transaction sees it.
 *
 * Three queries, run one after another in the transaction that holds the
 * snapshot: the relations that are captured, their columns, and the files that
 * hold their rows (the leaves of a partition tree; a plain table is its own).
 * Rows are read from files and published as rows of the relation. Everything
 * is views into one arena, constant once complete, and read by several threads.
 */
#ifndef SNAPSHOT_TABLES_H
#define SNAPSHOT_TABLES_H

#include "arena.h"
#include "buf.h"
#include "config.h"
#include "filter.h"
#include "pgoutput.h"
#include "progress.h"

struct pg_result;

struct snapshot_file {			/* a table with storage of its own */
	struct progress_file id;
	struct span schema, table;
	uint64_t pages;			/* of the main fork */
	uint64_t bytes;			/* with TOAST */
	bool toasted;			/* it has TOASTed values */
	bool ranges;			/* can be read by ranges of pages */
	bool readable;			/* SELECT is granted */
	bool guarded;			/* row level security would hide rows from us */
};

struct snapshot_table {			/* a relation whose rows are published */
	struct pgoutput_relation relation;
	struct span name;		/* "schema.table" */
	struct span row_filter;		/* of the publication; absent: none */
	struct span statement;		/* in place of its files' rows; absent: none */
	size_t rank;			/* of the pattern that captures it */
	struct snapshot_file *files;
	size_t nfiles;
	uint64_t bytes;
};

struct snapshot_tables {
	struct arena arena;
	struct snapshot_table *tables;	/* by rank, schema and name */
	size_t count;
	struct snapshot_table **by_oid;
	bool done;			/* the last answer was taken */
	int step;			/* of the three queries */
};

struct snapshot_rules {
	const struct config *config;
	const struct filter *captured;	/* schema.table; NULL: all */
	const struct filter *included;	/* the same, in the snapshot; NULL: all */
};

void snapshot_tables_init(struct snapshot_tables *t);
/* It is then as after snapshot_tables_init(). */
void snapshot_tables_release(struct snapshot_tables *t);

/* Appends the next query, for a server of that version. 0, or -1. */
int snapshot_tables_sql(const struct snapshot_tables *t,
	const struct config *c, int server_version, struct buf *sql,
	struct fail *f);
/*
 * Takes its answer. 0; -1: without memory, a filter that is too much work, or an
 * override for a table that is not there.
 */
int snapshot_tables_take(struct snapshot_tables *t,
	const struct snapshot_rules *rules, const struct pg_result *res,
	struct fail *f);

/*
 * Every table must be readable as a whole before any is read. -1 with
 * FAIL_CONFIG; each table, and the GRANT that it lacks, is logged.
 */
int snapshot_tables_check(const struct snapshot_tables *t, const char *role,
	struct fail *f);
/* What keeps our role from reading all of it, a constant sentence; NULL: nothing. */
const char *snapshot_tables_obstacle(const struct snapshot_file *file);
/* Appends the statement that clears it away. */
void snapshot_tables_remedy(struct buf *b, const struct snapshot_file *file,
	const char *role);

#endif
