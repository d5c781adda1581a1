/*
 * fail: the one error value.
 *
 * A function that can fail takes `struct fail *` as its last argument and
 * returns -1 after filling it; it leaves it untouched on success. The kind
 * says what the program must do, the text what the user must know: what
 * happened, where, and the remedy.
 */
#ifndef FAIL_H
#define FAIL_H

#include <stddef.h>

enum fail_kind {
	FAIL_NONE,
	FAIL_RETRY,		/* transient: try again later */
	FAIL_FATAL,		/* stop; a restart may help (exit 1) */
	FAIL_PROTOCOL,		/* the server sent what it must not (exit 1) */
	FAIL_CONFIG,		/* only a changed setting helps (exit 2) */
	FAIL_LOST		/* history is lost; a person decides (exit 3) */
};

#define FAIL_TEXT_MAX 1024

struct fail {
	enum fail_kind kind;
	char text[FAIL_TEXT_MAX];	/* one line, NUL-terminated, cut if longer */
};

#define FAIL_INIT { FAIL_NONE, "" }

/* Fills `f` (which may be NULL). Returns -1, so that `return fail_set(...)` reads well. */
int fail_set(struct fail *f, enum fail_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts context and ": " in front of the text: "table public.t: ...". Returns -1. */
int fail_context(struct fail *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "retry", "fatal", "protocol", "config", "lost", "none". Static storage. */
const char *fail_kind_name(enum fail_kind kind);

#endif
