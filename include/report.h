/*
 * report: the progress of a snapshot for a person.
 *
 * A log line per table that is being read, now and then and at its end, with
 * rows, bytes, percent and what is left of the time; or, on a terminal, one
 * line that is drawn again. Percent are of pages, as counted at the beginning.
 */
#ifndef REPORT_H
#define REPORT_H

#include "round.h"

struct report;

/* `bar`: draw on standard error, which is a terminal. NULL without memory. */
struct report *report_new(bool bar);
void report_free(struct report *r);

/* A round begins. */
void report_begin(struct report *r, const struct round *round, int64_t now_us);
/* Says what is due. */
void report_step(struct report *r, const struct round *round, int64_t now_us);
/* The last word of a round. */
void report_end(struct report *r, const struct round *round, int64_t now_us);

/* "[####......] 42 %  1234567 rows  ..."; for a test. */
void report_bar(struct buf *out, uint64_t done, uint64_t all, uint64_t rows,
	uint64_t bytes, int64_t elapsed_us);

#endif
