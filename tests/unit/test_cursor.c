#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cursor.h"

static void
reads_in_wire_order(void **state)
{
	struct cursor c = cursor_of((struct span)SPAN(
		"\x81" "\x82\x03" "\x84\x05\x06\x07"
		"\x88\x09\x0a\x0b\x0c\x0d\x0e\x0f" "text\0" "\0" "raw"));
	struct span s;

	(void)state;
	assert_int_equal(cursor_u8(&c), 0x81);
	assert_int_equal(cursor_u16(&c), 0x8203);
	assert_int_equal(cursor_u32(&c), UINT32_C(0x84050607));
	assert_int_equal(cursor_u64(&c), UINT64_C(0x88090a0b0c0d0e0f));
	s = cursor_str(&c);
	assert_true(span_is(s, "text"));
	s = cursor_str(&c);
	assert_true(span_is(s, ""));
	assert_non_null(s.p);
	assert_false(cursor_done(&c));
	s = cursor_take(&c, 3);
	assert_true(span_is(s, "raw"));
	assert_true(cursor_done(&c));
	s = cursor_take(&c, 0);
	assert_int_equal(s.len, 0);
	assert_true(cursor_done(&c));
}

/* After a failed read everything is zero or empty. */
static void
assert_spent(struct cursor *c)
{
	char out = 'x';

	assert_true(c->bad);
	assert_int_equal(c->left, 0);
	assert_int_equal(cursor_u8(c), 0);
	assert_int_equal(cursor_u16(c), 0);
	assert_int_equal(cursor_u32(c), 0);
	assert_int_equal(cursor_u64(c), 0);
	assert_int_equal(cursor_str(c).len, 0);
	assert_non_null(cursor_str(c).p);
	assert_int_equal(cursor_take(c, 1).len, 0);
	assert_non_null(cursor_take(c, 1).p);
	assert_int_equal(cursor_take(c, 0).len, 0);
	assert_false(cursor_copy(c, &out, 1));
	assert_int_equal(out, 'x');
	assert_false(cursor_done(c));
	assert_true(c->bad);
}

static void
failure_is_sticky(void **state)
{
	const struct span three = SPAN("\1\2\3");
	struct cursor c;

	(void)state;
	c = cursor_of(three);
	assert_int_equal(cursor_u32(&c), 0);
	assert_spent(&c);
	c = cursor_of(three);
	assert_int_equal(cursor_u64(&c), 0);
	assert_spent(&c);
	c = cursor_of(three);
	cursor_u16(&c);
	assert_int_equal(cursor_u16(&c), 0);
	assert_spent(&c);
	c = cursor_of(three);
	assert_int_equal(cursor_str(&c).len, 0);	/* no NUL */
	assert_spent(&c);
	c = cursor_of(three);
	assert_int_equal(cursor_take(&c, 4).len, 0);
	assert_spent(&c);
	c = cursor_of(three);
	assert_int_equal(cursor_take(&c, SIZE_MAX).len, 0);
	assert_spent(&c);
	c = cursor_of(three);
	cursor_fail(&c);
	assert_spent(&c);
}

static void
nothing_to_read(void **state)
{
	struct cursor c = cursor_of(span_of(""));

	(void)state;
	assert_true(cursor_done(&c));
	assert_int_equal(cursor_u8(&c), 0);
	assert_spent(&c);
	c = cursor_of(span_of(NULL));
	assert_true(cursor_done(&c));
	assert_int_equal(cursor_take(&c, 0).len, 0);
	assert_true(cursor_done(&c));
	assert_int_equal(cursor_str(&c).len, 0);
	assert_spent(&c);
}

static void
a_view_is_a_bounded_cursor(void **state)
{
	struct cursor c = cursor_of((struct span)SPAN("\1\2\3\4"));
	struct cursor inner = cursor_of(cursor_take(&c, 2));

	(void)state;
	assert_int_equal(cursor_u16(&inner), 0x0102);
	assert_true(cursor_done(&inner));
	assert_int_equal(cursor_u8(&inner), 0);
	assert_spent(&inner);
	assert_int_equal(cursor_u16(&c), 0x0304);
	assert_true(cursor_done(&c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_in_wire_order),
		cmocka_unit_test(failure_is_sticky),
		cmocka_unit_test(nothing_to_read),
		cmocka_unit_test(a_view_is_a_bounded_cursor),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
