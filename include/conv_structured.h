/*
 * conv_structured: dates, times and intervals as structs of their parts.
 *
 * For time_precision_mode "structured". Everything that the database can hold
 * has a form, 24:00 and infinity included; an offset is kept where the type
 * keeps one. `precision` of the converter becomes the field of that name.
 */
#ifndef CONV_STRUCTURED_H
#define CONV_STRUCTURED_H

#include "conv.h"

/* Each gives the fields in the order of its struct in conv_structured.c. */
conv_fn conv_structured_date;		/* year, month, day, specialValue */
conv_fn conv_structured_time;		/* hour, minute, second, nanos, precision */
conv_fn conv_structured_timetz;		/* ..., nanos, offsetSeconds, precision */
conv_fn conv_structured_stamp;		/* date, time, specialValue, precision */
conv_fn conv_structured_stamptz;	/* date, time, offsetSeconds, zoneId, ... */
/*
 * years, months, days, hours, minutes, seconds, nanos, precision. Hours beyond
 * int32 go over into the seconds; an infinite interval is NULL.
 */
conv_fn conv_structured_interval;

#endif
