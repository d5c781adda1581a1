#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "buf.h"

/* No memory is an answer here, not an abort; used by AddressSanitizer. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void
assert_buf(const struct buf *b, const char *text)
{
	assert_false(b->failed);
	assert_int_equal(b->len, strlen(text));
	assert_memory_equal(buf_span(b).p, text, b->len);
	assert_int_equal(buf_span(b).len, b->len);
	assert_true(b->len <= b->size && b->size <= b->cap);
}

static void
nothing_is_allocated_for_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_put(&b, "", 0);
	buf_put_str(&b, "");
	buf_put_span(&b, (struct span){ NULL, 0 });
	buf_printf(&b, "%s", "");
	assert_null(b.p);
	assert_non_null(buf_span(&b).p);
	assert_buf(&b, "");
	buf_release(&b);
}

static void
puts_append(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_put(&b, "ab", 2);
	buf_put_str(&b, "cd");
	buf_putc(&b, 'e');
	buf_put_span(&b, (struct span)SPAN("fg"));
	buf_printf(&b, "-%d-%s", 7, "x");
	assert_buf(&b, "abcdefg-7-x");
	buf_release(&b);
	assert_int_equal(b.cap, 1000);
	assert_buf(&b, "");
}

static void
numbers(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_put_i64(&b, 0);
	buf_putc(&b, ' ');
	buf_put_i64(&b, -1);
	buf_putc(&b, ' ');
	buf_put_i64(&b, INT64_MIN);
	buf_putc(&b, ' ');
	buf_put_i64(&b, INT64_MAX);
	buf_putc(&b, ' ');
	buf_put_u64(&b, UINT64_MAX);
	buf_putc(&b, ' ');
	buf_put_u64(&b, 1009);
	assert_buf(&b, "0 -1 -9223372036854775808 9223372036854775807"
		" 18446744073709551615 1009");
	buf_release(&b);
}

static void
grows_up_to_the_cap(void **state)
{
	struct buf b;
	char text[1001];

	(void)state;
	memset(text, 'x', 1000);
	text[1000] = '\0';
	buf_init(&b, 1000);
	for (int i = 0; i < 1000; i++)
		buf_putc(&b, 'x');
	assert_buf(&b, text);
	assert_int_equal(b.size, 1000);
	buf_put(&b, "", 0);
	buf_printf(&b, "%s", "");
	assert_buf(&b, text);
	buf_putc(&b, 'y');
	assert_true(b.failed);
	assert_int_equal(b.len, 1000);
	buf_release(&b);
}

static void
small_cap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	buf_put_str(&b, "abc");
	assert_buf(&b, "abc");
	assert_int_equal(b.size, 3);
	buf_release(&b);
	buf_init(&b, 3);
	buf_printf(&b, "%s", "abc");
	assert_buf(&b, "abc");
	buf_release(&b);
	buf_init(&b, 3);
	buf_printf(&b, "%s", "abcd");
	assert_true(b.failed);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
failure_is_sticky(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_put_str(&b, "abc");
	buf_put_str(&b, "de");
	assert_true(b.failed);
	buf_putc(&b, 'd');
	buf_put_str(&b, "d");
	buf_put_i64(&b, 1);
	buf_put_u64(&b, 1);
	buf_printf(&b, "%d", 1);
	assert_false(buf_reserve(&b, 1));
	assert_false(buf_grow(&b, 0));
	assert_true(b.failed);
	assert_int_equal(b.len, 3);
	buf_reset(&b);
	assert_buf(&b, "");
	assert_int_equal(b.size, 4);
	buf_put_str(&b, "abcd");
	assert_buf(&b, "abcd");
	buf_release(&b);
	assert_false(b.failed);
}

static void
release_forgets_failure(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1);
	buf_put_str(&b, "ab");
	assert_true(b.failed);
	buf_release(&b);
	buf_release(&b);
	assert_false(b.failed);
	buf_putc(&b, 'a');
	assert_buf(&b, "a");
	buf_release(&b);
}

static void
reserve_makes_room(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5000);
	assert_true(buf_reserve(&b, 0));
	assert_true(buf_reserve(&b, 300));
	assert_true(b.size >= 300);
	memset(b.p, 'x', 300);
	assert_true(buf_grow(&b, 10));
	assert_int_equal(b.size, 512);
	b.len = 300;
	assert_true(buf_grow(&b, 4700));
	assert_int_equal(b.size, 5000);
	assert_false(buf_reserve(&b, 4701));
	buf_release(&b);
}

static void
sums_do_not_overflow(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	buf_putc(&b, 'x');
	assert_false(buf_reserve(&b, SIZE_MAX));
	assert_true(b.failed);
	buf_reset(&b);
	assert_false(buf_grow(&b, SIZE_MAX));		/* the NUL has no room */
	buf_reset(&b);
	assert_false(buf_grow(&b, SIZE_MAX / 2 + 2));	/* nobody has that much */
	buf_reset(&b);
	buf_putc(&b, 'y');
	assert_buf(&b, "y");
	buf_release(&b);
}

static void
long_printf(void **state)
{
	struct buf b;
	char text[700];

	(void)state;
	memset(text, 'z', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	buf_init(&b, 1400);
	buf_printf(&b, "%s", "");
	buf_putc(&b, '<');
	buf_printf(&b, "%s>", text);
	assert_int_equal(b.len, 701);
	assert_memory_equal(b.p + 1, text, 699);
	assert_int_equal(b.p[700], '>');
	buf_printf(&b, "%s%s", text, "!");
	assert_true(b.failed);
	assert_int_equal(b.len, 701);
	buf_release(&b);
}

static void
printf_that_fails(void **state)
{
	const wchar_t bad[] = { (wchar_t)0x7fffffff, 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_printf(&b, "%ls", bad);
	assert_true(b.failed);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_allocated_for_nothing),
		cmocka_unit_test(puts_append),
		cmocka_unit_test(numbers),
		cmocka_unit_test(grows_up_to_the_cap),
		cmocka_unit_test(small_cap),
		cmocka_unit_test(failure_is_sticky),
		cmocka_unit_test(release_forgets_failure),
		cmocka_unit_test(reserve_makes_room),
		cmocka_unit_test(sums_do_not_overflow),
		cmocka_unit_test(long_printf),
		cmocka_unit_test(printf_that_fails),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
