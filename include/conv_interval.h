/*
 * conv_interval: interval, in its two modes.
 *
 * Months, days and time stay apart in the text; as one number a month is
 * 30.4375 days (2629800 s, a whole number), and a sum beyond int64 is its
 * limit, as an infinite interval is.
 */
#ifndef CONV_INTERVAL_H
#define CONV_INTERVAL_H

#include "conv.h"

conv_fn conv_interval_micros;
/* "P1Y2M3DT4H5M6.78S": every part always there, each with its own sign. */
conv_fn conv_interval_iso;

#endif
