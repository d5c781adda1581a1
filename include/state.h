/*
 * state: the agent's own durable record of one slot.
 *
 * One small JSON text, in a compacted Kafka topic (key: prefix and slot) or in
 * a file. It feeds source.sequence after a restart and tells a slot that was
 * dropped or recreated from a first start; it never decides a flush position.
 */
#ifndef STATE_H
#define STATE_H

#include "config.h"
#include "sink.h"

struct state_record {
	bool known;		/* false: none was ever written */
	char system_id[32];
	uint32_t timeline;
	char slot[64];
	lsn_t last_commit;	/* end of the last commit that was acknowledged whole */
};

struct state;

/* With `--stdout` or state.file set: a file; otherwise the topic. NULL and `f` on failure. */
struct state *state_new(const struct config *c, struct fail *f);
void state_free(struct state *s);

/*
 * Reads the record: call until it answers. 1: read (`out->known` tells whether
 * there is one); 0: in progress, call again within 100 ms; -1: failed for good.
 * Kafka being away is "in progress".
 */
int state_load(struct state *s, struct state_record *out, struct fail *f);

/* Writes it: a file is replaced atomically, the topic's record goes through `sink`. SINK_FULL: later. */
enum sink_result state_save(struct state *s, struct sink *sink,
	const struct state_record *r, struct fail *f);

#endif
