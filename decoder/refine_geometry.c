#include "refine_geometry.h"

#include "conv_geometry.h"

void
refine_geometry_point(struct refine *b)
{
	static const struct refine_field fields[] = {
		{ "x", SCHEMA_FLOAT64, false }, { "y", SCHEMA_FLOAT64, false },
		{ "wkb", SCHEMA_BYTES, true }, { "srid", SCHEMA_INT32, true },
	};

	refine_struct(b, "Geometry (POINT)", fields, 4);
	b->conv->item = refine_double();
	b->out->missing = conv_geometry_no_point(b->a);
}

/* Debezium's schema is optional whatever the column says. */
static void
refine_shape(struct refine *b, const char *doc)
{
	static const struct refine_field fields[] = {
		{ "wkb", SCHEMA_BYTES, false }, { "srid", SCHEMA_INT32, true },
	};

	b->optional = true;
	refine_struct(b, doc, fields, 2);
	b->out->missing = conv_geometry_no_shape(b->a);
}

void
refine_geometry_postgis(struct refine *b)
{
	refine_shape(b, "Geometry");
}

void
refine_geometry_geography(struct refine *b)
{
	refine_shape(b, "Geography");
}

/* Version 2 of Geometry, which PostGIS types do not have here. */
static void
refine_box_and_kin(struct refine *b, const char *fallback)
{
	static const struct refine_field fields[] = {
		{ "wkb", SCHEMA_BYTES, false }, { "srid", SCHEMA_INT32, true },
		{ "extensions", SCHEMA_MAP, true },
	};
	struct schema *s, *map;

	b->optional = true;
	s = refine_struct(b, "Geometry", fields, 3);
	map = s ? schema_copy(b->a, s->fields[2].schema) : NULL;
	if (!map)
		return;
	s->version = 2;
	map->key = map->item = schema_new(b->a, SCHEMA_STRING, false);
	schema_set_field(b->a, s, 2, span_of("extensions"), map);
	b->conv->fn(b->conv, span_of(fallback), b->a, &b->out->missing, NULL);
}

void
refine_geometry_box(struct refine *b)
{
	refine_box_and_kin(b, "(0,0),(1,1)");
}

void
refine_geometry_lseg(struct refine *b)
{
	refine_box_and_kin(b, "[(0,0),(1,0)]");
}

void
refine_geometry_path(struct refine *b)
{
	refine_box_and_kin(b, "[(0,0),(1,0)]");
}

void
refine_geometry_polygon(struct refine *b)
{
	refine_box_and_kin(b, "((0,0),(1,0),(0,1))");
}

void
refine_geometry_circle(struct refine *b)
{
	static const struct refine_field fields[] = {
		{ "center", SCHEMA_STRUCT, false },
		{ "radius", SCHEMA_FLOAT64, false },
	};
	struct refine center = *b;
	struct type_mapping unused;
	struct schema *s;

	center.optional = false;
	center.out = &unused;
	center.schema = schema_named(b->a, SCHEMA_STRUCT, false,
		"io.debezium.data.geometry.Point", 1);
	b->optional = true;
	s = refine_struct(b, "Geometry (CIRCLE)", fields, 2);
	if (!s || !center.schema)
		return;
	refine_geometry_point(&center);
	schema_set_field(b->a, s, 0, span_of("center"), center.schema);
	b->conv->item = refine_double();
	b->conv->fn(b->conv, span_of("<(0,0),0>"), b->a, &b->out->missing, NULL);
}

/* PostgreSQL has no line {0,0,0}. */
void
refine_geometry_line(struct refine *b)
{
	static const struct refine_field fields[] = {
		{ "a", SCHEMA_FLOAT64, false }, { "b", SCHEMA_FLOAT64, false },
		{ "c", SCHEMA_FLOAT64, false },
	};

	b->optional = true;
	refine_struct(b, "Geometry (LINE)", fields, 3);
	b->conv->item = refine_double();
	b->conv->fn(b->conv, span_of("{0,1,0}"), b->a, &b->out->missing, NULL);
}
