#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report.h"

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)

static void
assert_bar(uint64_t done, uint64_t all, uint64_t rows, uint64_t bytes,
	int64_t elapsed_us, const char *text)
{
	struct buf b;

	buf_init(&b, 1000);
	report_bar(&b, done, all, rows, bytes, elapsed_us);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, text);
	buf_release(&b);
}

static void
in_the_middle(void **state)
{
	(void)state;
	assert_bar(50, 100, 1000, 5000000, 10 * SECOND,
		"[############............]  50 %  1000 rows  100 rows/s  "
		"0.5 MB/s  0:00:10 left");
	assert_bar(1, 100, 7, 70, SECOND,
		"[........................]   1 %  7 rows  7 rows/s  0.0 MB/s"
		"  0:01:39 left");
	assert_bar(1, 3, 1, 1000000, HOUR,
		"[########................]  33 %  1 rows  0 rows/s  0.0 MB/s"
		"  2:00:00 left");
}

/* Nothing is known of the time yet, or of the pages. */
static void
at_both_ends(void **state)
{
	(void)state;
	assert_bar(0, 100, 0, 0, 0,
		"[........................]   0 %  0 rows  0 rows/s  0.0 MB/s");
	assert_bar(100, 100, 200, 0, 2 * SECOND,
		"[########################] 100 %  200 rows  100 rows/s  "
		"0.0 MB/s  0:00:00 left");
	assert_bar(0, 0, 0, 0, 0,
		"[########################] 100 %  0 rows  0 rows/s  0.0 MB/s");
}

/* A table of 100 TB: nothing overflows. */
static void
large_numbers(void **state)
{
	(void)state;
	assert_bar(6000000000, 12000000000, 500000000000, 50000000000000,
		100 * HOUR, "[############............]  50 %  500000000000 rows"
		"  1388889 rows/s  138.9 MB/s  100:00:00 left");
	assert_bar(UINT64_MAX / 200, UINT64_MAX / 100, 1, 1, SECOND,
		"[############............]  50 %  1 rows  1 rows/s  0.0 MB/s"
		"  0:00:01 left");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_middle),
		cmocka_unit_test(at_both_ends),
		cmocka_unit_test(large_numbers),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
