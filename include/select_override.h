/*
 * select_override: the statements that read tables in the snapshot in place of
 * the whole table (snapshot.select_overrides).
 *
 * A table is named as schema.table, without quotes and with the letters it has.
 */
#ifndef SELECT_OVERRIDE_H
#define SELECT_OVERRIDE_H

#include "fail.h"
#include "settings.h"
#include "span.h"

/*
 * Every table has a schema, a statement, and one only. 0, or -1 with
 * FAIL_CONFIG that says what is wrong, without place or name of the option.
 */
int select_override_check(const struct config_groups *overrides, struct fail *f);

/*
 * The statement for a table (schema.table), without blanks around it and
 * semicolons behind it, so that it can stand in parentheses; absent if the
 * table is read whole. A view of the settings.
 */
struct span select_override_find(const struct config_groups *overrides,
	struct span table);

#endif
