/*
 * publication: is there what the slot shall read, and does it have our tables?
 *
 * At start an absent publication is created for the tables that match, and
 * marked as ours by its comment; to one of ours, new tables are added later. A
 * publication that somebody else made is never changed. Everything goes
 * through the catalog's query, step by step.
 *
 * A partitioned table that matches is added as a whole, so that later partitions
 * are captured from their first row. Unless publish_via_partition_root is on,
 * partitions are published under their own names, and rows of those that match
 * no pattern are sent in vain; that is said.
 */
#ifndef PUBLICATION_H
#define PUBLICATION_H

#include "catalog.h"
#include "filter.h"
#include "table_list.h"

struct publication;

/* Borrows all three until publication_free(). NULL without memory. */
struct publication *publication_new(const struct config *c,
	const struct filter *tables, struct catalog *catalog);
void publication_free(struct publication *p);

/*
 * Begins: looks at it, and creates it when it is absent and that is allowed. It
 * is not for a slot that has been followed (`fresh` false): a publication that
 * is gone leaves a gap, which is told as FAIL_LOST.
 */
void publication_prepare(struct publication *p, bool fresh);
/* Begins: adds new tables that match, if it is ours and made for a list of tables. */
void publication_refresh(struct publication *p);
/*
 * Goes on. 1: done; 0: in progress; -1: failed: FAIL_CONFIG (with the SQL that
 * cures it), FAIL_LOST, or FAIL_RETRY: begin again later.
 */
int publication_step(struct publication *p, struct fail *f);

/*
 * Of `names` configured ones `missing` are not there. 0: it may be created; -1:
 * FAIL_LOST if its slot is `known`, FAIL_CONFIG if there are several.
 */
int publication_absent(const struct config *c, int missing, int names, bool known,
	struct fail *f);
/* It is not there, for these tables, and postgres.publication_autocreate is off. Returns -1. */
int publication_forbidden(const struct config *c, const struct table_list *l,
	struct fail *f);

#endif
