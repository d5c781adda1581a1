#include "units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const SIZES[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
enum { NSIZES = sizeof(SIZES) / sizeof(*SIZES) };

/* Not strtod: it would take "nan", "0x1p3" and the locale's decimal comma. */
static const char *
read_number(const char *p, long double *out)
{
	long double value = 0, place = 1;
	const char *start = p;

	while (*p >= '0' && *p <= '9')
		value = value * 10 + (*p++ - '0');
	if (p == start)
		return NULL;
	if (*p == '.') {
		start = ++p;
		while (*p >= '0' && *p <= '9')
			value += (*p++ - '0') * (place /= 10);
		if (p == start)
			return NULL;
	}
	*out = value;
	return p;
}

/* The power of 1024 that a unit stands for, -1 if it is none. */
static int
unit_power(const char *unit)
{
	const char one[2] = { unit[0], '\0' };

	if (!*unit)
		return 0;
	for (int i = 0; i < NSIZES; i++) {
		if (strcasecmp(unit, SIZES[i]) == 0)
			return i;
		if (!unit[1] && i && strncasecmp(one, SIZES[i], 1) == 0)
			return i;
	}
	return -1;
}

bool
units_parse_size(const char *text, int64_t *bytes)
{
	long double value;
	const char *p = read_number(text, &value);
	int power;

	if (!p)
		return false;
	while (*p == ' ')
		p++;
	power = unit_power(p);
	if (power < 0)
		return false;
	value = ldexpl(value, 10 * power);
	if (value >= 9223372036854775808.0L)
		return false;
	*bytes = (int64_t)value;
	return true;
}

static const char *
print_size(int64_t bytes, const char *suffix, char out[UNITS_TEXT_MAX])
{
	double value = (double)bytes;
	int unit = 0, digits;

	/* 999.5 would be printed with four digits */
	while (fabs(value) >= (unit ? 999.5 : 1024) && unit + 1 < NSIZES) {
		value /= 1024;
		unit++;
	}
	digits = !unit || fabs(value) >= 99.95 ? 0 : fabs(value) >= 9.995 ? 1 : 2;
	snprintf(out, UNITS_TEXT_MAX, "%.*f %s%s", digits, value, SIZES[unit],
		suffix);
	return out;
}

const char *
units_size(int64_t bytes, char out[UNITS_TEXT_MAX])
{
	return print_size(bytes, "", out);
}

const char *
units_rate(int64_t bytes, char out[UNITS_TEXT_MAX])
{
	return print_size(bytes, "/s", out);
}

const char *
units_duration(int64_t milliseconds, char out[UNITS_TEXT_MAX])
{
	int64_t s;

	if (milliseconds < 0)
		milliseconds = 0;
	s = milliseconds / 1000;
	if (milliseconds < 9950)
		snprintf(out, UNITS_TEXT_MAX, "%.1f s", (double)milliseconds / 1000);
	else if ((s = (milliseconds + 500) / 1000) < 60)
		snprintf(out, UNITS_TEXT_MAX, "%" PRId64 " s", s);
	else if (s < 3600)
		snprintf(out, UNITS_TEXT_MAX, "%" PRId64 " min %" PRId64 " s",
			s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, UNITS_TEXT_MAX, "%" PRId64 " h %" PRId64 " min",
			s / 3600, s % 3600 / 60);
	else
		snprintf(out, UNITS_TEXT_MAX, "%" PRId64 " d %" PRId64 " h",
			s / 86400, s % 86400 / 3600);
	return out;
}
