#include "types.h"

#include <openssl/evp.h>

#include "conv_array.h"
#include "conv_geometry.h"
#include "conv_misc.h"
#include "conv_number.h"
#include "conv_text.h"
#include "conv_time.h"
#include "refine.h"
#include "refine_geometry.h"
#include "refine_time.h"

#define BOX 603		/* the one type whose arrays have no commas */

/* A domain stands on a domain on a domain: more than this is a loop. */
#define DOMAINS_MAX 64

enum {
	MASKABLE = 1,	/* counts as text for masks, as it does for JDBC */
	NO_ARRAY = 2,	/* arrays of it are left out, as Debezium does */
	SMALL = 4,	/* never out of line: needs no placeholder */
	GEOMETRIC = 8	/* unknown to Debezium 3.6: only if asked for */
};

struct row {
	uint32_t oid, array;		/* 0: an extension's, known by name */
	const char *name;
	enum schema_type type;
	const char *semantic;
	conv_fn *fn;
	refine_fn *refine;	/* what the modes and the typmod change */
	unsigned flags;
};

#define TEXT(oid, array, name, flags) \
	{ oid, array, name, SCHEMA_STRING, NULL, conv_text_string, NULL, flags }
#define NAMED(oid, array, name, semantic, flags) \
	{ oid, array, name, SCHEMA_STRING, semantic, conv_text_string, NULL, \
	  flags }
#define INT(oid, array, name, type) \
	{ oid, array, name, type, NULL, conv_number_int, NULL, 0 }

#define SHAPE(oid, array, name, semantic, kind) \
	{ oid, array, name, SCHEMA_STRUCT, \
	  "io.debezium.data.geometry." semantic, conv_geometry_ ## kind, \
	  refine_geometry_ ## kind, GEOMETRIC }

static const struct row rows[] = {
	INT(23, 1007, "int4", SCHEMA_INT32),
	INT(20, 1016, "int8", SCHEMA_INT64),
	INT(21, 1005, "int2", SCHEMA_INT16),
	INT(26, 1028, "oid", SCHEMA_INT64),
	{ 16, 1000, "bool", SCHEMA_BOOLEAN, NULL, conv_number_bool, NULL, 0 },
	{ 700, 1021, "float4", SCHEMA_FLOAT32, NULL, conv_number_float4, NULL,
	  0 },
	{ 701, 1022, "float8", SCHEMA_FLOAT64, NULL, conv_number_float8, NULL,
	  0 },
	{ 1700, 1231, "numeric", SCHEMA_BYTES, NULL, NULL, refine_numeric, 0 },
	{ 790, 791, "money", SCHEMA_BYTES, NULL, NULL, refine_money,
	  NO_ARRAY | SMALL },
	TEXT(25, 1009, "text", MASKABLE),
	TEXT(1043, 1015, "varchar", MASKABLE),
	TEXT(1042, 1014, "bpchar", MASKABLE),
	TEXT(18, 1002, "char", MASKABLE),
	TEXT(19, 1003, "name", MASKABLE | NO_ARRAY),
	TEXT(0, 0, "citext", 0),
	TEXT(0, 0, "isbn", 0),
	TEXT(869, 1041, "inet", 0),
	TEXT(650, 651, "cidr", 0),
	TEXT(829, 1040, "macaddr", 0),
	TEXT(774, 775, "macaddr8", 0),
	TEXT(3904, 3905, "int4range", 0),
	TEXT(3926, 3927, "int8range", 0),
	TEXT(3906, 3907, "numrange", 0),
	TEXT(3908, 3909, "tsrange", 0),
	TEXT(3910, 3911, "tstzrange", 0),
	TEXT(3912, 3913, "daterange", 0),
	NAMED(114, 199, "json", "io.debezium.data.Json", 0),
	NAMED(3802, 3807, "jsonb", "io.debezium.data.Json", 0),
	NAMED(142, 143, "xml", "io.debezium.data.Xml", NO_ARRAY),
	NAMED(2950, 2951, "uuid", "io.debezium.data.Uuid", 0),
	NAMED(3614, 3643, "tsvector", "io.debezium.data.Tsvector", 0),
	NAMED(0, 0, "ltree", "io.debezium.data.Ltree", 0),
	{ 17, 1001, "bytea", SCHEMA_BYTES, NULL, conv_text_bytea, refine_bytes,
	  0 },
	{ 1560, 1561, "bit", SCHEMA_BYTES, NULL, NULL, refine_bits, 0 },
	{ 1562, 1563, "varbit", SCHEMA_BYTES, NULL, NULL, refine_bits,
	  NO_ARRAY },
	{ 1082, 1182, "date", SCHEMA_INT32, NULL, NULL, refine_time_date, SMALL },
	{ 1083, 1183, "time", SCHEMA_INT64, NULL, NULL, refine_time_time, SMALL },
	{ 1266, 1270, "timetz", SCHEMA_STRING, "io.debezium.time.ZonedTime",
	  conv_time_timetz, refine_time_timetz, SMALL },
	{ 1114, 1115, "timestamp", SCHEMA_INT64, NULL, NULL, refine_time_timestamp,
	  SMALL },
	{ 1184, 1185, "timestamptz", SCHEMA_STRING,
	  "io.debezium.time.ZonedTimestamp", conv_time_stamptz,
	  refine_time_timestamptz, SMALL },
	{ 1186, 1187, "interval", SCHEMA_INT64, NULL, NULL, refine_time_interval,
	  NO_ARRAY | SMALL },
	{ 600, 1017, "point", SCHEMA_STRUCT, "io.debezium.data.geometry.Point",
	  conv_geometry_point, refine_geometry_point, NO_ARRAY },
	SHAPE(603, 1020, "box", "Geometry", box),
	SHAPE(601, 1018, "lseg", "Geometry", lseg),
	SHAPE(602, 1019, "path", "Geometry", path),
	SHAPE(604, 1027, "polygon", "Geometry", polygon),
	SHAPE(718, 719, "circle", "Circle", circle),
	SHAPE(628, 629, "line", "Line", line),
	{ 0, 0, "geometry", SCHEMA_STRUCT, "io.debezium.data.geometry.Geometry",
	  conv_geometry_ewkb, refine_geometry_postgis, 0 },
	{ 0, 0, "geography", SCHEMA_STRUCT,
	  "io.debezium.data.geometry.Geography", conv_geometry_ewkb,
	  refine_geometry_geography, 0 },
	{ 0, 0, "hstore", SCHEMA_STRING, NULL, NULL, refine_hstore, 0 },
	{ 22, 0, "int2vector", SCHEMA_ARRAY, NULL, conv_misc_integers,
	  refine_int2vector, NO_ARRAY | SMALL },
	{ 30, 0, "oidvector", SCHEMA_ARRAY, NULL, conv_misc_integers,
	  refine_oidvector, NO_ARRAY | SMALL },
	{ 0, 0, "vector", SCHEMA_ARRAY, "io.debezium.data.DoubleVector",
	  conv_misc_vector, refine_vector, 0 },
	{ 0, 0, "halfvec", SCHEMA_ARRAY, "io.debezium.data.FloatVector",
	  conv_misc_vector, refine_vector, 0 },
	{ 0, 0, "sparsevec", SCHEMA_STRUCT,
	  "io.debezium.data.SparseDoubleVector", conv_misc_sparsevec,
	  refine_sparsevec, 0 },
};

#define ROWS (sizeof rows / sizeof rows[0])

/* A schema and a converter to refine. False if the arena has failed. */
static bool
start(struct refine *b, enum schema_type type, const char *semantic,
	conv_fn *fn)
{
	b->schema = schema_new(b->a, type, b->optional);
	b->conv = arena_zero(b->a, 1, sizeof *b->conv);
	if (!b->schema || !b->conv)
		return false;
	*b->out = (struct type_mapping){ 0 };
	refine_to(b, type, semantic, fn);
	return true;
}

static int
finish(struct refine *b)
{
	b->out->schema = b->schema;
	b->out->conv = b->conv;
	b->conv->schema = b->schema;
	return 1;
}

static int
map_row(struct refine *b, const struct row *row)
{
	if (!start(b, row->type, row->semantic, row->fn))
		return -1;
	if (row->type == SCHEMA_STRING && !(row->flags & SMALL))
		b->out->unavailable = refine_placeholder(b);
	b->out->text = row->flags & MASKABLE;
	if (row->refine)
		row->refine(b);
	return finish(b);
}

static int
map_unknown(struct refine *b, conv_fn *fn)
{
	if (!b->modes->include_unknown)
		return 0;
	if (!start(b, SCHEMA_BYTES, NULL, fn))
		return -1;
	refine_bytes(b);
	return finish(b);
}

static int
map_enum(struct refine *b, const struct type_fact *fact)
{
	struct span allowed;
	size_t len = fact->nlabels;
	char *at;

	if (!start(b, SCHEMA_STRING, "io.debezium.data.Enum",
	    conv_text_string))
		return -1;
	for (size_t i = 0; i < fact->nlabels; i++)
		len += fact->labels[i].len;
	at = arena_alloc(b->a, len + 1);
	if (!at)
		return -1;
	allowed = (struct span){ at, len ? len - 1 : 0 };
	for (size_t i = 0; i < fact->nlabels; i++) {
		memcpy(at, fact->labels[i].p, fact->labels[i].len);
		at += fact->labels[i].len;
		*at++ = ',';
	}
	schema_add_param(b->a, b->schema, span_of("allowed"), allowed);
	b->out->text = true;
	b->out->unavailable = refine_placeholder(b);
	return finish(b);
}

/* java.util.UUID.nameUUIDFromBytes(): the MD5 of the name, version 3. */
static struct span
name_uuid(struct span name, struct arena *a)
{
	unsigned char d[EVP_MAX_MD_SIZE] = { 0 };

	if (!EVP_Digest(name.p, name.len, d, NULL, EVP_md5(), NULL))
		return (struct span){ NULL, 0 };
	d[6] = (d[6] & 0x0f) | 0x30;
	d[8] = (d[8] & 0x3f) | 0x80;
	return arena_printf(a, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		"%02x%02x%02x%02x%02x%02x", d[0], d[1], d[2], d[3], d[4], d[5],
		d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14],
		d[15]);
}

static bool
plain_number(const struct schema *s)
{
	return (s->type == SCHEMA_INT16 || s->type == SCHEMA_INT32 ||
		s->type == SCHEMA_INT64) && (!s->name.p ||
		span_is(s->name, "io.debezium.time.Date") ||
		span_is(s->name, "org.apache.kafka.connect.data.Date"));
}

/* Of an array: one element, or for numbers the placeholder's bytes, signed as Java's. */
static struct value
array_placeholder(struct refine *b, const struct type_mapping *item)
{
	struct span p = b->modes->unavailable;
	struct value *items = arena_zero(b->a, p.len + 1, sizeof *items);

	if (!items || !p.p)
		return value_null();
	if (plain_number(item->schema)) {
		for (size_t i = 0; i < p.len; i++)
			items[i] = value_int((signed char)p.p[i]);
		return value_items(VALUE_ARRAY, items, p.len);
	}
	if (item->unavailable.kind == VALUE_NULL)
		return value_null();
	items[0] = item->unavailable;
	if (span_is(item->schema->name, "io.debezium.data.Uuid"))
		items[0] = value_text(VALUE_STRING, name_uuid(p, b->a));
	return value_items(VALUE_ARRAY, items, 1);
}

static const struct row *row_of(const struct facts *facts, uint32_t oid);

static bool
unknown_shape(const struct refine *b, const struct row *row)
{
	return row && row->flags & GEOMETRIC && !b->modes->geometric;
}

static int map_type(struct refine *b, uint32_t oid);

/* An element can be NULL whatever its type. */
static int
map_array(struct refine *b, uint32_t elem, char delimiter)
{
	const struct row *row = row_of(b->facts, elem);
	const struct type_fact *fact = facts_type(b->facts, elem);
	struct type_mapping item;
	struct refine eb = *b;
	int mapped;

	if (row && row->flags & NO_ARRAY)
		return 0;
	eb.optional = true;
	eb.out = &item;
	/* Debezium does not look through a domain here. */
	if (!row && fact && fact->type == 'd')
		mapped = map_unknown(&eb, conv_text_unknown);
	else
		mapped = map_type(&eb, elem);
	if (mapped != 1)
		return mapped;
	if (!start(b, SCHEMA_ARRAY, NULL, conv_array))
		return -1;
	b->schema->item = item.schema;
	b->conv->item = item.conv;
	b->conv->delimiter = delimiter ? delimiter : ',';
	b->out->unavailable = array_placeholder(b, &item);
	return finish(b);
}

/* By OID, or by the name of a base type that an extension has brought. */
static const struct row *
row_of(const struct facts *facts, uint32_t oid)
{
	const struct type_fact *fact;

	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].oid == oid && oid)
			return &rows[i];
	}
	fact = facts_type(facts, oid);
	if (!fact || fact->type != 'b')
		return NULL;
	for (size_t i = 0; i < ROWS; i++) {
		if (!rows[i].oid && span_is(fact->name, rows[i].name))
			return &rows[i];
	}
	return NULL;
}

/* The row whose built-in array type this is; these need no facts. */
static const struct row *
row_of_array(uint32_t oid)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].array == oid && oid)
			return &rows[i];
	}
	return NULL;
}

/* Down to the root of a domain; `typmod` becomes the root's. */
static uint32_t
root_of(const struct facts *facts, uint32_t oid, int32_t *typmod)
{
	for (int i = 0; i < DOMAINS_MAX; i++) {
		const struct type_fact *fact = facts_type(facts, oid);

		if (!fact || fact->type != 'd')
			break;
		oid = fact->base;
		*typmod = fact->base_typmod;
	}
	return oid;
}

static int
map_type(struct refine *b, uint32_t oid)
{
	const struct row *row;
	const struct type_fact *fact;

	oid = root_of(b->facts, oid, &b->typmod);
	row = row_of(b->facts, oid);
	if (unknown_shape(b, row))
		return map_unknown(b, conv_geometry_unknown);
	if (row)
		return map_row(b, row);
	row = row_of_array(oid);
	if (row)
		return map_array(b, row->oid, row->oid == BOX ? ';' : ',');
	fact = facts_type(b->facts, oid);
	if (fact && fact->type == 'e')
		return map_enum(b, fact);
	if (fact && fact->category == 'A' && fact->elem)
		return map_array(b, fact->elem, fact->delimiter);
	return map_unknown(b, conv_text_unknown);
}

int
types_map(const struct type_modes *modes, const struct facts *facts,
	uint32_t oid, int32_t typmod, bool optional, struct arena *a,
	struct type_mapping *out, struct fail *f)
{
	struct refine b = {
		.modes = modes, .facts = facts, .a = a, .typmod = typmod,
		.optional = optional, .out = out,
	};
	int mapped = map_type(&b, oid);

	if (mapped == -1 || arena_failed(a))
		return fail_set(f, FAIL_FATAL,
			"a type's mapping: no memory left");
	return mapped;
}

void
types_array_as_json(const struct type_modes *modes, struct arena *a,
	struct type_mapping *mapping)
{
	struct refine b = {
		.modes = modes, .a = a, .out = mapping,
		.optional = mapping->schema->optional,
	};
	const struct conv *array = mapping->conv;

	if (array->fn != conv_array || !start(&b, SCHEMA_STRING,
	    "io.debezium.data.Json", conv_array_json))
		return;
	b.conv->item = array;
	mapping->unavailable = refine_placeholder(&b);
	mapping->missing = value_text(VALUE_STRING, (struct span)SPAN("[]"));
	finish(&b);
}

struct span
types_name(const struct facts *facts, uint32_t oid, struct arena *a)
{
	const struct row *row = row_of(facts, oid);
	const struct type_fact *fact = facts_type(facts, oid);
	struct span elem;

	if (row && row->oid)
		return span_of(row->name);
	row = row_of_array(oid);
	if (row)
		return arena_printf(a, "%s[]", row->name);
	if (!fact)
		return arena_printf(a, "type %u", (unsigned)oid);
	if (fact->category == 'A' && fact->elem &&
	    facts_type(facts, fact->elem)) {
		elem = types_name(facts, fact->elem, a);
		return arena_printf(a, "%.*s[]", SPAN_ARG(elem));
	}
	if (span_is(fact->schema, "pg_catalog"))
		return arena_copy(a, fact->name);
	return arena_printf(a, "%.*s.%.*s", SPAN_ARG(fact->schema),
		SPAN_ARG(fact->name));
}
