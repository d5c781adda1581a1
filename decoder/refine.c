#include "refine.h"

#include "conv_misc.h"
#include "conv_number.h"
#include "conv_text.h"
#include "quote.h"

static struct value
text_of(const char *text)
{
	return value_text(VALUE_STRING, span_of(text));
}

struct value
refine_placeholder(const struct refine *b)
{
	struct span p = b->modes->unavailable;

	return p.p ? value_text(VALUE_STRING, p) : value_null();
}

/* The neutral value of a type, for a NOT NULL column that was not sent. */
static struct value
neutral(enum schema_type type)
{
	switch (type) {
	case SCHEMA_BOOLEAN:
		return value_bool(false);
	case SCHEMA_FLOAT32:
	case SCHEMA_FLOAT64:
		return value_text(VALUE_FLOAT, (struct span)SPAN("0.0"));
	case SCHEMA_BYTES:
		return value_text(VALUE_BYTES, (struct span)SPAN(""));
	case SCHEMA_STRING:
		return text_of("");
	case SCHEMA_ARRAY:
		return value_items(VALUE_ARRAY, NULL, 0);
	case SCHEMA_MAP:
		return value_items(VALUE_MAP, NULL, 0);
	case SCHEMA_STRUCT:
		return value_null();
	default:
		return value_int(0);
	}
}

void
refine_to(struct refine *b, enum schema_type type, const char *semantic,
	conv_fn *fn)
{
	b->schema->type = type;
	b->schema->name = span_of(semantic);
	b->schema->version = semantic ? 1 : 0;
	b->conv->fn = fn;
	b->out->missing = neutral(type);
}

static void
add_number_param(struct refine *b, const char *name, int32_t n)
{
	schema_add_param(b->a, b->schema, span_of(name),
		arena_printf(b->a, "%d", (int)n));
}

/* Converters of parts take no parameters, and so are shared and static. */
const struct conv *
refine_double(void)
{
	static const struct conv c = { .fn = conv_number_float8 };

	return &c;
}

static const struct conv *
float_conv(void)
{
	static const struct conv c = { .fn = conv_number_float4 };

	return &c;
}

void
refine_bits(struct refine *b)
{
	if (b->typmod == 1) {
		refine_to(b, SCHEMA_BOOLEAN, NULL, conv_text_bit);
		return;
	}
	refine_to(b, SCHEMA_BYTES, "io.debezium.data.Bits", conv_text_bits);
	add_number_param(b, "length", b->typmod < 0 ? INT32_MAX : b->typmod);
}

void
refine_bytes(struct refine *b)
{
	enum binary_mode mode = b->modes->binary;
	struct span p = b->modes->unavailable;

	refine_to(b, mode == BINARY_BYTES ? SCHEMA_BYTES : SCHEMA_STRING, NULL,
		b->conv->fn);
	b->conv->precision = (int32_t)mode;
	if (!p.p)
		return;
	if (mode == BINARY_HEX)
		b->out->unavailable = refine_placeholder(b);
	else
		conv_text_content((int)mode, p, b->a,
			&b->out->unavailable, NULL);
}

/* {"P":"P"} */
static struct span
placeholder_object(struct refine *b, struct span p)
{
	size_t room = 2 * quote_json_room(p.len) + 3;
	struct buf to = { .p = arena_alloc(b->a, room), .size = room,
		.cap = room };

	if (!to.p)
		return (struct span){ NULL, 0 };
	buf_putc(&to, '{');
	quote_json(&to, p, NULL);
	buf_putc(&to, ':');
	quote_json(&to, p, NULL);
	buf_putc(&to, '}');
	return buf_span(&to);
}

void
refine_hstore(struct refine *b)
{
	struct value *pair;
	struct span p = b->modes->unavailable;

	if (b->modes->hstore == HSTORE_MAP) {
		refine_to(b, SCHEMA_MAP, NULL, conv_misc_hstore_map);
		b->schema->key = schema_new(b->a, SCHEMA_STRING, false);
		b->schema->item = schema_new(b->a, SCHEMA_STRING, true);
		pair = arena_zero(b->a, 2, sizeof *pair);
		if (pair && p.p) {
			pair[0] = pair[1] = refine_placeholder(b);
			b->out->unavailable = value_items(VALUE_MAP, pair, 1);
		}
		return;
	}
	refine_to(b, SCHEMA_STRING, "io.debezium.data.Json",
		conv_misc_hstore_json);
	b->out->missing = text_of("{}");
	if (p.p)
		b->out->unavailable = value_text(VALUE_STRING,
			placeholder_object(b, p));
}

/*
 * The scale is a signed number of 11 bits since PostgreSQL 15. Below zero the
 * value is a whole number of that many digits more; it is given as one, for
 * Avro and many readers know no negative scale.
 */
static void
numeric_shape(int32_t typmod, int32_t *precision, int32_t *scale)
{
	*precision = (typmod - 4) >> 16 & 0xffff;
	*scale = (((typmod - 4) & 0x7ff) ^ 1024) - 1024;
	if (*scale < 0) {
		*precision -= *scale;
		*scale = 0;
	}
}

static void
refine_variable(struct refine *b)
{
	struct value *zero = arena_zero(b->a, 2, sizeof *zero);
	struct schema *s;

	s = schema_struct(b->a, b->optional,
		span_of("io.debezium.data.VariableScaleDecimal"), 1, 2);
	if (!s || !zero)
		return;
	s->doc = span_of("Variable scaled decimal");
	schema_set_field(b->a, s, 0, span_of("scale"),
		schema_new(b->a, SCHEMA_INT32, false));
	schema_set_field(b->a, s, 1, span_of("value"),
		schema_new(b->a, SCHEMA_BYTES, false));
	b->schema = s;
	b->conv->fn = conv_number_variable;
	zero[0] = value_int(0);
	zero[1] = value_text(VALUE_BYTES, (struct span){ "\0", 1 });
	b->out->missing = value_items(VALUE_STRUCT, zero, 2);
}

/* Zero with its scale's digits: 0.00 */
static struct span
zero_text(struct refine *b, int32_t scale)
{
	return arena_printf(b->a, "%.*f", (int)scale, 0.0);
}

static void
refine_decimal(struct refine *b, int32_t scale)
{
	refine_to(b, SCHEMA_BYTES, "org.apache.kafka.connect.data.Decimal",
		conv_number_decimal);
	add_number_param(b, "scale", scale);
	b->conv->scale = scale;
	b->out->missing = value_text(VALUE_DECIMAL, zero_text(b, scale));
}

void
refine_numeric(struct refine *b)
{
	int32_t precision, scale = 0;
	bool bounded = b->typmod >= 4;

	if (bounded)
		numeric_shape(b->typmod, &precision, &scale);
	if (b->modes->decimal == DECIMAL_DOUBLE) {
		refine_to(b, SCHEMA_FLOAT64, NULL, conv_number_double);
	} else if (b->modes->decimal == DECIMAL_STRING) {
		refine_to(b, SCHEMA_STRING, NULL, conv_number_string);
		b->conv->scale = scale;
		b->out->missing = value_text(VALUE_STRING,
			zero_text(b, scale));
		b->out->unavailable = refine_placeholder(b);
	} else if (!bounded) {
		refine_variable(b);
	} else {
		refine_decimal(b, scale);
		add_number_param(b, "connect.decimal.precision", precision);
	}
}

void
refine_money(struct refine *b)
{
	int32_t scale = b->modes->money_digits;

	if (b->modes->decimal == DECIMAL_DOUBLE) {
		refine_to(b, SCHEMA_FLOAT64, NULL, conv_number_money_double);
	} else if (b->modes->decimal == DECIMAL_STRING) {
		refine_to(b, SCHEMA_STRING, NULL, conv_number_money_string);
		b->out->missing = value_text(VALUE_STRING,
			zero_text(b, scale));
	} else {
		refine_decimal(b, scale);
		b->conv->fn = conv_number_money;
	}
	b->conv->scale = scale;
}

struct schema *
refine_struct(struct refine *b, const char *doc,
	const struct refine_field *fields, size_t n)
{
	struct schema *s = schema_struct(b->a, b->optional, b->schema->name, 1,
		n);

	if (!s)
		return NULL;
	s->doc = span_of(doc);
	for (size_t i = 0; i < n; i++)
		schema_set_field(b->a, s, i, span_of(fields[i].name),
			schema_new(b->a, fields[i].type, fields[i].optional));
	b->schema = s;
	return s;
}

void
refine_vector(struct refine *b)
{
	bool single = span_is(b->schema->name, "io.debezium.data.FloatVector");

	b->schema->item = schema_new(b->a,
		single ? SCHEMA_FLOAT32 : SCHEMA_FLOAT64, false);
	b->conv->item = single ? float_conv() : refine_double();
}

static void
refine_integers(struct refine *b, enum schema_type type)
{
	static const struct conv integer = { .fn = conv_number_int };

	b->schema->item = schema_new(b->a, type, false);
	b->conv->item = &integer;
}

void
refine_int2vector(struct refine *b)
{
	refine_integers(b, SCHEMA_INT16);
}

void
refine_oidvector(struct refine *b)
{
	refine_integers(b, SCHEMA_INT64);
}

void
refine_sparsevec(struct refine *b)
{
	static const struct refine_field fields[] = {
		{ "dimensions", SCHEMA_INT16, false },
		{ "vector", SCHEMA_MAP, false },
	};
	struct schema *s = refine_struct(b, "Sparse double vector", fields, 2);
	struct value *none = arena_zero(b->a, 2, sizeof *none);
	struct schema *map;

	if (!s || !none || arena_failed(b->a))
		return;
	map = schema_copy(b->a, s->fields[1].schema);
	if (map) {
		map->key = schema_new(b->a, SCHEMA_INT16, false);
		map->item = schema_new(b->a, SCHEMA_FLOAT64, false);
	}
	schema_set_field(b->a, s, 1, span_of("vector"), map);
	b->conv->item = refine_double();
	none[0] = value_int(0);
	none[1] = value_items(VALUE_MAP, NULL, 0);
	b->out->missing = value_items(VALUE_STRUCT, none, 2);
}
