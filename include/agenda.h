/*
 * agenda: what is left to read of the tables, range by range.
 *
 * Made at the beginning of a round from what there is and what is finished. It
 * gives jobs one after another: with one reader in the order of schema and
 * name, with more the largest table first, so that no large one ends last.
 * Where rows may have moved into what is finished (see progress.h), those are
 * given before anything else of the table. No I/O.
 */
#ifndef AGENDA_H
#define AGENDA_H

#include "progress.h"
#include "reader_sql.h"
#include "stamp.h"

struct agenda_file {
	const struct snapshot_file *file;
	uint64_t cursor;		/* ranges before it have been given */
	uint64_t chunk_pages;
	uint64_t pages, pages_done;
	bool given;			/* all of it */
	uint32_t owed;			/* rows of finished ranges with this xmin or later */
	size_t owed_given;		/* ranges of them */
	unsigned owed_left;		/* not acknowledged; 1 more until all are given */
	bool settled;
};

struct agenda_table {
	const struct snapshot_table *table;
	struct stamp_table stamp;
	struct agenda_file *files;
	size_t nfiles, next_file;
	unsigned running;		/* jobs, with those to be repeated */
	bool given;			/* all of it */
	bool moved;			/* what is left of it is for another round */
	bool ended;			/* its last row was sent; the round's to say */
	uint64_t rows, bytes;		/* of this round, as the server sent them */
};

struct agenda {
	struct progress *progress;
	uint64_t chunk_bytes;
	struct agenda_table *tables;
	struct agenda_table **order;	/* as they are to be read */
	size_t count, next;
	bool changed;			/* something was forgotten: progress has changed */
};

/*
 * Borrows `tables` and `progress`; `parallel`: for several readers. 0, or -1
 * without memory; release in both cases.
 */
int agenda_init(struct agenda *a, const struct snapshot_tables *tables,
	struct progress *progress, uint64_t chunk_bytes, bool parallel,
	struct fail *f);
void agenda_release(struct agenda *a);

/*
 * The next job, counted in the table's `running`; `*file` is NULL for the
 * table's own statement. False: all is given.
 */
bool agenda_next(struct agenda *a, struct agenda_table **table,
	struct agenda_file **file, struct reader_job *job);
/* Notes rows that moved as read again, where that is acknowledged. True: some were. */
bool agenda_settle(struct agenda *a, uint32_t xmin);
/* All of every table is given, and none is left for another round. */
bool agenda_complete(const struct agenda *a);

#endif
