#include "warn_plan.h"

#include "log.h"

static void
warn_of(const struct plan *plan)
{
	const struct log_field table[] = {
		LOG_SPAN("schema", plan->schema), LOG_SPAN("table", plan->table)
	};

	for (size_t i = 0; i < plan->nleft_out; i++)
		log_warn("column left out: its type has no mapping "
			"(format.include_unknown_datatypes includes it as bytes, "
			"format.include_geometric_types geometric types)",
			table[0], table[1],
			LOG_SPAN("column", plan->left_out[i].column),
			LOG_SPAN("type", plan->left_out[i].type));
	for (size_t i = 0; i < plan->ncolumns; i++)
		if (plan->columns[i].unmasked)
			log_warn("column is not masked: only columns of "
				"character types and enums are",
				table[0], table[1],
				LOG_SPAN("column", plan->columns[i].name));
	if (plan->key_not_primary)
		log_warn("the key is that of REPLICA IDENTITY USING INDEX, not "
			"the primary key: of an old row the log has nothing else",
			table[0], table[1]);
	if (plan->key_incomplete)
		log_warn("the key lacks columns whose types have no mapping: "
			"different rows may have the same key",
			table[0], table[1],
			LOG_UINT("key_columns", plan->nkey));
}

void
warn_plan(void *self, const struct plan *plan, lsn_t lsn)
{
	(void)self;
	log_info("table captured", LOG_SPAN("schema", plan->schema),
		LOG_SPAN("table", plan->table), LOG_SPAN("topic", plan->topic),
		LOG_UINT("columns", plan->ncolumns),
		LOG_UINT("key_columns", plan->nkey), LOG_LSN("lsn", lsn));
	warn_of(plan);
}
