#include "plan_schema.h"

/* The JSON text of one table's schema; the widest table stays far below. */
#define SCHEMA_TEXT_MAX (32u << 20)

static void
set(struct arena *a, struct schema *s, size_t i, const char *name,
	const struct schema *field)
{
	if (s)
		schema_set_field(a, s, i, span_of(name), field);
}

static const struct schema *
snapshot_marker(struct arena *a)
{
	static const char allowed[] = "true,first,first_in_data_collection,"
		"last_in_data_collection,last,false,incremental";
	struct schema *s = schema_named(a, SCHEMA_STRING, true,
		"io.debezium.data.Enum", 1);
	struct value *dflt = arena_alloc(a, sizeof *dflt);

	if (!s || !dflt)
		return NULL;
	schema_add_param(a, s, span_of("allowed"), span_of(allowed));
	*dflt = value_text(VALUE_STRING, span_of("false"));
	s->dflt = dflt;
	return s;
}

const struct schema *
plan_schema_source(struct arena *a)
{
	const struct schema *text = schema_new(a, SCHEMA_STRING, false);
	const struct schema *opt_text = schema_new(a, SCHEMA_STRING, true);
	const struct schema *number = schema_new(a, SCHEMA_INT64, false);
	const struct schema *opt_number = schema_new(a, SCHEMA_INT64, true);
	const struct { const char *name; const struct schema *schema; } fields[] = {
		{ "version", text }, { "connector", text }, { "name", text },
		{ "ts_ms", number }, { "snapshot", snapshot_marker(a) },
		{ "db", text }, { "sequence", opt_text },
		{ "ts_us", opt_number }, { "ts_ns", opt_number },
		{ "schema", text }, { "table", text }, { "txId", opt_number },
		{ "lsn", opt_number }, { "xmin", opt_number },
		{ "origin", opt_text }, { "origin_lsn", opt_number }
	};
	size_t n = sizeof fields / sizeof *fields;
	struct schema *s = schema_struct(a, false,
		span_of("io.debezium.connector.postgresql.Source"), 1, n);

	for (size_t i = 0; i < n; i++)
		set(a, s, i, fields[i].name, fields[i].schema);
	return s;
}

const struct schema *
plan_schema_transaction(struct arena *a)
{
	const struct schema *number = schema_new(a, SCHEMA_INT64, false);
	struct schema *s = schema_struct(a, true, span_of("event.block"), 1, 3);

	set(a, s, 0, "id", schema_new(a, SCHEMA_STRING, false));
	set(a, s, 1, "total_order", number);
	set(a, s, 2, "data_collection_order", number);
	return s;
}

/* The topic's name with `suffix`, as a schema may be called. */
static struct span
schema_name(struct plan *plan, const struct plan_options *options,
	const char *suffix)
{
	struct arena *a = &plan->arena;

	return naming_schema(options->schema_names,
		arena_printf(a, "%.*s.%s", SPAN_ARG(plan->topic), suffix), a);
}

static const struct schema *
envelope_schema(struct plan *plan, const struct plan_options *options)
{
	struct arena *a = &plan->arena;
	const struct schema *time = schema_new(a, SCHEMA_INT64, true);
	struct schema *s = schema_struct(a, false,
		schema_name(plan, options, "Envelope"), 2, 8);

	set(a, s, 0, "before", plan->row_schema);
	set(a, s, 1, "after", plan->row_schema);
	set(a, s, 2, "source", plan_schema_source(a));
	set(a, s, 3, "transaction", plan_schema_transaction(a));
	set(a, s, 4, "op", schema_new(a, SCHEMA_STRING, false));
	set(a, s, 5, "ts_ms", time);
	set(a, s, 6, "ts_us", time);
	set(a, s, 7, "ts_ns", time);
	return s;
}

static void
row_schemas(struct plan *plan, const struct plan_options *options)
{
	struct arena *a = &plan->arena;
	struct schema *row = schema_struct(a, true,
		schema_name(plan, options, "Value"), 0, plan->ncolumns);
	struct schema *key = schema_struct(a, false,
		schema_name(plan, options, "Key"), 0, plan->nkey);

	if (!row || !key)
		return;
	for (size_t i = 0; i < plan->ncolumns; i++)
		schema_set_field(a, row, i, plan->columns[i].field,
			plan->columns[i].type.schema);
	for (size_t i = 0; i < plan->nkey; i++)
		schema_set_field(a, key, i, plan->key[i].field,
			plan->key[i].type.schema);
	row->doc = plan->comment;
	plan->row_schema = row;
	plan->key_schema = key;
}

int
plan_schema_head(struct arena *a, bool with_schema,
	const struct json_options *o, const struct schema *s, struct span *out,
	struct fail *f)
{
	struct buf b;
	int rc = 0;

	*out = span_of("");
	if (!with_schema || !s)
		return 0;
	buf_init(&b, SCHEMA_TEXT_MAX);
	buf_put_str(&b, "{\"schema\":");
	rc = json_schema(&b, o, s, (struct span){ NULL, 0 }, f);
	buf_put_str(&b, ",\"payload\":");
	if (rc == 0 && b.failed)
		rc = fail_set(f, FAIL_FATAL, "schema text of more than %u MiB",
			SCHEMA_TEXT_MAX >> 20);
	if (rc == 0)
		*out = arena_copy(a, buf_span(&b));
	buf_release(&b);
	return rc;
}

/* `,"schema":"public","table":"t","txId":` of the source block. */
static int
source_text(struct plan *plan, struct fail *f)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, SCHEMA_TEXT_MAX);
	buf_put_str(&b, ",\"schema\":");
	if (json_string(&b, plan->schema, f) == -1)
		goto out;
	buf_put_str(&b, ",\"table\":");
	if (json_string(&b, plan->table, f) == -1)
		goto out;
	buf_put_str(&b, ",\"txId\":");
	plan->source_table = arena_copy(&plan->arena, buf_span(&b));
	rc = 0;
out:
	buf_release(&b);
	return rc;
}

int
plan_schema_compile(struct plan *plan, const struct plan_options *options,
	struct fail *f)
{
	struct arena *a = &plan->arena;
	const struct json_options *o = &options->json;
	bool in_header = options->headers_json && options->header_schemas;

	row_schemas(plan, options);
	if (arena_failed(a))
		return 0;	/* reported by the caller */
	if (plan_schema_head(a, options->key_schemas, &options->key_json,
			plan->key_schema, &plan->key_head, f) == -1 ||
	    plan_schema_head(a, in_header, &options->link_json,
			plan->key_schema, &plan->link_head, f) == -1 ||
	    plan_schema_head(a, options->value_schemas, o,
			options->value_schemas ? envelope_schema(plan, options) :
			NULL,
			&plan->value_head, f) == -1)
		return -1;
	plan->key_tail = span_of(options->key_schemas ? "}" : "");
	plan->value_tail = span_of(options->value_schemas ? "}" : "");
	plan->link_tail = span_of(in_header ? "}" : "");
	return source_text(plan, f);
}
