#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "batch.h"

#define BYTES 4096

static struct record
record(const char *key, const char *value)
{
	struct record r = RECORD_INIT;

	r.topic = (struct span)SPAN("app.t");
	r.key = key ? span_of(key) : (struct span){ NULL, 0 };
	r.value = span_of(value);
	r.marker = 3;
	return r;
}

static void
assert_record(const struct batch *b, size_t i, const char *key, const char *value)
{
	const struct batch_record *r = &b->records[i];
	const char *p = b->bytes.p;

	assert_true(i < b->count);
	assert_int_equal(b->topic_len, 5);
	assert_memory_equal(p, "app.t", 5);
	assert_int_equal(r->keyed, key != NULL);
	assert_int_equal(r->value - r->key, key ? strlen(key) : 0);
	assert_memory_equal(p + r->key, key ? key : "", r->value - r->key);
	assert_int_equal(r->end - r->value, strlen(value));
	assert_memory_equal(p + r->value, value, strlen(value));
	assert_int_equal(r->marker, 3);
}

static void
records_are_taken_in_order(void **state)
{
	struct batch_queue *q = batch_queue_new(2, BYTES);
	struct record a = record("k", "one"), b = record(NULL, "two"),
		c = record("", "three");
	struct batch *x, *y;

	(void)state;
	assert_null(batch_first(q));
	x = batch_take(q);
	assert_true(batch_put(q, x, &a));
	assert_true(batch_put(q, x, &b));
	assert_null(batch_first(q));		/* not given yet */
	batch_give(q, x);
	y = batch_take(q);
	assert_ptr_not_equal(x, y);
	assert_true(batch_put(q, y, &c));
	y->end = BATCH_DONE;
	batch_give(q, y);
	assert_ptr_equal(batch_first(q), x);
	assert_ptr_equal(batch_first(q), x);	/* until it is returned */
	assert_int_equal(x->count, 2);
	assert_record(x, 0, "k", "one");
	assert_record(x, 1, NULL, "two");
	assert_int_equal(x->end, BATCH_MORE);
	batch_return(q, x);
	assert_ptr_equal(batch_first(q), y);
	assert_record(y, 0, "", "three");	/* an empty key is a key */
	assert_int_equal(y->end, BATCH_DONE);
	batch_return(q, y);
	assert_null(batch_first(q));
	batch_queue_free(q);
	batch_queue_free(NULL);
}

static void
a_batch_is_empty_when_it_is_taken_again(void **state)
{
	struct batch_queue *q = batch_queue_new(1, BYTES);
	struct record r = record("k", "v");
	struct batch *b = batch_take(q);

	(void)state;
	batch_put(q, b, &r);
	b->rows_bytes = 7;
	b->place = 8;
	b->has_key = true;
	b->end = BATCH_FAILED;
	fail_set(&b->why, FAIL_FATAL, "so");
	batch_give(q, b);
	assert_string_equal(batch_first(q)->why.text, "so");
	batch_return(q, b);
	assert_ptr_equal(batch_take(q), b);
	assert_int_equal(b->count, 0);
	assert_int_equal(b->bytes.len, 0);
	assert_int_equal(b->rows_bytes + b->place, 0);
	assert_false(b->has_key);
	assert_int_equal(b->end, BATCH_MORE);
	assert_int_equal(b->why.kind, FAIL_NONE);
	batch_queue_free(q);
}

static void
a_full_batch_takes_no_more(void **state)
{
	struct batch_queue *q = batch_queue_new(1, BYTES);
	char text[1001];
	struct record large, none = record(NULL, "");
	struct batch *b = batch_take(q);
	size_t n = 0;

	(void)state;
	memset(text, 'x', 1000);
	text[1000] = '\0';
	large = record("0123456789", text);
	while (batch_put(q, b, &large))
		n++;
	assert_int_equal(n, 4);			/* of 1010 bytes */
	assert_int_equal(b->count, 4);
	assert_record(b, 3, "0123456789", text);
	batch_give(q, b);
	batch_return(q, b);
	/* Of small ones as many as there is room for. */
	b = batch_take(q);
	for (n = 0; batch_put(q, b, &none); n++)
		assert_true(n < BYTES);
	assert_true(n > 10);
	assert_int_equal(b->count, n);
	batch_queue_free(q);
}

/* It has one to itself, and its memory is not kept. */
static void
a_record_larger_than_a_batch(void **state)
{
	struct batch_queue *q = batch_queue_new(1, BYTES);
	char *text = malloc((1 << 20) + 1);
	struct record huge, small = record("k", "v");
	struct batch *b = batch_take(q);

	(void)state;
	memset(text, 'x', 1 << 20);
	text[1 << 20] = '\0';
	huge = record("k", text);
	assert_true(batch_put(q, b, &small));
	assert_false(batch_put(q, b, &huge));
	assert_int_equal(b->count, 1);
	batch_give(q, b);
	batch_return(q, b);
	b = batch_take(q);
	assert_true(batch_put(q, b, &huge));
	assert_false(batch_put(q, b, &small));
	assert_record(b, 0, "k", text);
	batch_give(q, b);
	assert_ptr_equal(batch_first(q), b);
	batch_return(q, b);
	assert_int_equal(b->bytes.size, 0);
	b = batch_take(q);
	assert_true(batch_put(q, b, &small));
	assert_record(b, 0, "k", "v");
	batch_queue_free(q);
	free(text);
}

/* What there was no memory for is no record: nobody must send it. */
static void
without_memory_there_is_no_record(void **state)
{
	struct batch_queue *q = batch_queue_new(1, BYTES);
	struct record r = record("key", "a value"), last = record("k", "v");
	struct batch *b = batch_take(q);

	(void)state;
	b->bytes.cap = 5 + 3 + 7 + 4;
	assert_true(batch_put(q, b, &r));
	assert_true(batch_put(q, b, &r));	/* it is not full: `failed` tells */
	assert_true(b->bytes.failed);
	assert_int_equal(b->count, 1);
	assert_true(batch_put(q, b, &last));
	assert_int_equal(b->count, 1);
	assert_record(b, 0, "key", "a value");
	batch_queue_free(q);
}

/* --- With a thread on the other side */

#define JOBS 40
#define ROWS 500

static void *
reader(void *self)
{
	struct batch_queue *q = self;
	char key[16], value[80];

	for (unsigned job = 0; job < JOBS; job++) {
		struct batch *b = batch_take(q);

		for (unsigned row = 0; b && row < ROWS; row++) {
			struct record r;

			snprintf(key, sizeof(key), "%u.%u", job, row);
			snprintf(value, sizeof(value), "value %*u",
				(int)(row % 60), row);
			r = record(key, value);
			if (batch_put(q, b, &r))
				continue;
			batch_give(q, b);
			b = batch_take(q);
			if (b)
				batch_put(q, b, &r);
		}
		if (!b)
			return NULL;
		b->place = job + 1;
		b->end = BATCH_DONE;
		batch_give(q, b);
	}
	return q;
}

/* Every record once, in order, with the loop slower and faster than the reader. */
static void
between_two_threads(void **state)
{
	struct batch_queue *q = batch_queue_new(3, BYTES);
	unsigned job = 0, row = 0, batches = 0;
	pthread_t thread;
	void *end;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, reader, q), 0);
	while (job < JOBS) {
		struct batch *b = batch_first(q);
		char key[16];

		if (!b)
			continue;
		for (size_t i = 0; i < b->count; i++, row++) {
			const struct batch_record *r = &b->records[i];

			snprintf(key, sizeof(key), "%u.%u", job, row);
			assert_int_equal(r->value - r->key, strlen(key));
			assert_memory_equal(b->bytes.p + r->key, key, strlen(key));
		}
		if (b->end == BATCH_DONE) {
			assert_int_equal(row, ROWS);
			assert_int_equal(b->place, ++job);
			row = 0;
		}
		batch_return(q, b);
		if (++batches % 50 == 0)
			poll(NULL, 0, 2);	/* the reader fills all it has */
	}
	pthread_join(thread, &end);
	assert_ptr_equal(end, q);
	assert_null(batch_first(q));
	batch_queue_free(q);
}

/* It waits for room that never comes. */
static void
a_reader_that_waits_can_be_stopped(void **state)
{
	struct batch_queue *q = batch_queue_new(2, BYTES);
	struct record r = record("k", "v");
	pthread_t thread;
	void *end = q;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, reader, q), 0);
	while (!batch_first(q))
		poll(NULL, 0, 1);
	poll(NULL, 0, 5);
	batch_stop(q);
	pthread_join(thread, &end);
	assert_null(end);
	assert_null(batch_take(q));
	assert_non_null(batch_first(q));	/* what was given can be read still */
	assert_int_equal(batch_first(q)->topic_len, r.topic.len);
	batch_queue_free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_taken_in_order),
		cmocka_unit_test(a_batch_is_empty_when_it_is_taken_again),
		cmocka_unit_test(a_full_batch_takes_no_more),
		cmocka_unit_test(a_record_larger_than_a_batch),
		cmocka_unit_test(without_memory_there_is_no_record),
		cmocka_unit_test(between_two_threads),
		cmocka_unit_test(a_reader_that_waits_can_be_stopped),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
