/* sink_kafka: records to Kafka through librdkafka; see sink.h for the contract. */
#ifndef SINK_KAFKA_H
#define SINK_KAFKA_H

#include "config.h"
#include "sink.h"

/*
 * An idempotent producer (acks=all, no time-out, murmur2_random), with every
 * property of the configuration laid over it. A topic is created before its
 * first record. NULL with FAIL_CONFIG naming the property that was refused.
 * Memory: the queue (queue.buffering.max.kbytes of values, and no more than
 * one record per kbyte of it, each with some 700 bytes beside its value).
 */
struct sink *sink_kafka_new(const struct config *c, struct fail *f);

#endif
