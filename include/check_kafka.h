/*
 * check_kafka: can Kafka be reached, what does the state record say, and are
 * the topics there? Only metadata and the record are read.
 */
#ifndef CHECK_KAFKA_H
#define CHECK_KAFKA_H

#include <librdkafka/rdkafka.h>

#include "check.h"

struct check_kafka {
	rd_kafka_t *rk;			/* NULL: no Kafka, or none that answers */
	rd_kafka_queue_t *queue;
};

/* Brokers and the state record (fills works.record and start). 0 or -1. */
int check_kafka_open(struct check_kafka *k, struct check *c, struct fail *f);
/* The topics that other checks have named. 0 or -1. */
int check_kafka_topics(struct check_kafka *k, struct check *c, struct fail *f);
void check_kafka_close(struct check_kafka *k);

#endif
