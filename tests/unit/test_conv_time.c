#include "conv_test.h"
#include "conv_time.h"
#include "temporal.h"

static const struct conv date = { .fn = conv_time_date };
static const struct conv date_iso = { .fn = conv_time_date_iso };
static const struct conv millis = { .fn = conv_time_time_millis };
static const struct conv micros = { .fn = conv_time_time_micros };
static const struct conv nanos = { .fn = conv_time_time_nanos };
static const struct conv time_iso = { .fn = conv_time_time_iso };
static const struct conv timetz = { .fn = conv_time_timetz };
static const struct conv ts_millis = { .fn = conv_time_stamp_millis };
static const struct conv ts_micros = { .fn = conv_time_stamp_micros };
static const struct conv ts_nanos = { .fn = conv_time_stamp_nanos };
static const struct conv ts_iso = { .fn = conv_time_stamp_iso };
static const struct conv tstz = { .fn = conv_time_stamptz, .precision = 6 };
static const struct conv tstz3 = { .fn = conv_time_stamptz, .precision = 3 };
static const struct conv tstz0 = { .fn = conv_time_stamptz, .precision = 0 };

static void
dates(void **state)
{
	(void)state;
	check(&date, "2016-11-04", "17109");
	check(&date, "1970-01-01", "0");
	check(&date, "1969-12-31", "-1");
	check(&date, "1936-10-25", "-12121");
	check(&date, "1500-02-28", "-171606");
	check(&date, "0001-01-01", "-719162");
	check(&date, "0001-12-31 BC", "-719163");
	check(&date, "0044-03-15 BC", "-735160");
	check(&date, "4713-12-31 BC", "-2440185");
	check(&date, "4714-11-24 BC", "-2440588");
	check(&date, "10000-01-01", "2932897");
	check(&date, "5874897-12-31", "2145042905");
	check(&date, "infinity", "-2147472692");
	check(&date, "-infinity", "-2147472691");
}

static void
dates_as_text(void **state)
{
	(void)state;
	check(&date_iso, "2017-09-15", "\"2017-09-15Z\"");
	check(&date_iso, "0001-12-31 BC", "\"0000-12-31Z\"");
	check(&date_iso, "0044-03-15 BC", "\"-0043-03-15Z\"");
	check(&date_iso, "10000-01-01", "\"+10000-01-01Z\"");
	check(&date_iso, "2020-02-29", "\"2020-02-29Z\"");
	check(&date_iso, "infinity", "\"-5877611-06-21Z\"");
	check(&date_iso, "-infinity", "\"-5877611-06-22Z\"");
	starve(&date_iso, "2017-09-15");
}

static void
not_dates(void **state)
{
	static const char *const texts[] = {
		"", "2016", "2016-11", "2016-11-4", "216-11-04", "2016-13-01",
		"2016-00-01", "2016-01-00", "2016-01-32", "2016/01/01",
		"2016-01-01x", "2016-01-01 AD", "2016-01-01 BCE",
		"2016-01-01 B", "2016-01-01 ", "0000-01-01", "9999999-01-01",
		"04-11-2016", "Infinity",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		refuse(&date, texts[i]);
		refuse(&date_iso, texts[i]);
	}
}

static void
times(void **state)
{
	(void)state;
	check(&micros, "13:51:30.123456", "49890123456");
	check(&micros, "13:51:30", "49890000000");
	check(&micros, "00:00:00", "0");
	check(&micros, "24:00:00", "86400000000");
	check(&micros, "04:05:11.789", "14711789000");
	check(&millis, "13:51:30.123", "49890123");
	check(&millis, "23:59:59.999999", "86399999");
	check(&millis, "24:00:00", "86400000");
	check(&nanos, "13:51:30.123456", "49890123456000");
	check(&time_iso, "04:05:11.789", "\"04:05:11.789Z\"");
	check(&time_iso, "04:05:11", "\"04:05:11Z\"");
	check(&time_iso, "23:59:59.999999", "\"23:59:59.999999Z\"");
	check(&time_iso, "24:00:00", "\"00:00:00Z\"");
	starve(&time_iso, "04:05:11");
}

static void
zoned_times(void **state)
{
	(void)state;
	check(&timetz, "13:51:30.123789+02", "\"11:51:30.123789Z\"");
	check(&timetz, "13:51:31+02", "\"11:51:31Z\"");
	check(&timetz, "13:51:30.124+05:30", "\"08:21:30.124Z\"");
	check(&timetz, "24:00:00+00", "\"00:00:00Z\"");
	check(&timetz, "24:00:00-05", "\"05:00:00Z\"");
	check(&timetz, "24:00:00-12", "\"12:00:00Z\"");
	check(&timetz, "01:00:00+14", "\"11:00:00Z\"");
	check(&timetz, "23:59:59.999999+14", "\"09:59:59.999999Z\"");
	check(&timetz, "10:00:00+00:53:28", "\"09:06:32Z\"");
	refuse(&timetz, "13:51:30");
	refuse(&timetz, "13:51:30+2");
	refuse(&timetz, "13:51:30+02:");
	refuse(&timetz, "13:51:30+02:3");
	refuse(&timetz, "13:51:30+02:30:1");
	refuse(&timetz, "13:51:30+02 ");
	refuse(&timetz, "25:00:00+02");
}

static void
not_times(void **state)
{
	static const char *const texts[] = {
		"", "1:00:00", "10:00", "10:60:00", "10:00:61", "24:00:01",
		"25:00:00", "10:00:00.", "10:00:00.1234567", "10:00:00x",
		"10-00-00", "10:00:00+00",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		refuse(&micros, texts[i]);
		refuse(&millis, texts[i]);
		refuse(&nanos, texts[i]);
		refuse(&time_iso, texts[i]);
	}
}

static void
timestamps(void **state)
{
	(void)state;
	check(&ts_micros, "2016-11-04 13:51:30.123456", "1478267490123456");
	check(&ts_millis, "2016-11-04 13:51:30.123", "1478267490123");
	check(&ts_nanos, "2016-11-04 13:51:30.123456",
		"1478267490123456000");
	check(&ts_micros, "1936-10-25 22:10:12.608", "-1047174587392000");
	check(&ts_micros, "1500-02-28 01:02:03.000004",
		"-14826754676999996");
	check(&ts_millis, "1500-02-28 01:02:03.000004", "-14826754677000");
	check(&ts_micros, "1969-12-31 23:59:59.999999", "-1");
	check(&ts_millis, "1969-12-31 23:59:59.999999", "-1");
	check(&ts_micros, "294247-01-01 23:59:59.999999",
		"9223371331199999999");
	check(&ts_micros, "4713-12-31 23:59:59.999999 BC",
		"-210831897600000001");
	check(&ts_micros, "0044-03-15 12:00:00.5 BC", "-63517780799500000");
}

/* What int64 does not hold is NULL, never another moment. */
static void
timestamps_at_the_limits(void **state)
{
	(void)state;
	check(&ts_micros, "294247-01-10 04:00:54.775807",
		"9223372036854775807");
	check(&ts_micros, "294247-01-10 04:00:54.775808", "null");
	check(&ts_micros, "294276-12-31 23:59:59.999999", "null");
	check(&ts_millis, "294276-12-31 23:59:59.999999",
		"9224318015999999");
	check(&ts_nanos, "2262-04-11 23:47:16.854775",
		"9223372036854775000");
	check(&ts_nanos, "2262-04-11 23:47:16.854776", "null");
	check(&ts_nanos, "1677-09-21 00:12:43.145225",
		"-9223372036854775000");
	check(&ts_nanos, "1677-09-21 00:12:43.145224", "null");
	check(&ts_nanos, "9999-12-31 00:00:00", "null");
	check(&ts_nanos, "0001-01-01 00:00:00", "null");
}

static void
infinite_timestamps(void **state)
{
	(void)state;
	check(&ts_micros, "infinity", "9223372036825200000");
	check(&ts_micros, "-infinity", "-9223372036832400000");
	check(&ts_millis, "infinity", "9223372036825200");
	check(&ts_millis, "-infinity", "-9223372036832400");
	check(&ts_nanos, "infinity", "9223372036854775807");
	check(&ts_nanos, "-infinity", "-9223372036854775808");
	check(&ts_iso, "infinity", "\"+294247-01-10T04:00:25.2Z\"");
	check(&ts_iso, "-infinity", "\"-290308-12-21T19:59:27.6Z\"");
	check(&tstz, "infinity", "\"infinity\"");
	check(&tstz0, "-infinity", "\"-infinity\"");
}

static void
timestamps_as_text(void **state)
{
	(void)state;
	check(&ts_iso, "2019-07-09 02:28:57.1", "\"2019-07-09T02:28:57.1Z\"");
	check(&ts_iso, "2019-07-09 02:28:57", "\"2019-07-09T02:28:57Z\"");
	check(&ts_iso, "0044-03-15 12:00:00 BC", "\"-0043-03-15T12:00:00Z\"");
	check(&ts_iso, "294276-12-31 23:59:59.999999",
		"\"+294276-12-31T23:59:59.999999Z\"");
	starve(&ts_iso, "2019-07-09 02:28:57.1");
}

static void
zoned_timestamps(void **state)
{
	(void)state;
	check(&tstz, "2016-11-04 11:51:30.123456+00",
		"\"2016-11-04T11:51:30.123456Z\"");
	check(&tstz, "1970-01-01 00:00:00+00",
		"\"1970-01-01T00:00:00.000000Z\"");
	check(&tstz3, "1936-10-25 23:10:12.6+00",
		"\"1936-10-25T23:10:12.600Z\"");
	check(&tstz0, "2019-07-09 02:28:57+00", "\"2019-07-09T02:28:57Z\"");
	check(&tstz, "21016-11-04 06:51:30+00",
		"\"+21016-11-04T06:51:30.000000Z\"");
	check(&tstz, "0044-03-15 12:00:00.5+00 BC",
		"\"-0043-03-15T12:00:00.500000Z\"");
	check(&tstz, "294276-12-31 23:59:59.999999+00",
		"\"+294276-12-31T23:59:59.999999Z\"");
	check(&tstz, "2016-11-04 01:00:00+02",
		"\"2016-11-03T23:00:00.000000Z\"");
	check(&tstz, "2016-12-31 23:00:00-02:30",
		"\"2017-01-01T01:30:00.000000Z\"");
	starve(&tstz, "2016-11-04 11:51:30.123456+00");
}

/* What the calendar makes of the text; false if it is no timestamp. */
static bool
by_calendar(struct span text, int digits, char out[64])
{
	struct temporal_moment m;
	int64_t year;
	int month, day, n;

	if (!temporal_stamp(text, true, &m))
		return false;
	temporal_civil(m.days, &year, &month, &day);
	n = snprintf(out, 64, "%04d-%02d-%02dT%02d:%02d:%02d.%06d", (int)year,
		month, day, (int)(m.micros / 3600000000),
		(int)(m.micros / 60000000 % 60), (int)(m.micros / 1000000 % 60),
		(int)(m.micros % 1000000));
	if (digits < 6)
		n -= digits ? 6 - digits : 7;
	memcpy(out + n, "Z", 2);
	return true;
}

static unsigned
draw(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 8) % below;
}

static struct span
random_stamp(unsigned *seed, char text[64])
{
	int n = snprintf(text, 64, "%04u-%02u-%02u %02u:%02u:%02u",
		1000 + draw(seed, 8000), draw(seed, 14), draw(seed, 33),
		draw(seed, 25), draw(seed, 61), draw(seed, 61));

	if (draw(seed, 2))
		n += snprintf(text + n, 40, ".%0*u", 1 + (int)draw(seed, 7), draw(seed, 10));
	n += snprintf(text + n, 20, "%s", draw(seed, 9) ? "+00" : "-01:30");
	if (draw(seed, 3) == 0)
		text[draw(seed, (unsigned)n)] = "0:-.+ 9a"[draw(seed, 8)];
	return (struct span){ text, (size_t)n };
}

/* The short way and the one through the calendar say the same, also of what is no timestamp. */
static void
short_ways_lead_to_the_same(void **state)
{
	static const struct conv *const convs[] = { &tstz, &tstz3, &tstz0 };
	unsigned seed = 1, good = 0;

	(void)state;
	for (int i = 0; i < 60000; i++) {
		const struct conv *c = convs[i % 3];
		char text[64], expected[64];
		struct span s = random_stamp(&seed, text);
		struct arena a;
		struct value v;
		int rc;

		arena_init(&a, 1 << 16);
		rc = c->fn(c, s, &a, &v, NULL);
		if (by_calendar(s, c->precision, expected)) {
			good++;
			assert_int_equal(rc, 0);
			if (!span_is(value_span(&v), expected))
				fail_msg("%s: %.*s instead of %s", text,
					SPAN_ARG(value_span(&v)), expected);
		} else if (rc != -1) {
			fail_msg("%s was taken", text);
		}
		arena_release(&a);
	}
	assert_in_range(good, 10000, 50000);
}

static void
not_timestamps(void **state)
{
	static const char *const texts[] = {
		"", "2016-11-04", "2016-11-04T10:00:00", "2016-11-04 10:00",
		"2016-11-04 10:00:00 AD", "Fri Nov 04 10:00:00 2016",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		refuse(&ts_millis, texts[i]);
		refuse(&ts_micros, texts[i]);
		refuse(&ts_nanos, texts[i]);
		refuse(&ts_iso, texts[i]);
		refuse(&tstz, texts[i]);
	}
	refuse(&ts_micros, "2016-11-04 10:00:00+00");
	refuse(&tstz, "2016-11-04 10:00:00");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates),
		cmocka_unit_test(dates_as_text),
		cmocka_unit_test(not_dates),
		cmocka_unit_test(times),
		cmocka_unit_test(zoned_times),
		cmocka_unit_test(not_times),
		cmocka_unit_test(timestamps),
		cmocka_unit_test(timestamps_at_the_limits),
		cmocka_unit_test(infinite_timestamps),
		cmocka_unit_test(timestamps_as_text),
		cmocka_unit_test(zoned_timestamps),
		cmocka_unit_test(short_ways_lead_to_the_same),
		cmocka_unit_test(not_timestamps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
