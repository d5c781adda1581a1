/*
 * option_group: options that are lists of groups, such as column masks.
 *
 *     column_mask = ( { chars = 5; columns = "public.t.a, public.t.b"; } );
 *
 * A list in such a group may also be one string, its items between commas. In
 * the environment and behind -o the value is written as in a file.
 */
#ifndef OPTION_GROUP_H
#define OPTION_GROUP_H

#include <libconfig.h>

#include "option_value.h"

/*
 * Reads `list`, a list of a configuration file, in place of what was there.
 * `file` is for messages. -1 with FAIL_CONFIG "FILE:LINE: ...".
 */
int option_group_read(struct config *c, const struct option *o,
	const config_setting_t *list, const char *file, struct fail *f);

/* The same from text. -1 with FAIL_CONFIG that says what is wrong, without place or name. */
int option_group_parse(struct config *c, const struct option *o,
	const char *text, const char *origin, struct fail *f);

#endif
