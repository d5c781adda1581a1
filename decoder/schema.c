#include "schema.h"

#include "quote.h"

struct schema *
schema_new(struct arena *a, enum schema_type type, bool optional)
{
	struct schema *s = arena_zero(a, 1, sizeof(*s));

	if (s) {
		s->type = type;
		s->optional = optional;
	}
	return s;
}

struct schema *
schema_named(struct arena *a, enum schema_type type, bool optional,
	const char *name, int version)
{
	struct schema *s = schema_new(a, type, optional);

	if (s) {
		s->name = span_of(name);
		s->version = version;
	}
	return s;
}

struct schema *
schema_array(struct arena *a, bool optional, const struct schema *item)
{
	struct schema *s = schema_new(a, SCHEMA_ARRAY, optional);

	if (s)
		s->item = item;
	return s;
}

void
schema_add_param(struct arena *a, struct schema *s, struct span name,
	struct span value)
{
	struct schema_param *params;

	if (!s)
		return;
	params = arena_zero(a, s->nparams + 1, sizeof(*params));
	if (!params)
		return;
	if (s->nparams)
		memcpy(params, s->params, s->nparams * sizeof(*params));
	params[s->nparams].name = name;
	params[s->nparams].value = value;
	s->params = params;
	s->nparams++;
}

struct schema *
schema_copy(struct arena *a, const struct schema *s)
{
	struct schema *copy = s ? arena_zero(a, 1, sizeof(*copy)) : NULL;

	if (copy)
		*copy = *s;
	return copy;
}

struct schema *
schema_struct(struct arena *a, bool optional, struct span name, int version,
	size_t nfields)
{
	struct schema *s = schema_new(a, SCHEMA_STRUCT, optional);

	if (!s)
		return NULL;
	s->name = name;
	s->version = version;
	s->nfields = nfields;
	s->fields = arena_zero(a, nfields, sizeof(*s->fields));
	return s->fields ? s : NULL;
}

/*
 * `"name":`. Absent if the name is not UTF-8, which the JSON writer then
 * reports when it comes to the field.
 */
static struct span
json_name(struct arena *a, struct span name)
{
	size_t room = quote_json_room(name.len);
	struct buf b = { .p = arena_alloc(a, room), .size = room, .cap = room };

	if (!b.p || quote_json(&b, name, NULL) != 0)
		return (struct span){ NULL, 0 };
	buf_putc(&b, ':');
	return buf_span(&b);
}

void
schema_set_field(struct arena *a, struct schema *s, size_t i, struct span name,
	const struct schema *field)
{
	/* schema_struct made them in this arena; nobody else has seen them yet. */
	struct schema_field *fields = s ? (struct schema_field *)s->fields : NULL;

	if (!s || i >= s->nfields)
		return;
	fields[i].name = name;
	fields[i].json_name = json_name(a, name);
	fields[i].schema = field;
}

const char *
schema_type_name(enum schema_type type)
{
	static const char *const names[] = {
		"boolean", "int8", "int16", "int32", "int64", "float", "double",
		"bytes", "string", "array", "map", "struct"
	};

	return names[type];
}
