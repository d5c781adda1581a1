/*
 * binary: bytes as text, in base64 and in hexadecimal, both fast.
 *
 * Writers go to memory of the caller, whose size is known beforehand.
 */
#ifndef BINARY_H
#define BINARY_H

#include "span.h"

/* Length of the base64 of `n` bytes, padding included. */
static inline size_t
binary_base64_size(size_t n)
{
	return (n + 2) / 3 * 4;
}

/*
 * Writes binary_base64_size(n) characters, no NUL. `url` takes - and _ in
 * place of + and /. `out` may not overlap `bytes`.
 */
void binary_base64(char *out, const void *bytes, size_t n, bool url);

/* Writes 2n lower-case digits, no NUL. */
void binary_hex(char *out, const void *bytes, size_t n);

/*
 * Writes hex.len / 2 bytes. False if there is an odd digit or a character
 * that is none. Digits may be of either case.
 */
bool binary_unhex(void *out, struct span hex);

#endif
