/*
 * config_key: one key given by name, from wherever it comes.
 *
 * Messages read "WHERE: group.key ...", WHERE being "FILE:LINE", "-o" or an
 * environment variable.
 */
#ifndef CONFIG_KEY_H
#define CONFIG_KEY_H

#include "fail.h"
#include "options.h"
#include "settings.h"

/*
 * Sets group.key (group NULL: top level) from text; a key of the group kafka
 * that is not in the table is a librdkafka property. 0, or -1 with FAIL_CONFIG.
 */
int config_key_set(struct config *c, const char *group, const char *key,
	const char *text, const char *where, struct fail *f);

/* -1 with FAIL_CONFIG "WHERE: group.key is unknown; did you mean ...?" */
int config_key_unknown(const char *group, const char *key, const char *where,
	struct fail *f);
/* The same for a group. */
int config_key_unknown_group(const char *group, const char *where, struct fail *f);

#endif
