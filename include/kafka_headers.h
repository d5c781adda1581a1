/*
 * kafka_headers: header lists for librdkafka, used again.
 *
 * Nearly all records carry the same headers, and librdkafka allocates each of
 * them one by one: with four headers that is a third of what a record costs
 * our thread. So the list of a delivered record is taken back and given to
 * the next one, as long as the headers stay the same. A list belongs to one
 * record at a time. Memory: no more lists than were ever in flight at once.
 */
#ifndef KAFKA_HEADERS_H
#define KAFKA_HEADERS_H

#include <librdkafka/rdkafka.h>

#include "buf.h"
#include "record.h"

/* Lists of other headers than the usual ones are not kept. */
#define KAFKA_HEADERS_OTHER 0

struct kafka_headers {
	struct buf usual;		/* the usual headers, as a text to compare */
	size_t nusual;
	uint32_t set;			/* the number of this usual set */
	unsigned misses;		/* records in a row that had others */
	rd_kafka_headers_t **spare;	/* lists of the usual set */
	size_t count, size;
};

void kafka_headers_init(struct kafka_headers *kh);
void kafka_headers_release(struct kafka_headers *kh);

/* A list with the record's headers, the caller's until put back; NULL without memory. */
rd_kafka_headers_t *kafka_headers_get(struct kafka_headers *kh,
	const struct record *r, uint32_t *set);

/* Takes a list back, with the set it came with. */
void kafka_headers_put(struct kafka_headers *kh, uint32_t set,
	rd_kafka_headers_t *list);

#endif
