#include "table.h"

#include <stdint.h>
#include <stdlib.h>

enum { TABLE_CAP = 16 << 20, GAP = 2 };

struct table {
	const struct table_column *columns;
	size_t ncolumns;
	struct buf text;	/* the cells, each NUL-terminated, in order */
	size_t ncells;
};

struct range {
	uint32_t first, last;
};

/* Combining marks and joiners: drawn over the character before them. */
static const struct range ZERO_WIDTH[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd },
	{ 0x0610, 0x061a }, { 0x064b, 0x065f }, { 0x06d6, 0x06dc },
	{ 0x0900, 0x0902 }, { 0x093c, 0x093c }, { 0x0941, 0x0948 },
	{ 0x094d, 0x094d }, { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x200b, 0x200d }, { 0x20d0, 0x20ff }, { 0x3099, 0x309a },
	{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
};

/* East Asian wide and fullwidth characters, emoji. */
static const struct range DOUBLE_WIDTH[] = {
	{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0x33ff },
	{ 0x3400, 0x4dbf }, { 0x4e00, 0x9fff }, { 0xa000, 0xa4cf },
	{ 0xa960, 0xa97f }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 },
	{ 0x16fe0, 0x18cff }, { 0x1b000, 0x1b2ff }, { 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

static bool
in_ranges(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

#define IN(c, ranges) in_ranges((c), (ranges), sizeof(ranges) / sizeof(*(ranges)))

/*
 * Length of the UTF-8 character at `p` with its value in `c`; 0 if the bytes
 * are not one. The terminating NUL ends a cut sequence, as it is no
 * continuation byte.
 */
static size_t
read_char(const unsigned char *p, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 :
		*p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;

	if (n < 2) {
		*c = *p;
		return n;
	}
	*c = *p & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000))
		return 0;
	return n;
}

/* Control characters, and those that turn the writing direction. */
static bool
obeyed(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

size_t
table_width(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t width = 0, n;
	uint32_t c;

	while (*p) {
		n = read_char(p, &c);
		if (!n || obeyed(c))
			width++;
		else if (IN(c, DOUBLE_WIDTH))
			width += 2;
		else if (!IN(c, ZERO_WIDTH))
			width++;
		p += n ? n : 1;
	}
	return width;
}

bool
table_is_utf8(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;
	uint32_t c;

	while (*p) {
		n = read_char(p, &c);
		if (!n)
			return false;
		p += n;
	}
	return true;
}

void
table_put_clean(struct buf *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;
	uint32_t c;

	while (*p) {
		n = read_char(p, &c);
		if (!n || obeyed(c))
			buf_putc(out, '?');
		else
			buf_put(out, p, n);
		p += n ? n : 1;
	}
}

struct table *
table_new(const struct table_column *columns, size_t count)
{
	struct table *t = malloc(sizeof(*t));

	if (!t)
		return NULL;
	t->columns = columns;
	t->ncolumns = count;
	t->ncells = 0;
	buf_init(&t->text, TABLE_CAP);
	return t;
}

void
table_free(struct table *t)
{
	if (!t)
		return;
	buf_release(&t->text);
	free(t);
}

void
table_put(struct table *t, const char *text)
{
	table_put_clean(&t->text, text ? text : "");
	buf_putc(&t->text, '\0');
	t->ncells++;
}

static void
pad(struct buf *out, size_t n)
{
	while (n--)
		buf_putc(out, ' ');
}

/* `blank` collects the spaces due before the next visible cell. */
static void
print_cell(const struct table *t, struct buf *out, const char *cell,
	size_t column, const size_t *widths, size_t *blank)
{
	size_t room = widths[column] - table_width(cell);

	if (t->columns[column].right)
		*blank += room;
	if (*cell) {
		pad(out, *blank);
		*blank = 0;
		buf_put_str(out, cell);
	}
	if (!t->columns[column].right)
		*blank += room;
	*blank += GAP;
}

static void
print_titles(const struct table *t, struct buf *out, const size_t *widths)
{
	size_t blank = 0;

	for (size_t i = 0; i < t->ncolumns; i++)
		print_cell(t, out, t->columns[i].title, i, widths, &blank);
	buf_putc(out, '\n');
}

static void
measure(const struct table *t, size_t ncells, size_t *widths)
{
	const char *cell = t->text.p;
	size_t width;

	for (size_t i = 0; i < t->ncolumns; i++)
		widths[i] = t->columns[i].title ?
			table_width(t->columns[i].title) : 0;
	for (size_t i = 0; i < ncells; i++, cell += strlen(cell) + 1) {
		width = table_width(cell);
		if (width > widths[i % t->ncolumns])
			widths[i % t->ncolumns] = width;
	}
}

void
table_print(const struct table *t, struct buf *out)
{
	size_t ncells = t->ncells - t->ncells % t->ncolumns, blank = 0;
	size_t *widths = calloc(t->ncolumns, sizeof(*widths));
	const char *cell = t->text.p;

	if (!widths || t->text.failed) {
		out->failed = true;
		free(widths);
		return;
	}
	measure(t, ncells, widths);
	if (t->columns[0].title)
		print_titles(t, out, widths);
	for (size_t i = 0; i < ncells; i++, cell += strlen(cell) + 1) {
		print_cell(t, out, cell, i % t->ncolumns, widths, &blank);
		if (i % t->ncolumns == t->ncolumns - 1) {
			buf_putc(out, '\n');
			blank = 0;
		}
	}
	free(widths);
}
