#include <string.h>

#include "select_override.h"

#define BLANKS " \t\r\n\f\v"

/* The statement as it can stand in parentheses; may be empty. */
static struct span
bare(const char *statement)
{
	struct span s = span_of(statement + strspn(statement, BLANKS));

	while (s.len && strchr(BLANKS ";", s.p[s.len - 1]))
		s.len--;
	return s;
}

static bool
has_schema(const char *table)
{
	const char *dot = strchr(table, '.');

	return dot && dot != table && dot[1];
}

static int
check(const struct config_override *o, const struct config_override *before, struct fail *f)
{
	if (!has_schema(o->table))
		return fail_set(f, FAIL_CONFIG, "needs tables as schema.table, not \"%s\"",
			o->table);
	if (bare(o->statement).len == 0)
		return fail_set(f, FAIL_CONFIG, "has no statement for %s; to leave the table "
			"out of the snapshot, put !%s into snapshot.tables", o->table, o->table);
	for (; before < o; before++)
		if (strcmp(before->table, o->table) == 0)
			return fail_set(f, FAIL_CONFIG, "has %s twice", o->table);
	return 0;
}

int
select_override_check(const struct config_groups *overrides, struct fail *f)
{
	const struct config_override *items = overrides->items;

	for (size_t i = 0; i < overrides->count; i++)
		if (check(&items[i], items, f) < 0)
			return -1;
	return 0;
}

struct span
select_override_find(const struct config_groups *overrides, struct span table)
{
	const struct config_override *items = overrides->items;

	for (size_t i = 0; i < overrides->count; i++)
		if (span_is(table, items[i].table))
			return bare(items[i].statement);
	return (struct span){ NULL, 0 };
}
