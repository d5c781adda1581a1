#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "config_key.h"
#include "identity_rule.h"
#include "nearest.h"
#include "option_value.h"
#include "property.h"
#include "select_override.h"

#define SECRET_MAX_BYTES 4096

struct config *
config_new(void)
{
	struct config *c = calloc(1, sizeof(*c));

	if (c && option_value_set_defaults(c) < 0) {
		config_free(c);
		return NULL;
	}
	return c;
}

void
config_free(struct config *c)
{
	if (!c)
		return;
	option_value_release(c);
	free(c->file);
	free(c);
}

int
config_set(struct config *c, const char *assignment, const char *where, struct fail *f)
{
	const char *equals = strchr(assignment, '='), *dot;
	char name[OPTIONS_NAME_MAX];
	size_t len = equals ? (size_t)(equals - assignment) : 0;

	while (len > 0 && assignment[len - 1] == ' ')
		len--;
	if (len == 0)
		return fail_set(f, FAIL_CONFIG, "%s %s: give it as key=value, "
			"for example %s log.level=debug",
			where, assignment, where);
	if (len >= sizeof(name))
		return fail_set(f, FAIL_CONFIG, "%s: a key that long does not exist", where);
	memcpy(name, assignment, len);
	name[len] = '\0';
	dot = strchr(name, '.');
	if (!dot)
		return config_key_set(c, NULL, name, equals + 1, where, f);
	name[dot - name] = '\0';
	return config_key_set(c, name, dot + 1, equals + 1, where, f);
}

/* What Kubernetes puts into the environment for a service of that name. */
static bool
is_service_link(const char *name, const char *value)
{
	const char *port = strstr(name, "_PORT");

	return strstr(name, "_SERVICE_HOST") || strstr(name, "_SERVICE_PORT") ||
		(port && strstr(value, "://")) || (port && isdigit((unsigned char)port[5])) ||
		(port && port[5] == '_' && isdigit((unsigned char)port[6]));
}

/* GROUP_KEY in lower case; true if it is the option's name. */
static bool
is_named(const struct option *o, const char *lower)
{
	char name[OPTIONS_NAME_MAX];

	options_name(o, name);
	if (o->group)
		name[strlen(o->group)] = '_';
	return strcmp(name, lower) == 0;
}

static void
put_upper(char out[NEAREST_NAME_MAX], const char *name)
{
	size_t i = (size_t)snprintf(out, NEAREST_NAME_MAX, "PGWAKE_%s", name);

	for (i = 7; out[i]; i++)
		out[i] = out[i] == '.' ? '_' : (char)toupper((unsigned char)out[i]);
}

/* Only what begins like a group is held to be ours: PGWAKE_ may be used for other things. */
static bool
names_a_group(const char *lower)
{
	for (size_t i = 0; i < options_ngroups; i++) {
		const char *group = options_groups[i].name;
		size_t len = group ? strlen(group) : 0;

		if (len && strncmp(lower, group, len) == 0 && lower[len] == '_')
			return true;
	}
	return false;
}

static int
unknown_variable(const char *variable, struct fail *f)
{
	char name[OPTIONS_NAME_MAX], upper[NEAREST_NAME_MAX];
	struct nearest n;

	nearest_init(&n, variable);
	for (size_t i = 0; i < options_count; i++) {
		put_upper(upper, options_name(&options[i], name));
		nearest_offer(&n, upper, 0, upper);
	}
	if (n.name[0])
		return fail_set(f, FAIL_CONFIG, "environment: %s is unknown; did you mean %s?",
			variable, n.name);
	return fail_set(f, FAIL_CONFIG, "environment: %s is unknown", variable);
}

static int
set_variable(struct config *c, const char *variable, const char *value, struct fail *f)
{
	char lower[OPTIONS_NAME_MAX];
	size_t i = 0;

	for (; variable[7 + i] && i + 1 < sizeof(lower); i++)
		lower[i] = (char)tolower((unsigned char)variable[7 + i]);
	lower[i] = '\0';
	for (i = 0; i < options_count; i++)
		if (is_named(&options[i], lower))
			return config_key_set(c, options[i].group, options[i].key,
				value, variable, f);
	if (!names_a_group(lower) || is_service_link(variable, value))
		return 0;
	if (strncmp(lower, "kafka_", 6) == 0)
		return config_key_set(c, "kafka", lower + 6, value, variable, f);
	return unknown_variable(variable, f);
}

int
config_environment(struct config *c, char **environ, struct fail *f)
{
	char variable[OPTIONS_NAME_MAX + 8];

	for (; *environ; environ++) {
		const char *equals = strchr(*environ, '=');
		size_t len = equals ? (size_t)(equals - *environ) : 0;

		if (strncmp(*environ, "PGWAKE_", 7) != 0 || len < 8 || !equals[1])
			continue;
		if (len >= sizeof(variable))
			len = sizeof(variable) - 1;
		memcpy(variable, *environ, len);
		variable[len] = '\0';
		if (set_variable(c, variable, equals + 1, f) < 0)
			return -1;
	}
	return 0;
}

/* "FILE:LINE", or the file, or nothing: where to look for an option. */
static const char *
place(const struct config *c, const struct option *o)
{
	const char *origin = option_value_origin(c, o);

	return origin ? origin : c->file ? c->file : "configuration";
}

/* A value that is wrong in itself or beside another: "PLACE: NAME WHAT". */
static int
wrong(const struct config *c, const char *group, const char *key, const char *what,
	struct fail *f)
{
	const struct option *o = options_find(group, key);
	char name[OPTIONS_NAME_MAX];

	return fail_set(f, FAIL_CONFIG, "%s: %s %s", place(c, o), options_name(o, name), what);
}

static bool
is_empty(const char *text)
{
	return !text || !*text;
}

static int
check_mandatory(const struct config *c, const char *group, const char *key,
	const char *value, struct fail *f)
{
	char name[OPTIONS_NAME_MAX], variable[NEAREST_NAME_MAX];

	if (!is_empty(value))
		return 0;
	options_name(options_find(group, key), name);
	put_upper(variable, name);
	return fail_set(f, FAIL_CONFIG,
		"%s: %s is not set; write it into the file given with -c, set %s, or use -o %s=...",
		c->file ? c->file : "configuration", name, variable, name);
}

static bool
is_topic_text(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("._-", *text))
			return false;
	return true;
}

static int
check_topic_part(const struct config *c, const char *key, const char *value,
	struct fail *f)
{
	if (!is_empty(value) && is_topic_text(value))
		return 0;
	return wrong(c, "format", key,
		"must be made of letters, digits, '.', '_' and '-'", f);
}

static int
check_names(const struct config *c, struct fail *f)
{
	if (!is_topic_text(c->prefix))
		return wrong(c, NULL, "prefix",
			"may hold letters, digits, '.', '_' and '-' only: it "
				"is part of topic names", f);
	if (check_topic_part(c, "topic_delimiter", c->format.topic_delimiter, f) < 0 ||
	    check_topic_part(c, "topic_transaction", c->format.topic_transaction, f) < 0 ||
	    check_topic_part(c, "topic_heartbeat_prefix",
			c->format.topic_heartbeat_prefix, f) < 0 ||
	    (!is_empty(c->format.topic_heartbeat_name) &&
	     check_topic_part(c, "topic_heartbeat_name",
			c->format.topic_heartbeat_name, f) < 0))
		return -1;
	if (is_empty(c->postgres.publication))
		return wrong(c, "postgres", "publication", "must not be empty", f);
	return 0;
}

static int
check_slot(const struct config *c, struct fail *f)
{
	const char *slot = c->postgres.slot;
	size_t len = strlen(slot);

	if (len == 0 || len > 63 || strspn(slot, "abcdefghijklmnopqrstuvwxyz0123456789_") != len)
		return wrong(c, "postgres", "slot",
			"must be 1 to 63 lower-case letters, digits and underscores", f);
	return 0;
}

static int
check_skipped(const struct config *c, struct fail *f)
{
	struct config_list list;
	int rc = 0;

	if (option_value_split(c->format.skipped_operations, &list) < 0)
		return fail_set(f, FAIL_FATAL, "out of memory");
	for (size_t i = 0; i < list.count && rc == 0; i++)
		if ((strlen(list.items[i]) != 1 || !strchr("cudt", list.items[i][0])) &&
		    (strcmp(list.items[i], "none") != 0 || list.count > 1))
			rc = wrong(c, "format", "skipped_operations",
				"must be letters of c, u, d, t between commas, or none", f);
	if (list.count == 0)
		rc = wrong(c, "format", "skipped_operations",
			"must be letters of c, u, d, t between commas, or none", f);
	option_value_free_list(&list);
	return rc;
}

static int
check_modes(const struct config *c, struct fail *f)
{
	if (c->format.column_include_list.count && c->format.column_exclude_list.count)
		return wrong(c, "format", "column_exclude_list",
			"cannot be used together with format.column_include_list", f);
	if (c->postgres.message_prefix_include_list.count &&
	    c->postgres.message_prefix_exclude_list.count)
		return wrong(c, "postgres", "message_prefix_exclude_list", "cannot be used "
			"together with postgres.message_prefix_include_list", f);
	if (c->kafka.topic_partitions == 0)
		return wrong(c, "kafka", "topic_partitions", "must be -1 or at least 1", f);
	if (c->kafka.topic_replication == 0)
		return wrong(c, "kafka", "topic_replication_factor", "must be -1 or at least 1", f);
	return 0;
}

/* A record that can never fit would wait for ever. */
static int
check_queue(const struct config *c, struct fail *f)
{
	const char *largest = property_get(c, "message.max.bytes");
	char what[160];

	if (!largest || atoll(largest) <= c->kafka.queue_kbytes * 1024)
		return 0;
	snprintf(what, sizeof(what), "is %s, more than the queue holds: "
		"raise kafka.queue_buffering_max_kbytes to at least %lld",
		largest, atoll(largest) / 1024 + 1);
	return wrong(c, "kafka", "message_max_bytes", what, f);
}

/* The first line of the file, without its end. */
static int
read_secret(const char *path, char out[SECRET_MAX_BYTES], struct fail *f)
{
	FILE *file = fopen(path, "re");
	size_t n;

	if (!file)
		return fail_set(f, FAIL_CONFIG, "%s: %s", path, strerror(errno));
	errno = 0;
	n = fread(out, 1, SECRET_MAX_BYTES - 1, file);
	if (ferror(file)) {
		fail_set(f, FAIL_CONFIG, "%s: %s", path, strerror(errno));
		fclose(file);
		return -1;
	}
	fclose(file);
	out[n] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return out[0] ? 0 : fail_set(f, FAIL_CONFIG, "%s: the first line is empty", path);
}

static int
read_sasl_password(struct config *c, struct fail *f)
{
	const struct option *o = options_find("kafka", "sasl_password_file");
	const char *path = c->kafka.sasl_password_file;
	char secret[SECRET_MAX_BYTES];
	int rc;

	if (is_empty(path))
		return 0;
	if (property_get(c, "sasl.password"))
		return wrong(c, "kafka", "sasl_password_file",
			"cannot be used together with kafka.sasl_password", f);
	rc = read_secret(path, secret, f);
	if (rc == 0)
		rc = property_set(c, "sasl_password", secret, place(c, o), f);
	explicit_bzero(secret, sizeof(secret));
	return rc < 0 ? fail_context(f, "%s: kafka.sasl_password_file", place(c, o)) : 0;
}

/* "hex:" stands for octets that need not be text. They take the text's place. */
static int
derive_placeholder(struct config *c, struct fail *f)
{
	char *text = c->format.unavailable_value_placeholder, *hex = text + 4;
	size_t len;

	if (strncmp(text, "hex:", 4) != 0) {
		c->format.types.unavailable = span_of(text);
		return 0;
	}
	len = strlen(hex);
	if (len % 2 || strspn(hex, "0123456789abcdefABCDEF") != len)
		return wrong(c, "format", "unavailable_value_placeholder",
			"must be pairs of hexadecimal digits behind hex:", f);
	for (size_t i = 0; i < len / 2; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		text[i] = (char)strtoul(pair, NULL, 16);
	}
	c->format.types.unavailable = (struct span){ text, len / 2 };
	return 0;
}

static void
follow_schemas(struct config *c, const char *key, bool *at)
{
	if (!option_value_origin(c, options_find("format", key)))
		*at = c->format.schemas;
}

static void
follow_values(struct config *c)
{
	if (!option_value_origin(c, options_find("format", "key_decimal_format")))
		c->format.key_decimal_format = c->format.decimal_format;
	if (!option_value_origin(c, options_find("format", "key_replace_null_with_default")))
		c->format.key_replace_null_with_default =
			c->format.replace_null_with_default;
}

static int
check_identities(const struct config *c, struct fail *f)
{
	const struct config_list *list =
		&c->postgres.replica_identity_autoset_values;

	for (size_t i = 0; i < list->count; i++) {
		struct identity_rule rule;
		struct fail why = FAIL_INIT;

		if (identity_rule_parse(&rule, list->items[i], &why) < 0)
			return wrong(c, "postgres", "replica_identity_autoset_values",
				why.text, f);
		identity_rule_release(&rule);
	}
	return 0;
}

static int
check_snapshot(const struct config *c, struct fail *f)
{
	struct fail why = FAIL_INIT;
	struct filter *tables;

	for (size_t i = 0; i < c->snapshot.tables.count; i++) {
		struct span pattern = span_of(c->snapshot.tables.items[i]);

		tables = filter_new(&pattern, 1, &why);
		if (!tables)
			return wrong(c, "snapshot", "tables", why.text, f);
		filter_free(tables);
	}
	if (select_override_check(&c->snapshot.select_overrides, &why) < 0)
		return wrong(c, "snapshot", "select_overrides", why.text, f);
	return 0;
}

int
config_finish_connection(struct config *c, struct fail *f)
{
	if (check_mandatory(c, "postgres", "dsn", c->postgres.dsn, f) < 0)
		return -1;
	return check_slot(c, f);
}

int
config_finish(struct config *c, struct fail *f)
{
	if (check_mandatory(c, NULL, "prefix", c->prefix, f) < 0 ||
	    config_finish_connection(c, f) < 0 ||
	    check_names(c, f) < 0 || check_skipped(c, f) < 0 ||
	    check_identities(c, f) < 0 || check_snapshot(c, f) < 0 ||
	    check_modes(c, f) < 0 || check_queue(c, f) < 0 ||
	    read_sasl_password(c, f) < 0 || derive_placeholder(c, f) < 0)
		return -1;
	if (c->postgres.publication_autocreate_mode == PUBLICATION_DISABLED)
		c->postgres.publication_autocreate = false;
	c->postgres.publish_fewer =
		strcmp(c->format.skipped_operations, "none") != 0 &&
		option_value_origin(c, options_find("format", "skipped_operations"));
	follow_schemas(c, "key_schemas", &c->format.key_schemas);
	follow_schemas(c, "value_schemas", &c->format.value_schemas);
	follow_schemas(c, "header_schemas", &c->format.header_schemas);
	follow_values(c);
	return 0;
}
