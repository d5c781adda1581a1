/*
 * quote: a string as a JSON literal, in the form Kafka Connect writes it.
 *
 * Raw UTF-8 inside the BMP, surrogate escapes (\uD83D\uDE00) beyond it,
 * control characters as \b \t \n \f \r or \u000B in upper case; everything
 * else, also '/', U+007F and U+2028, as it is. This is the hot path of the
 * JSON writer: clean text is tested and copied eight bytes at a time.
 */
#ifndef QUOTE_H
#define QUOTE_H

#include "buf.h"
#include "fail.h"

/*
 * Appends `s` with its quotes. 0; or -1 with FAIL_FATAL if it is not UTF-8
 * (overlong forms, surrogates and > U+10FFFF are not; the message says at
 * which byte), or if the buffer's cap is passed. What has been written until
 * then stays in the buffer.
 */
int quote_json(struct buf *b, struct span s, struct fail *f);

/* A bound of the bytes that quote_json writes for a text of `len` bytes. */
static inline size_t
quote_json_room(size_t len)
{
	return 6 * len + 16;
}

#endif
