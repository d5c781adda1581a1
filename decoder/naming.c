#include "naming.h"

#include <stdio.h>

/* The longest replacement of one UTF-16 unit: _uXXXX */
#define UNIT_MAX 6

static bool
is_digit(uint32_t unit)
{
	return unit >= '0' && unit <= '9';
}

static bool
is_letter(uint32_t unit)
{
	return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z');
}

/* As it stands behind the first character. */
static bool
is_valid(enum naming mode, uint32_t unit, bool points)
{
	return is_letter(unit) || is_digit(unit) || (points && unit == '.') ||
		(mode == NAMING_AVRO && unit == '_');
}

static bool
is_valid_first(enum naming mode, uint32_t unit)
{
	return is_letter(unit) || (mode == NAMING_AVRO && unit == '_');
}

/* Two digits are filled up to four, three are not: Debezium's form. */
static char *
replace(enum naming mode, uint32_t unit, char *to)
{
	if (mode == NAMING_AVRO) {
		*to++ = '_';
		return to;
	}
	return to + snprintf(to, UNIT_MAX + 1, unit < 0x100 ? "_u00%x" :
		"_u%x", (unsigned)unit);
}

static char *
put_unit(enum naming mode, uint32_t unit, bool first, bool points, char *to)
{
	bool valid = first ? is_valid_first(mode, unit) :
		is_valid(mode, unit, points);

	if (!valid)
		to = replace(mode, unit, to);
	if (valid || (first && mode == NAMING_AVRO && is_digit(unit)))
		*to++ = (char)unit;
	return to;
}

/* The character at `p`, and its size. What is not UTF-8 is taken byte by byte. */
static uint32_t
character(const unsigned char *p, size_t len, size_t *size)
{
	*size = 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return p[0];
	*size = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (*size > len) {
		*size = 1;
		return p[0];
	}
	if (*size == 2)
		return (p[0] & 31u) << 6 | (p[1] & 63u);
	if (*size == 3)
		return (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
	return (p[0] & 7u) << 18 | (p[1] & 63u) << 12 | (p[2] & 63u) << 6 |
		(p[3] & 63u);
}

static struct span
adjust(enum naming mode, struct span name, bool points, struct arena *a)
{
	/* A byte is at most one unit: four bytes are two, three or two are one. */
	char *start = arena_alloc(a, name.len * UNIT_MAX + 2), *to = start;
	size_t size;

	if (!start)
		return (struct span){ NULL, 0 };
	for (size_t i = 0; i < name.len; i += size) {
		uint32_t c = character((const unsigned char *)name.p + i,
			name.len - i, &size);

		if (c < 0x10000) {
			to = put_unit(mode, c, i == 0, points, to);
			continue;
		}
		c -= 0x10000;
		to = replace(mode, 0xd800 + (c >> 10), to);
		to = replace(mode, 0xdc00 + (c & 0x3ff), to);
	}
	return (struct span){ start, (size_t)(to - start) };
}

struct span
naming_schema(enum naming mode, struct span name, struct arena *a)
{
	return mode == NAMING_NONE ? name : adjust(mode, name, true, a);
}

struct span
naming_field(enum naming mode, struct span name, struct arena *a)
{
	return mode == NAMING_NONE ? name : adjust(mode, name, false, a);
}
