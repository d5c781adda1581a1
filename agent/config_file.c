#include <errno.h>
#include <libconfig.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config_file.h"
#include "config_key.h"
#include "option_group.h"
#include "option_value.h"
#include "property.h"

#define PLACE_MAX 512
#define NUMBER_MAX 64

/* "FILE:LINE" of a setting. */
static const char *
place(const config_setting_t *s, const char *file, char out[PLACE_MAX])
{
	const char *source = config_setting_source_file(s);

	snprintf(out, PLACE_MAX, "%.*s:%u", PLACE_MAX - 16, source ? source : file,
		config_setting_source_line(s));
	return out;
}

static const char *
type_name(const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_GROUP:
		return "a group";
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "a number";
	case CONFIG_TYPE_FLOAT:
		return "a number with a fraction";
	case CONFIG_TYPE_STRING:
		return "a string";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	default:
		return "a list";
	}
}

/* The libconfig type that an option wants is the one that the file has. */
static bool
fits(const struct option *o, const config_setting_t *s)
{
	bool number = config_setting_type(s) == CONFIG_TYPE_INT ||
		config_setting_type(s) == CONFIG_TYPE_INT64;

	switch (o ? o->type : OPTION_PROPERTY) {
	case OPTION_STRING:
	case OPTION_CHOICE:
		return config_setting_type(s) == CONFIG_TYPE_STRING;
	case OPTION_BOOL:
		return config_setting_type(s) == CONFIG_TYPE_BOOL;
	case OPTION_INT:
	case OPTION_SIZE:
	case OPTION_DURATION:
		return number;
	case OPTION_GROUPS:
		return config_setting_is_list(s);
	case OPTION_LIST:
		return config_setting_is_list(s) || config_setting_is_array(s);
	case OPTION_PROPERTY:
		return config_setting_is_scalar(s);
	}
	return false;
}

/* The text of a scalar; `number` is room for one. */
static const char *
scalar_text(const config_setting_t *s, char number[NUMBER_MAX])
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		return config_setting_get_string(s);
	case CONFIG_TYPE_BOOL:
		return config_setting_get_bool(s) ? "true" : "false";
	case CONFIG_TYPE_FLOAT:
		snprintf(number, NUMBER_MAX, "%.17g", config_setting_get_float(s));
		return number;
	case CONFIG_TYPE_INT64:
		snprintf(number, NUMBER_MAX, "%lld", config_setting_get_int64(s));
		return number;
	default:
		snprintf(number, NUMBER_MAX, "%d", config_setting_get_int(s));
		return number;
	}
}

static int
wrong_type(const struct option *o, const char *group, const config_setting_t *s,
	const char *where, struct fail *f)
{
	static const struct option property = { .type = OPTION_PROPERTY };
	struct buf domain;

	buf_init(&domain, 512);
	option_value_put_domain(&domain, o ? o : &property);
	buf_putc(&domain, '\0');
	fail_set(f, FAIL_CONFIG, "%s: %s%s%s must be %s, not %s%s", where,
		group ? group : "", group ? "." : "", config_setting_name(s),
		domain.failed ? "something else" : domain.p, type_name(s),
		o && o->type == OPTION_LIST ? ": write ( \"...\", \"...\" )" : "");
	buf_release(&domain);
	return -1;
}

static int
set_list(struct config *c, const struct option *o, const config_setting_t *s,
	const char *file, struct fail *f)
{
	int count = config_setting_length(s), rc = -1;
	const char **items = calloc((size_t)count + 1, sizeof(*items));
	char name[OPTIONS_NAME_MAX], at[PLACE_MAX];

	if (!items)
		return fail_set(f, FAIL_FATAL, "out of memory");
	for (int i = 0; i < count; i++) {
		const config_setting_t *item = config_setting_get_elem(s, (unsigned)i);

		if (config_setting_type(item) != CONFIG_TYPE_STRING) {
			fail_set(f, FAIL_CONFIG, "%s: %s must be a list of strings, item %d is %s",
				place(item, file, at), options_name(o, name), i + 1,
				type_name(item));
			goto out;
		}
		items[i] = config_setting_get_string(item);
	}
	rc = option_value_set_list(c, o, items, (size_t)count, place(s, file, at), f);
out:
	free(items);
	return rc;
}

static int
set_key(struct config *c, const char *group, const config_setting_t *s,
	const char *file, struct fail *f)
{
	const char *key = config_setting_name(s);
	const struct option *o = options_find(group, key);
	char where[PLACE_MAX], number[NUMBER_MAX], property[OPTIONS_NAME_MAX];

	place(s, file, where);
	if (!o && (!group || strcmp(group, "kafka") != 0 ||
	    !property_resolve(key, property, sizeof(property))))
		return config_key_unknown(group, key, where, f);
	if (!fits(o, s))
		return wrong_type(o, group, s, where, f);
	if (o && o->type == OPTION_LIST)
		return set_list(c, o, s, file, f);
	if (o && o->type == OPTION_GROUPS)
		return option_group_read(c, o, s, file, f);
	return config_key_set(c, group, key, scalar_text(s, number), where, f);
}

static int
read_group(struct config *c, const config_setting_t *s, const char *file, struct fail *f)
{
	const char *group = config_setting_name(s);
	char where[PLACE_MAX];

	if (!options_is_group(group)) {
		place(s, file, where);
		if (options_find(NULL, group))
			return set_key(c, NULL, s, file, f);
		return config_key_unknown_group(group, where, f);
	}
	for (int i = 0; i < config_setting_length(s); i++)
		if (set_key(c, group, config_setting_get_elem(s, (unsigned)i), file, f) < 0)
			return -1;
	return 0;
}

static int
read_all(struct config *c, const config_t *parsed, const char *file, struct fail *f)
{
	const config_setting_t *root = config_root_setting(parsed);
	char where[PLACE_MAX];

	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
		const char *name = config_setting_name(s);
		int rc;

		if (config_setting_is_group(s))
			rc = read_group(c, s, file, f);
		else if (options_is_group(name))
			rc = fail_set(f, FAIL_CONFIG, "%s: %s is a group: write %s: { ... };",
				place(s, file, where), name, name);
		else
			rc = set_key(c, NULL, s, file, f);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* libconfig's "syntax error", with what most often causes it. */
static int
syntax_error(const config_t *parsed, const char *name, struct fail *f)
{
	const char *file = config_error_file(parsed), *text = config_error_text(parsed);
	const char *hint = text && strcmp(text, "syntax error") == 0 ?
		"; is a ';' missing on the line before, or a quote?" : "";

	return fail_set(f, FAIL_CONFIG, "%s:%d: %s%s", file ? file : name,
		config_error_line(parsed), text ? text : "cannot be read", hint);
}

int
config_file_text(struct config *c, const char *text, const char *name, struct fail *f)
{
	config_t parsed;
	int rc;

	config_init(&parsed);
	if (config_read_string(&parsed, text))
		rc = read_all(c, &parsed, name, f);
	else
		rc = syntax_error(&parsed, name, f);
	config_destroy(&parsed);
	return rc;
}

/* libconfig does not say why a file cannot be read. */
static FILE *
open_file(const char *path, struct fail *f)
{
	FILE *file = fopen(path, "re");
	struct stat st;

	if (!file) {
		fail_set(f, FAIL_CONFIG, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode)) {
		fail_set(f, FAIL_CONFIG, "%s: is a directory", path);
		fclose(file);
		return NULL;
	}
	return file;
}

int
config_file_read(struct config *c, const char *path, struct fail *f)
{
	FILE *file = open_file(path, f);
	char *copy = NULL;
	config_t parsed;
	int rc = -1;

	if (!file)
		return -1;
	config_init(&parsed);
	copy = strdup(path);
	free(c->file);
	c->file = strdup(path);
	if (!copy || !c->file) {
		fail_set(f, FAIL_FATAL, "out of memory");
		goto out;
	}
	config_set_include_dir(&parsed, dirname(copy));
	if (config_read(&parsed, file))
		rc = read_all(c, &parsed, path, f);
	else
		rc = syntax_error(&parsed, path, f);
out:
	config_destroy(&parsed);
	free(copy);
	fclose(file);
	return rc;
}
