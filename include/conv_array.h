/*
 * conv_array: PostgreSQL's array text to a list of its elements.
 *
 * One dimension: an array of more has one NULL per outer element, for the
 * schema has a single level, unless it becomes JSON. Bounds such as "[0:2]=" are read and dropped.
 */
#ifndef CONV_ARRAY_H
#define CONV_ARRAY_H

#include "conv.h"

/* `item` converts an element, `delimiter` stands between two. */
conv_fn conv_array;

/*
 * The whole array as JSON text, whatever its dimensions: [[1,2],[3,null]]. The
 * converter's `item` is that of the array; decimals are numbers, all else is
 * as in a list of one dimension.
 */
conv_fn conv_array_json;

#endif
