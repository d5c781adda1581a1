#include "conv_test.h"

#include "conv_structured.h"

static void
dates(void **state)
{
	static const struct conv c = { .fn = conv_structured_date };

	(void)state;
	check(&c, "2016-11-04", "{2016,11,4,null}");
	check(&c, "5874897-12-31", "{5874897,12,31,null}");
	check(&c, "0044-03-15 BC", "{-43,3,15,null}");
	check(&c, "0001-12-31 BC", "{0,12,31,null}");
	check(&c, "infinity", "{null,null,null,\"POSITIVE_INFINITY\"}");
	check(&c, "-infinity", "{null,null,null,\"NEGATIVE_INFINITY\"}");
	refuse(&c, "2016-13-04");
	refuse(&c, "");
	starve(&c, "2016-11-04");
}

static void
times(void **state)
{
	static const struct conv c = { .fn = conv_structured_time, .precision = 3 };

	(void)state;
	check(&c, "13:51:30.123456", "{13,51,30,123456000,3}");
	check(&c, "00:00:00", "{0,0,0,0,3}");
	check(&c, "24:00:00", "{24,0,0,0,3}");
	refuse(&c, "24:00:01");
	refuse(&c, "13:51:30+02");
	starve(&c, "13:51:30");
}

static void
times_keep_their_offset(void **state)
{
	static const struct conv c = { .fn = conv_structured_timetz, .precision = 6 };

	(void)state;
	check(&c, "13:51:30.1+02", "{13,51,30,100000000,7200,6}");
	check(&c, "24:00:00-05", "{24,0,0,0,-18000,6}");
	check(&c, "00:00:00+05:30:01", "{0,0,0,0,19801,6}");
	refuse(&c, "13:51:30");
	starve(&c, "13:51:30+02");
}

static void
timestamps(void **state)
{
	static const struct conv c = { .fn = conv_structured_stamp, .precision = 6 };

	(void)state;
	check(&c, "2016-11-04 13:51:30.123456", "{2016,11,4,13,51,30,123456000,null,6}");
	check(&c, "294276-12-31 23:59:59.999999", "{294276,12,31,23,59,59,999999000,null,6}");
	check(&c, "4713-12-31 23:59:59.999999 BC", "{-4712,12,31,23,59,59,999999000,null,6}");
	check(&c, "infinity",
		"{null,null,null,null,null,null,null,\"POSITIVE_INFINITY\",6}");
	refuse(&c, "2016-11-04");
	starve(&c, "2016-11-04 13:51:30");
}

static void
timestamps_with_zone_are_utc(void **state)
{
	static const struct conv c = { .fn = conv_structured_stamptz, .precision = 0 };

	(void)state;
	check(&c, "2016-11-04 13:51:30.5+02",
		"{2016,11,4,11,51,30,500000000,0,\"Z\",null,0}");
	check(&c, "0001-01-01 00:30:00+01",
		"{0,12,31,23,30,0,0,0,\"Z\",null,0}");
	check(&c, "-infinity", "{null,null,null,null,null,null,null,null,null,"
		"\"NEGATIVE_INFINITY\",0}");
	refuse(&c, "2016-11-04 13:51:30");
	starve(&c, "2016-11-04 13:51:30+00");
}

static void
intervals(void **state)
{
	static const struct conv c = { .fn = conv_structured_interval, .precision = 6 };

	(void)state;
	check(&c, "1 year 2 mons 3 days 04:05:06.789", "{1,2,3,4,5,6,789000000,6}");
	check(&c, "-1 years -2 mons +3 days -04:05:06.789", "{-1,-2,3,-4,-5,-6,-789000000,6}");
	check(&c, "-00:00:00.000001", "{0,0,0,0,0,0,-1000,6}");
	check(&c, "178000000 years", "{178000000,0,0,0,0,0,0,6}");
	/* Hours that int32 does not hold. */
	check(&c, "2562047788:00:54.775807", "{0,0,0,2147483647,0,1492430907654,775807000,6}");
	check(&c, "-2562047788:00:54.775807", "{0,0,0,-2147483648,0,-1492430904054,-775807000,6}");
	check(&c, "infinity", "null");
	refuse(&c, "1 fortnight");
	starve(&c, "1 day");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates),
		cmocka_unit_test(times),
		cmocka_unit_test(times_keep_their_offset),
		cmocka_unit_test(timestamps),
		cmocka_unit_test(timestamps_with_zone_are_utc),
		cmocka_unit_test(intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
