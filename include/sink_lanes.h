/*
 * sink_lanes: a sink of several, side by side, by the lane that a record names.
 *
 * A producer keeps order by having one batch of a partition under way, and then
 * it waits for the broker half of the time. Rows of a snapshot have no order
 * among themselves, so they can go by several producers. Everything else goes by
 * lane 0. Order holds within a lane only: who needs it across lanes waits until
 * what must be before is acknowledged.
 *
 * Lanes but the first are opened by their first record, and closed when they
 * have had none for a while.
 */
#ifndef SINK_LANES_H
#define SINK_LANES_H

#include "sink.h"

#define SINK_LANES_MAX 4

/* One lane more; `self` as given. NULL with `f` filled. */
typedef struct sink *sink_lanes_open(const void *self, struct fail *f);

/* Opens lane 0; others are closed after `idle_us`. NULL with `f` filled. */
struct sink *sink_lanes_new(sink_lanes_open *open, const void *self,
	int64_t idle_us, struct fail *f);

#endif
