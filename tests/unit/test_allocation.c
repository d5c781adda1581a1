/*
 * No allocation per row: recorded transactions are replayed with malloc and
 * its kin counted. They are wrapped by the linker, see the Makefile, so that
 * what the decoder calls is seen and what the C library does is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../bench/replay.h"

#define PASSES 3

static size_t calls;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

void *
__wrap_malloc(size_t size)
{
	calls++;
	return __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	calls++;
	return __real_calloc(count, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	calls++;
	return __real_realloc(p, size);
}

void
__wrap_free(void *p)
{
	calls++;
	__real_free(p);
}

static void
assert_no_allocation(const char *path, bool schemas)
{
	struct replay *r;

	calls = 0;
	r = replay_new(path, schemas);
	assert_true(calls > 0);
	calls = 0;
	for (int i = 0; i < PASSES; i++)
		replay_pass(r, REPLAY_RECORD);
	assert_int_equal(calls, 0);
	assert_true(r->rows >= 20);
	assert_true(r->written > r->size);
	replay_free(r);
}

static void
rows_allocate_nothing(void **state)
{
	(void)state;
	assert_no_allocation("tests/bench/frames/mix", false);
}

static void
nor_do_they_with_schemas(void **state)
{
	(void)state;
	assert_no_allocation("tests/bench/frames/mix", true);
}

static void
nor_with_old_rows(void **state)
{
	(void)state;
	assert_no_allocation("tests/bench/frames/narrow", false);
}

static void
nor_with_many_columns(void **state)
{
	(void)state;
	assert_no_allocation("tests/bench/frames/wide", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_allocate_nothing),
		cmocka_unit_test(nor_do_they_with_schemas),
		cmocka_unit_test(nor_with_old_rows),
		cmocka_unit_test(nor_with_many_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
