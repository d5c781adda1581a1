/*
 * options: the one table of options.
 *
 * Files, environment, -o, --help, --print-config, the reference in docs/ and
 * the import of a connector's configuration are all driven by it: a new option
 * is one line here and its member in settings.h. A key is written as in a
 * file; its full name is "group.key", or "key" alone at the top level.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
	OPTION_STRING,		/* char * */
	OPTION_BOOL,		/* bool */
	OPTION_INT,		/* int */
	OPTION_SIZE,		/* int64_t, in the unit that the key names (mb, kbytes) */
	OPTION_DURATION,	/* int64_t, milliseconds */
	OPTION_CHOICE,		/* int, index of the choice */
	OPTION_LIST,		/* struct config_list */
	OPTION_GROUPS,		/* struct config_groups: a list of groups of the keys in `fields` */
	OPTION_PROPERTY		/* a librdkafka property among kafka.properties */
};

enum option_flags {
	OPTION_MANDATORY = 1,
	OPTION_SECRET = 2,	/* never shown */
	OPTION_CONNECTION = 4	/* a libpq connection string: shown without its password */
};

struct option {
	const char *group;		/* NULL: top level */
	const char *key;
	enum option_type type;
	size_t offset;			/* in struct config; of no meaning to a PROPERTY */
	int64_t min, max;		/* numbers */
	const char *const *choices;	/* ends with NULL */
	const struct option *fields;	/* of a group; offsets are those in its struct */
	size_t nfields, size;		/* of a group: its keys, its struct */
	const char *def;		/* as text; NULL: none */
	const char *debezium;		/* its name or names there; NULL: has none */
	const char *help;		/* one sentence without full stop */
	unsigned flags;
};

/* The table, group by group in the order of the reference. */
extern const struct option options[];
extern const size_t options_count;

struct option_group {
	const char *name;		/* NULL: top level */
	const char *help;
};

extern const struct option_group options_groups[];
extern const size_t options_ngroups;

/* The full name, into `out`. Returns `out`. */
#define OPTIONS_NAME_MAX 128
const char *options_name(const struct option *o, char out[OPTIONS_NAME_MAX]);

/* By group (NULL: top level) and key. NULL if there is none. */
const struct option *options_find(const char *group, const char *key);
bool options_is_group(const char *name);
/* By one of its Debezium names. NULL if there is none. */
const struct option *options_find_debezium(const char *name);

#endif
