/*
 * warn_plan: a table that is captured, and what is odd about it, for the log.
 */
#ifndef WARN_PLAN_H
#define WARN_PLAN_H

#include "lsn.h"
#include "plan.h"

/* For pipeline's and snapshot's on_plan; `self` is not used. */
void warn_plan(void *self, const struct plan *plan, lsn_t lsn);

#endif
