/*
 * connector: a Kafka Connect connector's configuration, as names and values.
 *
 * Two forms are read: JSON as posted to Connect (the options at the top, or in
 * "config"), and Java properties with their escapes and continued lines. Names
 * are unique; the last value given wins and keeps the place of the first.
 */
#ifndef CONNECTOR_H
#define CONNECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "fail.h"

struct connector_option {
	char *name, *value;
	bool used;		/* for who translates */
};

struct connector {
	struct connector_option *options;
	size_t count;
};

/*
 * Parses `text`; JSON if it begins with '{'. `file` is for messages. -1 with
 * FAIL_CONFIG "FILE:LINE: ..."; `c` then needs no release.
 */
int connector_parse(struct connector *c, const char *text, size_t len,
	const char *file, struct fail *f);
void connector_release(struct connector *c);

/* The value of an option, which is marked as used; NULL if it is not there. */
const char *connector_take(struct connector *c, const char *name);

#endif
