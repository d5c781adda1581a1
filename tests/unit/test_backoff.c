#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backoff.h"

static void
delays_double_up_to_a_cap(void **state)
{
	int64_t expected = 500000;
	struct backoff b;

	(void)state;
	backoff_init(&b, 1);
	for (int i = 0; i < 20; i++) {
		int64_t delay = backoff_next(&b);

		assert_in_range(delay, expected * 3 / 4, expected * 5 / 4);
		expected = expected * 2 < 30000000 ? expected * 2 : 30000000;
	}
	backoff_reset(&b);
	assert_in_range(backoff_next(&b), 375000, 625000);
}

static void
numbers_fill_their_range(void **state)
{
	unsigned seen = 0;
	struct backoff b;

	(void)state;
	backoff_init(&b, 42);
	for (int i = 0; i < 1000; i++) {
		int64_t n = backoff_between(&b, -3, 3);

		assert_true(n >= -3 && n <= 3);
		seen |= 1u << (n + 3);
	}
	assert_int_equal(seen, 0x7f);
	assert_int_equal(backoff_between(&b, 5, 5), 5);
}

static void
seeds_spread(void **state)
{
	struct backoff a, b;
	int equal = 0;

	(void)state;
	backoff_init(&a, 2);
	backoff_init(&b, 4);
	for (int i = 0; i < 10; i++)
		equal += backoff_next(&a) == backoff_next(&b);
	assert_true(equal < 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_double_up_to_a_cap),
		cmocka_unit_test(numbers_fill_their_range),
		cmocka_unit_test(seeds_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
