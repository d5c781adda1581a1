/*
 * filter: a list of anchored, case-insensitive regular expressions (PCRE2).
 *
 * A subject passes if it matches a pattern without '!' (or there is none
 * without) and no pattern with '!'. Used for tables ("schema.table"), columns
 * ("schema.table.column") and message prefixes. A subject that is not UTF-8, as
 * a database in SQL_ASCII may have, is matched as filter_escape() writes it, so
 * that it is never passed over without a word.
 */
#ifndef FILTER_H
#define FILTER_H

#include "buf.h"
#include "fail.h"
#include "span.h"

struct filter;

/* NULL with FAIL_CONFIG naming the pattern and the place of the error in it. */
struct filter *filter_new(const struct span *patterns, size_t count,
	struct fail *f);
void filter_free(struct filter *filter);

/* A NULL filter passes everything. 1, 0, or -1 with FAIL_CONFIG: matching is too much work. */
int filter_try(const struct filter *filter, struct span subject, struct fail *f);
/* The same, where a pattern that is too much work does not match. */
bool filter_pass(const struct filter *filter, struct span subject);

/* Which pattern without '!' matches first; the same for all if there is none without. */
size_t filter_rank(const struct filter *filter, struct span subject);

/* Appends `s` with \xE9 for each byte outside of ASCII's visible characters. */
void filter_escape(struct buf *b, struct span s);

#endif
