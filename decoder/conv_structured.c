#include "conv_structured.h"

#include "temporal.h"

#define SECOND	TEMPORAL_SECOND

/* The fields of each struct; what is not set is NULL. */
enum { DATE_SPECIAL = 3, DATE_FIELDS };
enum { TIME_NANOS = 3, TIME_PRECISION, TIME_FIELDS };
enum { TIMETZ_OFFSET = 4, TIMETZ_PRECISION, TIMETZ_FIELDS };
enum { STAMP_SPECIAL = 7, STAMP_PRECISION, STAMP_FIELDS };
enum { STAMPTZ_OFFSET = 7, STAMPTZ_ZONE, STAMPTZ_SPECIAL, STAMPTZ_PRECISION,
	STAMPTZ_FIELDS };
enum { INTERVAL_FIELDS = 8 };

static int
bad(struct fail *f, const char *type, struct span text)
{
	int len = text.len > 64 ? 64 : (int)text.len;

	return fail_set(f, FAIL_FATAL, "not a %s: \"%.*s\"", type, len, text.p);
}

/* A struct of `n` NULLs. NULL without memory, which is said in `f`. */
static struct value *
fields_of(struct arena *a, size_t n, struct value *out, struct fail *f)
{
	struct value *fields = arena_zero(a, n, sizeof *fields);

	if (!fields)
		fail_set(f, FAIL_FATAL, "a date or time: no memory left");
	else
		*out = value_items(VALUE_STRUCT, fields, n);
	return fields;
}

static void
put_date(struct value fields[3], int64_t days)
{
	int64_t year;
	int month, day;

	temporal_civil(days, &year, &month, &day);
	fields[0] = value_int(year);
	fields[1] = value_int(month);
	fields[2] = value_int(day);
}

static void
put_clock(struct value fields[4], int64_t micros)
{
	int64_t seconds = micros / SECOND;

	fields[0] = value_int(seconds / 3600);
	fields[1] = value_int(seconds / 60 % 60);
	fields[2] = value_int(seconds % 60);
	fields[3] = value_int(micros % SECOND * 1000);
}

static struct value
special(int infinite)
{
	return value_text(VALUE_STRING, span_of(infinite > 0 ?
		"POSITIVE_INFINITY" : "NEGATIVE_INFINITY"));
}

int
conv_structured_date(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct temporal_moment m;
	struct value *fields;

	(void)c;
	if (!temporal_date(text, &m))
		return bad(f, "date", text);
	fields = fields_of(a, DATE_FIELDS, out, f);
	if (!fields)
		return -1;
	if (m.infinite)
		fields[DATE_SPECIAL] = special(m.infinite);
	else
		put_date(fields, m.days);
	return 0;
}

int
conv_structured_time(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct value *fields;
	int64_t micros;

	if (!temporal_time(text, &micros))
		return bad(f, "time", text);
	fields = fields_of(a, TIME_FIELDS, out, f);
	if (!fields)
		return -1;
	put_clock(fields, micros);
	fields[TIME_PRECISION] = value_int(c->precision);
	return 0;
}

int
conv_structured_timetz(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct value *fields;
	int64_t micros, offset;

	if (!temporal_timetz(text, &micros, &offset))
		return bad(f, "time with time zone", text);
	fields = fields_of(a, TIMETZ_FIELDS, out, f);
	if (!fields)
		return -1;
	put_clock(fields, micros);
	fields[TIMETZ_OFFSET] = value_int(offset);
	fields[TIMETZ_PRECISION] = value_int(c->precision);
	return 0;
}

int
conv_structured_stamp(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct temporal_moment m;
	struct value *fields;

	if (!temporal_stamp(text, false, &m))
		return bad(f, "timestamp", text);
	fields = fields_of(a, STAMP_FIELDS, out, f);
	if (!fields)
		return -1;
	fields[STAMP_PRECISION] = value_int(c->precision);
	if (m.infinite) {
		fields[STAMP_SPECIAL] = special(m.infinite);
		return 0;
	}
	put_date(fields, m.days);
	put_clock(fields + 3, m.micros);
	return 0;
}

/* The database keeps no offset of these: they are UTC. */
int
conv_structured_stamptz(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct temporal_moment m;
	struct value *fields;

	if (!temporal_stamp(text, true, &m))
		return bad(f, "timestamp with time zone", text);
	fields = fields_of(a, STAMPTZ_FIELDS, out, f);
	if (!fields)
		return -1;
	fields[STAMPTZ_PRECISION] = value_int(c->precision);
	if (m.infinite) {
		fields[STAMPTZ_SPECIAL] = special(m.infinite);
		return 0;
	}
	put_date(fields, m.days);
	put_clock(fields + 3, m.micros);
	fields[STAMPTZ_OFFSET] = value_int(0);
	fields[STAMPTZ_ZONE] = value_text(VALUE_STRING, span_of("Z"));
	return 0;
}

static int64_t
clamp(int64_t n)
{
	return n > INT32_MAX ? INT32_MAX : n < INT32_MIN ? INT32_MIN : n;
}

int
conv_structured_interval(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f)
{
	struct temporal_interval v;
	struct value *fields;
	int64_t hours;

	if (!temporal_interval(text, &v))
		return bad(f, "interval", text);
	if (v.infinite) {
		*out = value_null();
		return 0;
	}
	fields = fields_of(a, INTERVAL_FIELDS, out, f);
	if (!fields)
		return -1;
	hours = clamp(v.hours);
	fields[0] = value_int(v.years);
	fields[1] = value_int(v.months);
	fields[2] = value_int(v.days);
	fields[3] = value_int(hours);
	fields[4] = value_int(v.minutes);
	fields[5] = value_int((v.hours - hours) * 3600 + v.micros / SECOND);
	fields[6] = value_int(v.micros % SECOND * 1000);
	fields[7] = value_int(c->precision);
	return 0;
}
