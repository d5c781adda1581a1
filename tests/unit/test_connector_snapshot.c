/* connector_snapshot: when the rows that are there are read, and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import.h"

static void
mode_is(const char *more, int mode)
{
	struct config *c = imported(more);

	assert_int_equal(c->snapshot.mode, mode);
	config_free(c);
}

static void
snapshot_modes(void **state)
{
	(void)state;
	mode_is("snapshot.mode=initial\n", SNAPSHOT_INITIAL);
	mode_is("snapshot.mode=INITIAL_ONLY\n", SNAPSHOT_INITIAL_ONLY);
	mode_is("snapshot.mode=no_data\n", SNAPSHOT_NO_DATA);
	mode_is("snapshot.mode=always\n", SNAPSHOT_ALWAYS);
	mode_is("snapshot.mode=when_needed\n", SNAPSHOT_WHEN_NEEDED);
	mode_is("snapshot.mode=never\n", SNAPSHOT_NO_DATA);
	has("# snapshot.mode, under its old name");
	mode_is("snapshot.mode=schema_only\n", SNAPSHOT_NO_DATA);
	mode_is("snapshot.mode=exported\n", SNAPSHOT_INITIAL);
}

#define BASED "snapshot.mode=configuration_based\nplugin.name=pgoutput\n"
#define FLAG "snapshot.mode.configuration.based."

static void
snapshot_modes_by_flags(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	mode_is(BASED FLAG "snapshot.data=true\n" FLAG "start.stream=true\n"
		FLAG "snapshot.schema=true\n" FLAG "snapshot.on.data.error=true\n"
		FLAG "snapshot.on.schema.error=true\n", SNAPSHOT_ALWAYS);
	has("# snapshot.mode = configuration_based");
	mode_is(BASED FLAG "snapshot.data=TRUE\n", SNAPSHOT_INITIAL_ONLY);
	mode_is(BASED FLAG "start.stream=true\n" FLAG "snapshot.data=false\n", SNAPSHOT_NO_DATA);
	assert_null(strstr(out.p, "Not taken over"));
	mode_is(BASED FLAG "start.stream=true\n" FLAG "snapshot.on.data.error=true\n",
		SNAPSHOT_NO_DATA);
	has("#   " FLAG "snapshot.on.data.error = true: pgwake stops when the slot is lost");
	assert_int_equal(import("topic.prefix=app\n" BASED, false, &f), -1);
	assert_string_equal(refused.p, "snapshot.mode = configuration_based: neither rows nor "
		"changes would be published\n");
}

/* Flags of a mode that is not chosen mean nothing to the connector either. */
static void
snapshot_flags_of_another_mode(void **state)
{
	(void)state;
	mode_is("plugin.name=pgoutput\nsnapshot.mode=always\n" FLAG "snapshot.data=false\n"
		"snapshot.mode.custom.name=x\n", SNAPSHOT_ALWAYS);
	assert_null(strstr(out.p, "Not taken over"));
}

static void
snapshot_modes_that_we_lack(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(import("topic.prefix=app\nsnapshot.mode=custom\n"
		"snapshot.mode.custom.name=mine\n", false, &f), -1);
	assert_string_equal(refused.p,
		"snapshot.mode = custom: what decides is a class in Java\n");
	assert_int_equal(import("topic.prefix=app\nsnapshot.mode=recovery\n", false, &f), -1);
	assert_string_equal(refused.p, "snapshot.mode = recovery: must be one of initial, "
		"initial_only, no_data, always, when_needed, not \"recovery\"\n");
	assert_int_equal(import("topic.prefix=app\nsnapshot.query.mode=custom\n"
		"snapshot.query.mode.custom.name=mine\n", false, &f), -1);
	assert_string_equal(refused.p, "snapshot.query.mode = custom: rows are read by COPY; "
		"snapshot.select_overrides can choose them\n");
}

static void
snapshot_readers_and_tables(void **state)
{
	struct config *c = imported("plugin.name=pgoutput\nsnapshot.max.threads=8\n"
		"snapshot.include.collection.list=public.a, s[.].{1,2}\n");

	(void)state;
	assert_int_equal(c->snapshot.threads, 8);
	assert_int_equal(c->snapshot.tables.count, 2);
	assert_string_equal(c->snapshot.tables.items[1], "s[.].{1,2}");
	assert_null(strstr(out.p, "Not taken over"));
	config_free(c);
	/* Only the time that it takes depends on it. */
	c = imported("snapshot.max.threads=100\n");
	assert_int_equal(c->snapshot.threads, 0);
	has("#   snapshot.max.threads = 100: must be a number from 0 to 64");
	config_free(c);
}

#define OVERRIDES "snapshot.select.statement.overrides"

static void
snapshot_statements(void **state)
{
	struct config *c = imported("plugin.name=pgoutput\n"
		OVERRIDES "=public.a, \"My Schema\".\"t\",public.none,public.empty\n"
		OVERRIDES ".public.a=SELECT * FROM public.a WHERE b = 'x, \"y\"; \\\\z'\n"
		OVERRIDES ".\"My\\ Schema\".\"t\"=SELECT 1\n"
		OVERRIDES ".public.empty=\\ ;\n"
		OVERRIDES ".public.other=SELECT 2\n");
	const struct config_override *items = c->snapshot.select_overrides.items;

	(void)state;
	assert_int_equal(c->snapshot.select_overrides.count, 2);
	assert_string_equal(items[0].table, "public.a");
	assert_string_equal(items[0].statement,
		"SELECT * FROM public.a WHERE b = 'x, \"y\"; \\z'");
	assert_string_equal(items[1].table, "My Schema.t");
	assert_string_equal(items[1].statement, "SELECT 1");
	has("# " OVERRIDES "\n");
	has("#   " OVERRIDES " = public.none: there is no statement "
		OVERRIDES ".public.none; the table is read as it is");
	has("#   " OVERRIDES " = public.empty: there is no statement");
	has("#   " OVERRIDES ".public.other = SELECT 2: without effect");
	config_free(c);
	c = imported("plugin.name=pgoutput\n" OVERRIDES "=\n");
	assert_int_equal(c->snapshot.select_overrides.count, 0);
	assert_null(strstr(out.p, "Not taken over"));
	config_free(c);
}

static void
snapshot_options_without_an_equivalent(void **state)
{
	struct config *c = imported("plugin.name=pgoutput\nsnapshot.fetch.size=100\n"
		"snapshot.lock.timeout.ms=10000\nsnapshot.isolation.mode=repeatable_read\n"
		"snapshot.locking.mode=none\nsnapshot.query.mode=select_all\n"
		"snapshot.delay.ms=0\nstreaming.delay.ms=0\nlegacy.snapshot.max.threads=true\n"
		"snapshot.tables.order.by.row.count=disabled\nsnapshot.max.threads.multiplier=2\n"
		"snapshot.scan.all.columns.force=true\n");

	(void)state;
	assert_null(strstr(out.p, "Not taken over"));
	config_free(c);
	c = imported("snapshot.lock.timeout.ms=5\nsnapshot.isolation.mode=read_committed\n"
		"snapshot.locking.mode=shared\nsnapshot.delay.ms=5\nstreaming.delay.ms=6\n"
		"snapshot.tables.order.by.row.count=descending\nsnapshot.odd=1\n");
	has("#   snapshot.lock.timeout.ms = 5: tables are locked as SELECT locks them");
	has("#   snapshot.isolation.mode = read_committed: all tables are read as of one moment");
	has("#   snapshot.locking.mode = shared: tables are locked as SELECT locks them");
	has("#   snapshot.delay.ms = 5: the snapshot begins at once");
	has("#   streaming.delay.ms = 6: streaming begins as soon as the snapshot is done");
	has("#   snapshot.tables.order.by.row.count = descending: one reader takes tables");
	has("#   snapshot.odd = 1: not an option that pgwake knows");
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshot_modes),
		cmocka_unit_test(snapshot_modes_by_flags),
		cmocka_unit_test(snapshot_flags_of_another_mode),
		cmocka_unit_test(snapshot_modes_that_we_lack),
		cmocka_unit_test(snapshot_readers_and_tables),
		cmocka_unit_test(snapshot_statements),
		cmocka_unit_test(snapshot_options_without_an_equivalent),
	};

	return cmocka_run_group_tests(tests, import_setup, import_teardown);
}
