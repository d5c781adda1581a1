#include "conv_time.h"

#define SECOND	INT64_C(1000000)		/* in microseconds */
#define DAY	(86400 * SECOND)

struct scan {
	const char *p, *end;
};

/* A point in time; infinite: -1, 0 or 1. */
struct moment {
	int64_t days;			/* since 1970-01-01 */
	int64_t micros;			/* since midnight */
	int64_t offset;			/* seconds east of UTC */
	int infinite;
};

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
skip(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Between `min` and `max` digits. */
static bool
number(struct scan *s, int min, int max, int64_t *out)
{
	int n = 0;

	*out = 0;
	while (s->p < s->end && n < max && *s->p >= '0' && *s->p <= '9') {
		*out = *out * 10 + (*s->p++ - '0');
		n++;
	}
	return n >= min;
}

/* Howard Hinnant's days_from_civil: eras of 400 years, years from March. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 +
		day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
civil_of(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = yoe + era * 400 + (*month <= 2);
}

/* The era comes last in the text, so the date is only known at the end. */
struct date {
	int64_t year, month, day;
};

static bool
read_date(struct scan *s, struct date *d)
{
	return number(s, 4, 7, &d->year) && skip(s, '-') &&
		number(s, 2, 2, &d->month) && skip(s, '-') &&
		number(s, 2, 2, &d->day) && d->year >= 1 &&
		d->month >= 1 && d->month <= 12 && d->day >= 1 && d->day <= 31;
}

static bool
read_clock(struct scan *s, int64_t *micros)
{
	int64_t hour, minute, second, part = 0;
	const char *start;

	if (!number(s, 2, 2, &hour) || !skip(s, ':') ||
	    !number(s, 2, 2, &minute) || !skip(s, ':') ||
	    !number(s, 2, 2, &second) ||
	    hour > 24 || minute > 59 || second > 60)
		return false;
	if (skip(s, '.')) {
		start = s->p;
		if (!number(s, 1, 6, &part))
			return false;
		for (ptrdiff_t n = s->p - start; n < 6; n++)
			part *= 10;
	}
	*micros = ((hour * 60 + minute) * 60 + second) * SECOND + part;
	return *micros <= DAY;
}

/* +02, -03:30, +00:53:28 */
static bool
read_offset(struct scan *s, int64_t *seconds)
{
	int64_t hour, minute = 0, second = 0;
	bool west = skip(s, '-');

	if (!west && !skip(s, '+'))
		return false;
	if (!number(s, 2, 2, &hour))
		return false;
	if (skip(s, ':') && !number(s, 2, 2, &minute))
		return false;
	if (skip(s, ':') && !number(s, 2, 2, &second))
		return false;
	*seconds = (hour * 60 + minute) * 60 + second;
	if (west)
		*seconds = -*seconds;
	return true;
}

/* The rest: nothing or " BC". Year 1 BC is year 0. */
static bool
read_era(struct scan *s, struct date *d)
{
	if (s->p == s->end)
		return true;
	d->year = 1 - d->year;
	return skip(s, ' ') && skip(s, 'B') && skip(s, 'C') && s->p == s->end;
}

static int
infinite(struct span text)
{
	if (span_is(text, "infinity"))
		return 1;
	return span_is(text, "-infinity") ? -1 : 0;
}

static bool
read_stamp(struct span text, bool zoned, struct moment *m)
{
	struct scan s = { text.p, text.p + text.len };
	struct date d;

	*m = (struct moment){ .infinite = infinite(text) };
	if (m->infinite)
		return true;
	if (!read_date(&s, &d) || !skip(&s, ' ') ||
	    !read_clock(&s, &m->micros) ||
	    (zoned && !read_offset(&s, &m->offset)) || !read_era(&s, &d))
		return false;
	m->days = days_of(d.year, d.month, d.day);
	m->micros -= m->offset * SECOND;
	while (m->micros < 0) {
		m->micros += DAY;
		m->days--;
	}
	m->days += m->micros / DAY;
	m->micros %= DAY;
	return true;
}

static bool
read_day(struct span text, int64_t *days)
{
	struct scan s = { text.p, text.p + text.len };
	struct date d;
	int way = infinite(text);

	if (way) {
		*days = way > 0 ? CONV_TIME_DATE_INFINITY :
			CONV_TIME_DATE_MINUS_INFINITY;
		return true;
	}
	if (!read_date(&s, &d) || !read_era(&s, &d))
		return false;
	*days = days_of(d.year, d.month, d.day);
	return *days <= INT32_MAX;
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

	civil_of(days, &year, &month, &day);
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
	struct scan s = { text.p, text.p + text.len };

	if (!read_clock(&s, micros) || s.p != s.end)
		return bad(f, "time", text);
	return 0;
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
	struct scan s = { text.p, text.p + text.len };
	int64_t micros, offset;

	(void)c;
	if (!read_clock(&s, &micros) || !read_offset(&s, &offset) ||
	    s.p != s.end)
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
	struct moment m;

	if (!read_stamp(text, false, &m))
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
	struct moment m;

	(void)c;
	(void)a;
	if (!read_stamp(text, false, &m))
		return bad(f, "timestamp", text);
	if (m.infinite)
		*out = value_int(m.infinite > 0 ? INT64_MAX : INT64_MIN);
	else
		*out = since_epoch(m.days, DAY * 1000, m.micros * 1000);
	return 0;
}

static int
moment_text(const struct moment *m, int digits, struct arena *a,
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
	struct moment m;

	(void)c;
	if (!read_stamp(text, false, &m))
		return bad(f, "timestamp", text);
	if (m.infinite) {
		int64_t n = m.infinite > 0 ? CONV_TIME_INFINITY_MICROS :
			CONV_TIME_MINUS_INFINITY_MICROS;

		m.days = n / DAY - (n < 0);
		m.micros = n % DAY + (n < 0 ? DAY : 0);
	}
	return moment_text(&m, -1, a, out, f);
}

int
conv_time_stamptz(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct moment m;

	if (!read_stamp(text, true, &m))
		return bad(f, "timestamp with time zone", text);
	if (m.infinite) {
		*out = value_text(VALUE_STRING, text);
		return 0;
	}
	return moment_text(&m, c->precision, a, out, f);
}
