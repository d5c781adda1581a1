/*
 * property: librdkafka's own properties, as keys of the group kafka.
 *
 * Dots become underscores ("linger_ms" is linger.ms; dots are taken as well).
 * Which exist, and which values they take, is asked of librdkafka itself, so
 * every property of the version in use can be set. The few that carry the
 * guarantee of delivery belong to pgwake and are refused with the reason.
 */
#ifndef PROPERTY_H
#define PROPERTY_H

#include "fail.h"
#include "nearest.h"
#include "settings.h"

/*
 * Puts key = value among c->kafka.properties, replacing an earlier value.
 * `origin` is copied; NULL for a default of ours. -1 with FAIL_CONFIG: no such
 * property ("is not a property of librdkafka ..."), a value it refuses, or one
 * that pgwake owns; the text goes on where the name ended.
 */
int property_set(struct config *c, const char *key, const char *value,
	const char *origin, struct fail *f);

/* librdkafka's name for a key, into `out`. False if it has none. */
bool property_resolve(const char *key, char *out, size_t size);

/* The value of a property, its name with dots; NULL if it is not set. */
const char *property_get(const struct config *c, const char *name);

/* Its value is not to be shown. */
bool property_is_secret(const char *name);

/* Offers every property, as a key of the group kafka. */
void property_offer(struct nearest *n);

#endif
