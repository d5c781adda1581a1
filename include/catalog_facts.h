/*
 * catalog_facts: the query that asks for a relation's facts, and its answer.
 *
 * One statement, so one round trip and one snapshot. Its rows are of several
 * kinds, told apart by their first column. All names are qualified: nothing
 * depends on the search path.
 */
#ifndef CATALOG_FACTS_H
#define CATALOG_FACTS_H

#include "arena.h"
#include "buf.h"
#include "facts.h"
#include "fail.h"

struct pg_result;

/* Appends the query for `relid` and the types of its columns, and for `types` besides. */
void catalog_facts_sql(struct buf *b, uint32_t relid, const uint32_t *types,
	size_t ntypes);

/*
 * The same in two steps, for a connection that asks often: planning takes two
 * thirds of the query's time (500 tables began 0.5 s sooner). PREPARE goes
 * before the first EXECUTE of a connection, in one string; it does no harm
 * when repeated.
 */
void catalog_facts_prepare(struct buf *b);
void catalog_facts_execute(struct buf *b, uint32_t relid, const uint32_t *types,
	size_t ntypes);

/*
 * Whether the transaction's changes are in the answer: its xid, of 32 bits, had
 * ended in the query's snapshot (pg_current_snapshot()). True for xid 0.
 */
bool catalog_facts_see(const struct pg_result *res, uint32_t xid);

/* Copies the answer; everything lives in `a`. 0, or -1 without memory. */
int catalog_facts_read(const struct pg_result *res, uint32_t relid,
	struct arena *a, struct facts *out, struct fail *f);

#endif
