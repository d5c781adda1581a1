/*
 * lag_print: a report on slots for people: a sheet for one slot, a table for
 * several.
 */
#ifndef LAG_PRINT_H
#define LAG_PRINT_H

#include "buf.h"
#include "lag.h"

/*
 * Appends lines of text. `slot` is the configured one, NULL when all are
 * shown; `watched` adds rates. Lack of memory shows in out->failed.
 */
void lag_print(const struct lag_report *r, const char *slot, int64_t limit,
	bool watched, struct buf *out);

#endif
