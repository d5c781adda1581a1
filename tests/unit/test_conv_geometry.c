#include "conv_test.h"
#include "conv_geometry.h"
#include "conv_number.h"
#include "conv_text.h"

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
unknown_shapes(void **state)
{
	static const struct conv hex = {
		.fn = conv_geometry_unknown, .precision = CONV_TEXT_BYTES,
	};

	(void)state;
	/* (1.0,2.0),(-0.0,1.0E16) */
	check(&hex, "(1,2),(-0,1e+16)", "x'28312e302c322e30292c282d302e302c"
		"312e3045313629'");
	/* {0.1,NaN,-Infinity} */
	check(&hex, "{0.1,NaN,-Infinity}",
		"x'7b302e312c4e614e2c2d496e66696e6974797d'");
	check(&hex, "", "x''");
	refuse(&hex, "<(1,2),x>");
	starve(&hex, "[(1,2),(3,4)]");
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

#define CONV(kind) static const struct conv kind = { \
	.fn = conv_geometry_ ## kind, .item = &number }
CONV(box);
CONV(lseg);
CONV(path);
CONV(polygon);
CONV(circle);
CONV(line);

static void
shapes_of_the_server(void **state)
{
	(void)state;
	check(&box, "(3,4),(1,2)", "{x'01030000000100000005000000"
		"00000000000008400000000000001040" "00000000000008400000000000000040"
		"000000000000f03f0000000000000040" "000000000000f03f0000000000001040"
		"00000000000008400000000000001040',null,<\"type\":\"box\">}");
	check(&lseg, "[(1,2),(3,4)]", "{x'010200000002000000000000000000f03f"
		"000000000000004000000000000008400000000000001040',null,"
		"<\"type\":\"lseg\">}");
	check(&path, "[(0,0),(1,1),(2,0)]", "{x'010200000003000000"
		"00000000000000000000000000000000" "000000000000f03f000000000000f03f"
		"00000000000000400000000000000000',null,"
		"<\"type\":\"path\",\"closed\":\"false\">}");
	check(&path, "((1,1))", "{x'010200000001000000000000000000f03f000000000000f03f',"
		"null,<\"type\":\"path\",\"closed\":\"true\">}");
	check(&circle, "<(10,4),10>", "{{10.0f,4.0f,x'01010000000000000000002440"
		"0000000000001040',null},10.0f}");
	check(&circle, "<(-0,NaN),1e-05>", "{{-0.0f,NaNf,x'0101000000"
		"0000000000000080000000000000f87f',null},1.0E-5f}");
	check(&line, "{1,-2,3.5}", "{1.0f,-2.0f,3.5f}");
}

static void
polygons_are_closed(void **state)
{
	(void)state;
	check(&polygon, "((0,0),(1,1),(2,0))", "{x'01030000000100000004000000"
		"00000000000000000000000000000000" "000000000000f03f000000000000f03f"
		"00000000000000400000000000000000" "00000000000000000000000000000000'"
		",null,<\"type\":\"polygon\">}");
	/* One that is closed already, and a single point. */
	check(&polygon, "((1,1),(2,0),(1,1))", "{x'01030000000100000003000000"
		"000000000000f03f000000000000f03f" "00000000000000400000000000000000"
		"000000000000f03f000000000000f03f',null,<\"type\":\"polygon\">}");
	check(&polygon, "((0.5,2))", "{x'01030000000100000001000000000000000000e03f"
		"0000000000000040',null,<\"type\":\"polygon\">}");
}

static void
not_shapes_of_the_server(void **state)
{
	static const struct { const struct conv *c; const char *text; } bad[] = {
		{ &box, "" }, { &box, "(1,2)" }, { &box, "(1,2),(3,4),(5,6)" },
		{ &box, "(1,2),(3,4" }, { &box, "(1,2);(3,4)" }, { &box, "(1,2),(3,x)" },
		{ &lseg, "" }, { &lseg, "[" }, { &lseg, "[]" }, { &lseg, "((1,2),(3,4))" },
		{ &lseg, "[(1,2)]" }, { &path, "" }, { &path, "[(1,2)" }, { &path, "()" },
		{ &path, "((1,2),)" }, { &polygon, "" }, { &polygon, "(1,2)" },
		{ &polygon, "[(1,2)]" }, { &polygon, "((1,))" }, { &circle, "" },
		{ &circle, "<>" }, { &circle, "<(1,2)>" }, { &circle, "<(1,2),>" },
		{ &circle, "((1,2),3)" }, { &circle, "<(1),3>" }, { &circle, "<(1,2)3>" },
		{ &line, "" }, { &line, "{}" }, { &line, "{1,2}" }, { &line, "{1,2,3,4}" },
		{ &line, "{1,,3}" }, { &line, "(1,2,3)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refuse(bad[i].c, bad[i].text);
	starve(&box, "(3,4),(1,2)");
	starve(&lseg, "[(1,2),(3,4)]");
	starve(&path, "((1,2),(3,4))");
	starve(&polygon, "((1,2),(3,4))");
	starve(&circle, "<(1,2),3>");
	starve(&line, "{1,2,3}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points),
		cmocka_unit_test(unknown_shapes),
		cmocka_unit_test(not_points),
		cmocka_unit_test(shapes),
		cmocka_unit_test(not_shapes),
		cmocka_unit_test(shapes_of_the_server),
		cmocka_unit_test(polygons_are_closed),
		cmocka_unit_test(not_shapes_of_the_server),
		cmocka_unit_test(stand_ins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
