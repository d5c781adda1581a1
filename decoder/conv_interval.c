#include "conv_interval.h"

#include <stdio.h>

#define MICROS_PER_DAY		INT64_C(86400000000)
#define MICROS_PER_MONTH	INT64_C(2629800000000)

struct scan {
	const char *p, *end;
};

struct interval {
	int infinite;
	int64_t years, months, days, hours, minutes;
	int64_t micros;		/* of the seconds; time parts share a sign */
};

static bool
skip(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

/* At most 18 digits, so that nothing overflows. */
static bool
number(struct scan *s, int64_t *out)
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
minus(struct scan *s)
{
	if (skip(s, "-"))
		return true;
	skip(s, "+");
	return false;
}

/* "4:05:06.789" after its sign; the sign is one for all three. */
static bool
read_clock(struct scan *s, bool negative, int64_t hours, struct interval *v)
{
	int64_t seconds, part = 0, unit = 1000000;

	if (!number(s, &v->minutes) || !skip(s, ":") || !number(s, &seconds) ||
	    v->minutes > 59 || seconds > 60)
		return false;
	if (skip(s, ".")) {
		const char *start = s->p;

		if (!number(s, &part) || s->p - start > 6)
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
read_part(struct scan *s, int64_t n, struct interval *v)
{
	if (skip(s, " year"))
		v->years = n;
	else if (skip(s, " mon"))
		v->months = n;
	else if (skip(s, " day"))
		v->days = n;
	else
		return false;
	skip(s, "s");
	return s->p == s->end || skip(s, " ");
}

/* The output of IntervalStyle postgres: "-1 years +3 days -04:05:06.789". */
static bool
read_interval(struct span text, struct interval *v)
{
	struct scan s = { text.p, text.p + text.len };

	*v = (struct interval){ 0 };
	if (span_is(text, "infinity") || span_is(text, "-infinity")) {
		v->infinite = text.p[0] == '-' ? -1 : 1;
		return true;
	}
	if (s.p == s.end)
		return false;
	while (s.p < s.end) {
		bool negative = minus(&s);
		int64_t n;

		if (!number(&s, &n))
			return false;
		if (skip(&s, ":"))
			return read_clock(&s, negative, n, v);
		if (!read_part(&s, negative ? -n : n, v))
			return false;
	}
	return true;
}

static int
bad(struct fail *f, struct span text)
{
	int len = text.len > 64 ? 64 : (int)text.len;

	return fail_set(f, FAIL_FATAL, "not an interval: \"%.*s\"", len,
		text.p);
}

static int64_t
limit(__int128 n)
{
	if (n > INT64_MAX)
		return INT64_MAX;
	return n < INT64_MIN ? INT64_MIN : (int64_t)n;
}

int
conv_interval_micros(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct interval v;
	__int128 sum;

	(void)c;
	(void)a;
	if (!read_interval(text, &v))
		return bad(f, text);
	if (v.infinite) {
		*out = value_int(v.infinite > 0 ? INT64_MAX : INT64_MIN);
		return 0;
	}
	sum = (__int128)v.years * 12 + v.months;
	sum = sum * MICROS_PER_MONTH + (__int128)v.days * MICROS_PER_DAY +
		((__int128)v.hours * 60 + v.minutes) * 60000000 + v.micros;
	*out = value_int(limit(sum));
	return 0;
}

/* Seconds with their fraction, trailing zeros cut: "-6.789", "0". */
static size_t
seconds_text(int64_t micros, char *to, size_t size)
{
	int64_t n = micros < 0 ? -micros : micros;
	int len = snprintf(to, size, "%s%lld.%06lld", micros < 0 ? "-" : "",
		(long long)(n / 1000000), (long long)(n % 1000000));

	while (to[len - 1] == '0')
		len--;
	return (size_t)(to[len - 1] == '.' ? len - 1 : len);
}

int
conv_interval_iso(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct interval v;
	struct span iso;
	char seconds[32];
	size_t len;

	(void)c;
	if (!read_interval(text, &v))
		return bad(f, text);
	if (v.infinite) {
		*out = value_text(VALUE_STRING, text);
		return 0;
	}
	len = seconds_text(v.micros, seconds, sizeof seconds);
	iso = arena_printf(a, "P%lldY%lldM%lldDT%lldH%lldM%.*sS",
		(long long)v.years, (long long)v.months, (long long)v.days,
		(long long)v.hours, (long long)v.minutes, (int)len, seconds);
	if (!iso.p)
		return fail_set(f, FAIL_FATAL, "an interval: no memory left");
	*out = value_text(VALUE_STRING, iso);
	return 0;
}
