#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "server.h"

#define OLDEST_VERSION 140000

const char server_check_sql[] =
	"SELECT pg_catalog.current_setting('server_version_num'),"
	" pg_catalog.current_setting('wal_level'),"
	" pg_catalog.current_setting('server_encoding'),"
	" pg_catalog.pg_is_in_recovery(),"
	" pg_catalog.current_setting('synchronous_standby_names'),"
	" pg_catalog.current_setting('application_name'),"
	" pg_catalog.current_setting('max_slot_wal_keep_size'),"
	" current_user, pg_catalog.current_database(),"
	" pg_catalog.current_setting('server_version')";

enum check_column {
	CHECK_VERSION, CHECK_WAL_LEVEL, CHECK_ENCODING, CHECK_RECOVERY,
	CHECK_STANDBYS, CHECK_APPLICATION, CHECK_KEEP, CHECK_ROLE,
	CHECK_DATABASE, CHECK_VERSION_TEXT
};

static const char *
value(const PGresult *res, int column)
{
	return PQgetvalue(res, 0, column);
}

static void
copy(char *to, size_t size, const PGresult *res, int column)
{
	snprintf(to, size, "%s", value(res, column));
}

static bool
is_true(const PGresult *res, int column)
{
	return value(res, column)[0] == 't';
}

/* An entry of synchronous_standby_names: a word, or a name in double quotes. */
static const char *
next_standby(const char *p, char out[64])
{
	size_t n = 0;
	bool quoted;

	p += strspn(p, " ,()");
	quoted = *p == '"';
	if (quoted)
		p++;
	for (; *p; p++) {
		if (quoted ? *p == '"' && *++p != '"' :
		    strchr(" ,()", *p) != NULL)
			break;
		if (n < 63)
			out[n++] = *p;
	}
	out[n] = '\0';
	return p;
}

/* FIRST, ANY and numbers are no names of ours, so they need no grammar. */
bool
server_names_standby(const char *names, const char *application)
{
	char name[64];

	while (*names) {
		names = next_standby(names, name);
		if (*name && (!strcmp(name, "*") ||
		    !strcasecmp(name, application)))
			return true;
	}
	return false;
}

static int
unexpected(const char *what, struct fail *f)
{
	return fail_set(f, FAIL_PROTOCOL,
		"%s: unexpected answer of the server", what);
}

int
server_check_read(const struct pg_result *res, struct server_info *out,
	struct fail *f)
{
	if (PQntuples(res) != 1 || PQnfields(res) <= CHECK_VERSION_TEXT)
		return unexpected("settings of the server", f);
	*out = (struct server_info){
		.version = atoi(value(res, CHECK_VERSION)),
		.standby = is_true(res, CHECK_RECOVERY),
		.unsafe_encoding = !strcmp(value(res, CHECK_ENCODING),
			"SQL_ASCII"),
		.gates_commits = server_names_standby(
			value(res, CHECK_STANDBYS), value(res, CHECK_APPLICATION)),
		.bounded_wal = strcmp(value(res, CHECK_KEEP), "-1") != 0,
	};
	copy(out->encoding, sizeof(out->encoding), res, CHECK_ENCODING);
	copy(out->role, sizeof(out->role), res, CHECK_ROLE);
	copy(out->database, sizeof(out->database), res, CHECK_DATABASE);
	if (out->version < OLDEST_VERSION)
		return fail_set(f, FAIL_CONFIG,
			"PostgreSQL %s is too old: pgwake needs 14 or later",
			value(res, CHECK_VERSION_TEXT));
	if (strcmp(value(res, CHECK_WAL_LEVEL), "logical") != 0)
		return fail_set(f, FAIL_CONFIG, "wal_level is %s: set "
			"wal_level = logical in postgresql.conf and restart the "
			"server", value(res, CHECK_WAL_LEVEL));
	return 0;
}

/*
 * The columns of this view differ from version to version; those that not
 * every one has are taken from the row's JSON, and are NULL where unknown.
 */
const char server_slot_sql[] =
	"SELECT s.plugin, s.slot_type, s.database, s.active_pid,"
	" a.application_name, a.client_addr, s.restart_lsn,"
	" s.confirmed_flush_lsn, s.wal_status, s.two_phase,"
	" j->>'invalidation_reason', j->>'conflicting',"
	" pg_catalog.current_database(), s.catalog_xmin"
	" FROM pg_catalog.pg_replication_slots s"
	" CROSS JOIN LATERAL pg_catalog.to_jsonb(s) j"
	" LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid"
	" WHERE s.slot_name = $1";

enum slot_column {
	SLOT_PLUGIN, SLOT_TYPE, SLOT_DATABASE, SLOT_PID, SLOT_APPLICATION,
	SLOT_ADDRESS, SLOT_RESTART, SLOT_CONFIRMED, SLOT_WAL, SLOT_TWO_PHASE,
	SLOT_REASON, SLOT_CONFLICTING, SLOT_HERE, SLOT_XMIN
};

static int
check_slot_kind(const PGresult *res, const char *slot, struct fail *f)
{
	if (strcmp(value(res, SLOT_TYPE), "logical") != 0)
		return fail_set(f, FAIL_CONFIG, "slot %s is a physical one: "
			"name a logical slot in postgres.slot", slot);
	if (strcmp(value(res, SLOT_PLUGIN), "pgoutput") != 0)
		return fail_set(f, FAIL_CONFIG, "slot %s belongs to the plugin "
			"%s, pgwake reads pgoutput: name another slot in "
			"postgres.slot", slot, value(res, SLOT_PLUGIN));
	if (strcmp(value(res, SLOT_DATABASE), value(res, SLOT_HERE)) != 0)
		return fail_set(f, FAIL_CONFIG, "slot %s belongs to database "
			"%s, postgres.dsn names %s: change dbname, or name "
			"another slot in postgres.slot", slot,
			value(res, SLOT_DATABASE), value(res, SLOT_HERE));
	if (is_true(res, SLOT_TWO_PHASE))
		return fail_set(f, FAIL_CONFIG, "slot %s was created with "
			"two_phase = true, which would deliver prepared "
			"transactions before they are committed: use a slot "
			"without it in postgres.slot", slot);
	return 0;
}

static int
check_slot_alive(const PGresult *res, const char *slot, struct fail *f)
{
	const char *reason = value(res, SLOT_REASON);

	if (!*reason && is_true(res, SLOT_CONFLICTING))
		reason = "conflict with recovery";
	if (!*reason && !strcmp(value(res, SLOT_WAL), "lost"))
		reason = "max_slot_wal_keep_size exceeded";
	if (!*reason)
		return 0;
	return fail_set(f, FAIL_LOST, "slot %s is lost (%s): changes behind "
		"%s are no longer in the log and no restart brings them back; "
		"drop the slot with SELECT pg_drop_replication_slot('%s'), clear "
		"the state record, and start anew with a snapshot", slot, reason,
		value(res, SLOT_CONFIRMED), slot);
}

int
server_slot_read(const struct pg_result *res, const char *slot,
	struct server_slot *out, struct fail *f)
{
	*out = (struct server_slot){ .found = PQntuples(res) == 1 };
	if (!out->found)
		return 0;
	if (PQnfields(res) <= SLOT_XMIN)
		return unexpected("the slot's row", f);
	out->catalog_xmin = (uint32_t)strtoul(value(res, SLOT_XMIN), NULL, 10);
	out->active_pid = atoi(value(res, SLOT_PID));
	copy(out->application, sizeof(out->application), res, SLOT_APPLICATION);
	copy(out->address, sizeof(out->address), res, SLOT_ADDRESS);
	/* NULL gives an empty text, and 0. */
	lsn_parse(span_of(value(res, SLOT_RESTART)), &out->restart);
	lsn_parse(span_of(value(res, SLOT_CONFIRMED)), &out->confirmed);
	out->unreserved = !strcmp(value(res, SLOT_WAL), "unreserved");
	if (check_slot_kind(res, slot, f) || check_slot_alive(res, slot, f))
		return -1;
	return 0;
}

int
server_slot_absent(const char *slot, const char *database, struct fail *f)
{
	return fail_set(f, FAIL_CONFIG, "slot %s does not exist and "
		"postgres.create_slot is off: run SELECT "
		"pg_create_logical_replication_slot('%s', 'pgoutput') in "
		"database %s", slot, slot, database);
}

/* A prepared transaction has no process: pg_blocking_pids() says 0. */
const char server_blockers_sql[] =
	"WITH b AS (SELECT DISTINCT pg_catalog.unnest("
	"pg_catalog.pg_blocking_pids($1::int)) AS pid) "
	"SELECT a.pid::text, a.usename::text,"
	" extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)"
	"::bigint AS age, pg_catalog.left(a.query, 80), NULL"
	" FROM b JOIN pg_catalog.pg_stat_activity a USING (pid) "
	"UNION ALL SELECT NULL, p.owner::text,"
	" extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared)"
	"::bigint, NULL, p.gid FROM pg_catalog.pg_prepared_xacts p"
	" WHERE EXISTS (SELECT 1 FROM b WHERE b.pid = 0) "
	"ORDER BY age DESC NULLS LAST LIMIT 3";

void
server_blockers_read(const struct pg_result *res, struct buf *out)
{
	for (int i = 0; i < PQntuples(res); i++) {
		const char *user = PQgetvalue(res, i, 1);
		const char *age = PQgetvalue(res, i, 2);

		if (i)
			buf_put_str(out, "; ");
		if (PQgetisnull(res, i, 0))
			buf_printf(out, "prepared transaction '%s' (%s, %s s)",
				PQgetvalue(res, i, 4), user, age);
		else
			buf_printf(out, "pid %s (%s, %s s): %s",
				PQgetvalue(res, i, 0), user, age,
				PQgetvalue(res, i, 3));
	}
}
