#include "refine_time.h"

#include "conv_interval.h"
#include "conv_structured.h"
#include "conv_time.h"

static struct value
text_of(const char *text)
{
	return value_text(VALUE_STRING, span_of(text));
}

#define DATE_PARTS \
	{ "year", SCHEMA_INT32, true }, { "month", SCHEMA_INT8, true }, \
	{ "day", SCHEMA_INT8, true }
#define CLOCK_PARTS \
	{ "hour", SCHEMA_INT8, true }, { "minute", SCHEMA_INT8, true }, \
	{ "second", SCHEMA_INT8, true }, { "nanos", SCHEMA_INT32, true }
#define OFFSET	{ "offsetSeconds", SCHEMA_INT32, true }
#define SPECIAL	{ "specialValue", SCHEMA_STRING, true }
#define PRECISION { "precision", SCHEMA_INT32, true }

/* One of the structured mode's types; `epoch` stands for what was not sent. */
struct structure {
	const char *semantic;
	conv_fn *fn;
	const char *epoch;
	struct refine_field fields[11];
	size_t nfields;
};

static const struct structure structures[] = {
	{ "io.debezium.time.StructuredDate", conv_structured_date,
	  "1970-01-01", { DATE_PARTS, SPECIAL }, 4 },
	{ "io.debezium.time.StructuredTime", conv_structured_time, "00:00:00",
	  { CLOCK_PARTS, PRECISION }, 5 },
	{ "io.debezium.time.StructuredZonedTime", conv_structured_timetz,
	  "00:00:00+00", { CLOCK_PARTS, OFFSET, PRECISION }, 6 },
	{ "io.debezium.time.StructuredTimestamp", conv_structured_stamp,
	  "1970-01-01 00:00:00",
	  { DATE_PARTS, CLOCK_PARTS, SPECIAL, PRECISION }, 9 },
	{ "io.debezium.time.StructuredZonedTimestamp", conv_structured_stamptz,
	  "1970-01-01 00:00:00+00",
	  { DATE_PARTS, CLOCK_PARTS, OFFSET, { "zoneId", SCHEMA_STRING, true },
	    SPECIAL, PRECISION }, 11 },
	{ "io.debezium.time.StructuredDuration", conv_structured_interval,
	  "00:00:00",
	  { { "years", SCHEMA_INT32, true }, { "months", SCHEMA_INT32, true },
	    { "days", SCHEMA_INT32, true }, { "hours", SCHEMA_INT32, true },
	    { "minutes", SCHEMA_INT32, true }, { "seconds", SCHEMA_INT64, true },
	    { "nanos", SCHEMA_INT32, true }, PRECISION }, 8 },
};

enum { S_DATE, S_TIME, S_TIMETZ, S_TIMESTAMP, S_TIMESTAMPTZ, S_INTERVAL };

/* Digits of the seconds; the typmod of an interval also tells its fields. */
static int32_t
precision_of(const struct refine *b, int which)
{
	int32_t digits = which == S_INTERVAL ? b->typmod & 0xffff : b->typmod;

	return b->typmod >= 0 && digits <= 6 ? digits : 6;
}

static bool
structured(struct refine *b, int which)
{
	const struct structure *s = &structures[which];

	if (b->modes->time != TIME_STRUCTURED)
		return false;
	refine_to(b, SCHEMA_STRUCT, s->semantic, s->fn);
	refine_struct(b, NULL, s->fields, s->nfields);
	b->conv->precision = precision_of(b, which);
	s->fn(b->conv, span_of(s->epoch), b->a, &b->out->missing, NULL);
	return true;
}

void
refine_time_date(struct refine *b)
{
	if (structured(b, S_DATE))
		return;
	if (b->modes->time == TIME_CONNECT) {
		refine_to(b, SCHEMA_INT32, "org.apache.kafka.connect.data.Date",
			conv_time_date);
	} else if (b->modes->time == TIME_ISOSTRING) {
		refine_to(b, SCHEMA_STRING, "io.debezium.time.IsoDate",
			conv_time_date_iso);
		b->out->missing = text_of("1970-01-01Z");
	} else {
		refine_to(b, SCHEMA_INT32, "io.debezium.time.Date",
			conv_time_date);
	}
}

static bool
millis_do(const struct refine *b)
{
	return b->typmod >= 0 && b->typmod <= 3;
}

void
refine_time_time(struct refine *b)
{
	if (structured(b, S_TIME))
		return;
	switch (b->modes->time) {
	case TIME_CONNECT:
		refine_to(b, SCHEMA_INT32, "org.apache.kafka.connect.data.Time",
			conv_time_time_millis);
		break;
	case TIME_ISOSTRING:
		refine_to(b, SCHEMA_STRING, "io.debezium.time.IsoTime",
			conv_time_time_iso);
		b->out->missing = text_of("00:00:00Z");
		break;
	case TIME_NANOSECONDS:
		refine_to(b, SCHEMA_INT64, "io.debezium.time.NanoTime",
			conv_time_time_nanos);
		break;
	default:
		if (b->modes->time == TIME_ADAPTIVE && millis_do(b))
			refine_to(b, SCHEMA_INT32, "io.debezium.time.Time",
				conv_time_time_millis);
		else
			refine_to(b, SCHEMA_INT64, "io.debezium.time.MicroTime",
				conv_time_time_micros);
	}
}

void
refine_time_timestamp(struct refine *b)
{
	if (structured(b, S_TIMESTAMP))
		return;
	switch (b->modes->time) {
	case TIME_CONNECT:
		refine_to(b, SCHEMA_INT64,
			"org.apache.kafka.connect.data.Timestamp",
			conv_time_stamp_millis);
		break;
	case TIME_ISOSTRING:
		refine_to(b, SCHEMA_STRING, "io.debezium.time.IsoTimestamp",
			conv_time_stamp_iso);
		b->out->missing = text_of("1970-01-01T00:00:00Z");
		break;
	case TIME_NANOSECONDS:
		refine_to(b, SCHEMA_INT64, "io.debezium.time.NanoTimestamp",
			conv_time_stamp_nanos);
		break;
	default:
		if (b->modes->time != TIME_MICROSECONDS && millis_do(b))
			refine_to(b, SCHEMA_INT64, "io.debezium.time.Timestamp",
				conv_time_stamp_millis);
		else
			refine_to(b, SCHEMA_INT64,
				"io.debezium.time.MicroTimestamp",
				conv_time_stamp_micros);
	}
}

void
refine_time_timestamptz(struct refine *b)
{
	if (structured(b, S_TIMESTAMPTZ))
		return;
	b->conv->precision = b->typmod >= 0 && b->typmod <= 6 ? b->typmod : 6;
	b->out->missing = text_of("1970-01-01T00:00:00Z");
}

void
refine_time_timetz(struct refine *b)
{
	if (structured(b, S_TIMETZ))
		return;
	b->out->missing = text_of("00:00:00Z");
}

void
refine_time_interval(struct refine *b)
{
	if (structured(b, S_INTERVAL))
		return;
	if (b->modes->interval == INTERVAL_NUMERIC) {
		refine_to(b, SCHEMA_INT64, "io.debezium.time.MicroDuration",
			conv_interval_micros);
		return;
	}
	refine_to(b, SCHEMA_STRING, "io.debezium.time.Interval",
		conv_interval_iso);
	b->out->missing = text_of("P0Y0M0DT0H0M0S");
}
