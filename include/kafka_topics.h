/*
 * kafka_topics: the topics records go to, each made sure of before its first.
 *
 * With kafka.create_topics a topic is asked for by CreateTopics, without
 * looking for it first: "exists already" is as good an answer as "created". A
 * user without the right to create is let through, for the topic may be
 * there; if it is not, the first record fails and says so. Nothing blocks:
 * results come as events to the queue given.
 *
 * Memory: an entry per topic, never evicted, 100000 at most.
 */
#ifndef KAFKA_TOPICS_H
#define KAFKA_TOPICS_H

#include <librdkafka/rdkafka.h>

#include "config.h"

struct kafka_topic {
	char *name;
	size_t len;
	uint64_t hash;
	rd_kafka_topic_t *handle;	/* set when it is ready */
	bool compacted;
	bool asked;			/* a request is under way */
	bool refused;			/* we may not create it */
	bool told;			/* that it takes long */
	int64_t first_ms, retry_ms;	/* of the first request; of the next one */
};

struct kafka_topics;

/* `c`, `rk` and `queue` are borrowed. NULL without memory. */
struct kafka_topics *kafka_topics_new(const struct config *c, rd_kafka_t *rk,
	rd_kafka_queue_t *queue);
void kafka_topics_free(struct kafka_topics *ts);

/*
 * The topic's handle in `out`. 1: ready; 0: not yet, ask again after the next
 * event; -1. `compacted` is how it is created if it must be.
 */
int kafka_topics_get(struct kafka_topics *ts, struct span name, bool compacted,
	rd_kafka_topic_t **out, struct fail *f);

/* True if records to `name` have reason to expect the topic to exist. */
bool kafka_topics_created(struct kafka_topics *ts, const char *name);

/* An RD_KAFKA_EVENT_CREATETOPICS_RESULT. 0, or -1 if a topic cannot be had. */
int kafka_topics_answer(struct kafka_topics *ts, rd_kafka_event_t *event,
	int64_t now_ms, struct fail *f);

/* Asks again for topics whose pause is over. */
void kafka_topics_tick(struct kafka_topics *ts, int64_t now_ms);

#endif
