#include "connector_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "option_value.h"

#define MODE "snapshot.mode"
#define BASED MODE ".configuration.based."
#define OVERRIDES "snapshot.select.statement.overrides"

static bool
is(const char *text, const char *word)
{
	return strcasecmp(text, word) == 0;
}

static bool
flag(struct connector *from, const char *name)
{
	const char *value = connector_take(from, name);

	return value && is(value, "true");
}

/* The flags say whether rows are read and whether changes follow, at every start. */
static const char *
by_flags(struct connector *from, struct buf *differs, struct buf *lost)
{
	bool rows = flag(from, BASED "snapshot.data");
	bool changes = flag(from, BASED "start.stream");
	bool when_lost = flag(from, BASED "snapshot.on.data.error");

	/* PostgreSQL's connector keeps no history of schemas. */
	flag(from, BASED "snapshot.schema");
	flag(from, BASED "snapshot.on.schema.error");
	if (!rows && !changes)
		buf_put_str(differs, MODE " = configuration_based: neither rows nor changes "
			"would be published\n");
	if (!rows && changes && when_lost)
		buf_put_str(lost, BASED "snapshot.on.data.error = true: pgwake stops when the "
			"slot is lost; snapshot.mode = when_needed reads all rows then, and "
			"at the first start\n");
	if (rows)
		return changes ? "always" : "initial_only";
	return "no_data";
}

static const struct { const char *old, *mode; } old_names[] = {
	{ "never", "no_data" },
	{ "schema_only", "no_data" },
	{ "exported", "initial" },
};

static int
set_mode(struct config *to, const char *mode, const char *origin, struct buf *differs)
{
	struct fail why = FAIL_INIT;

	if (option_value_set(to, options_find("snapshot", "mode"), mode, origin, &why) == 0)
		return 0;
	if (why.kind != FAIL_CONFIG)
		return -1;
	buf_printf(differs, MODE " = %s: %s\n", mode, why.text);
	return 0;
}

static int
import_mode(struct connector *from, struct config *to, struct buf *differs,
	struct buf *lost)
{
	const char *mode = connector_take(from, MODE);

	if (!mode)
		return set_mode(to, "initial", MODE " (default)", differs);
	if (is(mode, "configuration_based"))
		return set_mode(to, by_flags(from, differs, lost),
			MODE " = configuration_based", differs);
	if (is(mode, "custom")) {
		connector_take(from, MODE ".custom.name");
		buf_put_str(differs, MODE " = custom: what decides is a class in Java\n");
		return 0;
	}
	for (size_t i = 0; i < sizeof(old_names) / sizeof(*old_names); i++)
		if (is(mode, old_names[i].old))
			return set_mode(to, old_names[i].mode,
				MODE ", under its old name", differs);
	return set_mode(to, mode, MODE, differs);
}

/* "schema"."table" as schema.table; the quotes are of the connector's list. */
static void
unquote(char *name)
{
	char *to = name;

	for (; *name; name++)
		if (*name != '"')
			*to++ = *name;
	*to = '\0';
}

static int
add_override(struct config *to, char *table, const char *statement)
{
	const struct option *o = options_find("snapshot", "select_overrides");
	void *group;

	if (!option_value_origin(to, o) && option_value_clear_groups(to, o, OVERRIDES, NULL) < 0)
		return -1;
	group = option_value_add_group(to, o, NULL);
	unquote(table);
	return group && option_value_set_field(group, &o->fields[0], table, NULL) == 0 &&
		option_value_set_field(group, &o->fields[1], statement, NULL) == 0 ? 0 : -1;
}

static int
import_override(struct connector *from, struct config *to, char *table, struct buf *lost)
{
	const char *statement;
	char *name;
	int rc = 0;

	if (asprintf(&name, OVERRIDES ".%s", table) < 0)
		return -1;
	statement = connector_take(from, name);
	if (statement && statement[strspn(statement, " \t\r\n;")])
		rc = add_override(to, table, statement);
	else
		buf_printf(lost, OVERRIDES " = %s: there is no statement %s; the table is read "
			"as it is\n", table, name);
	free(name);
	return rc;
}

static int
import_overrides(struct connector *from, struct config *to, struct buf *lost)
{
	const char *value = connector_take(from, OVERRIDES);
	struct config_list tables;
	int rc = 0;

	if (!value)
		return 0;
	if (option_value_split(value, &tables) < 0)
		return -1;
	for (size_t i = 0; i < tables.count && rc == 0; i++)
		rc = import_override(from, to, tables.items[i], lost);
	option_value_free_list(&tables);
	return rc;
}

int
connector_snapshot(struct connector *from, struct config *to, struct buf *differs,
	struct buf *lost)
{
	if (import_mode(from, to, differs, lost) < 0)
		return -1;
	return import_overrides(from, to, lost);
}
