/*
 * Two bytes that say how many columns, then a row. A row that is accepted must
 * be the one that a server writes for its values.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "copy_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool fact)
{
	if (!fact)
		abort();
}

/* Takes `c` off the front of the line, as the server writes it or (raw) as it is. */
static const char *
expect(const char *p, const char *end, char c)
{
	static const char letters[] = "btnvfr", *controls = "\b\t\n\v\f\r";
	const char *found = c ? strchr(controls, c) : NULL;

	require(p < end);
	if (found && *p == '\\') {
		require(p + 1 < end && p[1] == letters[found - controls]);
		return p + 2;
	}
	require(*p == c && c != '\t' && c != '\n');
	if (c != '\\')
		return p + 1;
	require(p + 1 < end && p[1] == '\\');
	return p + 2;
}

static const char *
expect_value(const char *p, const char *end, const struct pgoutput_value *v)
{
	if (v->kind == PGOUTPUT_NULL) {
		require(!v->p && v->len == 0);
		require(end - p >= 2 && memcmp(p, "\\N", 2) == 0);
		return p + 2;
	}
	require(v->kind == PGOUTPUT_TEXT && v->p);
	for (uint32_t i = 0; i < v->len; i++)
		p = expect(p, end, v->p[i]);
	return p;
}

/* The line has these values, and nothing else. */
static void
check(const char *line, size_t len, const struct pgoutput_value *cols, uint16_t ncols)
{
	const char *p = line, *end = line + len - 1;

	require(len > 0 && *end == '\n');
	for (uint16_t i = 0; i < ncols; i++) {
		if (i > 0)
			require(p < end && *p++ == '\t');
		p = expect_value(p, end, &cols[i]);
	}
	require(p == end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pgoutput_value cols[PGOUTPUT_MAX_COLUMNS];
	struct fail f = FAIL_INIT;
	uint16_t ncols;
	char *line;

	if (size < 2)
		return 0;
	ncols = (uint16_t)((data[0] << 8 | data[1]) % (PGOUTPUT_MAX_COLUMNS + 1));
	data += 2;
	size -= 2;
	line = malloc(size ? size : 1);
	require(line != NULL);
	memcpy(line, data, size);
	if (copy_text_row(line, size, ncols, cols, &f) == 0) {
		require(f.kind == FAIL_NONE);
		check((const char *)data, size, cols, ncols);
	} else {
		require(f.kind == FAIL_PROTOCOL && f.text[0]);
	}
	free(line);
	return 0;
}
