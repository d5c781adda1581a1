#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "option_value.h"
#include "property.h"
#include "usage.h"

enum { WIDTH = 80, FLAG_COLUMN = 28, OPTION_COLUMN = 34, ORIGIN_COLUMN = 48 };

static void
pad(struct buf *out, size_t line, size_t column)
{
	do
		buf_putc(out, ' ');
	while (out->len - line < column && !out->failed);
}

/* Words from `column` on, on as many lines as they need. `line`: where the line began. */
static void
put_wrapped(struct buf *out, size_t line, size_t column, const char *text)
{
	pad(out, line, column);
	while (*text) {
		size_t len = strcspn(text, " ");

		if (out->len - line + len > WIDTH && out->len - line > column) {
			out->len--;	/* the blank behind the last word */
			buf_putc(out, '\n');
			line = out->len;
			pad(out, line, column);
		}
		buf_put(out, text, len);
		text += len;
		if (*text) {
			buf_putc(out, ' ');
			text++;
		}
	}
	buf_putc(out, '\n');
}

static void
put_flags(struct buf *out)
{
	buf_put_str(out, "\nFlags:\n");
	for (size_t i = 0; i < args_nflags; i++) {
		const struct args_flag *flag = &args_flags[i];
		size_t line = out->len;

		if (!flag->help)
			continue;
		buf_printf(out, "  %s%s%s", flag->name, flag->value ? " " : "",
			flag->value ? flag->value : "");
		put_wrapped(out, line, FLAG_COLUMN, flag->help);
	}
}

/* The choices of an option, on as many lines as they need. */
static void
put_choices(struct buf *out, const struct option *o)
{
	struct buf text;

	buf_init(&text, 1024);
	for (int i = 0; o->choices[i]; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", o->choices[i]);
	buf_putc(&text, '\0');
	if (!text.failed)
		put_wrapped(out, out->len, OPTION_COLUMN, text.p);
	buf_release(&text);
}

/* Name, meaning and, in brackets, the default. */
static void
put_option(struct buf *out, const struct option *o)
{
	size_t line = out->len;
	struct buf text;

	buf_init(&text, 1024);
	buf_put_str(&text, o->help);
	if (o->def)
		buf_printf(&text, " [%s]", o->def);
	buf_putc(&text, '\0');
	buf_printf(out, "  %s", o->key);
	if (!text.failed)
		put_wrapped(out, line, OPTION_COLUMN, text.p);
	buf_release(&text);
	if (o->type == OPTION_CHOICE && o->choices[1])
		put_choices(out, o);
}

static void
put_options(struct buf *out)
{
	for (size_t g = 0; g < options_ngroups; g++) {
		const char *group = options_groups[g].name;

		buf_printf(out, "\n%s%s%s\n", group ? group : "", group ? ": " : "",
			options_groups[g].help);
		for (size_t i = 0; i < options_count; i++)
			if (!group == !options[i].group &&
			    (!group || strcmp(group, options[i].group) == 0))
				put_option(out, &options[i]);
	}
}

void
usage_help(struct buf *out)
{
	buf_put_str(out,
		"pgwake: changes of PostgreSQL tables as records in Kafka, as Debezium has them\n"
		"\n"
		"Usage:\n"
		"  pgwake -c FILE [--stdout]\n"
		"  pgwake -c FILE --check [--stdout]\n"
		"  pgwake -c FILE --lag [--watch] [--json] [--max-lag SIZE] [--all]\n"
		"  pgwake -c FILE --print-config\n"
		"  pgwake --import-debezium FILE [--force]\n");
	put_flags(out);
	buf_put_str(out,
		"\nExamples:\n"
		"  pgwake -c pgwake.conf\n"
		"      follow the slot and publish until told to stop\n"
		"  pgwake -c pgwake.conf --stdout -o log.level=warn | jq .value\n"
		"      look at the events; no Kafka is needed\n"
		"  pgwake -c pgwake.conf --check\n"
		"      what a start would find, and what to do about it\n"
		"  pgwake -c pgwake.conf --lag --max-lag 1GB\n"
		"      for cron: exit code 4 if more than that waits\n"
		"  pgwake --import-debezium connector.json > pgwake.conf\n"
		"      take over from a Debezium connector\n"
		"\nExit codes:\n"
		"  0  fine\n"
		"  1  failed at run time; a restart may help\n"
		"  2  wrong usage or configuration; a restart does not help\n"
		"  3  history is lost; a person must decide\n"
		"  4  --check or --lag found a problem\n"
		"\nOptions are set in the file as \"group: { key = value; "
			"};\", in the environment\n"
		"as PGWAKE_GROUP_KEY and with -o as group.key=value; later ones win. In the group\n"
		"kafka every property of librdkafka is a key, its dots written as underscores.\n");
	put_options(out);
}

void
usage_version(struct buf *out)
{
	int pq = PQlibVersion();

	buf_printf(out, "pgwake %s\nlibpq %d.%d\nlibrdkafka %s\n", PGWAKE_VERSION,
		pq / 10000, pq % 10000, rd_kafka_version_str());
}

/* "key = value;" and where it comes from. */
static void
put_setting(struct buf *out, const struct config *c, const struct option *o)
{
	const char *origin = option_value_origin(c, o);
	size_t line = out->len, before;

	buf_printf(out, "%s%s = ", o->group ? "  " : "", o->key);
	before = out->len;
	if (option_value_put(out, c, o)) {
		buf_putc(out, ';');
		pad(out, line, ORIGIN_COLUMN);
		buf_printf(out, "# %s\n", origin ? origin : "default");
	} else if (before == out->len) {
		out->len = line;
		buf_printf(out, "%s# %s is not set\n", o->group ? "  " : "", o->key);
	}
}

/* True if the table has an option of that name. */
static bool
is_listed(const char *property)
{
	char name[OPTIONS_NAME_MAX];

	for (size_t i = 0; i < options_count; i++)
		if (options[i].type == OPTION_PROPERTY &&
		    property_resolve(options[i].key, name, sizeof(name)) &&
		    strcmp(name, property) == 0)
			return true;
	return false;
}

/* librdkafka's properties that the table does not name. */
static void
put_properties(struct buf *out, const struct config *c)
{
	for (size_t i = 0; i < c->kafka.nproperties; i++) {
		const struct config_pair *pair = &c->kafka.properties[i];
		size_t line = out->len;

		if (is_listed(pair->key))
			continue;
		buf_put_str(out, "  ");
		for (const char *p = pair->key; *p; p++)
			buf_putc(out, *p == '.' ? '_' : *p);
		buf_put_str(out, " = ");
		option_value_put_property(out, property_is_secret(pair->key) ? "***" : pair->value);
		buf_putc(out, ';');
		pad(out, line, ORIGIN_COLUMN);
		buf_printf(out, "# %s\n", pair->origin ? pair->origin : "default");
	}
}

void
usage_config(struct buf *out, const struct config *c)
{
	for (size_t g = 0; g < options_ngroups; g++) {
		const char *group = options_groups[g].name;

		if (group)
			buf_printf(out, "\n%s: {\n", group);
		for (size_t i = 0; i < options_count; i++)
			if (!group == !options[i].group &&
			    (!group || strcmp(group, options[i].group) == 0))
				put_setting(out, c, &options[i]);
		if (group && strcmp(group, "kafka") == 0)
			put_properties(out, c);
		if (group)
			buf_put_str(out, "};\n");
	}
}

static void
put_default(struct buf *out, const struct option *o)
{
	if (!o->def)
		buf_put_str(out, o->flags & OPTION_MANDATORY ? "must be set" : "");
	else if (o->type == OPTION_STRING || o->type == OPTION_CHOICE)
		buf_printf(out, "`\"%s\"`", o->def);
	else
		buf_printf(out, "`%s`", o->def);
}

static void
put_debezium(struct buf *out, const char *names)
{
	while (names && *names) {
		size_t len = strcspn(names, ",");

		buf_printf(out, "`%.*s`", (int)len, names);
		names += len;
		if (*names) {
			buf_put_str(out, ", ");
			names += strspn(names, ", ");
		}
	}
}

/* A bar would end the cell. */
static void
put_cell(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_putc(out, '\\');
		if (*text == '<')
			buf_put_str(out, "&lt;");
		else
			buf_putc(out, *text);
	}
}

static void
put_row(struct buf *out, const struct option *o)
{
	char name[OPTIONS_NAME_MAX];

	buf_printf(out, "| `%s` | ", options_name(o, name));
	if (o->type == OPTION_PROPERTY)
		buf_put_str(out, "of librdkafka");
	else
		option_value_put_domain(out, o);
	buf_put_str(out, " | ");
	put_default(out, o);
	buf_put_str(out, " | ");
	put_debezium(out, o->debezium);
	buf_put_str(out, " | ");
	put_cell(out, o->help);
	buf_put_str(out, " |\n");
}

void
usage_reference(struct buf *out)
{
	buf_put_str(out,
		"# Options\n"
		"\n"
		"<!-- Written by `make docs` from the options table; do not edit. -->\n"
		"\n"
		"An option is set in the configuration file, in the environment or on the command\n"
		"line; what stands later in this list wins:\n"
		"\n"
		"1. `group: { key = value; };` in the file given with `-c` (libconfig's syntax),\n"
		"2. the environment variable `PGWAKE_GROUP_KEY`, if it is not empty; the items of\n"
		"   a list stand between commas,\n"
		"3. `-o group.key=value`.\n"
		"\n"
		"`pgwake -c FILE --print-config` shows every value and where "
			"it was set. An unknown\n"
		"key, a wrong type and a value out of range are errors that "
			"name file, line and the\n"
		"nearest valid key. *Debezium* is the name of the same option there.\n"
		"\n"
		"In the group `kafka` every property of librdkafka can be set, "
			"its dots written as\n"
		"underscores: `socket_keepalive_enable = true` is "
			"`socket.keepalive.enable`. Those\n"
		"that carry the guarantee of delivery (`enable.idempotence`, `acks`,\n"
		"`message.timeout.ms` and the like) are pgwake's and refused.\n"
		"\n"
		"Passwords are best left to libpq (`~/.pgpass`, a service "
			"file), to a `*_file` key\n"
		"or to the environment. They are never logged, and shown as `***`.\n");
	for (size_t g = 0; g < options_ngroups; g++) {
		const char *group = options_groups[g].name;

		buf_printf(out, "\n## %s%s%s\n\n"
			"| Option | Value | Default | Debezium | Meaning |\n|-|-|-|-|-|\n",
			group ? group : "", group ? ": " : "", options_groups[g].help);
		for (size_t i = 0; i < options_count; i++)
			if (!group == !options[i].group &&
			    (!group || strcmp(group, options[i].group) == 0))
				put_row(out, &options[i]);
	}
}
