#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "compile.h"
#include "envelope.h"
#include "wire.h"

#define NOW INT64_C(1700000000123456789)

static const struct plan_options plain = {
	.prefix = SPAN("app"), .delimiter = SPAN("."), .database = SPAN("db"),
	.version = SPAN("9.9"), .run_id = SPAN("run"), .tombstones = true,
	.extended_headers = true, .transaction_topic = SPAN("tx"),
	.types = { .money_digits = 2, .unavailable = SPAN("__unavailable") },
};

/* One event over a plan for table t(id int not null primary key, v text). */
struct fixture {
	struct plan_options options;
	struct plan *plan;
	struct envelope *envelope;
	struct transaction tx;
	struct event event;
	struct pgoutput_value old_cols[2], new_cols[2];
	struct pgoutput_tuple old_row, new_row;
	struct record record;
	uint16_t column;
	struct fail f;
};

static struct fixture *
fixture_new(const struct plan_options *options, char identity)
{
	struct fixture *x = calloc(1, sizeof *x);
	struct facts facts = wire_facts(7);
	const struct pgoutput_column cols[] = {
		{ SPAN("id"), OID_INT4, -1, identity != 'n' },
		{ SPAN("v"), OID_TEXT, -1, identity == 'f' }
	};
	const struct pgoutput_relation def = { 7, SPAN("public"), SPAN("t"),
		(uint8_t)identity, 2, cols };

	x->options = *options;
	x->plan = compile_plan(&x->options, &def, &facts, NULL, &x->f);
	assert_non_null(x->plan);
	x->envelope = envelope_new(&x->options, 1 << 20);
	assert_non_null(x->envelope);
	x->tx = (struct transaction){ .serial = 1, .open = true, .xid = 42,
		.commit_us = 1600000000000001 };
	x->event = (struct event){ .plan = x->plan, .lsn = 0x1000, .tx = &x->tx,
		.in_tx = true };
	x->old_row = (struct pgoutput_tuple){ PGOUTPUT_NONE, 2, x->old_cols };
	x->new_row = (struct pgoutput_tuple){ PGOUTPUT_NEW, 2, x->new_cols };
	return x;
}

static void
fixture_free(struct fixture *x)
{
	envelope_free(x->envelope);
	plan_free(x->plan);
	free(x);
}

static struct pgoutput_value
cell(const char *text)
{
	if (!text)
		return (struct pgoutput_value){ NULL, 0, PGOUTPUT_NULL };
	if (text == UNCHANGED)
		return (struct pgoutput_value){ NULL, 0, PGOUTPUT_UNCHANGED };
	if (text == BINARY)
		return (struct pgoutput_value){ "\1", 1, PGOUTPUT_BINARY };
	return (struct pgoutput_value){ text, (uint32_t)strlen(text), PGOUTPUT_TEXT };
}

static void
new_row(struct fixture *x, const char *id, const char *v)
{
	x->new_cols[0] = cell(id);
	x->new_cols[1] = cell(v);
	x->event.after = x->event.key = &x->new_row;
}

static void
old_row(struct fixture *x, enum pgoutput_image image, const char *id, const char *v)
{
	x->old_cols[0] = cell(id);
	x->old_cols[1] = cell(v);
	x->old_row.image = image;
	x->event.before = x->event.old_row = &x->old_row;
}

static int
make(struct fixture *x, enum event_op op)
{
	x->event.op = op;
	x->f = (struct fail)FAIL_INIT;
	return envelope_record(x->envelope, &x->event, NOW, &x->record,
		&x->column, &x->f);
}

static void
assert_text(struct span s, const char *expected)
{
	if (!span_is(s, expected))
		fail_msg("\n got %.*s\nwant %s", SPAN_ARG(s), expected);
}

#define SOURCE(sequence) "\"source\":{\"version\":\"9.9\",\"connector\":\"postgresql\"," \
	"\"name\":\"app\",\"ts_ms\":1600000000000,\"snapshot\":\"false\",\"db\":\"db\"," \
	"\"sequence\":\"[" sequence ",\\\"4096\\\"]\",\"ts_us\":1600000000000001," \
	"\"ts_ns\":1600000000000001000,\"schema\":\"public\",\"table\":\"t\"," \
	"\"txId\":42,\"lsn\":4096,\"xmin\":null,\"origin\":null,\"origin_lsn\":null}"
#define TIMES "\"ts_ms\":1700000000123,\"ts_us\":1700000000123456,\"ts_ns\":1700000000123456789}"

static void
a_row_in_its_envelope(void **state)
{
	struct fixture *x = fixture_new(&plain, 'd');

	(void)state;
	new_row(x, "1", "a\"b");
	assert_int_equal(make(x, EVENT_CREATE), 0);
	assert_text(x->record.topic, "app.public.t");
	assert_text(x->record.key, "{\"id\":1}");
	assert_text(x->record.value, "{\"before\":null,\"after\":{\"id\":1,\"v\":\"a\\\"b\"},"
		SOURCE("null") ",\"transaction\":null,\"op\":\"c\"," TIMES);
	assert_int_equal(x->record.nheaders, 4);
	assert_text(x->record.headers[3].name, "__debezium.context.runId");
	assert_text(x->record.headers[3].value, "run");
	assert_int_equal(x->record.partition, -1);
	/* Another transaction: what was rendered for the first one is not used. */
	x->tx.serial = 2;
	x->tx.last_commit = 77;
	old_row(x, PGOUTPUT_OLD, "1", NULL);
	assert_int_equal(make(x, EVENT_UPDATE), 0);
	assert_text(x->record.value, "{\"before\":{\"id\":1,\"v\":null},"
		"\"after\":{\"id\":1,\"v\":\"a\\\"b\"}," SOURCE("\\\"77\\\"")
		",\"transaction\":null,\"op\":\"u\"," TIMES);
	fixture_free(x);
}

static void
the_place_of_an_event_in_its_transaction(void **state)
{
	struct fixture *x = fixture_new(&plain, 'd');

	(void)state;
	x->event.total_order = 12;
	x->event.collection_order = 3;
	new_row(x, "1", "a");
	assert_int_equal(make(x, EVENT_CREATE), 0);
	assert_text(x->record.value, "{\"before\":null,\"after\":{\"id\":1,\"v\":\"a\"},"
		SOURCE("null") ",\"transaction\":{\"id\":\"42:4096\",\"total_order\":12,"
		"\"data_collection_order\":3},\"op\":\"c\"," TIMES);
	/* A boundary is a record of its own, without headers. */
	x->event = (struct event){ .lsn = 0x1000, .tx = &x->tx, .in_tx = true };
	assert_int_equal(make(x, EVENT_BEGIN), 0);
	assert_text(x->record.topic, "app.tx");
	assert_text(x->record.key, "{\"id\":\"42:4096\"}");
	assert_int_equal(x->record.nheaders, 0);
	assert_int_equal(x->record.lsn, 0x1000);
	fixture_free(x);
}

static bool
contains(struct span s, const char *text)
{
	return memmem(s.p, s.len, text, strlen(text)) != NULL;
}

static void
xmin_is_that_told_last(void **state)
{
	struct fixture *x = fixture_new(&plain, 'd');

	(void)state;
	new_row(x, "1", "a");
	envelope_set_xmin(x->envelope, 4000000000);
	assert_int_equal(make(x, EVENT_CREATE), 0);
	assert_true(contains(x->record.value,
		"\"lsn\":4096,\"xmin\":4000000000,\"origin\":null,"));
	envelope_set_xmin(x->envelope, 0);
	assert_int_equal(make(x, EVENT_CREATE), 0);
	assert_true(contains(x->record.value, "\"xmin\":null,\"origin\":null,"));
	fixture_free(x);
}

static void
a_tombstone_has_a_key_and_headers_only(void **state)
{
	struct fixture *x = fixture_new(&plain, 'd');

	(void)state;
	old_row(x, PGOUTPUT_KEY, "1", NULL);
	x->event.key = &x->old_row;
	assert_int_equal(make(x, EVENT_TOMBSTONE), 0);
	assert_text(x->record.key, "{\"id\":1}");
	assert_null(x->record.value.p);
	assert_int_equal(x->record.nheaders, 4);
	fixture_free(x);
}

static void
a_key_change_is_linked_by_headers(void **state)
{
	struct plan_options json = plain;
	struct fixture *x;

	(void)state;
	x = fixture_new(&plain, 'd');
	new_row(x, "2", "a");
	old_row(x, PGOUTPUT_KEY, "1", NULL);
	x->event.link = LINK_OLD_KEY;
	x->event.other_key = &x->old_row;
	assert_int_equal(make(x, EVENT_CREATE), 0);
	assert_int_equal(x->record.nheaders, 5);
	assert_text(x->record.headers[0].name, "__debezium.oldkey");
	assert_text(x->record.headers[0].value, "{\"id\":1}");
	fixture_free(x);

	json.headers_json = json.header_schemas = true;
	json.extended_headers = false;
	x = fixture_new(&json, 'd');
	new_row(x, "2", "a");
	old_row(x, PGOUTPUT_KEY, "1", NULL);
	x->event.key = &x->old_row;
	x->event.link = LINK_NEW_KEY;
	x->event.other_key = &x->new_row;
	assert_int_equal(make(x, EVENT_DELETE), 0);
	assert_int_equal(x->record.nheaders, 1);
	assert_text(x->record.headers[0].name, "__debezium.newkey");
	assert_text(x->record.headers[0].value, "{\"schema\":{\"type\":\"struct\",\"fields\":"
		"[{\"type\":\"int32\",\"optional\":false,\"field\":\"id\"}],\"optional\":false,"
		"\"name\":\"app.public.t.Key\"},\"payload\":{\"id\":2}}");
	fixture_free(x);
}

static void
context_headers_in_json(void **state)
{
	struct plan_options json = plain;
	struct fixture *x;

	(void)state;
	json.headers_json = true;
	x = fixture_new(&json, 'd');
	new_row(x, "1", "a");
	assert_int_equal(make(x, EVENT_CREATE), 0);
	assert_text(x->record.headers[0].value, "\"app\"");
	fixture_free(x);
	json.header_schemas = true;
	x = fixture_new(&json, 'd');
	new_row(x, "1", "a");
	assert_int_equal(make(x, EVENT_CREATE), 0);
	assert_text(x->record.headers[0].value, "{\"schema\":{\"type\":\"string\","
		"\"optional\":false},\"payload\":\"app\"}");
	fixture_free(x);
}

static void
schemas_come_around(void **state)
{
	struct plan_options with = plain;
	struct fixture *x;
	struct span v;

	(void)state;
	with.key_schemas = with.value_schemas = true;
	x = fixture_new(&with, 'd');
	new_row(x, "1", "a");
	assert_int_equal(make(x, EVENT_CREATE), 0);
	assert_text(x->record.key, "{\"schema\":{\"type\":\"struct\",\"fields\":"
		"[{\"type\":\"int32\",\"optional\":false,\"field\":\"id\"}],\"optional\":false,"
		"\"name\":\"app.public.t.Key\"},\"payload\":{\"id\":1}}");
	v = x->record.value;
	assert_memory_equal(v.p, "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"struct\"", 52);
	assert_non_null(strstr(v.p, "\"name\":\"app.public.t.Envelope\",\"version\":2},\"payload\":{\"before\":null,"));
	assert_memory_equal(v.p + v.len - 2, "}}", 2);
	fixture_free(x);
}

static void
truncate_has_no_key_and_no_rows(void **state)
{
	struct fixture *x = fixture_new(&plain, 'd');

	(void)state;
	assert_int_equal(make(x, EVENT_TRUNCATE), 0);
	assert_null(x->record.key.p);
	assert_text(x->record.value, "{\"before\":null,\"after\":null,"
		SOURCE("null") ",\"transaction\":null,\"op\":\"t\"," TIMES);
	fixture_free(x);
}

static void
what_was_not_sent_is_not_null(void **state)
{
	struct fixture *x = fixture_new(&plain, 'd');

	(void)state;
	/* An identity that does not cover id, as after ALTER TABLE: the fall-back stands for it. */
	old_row(x, PGOUTPUT_KEY, NULL, "k");
	x->event.key = &x->old_row;
	assert_int_equal(make(x, EVENT_DELETE), 0);
	assert_memory_equal(x->record.value.p, "{\"before\":{\"id\":0,\"v\":\"k\"},\"after\":null,", 40);
	/* In a whole row NULL is NULL: the plan is too strict. */
	old_row(x, PGOUTPUT_OLD, NULL, "k");
	assert_int_equal(make(x, EVENT_DELETE), PLAN_RELAX);
	assert_int_equal(x->column, 0);
	fixture_free(x);
}

static void
an_unchanged_toast_value(void **state)
{
	struct fixture *x = fixture_new(&plain, 'd');

	(void)state;
	new_row(x, "1", UNCHANGED);
	assert_int_equal(make(x, EVENT_UPDATE), 0);
	assert_memory_equal(x->record.value.p,
		"{\"before\":null,\"after\":{\"id\":1,\"v\":\"__unavailable\"}", 51);
	old_row(x, PGOUTPUT_OLD, "1", "whole");
	assert_int_equal(make(x, EVENT_UPDATE), 0);
	assert_memory_equal(x->record.value.p,
		"{\"before\":{\"id\":1,\"v\":\"whole\"},\"after\":{\"id\":1,\"v\":\"whole\"}", 59);
	fixture_free(x);
}

static void
a_table_without_key(void **state)
{
	struct fixture *x = fixture_new(&plain, 'd');

	(void)state;
	x->plan->nkey = 0;
	new_row(x, "1", "a");
	assert_int_equal(make(x, EVENT_CREATE), 0);
	assert_null(x->record.key.p);
	fixture_free(x);
}

static void
a_logical_message(void **state)
{
	struct plan_options with = plain;
	struct fixture *x = fixture_new(&plain, 'd');

	(void)state;
	x->event.prefix = span_of("p\"");
	x->event.content = span_of("ab");
	x->event.in_tx = false;
	assert_int_equal(make(x, EVENT_MESSAGE), 0);
	assert_text(x->record.topic, "app.message");
	assert_text(x->record.key, "{\"prefix\":\"p\\\"\"}");
	assert_text(x->record.value, "{\"op\":\"m\",\"ts_ms\":1700000000123,"
		"\"source\":{\"version\":\"9.9\",\"connector\":\"postgresql\",\"name\":\"app\","
		"\"ts_ms\":1600000000000,\"snapshot\":\"false\",\"db\":\"db\","
		"\"sequence\":\"[null,\\\"4096\\\"]\",\"ts_us\":1600000000000001,"
		"\"ts_ns\":1600000000000001000,\"schema\":\"\",\"table\":\"\",\"txId\":null,"
		"\"lsn\":4096,\"xmin\":null,\"origin\":null,\"origin_lsn\":null},"
		"\"transaction\":null,\"message\":{\"prefix\":\"p\\\"\",\"content\":\"YWI=\"}}");
	assert_int_equal(x->record.nheaders, 0);
	fixture_free(x);

	with.types.binary = BINARY_HEX;
	with.key_schemas = with.value_schemas = true;
	with.json.keep_null = true;
	x = fixture_new(&with, 'd');
	x->event.prefix = span_of("p");
	x->event.content = span_of("ab");
	assert_int_equal(make(x, EVENT_MESSAGE), 0);
	assert_non_null(strstr(x->record.value.p, "\"content\":\"6162\"}}}"));
	assert_non_null(strstr(x->record.value.p, "\"snapshot\":null,"));
	assert_non_null(strstr(x->record.value.p, "{\"type\":\"string\",\"optional\":true,\"field\":\"content\"}"));
	assert_memory_equal(x->record.key.p + x->record.key.len - 14, "{\"prefix\":\"p\"}}" + 1, 14);
	fixture_free(x);
}

static void
an_origin(void **state)
{
	struct fixture *x = fixture_new(&plain, 'd');

	(void)state;
	x->tx.origin = span_of("node");
	x->tx.origin_lsn = 0x10;
	new_row(x, "1", "a");
	assert_int_equal(make(x, EVENT_CREATE), 0);
	assert_non_null(strstr(x->record.value.p, "\"origin\":\"node\",\"origin_lsn\":16}"));
	fixture_free(x);
}

static void
what_cannot_be_encoded_is_named(void **state)
{
	struct fixture *x = fixture_new(&plain, 'd');
	char *large = malloc(2 << 20);

	(void)state;
	new_row(x, "1", "a\xff");
	assert_int_equal(make(x, EVENT_CREATE), -1);
	assert_non_null(strstr(x->f.text, "table public.t at 0/1000: column \"v\": "));
	new_row(x, "1", BINARY);
	assert_int_equal(make(x, EVENT_CREATE), -1);
	assert_int_equal(x->f.kind, FAIL_PROTOCOL);
	assert_string_equal(x->f.text, "table public.t at 0/1000: column \"v\": "
		"binary value, but text was asked for");
	memset(large, 'x', (2 << 20) - 1);
	large[(2 << 20) - 1] = '\0';
	new_row(x, "1", large);
	assert_int_equal(make(x, EVENT_CREATE), -1);
	new_row(x, "1", "a");
	x->new_row.ncols = 1;
	assert_int_equal(make(x, EVENT_CREATE), -1);
	assert_string_equal(x->f.text,
		"table public.t at 0/1000: row of 1 columns where the relation has 2");
	x->event.prefix = span_of("\xff");
	assert_int_equal(make(x, EVENT_MESSAGE), -1);
	assert_non_null(strstr(x->f.text, "logical message \"\xff\" at 0/1000: "));
	free(large);
	fixture_free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_in_its_envelope),
		cmocka_unit_test(the_place_of_an_event_in_its_transaction),
		cmocka_unit_test(xmin_is_that_told_last),
		cmocka_unit_test(a_tombstone_has_a_key_and_headers_only),
		cmocka_unit_test(a_key_change_is_linked_by_headers),
		cmocka_unit_test(context_headers_in_json),
		cmocka_unit_test(schemas_come_around),
		cmocka_unit_test(truncate_has_no_key_and_no_rows),
		cmocka_unit_test(what_was_not_sent_is_not_null),
		cmocka_unit_test(an_unchanged_toast_value),
		cmocka_unit_test(a_table_without_key),
		cmocka_unit_test(a_logical_message),
		cmocka_unit_test(an_origin),
		cmocka_unit_test(what_cannot_be_encoded_is_named),
	};

	return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
