/*
 * profile: the settings that shape events, in the form the decoder wants.
 *
 * Built before anything is connected, so that a wrong setting is said at once.
 * Constant once the database's name is known: plans, changes and envelopes
 * borrow it for as long as they live.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include "change.h"
#include "config.h"

struct profile;

/*
 * `tables` is borrowed, and the config outlives the result. Draws the id of
 * this run (a version 7 UUID). NULL with `f` filled.
 */
struct profile *profile_new(const struct config *c, const struct filter *tables,
	struct fail *f);
/* Copies the name, which every event tells. Once. 0 or -1. */
int profile_set_database(struct profile *p, const char *database, struct fail *f);
void profile_free(struct profile *p);

const struct change_options *profile_change(const struct profile *p);

#endif
