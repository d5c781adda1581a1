/*
 * conv_misc: hstore, and the vectors of pgvector.
 *
 * An hstore keeps the order in which the server shows it.
 */
#ifndef CONV_MISC_H
#define CONV_MISC_H

#include "conv.h"

conv_fn conv_misc_hstore_json;		/* the text {"a":"1","b":null} */
conv_fn conv_misc_hstore_map;
/* "[1,2,3]" to an array; `item` converts an element. */
conv_fn conv_misc_vector;
/* "1 2 3" to a list, of int2vector and oidvector; `item` converts a number. */
conv_fn conv_misc_integers;
/* "{1:201,9:209}/3000" to {dimensions, {1: 201.0, 9: 209.0}}; NULL beyond int16. */
conv_fn conv_misc_sparsevec;

#endif
