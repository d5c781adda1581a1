/*
 * table: rows of text in aligned columns, for a terminal.
 *
 * Columns are as wide as their widest cell, measured as a terminal draws it
 * (wide and combining characters included). Bytes that a terminal would obey
 * or that are not UTF-8 are shown as '?', so no name can rewrite the screen.
 */
#ifndef TABLE_H
#define TABLE_H

#include "buf.h"

struct table_column {
	const char *title;	/* NULL: the table has no title row */
	bool right;		/* numbers: align right */
};

struct table;

/* `columns` is kept, not copied. NULL without memory. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *t);

/* Adds the next cell, row after row; copies the text. NULL counts as "". */
void table_put(struct table *t, const char *text);

/*
 * Appends the whole table: two spaces between columns, none at a line's end.
 * Lack of memory shows in out->failed. An unfinished row is left out.
 */
void table_print(const struct table *t, struct buf *out);

/* Columns that the text takes up on a terminal. */
size_t table_width(const char *text);
bool table_is_utf8(const char *text);
/* Appends the text with '?' for what must not reach a terminal. */
void table_put_clean(struct buf *out, const char *text);

#endif
