/*
 * sink: where records go; a function table so that tests can replace it.
 *
 * Contract: send copies the record or refuses it. Every record that was taken
 * is later reported by poll as acknowledged, or poll (or a later send) fails
 * for good; nothing is dropped. Nothing blocks.
 */
#ifndef SINK_H
#define SINK_H

#include <poll.h>

#include "fail.h"
#include "record.h"
#include "track.h"

struct sink;

enum sink_result { SINK_FAILED = -1, SINK_OK = 0, SINK_FULL = 1 };

struct sink_ops {
	/* FULL: not taken; offer the same record again after poll has said something. */
	enum sink_result (*send)(struct sink *s, const struct record *r,
		uint64_t unit, struct fail *f);
	/*
	 * Reports acknowledgements to `t`. 0; -1 when a record is lost for good.
	 * Call it when wait's descriptor says so, and at least once a second:
	 * a sink has things to retry and to tell.
	 */
	int (*poll)(struct sink *s, struct track *t, struct fail *f);
	/* What to wait for before the next poll; fd -1 if nothing. */
	struct pollfd (*wait)(struct sink *s);
	/* Records taken and not acknowledged yet. */
	uint64_t (*pending)(struct sink *s);
	/* False while the sink cannot deliver (brokers unreachable); for the log and the status. */
	bool (*up)(struct sink *s);
	void (*free)(struct sink *s);
};

struct sink {
	const struct sink_ops *ops;
};

#endif
