/*
 * route: relation to topic.
 *
 * <prefix><delimiter><schema><delimiter><table>, every character that Kafka
 * does not allow replaced by '_' (one per character, not per byte), cut to 249.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "arena.h"

/* In `a`; absent when the arena has failed. */
struct span route_topic(struct arena *a, struct span prefix,
	struct span delimiter, struct span schema, struct span table);

/* `name` with every character outside [A-Za-z0-9._-] replaced by '_'. */
struct span route_sanitise(struct arena *a, struct span name);

#endif
