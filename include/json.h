/*
 * json: (schema, value) to the text that Kafka Connect's JsonConverter writes.
 *
 * Compact, members in schema order. Strings: raw UTF-8 inside the BMP, beyond
 * it surrogate escapes, control characters as \b \t \n \f \r or \u000B in
 * upper case. Bytes and decimals are base64 (a decimal: two's complement of
 * its unscaled value). NaN and infinities are strings.
 */
#ifndef JSON_H
#define JSON_H

#include "buf.h"
#include "fail.h"
#include "schema.h"

struct json_options {
	bool decimal_numeric;	/* decimals as numbers, not base64 */
	bool keep_null;		/* do not put a default in place of null */
};

/*
 * Writes `v`. A null in a place whose schema has a default is written as that
 * default unless `keep_null`. 0, or -1: FAIL_FATAL for text that is not UTF-8
 * (the message says at which byte), or when the buffer's cap is passed.
 */
int json_value(struct buf *b, const struct json_options *o,
	const struct schema *s, const struct value *v, struct fail *f);

/*
 * Writes the schema: type, items|keys,values|fields, optional, name, version,
 * doc, parameters, default, and `field` last if it is not absent.
 */
int json_schema(struct buf *b, const struct json_options *o,
	const struct schema *s, struct span field, struct fail *f);

/* Writes a quoted, escaped string. -1 if it is not UTF-8, or at the cap. */
int json_string(struct buf *b, struct span s, struct fail *f);

/* Standard base64 with padding, no quotes. */
void json_base64(struct buf *b, struct span bytes);

#endif
