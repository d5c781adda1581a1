/*
 * refine_time: dates, times and intervals under the time and interval modes.
 */
#ifndef REFINE_TIME_H
#define REFINE_TIME_H

#include "refine.h"

refine_fn refine_time_date;
refine_fn refine_time_interval;
refine_fn refine_time_time;
refine_fn refine_time_timestamp;
refine_fn refine_time_timestamptz;
refine_fn refine_time_timetz;

#endif
