#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "boundary.h"

static const struct plan_options plain = {
	.prefix = SPAN("app"), .delimiter = SPAN("."),
	.transaction_topic = SPAN("transaction")
};

/* One boundary of transaction 7, at LSN 0x1000. */
struct fixture {
	struct arena arena;
	struct boundary boundary;
	struct transaction tx;
	struct event event;
	struct buf key, value;
	struct record record;
	struct fail f;
};

static struct fixture *
fixture_new(const struct plan_options *options)
{
	struct fixture *x = calloc(1, sizeof *x);

	arena_init(&x->arena, 1 << 20);
	buf_init(&x->key, 1 << 20);
	buf_init(&x->value, 1 << 20);
	assert_int_equal(boundary_init(&x->boundary, options, &x->arena, &x->f), 0);
	assert_false(arena_failed(&x->arena));
	x->tx = (struct transaction){ .open = true, .xid = 7,
		.commit_us = 1600000000000999, .tally = tally_new() };
	x->event = (struct event){ .lsn = 0x1000, .tx = &x->tx, .in_tx = true };
	return x;
}

static void
fixture_free(struct fixture *x)
{
	tally_free((struct tally *)x->tx.tally);
	buf_release(&x->key);
	buf_release(&x->value);
	arena_release(&x->arena);
	free(x);
}

static int
make(struct fixture *x, enum event_op op)
{
	x->event.op = op;
	buf_reset(&x->key);
	buf_reset(&x->value);
	x->record = (struct record)RECORD_INIT;
	return boundary_record(&x->boundary, &x->event, &x->key, &x->value,
		&x->record, &x->f);
}

static void
count(struct fixture *x, const char *name, int times)
{
	struct tally *t = (struct tally *)x->tx.tally;

	assert_int_equal(tally_meet(t, span_of(name), &x->f), 0);
	while (times--)
		tally_count(t);
}

static void
assert_text(struct span s, const char *expected)
{
	if (!span_is(s, expected))
		fail_msg("\n got %.*s\nwant %s", SPAN_ARG(s), expected);
}

static void
begin_and_end(void **state)
{
	struct fixture *x = fixture_new(&plain);

	(void)state;
	assert_int_equal(make(x, EVENT_BEGIN), 0);
	assert_text(x->record.topic, "app.transaction");
	assert_text(x->record.key, "{\"id\":\"7:4096\"}");
	assert_text(x->record.value, "{\"status\":\"BEGIN\",\"id\":\"7:4096\","
		"\"event_count\":null,\"data_collections\":null,"
		"\"ts_ms\":1600000000000}");
	assert_int_equal(x->record.partition, -1);
	assert_int_equal(x->record.nheaders, 0);
	count(x, "public.t", 2);
	count(x, "public.none of its events was emitted", 0);
	count(x, "s.\"q\"", 1);
	x->event.lsn = UINT64_C(0xffffffffffffffff);
	assert_int_equal(make(x, EVENT_END), 0);
	assert_text(x->record.key, "{\"id\":\"7:-1\"}");
	assert_text(x->record.value, "{\"status\":\"END\",\"id\":\"7:-1\","
		"\"event_count\":3,\"data_collections\":["
		"{\"data_collection\":\"public.t\",\"event_count\":2},"
		"{\"data_collection\":\"s.\\\"q\\\"\",\"event_count\":1}],"
		"\"ts_ms\":1600000000000}");
	fixture_free(x);
}

static void
a_transaction_without_events(void **state)
{
	struct fixture *x = fixture_new(&plain);

	(void)state;
	x->tx.xid = 4000000000;
	x->tx.commit_us = -1;
	assert_int_equal(make(x, EVENT_END), 0);
	assert_text(x->record.value, "{\"status\":\"END\",\"id\":\"4000000000:4096\","
		"\"event_count\":0,\"data_collections\":[],\"ts_ms\":-1}");
	fixture_free(x);
}

#define TEXT(name) "{\"type\":\"string\",\"optional\":false,\"field\":\"" name "\"}"
#define NUMBER(optional, name) "{\"type\":\"int64\",\"optional\":" optional \
	",\"field\":\"" name "\"}"

static void
with_schemas(void **state)
{
	struct plan_options o = plain;
	struct fixture *x;

	(void)state;
	o.key_schemas = o.value_schemas = true;
	o.delimiter = span_of("_");
	o.transaction_topic = span_of("my tx");
	x = fixture_new(&o);
	assert_int_equal(make(x, EVENT_BEGIN), 0);
	assert_text(x->record.topic, "app_my_tx");
	assert_text(x->record.key, "{\"schema\":{\"type\":\"struct\",\"fields\":["
		TEXT("id") "],\"optional\":false,"
		"\"name\":\"io.debezium.connector.common.TransactionMetadataKey\","
		"\"version\":1},\"payload\":{\"id\":\"7:4096\"}}");
	assert_text(x->record.value, "{\"schema\":{\"type\":\"struct\",\"fields\":["
		TEXT("status") "," TEXT("id") "," NUMBER("true", "event_count")
		",{\"type\":\"array\",\"items\":{\"type\":\"struct\",\"fields\":["
		TEXT("data_collection") "," NUMBER("false", "event_count")
		"],\"optional\":true,\"name\":\"event.collection\",\"version\":1},"
		"\"optional\":true,\"field\":\"data_collections\"},"
		NUMBER("false", "ts_ms") "],\"optional\":false,"
		"\"name\":\"io.debezium.connector.common.TransactionMetadataValue\","
		"\"version\":1},\"payload\":{\"status\":\"BEGIN\",\"id\":\"7:4096\","
		"\"event_count\":null,\"data_collections\":null,"
		"\"ts_ms\":1600000000000}}");
	fixture_free(x);
}

static void
a_name_that_is_not_utf8_is_refused(void **state)
{
	struct fixture *x = fixture_new(&plain);

	(void)state;
	count(x, "public.\xff", 1);
	assert_int_equal(make(x, EVENT_END), -1);
	assert_int_equal(x->f.kind, FAIL_FATAL);
	fixture_free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begin_and_end),
		cmocka_unit_test(a_transaction_without_events),
		cmocka_unit_test(with_schemas),
		cmocka_unit_test(a_name_that_is_not_utf8_is_refused),
	};

	return cmocka_run_group_tests_name("boundary", tests, NULL, NULL);
}
