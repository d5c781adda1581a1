/*
 * reader_sql: the statements of a reader. No I/O.
 *
 * A job is a transaction of its own, so that a lock on a table is held no longer
 * than a part of it is read. The lock comes first, then the look whether the
 * table is what the snapshot knows: after a rewrite that is not MVCC-safe an
 * older snapshot finds it empty, without any error.
 */
#ifndef READER_SQL_H
#define READER_SQL_H

#include "conn.h"
#include "snapshot_tables.h"

struct reader_job {
	const struct snapshot_table *table;
	const struct snapshot_file *file;	/* NULL: the table's own statement */
	uint64_t from, to;		/* places, see progress.h */
	uint32_t moved_since;		/* only rows with this xmin or later; 0: all */
	bool places;			/* tell the place of the last row of each batch */
};

/* BEGIN, the snapshot, locks, and a query with a row per file that is still the same. */
void reader_sql_begin(struct buf *b, const char *snapshot,
	const struct reader_job *job);
/* How many rows that query must have. */
size_t reader_sql_files(const struct reader_job *job);
/* COPY of the rows; the place comes first if it is wanted. */
void reader_sql_copy(struct buf *b, const struct reader_job *job);

#endif
