/*
 * kafka_hold: hands records to librdkafka, or keeps them until it is their turn.
 *
 * The idempotent producer has one batch of a partition under way at a time,
 * and while records wait behind it in librdkafka's queue, the broker's thread
 * polls without pause. So while many records are under way, those that follow
 * are kept here, and handed over in one go when all of these have come back, or,
 * a full batch, shortly before. Kept are as many as one batch for each partition
 * that had some takes; then back-pressure begins here. Order is kept.
 *
 * Three buffers take turns: one takes records, of the others the records are
 * under way in place, so that librdkafka need not copy their values. Memory:
 * three batches per busy partition, at most half of librdkafka's queue for each.
 */
#ifndef KAFKA_HOLD_H
#define KAFKA_HOLD_H

#include <librdkafka/rdkafka.h>

#include "buf.h"

struct kafka_record {
	rd_kafka_topic_t *topic;	/* borrowed until it is handed over */
	rd_kafka_headers_t *headers;	/* librdkafka's once it is handed over; or NULL */
	struct span key, value;
	int64_t timestamp_ms;
	uint64_t number;		/* comes back with it */
	size_t headers_size;		/* bytes of them, about */
	int32_t partition;
};

/* Where a record is while it is under way: a buffer's number, or librdkafka's own memory. */
#define KAFKA_HOLD_COPIED 3

struct kafka_hold_buffer {
	struct buf bytes;
	size_t out;			/* records under way from it */
};

struct kafka_hold {
	rd_kafka_t *rk;			/* borrowed */
	struct kafka_record *kept;	/* of key.p and value.p only whether they are NULL */
	size_t count, size, most;	/* most: that may be kept */
	size_t next, at;		/* to be handed over, and where its bytes are */
	size_t batch_bytes, batch_records;
	size_t wire;			/* bytes that the kept ones take in batches */
	bool keeping;
	uint64_t lanes, lanes_before;	/* partitions that had records: bits by their hash */
	int64_t lanes_ms;		/* since when */
	int64_t linger_ms, began_ms;	/* when the oldest under way was handed over */
	bool late;			/* others are before them */
	int64_t turn_us, takes_us;	/* since when these are the first; how long that lasts */
	struct kafka_hold_buffer buffers[KAFKA_HOLD_COPIED];
	unsigned filling, newest;	/* which takes records; which was handed over last */
};

/* `rk` may be NULL if nothing but release follows. */
void kafka_hold_init(struct kafka_hold *h, rd_kafka_t *rk);
/* After librdkafka's instance is gone. */
void kafka_hold_release(struct kafka_hold *h);

/* Where the next record goes: to be said when it comes back. */
unsigned kafka_hold_place(const struct kafka_hold *h);

/*
 * Takes a record; key and value are copied. QUEUE_FULL: not taken, offer it
 * again after the next turn. Any other error is one of rd_kafka_producev.
 */
rd_kafka_resp_err_t kafka_hold_send(struct kafka_hold *h,
	const struct kafka_record *r);

/* One has come back that went to that place. */
void kafka_hold_back(struct kafka_hold *h, const rd_kafka_message_t *m,
	unsigned place);

/*
 * Once per turn, after delivery reports: `pending` is how many records were
 * sent and have not come back. An error of rd_kafka_producev, with the record
 * it is about in `*bad`, after which nothing more can be sent.
 */
rd_kafka_resp_err_t kafka_hold_turn(struct kafka_hold *h, uint64_t pending,
	int64_t now_ms, struct kafka_record *bad);

#endif
