/*
 * state_topic: the newest value of one key in a compacted topic.
 *
 * Partition 0 is read from its beginning to the end it has now; state records
 * are always written there, however many partitions the topic was given.
 */
#ifndef STATE_TOPIC_H
#define STATE_TOPIC_H

#include "buf.h"
#include "config.h"

struct state_topic;

/* `key` and `topic` are copied. NULL and `f` on failure. */
struct state_topic *state_topic_new(const struct config *c, const char *topic,
	const char *key, struct fail *f);
void state_topic_free(struct state_topic *s);

/*
 * 1: done, `value` is the newest one (empty: there is none) and `offset` its
 * place; 0: in progress, call again within 100 ms; -1. Waits 50 ms at
 * most, and that only now and then while nothing comes.
 */
int state_topic_read(struct state_topic *s, struct buf *value, int64_t *offset,
	struct fail *f);

#endif
