/*
 * conv_geometry: the geometric types, and PostGIS geometry and geography.
 *
 * Bytes are well-known binary: built (little-endian, no SRID) for the server's
 * own types, as PostGIS sent it (with the SRID inside, if it has one) for its.
 */
#ifndef CONV_GEOMETRY_H
#define CONV_GEOMETRY_H

#include "conv.h"

/* "(1,2)" to {x, y, wkb, srid = NULL}; `item` converts a double. */
conv_fn conv_geometry_point;
/* Hexadecimal EWKB to {wkb, srid or NULL}. */
conv_fn conv_geometry_ewkb;

/*
 * The other types of the server, as Debezium 3.7 has them. Shapes are {wkb, srid
 * = NULL, extensions: {"type": "box"}}: a box is a closed ring of its corners,
 * a polygon a closed ring, an lseg a line of two points, a path a line, whose
 * extensions also say "closed". A circle is {center, radius}, a line {a, b, c};
 * `item` converts a double there.
 */
conv_fn conv_geometry_box;
conv_fn conv_geometry_lseg;
conv_fn conv_geometry_path;
conv_fn conv_geometry_polygon;
conv_fn conv_geometry_circle;
conv_fn conv_geometry_line;
/*
 * Any of these where it counts as unknown: the content of its text, as
 * conv_text_unknown, with its numbers as Java prints doubles: "<(1.0,2.0),3.0>".
 */
conv_fn conv_geometry_unknown;

/* What stands for a value that was not sent: {0, 0} and the empty collection. */
struct value conv_geometry_no_point(struct arena *a);
struct value conv_geometry_no_shape(struct arena *a);

#endif
