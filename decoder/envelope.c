#include "envelope.h"

#include <stdlib.h>

#include "boundary.h"
#include "conv_text.h"
#include "plan_schema.h"
#include "route.h"

/* Scratch of one record: converted values of a row that is below 1 GiB. */
#define SCRATCH_MAX ((size_t)4 << 30)
/* What is kept between records; a larger row gives its memory back. */
#define KEEP_MAX ((size_t)1 << 20)
#define CONTEXT_HEADERS 4
#define SNAPSHOT_MARK ",\"snapshot\":\""

struct envelope {
	const struct plan_options *options;
	struct arena scratch;
	struct buf key, value, link;
	/* Constant text. */
	struct arena texts;
	struct span source_head;	/* `,"source":{... "ts_ms":` */
	struct span source_middle;	/* `,"snapshot":"false","db":...,"sequence":"[` */
	struct span snapshot_middle;	/* the same with "true" */
	struct span message_key_head, message_head;
	struct span message_topic;
	struct boundary boundary;
	struct record_header headers[CONTEXT_HEADERS + 1];	/* the first is the link's */
	/* Rendered once per transaction. */
	struct buf tx_head;	/* source_head up to `lastCommit",` */
	size_t tx_marker;	/* in it: the mark of a snapshot, 0: none */
	size_t marker;		/* the same in the value at hand */
	struct buf xmin;	/* `,"xmin":...,"origin":` */
	struct buf tx_times;	/* `"]","ts_us":...,"ts_ns":...` */
	uint64_t tx_serial;
};

static void
add_header(struct envelope *e, size_t at, const char *name, struct span value)
{
	struct buf b;

	if (e->options->headers_json) {
		buf_init(&b, 64 << 10);
		if (e->options->header_schemas)
			buf_put_str(&b, "{\"schema\":{\"type\":\"string\","
				"\"optional\":false},\"payload\":");
		if (json_string(&b, value, NULL) == 0 && e->options->header_schemas)
			buf_putc(&b, '}');
		value = arena_copy(&e->texts, buf_span(&b));
		buf_release(&b);
	}
	e->headers[at] = (struct record_header){ span_of(name), value };
}

static int
source_texts(struct envelope *e)
{
	const struct plan_options *o = e->options;
	struct buf b;
	int rc = -1;

	buf_init(&b, 64 << 10);
	buf_put_str(&b, ",\"source\":{\"version\":");
	if (json_string(&b, o->version, NULL) == -1)
		goto out;
	buf_put_str(&b, ",\"connector\":\"postgresql\",\"name\":");
	if (json_string(&b, o->prefix, NULL) == -1)
		goto out;
	buf_put_str(&b, ",\"ts_ms\":");
	e->source_head = arena_copy(&e->texts, buf_span(&b));
	buf_reset(&b);
	buf_put_str(&b, ",\"db\":");
	if (json_string(&b, o->database, NULL) == -1)
		goto out;
	buf_put_str(&b, ",\"sequence\":\"[");
	/* Connect leaves a null where the default of the schema is not to replace it. */
	e->source_middle = arena_printf(&e->texts, ",\"snapshot\":%s%.*s",
		o->json.keep_null ? "null" : "\"false\"", SPAN_ARG(buf_span(&b)));
	e->snapshot_middle = arena_printf(&e->texts, SNAPSHOT_MARK "true\"%.*s",
		SPAN_ARG(buf_span(&b)));
	rc = 0;
out:
	buf_release(&b);
	return rc;
}

/* Key {prefix} and value {op, ts_ms, source, transaction, message} of a logical message. */
static int
message_texts(struct envelope *e, struct fail *f)
{
	const struct plan_options *o = e->options;
	struct arena *a = &e->texts;
	const struct schema *text = schema_new(a, SCHEMA_STRING, true);
	struct schema *key = schema_struct(a, false,
		span_of("io.debezium.connector.postgresql.MessageKey"), 1, 1);
	struct schema *content = schema_struct(a, false,
		span_of("io.debezium.connector.postgresql.Message"), 1, 2);
	struct schema *value = schema_struct(a, false,
		span_of("io.debezium.connector.postgresql.MessageValue"), 1, 5);
	struct span topic = arena_printf(a, "%.*s.message", SPAN_ARG(o->prefix));

	if (arena_failed(a))
		return fail_set(f, FAIL_FATAL, "out of memory");
	schema_set_field(a, key, 0, span_of("prefix"), text);
	schema_set_field(a, content, 0, span_of("prefix"), text);
	schema_set_field(a, content, 1, span_of("content"), schema_new(a,
		o->types.binary == BINARY_BYTES ? SCHEMA_BYTES : SCHEMA_STRING, true));
	schema_set_field(a, value, 0, span_of("op"),
		schema_new(a, SCHEMA_STRING, false));
	schema_set_field(a, value, 1, span_of("ts_ms"),
		schema_new(a, SCHEMA_INT64, true));
	schema_set_field(a, value, 2, span_of("source"), plan_schema_source(a));
	schema_set_field(a, value, 3, span_of("transaction"),
		plan_schema_transaction(a));
	schema_set_field(a, value, 4, span_of("message"), content);
	e->message_topic = route_sanitise(a, topic);
	if (plan_schema_head(a, o->key_schemas, &o->json, key,
			&e->message_key_head, f) == -1)
		return -1;
	return plan_schema_head(a, o->value_schemas, &o->json, value,
		&e->message_head, f);
}

struct envelope *
envelope_new(const struct plan_options *options, size_t cap)
{
	struct envelope *e = calloc(1, sizeof *e);
	struct fail f = FAIL_INIT;

	if (!e)
		return NULL;
	e->options = options;
	arena_init(&e->scratch, SCRATCH_MAX);
	arena_init(&e->texts, 1 << 20);
	buf_init(&e->key, cap);
	buf_init(&e->value, cap);
	buf_init(&e->link, cap);
	buf_init(&e->tx_head, 64 << 10);
	buf_init(&e->tx_times, 256);
	buf_init(&e->xmin, 64);
	envelope_set_xmin(e, 0);
	e->tx_serial = UINT64_MAX;
	add_header(e, 1, "__debezium.context.connectorLogicalName", options->prefix);
	add_header(e, 2, "__debezium.context.taskId", span_of("0"));
	add_header(e, 3, "__debezium.context.connectorName", span_of("postgresql"));
	add_header(e, 4, "__debezium.context.runId", options->run_id);
	if (source_texts(e) == -1 || message_texts(e, &f) == -1 ||
	    boundary_init(&e->boundary, options, &e->texts, &f) == -1 ||
	    arena_failed(&e->texts)) {
		envelope_free(e);
		return NULL;
	}
	return e;
}

void
envelope_free(struct envelope *e)
{
	if (!e)
		return;
	arena_release(&e->scratch);
	arena_release(&e->texts);
	buf_release(&e->key);
	buf_release(&e->value);
	buf_release(&e->link);
	buf_release(&e->tx_head);
	buf_release(&e->tx_times);
	buf_release(&e->xmin);
	free(e);
}

static void
reset(struct envelope *e)
{
	arena_reset(&e->scratch);
	buf_reset(&e->key);
	buf_reset(&e->value);
	buf_reset(&e->link);
	if (e->value.size > KEEP_MAX)
		buf_release(&e->value);
	if (e->scratch.used > KEEP_MAX)
		arena_release(&e->scratch);
}

static void
render_transaction(struct envelope *e, const struct transaction *tx)
{
	buf_reset(&e->tx_head);
	buf_put_span(&e->tx_head, e->source_head);
	buf_put_i64(&e->tx_head, change_commit_ms(tx));
	e->tx_marker = tx->snapshot ? e->tx_head.len + strlen(SNAPSHOT_MARK) : 0;
	buf_put_span(&e->tx_head, tx->snapshot ? e->snapshot_middle : e->source_middle);
	if (tx->last_commit) {
		buf_put_str(&e->tx_head, "\\\"");
		buf_put_i64(&e->tx_head, (int64_t)tx->last_commit);
		buf_put_str(&e->tx_head, "\\\",\\\"");
	} else {
		buf_put_str(&e->tx_head, "null,\\\"");
	}
	buf_reset(&e->tx_times);
	buf_put_str(&e->tx_times, "\\\"]\",\"ts_us\":");
	buf_put_i64(&e->tx_times, tx->commit_us);
	buf_put_str(&e->tx_times, ",\"ts_ns\":");
	buf_put_i64(&e->tx_times, tx->commit_us);
	buf_put_str(&e->tx_times, "000");
	e->tx_serial = tx->serial;
}

static int
put_origin(struct buf *b, const struct transaction *tx, struct fail *f)
{
	if (!tx->origin.p) {
		buf_put_str(b, "null,\"origin_lsn\":null}");
		return 0;
	}
	if (json_string(b, tx->origin, f) == -1)
		return -1;
	buf_put_str(b, ",\"origin_lsn\":");
	buf_put_i64(b, (int64_t)tx->origin_lsn);
	buf_putc(b, '}');
	return 0;
}

/* `where` is the plan's `,"schema":...,"table":...,"txId":`. */
static int
put_source(struct envelope *e, const struct event *ev, struct span where,
	struct fail *f)
{
	struct buf *b = &e->value;
	char digits[BUF_DIGITS];
	struct span lsn = buf_digits(digits, (int64_t)ev->lsn);

	if (e->tx_serial != ev->tx->serial)
		render_transaction(e, ev->tx);
	e->marker = e->tx_marker ? b->len + e->tx_marker : 0;
	buf_put_span(b, buf_span(&e->tx_head));
	buf_put_span(b, lsn);
	buf_put_span(b, buf_span(&e->tx_times));
	buf_put_span(b, where);
	if (ev->in_tx)
		buf_put_u64(b, ev->tx->xid);
	else
		buf_put_str(b, "null");
	buf_put_str(b, ",\"lsn\":");
	buf_put_span(b, lsn);
	buf_put_span(b, buf_span(&e->xmin));
	return put_origin(b, ev->tx, f);
}

/* Where the event stands in its transaction. */
static void
put_place(struct buf *b, const struct event *ev)
{
	buf_put_str(b, ",\"transaction\":{");
	boundary_put_id(b, ev);
	buf_put_str(b, ",\"total_order\":");
	buf_put_u64(b, ev->total_order);
	buf_put_str(b, ",\"data_collection_order\":");
	buf_put_u64(b, ev->collection_order);
	buf_putc(b, '}');
}

/* The coarser times are the first digits of the finest: 5 % of an event. */
static void
put_times(struct buf *b, int64_t now_ns)
{
	char digits[BUF_DIGITS];
	struct span ns = buf_digits(digits, now_ns);

	buf_put_str(b, ",\"ts_ms\":");
	buf_put(b, ns.p, ns.len - 6);
	buf_put_str(b, ",\"ts_us\":");
	buf_put(b, ns.p, ns.len - 3);
	buf_put_str(b, ",\"ts_ns\":");
	buf_put_span(b, ns);
}

/* Finds the column whose text cannot be encoded, to name it. */
static int
blame(struct envelope *e, const struct plan *plan, const struct value *row,
	struct fail *f)
{
	for (size_t i = 0; i < plan->ncolumns; i++) {
		buf_reset(&e->value);
		if (json_value(&e->value, &e->options->json,
				plan->columns[i].type.schema, &row->items[i],
				f) == -1)
			return fail_context(f, "column \"%.*s\"",
				SPAN_ARG(plan->columns[i].name));
	}
	return -1;
}

static int
put_row(struct envelope *e, const struct event *ev,
	const struct pgoutput_tuple *tuple, uint16_t *column, struct fail *f)
{
	struct value row = value_null();
	int rc = 0;

	if (tuple)
		rc = plan_row(ev->plan, tuple, tuple == ev->after ?
			ev->old_row : NULL, &e->scratch, &row, column, f);
	if (rc)
		return rc;
	if (json_value(&e->value, &e->options->json, ev->plan->row_schema,
			&row, f) == -1)
		return blame(e, ev->plan, &row, f);
	return 0;
}

static int
put_envelope(struct envelope *e, const struct event *ev, int64_t now_ns,
	uint16_t *column, struct fail *f)
{
	struct buf *b = &e->value;
	char op = (char)ev->op;
	int rc;

	buf_put_span(b, ev->plan->value_head);
	buf_put_str(b, "{\"before\":");
	if ((rc = put_row(e, ev, ev->before, column, f)) != 0)
		return rc;
	buf_put_str(b, ",\"after\":");
	if ((rc = put_row(e, ev, ev->after, column, f)) != 0)
		return rc;
	if (put_source(e, ev, ev->plan->source_table, f) == -1)
		return -1;
	if (ev->total_order) {
		put_place(b, ev);
		buf_put_str(b, ",\"op\":\"");
	} else {
		buf_put_str(b, ",\"transaction\":null,\"op\":\"");
	}
	buf_putc(b, op);
	buf_putc(b, '"');
	put_times(b, now_ns);
	buf_putc(b, '}');
	buf_put_span(b, ev->plan->value_tail);
	return 0;
}

static int
put_key(struct envelope *e, struct buf *b, struct span head, struct span tail,
	const struct event *ev, const struct pgoutput_tuple *tuple,
	uint16_t *column, struct fail *f)
{
	const struct json_options *o = b == &e->link ?
		&e->options->link_json : &e->options->key_json;
	struct value key;
	int rc = plan_key(ev->plan, tuple, ev->old_row, &e->scratch, &key,
		column, f);

	if (rc)
		return rc;
	buf_put_span(b, head);
	if (json_value(b, o, ev->plan->key_schema, &key, f) == -1)
		return fail_context(f, "key");
	buf_put_span(b, tail);
	return 0;
}

static int
put_headers(struct envelope *e, const struct event *ev, struct record *out,
	uint16_t *column, struct fail *f)
{
	size_t first = 1, end = e->options->extended_headers ?
		CONTEXT_HEADERS + 1 : 1;

	if (ev->link != LINK_NONE) {
		int rc = put_key(e, &e->link, ev->plan->link_head,
			ev->plan->link_tail, ev, ev->other_key, column, f);

		if (rc)
			return rc;
		e->headers[0] = (struct record_header){
			span_of(ev->link == LINK_NEW_KEY ? "__debezium.newkey" :
				"__debezium.oldkey"), buf_span(&e->link) };
		first = 0;
	}
	out->headers = e->headers + first;
	out->nheaders = end - first;
	return 0;
}

static int
row_record(struct envelope *e, const struct event *ev, int64_t now_ns,
	struct record *out, uint16_t *column, struct fail *f)
{
	const struct plan *plan = ev->plan;
	int rc;

	out->topic = plan->topic;
	if (ev->key && plan->nkey) {
		rc = put_key(e, &e->key, plan->key_head, plan->key_tail, ev,
			ev->key, column, f);
		if (rc)
			return rc;
		out->key = buf_span(&e->key);
	}
	if ((rc = put_headers(e, ev, out, column, f)) != 0)
		return rc;
	if (ev->op == EVENT_TOMBSTONE)
		return 0;
	if ((rc = put_envelope(e, ev, now_ns, column, f)) != 0)
		return rc;
	out->value = buf_span(&e->value);
	out->marker = e->marker;
	return 0;
}

static int
put_content(struct envelope *e, const struct event *ev, struct fail *f)
{
	struct schema schema = { .type = SCHEMA_BYTES, .optional = true };
	struct value content;

	if (conv_text_content((int)e->options->types.binary, ev->content,
			&e->scratch, &content, f) == -1)
		return -1;
	if (content.kind == VALUE_STRING)
		schema.type = SCHEMA_STRING;
	return json_value(&e->value, &e->options->json, &schema, &content, f);
}

static int
message_record(struct envelope *e, const struct event *ev, int64_t now_ns,
	struct record *out, struct fail *f)
{
	const struct plan_options *o = e->options;
	struct buf *b = &e->value;

	out->topic = e->message_topic;
	buf_put_span(&e->key, e->message_key_head);
	buf_put_str(&e->key, "{\"prefix\":");
	if (json_string(&e->key, ev->prefix, f) == -1)
		return -1;
	buf_put_str(&e->key, o->key_schemas ? "}}" : "}");
	out->key = buf_span(&e->key);
	buf_put_span(b, e->message_head);
	buf_put_str(b, "{\"op\":\"m\",\"ts_ms\":");
	buf_put_i64(b, now_ns / 1000000);
	if (put_source(e, ev, span_of(",\"schema\":\"\",\"table\":\"\",\"txId\":"),
			f) == -1)
		return -1;
	if (ev->total_order)
		put_place(b, ev);
	else
		buf_put_str(b, ",\"transaction\":null");
	buf_put_str(b, ",\"message\":{\"prefix\":");
	if (json_string(b, ev->prefix, f) == -1)
		return -1;
	buf_put_str(b, ",\"content\":");
	if (put_content(e, ev, f) == -1)
		return -1;
	buf_put_str(b, o->value_schemas ? "}}}" : "}}");
	out->value = buf_span(b);
	return 0;
}

void
envelope_set_xmin(struct envelope *e, uint32_t xmin)
{
	buf_reset(&e->xmin);
	buf_put_str(&e->xmin, ",\"xmin\":");
	if (xmin)
		buf_put_u64(&e->xmin, xmin);
	else
		buf_put_str(&e->xmin, "null");
	buf_put_str(&e->xmin, ",\"origin\":");
}

const struct record_header *
envelope_headers(const struct envelope *e, size_t *count)
{
	*count = e->options->extended_headers ? CONTEXT_HEADERS : 0;
	return e->headers + 1;
}

/* Names what could not be made into a record. */
static int
blame_event(const struct event *event, struct fail *f)
{
	switch (event->op) {
	case EVENT_BEGIN:
	case EVENT_END:
		return fail_context(f, "boundary of transaction %u at " LSN_FMT,
			event->tx->xid, LSN_ARG(event->lsn));
	case EVENT_MESSAGE:
		return fail_context(f, "logical message \"%.*s\" at " LSN_FMT,
			SPAN_ARG(event->prefix), LSN_ARG(event->lsn));
	default:
		return fail_context(f, "table %.*s.%.*s at " LSN_FMT,
			SPAN_ARG(event->plan->schema),
			SPAN_ARG(event->plan->table), LSN_ARG(event->lsn));
	}
}

int
envelope_record(struct envelope *e, const struct event *event,
	int64_t now_ns, struct record *out, uint16_t *column, struct fail *f)
{
	int rc;

	reset(e);
	*out = (struct record)RECORD_INIT;
	out->lsn = event->lsn;
	switch (event->op) {
	case EVENT_BEGIN:
	case EVENT_END:
		rc = boundary_record(&e->boundary, event, &e->key, &e->value,
			out, f);
		break;
	case EVENT_MESSAGE:
		rc = message_record(e, event, now_ns, out, f);
		break;
	default:
		rc = row_record(e, event, now_ns, out, column, f);
	}
	if (rc == 0 && (e->key.failed || e->value.failed || e->link.failed))
		rc = fail_set(f, FAIL_CONFIG, "record of more than %zu bytes",
			e->value.cap);
	return rc == -1 ? blame_event(event, f) : rc;
}
