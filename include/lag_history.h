/*
 * lag_history: rates and movement from several reports on the same slots.
 *
 * Rates are averages over the last LAG_HISTORY_SAMPLES reports, so that one
 * large transaction, confirmed at once, does not make them jump. Time is the
 * server's own, taken from the reports.
 */
#ifndef LAG_HISTORY_H
#define LAG_HISTORY_H

#include "lag.h"

#define LAG_HISTORY_SAMPLES 8

struct lag_history;

struct lag_history *lag_history_new(void);
void lag_history_free(struct lag_history *h);

/*
 * Remembers the report and fills in the members of its slots that need a
 * past. Slots that are gone are forgotten. False without memory.
 */
bool lag_history_add(struct lag_history *h, struct lag_report *r);

#endif
