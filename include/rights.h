/*
 * rights: may our role read every table of the snapshot?
 *
 * Asked before the slot is made: a slot that nobody reads while somebody grants
 * what is missing would keep WAL. The snapshot itself asks again.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include "catalog.h"
#include "snapshot_tables.h"

struct rights;

/* Both borrowed. NULL without memory. */
struct rights *rights_new(const struct snapshot_rules *rules,
	struct catalog *catalog);
void rights_free(struct rights *r);

/* Begins to ask. 0 or -1. */
int rights_begin(struct rights *r, struct fail *f);
/* 1: it may; 0: in progress; -1: FAIL_CONFIG, or as a query. */
int rights_step(struct rights *r, const char *role, struct fail *f);

#endif
