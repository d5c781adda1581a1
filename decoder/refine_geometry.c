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
