#include "conv_time.h"

#include "temporal.h"

#define SECOND	TEMPORAL_SECOND
#define DAY	TEMPORAL_DAY

static int
bad(struct fail *f, const char *type, struct span text)
{
	int len = text.len > 64 ? 64 : (int)text.len;

	return fail_set(f, FAIL_FATAL, "not a %s: \"%.*s\"", type, len, text.p);
}

static int
no_memory(struct fail *f)
{
	return fail_set(f, FAIL_FATAL, "a date or time: no memory left");
}

static bool
read_day(struct span text, int64_t *days)
{
	struct temporal_moment m;

	if (!temporal_date(text, &m))
		return false;
	*days = m.infinite > 0 ? CONV_TIME_DATE_INFINITY :
		m.infinite < 0 ? CONV_TIME_DATE_MINUS_INFINITY : m.days;
	return true;
}

static char *
put_digits(char *at, int64_t n, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		at[i] = (char)('0' + n % 10);
		n /= 10;
	}
	return at + width;
}

/* ISO 8601 as java.time prints it: at least four digits, a sign past 9999. */
static char *
put_date(char *at, int64_t days)
{
	int64_t year, n;
	int month, day, width = 4;

	temporal_civil(days, &year, &month, &day);
	if (year < 0)
		*at++ = '-';
	else if (year > 9999)
		*at++ = '+';
	n = year < 0 ? -year : year;
	for (int64_t limit = 10000; n >= limit; limit *= 10)
		width++;
	at = put_digits(at, n, width);
	*at++ = '-';
	at = put_digits(at, month, 2);
	*at++ = '-';
	return put_digits(at, day, 2);
}

/* `digits` of fraction, or as many as are not zero if it is negative. */
static char *
put_clock(char *at, int64_t micros, int digits)
{
	int64_t seconds = micros / SECOND, part = micros % SECOND;

	at = put_digits(at, seconds / 3600, 2);
	*at++ = ':';
	at = put_digits(at, seconds / 60 % 60, 2);
	*at++ = ':';
	at = put_digits(at, seconds % 60, 2);
	if (digits == 0 || (digits < 0 && part == 0))
		return at;
	*at++ = '.';
	at = put_digits(at, part, 6);
	if (digits > 0)
		return at - 6 + digits;
	while (at[-1] == '0')
		at--;
	return at;
}

#define TEXT_MAX 48

static struct value
text_value(const char *start, char *at)
{
	*at++ = 'Z';
	return value_text(VALUE_STRING,
		(struct span){ start, (size_t)(at - start) });
}

int
conv_time_date(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	int64_t days;

	(void)c;
	(void)a;
	if (!read_day(text, &days))
		return bad(f, "date", text);
	*out = value_int(days);
	return 0;
}

int
conv_time_date_iso(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	char *start;
	int64_t days;

	(void)c;
	if (!read_day(text, &days))
		return bad(f, "date", text);
	start = arena_alloc(a, TEXT_MAX);
	if (!start)
		return no_memory(f);
	*out = text_value(start, put_date(start, days));
	return 0;
}

static int
read_time(struct span text, int64_t *micros, struct fail *f)
{
	return temporal_time(text, micros) ? 0 : bad(f, "time", text);
}

static int
time_value(struct span text, int64_t factor, int64_t divisor,
	struct value *out, struct fail *f)
{
	int64_t micros;

	if (read_time(text, &micros, f))
		return -1;
	*out = value_int(micros * factor / divisor);
	return 0;
}

int
conv_time_time_millis(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	(void)c;
	(void)a;
	return time_value(text, 1, 1000, out, f);
}

int
conv_time_time_micros(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	(void)c;
	(void)a;
	return time_value(text, 1, 1, out, f);
}

int
conv_time_time_nanos(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	(void)c;
	(void)a;
	return time_value(text, 1000, 1, out, f);
}

static int
clock_text(int64_t micros, struct arena *a, struct value *out, struct fail *f)
{
	char *start = arena_alloc(a, TEXT_MAX);

	if (!start)
		return no_memory(f);
	*out = text_value(start, put_clock(start, micros, -1));
	return 0;
}

int
conv_time_time_iso(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	int64_t micros;

	(void)c;
	if (read_time(text, &micros, f))
		return -1;
	return clock_text(micros % DAY, a, out, f);
}

int
conv_time_timetz(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	int64_t micros, offset;

	(void)c;
	if (!temporal_timetz(text, &micros, &offset))
		return bad(f, "time with time zone", text);
	micros = (micros - offset * SECOND) % DAY;
	return clock_text(micros < 0 ? micros + DAY : micros, a, out, f);
}

/* Days and the rest of a day, both in one unit; NULL if int64 is too small. */
static struct value
since_epoch(int64_t days, int64_t per_day, int64_t rest)
{
	__int128 n = (__int128)days * per_day + rest;

	return n > INT64_MAX || n < INT64_MIN ? value_null() :
		value_int((int64_t)n);
}

/* In units of `unit` microseconds. */
static int
stamp_value(struct span text, int64_t unit, struct value *out, struct fail *f)
{
	struct temporal_moment m;

	if (!temporal_stamp(text, false, &m))
		return bad(f, "timestamp", text);
	if (m.infinite)
		*out = value_int((m.infinite > 0 ? CONV_TIME_INFINITY_MICROS :
			CONV_TIME_MINUS_INFINITY_MICROS) / unit);
	else
		*out = since_epoch(m.days, DAY / unit, m.micros / unit);
	return 0;
}

int
conv_time_stamp_millis(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f)
{
	(void)c;
	(void)a;
	return stamp_value(text, 1000, out, f);
}

int
conv_time_stamp_micros(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f)
{
	(void)c;
	(void)a;
	return stamp_value(text, 1, out, f);
}

int
conv_time_stamp_nanos(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f)
{
	struct temporal_moment m;

	(void)c;
	(void)a;
	if (!temporal_stamp(text, false, &m))
		return bad(f, "timestamp", text);
	if (m.infinite)
		*out = value_int(m.infinite > 0 ? INT64_MAX : INT64_MIN);
	else
		*out = since_epoch(m.days, DAY * 1000, m.micros * 1000);
	return 0;
}

static int
moment_text(const struct temporal_moment *m, int digits, struct arena *a,
	struct value *out, struct fail *f)
{
	char *start = arena_alloc(a, TEXT_MAX), *at;

	if (!start)
		return no_memory(f);
	at = put_date(start, m->days);
	*at++ = 'T';
	*out = text_value(start, put_clock(at, m->micros, digits));
	return 0;
}

int
conv_time_stamp_iso(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct temporal_moment m;

	(void)c;
	if (!temporal_stamp(text, false, &m))
		return bad(f, "timestamp", text);
	if (m.infinite) {
		int64_t n = m.infinite > 0 ? CONV_TIME_INFINITY_MICROS :
			CONV_TIME_MINUS_INFINITY_MICROS;

		m.days = n / DAY - (n < 0);
		m.micros = n % DAY + (n < 0 ? DAY : 0);
	}
	return moment_text(&m, -1, a, out, f);
}

/* The number that two digits are, or more than any. */
static unsigned
two(const char *p)
{
	unsigned tens = (unsigned char)p[0] - '0';
	unsigned ones = (unsigned char)p[1] - '0';

	return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/*
 * What the server sends in UTC for a day of our era is what is wanted, but for
 * two letters and the zeros of the fraction: copied, it takes an eighth of the
 * instructions of the way through the calendar, 10 % of a row with one such
 * column. False for anything that is not plainly of that form.
 */
static bool
copy_utc(struct span text, int digits, char *out, size_t *len)
{
	const char *p = text.p, *fraction;
	size_t n = text.len - 22;	/* of the fraction, with its point */
	int i = 0;

	if (text.len < 22 || n == 1 || n > 7 ||
	    memcmp(p + text.len - 3, "+00", 3) != 0 ||
	    p[4] != '-' || p[7] != '-' || p[10] != ' ' || p[13] != ':' ||
	    p[16] != ':' || (n && p[19] != '.') ||
	    two(p) > 99 || two(p + 2) > 99 || two(p) + two(p + 2) == 0 ||
	    two(p + 5) - 1 > 11 || two(p + 8) - 1 > 27 || two(p + 11) > 23 ||
	    two(p + 14) > 59 || two(p + 17) > 59)
		return false;
	fraction = p + 20;
	for (size_t k = 1; k < n; k++)
		if (fraction[k - 1] < '0' || fraction[k - 1] > '9')
			return false;
	memcpy(out, p, 19);
	out[10] = 'T';
	out += 19;
	if (digits)
		*out++ = '.';
	for (; i < digits && (size_t)i + 1 < n; i++)
		*out++ = fraction[i];
	for (; i < digits; i++)
		*out++ = '0';
	*out = 'Z';
	*len = 20 + (digits ? (size_t)digits + 1 : 0);
	return true;
}

int
conv_time_stamptz(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct temporal_moment m;
	char *start = arena_alloc(a, TEXT_MAX);
	size_t len;

	if (!start)
		return no_memory(f);
	if (copy_utc(text, c->precision, start, &len)) {
		*out = value_text(VALUE_STRING, (struct span){ start, len });
		return 0;
	}
	if (!temporal_stamp(text, true, &m))
		return bad(f, "timestamp with time zone", text);
	if (m.infinite) {
		*out = value_text(VALUE_STRING, text);
		return 0;
	}
	return moment_text(&m, c->precision, a, out, f);
}
