/*
 * schema: the logical type of a value, as Kafka Connect describes it.
 *
 * A tree that is built once in the arena of a plan and const from then on.
 * Schemas may be shared between fields; what differs per field (its name) is
 * in the field. The JSON text of a schema is made by json_schema().
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "arena.h"
#include "value.h"

enum schema_type {
	SCHEMA_BOOLEAN, SCHEMA_INT8, SCHEMA_INT16, SCHEMA_INT32, SCHEMA_INT64,
	SCHEMA_FLOAT32, SCHEMA_FLOAT64, SCHEMA_BYTES, SCHEMA_STRING,
	SCHEMA_ARRAY, SCHEMA_MAP, SCHEMA_STRUCT
};

struct schema_param {
	struct span name, value;
};

struct schema;

#define SCHEMA_JSON_NAME_ROOM 16	/* bytes */

struct schema_field {
	struct span name;
	/* `"name":`, escaped, ready to copy; absent, or in so much room at least. */
	struct span json_name;
	const struct schema *schema;
};

struct schema {
	enum schema_type type;
	bool optional;
	int version;			/* 0: none */
	struct span name, doc;		/* absent if p is NULL */
	const struct schema_param *params;
	size_t nparams;
	const struct value *dflt;	/* NULL: no default */
	const struct schema *key;	/* MAP */
	const struct schema *item;	/* ARRAY: element; MAP: value */
	const struct schema_field *fields;	/* STRUCT */
	size_t nfields;
};

/*
 * Constructors: in `a`, NULL when the arena has failed; they copy nothing, so
 * names must be literals or live in the same arena. The result may still be
 * refined by the caller before it is shared.
 */
struct schema *schema_new(struct arena *a, enum schema_type type, bool optional);
/* With a semantic name such as "io.debezium.time.Date" and its version. */
struct schema *schema_named(struct arena *a, enum schema_type type,
	bool optional, const char *name, int version);
struct schema *schema_array(struct arena *a, bool optional,
	const struct schema *item);
/* Adds a parameter (the list is rebuilt in `a`; for compile time only). */
void schema_add_param(struct arena *a, struct schema *s, struct span name,
	struct span value);
/* A shallow copy that may be refined: another optionality, a default. */
struct schema *schema_copy(struct arena *a, const struct schema *s);

/* Structs: fields are filled in order, n at most. */
struct schema *schema_struct(struct arena *a, bool optional, struct span name,
	int version, size_t nfields);
/* Sets field i, with its JSON name escaped. */
void schema_set_field(struct arena *a, struct schema *s, size_t i,
	struct span name, const struct schema *field);

/* "int32", "float", "double", "struct", ...: Connect's JSON name of the type. */
const char *schema_type_name(enum schema_type type);

#endif
