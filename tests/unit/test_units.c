#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "units.h"

static void
parses_sizes(void **state)
{
	static const struct { const char *text; int64_t bytes; } good[] = {
		{ "0", 0 }, { "1000", 1000 }, { "1B", 1 }, { "1kB", 1024 },
		{ "1KB", 1024 }, { "16MB", 16 << 20 }, { "16 mb", 16 << 20 },
		{ "1GB", 1 << 30 }, { "1g", 1 << 30 }, { "1.5GB", 3 << 29 },
		{ "0.5k", 512 }, { "2TB", (int64_t)2 << 40 },
		{ "1PB", (int64_t)1 << 50 }, { "7EB", (int64_t)7 << 60 },
		{ "9223372036854775807", INT64_MAX },
	};
	static const char *const bad[] = {
		"", " ", "GB", "-1GB", "+1", "1 GBB", "1XB", "1GiB", "1.GB",
		".5GB", "1,5GB", "nan", "0x10", "1e3", "8EB", "1GB ", " 1GB",
		"9223372036854775808", "99999999999999999999999999",
	};
	int64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		bytes = -1;
		assert_true(units_parse_size(good[i].text, &bytes));
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		bytes = 77;
		assert_false(units_parse_size(bad[i], &bytes));
		assert_int_equal(bytes, 77);
	}
}

static void
prints_sizes(void **state)
{
	static const struct { int64_t bytes; const char *text; } cases[] = {
		{ 0, "0 B" }, { 1, "1 B" }, { 1023, "1023 B" }, { 1024, "1.00 kB" },
		{ 1536, "1.50 kB" }, { 10239, "10.0 kB" }, { 12800, "12.5 kB" },
		{ 102400, "100 kB" }, { 1023488, "0.98 MB" },
		{ 16 << 20, "16.0 MB" }, { (int64_t)5 << 29, "2.50 GB" },
		{ (int64_t)125 << 30, "125 GB" }, { -2048, "-2.00 kB" },
		{ INT64_MAX, "8.00 EB" }, { INT64_MIN, "-8.00 EB" },
	};
	char out[UNITS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(units_size(cases[i].bytes, out), cases[i].text);
	assert_string_equal(units_rate(2048, out), "2.00 kB/s");
}

static void
prints_durations(void **state)
{
	static const struct { int64_t ms; const char *text; } cases[] = {
		{ -5, "0.0 s" }, { 0, "0.0 s" }, { 449, "0.4 s" }, { 9949, "9.9 s" },
		{ 9950, "10 s" }, { 59499, "59 s" }, { 59500, "1 min 0 s" },
		{ 185000, "3 min 5 s" }, { 3599000, "59 min 59 s" },
		{ 3600000, "1 h 0 min" }, { 7440000, "2 h 4 min" },
		{ 86400000, "1 d 0 h" }, { 442800000, "5 d 3 h" },
	};
	char out[UNITS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(units_duration(cases[i].ms, out), cases[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_sizes),
		cmocka_unit_test(prints_sizes),
		cmocka_unit_test(prints_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
