/*
 * conv_geometry: point, and PostGIS geometry and geography.
 *
 * Bytes are well-known binary: built for a point (little-endian, no SRID), as
 * PostGIS sent it (with the SRID inside, if it has one) for the others.
 */
#ifndef CONV_GEOMETRY_H
#define CONV_GEOMETRY_H

#include "conv.h"

/* "(1,2)" to {x, y, wkb, srid = NULL}; `item` converts a double. */
conv_fn conv_geometry_point;
/* Hexadecimal EWKB to {wkb, srid or NULL}. */
conv_fn conv_geometry_ewkb;

/* What stands for a value that was not sent: {0, 0} and the empty collection. */
struct value conv_geometry_no_point(struct arena *a);
struct value conv_geometry_no_shape(struct arena *a);

#endif
