/*
 * state: the agent's own durable record of one slot.
 *
 * One small JSON text, in a compacted Kafka topic (key "<prefix>/<slot>",
 * always partition 0) or in a file, in one line:
 *
 *   {"version":1,"system_id":"7…","timeline":1,"slot":"pgwake",
 *    "last_commit":"0/15D3A28","confirmed":"0/15D3A60",
 *    "snapshot":{"finished":true}}
 *
 * It feeds source.sequence after a restart and tells a slot that was dropped
 * or recreated from a first start; it never raises a flush position (see
 * confirm.h). A text that is not such a record is refused, never taken for
 * "no record".
 */
#ifndef STATE_H
#define STATE_H

#include "config.h"
#include "lsn.h"
#include "progress.h"
#include "sink.h"

struct state_record {
	bool known;		/* false: none was ever written */
	char system_id[32];
	uint32_t timeline;
	char slot[64];
	lsn_t last_commit;	/* end of the last commit that was acknowledged whole */
	lsn_t confirmed;	/* the server may have been told this much */
	struct progress *progress;	/* of the snapshot; borrowed, NULL: not kept */
};

struct state;

/*
 * With state.file set: that file; with --stdout and no state.file: nowhere, so
 * every start is a first start; otherwise the topic. NULL and `f` on failure.
 * `c` is borrowed.
 */
struct state *state_new(const struct config *c, struct fail *f);
void state_free(struct state *s);

/*
 * Whether it can be written, as far as that can be known without doing it: a
 * file beside the record is made and removed. 0 or -1.
 */
int state_try(const struct state *s, struct fail *f);

/*
 * Reads the record, its progress into out->progress if that is set: call until
 * it answers. 1: read (`out->known` tells whether
 * there is one); 0: in progress, call again within 100 ms; -1: failed for good.
 * Kafka being away is "in progress", and is logged. Once per state.
 */
int state_load(struct state *s, struct state_record *out, struct fail *f);

/*
 * True if it goes through the sink, and is durable when it is acknowledged;
 * else when it is saved.
 */
bool state_tracked(const struct state *s);

/*
 * Writes it: a file is replaced atomically, the topic's record goes through
 * `sink` as one of `unit`. SINK_FULL: later.
 */
enum sink_result state_save(struct state *s, struct sink *sink,
	const struct state_record *r, uint64_t unit, struct fail *f);

#endif
