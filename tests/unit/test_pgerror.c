#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pgerror.h"

enum { STREAMED = 1, KNOWN = 2, PLAIN = 4, SLOW = 8 };

struct expectation {
	enum pgerror_doing doing;
	const char *state, *message, *detail;
	int flags;
	enum fail_kind kind;
	const char *part;	/* of the text */
};

/* Wordings of real servers, 14 to 18, and of libpq. */
static const struct expectation expectations[] = {
	/* The slot. */
	{ PGERROR_START, "55006", "replication slot \"s\" is active for PID 123",
		NULL, 0, FAIL_RETRY, "PID 123" },
	{ PGERROR_START, "42704", "replication slot \"s\" does not exist", NULL,
		0, FAIL_CONFIG, "postgres.create_slot" },
	{ PGERROR_START, "42704", "replication slot \"s\" does not exist", NULL,
		KNOWN, FAIL_LOST, "slot s had been used before" },
	{ PGERROR_START, "55000",
		"replication slot \"s\" was not created in this database", NULL,
		0, FAIL_CONFIG, "another database than shop" },
	{ PGERROR_START, "55000",
		"cannot use replication slot \"s\" for logical decoding",
		"This replication slot is being synchronized from the primary "
		"server.", SLOW, FAIL_RETRY, "promotion" },
	{ PGERROR_START, "55000",
		"cannot use replication slot \"s\" for logical decoding",
		"This slot is being synced from the primary server.", SLOW,
		FAIL_RETRY, "promotion" },
	{ PGERROR_CREATE_SLOT, "55000",
		"logical decoding requires wal_level >= logical", NULL, 0,
		FAIL_CONFIG, "set wal_level = logical" },
	{ PGERROR_START, "55000",
		"logical decoding requires \"wal_level\" >= \"logical\"", NULL,
		0, FAIL_CONFIG, "set wal_level = logical" },
	{ PGERROR_START, "55000",
		"cannot read from logical replication slot \"s\"",
		"This slot has been invalidated because it exceeded the maximum "
		"reserved size.", 0, FAIL_LOST, "pg_drop_replication_slot('s')" },
	{ PGERROR_START, "55000",
		"can no longer get changes from replication slot \"s\"",
		"This slot has been invalidated because it exceeded the maximum "
		"reserved size.", 0, FAIL_LOST, "snapshot" },
	{ PGERROR_START, "55000",
		"can no longer access replication slot \"s\"",
		"This replication slot has been invalidated due to "
		"\"wal_removed\".", 0, FAIL_LOST, "wal_removed" },
	{ PGERROR_START, "55000", "cannot read from logical replication slot "
		"\"s\"", NULL, 0, FAIL_LOST, "snapshot" },
	{ PGERROR_START, "55000", "something of the kind",
		"It was invalidated.", 0, FAIL_LOST, "snapshot" },
	{ PGERROR_STREAM, "58P01",
		"requested WAL segment 000000010000000000000001 has already "
		"been removed", NULL, 0, FAIL_LOST, "snapshot" },
	{ PGERROR_START, "0A000", "cannot use physical replication slot for "
		"logical decoding", NULL, 0, FAIL_CONFIG, "logical slot" },
	{ PGERROR_CREATE_SLOT, "55000",
		"logical decoding cannot be used while in recovery", NULL, 0,
		FAIL_CONFIG, "primary" },
	{ PGERROR_CREATE_SLOT, "42710",
		"replication slot \"s\" already exists", NULL, 0, FAIL_RETRY,
		"already exists" },
	{ PGERROR_CREATE_SLOT, "42602",
		"replication slot name \"S\" contains invalid character", NULL,
		0, FAIL_CONFIG, "lower-case" },
	{ PGERROR_CREATE_SLOT, "53400", "all replication slots are in use",
		NULL, SLOW, FAIL_RETRY, "max_replication_slots" },
	{ PGERROR_CREATE_SLOT, "42501",
		"must be superuser or replication role to use replication slots",
		NULL, SLOW, FAIL_CONFIG, "ALTER ROLE alice REPLICATION" },

	/* The publication. */
	{ PGERROR_STREAM, "42704", "publication \"p\" does not exist", NULL, 0,
		FAIL_LOST, "publication p was not there" },
	{ PGERROR_STREAM, "42704", "la publication \302\253 p \302\273 manque",
		NULL, 0, FAIL_LOST, "publication p was not there" },
	{ PGERROR_STREAM, "42704", "Publikation fehlt", NULL, 0, FAIL_LOST,
		"slot s or publication p" },
	{ PGERROR_STREAM, "0A000", "cannot use different column lists for "
		"table \"public.cl\" in different publications", NULL, 0,
		FAIL_CONFIG, "public.cl" },

	/* Privileges and the way in. */
	{ PGERROR_CONNECT, "42501",
		"must be superuser or replication role to start walsender",
		NULL, SLOW, FAIL_CONFIG, "ALTER ROLE alice REPLICATION" },
	{ PGERROR_CONNECT, "42501", "permission denied to start WAL sender",
		NULL, STREAMED | SLOW, FAIL_RETRY, "REPLICATION" },
	{ PGERROR_CONNECT, "42501", "permission denied for database \"shop\"",
		NULL, PLAIN | SLOW, FAIL_CONFIG,
		"GRANT CONNECT ON DATABASE shop TO alice" },
	{ PGERROR_QUERY, "42501", "permission denied for table t", NULL, PLAIN,
		FAIL_CONFIG, "role alice" },
	{ PGERROR_CONNECT, "28P01",
		"password authentication failed for user \"alice\"", NULL, SLOW,
		FAIL_CONFIG, "password_file" },
	{ PGERROR_CONNECT, "28P01",
		"password authentication failed for user \"alice\"", NULL,
		STREAMED | SLOW, FAIL_RETRY, "password_file" },
	{ PGERROR_CONNECT, "28000", "no pg_hba.conf entry for host "
		"\"10.0.0.1\", user \"alice\", database \"shop\", no encryption",
		NULL, SLOW, FAIL_CONFIG, "database shop and role alice" },
	{ PGERROR_CONNECT, "28000", "role \"alice\" does not exist", NULL, SLOW,
		FAIL_CONFIG, "authentication" },
	{ PGERROR_CONNECT, "3D000", "database \"shop\" does not exist", NULL,
		SLOW, FAIL_CONFIG, "dbname" },
	{ PGERROR_CONNECT, "42704",
		"unrecognized configuration parameter \"nosuch\"", NULL, 0,
		FAIL_CONFIG, "replication_options" },
	{ PGERROR_CONNECT, "22023",
		"invalid value for parameter \"work_mem\": \"x\"", NULL, 0,
		FAIL_CONFIG, "replication_options" },
	{ PGERROR_CONNECT, "", "connection to server at \"db\", port 5432 "
		"failed: fe_sendauth: no password supplied", NULL, SLOW,
		FAIL_CONFIG, "pgpass" },
	{ PGERROR_CONNECT, "", "failed: server does not support SSL, but SSL "
		"was required", NULL, SLOW, FAIL_CONFIG, "sslmode" },
	{ PGERROR_CONNECT, "", "failed: SSL error: certificate verify failed",
		NULL, SLOW, FAIL_CONFIG, "sslrootcert" },
	{ PGERROR_CONNECT, "", "failed: SSL error: certificate verify failed",
		NULL, STREAMED | SLOW, FAIL_RETRY, "sslrootcert" },
	{ PGERROR_CONNECT, "", "private key file \"k\" has group or world "
		"access", NULL, SLOW, FAIL_CONFIG, "sslkey" },
	{ PGERROR_CONNECT, "", "failed: channel binding is required, but "
		"server did not offer an authentication method that supports it",
		NULL, SLOW, FAIL_CONFIG, "channel_binding" },
	{ PGERROR_CONNECT, "", "could not match 2 port numbers to 1 hosts",
		NULL, 0, FAIL_CONFIG, "check postgres.dsn" },
	{ PGERROR_CONNECT, "", "invalid sslmode value: \"x\"", NULL, 0,
		FAIL_CONFIG, "check postgres.dsn" },
	{ PGERROR_CONNECT, "", "definition of service \"x\" not found", NULL, 0,
		FAIL_CONFIG, "check postgres.dsn" },

	/* Values without a UTF-8 form. */
	{ PGERROR_STREAM, "22P05", "character with byte sequence 0x81 in "
		"encoding \"WIN1252\" has no equivalent in encoding \"UTF8\"",
		NULL, 0, FAIL_CONFIG, "correct the row" },
	{ PGERROR_STREAM, "22021", "invalid byte sequence for encoding "
		"\"UTF8\": 0xff", NULL, 0, FAIL_CONFIG, "correct the row" },

	/* What time cures. */
	{ PGERROR_CONNECT, "53300", "number of requested standby connections "
		"exceeds max_wal_senders (currently 10)", NULL, SLOW,
		FAIL_RETRY, "raise max_wal_senders" },
	{ PGERROR_CONNECT, "53300", "sorry, too many clients already", NULL,
		SLOW, FAIL_RETRY, "max_connections" },
	{ PGERROR_STREAM, "53100", "could not write to file: No space left on "
		"device", NULL, SLOW, FAIL_RETRY, "No space" },
	{ PGERROR_CONNECT, "57P03", "the database system is starting up", NULL,
		0, FAIL_RETRY, "starting up" },
	{ PGERROR_STREAM, "57P01", "terminating connection due to "
		"administrator command", NULL, 0, FAIL_RETRY, "administrator" },
	{ PGERROR_IDLE, "57P02", "terminating connection because of crash of "
		"another server process", NULL, PLAIN, FAIL_RETRY, "idle" },
	{ PGERROR_QUERY, "57014", "canceling statement due to user request",
		NULL, PLAIN, FAIL_RETRY, "canceling" },
	{ PGERROR_STREAM, "08P01", "unexpected standby message type", NULL, 0,
		FAIL_RETRY, "unexpected" },
	{ PGERROR_QUERY, "40P01", "deadlock detected", NULL, PLAIN, FAIL_RETRY,
		"deadlock" },
	{ PGERROR_STREAM, "25P04", "terminating connection due to transaction "
		"timeout", NULL, 0, FAIL_RETRY, "timeout" },
	{ PGERROR_STREAM, "58030", "could not read file: Input/output error",
		NULL, SLOW, FAIL_RETRY, "Input/output" },
	{ PGERROR_QUERY, "55P03", "canceling statement due to lock timeout",
		NULL, PLAIN, FAIL_RETRY, "lock timeout" },
	{ PGERROR_QUERY, "42710", "publication \"p\" already exists", NULL,
		PLAIN, FAIL_RETRY, "already exists" },
	{ PGERROR_QUERY, "42P01", "relation \"t\" does not exist", NULL, PLAIN,
		FAIL_RETRY, "does not exist" },
	{ PGERROR_QUERY, "3F000", "schema \"x\" does not exist", NULL, PLAIN,
		FAIL_RETRY, "does not exist" },
	{ PGERROR_QUERY, "25006", "cannot execute CREATE PUBLICATION in a "
		"read-only transaction", NULL, PLAIN, FAIL_CONFIG,
		"db.example is a standby" },
	{ PGERROR_STREAM, "", "server closed the connection unexpectedly",
		NULL, 0, FAIL_RETRY, "stream of slot s" },
	{ PGERROR_CONNECT, NULL, "Connection refused", NULL, 0, FAIL_RETRY,
		"refused" },

	/* What no row knows: an answer that would be the same again. */
	{ PGERROR_START, "XX000", "unrecognized pgoutput option: foo", NULL, 0,
		FAIL_FATAL, "foo" },
	{ PGERROR_QUERY, "42601", "syntax error", NULL, PLAIN, FAIL_FATAL,
		"[42601]" },
};

static struct pgerror
error_of(const struct expectation *x)
{
	return (struct pgerror){
		.doing = x->doing, .sqlstate = x->state,
		.message = x->message, .detail = x->detail,
		.slot = "s", .publication = "p", .role = "alice",
		.database = "shop", .host = "db.example",
		.replication = !(x->flags & PLAIN),
		.streamed = x->flags & STREAMED,
		.slot_known = x->flags & KNOWN,
	};
}

static void
every_row_has_its_action(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++) {
		const struct expectation *x = &expectations[i];
		struct pgerror e = error_of(x);
		struct fail f = FAIL_INIT;

		assert_int_equal(pgerror_classify(&e, &f), -1);
		if (f.kind != x->kind || !strstr(f.text, x->part) ||
		    !strstr(f.text, x->message))
			fail_msg("%s (%s): %s: %s", x->message,
				x->state ? x->state : "", fail_kind_name(f.kind),
				f.text);
		if (pgerror_slow(&e) != !!(x->flags & SLOW))
			fail_msg("%s: slow is %d", x->message, pgerror_slow(&e));
	}
}

static void
texts_name_what_is_known_only(void **state)
{
	struct pgerror e = { .doing = PGERROR_CONNECT, .sqlstate = "42501",
		.message = "denied", .replication = true };
	struct fail f = FAIL_INIT;

	(void)state;
	pgerror_classify(&e, &f);
	assert_non_null(strstr(f.text, "ALTER ROLE the role of postgres.dsn"));
	assert_null(strstr(f.text, "(null)"));
	assert_null(strchr(f.text, '{'));
}

static void
context_and_hint_are_told(void **state)
{
	struct pgerror e = { .doing = PGERROR_STREAM, .sqlstate = "XX000",
		.message = "m", .context = "associated LSN 0/1",
		.hint = "try this", .slot = "s" };
	struct fail f = FAIL_INIT;

	(void)state;
	pgerror_classify(&e, &f);
	assert_string_equal(f.text, "the stream of slot s broke off: m "
		"(associated LSN 0/1) [XX000]; try this");
	e.doing = PGERROR_QUERY;
	pgerror_classify(&e, &f);
	assert_string_equal(f.text, "a query failed: m [XX000]; try this");
	e.message = "";
	e.hint = NULL;
	pgerror_classify(&e, &f);
	assert_string_equal(f.text, "a query failed [XX000]");
}

static void
slot_in_use_is_told_apart(void **state)
{
	struct pgerror e = { .doing = PGERROR_START, .sqlstate = "55006" };

	(void)state;
	assert_true(pgerror_slot_in_use(&e));
	e.doing = PGERROR_QUERY;
	assert_false(pgerror_slot_in_use(&e));
	e = (struct pgerror){ .doing = PGERROR_START, .sqlstate = "55000" };
	assert_false(pgerror_slot_in_use(&e));
	e.sqlstate = NULL;
	assert_false(pgerror_slot_in_use(&e));
}

static void
a_stopping_server_is_noticed(void **state)
{
	static const char *const stopping[] = { "57P01", "57P02", "57P03" };
	struct pgerror e = { .doing = PGERROR_IDLE };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		e.sqlstate = stopping[i];
		assert_true(pgerror_stopping(&e));
	}
	e.sqlstate = "57014";
	assert_false(pgerror_stopping(&e));
	e.sqlstate = NULL;
	assert_false(pgerror_stopping(&e));
	assert_false(pgerror_no_snapshot(&e));
	e.sqlstate = "55000";
	assert_true(pgerror_no_snapshot(&e));
	e.sqlstate = "42P01";
	assert_false(pgerror_no_snapshot(&e));
}

static void
skipped_publications_are_fatal(void **state)
{
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(pgerror_notice("01000",
		"skipped loading publication \"p\"", "p", &f), -1);
	assert_int_equal(f.kind, FAIL_LOST);
	assert_non_null(strstr(f.text, "publication p was not there"));
	/* In any language. */
	f = (struct fail)FAIL_INIT;
	assert_int_equal(pgerror_notice("55000", "Publikation", "p", &f), -1);
	assert_int_equal(f.kind, FAIL_LOST);
	f = (struct fail)FAIL_INIT;
	assert_int_equal(pgerror_notice("01000", "something else", "p", &f), 0);
	assert_int_equal(f.kind, FAIL_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_has_its_action),
		cmocka_unit_test(texts_name_what_is_known_only),
		cmocka_unit_test(context_and_hint_are_told),
		cmocka_unit_test(slot_in_use_is_told_apart),
		cmocka_unit_test(a_stopping_server_is_noticed),
		cmocka_unit_test(skipped_publications_are_fatal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
