#include "conv_geometry.h"

#include <stdlib.h>

#include "binary.h"
#include "conv_text.h"
#include "real.h"

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

struct xy {
	double x, y;
};

/* How many points "(1,2),(3,4)" has, for room: each has a comma, and one between. */
static size_t
count_points(struct span s)
{
	size_t commas = 0;

	for (size_t i = 0; i < s.len; i++)
		commas += s.p[i] == ',';
	return commas / 2 + 1;
}

/* Takes "(1,2)" off the front of `s`. */
static bool
next_point(struct span *s, struct xy *point)
{
	const char *comma = s->len ? memchr(s->p, ',', s->len) : NULL;
	const char *end = s->len ? memchr(s->p, ')', s->len) : NULL;

	if (!comma || !end || comma > end || s->p[0] != '(' ||
	    !to_double((struct span){ s->p + 1, (size_t)(comma - s->p) - 1 },
		&point->x) ||
	    !to_double((struct span){ comma + 1, (size_t)(end - comma) - 1 },
		&point->y))
		return false;
	s->len -= (size_t)(end + 1 - s->p);
	s->p = end + 1;
	return true;
}

/*
 * Points between commas, with room for one more; NULL, without memory or
 * (`*count` is 0) if the text is none.
 */
static struct xy *
points_of(struct span text, struct arena *a, size_t *count)
{
	struct xy *points = arena_zero(a, count_points(text) + 1,
		sizeof *points);

	*count = 0;
	while (points && next_point(&text, &points[*count])) {
		++*count;
		if (text.len == 0)
			return points;
		if (text.p[0] != ',')
			break;
		text.p++;
		text.len--;
	}
	*count = 0;
	return NULL;
}

enum { WKB_LINE = 2, WKB_POLYGON = 3 };

/* A line, or a polygon of one ring. */
static struct span
wkb_of(struct arena *a, int type, const struct xy *points, size_t count)
{
	size_t head = type == WKB_POLYGON ? 13 : 9, len = head + 16 * count;
	char *wkb = arena_zero(a, 1, len);

	if (!wkb)
		return (struct span){ NULL, 0 };
	wkb[0] = 1;
	wkb[1] = (char)type;
	if (type == WKB_POLYGON)
		wkb[5] = 1;
	for (int i = 0; i < 4; i++)
		wkb[head - 4 + i] = (char)(count >> 8 * i);
	for (size_t i = 0; i < count; i++) {
		put_double(wkb + head + 16 * i, points[i].x);
		put_double(wkb + head + 16 * i + 8, points[i].y);
	}
	return (struct span){ wkb, len };
}

/* {wkb, srid, extensions}; `closed` is NULL if it does not apply. */
static int
shape_value(struct arena *a, const char *type, const char *closed,
	struct span wkb, struct value *out, struct fail *f)
{
	struct value *fields = arena_zero(a, 3, sizeof *fields);
	struct value *pairs = arena_zero(a, 4, sizeof *pairs);

	if (!fields || !pairs || !wkb.p)
		return no_memory(f);
	pairs[0] = value_text(VALUE_STRING, span_of("type"));
	pairs[1] = value_text(VALUE_STRING, span_of(type));
	pairs[2] = value_text(VALUE_STRING, span_of("closed"));
	pairs[3] = value_text(VALUE_STRING, span_of(closed));
	fields[0] = value_text(VALUE_BYTES, wkb);
	fields[2] = value_items(VALUE_MAP, pairs, closed ? 2 : 1);
	*out = value_items(VALUE_STRUCT, fields, 3);
	return 0;
}

static int
bad_points(struct arena *a, const char *type, struct span text, struct fail *f)
{
	return arena_failed(a) ? no_memory(f) : bad(f, type, text);
}

/* Without the marks around it: "[...]". The text itself is empty if they are others. */
static struct span
inside(struct span text, char open, char close)
{
	if (text.len < 2 || text.p[0] != open || text.p[text.len - 1] != close)
		return (struct span){ text.p, 0 };
	return (struct span){ text.p + 1, text.len - 2 };
}

int
conv_geometry_box(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	size_t count;
	struct xy *p = points_of(text, a, &count), ring[5];

	(void)c;
	if (!p || count != 2)
		return bad_points(a, "box", text, f);
	ring[0] = ring[4] = p[0];
	ring[1] = (struct xy){ p[0].x, p[1].y };
	ring[2] = p[1];
	ring[3] = (struct xy){ p[1].x, p[0].y };
	return shape_value(a, "box", NULL, wkb_of(a, WKB_POLYGON, ring, 5),
		out, f);
}

int
conv_geometry_lseg(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	size_t count;
	struct xy *p = points_of(inside(text, '[', ']'), a, &count);

	(void)c;
	if (!p || count != 2)
		return bad_points(a, "lseg", text, f);
	return shape_value(a, "lseg", NULL, wkb_of(a, WKB_LINE, p, 2), out, f);
}

int
conv_geometry_path(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	bool open = text.len && text.p[0] == '[';
	size_t count;
	struct xy *p = points_of(inside(text, open ? '[' : '(',
		open ? ']' : ')'), a, &count);

	(void)c;
	if (!p)
		return bad_points(a, "path", text, f);
	return shape_value(a, "path", open ? "false" : "true",
		wkb_of(a, WKB_LINE, p, count), out, f);
}

int
conv_geometry_polygon(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	size_t count;
	struct xy *p = points_of(inside(text, '(', ')'), a, &count);

	(void)c;
	if (!p)
		return bad_points(a, "polygon", text, f);
	if (count > 1 && (p[0].x != p[count - 1].x || p[0].y != p[count - 1].y))
		p[count++] = p[0];
	return shape_value(a, "polygon", NULL, wkb_of(a, WKB_POLYGON, p, count),
		out, f);
}

/* "(x,y),r" between its marks. */
int
conv_geometry_circle(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct span s = inside(text, '<', '>'), center;
	const char *end = s.len ? memchr(s.p, ')', s.len) : NULL;
	struct value *fields;

	if (!end || end + 1 == s.p + s.len || end[1] != ',')
		return bad(f, "circle", text);
	fields = arena_zero(a, 2, sizeof *fields);
	if (!fields)
		return no_memory(f);
	center = (struct span){ s.p, (size_t)(end + 1 - s.p) };
	s = (struct span){ end + 2, s.len - center.len - 1 };
	if (conv_geometry_point(c, center, a, &fields[0], f) ||
	    c->item->fn(c->item, s, a, &fields[1], f))
		return -1;
	*out = value_items(VALUE_STRUCT, fields, 2);
	return 0;
}

int
conv_geometry_line(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct span s = inside(text, '{', '}');
	struct value *fields = arena_zero(a, 3, sizeof *fields);

	if (!fields)
		return no_memory(f);
	for (int i = 0; i < 3; i++) {
		const char *comma = s.len ? memchr(s.p, ',', s.len) : NULL;
		size_t len = comma ? (size_t)(comma - s.p) : s.len;

		if (!comma != (i == 2))
			return bad(f, "line", text);
		if (c->item->fn(c->item, (struct span){ s.p, len }, a,
		    &fields[i], f))
			return -1;
		s.p += len + (comma != NULL);
		s.len -= len + (comma != NULL);
	}
	*out = value_items(VALUE_STRUCT, fields, 3);
	return 0;
}

/* Brackets and commas stand between the numbers, nothing else. */
static size_t
number_length(struct span text)
{
	size_t n = 0;

	while (n < text.len && !strchr("()[]{}<>,", text.p[n]))
		n++;
	return n;
}

int
conv_geometry_unknown(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	/* "1" becomes "1.0" and "1e+16" "1.0E16": at most four more each. */
	char *to = arena_alloc(a, 5 * text.len + 1);
	size_t n = 0, len;
	struct value v;

	if (!to)
		return no_memory(f);
	for (struct span rest = text; rest.len; ) {
		len = number_length(rest);
		if (!len) {
			to[n++] = *rest.p;
			len = 1;
		} else {
			if (real_value((struct span){ rest.p, len },
			    REAL_DOUBLE, a, &v, f))
				return -1;
			memcpy(to + n, v.p, v.len);
			n += v.len;
		}
		rest.p += len;
		rest.len -= len;
	}
	return conv_text_unknown(c, (struct span){ to, n }, a, out, f);
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
