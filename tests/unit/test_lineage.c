#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lineage.h"

static const struct repl_identity now = {
	.system_id = "77", .timeline = 3, .position = 0x1000
};

static struct lineage
known(uint32_t timeline, lsn_t position)
{
	return (struct lineage){ "s", "77", timeline, position };
}

static void
assert_lost(int rc, const struct fail *f, const char *part)
{
	assert_int_equal(rc, -1);
	assert_int_equal(f->kind, FAIL_LOST);
	if (!strstr(f->text, part))
		fail_msg("%s", f->text);
}

static void
same_history_goes_on(void **state)
{
	struct lineage nothing = { "s", "", 0, 0 };
	struct lineage l = known(3, 0x1000);

	(void)state;
	assert_int_equal(lineage_check(&nothing, &now, NULL), 0);
	assert_int_equal(lineage_check(&l, &now, NULL), 0);
}

static void
another_cluster_is_refused(void **state)
{
	struct lineage l = { "s", "78", 3, 0 };
	struct fail f = FAIL_INIT;

	(void)state;
	assert_lost(lineage_check(&l, &now, &f), &f, "78");
}

static void
a_log_that_is_too_short_is_refused(void **state)
{
	struct lineage l = known(3, 0x1001);
	struct fail f = FAIL_INIT;

	(void)state;
	assert_lost(lineage_check(&l, &now, &f), &f, "0/1001");
	l.timeline = 0;
	assert_lost(lineage_check(&l, &now, &f), &f, "0/1000");
}

static void
timelines_are_compared(void **state)
{
	struct lineage older = known(2, 0x800), newer = known(4, 0x800);
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(lineage_check(&older, &now, &f), LINEAGE_ASK);
	assert_lost(lineage_check(&newer, &now, &f), &f, "timeline 4");
	assert_int_equal(lineage_descends(&older, &now, 0x800, &f), 0);
	assert_lost(lineage_descends(&older, &now, 0x7ff, &f), &f, "0/7FF");
	assert_lost(lineage_descends(&older, &now, 0, &f), &f, "timeline 2");
	older.position = 0x1800;
	assert_lost(lineage_descends(&older, &now, 0x2000, &f), &f, "ends at");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_history_goes_on),
		cmocka_unit_test(another_cluster_is_refused),
		cmocka_unit_test(a_log_that_is_too_short_is_refused),
		cmocka_unit_test(timelines_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
