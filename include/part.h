/*
 * part: from rows that were sent to rows that are finished.
 *
 * A part is a range of a table's rows whose records are one unit of `track`.
 * When all of them are acknowledged it is added to `progress`; a part that
 * failed, or only repeats rows, is not.
 */
#ifndef PART_H
#define PART_H

#include "progress.h"
#include "snapshot_tables.h"
#include "stamp.h"

struct part {
	struct stamp_part base;		/* first: stamp knows it by this */
	const struct snapshot_file *files;
	size_t nfiles;
	uint64_t from, to;
	bool keyed;
	bool opened;			/* it has a unit */
	bool void_;			/* adds nothing */
	unsigned *moved;		/* counts one down when acknowledged; may be NULL */
	struct part *next;
};

struct part_list {			/* of those that are not acknowledged */
	struct part *first, **last;
	struct track *track;
	struct progress *progress;
	uint32_t xmin;			/* of the snapshot */
};

void part_list_init(struct part_list *l, struct track *track,
	struct progress *progress, uint32_t xmin);
/* Forgets them all. */
void part_list_release(struct part_list *l);

/* NULL without memory. */
struct part *part_new(struct part_list *l, const struct snapshot_file *files,
	size_t nfiles, uint64_t from);
/* Before a record of it is sent. 0, or -1 without memory. */
int part_open(struct part_list *l, struct part *p, struct fail *f);
/* Adds what has been acknowledged. 1: something was; 0; -1 without memory. */
int part_collect(struct part_list *l, struct fail *f);

#endif
