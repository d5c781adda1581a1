/*
 * conv_array: PostgreSQL's array text to a list of its elements.
 *
 * One dimension. An array of more has one NULL per outer element, for the
 * schema has a single level. Bounds such as "[0:2]=" are read and dropped.
 */
#ifndef CONV_ARRAY_H
#define CONV_ARRAY_H

#include "conv.h"

/* `item` converts an element, `delimiter` stands between two. */
conv_fn conv_array;

#endif
