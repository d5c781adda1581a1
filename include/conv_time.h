/*
 * conv_time: date, time, timetz, timestamp and timestamptz.
 *
 * Integer arithmetic in the proleptic Gregorian calendar, years BC included;
 * nothing is rounded, finer digits than the target has are cut towards the
 * past. A value that does not fit its target is NULL. Zoned values become
 * UTC whatever offset the text has.
 */
#ifndef CONV_TIME_H
#define CONV_TIME_H

#include "conv.h"

/* What infinity is in types that have none; the same in every mode. */
#define CONV_TIME_DATE_INFINITY		(-2147472692)	/* -5877611-06-21 */
#define CONV_TIME_DATE_MINUS_INFINITY	(-2147472691)
#define CONV_TIME_INFINITY_MICROS	INT64_C(9223372036825200000)
#define CONV_TIME_MINUS_INFINITY_MICROS	INT64_C(-9223372036832400000)

conv_fn conv_time_date;		/* days since 1970-01-01 */
conv_fn conv_time_date_iso;	/* "2017-09-15Z" */

/* Since midnight; 24:00 is a whole day. */
conv_fn conv_time_time_millis;
conv_fn conv_time_time_micros;
conv_fn conv_time_time_nanos;
conv_fn conv_time_time_iso;	/* "04:05:11.789Z", 24:00 is "00:00:00Z" */
conv_fn conv_time_timetz;	/* the same form, in UTC */

/* Since the epoch. Infinity in nanoseconds is the limit of int64. */
conv_fn conv_time_stamp_millis;
conv_fn conv_time_stamp_micros;
conv_fn conv_time_stamp_nanos;
conv_fn conv_time_stamp_iso;	/* "2019-07-09T02:28:57.1Z" */

/* "2016-11-04T11:51:30.123456Z" with `precision` digits, or "infinity". */
conv_fn conv_time_stamptz;

#endif
