#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lsn.h"

static void
accepts(void **state)
{
	static const struct { const char *text; lsn_t lsn; } cases[] = {
		{ "0/0", 0 },
		{ "16/B374D848", UINT64_C(0x16b374d848) },
		{ "16/b374d848", UINT64_C(0x16b374d848) },
		{ "FFFFFFFF/FFFFFFFF", UINT64_MAX },
		{ "00000001/00000002", UINT64_C(0x100000002) },
		{ "9/a", UINT64_C(0x90000000a) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lsn_t lsn = 77;

		assert_true(lsn_parse(span_of(cases[i].text), &lsn));
		assert_int_equal(lsn, cases[i].lsn);
	}
}

static void
refuses(void **state)
{
	static const char *const cases[] = {
		"", "/", "0", "0/", "/0", "0/0/0", "0//0", " 0/0", "0/0 ",
		"100000000/0", "0/100000000", "G/0", "0/g", "0x1/0", "-1/0",
		"0/-1", "0-0", "0/`", "@/0", "0/:", "0/0\n",
	};
	lsn_t lsn = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_false(lsn_parse(span_of(cases[i]), &lsn));
	assert_false(lsn_parse(span_of(NULL), &lsn));
	assert_false(lsn_parse((struct span){ "0/0", 4 }, &lsn));
	assert_int_equal(lsn, 77);
}

static void
reads_only_the_view(void **state)
{
	lsn_t lsn;

	(void)state;
	assert_true(lsn_parse((struct span){ "1/23", 3 }, &lsn));
	assert_int_equal(lsn, UINT64_C(0x100000002));
	assert_false(lsn_parse((struct span){ "1/2", 2 }, &lsn));
}

static void
formats(void **state)
{
	char text[32];

	(void)state;
	snprintf(text, sizeof(text), LSN_FMT, LSN_ARG(UINT64_C(0x16b374d848)));
	assert_string_equal(text, "16/B374D848");
	snprintf(text, sizeof(text), LSN_FMT, LSN_ARG(UINT64_C(5)));
	assert_string_equal(text, "0/5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(reads_only_the_view),
		cmocka_unit_test(formats),
	};

	return cmocka_run_group_tests_name("lsn", tests, NULL, NULL);
}
