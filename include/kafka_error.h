/*
 * kafka_error: what went wrong with a record, in words that name the remedy.
 *
 * FAIL_CONFIG where only a changed setting or grant helps (too large, not
 * authorised, topic missing and not ours to create, refused by a policy),
 * FAIL_FATAL for everything else.
 */
#ifndef KAFKA_ERROR_H
#define KAFKA_ERROR_H

#include <librdkafka/rdkafka.h>

#include "fail.h"
#include "lsn.h"

struct kafka_error_record {
	const char *topic;
	struct span key;		/* absent: none */
	size_t size;			/* of key and value */
	lsn_t lsn;			/* 0: not known */
	bool sent;			/* refused by the broker, not before */
	bool may_create;		/* missing topics are created by us */
	int64_t max_bytes;		/* message.max.bytes */
};

/* Returns -1. */
int kafka_error_record(rd_kafka_resp_err_t err,
	const struct kafka_error_record *r, struct fail *f);

/* A topic that could not be created. Returns -1. */
int kafka_error_create(rd_kafka_resp_err_t err, const char *text,
	const char *topic, int partitions, int replication, struct fail *f);

/* The client is beyond repair: `err` is what rd_kafka_fatal_error() says. Returns -1. */
int kafka_error_fatal(rd_kafka_resp_err_t err, const char *text, struct fail *f);

/* The broker does not know us. `mechanism` and `protocol` are the client's. Returns -1. */
int kafka_error_login(const char *text, const char *protocol,
	const char *mechanism, struct fail *f);

#endif
