#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_import.h"
#include "config.h"
#include "connector.h"
#include "connector_known.h"
#include "option_value.h"
#include "property.h"

#define TEXT_MAX_BYTES (1 << 20)
enum { REMARK_COLUMN = 48, SHOWN_MAX = 200 };

struct import {
	struct connector from;
	struct config *to;		/* origins are remarks for the reader */
	struct buf lost, differs;	/* a line each: "name = value: why" */
	struct buf dsn_notes;
	bool failed;			/* out of memory */
};

static bool
is_secret(const char *name)
{
	return strstr(name, "password") || strstr(name, "secret") || strstr(name, "jaas");
}

/* The value is looked up by Connect when it runs: "${file:...}". */
static bool
is_reference(const char *value)
{
	return strstr(value, "${") != NULL;
}

static void
put_shown(struct buf *b, const char *name, const char *value)
{
	size_t len = strlen(value);

	buf_put_str(b, name);
	if (is_secret(name))
		return;
	buf_put_str(b, " = ");
	for (size_t i = 0; i < len && i < SHOWN_MAX; i++)
		buf_putc(b, (unsigned char)value[i] < ' ' ? ' ' : value[i]);
	if (len > SHOWN_MAX)
		buf_put_str(b, "...");
}

static void
note(struct buf *b, const char *name, const char *value, const char *why)
{
	put_shown(b, name, value);
	buf_printf(b, ": %s\n", why);
}

/* Events depend on it: what cannot be said must be refused, not dropped. */
static bool
shapes_events(const struct option *o)
{
	return !o->group || strcmp(o->group, "format") == 0 ||
		o->type == OPTION_LIST || strcmp(o->group, "snapshot") == 0;
}

/* Sets one of ours from the option `name`. A value we do not have is noted. */
static void
set(struct import *im, const char *group, const char *key, const char *value,
	const char *name)
{
	const struct option *o = options_find(group, key);
	struct fail why = FAIL_INIT;

	if (option_value_set(im->to, o, value, name, &why) == 0)
		return;
	if (why.kind != FAIL_CONFIG)
		im->failed = true;
	note(shapes_events(o) ? &im->differs : &im->lost, name, value, why.text);
}

static void
put_conninfo(struct buf *b, const char *keyword, const char *value)
{
	buf_printf(b, "%s%s=", b->len ? " " : "", keyword);
	if (value[0] && !strpbrk(value, " '\\\t")) {
		buf_put_str(b, value);
		return;
	}
	buf_putc(b, '\'');
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *value);
	}
	buf_putc(b, '\'');
}

static void
import_password(struct import *im, struct buf *dsn)
{
	const char *password = connector_take(&im->from, "database.password");

	if (!password || !*password)
		return;
	if (is_reference(password)) {
		buf_put_str(&im->lost, "database.password: looked up by Connect; name a file with it "
			"as postgres.password_file, or use ~/.pgpass\n");
		return;
	}
	put_conninfo(dsn, "password", password);
	buf_put_str(&im->dsn_notes, "the password is in it, as it was in the connector's file; "
		"better: postgres.password_file\n");
}

static void
import_dsn(struct import *im)
{
	static const struct { const char *name, *keyword; } parts[] = {
		{ "database.hostname", "host" }, { "database.port", "port" },
		{ "database.dbname", "dbname" }, { "database.user", "user" },
		{ "database.sslmode", "sslmode" }, { "database.sslrootcert", "sslrootcert" },
		{ "database.sslcert", "sslcert" }, { "database.sslkey", "sslkey" },
		{ "database.sslpassword", "sslpassword" },
	};
	const char *keepalive = connector_take(&im->from, "database.tcpKeepAlive");
	struct buf dsn;

	buf_init(&dsn, TEXT_MAX_BYTES);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const char *value = connector_take(&im->from, parts[i].name);

		if (!value || !*value)
			continue;
		if (is_reference(value))
			buf_printf(&im->dsn_notes, "%s is looked up by Connect: put its value here\n",
				parts[i].name);
		if (strcmp(parts[i].keyword, "sslkey") == 0)
			buf_put_str(&im->dsn_notes, "sslkey must be a PEM file, not PKCS-8 DER\n");
		put_conninfo(&dsn, parts[i].keyword, value);
	}
	import_password(im, &dsn);
	if (keepalive && strcasecmp(keepalive, "false") == 0)
		put_conninfo(&dsn, "keepalives", "0");
	if (dsn.len) {
		buf_putc(&dsn, '\0');
		set(im, "postgres", "dsn", dsn.failed ? "" : dsn.p, "database.*");
	}
	buf_release(&dsn);
}

/* Appends each item of the option's list, as "before item after". */
static void
add_patterns(struct import *im, struct buf *list, const char *name,
	const char *before, const char *after)
{
	const char *value = connector_take(&im->from, name);
	struct config_list items;

	if (!value || option_value_split(value, &items) < 0)
		return;
	for (size_t i = 0; i < items.count; i++) {
		buf_printf(list, "%s%s%s", before, items.items[i], after);
		buf_putc(list, '\0');
	}
	option_value_free_list(&items);
}

/* Both kinds of include list: a table must be in one of these schemas as well. */
static void
add_schema_condition(struct import *im, struct buf *list)
{
	struct buf schemas;

	buf_init(&schemas, TEXT_MAX_BYTES);
	add_patterns(im, &schemas, "schema.include.list", "", "");
	if (schemas.len) {
		schemas.len--;		/* the last NUL */
		buf_put_str(list, "!(?!(?:");
		for (size_t i = 0; i < schemas.len; i++)
			buf_putc(list, schemas.p[i] ? schemas.p[i] : '|');
		buf_put_str(list, ")[.]).*");
		buf_putc(list, '\0');
	}
	buf_release(&schemas);
}

/* `texts`: strings one behind the other, each with its NUL. */
static void
set_texts(struct import *im, const char *group, const char *key,
	const struct buf *texts, const char *name)
{
	const char **items = calloc(texts->len + 1, sizeof(*items));
	size_t count = 0;

	if (!items || texts->failed) {
		im->failed = true;
		free(items);
		return;
	}
	for (size_t at = 0; at < texts->len; at += strlen(texts->p + at) + 1)
		items[count++] = texts->p + at;
	if (count && option_value_set_list(im->to, options_find(group, key), items, count,
	    name, NULL) < 0)
		im->failed = true;
	free(items);
}

static void
import_tables(struct import *im)
{
	struct buf list;

	buf_init(&list, TEXT_MAX_BYTES);
	add_patterns(im, &list, "table.include.list", "", "");
	if (list.len)
		add_schema_condition(im, &list);
	else
		add_patterns(im, &list, "schema.include.list", "(?:", ")[.].*");
	add_patterns(im, &list, "schema.exclude.list", "!(?:", ")[.].*");
	add_patterns(im, &list, "table.exclude.list", "!", "");
	set_texts(im, "postgres", "tables", &list, "table and schema lists");
	buf_release(&list);
}

static void
import_columns(struct import *im, const char *name, const char *key)
{
	struct buf list;

	buf_init(&list, TEXT_MAX_BYTES);
	add_patterns(im, &list, name, "", "");
	set_texts(im, "format", key, &list, name);
	buf_release(&list);
}

/* With the default of Debezium written out, so that the file says what happens. */
static void
import_or(struct import *im, const char *name, const char *group, const char *key,
	const char *absent)
{
	const char *value = connector_take(&im->from, name);
	char remark[128];

	snprintf(remark, sizeof(remark), "%s%s", name, value ? "" : " (default)");
	set(im, group, key, value ? value : absent, remark);
}

static void
import_prefix(struct import *im)
{
	const char *old = connector_take(&im->from, "database.server.name");
	const char *prefix = connector_take(&im->from, "topic.prefix");

	if (prefix || old)
		set(im, NULL, "prefix", prefix ? prefix : old,
			prefix ? "topic.prefix" : "database.server.name");
}

static void
import_snapshot(struct import *im)
{
	const char *mode = connector_take(&im->from, "snapshot.mode");

	if (mode && (strcasecmp(mode, "never") == 0 || strcasecmp(mode, "schema_only") == 0))
		set(im, "snapshot", "mode", "no_data", "snapshot.mode, under its old name");
	else
		import_or(im, "snapshot.mode", "snapshot", "mode", "initial");
	if (im->to->snapshot.mode != SNAPSHOT_NO_DATA)
		note(&im->lost, "snapshot.mode", mode ? mode : "initial",
			"this version streams changes only and does not start with it; "
			"set no_data if the rows that are there need not be read");
}

static bool
ends_with(const char *text, const char *end)
{
	size_t lt = strlen(text), le = strlen(end);

	return lt >= le && strcmp(text + lt - le, end) == 0;
}

static void
import_converter(struct import *im, const char *name)
{
	const char *class = connector_take(&im->from, name);

	if (class && !ends_with(class, ".json.JsonConverter"))
		note(&im->differs, name, class, "keys and values are written as JSON only");
}

/* "true" or "false"; Connect's default otherwise. */
static const char *
take_bool(struct import *im, const char *name)
{
	const char *value = connector_take(&im->from, name);

	return value && strcasecmp(value, "false") == 0 ? "false" : "true";
}

/* An option of both converters; ours is one, and the value's counts. */
static void
import_shared(struct import *im, const char *option, const char *key, const char *absent)
{
	char key_name[96], value_name[96];
	const char *of_key, *of_value;

	snprintf(key_name, sizeof(key_name), "key.converter.%s", option);
	snprintf(value_name, sizeof(value_name), "value.converter.%s", option);
	of_key = connector_take(&im->from, key_name);
	of_value = connector_take(&im->from, value_name);
	if (of_value)
		set(im, "format", key, of_value, value_name);
	if (strcasecmp(of_key ? of_key : absent, of_value ? of_value : absent) != 0)
		note(&im->lost, key_name, of_key ? of_key : absent,
			"keys are written as values are");
}

static void
import_schemas(struct import *im)
{
	const char *of_key = take_bool(im, "key.converter.schemas.enable");
	const char *of_value = take_bool(im, "value.converter.schemas.enable");

	if (strcmp(of_key, of_value) == 0) {
		set(im, "format", "schemas", of_value, "key and value.converter.schemas.enable");
		return;
	}
	set(im, "format", "key_schemas", of_key, "key.converter.schemas.enable");
	set(im, "format", "value_schemas", of_value, "value.converter.schemas.enable");
}

static void
import_headers(struct import *im)
{
	const char *class = connector_take(&im->from, "header.converter");

	if (!class || ends_with(class, ".SimpleHeaderConverter")) {
		set(im, "format", "headers", "simple",
			class ? "header.converter" : "header.converter (default)");
	} else if (ends_with(class, ".json.JsonConverter")) {
		set(im, "format", "headers", "json", "header.converter");
		set(im, "format", "header_schemas",
			take_bool(im, "header.converter.schemas.enable"),
			"header.converter.schemas.enable");
	} else {
		note(&im->differs, "header.converter", class,
			"headers are written as by SimpleHeaderConverter or JsonConverter only");
	}
}

static void
import_converters(struct import *im)
{
	import_converter(im, "key.converter");
	import_converter(im, "value.converter");
	import_schemas(im);
	import_shared(im, "decimal.format", "decimal_format", "base64");
	import_shared(im, "replace.null.with.default", "replace_null_with_default", "true");
	import_headers(im);
}

/* "producer.override.NAME": librdkafka knows many of Java's names. */
static bool
import_producer(struct import *im, struct connector_option *o)
{
	static const char prefix[] = "producer.override.";
	const char *name = o->name + sizeof(prefix) - 1;
	struct fail why = FAIL_INIT;
	char resolved[OPTIONS_NAME_MAX];

	if (strncmp(o->name, prefix, sizeof(prefix) - 1) != 0)
		return false;
	if (strcmp(name, "bootstrap.servers") == 0)
		set(im, "kafka", "bootstrap_servers", o->value, o->name);
	else if (strcmp(name, "max.request.size") == 0)
		property_set(im->to, "message_max_bytes", o->value, o->name, &why);
	else if (!property_resolve(name, resolved, sizeof(resolved)))
		return false;
	else
		property_set(im->to, name, o->value, o->name, &why);
	if (why.kind)
		note(&im->lost, o->name, o->value, why.text);
	return true;
}

/* "NAME.type = ..." of a converter or post processor that is named in a list. */
static bool
belongs_to_list(struct import *im, const char *list, const char *name)
{
	const char *value = connector_take(&im->from, list);
	struct config_list items;
	bool found = false;

	if (!value || option_value_split(value, &items) < 0)
		return false;
	for (size_t i = 0; i < items.count; i++) {
		size_t len = strlen(items.items[i]);

		found = found || (strncmp(name, items.items[i], len) == 0 && name[len] == '.');
	}
	option_value_free_list(&items);
	return found;
}

static void
import_known(struct import *im, const struct connector_option *o)
{
	const struct connector_known *known = connector_known_find(o->name);

	if (!known) {
		if (!belongs_to_list(im, "converters", o->name) &&
		    !belongs_to_list(im, "post.processors", o->name))
			note(&im->lost, o->name, o->value, "not an option that pgwake knows");
		return;
	}
	if (known->effect == CONNECTOR_NOTHING || connector_known_neutral(known, o->value))
		return;
	note(known->effect == CONNECTOR_CHANGES ? &im->differs : &im->lost,
		o->name, o->value, known->note);
}

static void
import_rest(struct import *im)
{
	/* By index: taking one marks others. */
	for (size_t i = 0; i < im->from.count; i++) {
		struct connector_option *o = &im->from.options[i];
		const struct option *ours = options_find_debezium(o->name);

		if (o->used && strcmp(o->name, "converters") != 0 &&
		    strcmp(o->name, "post.processors") != 0)
			continue;
		if (ours)
			set(im, ours->group, ours->key, o->value, o->name);
		else if (!import_producer(im, o))
			import_known(im, o);
	}
}

static int
check_class(struct import *im, const char *file, struct fail *f)
{
	const char *class = connector_take(&im->from, "connector.class");

	if (class && !ends_with(class, "PostgresConnector"))
		return fail_set(f, FAIL_CONFIG,
			"%s: connector.class is %s, not Debezium's PostgresConnector", file, class);
	if (!connector_take(&im->from, "topic.prefix") &&
	    !connector_take(&im->from, "database.server.name"))
		return fail_set(f, FAIL_CONFIG,
			"%s: topic.prefix is missing; is this the configuration of a connector?", file);
	return 0;
}

static void
translate(struct import *im)
{
	import_prefix(im);
	import_dsn(im);
	import_or(im, "slot.name", "postgres", "slot", "debezium");
	import_or(im, "publication.name", "postgres", "publication", "dbz_publication");
	import_or(im, "publication.autocreate.mode", "postgres", "publication_autocreate_mode",
		"all_tables");
	import_tables(im);
	if (!connector_take(&im->from, "plugin.name"))
		note(&im->lost, "plugin.name", "decoderbufs",
			"this is the default; pgwake reads pgoutput and needs a slot of its own");
	import_snapshot(im);
	import_converters(im);
	import_columns(im, "column.include.list", "column_include_list");
	import_columns(im, "column.exclude.list", "column_exclude_list");
	import_rest(im);
	if (!option_value_origin(im->to, options_find("kafka", "bootstrap_servers")))
		set(im, "kafka", "bootstrap_servers", im->to->kafka.bootstrap_servers,
			"named by Connect's worker: put yours here");
}

static void
put_remark(struct buf *out, size_t line, const char *remark)
{
	do
		buf_putc(out, ' ');
	while (!out->failed && out->len - line < REMARK_COLUMN);
	buf_printf(out, "# %s\n", remark);
}

/* Each line of `notes` as a comment. */
static void
put_notes(struct buf *out, const char *indent, const struct buf *notes)
{
	const char *p = notes->p, *end = p + notes->len;

	while (notes->len && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		buf_printf(out, "%s# %.*s\n", indent, (int)(nl - p), p);
		p = nl + 1;
	}
}

static void
put_setting(struct buf *out, const struct import *im, const struct option *o)
{
	const char *origin = option_value_origin(im->to, o);
	size_t line = out->len;

	if (!origin)
		return;
	buf_printf(out, "%s%s = ", o->group ? "  " : "", o->key);
	/* The way of --print-config would show no password. */
	if (o->flags & OPTION_CONNECTION)
		option_value_put_string(out, im->to->postgres.dsn);
	else
		option_value_put(out, im->to, o);
	buf_putc(out, ';');
	put_remark(out, line, origin);
	if (o->flags & OPTION_CONNECTION)
		put_notes(out, "  ", &im->dsn_notes);
}

/* What came as producer.override. */
static void
put_properties(struct buf *out, const struct import *im)
{
	for (size_t i = 0; i < im->to->kafka.nproperties; i++) {
		const struct config_pair *pair = &im->to->kafka.properties[i];
		size_t line = out->len;

		if (!pair->origin)
			continue;
		buf_put_str(out, "  ");
		for (const char *p = pair->key; *p; p++)
			buf_putc(out, *p == '.' ? '_' : *p);
		buf_put_str(out, " = ");
		option_value_put_string(out, pair->value);
		buf_putc(out, ';');
		put_remark(out, line, pair->origin);
	}
}

static bool
in_group(const struct option *o, const char *group)
{
	return !o->group == !group && (!group || strcmp(o->group, group) == 0);
}

static void
put_group(struct buf *out, const struct import *im, const char *group)
{
	size_t before = out->len, empty;

	if (group)
		buf_printf(out, "\n%s: {\n", group);
	empty = out->len;
	for (size_t i = 0; i < options_count; i++)
		if (in_group(&options[i], group) && options[i].type != OPTION_PROPERTY)
			put_setting(out, im, &options[i]);
	if (group && strcmp(group, "kafka") == 0)
		put_properties(out, im);
	if (out->len == empty)
		out->len = before;
	else if (group)
		buf_put_str(out, "};\n");
}

static void
put_configuration(struct buf *out, const struct import *im, const char *file)
{
	buf_printf(out, "# Translated by pgwake %s from %s.\n"
		"# Behind each value: the option it comes from.\n\n", PGWAKE_VERSION, file);
	for (size_t g = 0; g < options_ngroups; g++)
		put_group(out, im, options_groups[g].name);
	if (im->differs.len) {
		buf_put_str(out, "\n# Events differ from the connector's for want of:\n");
		put_notes(out, "#   ", &im->differs);
	}
	if (im->lost.len) {
		buf_put_str(out, "\n# Not taken over:\n");
		put_notes(out, "#   ", &im->lost);
	}
}

static int
count_lines(const struct buf *b)
{
	int n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->p[i] == '\n';
	return n;
}

static int
finish(struct import *im, struct buf *out, struct buf *refused, const char *name,
	bool force, struct fail *f)
{
	int n = count_lines(&im->differs);

	if (im->failed || im->differs.failed || im->lost.failed || im->dsn_notes.failed)
		return fail_set(f, FAIL_FATAL, "out of memory");
	if (n && refused)
		buf_put_span(refused, buf_span(&im->differs));
	if (n && !force)
		return fail_set(f, FAIL_CONFIG,
			"%s: %d option%s would change events; with --force the rest is translated "
			"and the file says what differs", name, n, n > 1 ? "s" : "");
	put_configuration(out, im, name);
	return out->failed ? fail_set(f, FAIL_FATAL, "out of memory") : 0;
}

int
cmd_import_text(struct buf *out, struct buf *refused, const char *text,
	size_t len, const char *name, bool force, struct fail *f)
{
	struct import im = { .failed = false };
	int rc = -1;

	buf_init(&im.lost, TEXT_MAX_BYTES);
	buf_init(&im.differs, TEXT_MAX_BYTES);
	buf_init(&im.dsn_notes, TEXT_MAX_BYTES);
	im.to = config_new();
	if (!im.to)
		fail_set(f, FAIL_FATAL, "out of memory");
	else if (connector_parse(&im.from, text, len, name, f) == 0 &&
	    check_class(&im, name, f) == 0) {
		translate(&im);
		rc = finish(&im, out, refused, name, force, f);
	}
	connector_release(&im.from);
	config_free(im.to);
	buf_release(&im.dsn_notes);
	buf_release(&im.differs);
	buf_release(&im.lost);
	return rc;
}

static int
read_file(const char *path, struct buf *out, struct fail *f)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdin : fopen(path, "re");
	char chunk[8192];
	size_t n;
	int rc = 0;

	if (!file)
		return fail_set(f, FAIL_CONFIG, "%s: %s", path, strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_put(out, chunk, n);
	if (ferror(file))
		rc = fail_set(f, FAIL_CONFIG, "%s: %s", path, strerror(errno));
	else if (out->failed)
		rc = fail_set(f, FAIL_CONFIG, "%s: more than a megabyte", path);
	if (!standard)
		fclose(file);
	return rc;
}

int
cmd_import(const char *path, bool force, struct fail *f)
{
	struct buf text, out, refused;
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
	int rc;

	buf_init(&text, TEXT_MAX_BYTES);
	buf_init(&out, 4 * TEXT_MAX_BYTES);
	buf_init(&refused, TEXT_MAX_BYTES);
	rc = read_file(path, &text, f);
	if (rc == 0)
		rc = cmd_import_text(&out, &refused, buf_span(&text).p, text.len, name, force, f);
	if (refused.len)
		fwrite(refused.p, 1, refused.len, stderr);
	if (rc == 0 && (fwrite(out.p, 1, out.len, stdout) != out.len || fflush(stdout) != 0))
		rc = fail_set(f, FAIL_FATAL, "standard output: %s", strerror(errno));
	buf_release(&refused);
	buf_release(&out);
	buf_release(&text);
	return rc;
}
