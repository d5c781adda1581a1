/*
 * lag_text: a report on slots in words.
 *
 * Everything appends one line's worth to a buffer, without newline, and is
 * safe for a terminal whatever the names in the report are.
 */
#ifndef LAG_TEXT_H
#define LAG_TEXT_H

#include "buf.h"
#include "lag.h"

/* "transaction of pid 7 (alice, psql, database d, idle in transaction), open for 5 min 2 s" */
void lag_text_session(struct buf *b, const struct lag_holder *h);
/* "prepared transaction "x" (alice, database d), prepared 5 min 2 s ago" */
void lag_text_prepared(struct buf *b, const struct lag_holder *h);

/* All that lag_held() names, or "nothing unusual". */
void lag_text_held(struct buf *b, const struct lag_report *r,
	const struct lag_slot *s);
/* When the slot's position moved last, as far as it can be known: "2.0 s ago". */
void lag_text_moved(struct buf *b, const struct lag_report *r,
	const struct lag_slot *s);
/* For a watched slot: "45 s", "caught up", "not at this rate", ... */
void lag_text_catch_up(struct buf *b, const struct lag_slot *s);
/* A whole sentence for what lag_problem() found; nothing for LAG_FINE. */
void lag_text_problem(struct buf *b, const struct lag_report *r,
	const struct lag_slot *s, int64_t limit);
/* The sentence for a configured slot that the server does not have. */
void lag_text_missing(struct buf *b, const char *slot);
/* What the role would have to be granted to see more; nothing if nothing is hidden. */
void lag_text_hidden(struct buf *b, const struct lag_report *r);

/* The size or the duration, or "-". */
void lag_text_size(struct buf *b, int64_t bytes);
void lag_text_duration(struct buf *b, int64_t milliseconds);

#endif
