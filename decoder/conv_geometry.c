#include "conv_geometry.h"

#include <stdlib.h>

#include "binary.h"

#define POINT_WKB	21		/* order, type, two doubles */
#define EWKB_SRID	UINT32_C(0x20000000)

static int
bad(struct fail *f, const char *type, struct span text)
{
	int len = text.len > 64 ? 64 : (int)text.len;

	return fail_set(f, FAIL_FATAL, "not a %s: \"%.*s\"", type, len, text.p);
}

static int
no_memory(struct fail *f)
{
	return fail_set(f, FAIL_FATAL, "a geometry: no memory left");
}

static void
put_double(char *to, double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof bits);
	for (int i = 0; i < 8; i++)
		to[i] = (char)(bits >> 8 * i);
}

/* Coordinates are doubles in the database, so nothing is lost here. */
static bool
to_double(struct span text, double *d)
{
	char copy[64], *end;

	if (text.len == 0 || text.len >= sizeof copy)
		return false;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	*d = strtod(copy, &end);
	return *end == '\0';
}

static struct value *
point(struct arena *a, struct value x, struct value y, double dx, double dy)
{
	struct value *fields = arena_zero(a, 4, sizeof *fields);
	char *wkb = arena_zero(a, 1, POINT_WKB);

	if (!fields || !wkb)
		return NULL;
	wkb[0] = 1;
	wkb[1] = 1;
	put_double(wkb + 5, dx);
	put_double(wkb + 13, dy);
	fields[0] = x;
	fields[1] = y;
	fields[2] = value_text(VALUE_BYTES, (struct span){ wkb, POINT_WKB });
	fields[3] = value_null();
	return fields;
}

int
conv_geometry_point(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	const char *comma = text.len ? memchr(text.p, ',', text.len) : NULL;
	struct value vx, vy, *fields;
	struct span x, y;
	double dx, dy;

	if (!comma || text.p[0] != '(' || text.p[text.len - 1] != ')')
		return bad(f, "point", text);
	x = (struct span){ text.p + 1, (size_t)(comma - text.p) - 1 };
	y = (struct span){ comma + 1,
		(size_t)(text.p + text.len - comma) - 2 };
	if (!to_double(x, &dx) || !to_double(y, &dy))
		return bad(f, "point", text);
	if (c->item->fn(c->item, x, a, &vx, f) ||
	    c->item->fn(c->item, y, a, &vy, f))
		return -1;
	fields = point(a, vx, vy, dx, dy);
	if (!fields)
		return no_memory(f);
	*out = value_items(VALUE_STRUCT, fields, 4);
	return 0;
}

static uint32_t
u32_at(const char *wkb, size_t at)
{
	const unsigned char *p = (const unsigned char *)wkb + at;
	uint32_t big = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		(uint32_t)p[2] << 8 | p[3];

	return wkb[0] ? __builtin_bswap32(big) : big;
}

static struct value *
shape(struct arena *a, struct span wkb, struct value srid)
{
	struct value *fields = arena_zero(a, 2, sizeof *fields);

	if (fields) {
		fields[0] = value_text(VALUE_BYTES, wkb);
		fields[1] = srid;
	}
	return fields;
}

int
conv_geometry_ewkb(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	size_t len = text.len / 2;
	struct value *fields, srid = value_null();
	char *wkb;

	(void)c;
	if (text.len % 2 || len < 5)
		return bad(f, "geometry", text);
	wkb = arena_alloc(a, len);
	if (!wkb)
		return no_memory(f);
	if (!binary_unhex(wkb, text))
		return bad(f, "geometry", text);
	if (u32_at(wkb, 1) & EWKB_SRID) {
		if (len < 9)
			return bad(f, "geometry", text);
		srid = value_int((int32_t)u32_at(wkb, 5));
	}
	fields = shape(a, (struct span){ wkb, len }, srid);
	if (!fields)
		return no_memory(f);
	*out = value_items(VALUE_STRUCT, fields, 2);
	return 0;
}

struct value
conv_geometry_no_point(struct arena *a)
{
	struct value zero = value_text(VALUE_FLOAT, (struct span)SPAN("0.0"));
	struct value *fields = point(a, zero, zero, 0, 0);

	return fields ? value_items(VALUE_STRUCT, fields, 4) : value_null();
}

struct value
conv_geometry_no_shape(struct arena *a)
{
	static const char empty[9] = { 1, 7 };	/* a collection of 0 shapes */
	struct value *fields = shape(a, (struct span){ empty, 9 },
		value_null());

	return fields ? value_items(VALUE_STRUCT, fields, 2) : value_null();
}
