/*
 * mask: values that are shortened, starred out or hashed on their way.
 *
 * A mask wraps a column's converter, and rewrites once what stands for a value
 * that was not sent. Like Debezium it masks the character types and enums, and
 * shortens whatever becomes a string or bytes. Schema defaults stay as they are.
 */
#ifndef MASK_H
#define MASK_H

#include "types.h"

enum mask_kind {
	MASK_TRUNCATE,	/* to `length` UTF-16 units, never half a character; of bytes, bytes */
	MASK_STARS,	/* `length` asterisks, also for NULL */
	MASK_HASH	/* hexadecimal, cut to the column's length; NULL stays NULL */
};

struct evp_md_st;	/* EVP_MD of libcrypto */

struct mask {
	enum mask_kind kind;
	uint32_t length;
	const struct evp_md_st *digest;
	struct span salt;
	bool serialized;	/* hash the text as Java serialises it (version 1) */
};

/* By Java's name, such as "SHA-256", in any case. NULL if there is none. */
const struct evp_md_st *mask_digest(const char *name);
/* The names, between commas. */
const char *mask_digest_names(void);

/*
 * Masks a column of `length` characters, in `a`: its converter, its schema's
 * parameters, and the stand-ins `*missing` and `*null`. `mask` is borrowed for
 * the life of the result. False if values stay as they are.
 */
bool mask_apply(const struct mask *mask, int32_t length, struct arena *a,
	struct type_mapping *mapping, struct value *missing, struct value *null);

#endif
