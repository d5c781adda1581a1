/*
 * kafka_conf: from our configuration to a client of librdkafka.
 *
 * One place lays the user's properties over ours, so that TLS, SASL and the
 * rest are the same for the producer and for the reader of the state record.
 * A client's events (delivery reports, errors, log lines, admin results) all
 * come through its main queue, to the thread that polls it.
 */
#ifndef KAFKA_CONF_H
#define KAFKA_CONF_H

#include <librdkafka/rdkafka.h>

#include "config.h"

enum kafka_role {
	KAFKA_PRODUCER,	/* idempotent, waits for a record as long as it takes */
	KAFKA_READER	/* reads assigned partitions to their end */
};

/*
 * The client, to be destroyed by the caller. NULL with FAIL_CONFIG naming the
 * property that was refused and where it was set.
 */
rd_kafka_t *kafka_conf_client(const struct config *c, enum kafka_role role,
	struct fail *f);

/* A numeric or boolean property as the client has it; -1 if it is not a number. */
int64_t kafka_conf_number(rd_kafka_t *rk, const char *property);
/* A property as the client has it, cut to `size`; "" if there is none. */
void kafka_conf_text(rd_kafka_t *rk, const char *property, char *out, size_t size);

/* The topic of the state record, in `out`, at most 249 bytes and NUL. */
void kafka_conf_state_topic(const struct config *c, char out[250]);

/* Passes a log event on to our log. */
void kafka_conf_log(rd_kafka_event_t *event);

#endif
