/*
 * progress: which rows of a snapshot have been delivered.
 *
 * A value without I/O that becomes part of the state record, so that a snapshot
 * survives kill -9. Tables are physical ones (leaves of a partition tree), by
 * OID. A row's place is its ctid as one number, page << 16 | offset; what is
 * finished of a table is a list of ranges [from, to) of such places, and only
 * acknowledged rows may be added. Places mean something only as long as the
 * table's file and its columns are the same.
 *
 * Memory: about 60 bytes per table, and 16 per range of those in progress.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "fail.h"

struct json_object;
struct progress;

#define PROGRESS_END UINT64_MAX		/* behind every row */

struct progress_file {			/* of a table, as it is now */
	uint32_t oid;
	uint32_t filenode;
	uint64_t columns;		/* a hash of its name and of theirs, with types */
};

enum progress_fit {
	PROGRESS_FRESH,		/* nothing of it is finished */
	PROGRESS_PARTLY,
	PROGRESS_WHOLE,		/* nothing is left to read */
	PROGRESS_ANEW		/* what was finished does not count any more */
};

/* Without a snapshot. NULL without memory. */
struct progress *progress_new(void);
void progress_free(struct progress *p);

/* A snapshot begins, nothing is finished. */
void progress_begin(struct progress *p);
/* Nothing is left of it. */
void progress_finish(struct progress *p);
/* There is none. */
void progress_clear(struct progress *p);
bool progress_exists(const struct progress *p);
bool progress_unfinished(const struct progress *p);
bool progress_finished(const struct progress *p);
/* Forgets tables that are finished in part. Returns how many. */
size_t progress_keep_whole(struct progress *p);
/* Rows of it have been acknowledged. */
bool progress_any(const struct progress *p);

/*
 * A table is met in a round. ANEW, after forgetting it: its file, name or columns
 * changed, or it is in part finished and has no key, so that its consumers
 * could not tell a row that they see twice.
 */
enum progress_fit progress_meet(struct progress *p,
	const struct progress_file *file);
/* Its first range that is not finished at or behind `at`. False: there is none. */
bool progress_gap(const struct progress *p, uint32_t oid, uint64_t at,
	uint64_t *from, uint64_t *to);
/* Its i-th finished range. False: there are fewer. */
bool progress_range(const struct progress *p, uint32_t oid, size_t i,
	uint64_t *from, uint64_t *to);

/*
 * Rows are acknowledged. `xmin`: of the snapshot they were read under, kept if
 * they are the table's first. 0, or -1 without memory.
 */
int progress_add(struct progress *p, const struct progress_file *file,
	bool keyed, uint32_t xmin, uint64_t from, uint64_t to);
/*
 * A later snapshot is read, and rows may have moved into finished ranges since:
 * those with this xmin or a later one. The table is not whole before they have
 * been read again. 0: nothing is finished.
 */
uint32_t progress_owe(struct progress *p, uint32_t oid);
/* They have been, under a snapshot with that xmin. */
void progress_settle(struct progress *p, uint32_t oid, uint32_t xmin);

/* As a JSON object, NULL if there never was a snapshot or without memory. */
struct json_object *progress_to_json(const struct progress *p);
/* Replaces what is there. False if it is no such object; then it is cleared. */
bool progress_from_json(struct progress *p, struct json_object *o);

#endif
