/*
 * copy_text: a row of COPY ... TO STDOUT, text format, as a tuple.
 *
 * Source: "Text Format" of COPY in the PostgreSQL manual and CopyAttributeOutText
 * in src/backend/commands/copyto.c. The result is what pgoutput gives for the
 * same row: NULL, or the text of the type's output function.
 */
#ifndef COPY_TEXT_H
#define COPY_TEXT_H

#include "fail.h"
#include "pgoutput.h"

/*
 * Parses one CopyData payload: a row with the newline at its end. Values are
 * views of `line`; those with escapes are unescaped in place. Exactly `ncols`
 * values are filled (a row of no columns is an empty line). 0, or -1 with
 * FAIL_PROTOCOL: another number of columns, no newline at the end, a newline
 * or a lone backslash inside, the end-of-data marker.
 */
int copy_text_row(char *line, size_t len, uint16_t ncols,
	struct pgoutput_value *cols, struct fail *f);

#endif
