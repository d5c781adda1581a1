/*
 * mapping: what a column's type becomes, and the modes that decide it.
 *
 * Plain data: types fills a mapping from its table, refine changes it as the
 * modes say, a plan keeps it for every column.
 */
#ifndef MAPPING_H
#define MAPPING_H

#include "conv.h"

enum decimal_mode { DECIMAL_PRECISE, DECIMAL_DOUBLE, DECIMAL_STRING };
enum time_mode {
	TIME_ADAPTIVE, TIME_ADAPTIVE_MICROSECONDS, TIME_CONNECT,
	TIME_ISOSTRING, TIME_MICROSECONDS, TIME_NANOSECONDS, TIME_STRUCTURED
};
enum interval_mode { INTERVAL_NUMERIC, INTERVAL_STRING };
enum hstore_mode { HSTORE_JSON, HSTORE_MAP };
enum binary_mode { BINARY_BYTES, BINARY_BASE64, BINARY_BASE64_URL_SAFE, BINARY_HEX };

struct type_modes {
	enum decimal_mode decimal;
	enum time_mode time;
	enum interval_mode interval;
	enum hstore_mode hstore;
	enum binary_mode binary;
	bool include_unknown;
	bool geometric;		/* box, circle, line, lseg, path, polygon */
	int money_digits;	/* money.fraction.digits */
	struct span unavailable;	/* placeholder of an unchanged TOAST value */
};

struct type_mapping {
	const struct schema *schema;	/* without a default */
	const struct conv *conv;
	struct value unavailable;	/* for an unchanged TOAST value; may be NULL */
	struct value missing;		/* of a NOT NULL column that was not sent */
	bool text;			/* char-family: may be masked */
};

#endif
