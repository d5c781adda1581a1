/*
 * filter: a list of anchored, case-insensitive regular expressions (PCRE2).
 *
 * A subject passes if it matches a pattern without '!' (or there is none
 * without) and no pattern with '!'. Used for tables ("schema.table"), columns
 * ("schema.table.column") and message prefixes.
 */
#ifndef FILTER_H
#define FILTER_H

#include "fail.h"
#include "span.h"

struct filter;

/* NULL with FAIL_CONFIG naming the pattern and the place of the error in it. */
struct filter *filter_new(const struct span *patterns, size_t count,
	struct fail *f);
void filter_free(struct filter *filter);

/* A NULL filter passes everything. */
bool filter_pass(const struct filter *filter, struct span subject);

#endif
