#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "buf.h"
#include "result.h"
#include "server.h"

static void
server_is_accepted(void **state)
{
	PGresult *res = RESULT(10, "150020", "logical", "UTF8", "f", "", "pgwake",
		"-1", "alice", "shop", "15.20");
	struct server_info info;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(server_check_read(res, &info, &f), 0);
	assert_int_equal(info.version, 150020);
	assert_string_equal(info.encoding, "UTF8");
	assert_string_equal(info.role, "alice");
	assert_string_equal(info.database, "shop");
	assert_false(info.standby || info.unsafe_encoding ||
		info.gates_commits || info.bounded_wal);
	PQclear(res);
}

static void
server_is_described(void **state)
{
	PGresult *res = RESULT(10, "180006", "logical", "SQL_ASCII", "t",
		"FIRST 1 (pgwake)", "pgwake", "10GB", "a", "b", "18.6");
	struct server_info info;

	(void)state;
	assert_int_equal(server_check_read(res, &info, NULL), 0);
	assert_true(info.standby && info.unsafe_encoding &&
		info.gates_commits && info.bounded_wal);
	PQclear(res);
}

static void
assert_refused(PGresult *res, const char *part)
{
	struct server_info info;
	struct fail f = FAIL_INIT;

	assert_int_equal(server_check_read(res, &info, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.text, part));
	PQclear(res);
}

static void
server_is_refused(void **state)
{
	PGresult *empty = result_of(0, 10, NULL);
	struct server_info info;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_refused(RESULT(10, "130010", "logical", "UTF8", "f", "", "x",
		"-1", "a", "b", "13.10"), "13.10 is too old");
	assert_refused(RESULT(10, "140000", "replica", "UTF8", "f", "", "x",
		"-1", "a", "b", "14.0"), "wal_level is replica");
	assert_int_equal(server_check_read(empty, &info, &f), -1);
	assert_int_equal(f.kind, FAIL_PROTOCOL);
	PQclear(empty);
}

static void
standbys_are_found(void **state)
{
	(void)state;
	assert_false(server_names_standby("", "pgwake"));
	assert_true(server_names_standby("*", "pgwake"));
	assert_true(server_names_standby("pgwake", "pgwake"));
	assert_true(server_names_standby("PgWake", "pgwake"));
	assert_true(server_names_standby("a, pgwake", "pgwake"));
	assert_true(server_names_standby("ANY 2 (a,b,\"pgwake\")", "pgwake"));
	assert_true(server_names_standby("\"my \"\"x\"\"\"", "my \"x\""));
	assert_false(server_names_standby("FIRST 1 (pgwake2, \"pg wake\")", "pgwake"));
	assert_false(server_names_standby("\"\", \"open", "pgwake"));
}

/* The fourteen columns of server_slot_sql. */
#define SLOT(plugin, type, database, pid, restart, confirmed, wal, two, reason, conflict) \
	RESULT(14, plugin, type, database, pid, pid ? "psql" : NULL, \
		pid ? "10.0.0.1" : NULL, restart, confirmed, wal, two, reason, \
		conflict, "shop", "4000000000")
#define NONE ((const char *)NULL)

static void
slot_is_read(void **state)
{
	PGresult *res = SLOT("pgoutput", "logical", "shop", "123", "0/10", "0/20",
		"unreserved", "f", NONE, NONE);
	struct server_slot slot;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(server_slot_read(res, "s", &slot, &f), 0);
	assert_true(slot.found);
	assert_int_equal(slot.active_pid, 123);
	assert_int_equal(slot.catalog_xmin, 4000000000);
	assert_string_equal(slot.application, "psql");
	assert_string_equal(slot.address, "10.0.0.1");
	assert_int_equal(slot.restart, 0x10);
	assert_int_equal(slot.confirmed, 0x20);
	assert_true(slot.unreserved);
	PQclear(res);
}

static void
slot_is_free_or_absent(void **state)
{
	PGresult *res = SLOT("pgoutput", "logical", "shop", NONE, NONE, NONE,
		"reserved", "f", NONE, "f");
	PGresult *none = result_of(0, 14, NULL);
	struct server_slot slot;

	(void)state;
	assert_int_equal(server_slot_read(res, "s", &slot, NULL), 0);
	assert_int_equal(slot.active_pid, 0);
	assert_string_equal(slot.application, "");
	assert_int_equal(slot.confirmed, 0);
	assert_false(slot.unreserved);
	assert_int_equal(server_slot_read(none, "s", &slot, NULL), 0);
	assert_false(slot.found);
	PQclear(res);
	PQclear(none);
}

static void
assert_slot_refused(PGresult *res, enum fail_kind kind, const char *part)
{
	struct server_slot slot;
	struct fail f = FAIL_INIT;

	assert_int_equal(server_slot_read(res, "s", &slot, &f), -1);
	assert_int_equal(f.kind, kind);
	if (!strstr(f.text, part) || !strstr(f.text, "slot s"))
		fail_msg("%s", f.text);
	PQclear(res);
}

static void
slot_is_refused(void **state)
{
	(void)state;
	assert_slot_refused(SLOT(NONE, "physical", NONE, NONE, "0/1", NONE,
		"reserved", "f", NONE, NONE), FAIL_CONFIG, "physical");
	assert_slot_refused(SLOT("wal2json", "logical", "shop", NONE, "0/1",
		"0/1", "reserved", "f", NONE, NONE), FAIL_CONFIG, "wal2json");
	assert_slot_refused(SLOT("pgoutput", "logical", "other", NONE, "0/1",
		"0/1", "reserved", "f", NONE, NONE), FAIL_CONFIG,
		"belongs to database other, postgres.dsn names shop");
	assert_slot_refused(SLOT("pgoutput", "logical", "shop", NONE, "0/1",
		"0/1", "reserved", "t", NONE, NONE), FAIL_CONFIG, "two_phase");
	assert_slot_refused(SLOT("pgoutput", "logical", "shop", NONE, NONE,
		"0/1F", "lost", "f", NONE, NONE), FAIL_LOST,
		"max_slot_wal_keep_size exceeded): changes behind 0/1F");
	assert_slot_refused(SLOT("pgoutput", "logical", "shop", NONE, NONE,
		"0/1", "lost", "f", NONE, "t"), FAIL_LOST, "conflict with recovery");
	assert_slot_refused(SLOT("pgoutput", "logical", "shop", NONE, NONE,
		"0/1", "lost", "f", "idle_timeout", "f"), FAIL_LOST, "idle_timeout");
}

static void
blockers_are_listed(void **state)
{
	PGresult *res = RESULT(5, "12", "alice", "80", "UPDATE t", NONE,
		NONE, "bob", "7", NONE, "gid 1");
	PGresult *none = result_of(0, 5, NULL);
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	server_blockers_read(res, &b);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, "pid 12 (alice, 80 s): UPDATE t; "
		"prepared transaction 'gid 1' (bob, 7 s)");
	buf_reset(&b);
	server_blockers_read(none, &b);
	assert_int_equal(b.len, 0);
	buf_release(&b);
	PQclear(res);
	PQclear(none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_is_accepted),
		cmocka_unit_test(server_is_described),
		cmocka_unit_test(server_is_refused),
		cmocka_unit_test(standbys_are_found),
		cmocka_unit_test(slot_is_read),
		cmocka_unit_test(slot_is_free_or_absent),
		cmocka_unit_test(slot_is_refused),
		cmocka_unit_test(blockers_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
