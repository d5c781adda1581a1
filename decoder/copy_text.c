#include <stdbool.h>
#include <string.h>

#include "copy_text.h"

static struct pgoutput_value
text_value(const char *p, const char *end)
{
	return (struct pgoutput_value){ p, (uint32_t)(end - p), PGOUTPUT_TEXT };
}

static int
wrong_count(uint16_t ncols, struct fail *f)
{
	return fail_set(f, FAIL_PROTOCOL,
		"COPY sent a row that does not have the %u columns asked for", ncols);
}

/* What the letter behind a backslash stands for; 0 if a server never writes it. */
static char
escaped(char letter)
{
	switch (letter) {
	case '\\':
		return '\\';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'v':
		return '\v';
	default:
		return '\0';
	}
}

/*
 * The text from `p` to `end`, whose first backslash is at `next`, becomes a
 * value. It shrinks in place; an escape at the very beginning moves nothing,
 * because every bytea has one there.
 */
static int
unescape(char *p, char *next, char *end, struct pgoutput_value *out, struct fail *f)
{
	char *start = next == p ? p + 1 : p;
	char *to = next == p ? p + 1 : next;

	while (next) {
		char c = next + 1 < end ? escaped(next[1]) : '\0';
		char *from = next + 2;
		size_t plain;

		if (!c)
			return fail_set(f, FAIL_PROTOCOL,
				"COPY sent an escape that is not of its text format");
		*to++ = c;
		next = memchr(from, '\\', (size_t)(end - from));
		plain = (size_t)((next ? next : end) - from);
		if (to != from)
			memmove(to, from, plain);
		to += plain;
	}
	*out = text_value(start, to);
	return 0;
}

/* A row with backslashes may still have them in other fields than this one. */
static int
escaped_field(char *p, char *end, struct pgoutput_value *out, struct fail *f)
{
	char *backslash = memchr(p, '\\', (size_t)(end - p));

	if (!backslash) {
		*out = text_value(p, end);
		return 0;
	}
	if (end - p == 2 && p[1] == 'N') {
		*out = (struct pgoutput_value){ NULL, 0, PGOUTPUT_NULL };
		return 0;
	}
	return unescape(p, backslash, end, out, f);
}

static int
split(char *p, char *end, bool plain, uint16_t ncols, struct pgoutput_value *cols,
	struct fail *f)
{
	for (uint16_t i = 0; i < ncols; i++, cols++) {
		char *tab = memchr(p, '\t', (size_t)(end - p));
		char *stop = i + 1 < ncols ? tab : end;

		if (!stop || (stop == end && tab))
			return wrong_count(ncols, f);
		if (plain)
			*cols = text_value(p, stop);
		else if (escaped_field(p, stop, cols, f) < 0)
			return -1;
		p = stop + 1;
	}
	return 0;
}

int
copy_text_row(char *line, size_t len, uint16_t ncols, struct pgoutput_value *cols,
	struct fail *f)
{
	char *newline = memchr(line, '\n', len);

	if (!newline || newline != line + len - 1)
		return fail_set(f, FAIL_PROTOCOL, "COPY sent a row that is not one line");
	if (ncols == 0)
		return len == 1 ? 0 : wrong_count(ncols, f);
	return split(line, newline, !memchr(line, '\\', len), ncols, cols, f);
}
