/*
 * lag_query: asks a server about its replication slots.
 *
 * One plain connection, kept between the questions and opened again after it
 * broke. Any role that may connect gets an answer; what it may not see is
 * unknown in the report. Nothing is locked or written.
 */
#ifndef LAG_QUERY_H
#define LAG_QUERY_H

#include "config.h"
#include "lag.h"
#include "loop.h"

struct lag_query;

/* Both are borrowed. NULL without memory. */
struct lag_query *lag_query_new(const struct config *c, struct loop *l);
void lag_query_free(struct lag_query *q);

/*
 * Fills `out` for one slot, or for all of the server (`slot` NULL); a slot
 * that does not exist gives a report without slots. The report's memory lives
 * until the next call. 1: done; 0: a signal came first (l->stop); -1: failed.
 */
int lag_query_read(struct lag_query *q, const char *slot,
	struct lag_report *out, struct fail *f);

#endif
