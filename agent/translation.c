#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "connector_columns.h"
#include "connector_known.h"
#include "connector_snapshot.h"
#include "jaas.h"
#include "option_value.h"
#include "property.h"
#include "translation.h"

#define TEXT_MAX_BYTES (1 << 20)
enum { SHOWN_MAX = 200 };

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
	return !o->group || strcmp(o->group, "format") == 0 || o->type == OPTION_LIST;
}

/* Sets one of ours from the option `name`. A value we do not have is noted. */
static void
set(struct translation *t, const char *group, const char *key, const char *value,
	const char *name)
{
	const struct option *o = options_find(group, key);
	struct fail why = FAIL_INIT;

	/* The connection string has a note of its own. */
	if (is_reference(value) && !(o->flags & OPTION_CONNECTION)) {
		note(shapes_events(o) ? &t->differs : &t->lost, name, value,
			"looked up by Connect: put its value there");
		return;
	}
	if (option_value_set(t->to, o, value, name, &why) == 0)
		return;
	if (why.kind != FAIL_CONFIG)
		t->failed = true;
	note(shapes_events(o) ? &t->differs : &t->lost, name, value, why.text);
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
import_password(struct translation *t, struct buf *dsn)
{
	const char *password = connector_take(t->from, "database.password");

	if (!password || !*password)
		return;
	if (is_reference(password)) {
		buf_put_str(&t->lost, "database.password: looked up by "
			"Connect; name a file with it "
			"as postgres.password_file, or use ~/.pgpass\n");
		return;
	}
	put_conninfo(dsn, "password", password);
	buf_put_str(&t->dsn_notes, "the password is in it, as it was in the connector's file; "
		"better: postgres.password_file\n");
}

static void
import_dsn(struct translation *t)
{
	static const struct { const char *name, *keyword; } parts[] = {
		{ "database.hostname", "host" }, { "database.port", "port" },
		{ "database.dbname", "dbname" }, { "database.user", "user" },
		{ "database.sslmode", "sslmode" }, { "database.sslrootcert", "sslrootcert" },
		{ "database.sslcert", "sslcert" }, { "database.sslkey", "sslkey" },
		{ "database.sslpassword", "sslpassword" },
	};
	const char *keepalive = connector_take(t->from, "database.tcpKeepAlive");
	struct buf dsn;

	buf_init(&dsn, TEXT_MAX_BYTES);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const char *value = connector_take(t->from, parts[i].name);

		if (!value || !*value)
			continue;
		if (is_reference(value))
			buf_printf(&t->dsn_notes, "%s is looked up by Connect: "
				"put its value here\n",
				parts[i].name);
		if (strcmp(parts[i].keyword, "sslkey") == 0)
			buf_put_str(&t->dsn_notes, "sslkey must be a PEM file, not PKCS-8 DER\n");
		put_conninfo(&dsn, parts[i].keyword, value);
	}
	import_password(t, &dsn);
	if (keepalive && strcasecmp(keepalive, "false") == 0)
		put_conninfo(&dsn, "keepalives", "0");
	if (dsn.len) {
		buf_putc(&dsn, '\0');
		set(t, "postgres", "dsn", dsn.failed ? "" : dsn.p, "database.*");
	}
	buf_release(&dsn);
}

/* Appends each item of the option's list, as "before item after". */
static void
add_patterns(struct translation *t, struct buf *list, const char *name,
	const char *before, const char *after)
{
	const char *value = connector_take(t->from, name);
	struct config_list items;

	if (!value || option_value_split(value, &items) < 0)
		return;
	for (size_t i = 0; i < items.count; i++) {
		buf_printf(list, "%s%s%s", before, items.items[i], after);
		buf_putc(list, '\0');
	}
	option_value_free_list(&items);
}

/* One pattern for all schemas of the list; their order says nothing. */
static void
add_schemas(struct translation *t, struct buf *list, const char *before,
	const char *after)
{
	struct buf schemas;

	buf_init(&schemas, TEXT_MAX_BYTES);
	add_patterns(t, &schemas, "schema.include.list", "", "");
	if (schemas.len) {
		schemas.len--;		/* the last NUL */
		buf_put_str(list, before);
		for (size_t i = 0; i < schemas.len; i++)
			buf_putc(list, schemas.p[i] ? schemas.p[i] : '|');
		buf_put_str(list, after);
		buf_putc(list, '\0');
	}
	buf_release(&schemas);
}

/* `texts`: strings one behind the other, each with its NUL. */
static void
set_texts(struct translation *t, const char *group, const char *key,
	const struct buf *texts, const char *name)
{
	const char **items = calloc(texts->len + 1, sizeof(*items));
	size_t count = 0;

	if (!items || texts->failed) {
		t->failed = true;
		free(items);
		return;
	}
	for (size_t at = 0; at < texts->len; at += strlen(texts->p + at) + 1)
		items[count++] = texts->p + at;
	if (count && option_value_set_list(t->to, options_find(group, key), items, count,
	    name, NULL) < 0)
		t->failed = true;
	free(items);
}

static void
import_tables(struct translation *t)
{
	struct buf list;

	buf_init(&list, TEXT_MAX_BYTES);
	add_patterns(t, &list, "table.include.list", "", "");
	/* With both kinds a table must be in one of these schemas as well. */
	if (list.len)
		add_schemas(t, &list, "!(?!(?:", ")[.]).*");
	else
		add_schemas(t, &list, "(?:", ")[.].*");
	add_patterns(t, &list, "schema.exclude.list", "!(?:", ")[.].*");
	add_patterns(t, &list, "table.exclude.list", "!", "");
	set_texts(t, "postgres", "tables", &list, "table and schema lists");
	buf_release(&list);
}

static void
import_columns(struct translation *t, const char *name, const char *key)
{
	struct buf list;

	buf_init(&list, TEXT_MAX_BYTES);
	add_patterns(t, &list, name, "", "");
	set_texts(t, "format", key, &list, name);
	buf_release(&list);
}

/* With the default of Debezium written out, so that the file says what happens. */
static void
import_or(struct translation *t, const char *name, const char *group, const char *key,
	const char *absent)
{
	const char *value = connector_take(t->from, name);
	char remark[128];

	snprintf(remark, sizeof(remark), "%s%s", name, value ? "" : " (default)");
	set(t, group, key, value ? value : absent, remark);
}

static void
import_prefix(struct translation *t)
{
	const char *old = connector_take(t->from, "database.server.name");
	const char *prefix = connector_take(t->from, "topic.prefix");

	if (prefix || old)
		set(t, NULL, "prefix", prefix ? prefix : old,
			prefix ? "topic.prefix" : "database.server.name");
}

static bool
ends_with(const char *text, const char *end)
{
	size_t lt = strlen(text), le = strlen(end);

	return lt >= le && strcmp(text + lt - le, end) == 0;
}

static void
import_converter(struct translation *t, const char *name)
{
	const char *class = connector_take(t->from, name);

	if (class && !ends_with(class, ".json.JsonConverter"))
		note(&t->differs, name, class, "keys and values are written as JSON only");
}

/* "true" or "false"; Connect's default otherwise. */
static const char *
take_bool(struct translation *t, const char *name)
{
	const char *value = connector_take(t->from, name);

	return value && strcasecmp(value, "false") == 0 ? "false" : "true";
}

/* An option of each converter. Ours for keys follows that for values. */
static void
import_shared(struct translation *t, const char *option, const char *key, const char *absent)
{
	char key_name[96], value_name[96], ours[96];
	const char *of_key, *of_value;

	snprintf(key_name, sizeof(key_name), "key.converter.%s", option);
	snprintf(value_name, sizeof(value_name), "value.converter.%s", option);
	snprintf(ours, sizeof(ours), "key_%s", key);
	of_key = connector_take(t->from, key_name);
	of_value = connector_take(t->from, value_name);
	if (of_value)
		set(t, "format", key, of_value, value_name);
	if (strcasecmp(of_key ? of_key : absent, of_value ? of_value : absent) != 0)
		set(t, "format", ours, of_key ? of_key : absent, key_name);
}

static void
import_schemas(struct translation *t)
{
	const char *of_key = take_bool(t, "key.converter.schemas.enable");
	const char *of_value = take_bool(t, "value.converter.schemas.enable");

	if (strcmp(of_key, of_value) == 0) {
		set(t, "format", "schemas", of_value, "key and value.converter.schemas.enable");
		return;
	}
	set(t, "format", "key_schemas", of_key, "key.converter.schemas.enable");
	set(t, "format", "value_schemas", of_value, "value.converter.schemas.enable");
}

static void
import_headers(struct translation *t)
{
	const char *class = connector_take(t->from, "header.converter");

	if (!class || ends_with(class, ".SimpleHeaderConverter")) {
		set(t, "format", "headers", "simple",
			class ? "header.converter" : "header.converter (default)");
	} else if (ends_with(class, ".json.JsonConverter")) {
		set(t, "format", "headers", "json", "header.converter");
		set(t, "format", "header_schemas",
			take_bool(t, "header.converter.schemas.enable"),
			"header.converter.schemas.enable");
	} else {
		note(&t->differs, "header.converter", class,
			"headers are written as by SimpleHeaderConverter or JsonConverter only");
	}
}

static void
import_converters(struct translation *t)
{
	import_converter(t, "key.converter");
	import_converter(t, "value.converter");
	import_schemas(t);
	import_shared(t, "decimal.format", "decimal_format", "base64");
	import_shared(t, "replace.null.with.default", "replace_null_with_default", "true");
	import_headers(t);
}

/* User and password of a JAAS configuration, which librdkafka has as properties. */
static void
import_jaas(struct translation *t, const struct connector_option *o)
{
	char user[256], password[1024];
	struct fail why = FAIL_INIT;

	if (is_reference(o->value) ||
	    (!strstr(o->value, "PlainLoginModule") && !strstr(o->value, "ScramLoginModule")) ||
	    !jaas_option(o->value, "username", user, sizeof(user)) ||
	    !jaas_option(o->value, "password", password, sizeof(password))) {
		note(&t->lost, o->name, o->value, "librdkafka has sasl_username, "
			"sasl_password and its kin in its place");
		return;
	}
	if (property_set(t->to, "sasl.username", user, o->name, &why) < 0 ||
	    property_set(t->to, "sasl.password", password, o->name, &why) < 0)
		note(&t->lost, o->name, o->value, why.text);
}

/* "producer.override.NAME": librdkafka knows many of Java's names. */
static bool
import_producer(struct translation *t, struct connector_option *o)
{
	static const char prefix[] = "producer.override.";
	const char *name = o->name + sizeof(prefix) - 1;
	struct fail why = FAIL_INIT;
	char resolved[OPTIONS_NAME_MAX];

	if (strncmp(o->name, prefix, sizeof(prefix) - 1) != 0)
		return false;
	if (strcmp(name, "bootstrap.servers") == 0)
		set(t, "kafka", "bootstrap_servers", o->value, o->name);
	else if (strcmp(name, "max.request.size") == 0)
		property_set(t->to, "message_max_bytes", o->value, o->name, &why);
	else if (strcmp(name, "sasl.jaas.config") == 0)
		import_jaas(t, o);
	else if (!property_resolve(name, resolved, sizeof(resolved)))
		return false;
	else
		property_set(t->to, name, o->value, o->name, &why);
	if (why.kind)
		note(&t->lost, o->name, o->value, why.text);
	return true;
}

/* "NAME.type = ..." of a converter or post processor that is named in a list. */
static bool
belongs_to_list(struct translation *t, const char *list, const char *name)
{
	const char *value = connector_take(t->from, list);
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
import_known(struct translation *t, const struct connector_option *o)
{
	const struct connector_known *known = connector_known_find(o->name);

	if (!known) {
		if (!belongs_to_list(t, "converters", o->name) &&
		    !belongs_to_list(t, "post.processors", o->name))
			note(&t->lost, o->name, o->value, "not an option that pgwake knows");
		return;
	}
	if (known->effect == CONNECTOR_NOTHING || connector_known_neutral(known, o->value))
		return;
	note(known->effect == CONNECTOR_CHANGES ? &t->differs : &t->lost,
		o->name, o->value, known->note);
}

static void
import_rest(struct translation *t)
{
	/* By index: taking one marks others. */
	for (size_t i = 0; i < t->from->count; i++) {
		struct connector_option *o = &t->from->options[i];
		const struct option *ours = options_find_debezium(o->name);

		if (o->used && strcmp(o->name, "converters") != 0 &&
		    strcmp(o->name, "post.processors") != 0)
			continue;
		if (ours)
			set(t, ours->group, ours->key, o->value, o->name);
		else if (!import_producer(t, o))
			import_known(t, o);
	}
}

/* What is like a connector's configuration and is none. */
static int
check_form(struct translation *t, const char *file, struct fail *f)
{
	if (connector_take(t->from, "apiVersion"))
		return fail_set(f, FAIL_CONFIG, "%s: a resource of Kubernetes in YAML; "
			"give it as JSON: kubectl get kafkaconnector NAME -o json", file);
	if (connector_take(t->from, "debezium.source.connector.class"))
		return fail_set(f, FAIL_CONFIG, "%s: a configuration of Debezium Server; give "
			"the lines of debezium.source, without that prefix: "
			"sed -n 's/^debezium[.]source[.]//p'", file);
	return 0;
}

static int
check_class(struct translation *t, const char *file, struct fail *f)
{
	const char *class = connector_take(t->from, "connector.class");

	if (class && !ends_with(class, "PostgresConnector"))
		return fail_set(f, FAIL_CONFIG,
			"%s: connector.class is %s, not Debezium's PostgresConnector", file, class);
	if (!connector_take(t->from, "topic.prefix") &&
	    !connector_take(t->from, "database.server.name"))
		return fail_set(f, FAIL_CONFIG,
			"%s: topic.prefix is missing; is this the "
				"configuration of a connector?", file);
	return 0;
}

/* decoderbufs is Debezium's default. */
static void
import_plugin(struct translation *t)
{
	const char *plugin = connector_take(t->from, "plugin.name");

	if (!plugin || strcmp(plugin, "pgoutput") != 0)
		note(&t->lost, "plugin.name", plugin ? plugin : "decoderbufs",
			"pgwake reads pgoutput; a slot of another plugin cannot be "
			"followed, name a new one");
}

static void
translate(struct translation *t)
{
	import_prefix(t);
	import_dsn(t);
	import_or(t, "slot.name", "postgres", "slot", "debezium");
	import_or(t, "publication.name", "postgres", "publication", "dbz_publication");
	import_or(t, "publication.autocreate.mode", "postgres", "publication_autocreate_mode",
		"all_tables");
	import_tables(t);
	import_plugin(t);
	if (connector_snapshot(t->from, t->to, &t->differs, &t->lost) < 0)
		t->failed = true;
	import_or(t, "snapshot.max.threads", "snapshot", "threads", "1");
	import_converters(t);
	import_columns(t, "column.include.list", "column_include_list");
	import_columns(t, "column.exclude.list", "column_exclude_list");
	if (connector_columns(t->from, t->to, &t->differs) < 0)
		t->failed = true;
	import_rest(t);
	if (!option_value_origin(t->to, options_find("kafka", "bootstrap_servers")))
		set(t, "kafka", "bootstrap_servers", t->to->kafka.bootstrap_servers,
			"named by Connect's worker: put yours here");
}

int
translation_init(struct translation *t, struct connector *from, const char *file,
	struct fail *f)
{
	*t = (struct translation){ .from = from };
	buf_init(&t->lost, TEXT_MAX_BYTES);
	buf_init(&t->differs, TEXT_MAX_BYTES);
	buf_init(&t->dsn_notes, TEXT_MAX_BYTES);
	t->to = config_new();
	if (!t->to)
		return fail_set(f, FAIL_FATAL, "out of memory");
	if (check_form(t, file, f) < 0 || check_class(t, file, f) < 0)
		return -1;
	translate(t);
	if (t->failed || t->differs.failed || t->lost.failed || t->dsn_notes.failed)
		return fail_set(f, FAIL_FATAL, "out of memory");
	return 0;
}

void
translation_release(struct translation *t)
{
	config_free(t->to);
	buf_release(&t->dsn_notes);
	buf_release(&t->differs);
	buf_release(&t->lost);
}
