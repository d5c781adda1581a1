#include "connector_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mask.h"
#include "option_value.h"

#define HASH "column.mask.hash."
#define SALT ".with.salt."

struct import {
	struct config *to;
	struct buf *differs;
	const struct connector_option *from;
};

static void
differs(struct import *im, const char *why)
{
	buf_printf(im->differs, "%s = %s: %s\n", im->from->name, im->from->value, why);
}

static int
set(struct import *im, void *group, const struct option *o, const char *key,
	const char *text)
{
	struct fail why = FAIL_INIT;

	for (size_t i = 0; i < o->nfields; i++)
		if (strcmp(o->fields[i].key, key) == 0 &&
		    option_value_set_field(group, &o->fields[i], text, &why) < 0) {
			if (why.kind != FAIL_CONFIG)
				return -1;
			differs(im, why.text);
		}
	return 0;
}

/* A new group of the option, with its columns; NULL without memory. */
static void *
add(struct import *im, const struct option *o)
{
	const char *origin = option_value_origin(im->to, o);
	void *group;

	if (!origin && option_value_clear_groups(im->to, o, im->from->name, NULL) < 0)
		return NULL;
	group = option_value_add_group(im->to, o, NULL);
	return group && set(im, group, o, "columns", im->from->value) == 0 ?
		group : NULL;
}

/* The N of a name that is `before`N`after`, in `out`. */
static bool
number_in(const char *name, const char *before, const char *after, char out[16])
{
	size_t skip = strlen(before), len;

	if (strncmp(name, before, skip) != 0)
		return false;
	len = strspn(name + skip, "0123456789");
	if (len == 0 || len > 15 || strcmp(name + skip + len, after) != 0)
		return false;
	snprintf(out, 16, "%.*s", (int)len, name + skip);
	return true;
}

static int
import_chars(struct import *im, const char *key, const char *chars)
{
	const struct option *o = options_find("format", key);
	void *group = add(im, o);

	return group ? set(im, group, o, "chars", chars) : -1;
}

static int
import_hash(struct import *im, const char *version, const char *algorithm,
	const char *salt)
{
	const struct option *o = options_find("format", "column_mask_hash");
	void *group = add(im, o);

	if (!group || set(im, group, o, "algorithm", algorithm) < 0 ||
	    set(im, group, o, "salt", salt) < 0 ||
	    set(im, group, o, "version", version) < 0)
		return -1;
	if (!mask_digest(algorithm))
		differs(im, "pgwake does not know the algorithm");
	return 0;
}

/* column.mask.hash.[v2.]ALGORITHM.with.salt.SALT, no point in the algorithm. */
static int
import_hash_name(struct import *im, const char *name)
{
	const char *version = "1", *dot;
	char algorithm[64];

	if (strncmp(name, "v2.", 3) == 0 && strncmp(name + 2, SALT, strlen(SALT)) != 0) {
		version = "2";
		name += 3;
	}
	dot = strchr(name, '.');
	if (!dot || dot == name || (size_t)(dot - name) >= sizeof(algorithm) ||
	    strncmp(dot, SALT, strlen(SALT)) != 0 || !dot[strlen(SALT)])
		return 1;
	snprintf(algorithm, sizeof(algorithm), "%.*s", (int)(dot - name), name);
	return import_hash(im, version, algorithm, dot + strlen(SALT));
}

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t,")] == '\0';
}

/* 0: taken; 1: not one of these; -1 without memory. */
static int
import_option(struct import *im, const char *name)
{
	char chars[16];

	if (strncmp(name, "column.", 7) == 0 && is_blank(im->from->value))
		return 0;
	if (number_in(name, "column.truncate.to.", ".chars", chars))
		return import_chars(im, "column_truncate", chars);
	if (number_in(name, "column.mask.with.", ".chars", chars))
		return import_chars(im, "column_mask", chars);
	if (strncmp(name, HASH, strlen(HASH)) == 0)
		return import_hash_name(im, name + strlen(HASH));
	return 1;
}

int
connector_columns(struct connector *from, struct config *to, struct buf *out)
{
	for (size_t i = 0; i < from->count; i++) {
		struct import im = { to, out, &from->options[i] };
		int rc = import_option(&im, from->options[i].name);

		if (rc < 0)
			return -1;
		if (rc == 0)
			from->options[i].used = true;
	}
	return 0;
}
