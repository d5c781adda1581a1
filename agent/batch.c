#include "batch.h"

#include <stdlib.h>

/* A record is below 1 GiB, and so are its parts. */
#define BYTES_MAX ((size_t)4 << 30)
/* Records of this size fill both parts of a batch at the same time. */
#define RECORD_BYTES 256

struct batch_queue {
	struct batch *batches;		/* a ring */
	size_t size, bytes, records;
	size_t given, returned;	/* counts; given - returned are full */
	bool stopped;
	pthread_mutex_t lock;
	pthread_cond_t room;
};

struct batch_queue *
batch_queue_new(size_t batches, size_t bytes)
{
	struct batch_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->batches = calloc(batches, sizeof(*q->batches));
	q->size = batches;
	q->bytes = bytes;
	q->records = bytes / RECORD_BYTES + 1;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->room, NULL);
	for (size_t i = 0; q->batches && i < batches; i++) {
		buf_init(&q->batches[i].bytes, BYTES_MAX);
		q->batches[i].records = calloc(q->records,
			sizeof(*q->batches[i].records));
		if (!q->batches[i].records)
			break;
		if (i + 1 == batches)
			return q;
	}
	batch_queue_free(q);
	return NULL;
}

void
batch_queue_free(struct batch_queue *q)
{
	if (!q)
		return;
	for (size_t i = 0; q->batches && i < q->size; i++) {
		buf_release(&q->batches[i].bytes);
		free(q->batches[i].records);
	}
	free(q->batches);
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->room);
	free(q);
}

static void
empty(struct batch *b)
{
	buf_reset(&b->bytes);
	b->count = 0;
	b->rows_bytes = b->place = 0;
	b->has_key = false;
	b->end = BATCH_MORE;
	b->why.kind = FAIL_NONE;
}

struct batch *
batch_take(struct batch_queue *q)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&q->lock);
	while (!q->stopped && q->given - q->returned == q->size)
		pthread_cond_wait(&q->room, &q->lock);
	if (!q->stopped)
		b = &q->batches[q->given % q->size];
	pthread_mutex_unlock(&q->lock);
	if (b)
		empty(b);
	return b;
}

bool
batch_put(struct batch_queue *q, struct batch *b, const struct record *r)
{
	struct batch_record *to = &b->records[b->count];
	size_t size = r->key.len + r->value.len;

	if (b->count && (b->count == q->records || b->bytes.len + size > q->bytes))
		return false;
	if (!b->count) {
		b->topic_len = r->topic.len;
		buf_put_span(&b->bytes, r->topic);
	}
	to->keyed = r->key.p != NULL;
	to->key = b->bytes.len;
	buf_put_span(&b->bytes, r->key);
	to->value = b->bytes.len;
	buf_put_span(&b->bytes, r->value);
	to->end = b->bytes.len;
	to->marker = r->marker;
	b->count += !b->bytes.failed;	/* half a record is none */
	return true;
}

void
batch_give(struct batch_queue *q, struct batch *b)
{
	(void)b;		/* the one that was taken last */
	pthread_mutex_lock(&q->lock);
	q->given++;
	pthread_mutex_unlock(&q->lock);
}

struct batch *
batch_first(struct batch_queue *q)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&q->lock);
	if (q->given > q->returned)
		b = &q->batches[q->returned % q->size];
	pthread_mutex_unlock(&q->lock);
	return b;
}

void
batch_return(struct batch_queue *q, struct batch *b)
{
	/* The first. A piece that a large record made is not kept. */
	if (b->bytes.size > 2 * q->bytes)
		buf_release(&b->bytes);
	pthread_mutex_lock(&q->lock);
	q->returned++;
	pthread_cond_signal(&q->room);
	pthread_mutex_unlock(&q->lock);
}

void
batch_stop(struct batch_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stopped = true;
	pthread_cond_signal(&q->room);
	pthread_mutex_unlock(&q->lock);
}
