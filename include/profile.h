/*
 * profile: the settings that shape events, in the form the decoder wants.
 *
 * Built once the database's name is known, and constant from then on: plans,
 * changes and envelopes borrow it for as long as they live.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include "change.h"
#include "config.h"

struct profile;

/*
 * `tables` is borrowed, `database` copied, and the config outlives the result.
 * Draws the id of this run (a version 7 UUID). NULL with `f` filled.
 */
struct profile *profile_new(const struct config *c, const struct filter *tables,
	const char *database, struct fail *f);
void profile_free(struct profile *p);

const struct change_options *profile_change(const struct profile *p);

/* A filter of a list of patterns; NULL in `out` if the list is empty. 0 or -1. */
int profile_filter(const struct config_list *list, const char *key,
	struct filter **out, struct fail *f);

#endif
