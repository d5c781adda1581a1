#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "arena.h"

/* No memory is an answer here, not an abort; used by AddressSanitizer. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

#define MIB ((size_t)1 << 20)

static void
unused_arena(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, MIB);
	assert_int_equal(a.used, 0);
	assert_null(a.blocks);
	assert_false(arena_failed(&a));
	arena_reset(&a);
	assert_null(a.blocks);
	arena_release(&a);
	arena_release(&a);
}

static void
objects_are_aligned_and_apart(void **state)
{
	struct arena a;
	char *last = NULL;

	(void)state;
	arena_init(&a, MIB);
	for (size_t n = 1; n < 100; n++) {
		char *p = arena_alloc(&a, n);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 8, 0);
		memset(p, (int)n, n);
		if (last)
			assert_int_equal(last[n - 2], n - 1);
		last = p;
	}
	arena_release(&a);
}

static void
nothing_is_a_valid_pointer(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, MIB);
	assert_non_null(arena_alloc(&a, 0));
	assert_non_null(arena_alloc(&a, 8));
	assert_non_null(arena_alloc(&a, 0));
	assert_false(arena_failed(&a));
	arena_release(&a);
}

static void
nothing_takes_no_room(void **state)
{
	struct arena a;
	size_t used;

	(void)state;
	arena_init(&a, MIB);
	assert_non_null(arena_alloc(&a, 0));
	used = a.used;
	for (int i = 0; i < 1000; i++)
		assert_non_null(arena_zero(&a, 0, 8));
	assert_int_equal(a.used, used);
	/* Not even the last byte of a block. */
	assert_non_null(arena_alloc(&a, (size_t)(a.end - a.at)));
	assert_ptr_equal(a.at, a.end);
	assert_non_null(arena_alloc(&a, 0));
	assert_int_equal(a.used, used);
	arena_release(&a);
}

static void
reset_keeps_the_largest_block(void **state)
{
	struct arena a;
	struct arena_block *first;
	size_t used;
	void *p;

	(void)state;
	arena_init(&a, 16 * MIB);
	assert_non_null(arena_alloc(&a, 100));
	first = a.blocks;
	for (int i = 0; i < 5000; i++)
		assert_non_null(arena_alloc(&a, 1000));
	assert_ptr_not_equal(a.blocks, first);
	assert_true(a.used > 4 * MIB && a.used <= a.cap);
	arena_reset(&a);
	used = a.used;
	assert_int_equal(used, MIB);
	/* What comes after needs no other one. */
	p = arena_alloc(&a, MIB / 2);
	arena_reset(&a);
	assert_ptr_equal(arena_alloc(&a, MIB / 2), p);
	assert_int_equal(a.used, used);
	arena_release(&a);
	assert_int_equal(a.used, 0);
	assert_int_equal(a.cap, 16 * MIB);
}

static void
reset_keeps_no_huge_object(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 16 * MIB);
	assert_non_null(arena_alloc(&a, 4 * MIB));
	arena_reset(&a);
	assert_null(a.blocks);
	assert_int_equal(a.used, 0);
	assert_non_null(arena_alloc(&a, 100));
	assert_non_null(arena_alloc(&a, 4 * MIB));
	arena_reset(&a);
	assert_true(a.used && a.used < 4 * MIB);
	assert_non_null(arena_alloc(&a, 100));
	arena_release(&a);
}

static void
oversized_object_has_its_own_block(void **state)
{
	struct arena a;
	struct arena_block *first;
	char *p, *big, *q;

	(void)state;
	arena_init(&a, 16 * MIB);
	p = arena_alloc(&a, 16);
	first = a.blocks;
	big = arena_alloc(&a, 3 * MIB);
	assert_non_null(big);
	memset(big, 1, 3 * MIB);
	q = arena_alloc(&a, 16);
	assert_ptr_equal(q, p + 16);	/* still the block in use */
	arena_reset(&a);
	assert_ptr_equal(a.blocks, first);
	arena_release(&a);
}

static void
oversized_object_comes_first(void **state)
{
	struct arena a;
	char *big, *p;

	(void)state;
	arena_init(&a, 16 * MIB);
	big = arena_alloc(&a, 3 * MIB + 1);
	assert_non_null(big);
	memset(big, 1, 3 * MIB + 1);
	p = arena_alloc(&a, 1);
	assert_non_null(p);
	*p = 1;
	/* The huge one is not kept, that for the small one is. */
	arena_reset(&a);
	assert_ptr_equal(arena_alloc(&a, 1), p);
	arena_release(&a);
}

static void
cap_counts_all_blocks(void **state)
{
	struct arena a;
	size_t n = 0;

	(void)state;
	arena_init(&a, 100001);
	while (arena_alloc(&a, 64))
		n++;
	assert_true(arena_failed(&a));
	assert_true(a.used <= a.cap);
	assert_true(n * 64 > 95000);
	arena_release(&a);
}

static void
failure_is_sticky_until_reset(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 50000);
	assert_non_null(arena_alloc(&a, 8));
	assert_null(arena_alloc(&a, 50000));
	assert_true(arena_failed(&a));
	assert_null(arena_alloc(&a, 8));
	assert_null(arena_alloc(&a, 0));
	assert_null(arena_zero(&a, 1, 1));
	assert_null(arena_copy(&a, span_of("x")).p);
	assert_null(arena_printf(&a, "x").p);
	arena_reset(&a);
	assert_false(arena_failed(&a));
	assert_non_null(arena_alloc(&a, 8));
	arena_release(&a);
	/* also when there was no block yet */
	assert_null(arena_alloc(&a, 50000));
	assert_true(arena_failed(&a));
	assert_null(arena_alloc(&a, 8));
	arena_reset(&a);
	assert_non_null(arena_alloc(&a, 8));
	arena_release(&a);
}

static void
cap_below_a_block(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 64);
	assert_non_null(arena_alloc(&a, 48));
	assert_int_equal(a.used, 64);
	assert_null(arena_alloc(&a, 1));
	arena_release(&a);
	arena_init(&a, 8);
	assert_null(arena_alloc(&a, 1));
	arena_release(&a);
}

static void
sums_do_not_overflow(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, SIZE_MAX);
	for (size_t less = 0; less < 40; less++) {
		assert_null(arena_alloc(&a, SIZE_MAX - less));
		arena_reset(&a);
	}
	assert_non_null(arena_alloc(&a, 1));
	assert_null(arena_alloc(&a, SIZE_MAX));
	arena_reset(&a);
	assert_null(arena_zero(&a, SIZE_MAX / 2, 3));
	assert_true(arena_failed(&a));
	arena_reset(&a);
	assert_null(arena_copy(&a, (struct span){ "", SIZE_MAX }).p);
	assert_true(arena_failed(&a));
	arena_reset(&a);
	assert_null(arena_alloc(&a, SIZE_MAX / 2));	/* nobody has that much */
	assert_true(arena_failed(&a));
	arena_release(&a);
}

static void
zero_clears(void **state)
{
	struct arena a;
	unsigned char *p;

	(void)state;
	arena_init(&a, MIB);
	p = arena_alloc(&a, 1000);
	memset(p, 0xff, 1000);
	arena_reset(&a);
	p = arena_zero(&a, 100, 10);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(p[i], 0);
	assert_non_null(arena_zero(&a, 0, 10));
	assert_non_null(arena_zero(&a, 10, 0));
	arena_release(&a);
}

static void
copies_end_in_nul(void **state)
{
	struct arena a;
	struct span s;
	const char *text = "hello";

	(void)state;
	arena_init(&a, MIB);
	s = arena_copy(&a, (struct span){ text, 4 });
	assert_string_equal(s.p, "hell");
	assert_int_equal(s.len, 4);
	s = arena_copy(&a, (struct span){ "", 0 });
	assert_non_null(s.p);
	assert_string_equal(s.p, "");
	s = arena_copy(&a, (struct span){ NULL, 0 });
	assert_null(s.p);
	assert_false(arena_failed(&a));
	arena_release(&a);
}

static void
printf_formats(void **state)
{
	const wchar_t bad[] = { (wchar_t)0x7fffffff, 0 };
	struct arena a;
	struct span s;

	(void)state;
	arena_init(&a, MIB);
	s = arena_printf(&a, "%s.%d", "x", 42);
	assert_string_equal(s.p, "x.42");
	assert_int_equal(s.len, 4);
	s = arena_printf(&a, "%s", "");
	assert_non_null(s.p);
	assert_int_equal(s.len, 0);
	s = arena_printf(&a, "%ls", bad);
	assert_null(s.p);
	assert_true(arena_failed(&a));
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unused_arena),
		cmocka_unit_test(objects_are_aligned_and_apart),
		cmocka_unit_test(nothing_is_a_valid_pointer),
		cmocka_unit_test(nothing_takes_no_room),
		cmocka_unit_test(reset_keeps_the_largest_block),
		cmocka_unit_test(reset_keeps_no_huge_object),
		cmocka_unit_test(oversized_object_has_its_own_block),
		cmocka_unit_test(oversized_object_comes_first),
		cmocka_unit_test(cap_counts_all_blocks),
		cmocka_unit_test(failure_is_sticky_until_reset),
		cmocka_unit_test(cap_below_a_block),
		cmocka_unit_test(sums_do_not_overflow),
		cmocka_unit_test(zero_clears),
		cmocka_unit_test(copies_end_in_nul),
		cmocka_unit_test(printf_formats),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
