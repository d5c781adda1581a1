/*
 * publish: bytes to Kafka for the pipe, as cheaply as librdkafka allows.
 *
 * One topic per relation, PREFIX.schema.table, one partition each; the topics
 * exist. Records may be padded to a size, so that the pipe moves as many bytes
 * as a program that formats events. What fails ends the process.
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include <stddef.h>
#include <stdint.h>

enum { PUBLISH_PAD_MAX = 1 << 20 };	/* longest padded record, in bytes */

struct publish_options {
	const char *brokers, *prefix, *codec;
	size_t size;		/* pad records to this, 0: not at all */
};

struct publish_counts {
	uint64_t produced, delivered, failed;
	unsigned topics;
};

struct publish;

struct publish *publish_open(const struct publish_options *o);

/* What has happened so far; as of the last call of send or poll. */
const struct publish_counts *publish_counts(const struct publish *p);

/* From now on this relation's rows go to PREFIX.schema.table. */
void publish_relation(struct publish *p, uint32_t relation,
	const char *schema, const char *table);

/* A row of a relation that was told before; its id is the key. */
void publish_send(struct publish *p, uint32_t relation, const char *bytes,
	size_t n);

void publish_poll(struct publish *p);

/* Waits for what is under way, at most ten seconds. */
void publish_flush(struct publish *p);

/* Prints why to standard error and ends the process with 1. */
_Noreturn void publish_die(const char *what, const char *why);

#endif
