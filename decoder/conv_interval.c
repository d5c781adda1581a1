#include "conv_interval.h"

#include <stdio.h>

#include "temporal.h"

#define MICROS_PER_DAY		INT64_C(86400000000)
#define MICROS_PER_MONTH	INT64_C(2629800000000)

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
	struct temporal_interval v;
	__int128 sum;

	(void)c;
	(void)a;
	if (!temporal_interval(text, &v))
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
	struct temporal_interval v;
	struct span iso;
	char seconds[32];
	size_t len;

	(void)c;
	if (!temporal_interval(text, &v))
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
