#include "warn_plan.h"

#include "finding.h"
#include "log.h"

void
warn_plan(void *self, const struct plan *plan, lsn_t lsn)
{
	struct log_field table[] = {
		LOG_SPAN("schema", plan->schema), LOG_SPAN("table", plan->table),
		{ .key = NULL }
	};

	(void)self;
	log_info("table captured", table[0], table[1],
		LOG_SPAN("topic", plan->topic),
		LOG_UINT("columns", plan->ncolumns),
		LOG_UINT("key_columns", plan->nkey), LOG_LSN("lsn", lsn));
	finding_plan(plan, finding_log, table);
}
