/*
 * column_options: what is configured for single columns, as the decoder wants it.
 *
 * Which of them are in a row, which are the key, which are masked, shortened,
 * hashed or described. Constant once made; plans borrow it.
 */
#ifndef COLUMN_OPTIONS_H
#define COLUMN_OPTIONS_H

#include "config.h"
#include "plan.h"

struct column_options;

/* The config outlives the result. NULL with FAIL_CONFIG naming option and pattern. */
struct column_options *column_options_new(const struct config *c, struct fail *f);
void column_options_free(struct column_options *o);

/* Sets the members of a plan's options that are about columns. */
void column_options_fill(const struct column_options *o, struct plan_options *plan);

#endif
