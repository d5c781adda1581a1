/*
 * connector_known: options of Debezium and Connect that are not in our table,
 * and what it means to do without them.
 */
#ifndef CONNECTOR_KNOWN_H
#define CONNECTOR_KNOWN_H

#include <stdbool.h>

enum connector_effect {
	CONNECTOR_NOTHING,	/* only of meaning inside Connect: dropped in silence */
	CONNECTOR_LOST,		/* events stay the same; something else is missing */
	CONNECTOR_CHANGES	/* keys, values, headers or topics would differ */
};

struct connector_known {
	const char *name;	/* ends with '*': all that begin so */
	enum connector_effect effect;
	const char *neutral;	/* values without effect, between commas; NULL: none */
	const char *note;	/* what is lost */
};

/* NULL if nobody knows the option. */
const struct connector_known *connector_known_find(const char *name);
/* The option has a value that changes nothing. */
bool connector_known_neutral(const struct connector_known *k, const char *value);

#endif
