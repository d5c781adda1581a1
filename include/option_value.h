/*
 * option_value: the value of an option, from text into the settings and back.
 *
 * Text is what a file, the environment or -o gives; the way back is the form
 * of a configuration file. Where a value came from is kept beside it.
 */
#ifndef OPTION_VALUE_H
#define OPTION_VALUE_H

#include "buf.h"
#include "fail.h"
#include "options.h"
#include "settings.h"

/*
 * Checks `text` and stores it, replacing what was there: numbers in decimal,
 * a bool as true or false, a list's items between commas. `origin` is copied;
 * NULL for a default. A PROPERTY goes to property.h instead. -1 with
 * FAIL_CONFIG that says what is wrong with the value, without place or name.
 */
int option_value_set(struct config *c, const struct option *o, const char *text,
	const char *origin, struct fail *f);
/* The same for a list given item by item. */
int option_value_set_list(struct config *c, const struct option *o,
	const char *const *items, size_t count, const char *origin, struct fail *f);
/*
 * For a list of groups: empties it, adds one with the defaults of its keys (it
 * lives until the next is added; NULL without memory), sets a key of one from
 * text. option_group.h reads whole lists.
 */
int option_value_clear_groups(struct config *c, const struct option *o,
	const char *origin, struct fail *f);
void *option_value_add_group(struct config *c, const struct option *o, struct fail *f);
int option_value_set_field(void *group, const struct option *field,
	const char *text, struct fail *f);

/* Makes room for origins and sets every default of the table. 0, or -1 without memory. */
int option_value_set_defaults(struct config *c);

/* Where it was set; NULL: it has its default, or no value. */
const char *option_value_origin(const struct config *c, const struct option *o);

/*
 * Appends the value in the form of a configuration file, with secrets shown
 * as ***. False, with nothing appended, if it has no value.
 */
bool option_value_put(struct buf *out, const struct config *c, const struct option *o);
/* The same of a list of groups, with `secrets` as they are. */
void option_value_put_groups(struct buf *out, const struct config *c,
	const struct option *o, bool secrets);
/* Appends a string, a property's value, or a list of strings, in that form. */
void option_value_put_string(struct buf *out, const char *text);
void option_value_put_property(struct buf *out, const char *text);
void option_value_put_list(struct buf *out, const struct config_list *list);

/* Appends what a value may be: "true or false", "1 to 65535", "simple, json". */
void option_value_put_domain(struct buf *out, const struct option *o);

/* Frees what the options of `c` own. */
void option_value_release(struct config *c);

/*
 * Splits at commas that are not inside (), [] or {} nor behind a backslash, and
 * strips the blanks around each item; empty items are dropped. 0, or -1
 * without memory. Free with option_value_free_list().
 */
int option_value_split(const char *text, struct config_list *out);
void option_value_free_list(struct config_list *list);

#endif
