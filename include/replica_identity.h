/*
 * replica_identity: gives captured tables the replica identity that is asked for.
 *
 * At the start, before the slot: each table that is captured and matches
 * postgres.replica_identity_autoset_values is altered if it has another one. A
 * table that cannot be altered (it belongs to another role, say) stays as it
 * is, and that is said. Everything goes through the catalog's query.
 */
#ifndef REPLICA_IDENTITY_H
#define REPLICA_IDENTITY_H

#include "catalog.h"
#include "filter.h"

struct replica_identity;

/* Borrows all three until replica_identity_free(). NULL without memory. */
struct replica_identity *replica_identity_new(const struct config *c,
	const struct filter *tables, struct catalog *catalog);
void replica_identity_free(struct replica_identity *r);

/* Begins. False: there is nothing to do, or it has been done in this process. */
bool replica_identity_begin(struct replica_identity *r);
/* Goes on. 1: done; 0: in progress; -1: FAIL_RETRY: begin again later, or FAIL_CONFIG. */
int replica_identity_step(struct replica_identity *r, struct fail *f);

#endif
