#include "boundary.h"

#include "plan_schema.h"
#include "route.h"

static const struct schema *
key_schema(struct arena *a)
{
	struct schema *s = schema_struct(a, false,
		span_of("io.debezium.connector.common.TransactionMetadataKey"),
		1, 1);

	if (s)
		schema_set_field(a, s, 0, span_of("id"),
			schema_new(a, SCHEMA_STRING, false));
	return s;
}

static const struct schema *
collections_schema(struct arena *a)
{
	struct schema *item = schema_struct(a, true,
		span_of("event.collection"), 1, 2);

	if (!item)
		return NULL;
	schema_set_field(a, item, 0, span_of("data_collection"),
		schema_new(a, SCHEMA_STRING, false));
	schema_set_field(a, item, 1, span_of("event_count"),
		schema_new(a, SCHEMA_INT64, false));
	return schema_array(a, true, item);
}

static const struct schema *
value_schema(struct arena *a)
{
	const struct schema *text = schema_new(a, SCHEMA_STRING, false);
	struct schema *s = schema_struct(a, false,
		span_of("io.debezium.connector.common.TransactionMetadataValue"),
		1, 5);

	if (!s)
		return NULL;
	schema_set_field(a, s, 0, span_of("status"), text);
	schema_set_field(a, s, 1, span_of("id"), text);
	schema_set_field(a, s, 2, span_of("event_count"),
		schema_new(a, SCHEMA_INT64, true));
	schema_set_field(a, s, 3, span_of("data_collections"),
		collections_schema(a));
	schema_set_field(a, s, 4, span_of("ts_ms"),
		schema_new(a, SCHEMA_INT64, false));
	return s;
}

struct span
boundary_topic(const struct plan_options *o, struct arena *a)
{
	return route_sanitise(a, arena_printf(a, "%.*s%.*s%.*s",
		SPAN_ARG(o->prefix), SPAN_ARG(o->delimiter),
		SPAN_ARG(o->transaction_topic)));
}

int
boundary_init(struct boundary *b, const struct plan_options *o,
	struct arena *a, struct fail *f)
{
	b->topic = boundary_topic(o, a);
	b->key_tail = span_of(o->key_schemas ? "}" : "");
	b->value_tail = span_of(o->value_schemas ? "}" : "");
	if (plan_schema_head(a, o->key_schemas, &o->json, key_schema(a),
			&b->key_head, f) == -1)
		return -1;
	return plan_schema_head(a, o->value_schemas, &o->json, value_schema(a),
		&b->value_head, f);
}

void
boundary_put_id(struct buf *b, const struct event *event)
{
	buf_put_str(b, "\"id\":\"");
	buf_put_u64(b, event->tx->xid);
	buf_putc(b, ':');
	buf_put_i64(b, (int64_t)event->lsn);
	buf_putc(b, '"');
}

static int
put_collections(struct buf *b, const struct tally *tally, struct fail *f)
{
	size_t n;
	const struct tally_entry *entries = tally_entries(tally, &n);
	const char *before = "[";

	for (size_t i = 0; i < n; i++) {
		if (!entries[i].count)
			continue;
		buf_put_str(b, before);
		before = ",";
		buf_put_str(b, "{\"data_collection\":");
		if (json_string(b, entries[i].name, f) == -1)
			return -1;
		buf_put_str(b, ",\"event_count\":");
		buf_put_u64(b, entries[i].count);
		buf_putc(b, '}');
	}
	buf_put_str(b, *before == '[' ? "[]" : "]");
	return 0;
}

int
boundary_record(const struct boundary *b, const struct event *event,
	struct buf *key, struct buf *value, struct record *out, struct fail *f)
{
	const struct tally *tally = event->tx->tally;

	out->topic = b->topic;
	buf_put_span(key, b->key_head);
	buf_putc(key, '{');
	boundary_put_id(key, event);
	buf_putc(key, '}');
	buf_put_span(key, b->key_tail);
	out->key = buf_span(key);
	buf_put_span(value, b->value_head);
	buf_put_str(value, event->op == EVENT_BEGIN ? "{\"status\":\"BEGIN\"," :
		"{\"status\":\"END\",");
	boundary_put_id(value, event);
	if (event->op == EVENT_BEGIN) {
		buf_put_str(value, ",\"event_count\":null,\"data_collections\":null");
	} else {
		buf_put_str(value, ",\"event_count\":");
		buf_put_u64(value, tally_total(tally));
		buf_put_str(value, ",\"data_collections\":");
		if (put_collections(value, tally, f) == -1)
			return -1;
	}
	buf_put_str(value, ",\"ts_ms\":");
	buf_put_i64(value, change_commit_ms(event->tx));
	buf_putc(value, '}');
	buf_put_span(value, b->value_tail);
	out->value = buf_span(value);
	return 0;
}
