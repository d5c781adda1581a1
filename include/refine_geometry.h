/*
 * refine_geometry: points, the other geometric types, and those of PostGIS.
 */
#ifndef REFINE_GEOMETRY_H
#define REFINE_GEOMETRY_H

#include "refine.h"

refine_fn refine_geometry_geography;
refine_fn refine_geometry_point;
refine_fn refine_geometry_postgis;

#endif
