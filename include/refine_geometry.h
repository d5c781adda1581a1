/*
 * refine_geometry: points, the other geometric types, and those of PostGIS.
 */
#ifndef REFINE_GEOMETRY_H
#define REFINE_GEOMETRY_H

#include "refine.h"

refine_fn refine_geometry_box;
refine_fn refine_geometry_circle;
refine_fn refine_geometry_geography;
refine_fn refine_geometry_line;
refine_fn refine_geometry_lseg;
refine_fn refine_geometry_path;
refine_fn refine_geometry_point;
refine_fn refine_geometry_polygon;
refine_fn refine_geometry_postgis;

#endif
