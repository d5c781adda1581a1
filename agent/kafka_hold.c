#include <stdlib.h>
#include <string.h>

#include "kafka_conf.h"
#include "kafka_hold.h"
#include "loop.h"

/*
 * Fewer than these come back within the linger, nobody spins, and a quiet
 * stream is sent without delay.
 */
#define MANY 32
/*
 * With more partitions than this librdkafka's thread has enough to do, and to
 * wait for all of them at once would leave the broker idle.
 */
#define LANES_MAX 8
#define LANES_MS 1000		/* that they are remembered for */
/* What a record takes in a batch beside its key, value and headers. */
#define RECORD_OVERHEAD 40

#define FIRST_SIZE 256
#define COPY_STEP 128

void
kafka_hold_init(struct kafka_hold *h, rd_kafka_t *rk)
{
	size_t cap = 1;

	*h = (struct kafka_hold){ .rk = rk };
	if (rk) {
		cap = (size_t)kafka_conf_number(rk, "queue.buffering.max.kbytes") * 512;
		h->most = (size_t)kafka_conf_number(rk,
			"queue.buffering.max.messages") / 2;
		h->batch_bytes = (size_t)kafka_conf_number(rk, "batch.size");
		h->batch_records = (size_t)kafka_conf_number(rk, "batch.num.messages");
		h->linger_ms = kafka_conf_number(rk, "linger.ms");
	}
	for (size_t i = 0; i < KAFKA_HOLD_COPIED; i++)
		buf_init(&h->buffers[i].bytes, cap);
}

void
kafka_hold_release(struct kafka_hold *h)
{
	for (size_t i = h->next; i < h->count; i++)
		if (h->kept[i].headers)
			rd_kafka_headers_destroy(h->kept[i].headers);
	free(h->kept);
	for (size_t i = 0; i < KAFKA_HOLD_COPIED; i++)
		buf_release(&h->buffers[i].bytes);
}

static rd_kafka_resp_err_t
produce(const struct kafka_hold *h, const struct kafka_record *r, int flags)
{
	return rd_kafka_producev(h->rk, RD_KAFKA_V_RKT(r->topic),
		RD_KAFKA_V_PARTITION(r->partition),
		RD_KAFKA_V_MSGFLAGS(flags),
		RD_KAFKA_V_KEY(r->key.p, r->key.len),
		RD_KAFKA_V_VALUE((void *)r->value.p, r->value.len),
		RD_KAFKA_V_TIMESTAMP(r->timestamp_ms),
		RD_KAFKA_V_HEADERS(r->headers),
		RD_KAFKA_V_OPAQUE((void *)(uintptr_t)r->number),
		RD_KAFKA_V_END);
}

/*
 * The copy is ours, of a size that does not follow each digit of an id: else no
 * freed copy has room for the next value, and the heap grows by half (54 to
 * 45 MB with 500 tables).
 */
static rd_kafka_resp_err_t
produce_copy(const struct kafka_hold *h, const struct kafka_record *r)
{
	struct kafka_record copy = *r;
	rd_kafka_resp_err_t err;
	char *p;

	if (!r->value.len)
		return produce(h, r, RD_KAFKA_MSG_F_COPY);
	p = malloc((r->value.len | (COPY_STEP - 1)) + 1);
	if (!p)
		return RD_KAFKA_RESP_ERR__FAIL;
	copy.value.p = memcpy(p, r->value.p, r->value.len);
	err = produce(h, &copy, RD_KAFKA_MSG_F_FREE);
	if (err)
		free(p);
	return err;
}

static bool
grow(struct kafka_hold *h)
{
	size_t size = h->size ? 2 * h->size : FIRST_SIZE;
	struct kafka_record *kept = realloc(h->kept, size * sizeof(*kept));

	if (!kept)
		return false;
	h->kept = kept;
	h->size = size;
	return true;
}

/* Batches that can be under way side by side, as far as is known. */
static size_t
lanes(const struct kafka_hold *h)
{
	size_t n = (size_t)__builtin_popcountll(h->lanes_before | h->lanes);

	return n ? n : 1;
}

static bool
is_full(const struct kafka_hold *h, size_t size)
{
	size_t n = lanes(h);

	return h->count && (h->count >= h->most ||
		h->count >= n * h->batch_records ||
		h->wire + size > n * h->batch_bytes);
}

static bool
keep(struct kafka_hold *h, const struct kafka_record *r)
{
	size_t size = r->key.len + r->value.len;
	size_t wire = size + r->headers_size + RECORD_OVERHEAD;
	struct buf *b = &h->buffers[h->filling].bytes;

	if (is_full(h, wire) || (h->count == h->size && !grow(h)))
		return false;
	if (!buf_reserve(b, size)) {
		b->failed = false;	/* what is in it stays good */
		return false;
	}
	h->kept[h->count++] = *r;
	h->wire += wire;
	buf_put_span(b, r->key);
	buf_put_span(b, r->value);
	return true;
}

unsigned
kafka_hold_place(const struct kafka_hold *h)
{
	return h->keeping ? h->filling : KAFKA_HOLD_COPIED;
}

rd_kafka_resp_err_t
kafka_hold_send(struct kafka_hold *h, const struct kafka_record *r)
{
	if (!h->keeping)
		return produce_copy(h, r);
	return keep(h, r) ? RD_KAFKA_RESP_ERR_NO_ERROR :
		RD_KAFKA_RESP_ERR__QUEUE_FULL;
}

/* The record `next` with its bytes. */
static struct kafka_record
next_record(const struct kafka_hold *h)
{
	struct kafka_record r = h->kept[h->next];
	const char *p = h->buffers[h->filling].bytes.p + h->at;

	if (r.key.p)
		r.key.p = p;
	if (r.value.p)
		r.value.p = p + r.key.len;
	return r;
}

/* Goes on with a buffer of which everything is back. */
static void
change_buffers(struct kafka_hold *h)
{
	h->newest = h->filling;
	while (h->buffers[h->filling].out)
		h->filling = (h->filling + 1) % KAFKA_HOLD_COPIED;
	buf_reset(&h->buffers[h->filling].bytes);
	h->count = h->next = h->at = h->wire = 0;
}

/* In place: librdkafka copies no values. At most one other buffer is out. */
static rd_kafka_resp_err_t
hand_over(struct kafka_hold *h, struct kafka_record *bad)
{
	for (; h->next < h->count; h->next++) {
		struct kafka_record r = next_record(h);
		rd_kafka_resp_err_t err = produce(h, &r, 0);

		if (err) {
			*bad = r;
			return err;
		}
		h->buffers[h->filling].out++;
		h->at += r.key.len + r.value.len;
	}
	change_buffers(h);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/*
 * Everything is back, or a full batch goes to librdkafka shortly before the one
 * under way comes back: librdkafka counts its linger from there on, so by that
 * and a half. Later it would wait (8 % fewer rows with schemas), earlier the
 * broker's thread spins until it may send. Only one is ahead.
 */
static bool
is_time(const struct kafka_hold *h, uint64_t under_way, uint64_t older,
	int64_t now_us)
{
	if (!under_way)
		return true;
	return !older && is_full(h, h->batch_bytes / 8) &&
		now_us - h->turn_us >= h->takes_us - h->linger_ms * 1500;
}

/* Those before the ones handed over last are back: it is their turn. */
static void
time_batches(struct kafka_hold *h, uint64_t under_way, uint64_t older,
	int64_t now_us)
{
	if (older)
		h->late = true;
	else if (h->late || !under_way) {
		int64_t took = now_us - h->turn_us;

		h->late = false;
		h->takes_us += (took - h->takes_us) / 4;
		h->turn_us = now_us;
	}
}

void
kafka_hold_back(struct kafka_hold *h, const rd_kafka_message_t *m,
	unsigned place)
{
	uintptr_t lane = ((uintptr_t)m->rkt >> 6) + (uintptr_t)m->partition * 31;

	h->lanes |= UINT64_C(1) << (lane & 63);
	if (place < KAFKA_HOLD_COPIED)
		h->buffers[place].out--;
}

rd_kafka_resp_err_t
kafka_hold_turn(struct kafka_hold *h, uint64_t pending, int64_t now_ms,
	struct kafka_record *bad)
{
	uint64_t under_way = pending - (h->count - h->next);
	uint64_t older = under_way - h->buffers[h->newest].out;
	int64_t now_us = loop_monotonic_us();

	time_batches(h, under_way, older, now_us);
	if (under_way == 0)
		h->began_ms = now_ms;
	if (under_way == 0 || now_ms - h->lanes_ms > LANES_MS) {
		h->lanes_ms = now_ms;
		h->lanes_before = h->lanes;
		h->lanes = 0;
	}
	if (!h->keeping) {
		/* What comes within the linger goes with the batch. */
		h->keeping = under_way >= MANY && h->most >= MANY &&
			lanes(h) <= LANES_MAX && now_ms - h->began_ms > h->linger_ms;
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	}
	if (!is_time(h, under_way, older, now_us))
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	h->keeping = (under_way > 0 || h->count >= MANY) &&
		lanes(h) <= LANES_MAX;
	return hand_over(h, bad);
}
