/*
 * patterns: lists of patterns in the configuration, as filters.
 */
#ifndef PATTERNS_H
#define PATTERNS_H

#include "filter.h"
#include "settings.h"

/* NULL in `out` if the list is empty. 0; -1 with FAIL_CONFIG naming `key` and the pattern. */
int patterns_filter(const struct config_list *list, const char *key,
	struct filter **out, struct fail *f);

/* Of two lists that exclude each other: what passes is in the one, or not in the other. */
int patterns_filter_of_two(const struct config_list *include, const char *include_key,
	const struct config_list *exclude, const char *exclude_key,
	struct filter **out, struct fail *f);

#endif
