#include "conv_test.h"
#include "conv_interval.h"

static const struct conv micros = { .fn = conv_interval_micros };
static const struct conv iso = { .fn = conv_interval_iso };

static void
numbers(void **state)
{
	(void)state;
	check(&micros, "1 year 2 mons 3 days 04:05:06.78", "37091106780000");
	check(&micros, "1 year", "31557600000000");
	check(&micros, "1 mon", "2629800000000");
	check(&micros, "00:00:00", "0");
	check(&micros, "-1 years -2 mons +3 days -04:05:06.789",
		"-36572706789000");
	check(&micros, "-00:00:00.001", "-1000");
	check(&micros, "11 mons", "28927800000000");
	check(&micros, "100:59:00.000001", "363540000001");
	check(&micros, "-1 days +02:03:00", "-79020000000");
	check(&micros, "110 years", "3471336000000000");
	check(&micros, "10 days 12:00:00", "907200000000");
}

static void
limits(void **state)
{
	(void)state;
	check(&micros, "178000000 years", "9223372036854775807");
	check(&micros, "-178000000 years", "-9223372036854775808");
	check(&micros, "2562047788:00:54.775807", "9223372036854775807");
	check(&micros, "infinity", "9223372036854775807");
	check(&micros, "-infinity", "-9223372036854775808");
	check(&iso, "infinity", "\"infinity\"");
}

static void
texts(void **state)
{
	(void)state;
	check(&iso, "1 year 2 mons 3 days 04:05:06.78",
		"\"P1Y2M3DT4H5M6.78S\"");
	check(&iso, "00:00:00", "\"P0Y0M0DT0H0M0S\"");
	check(&iso, "-1 years -2 mons +3 days -04:05:06.789",
		"\"P-1Y-2M3DT-4H-5M-6.789S\"");
	check(&iso, "-00:00:00.001", "\"P0Y0M0DT0H0M-0.001S\"");
	check(&iso, "100:59:10", "\"P0Y0M0DT100H59M10S\"");
	check(&iso, "1 day", "\"P0Y0M1DT0H0M0S\"");
	starve(&iso, "1 day");
}

static void
refused(void **state)
{
	static const char *const bad[] = {
		"", "1", "1 week", "year", "1 yearx", "04:05", "04:05:06.",
		"04:05:06.1234567", "04:60:00", "04:00:61", "04:05:06 ago",
		"P1Y", "@ 1 day", "1234567890123456789 days", "--1 day",
		"04:x:00", "04:05:x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		refuse(&micros, bad[i]);
		refuse(&iso, bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(limits),
		cmocka_unit_test(texts),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
