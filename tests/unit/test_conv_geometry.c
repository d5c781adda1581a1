#include "conv_test.h"
#include "conv_geometry.h"
#include "conv_number.h"

static const struct conv number = { .fn = conv_number_float8 };
static const struct conv point = {
	.fn = conv_geometry_point, .item = &number,
};
static const struct conv ewkb = { .fn = conv_geometry_ewkb };

static void
points(void **state)
{
	(void)state;
	check(&point, "(1,1)", "{1.0f,1.0f,"
		"x'0101000000000000000000f03f000000000000f03f',null}");
	check(&point, "(-1.5,1e+10)", "{-1.5f,1.0E10f,"
		"x'0101000000000000000000f8bf000000205fa00242',null}");
	check(&point, "(0.1,0.2)", "{0.1f,0.2f,"
		"x'01010000009a9999999999b93f9a9999999999c93f',null}");
	check(&point, "(NaN,Infinity)", "{NaNf,Infinityf,"
		"x'0101000000000000000000f87f000000000000f07f',null}");
}

static void
not_points(void **state)
{
	static const char *const bad[] = {
		"", "(", "()", "(1)", "(1,)", "(,1)", "1,1", "(1,1", "1,1)",
		"(x,1)", "(1,1,1)",
		"(1111111111111111111111111111111111111111111111111111111111"
		"11111111,1)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refuse(&point, bad[i]);
	starve(&point, "(1,1)");
}

static void
shapes(void **state)
{
	(void)state;
	check(&ewkb, "0101000000000000000000F03F0000000000000040",
		"{x'0101000000000000000000f03f0000000000000040',null}");
	check(&ewkb, "0101000020730C00001C7C613255DE6540787AA52C435C42C0",
		"{x'0101000020730c00001c7c613255de6540787aa52c435c42c0',3187}");
	check(&ewkb, "010700000000000000", "{x'010700000000000000',null}");
	check(&ewkb, "0101000080000000000000F03F00000000000000400000000000"
		"000840", "{x'0101000080000000000000f03f00000000000000400000"
		"000000000840',null}");
	/* big-endian */
	check(&ewkb, "0020000001000010e6", "{x'0020000001000010e6',4326}");
}

static void
not_shapes(void **state)
{
	static const char *const bad[] = {
		"", "01", "0101000000F", "01010000", "0101000020730C00",
		"POINT(1 2)", "010100000G",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refuse(&ewkb, bad[i]);
	starve(&ewkb, "010700000000000000");
}

static void
stand_ins(void **state)
{
	struct arena a;
	struct value v;

	(void)state;
	arena_init(&a, 1 << 16);
	v = conv_geometry_no_point(&a);
	shows_as(&v, "{0.0f,0.0f,"
		"x'010100000000000000000000000000000000000000',null}");
	v = conv_geometry_no_shape(&a);
	shows_as(&v, "{x'010700000000000000',null}");
	arena_release(&a);
	arena_init(&a, 8);
	assert_int_equal(conv_geometry_no_point(&a).kind, VALUE_NULL);
	assert_int_equal(conv_geometry_no_shape(&a).kind, VALUE_NULL);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points),
		cmocka_unit_test(not_points),
		cmocka_unit_test(shapes),
		cmocka_unit_test(not_shapes),
		cmocka_unit_test(stand_ins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
