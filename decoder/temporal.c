#include "temporal.h"

#include <stddef.h>

#define SECOND	TEMPORAL_SECOND
#define DAY	TEMPORAL_DAY

struct scan {
	const char *p, *end;
};

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

void
temporal_civil(int64_t days, int64_t *year, int *month, int *day)
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

bool
temporal_stamp(struct span text, bool zoned, struct temporal_moment *m)
{
	struct scan s = { text.p, text.p + text.len };
	struct date d;

	*m = (struct temporal_moment){ .infinite = infinite(text) };
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

bool
temporal_date(struct span text, struct temporal_moment *m)
{
	struct scan s = { text.p, text.p + text.len };
	struct date d;

	*m = (struct temporal_moment){ .infinite = infinite(text) };
	if (m->infinite)
		return true;
	if (!read_date(&s, &d) || !read_era(&s, &d))
		return false;
	m->days = days_of(d.year, d.month, d.day);
	return m->days <= INT32_MAX;
}

bool
temporal_time(struct span text, int64_t *micros)
{
	struct scan s = { text.p, text.p + text.len };

	return read_clock(&s, micros) && s.p == s.end;
}

bool
temporal_timetz(struct span text, int64_t *micros, int64_t *offset)
{
	struct scan s = { text.p, text.p + text.len };

	return read_clock(&s, micros) && read_offset(&s, offset) &&
		s.p == s.end;
}

static bool
skip_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

/* At most 18 digits, so that nothing overflows. */
static bool
digits(struct scan *s, int64_t *out)
{
	int n = 0;

	for (*out = 0; s->p < s->end && *s->p >= '0' && *s->p <= '9'; n++) {
		if (n == 18)
			return false;
		*out = *out * 10 + (*s->p++ - '0');
	}
	return n > 0;
}

static bool
minus_sign(struct scan *s)
{
	if (skip_word(s, "-"))
		return true;
	skip_word(s, "+");
	return false;
}

/* "4:05:06.789" after its sign; the sign is one for all three. */
static bool
read_interval_clock(struct scan *s, bool negative, int64_t hours, struct temporal_interval *v)
{
	int64_t seconds, part = 0, unit = 1000000;

	if (!digits(s, &v->minutes) || !skip_word(s, ":") || !digits(s, &seconds) ||
	    v->minutes > 59 || seconds > 60)
		return false;
	if (skip_word(s, ".")) {
		const char *start = s->p;

		if (!digits(s, &part) || s->p - start > 6)
			return false;
		for (const char *p = start; p < s->p; p++)
			unit /= 10;
	}
	v->hours = hours;
	v->micros = seconds * 1000000 + part * unit;
	if (negative) {
		v->hours = -v->hours;
		v->minutes = -v->minutes;
		v->micros = -v->micros;
	}
	return s->p == s->end;
}

static bool
read_part(struct scan *s, int64_t n, struct temporal_interval *v)
{
	if (skip_word(s, " year"))
		v->years = n;
	else if (skip_word(s, " mon"))
		v->months = n;
	else if (skip_word(s, " day"))
		v->days = n;
	else
		return false;
	skip_word(s, "s");
	return s->p == s->end || skip_word(s, " ");
}

/* The output of IntervalStyle postgres: "-1 years +3 days -04:05:06.789". */
bool
temporal_interval(struct span text, struct temporal_interval *v)
{
	struct scan s = { text.p, text.p + text.len };

	*v = (struct temporal_interval){ 0 };
	if (span_is(text, "infinity") || span_is(text, "-infinity")) {
		v->infinite = text.p[0] == '-' ? -1 : 1;
		return true;
	}
	if (s.p == s.end)
		return false;
	while (s.p < s.end) {
		bool negative = minus_sign(&s);
		int64_t n;

		if (!digits(&s, &n))
			return false;
		if (skip_word(&s, ":"))
			return read_interval_clock(&s, negative, n, v);
		if (!read_part(&s, negative ? -n : n, v))
			return false;
	}
	return true;
}
