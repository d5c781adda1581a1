#include <stdio.h>
#include <string.h>

#include "config_key.h"
#include "nearest.h"
#include "option_group.h"
#include "option_value.h"
#include "property.h"

static void
put_name(char out[OPTIONS_NAME_MAX], const char *group, const char *key)
{
	snprintf(out, OPTIONS_NAME_MAX, "%.30s%s%.90s", group ? group : "", group ? "." : "", key);
}

/* A key written as Debezium names it, dots or underscores, is one that moved. */
static const struct option *
find_by_debezium(const char *key)
{
	char name[OPTIONS_NAME_MAX];
	size_t len = strlen(key);

	if (len >= sizeof(name))
		return NULL;
	for (size_t i = 0; i <= len; i++)
		name[i] = key[i] == '_' ? '.' : key[i];
	return options_find_debezium(name);
}

/* The key of another group is nearly as near as one of the same. */
static void
offer_all(struct nearest *n, const char *group)
{
	char name[OPTIONS_NAME_MAX];

	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		bool here = !group == !o->group && (!group || strcmp(group, o->group) == 0);

		nearest_offer(n, o->key, here ? 0 : 1, options_name(o, name));
	}
}

int
config_key_unknown(const char *group, const char *key, const char *where,
	struct fail *f)
{
	char name[OPTIONS_NAME_MAX], meant[OPTIONS_NAME_MAX];
	const struct option *moved = find_by_debezium(key);
	struct nearest n, property;

	put_name(name, group, key);
	if (moved)
		return fail_set(f, FAIL_CONFIG, "%s: %s is unknown; use %s", where, name,
			options_name(moved, meant));
	nearest_init(&n, key);
	offer_all(&n, group);
	if (group && strcmp(group, "kafka") == 0) {
		property = n;
		property_offer(&property);
		if (property.distance < n.distance)
			snprintf(n.name, sizeof(n.name), "kafka.%.*s",
				(int)sizeof(n.name) - 7, property.name);
	}
	if (n.name[0])
		return fail_set(f, FAIL_CONFIG, "%s: %s is unknown; did you mean %s?",
			where, name, n.name);
	return fail_set(f, FAIL_CONFIG, "%s: %s is unknown", where, name);
}

int
config_key_unknown_group(const char *group, const char *where, struct fail *f)
{
	struct nearest n;

	nearest_init(&n, group);
	for (size_t i = 0; i < options_ngroups; i++)
		if (options_groups[i].name)
			nearest_offer(&n, options_groups[i].name, 0, options_groups[i].name);
	if (n.name[0])
		return fail_set(f, FAIL_CONFIG, "%s: there is no group %s; did you mean %s?",
			where, group, n.name);
	return fail_set(f, FAIL_CONFIG, "%s: there is no group %s", where, group);
}

int
config_key_set(struct config *c, const char *group, const char *key,
	const char *text, const char *where, struct fail *f)
{
	const struct option *o = options_find(group, key);
	char name[OPTIONS_NAME_MAX], property[OPTIONS_NAME_MAX];
	struct fail why = FAIL_INIT;
	int rc;

	if (group && !options_is_group(group))
		return config_key_unknown_group(group, where, f);
	if (o && o->type == OPTION_GROUPS)
		rc = option_group_parse(c, o, text, where, &why);
	else if (o)
		rc = option_value_set(c, o, text, where, &why);
	else if (group && strcmp(group, "kafka") == 0 &&
	    property_resolve(key, property, sizeof(property)))
		rc = property_set(c, key, text, where, &why);
	else
		return config_key_unknown(group, key, where, f);
	if (rc == 0)
		return 0;
	put_name(name, group, key);
	return fail_set(f, why.kind, "%s: %s %s", where, name, why.text);
}
