/*
 * conv_text: types whose text is the value, and bytes in their many forms.
 */
#ifndef CONV_TEXT_H
#define CONV_TEXT_H

#include "conv.h"

/* How bytes are shown; the order is that of binary_mode in types.h. */
enum conv_text_form {
	CONV_TEXT_BYTES,	/* VALUE_BYTES */
	CONV_TEXT_BASE64,	/* VALUE_STRING, with padding; so are the next two */
	CONV_TEXT_BASE64_URL,	/* - and _, with padding */
	CONV_TEXT_HEX		/* lower case, no prefix */
};

/*
 * text, varchar, bpchar, name, citext, uuid, json, xml, enums, ranges, inet,
 * ltree, tsvector, ...: VALUE_STRING, a view of the text. No parameters, `c`
 * may be NULL.
 */
int conv_text_string(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f);

/*
 * bytea under bytea_output = hex. `precision` is the enum conv_text_form. Any
 * other output format is refused.
 */
int conv_text_bytea(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f);

/*
 * A type that nobody knows: its text as bytes. `precision` is the enum
 * conv_text_form.
 */
int conv_text_unknown(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f);

/*
 * bit(1) and varbit(1): VALUE_BOOL, NULL for an empty varbit. No parameters,
 * `c` may be NULL.
 */
int conv_text_bit(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f);

/*
 * Longer bit strings: VALUE_BYTES of io.debezium.data.Bits, the text read as
 * a number, least significant byte first, up to the highest bit set. No
 * parameters, `c` may be NULL.
 */
int conv_text_bits(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f);

/*
 * Bytes that are at hand, such as a logical message's content, in `form` (enum
 * conv_text_form): a view of them for CONV_TEXT_BYTES, else in `a`. 0, or -1
 * if the arena has failed.
 */
int conv_text_content(int form, struct span bytes, struct arena *a,
	struct value *out, struct fail *f);

#endif
