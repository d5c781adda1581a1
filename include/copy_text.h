/*
 * copy_text: a row of COPY ... TO STDOUT, text format, as a tuple.
 *
 * Source: "Text Format" of COPY in the PostgreSQL manual and CopyAttributeOutText
 * in src/backend/commands/copyto.c. The result is what pgoutput gives for the
 * same row: NULL, or the text of the type's output function. The delimiter, the
 * mark of NULL and the encoding are COPY's defaults (tab, \N) and UTF-8; only
 * what a server writes is accepted: of the escapes those of \b \f \n \r \t \v
 * and the backslash.
 */
#ifndef COPY_TEXT_H
#define COPY_TEXT_H

#include "fail.h"
#include "pgoutput.h"

/*
 * Parses one CopyData payload: a row of less than 4 GB with the newline at its
 * end. Values are views of `line`; those with escapes are unescaped in place,
 * so a line can be read only once. Exactly `ncols` values are filled; a row of
 * no columns is an empty line, as is one of a single empty text. 0, or -1 with
 * FAIL_PROTOCOL: another number of columns, no newline at the end, one inside,
 * an escape that no server writes, the end-of-data marker. The message has no
 * byte of the row.
 */
int copy_text_row(char *line, size_t len, uint16_t ncols,
	struct pgoutput_value *cols, struct fail *f);

#endif
