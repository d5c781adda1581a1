/*
 * naming: names of schemas and fields that Avro can have.
 *
 * Avro's names are letters, digits and underscores, no digit first; names of
 * schemas may have points. Like Debezium it counts in UTF-16 units: a character
 * beyond the BMP becomes two replacements.
 */
#ifndef NAMING_H
#define NAMING_H

#include "arena.h"

enum naming {
	NAMING_NONE,
	NAMING_AVRO,		/* what Avro cannot have becomes _; a leading digit gets one */
	NAMING_AVRO_UNICODE	/* it, and the underscore, becomes _uXXXX */
};

/* In `a`, or `name` itself if it is fine; absent when the arena has failed. */
struct span naming_schema(enum naming mode, struct span name, struct arena *a);
struct span naming_field(enum naming mode, struct span name, struct arena *a);

#endif
