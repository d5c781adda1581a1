/*
 * temporal: the server's text of dates, times and intervals, taken apart.
 *
 * ISO dates in the proleptic Gregorian calendar, years BC included, up to
 * microseconds; IntervalStyle postgres. Each reader is false for any other text.
 */
#ifndef TEMPORAL_H
#define TEMPORAL_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"

#define TEMPORAL_SECOND	INT64_C(1000000)		/* in microseconds */
#define TEMPORAL_DAY	(86400 * TEMPORAL_SECOND)

/* A point in time, or a day of which `micros` is 0. */
struct temporal_moment {
	int infinite;		/* -1, 0 or 1; all else is then 0 */
	int64_t days;		/* since 1970-01-01 */
	int64_t micros;		/* since midnight */
	int64_t offset;		/* seconds east of UTC that the text had */
};

bool temporal_date(struct span text, struct temporal_moment *out);
/* `zoned`: the text has an offset, and days and micros become UTC. */
bool temporal_stamp(struct span text, bool zoned, struct temporal_moment *out);

/* Since midnight as it is written; 24:00 is a whole day. */
bool temporal_time(struct span text, int64_t *micros);
bool temporal_timetz(struct span text, int64_t *micros, int64_t *offset);

/* Parts as the text has them, each with its sign; the time parts share one. */
struct temporal_interval {
	int infinite;		/* -1, 0 or 1 */
	int64_t years, months, days, hours, minutes;
	int64_t micros;		/* of the seconds */
};

bool temporal_interval(struct span text, struct temporal_interval *out);

/* Year 0 is 1 BC. */
void temporal_civil(int64_t days, int64_t *year, int *month, int *day);

#endif
