/*
 * watch: looks now and then, while it streams, at the slot and the publication.
 *
 * Through the catalog's query, every postgres.catalog_poll_interval_ms; at the
 * slot more often if postgres.xmin_fetch_interval_ms says so. It warns of a slot
 * whose log is about to go, and adds new tables to a publication of ours; it
 * fails only for a slot that is lost.
 */
#ifndef WATCH_H
#define WATCH_H

#include "publication.h"

struct watch;

/* Borrows all three until watch_free(). NULL without memory. */
struct watch *watch_new(const struct config *c, struct catalog *catalog,
	struct publication *publication);
void watch_free(struct watch *w);

/* The first look is one interval away, but for that at the slot's xmin. */
void watch_start(struct watch *w, int64_t now_us);
/* Forgets a look that is under way. */
void watch_stop(struct watch *w);
/* Goes on. 0, or -1 with FAIL_LOST or FAIL_CONFIG. */
int watch_step(struct watch *w, int64_t now_us, struct fail *f);
int64_t watch_deadline(const struct watch *w);
/*
 * The slot's catalog_xmin as it was seen last, 0 if it has none or if
 * xmin_fetch_interval_ms is not set. False until the first look, if it is.
 */
bool watch_xmin(const struct watch *w, uint32_t *xmin);

#endif
