#include "holder.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop.h"

#define SQL_MAX ((size_t)64 << 20)
#define LOOK_US 5000000
#define QUERY_US (300 * INT64_C(1000000))

enum phase { OFF, CONNECT, MARK, IMPORT, LIST, HOLD, LOOK };

struct holder {
	const struct snapshot_rules *rules;
	struct conn *conn;
	enum phase phase;
	char from[64];			/* the snapshot to import */
	char name[64];			/* as exported again */
	char role[64];
	uint32_t xmin, xid;
	lsn_t wal;
	int64_t look_at;
	struct snapshot_tables tables;
};

static const char look_sql[] =
	"SELECT CASE WHEN pg_catalog.pg_is_in_recovery() "
	"THEN pg_catalog.pg_last_wal_replay_lsn() "
	"ELSE pg_catalog.pg_current_wal_lsn() END";

struct holder *
holder_new(const struct snapshot_rules *rules)
{
	struct holder *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->rules = rules;
	h->conn = conn_new(rules->config, CONN_PLAIN, NULL, NULL);
	snapshot_tables_init(&h->tables);
	if (h->conn)
		return h;
	holder_free(h);
	return NULL;
}

void
holder_free(struct holder *h)
{
	if (!h)
		return;
	conn_free(h->conn);
	snapshot_tables_release(&h->tables);
	free(h);
}

int
holder_begin(struct holder *h, const char *snapshot,
	const struct conn_peer *peer, int64_t now_us, struct fail *f)
{
	snapshot_tables_release(&h->tables);
	snprintf(h->from, sizeof(h->from), "%s", snapshot);
	h->name[0] = '\0';
	h->wal = 0;
	h->phase = CONNECT;
	return conn_open(h->conn, peer, now_us, f);
}

void
holder_end(struct holder *h)
{
	conn_close(h->conn);
	h->phase = OFF;
}

static int
ask(struct holder *h, enum phase phase, struct buf *sql, int64_t now_us,
	struct fail *f)
{
	int rc = -1;

	buf_putc(sql, '\0');
	conn_error(h->conn)->doing = PGERROR_QUERY;
	h->phase = phase;
	if (sql->failed)
		fail_set(f, FAIL_FATAL, "out of memory for a query");
	else
		rc = conn_query(h->conn, sql->p, NULL, 0, QUERY_US, now_us, f);
	buf_release(sql);
	return rc;
}

/*
 * A transaction of its own, which ends at once: its id is that of the rows, as
 * with Debezium, and its commit record lies between the snapshot's position and
 * the first change, so that no two events share one.
 */
static int
begin_mark(struct holder *h, int64_t now_us, struct fail *f)
{
	struct buf sql;

	buf_init(&sql, 1024);
	buf_put_str(&sql, "SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() "
		"THEN pg_catalog.pg_current_xact_id()::text::numeric % 4294967296 END");
	return ask(h, MARK, &sql, now_us, f);
}

/*
 * The catalogue is listed in this transaction too: other plans than those of
 * our usual, small queries. A transaction that is idle must not be ended.
 */
static int
begin_import(struct holder *h, int64_t now_us, struct fail *f)
{
	struct buf sql;

	buf_init(&sql, 4096);
	buf_put_str(&sql, "SET idle_in_transaction_session_timeout = 0; "
		"SET enable_hashjoin = on; SET enable_mergejoin = on; "
		"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
		"SET TRANSACTION SNAPSHOT ");
	conn_quote_literal(&sql, h->from);
	buf_put_str(&sql, "; SELECT pg_catalog.pg_export_snapshot(), "
		"pg_catalog.pg_snapshot_xmin(s)::text::numeric % 4294967296, "
		"(pg_catalog.pg_snapshot_xmax(s)::text::numeric - 1) % 4294967296, "
		"current_user FROM pg_catalog.pg_current_snapshot() s");
	return ask(h, IMPORT, &sql, now_us, f);
}

static int
begin_list(struct holder *h, int64_t now_us, struct fail *f)
{
	struct buf sql;

	buf_init(&sql, SQL_MAX);
	if (snapshot_tables_sql(&h->tables, h->rules->config,
			conn_server_version(h->conn), &sql, f) == -1) {
		buf_release(&sql);
		return -1;
	}
	return ask(h, LIST, &sql, now_us, f);
}

/* A standby gives no ids: then it is the last one that the snapshot knows. */
static int
take_mark(struct holder *h, int64_t now_us, struct fail *f)
{
	const PGresult *res = conn_result(h->conn);

	if (PQntuples(res) != 1 || PQnfields(res) != 1)
		return fail_set(f, FAIL_PROTOCOL,
			"a transaction's id: unexpected answer of the server");
	h->xid = (uint32_t)strtoul(PQgetvalue(res, 0, 0), NULL, 10);
	return begin_import(h, now_us, f);
}

static int
take_import(struct holder *h, int64_t now_us, struct fail *f)
{
	const PGresult *res = conn_result(h->conn);

	if (PQntuples(res) != 1 || PQnfields(res) != 4)
		return fail_set(f, FAIL_PROTOCOL,
			"exported snapshot: unexpected answer of the server");
	snprintf(h->name, sizeof(h->name), "%s", PQgetvalue(res, 0, 0));
	h->xmin = (uint32_t)strtoul(PQgetvalue(res, 0, 1), NULL, 10);
	if (!h->xid)
		h->xid = (uint32_t)strtoul(PQgetvalue(res, 0, 2), NULL, 10);
	snprintf(h->role, sizeof(h->role), "%s", PQgetvalue(res, 0, 3));
	return begin_list(h, now_us, f);
}

static int
take_list(struct holder *h, int64_t now_us, struct fail *f)
{
	if (snapshot_tables_take(&h->tables, h->rules, conn_result(h->conn), f))
		return -1;
	if (!h->tables.done)
		return begin_list(h, now_us, f);
	h->phase = HOLD;
	h->look_at = now_us;
	return 0;
}

static int
look(struct holder *h, int64_t now_us, struct fail *f)
{
	struct buf sql;

	buf_init(&sql, 1024);
	buf_put_str(&sql, look_sql);
	h->look_at = now_us + LOOK_US;
	return ask(h, LOOK, &sql, now_us, f);
}

static int
take_look(struct holder *h)
{
	const PGresult *res = conn_result(h->conn);

	if (PQntuples(res) == 1)
		lsn_parse(span_of(PQgetvalue(res, 0, 0)), &h->wal);
	h->phase = HOLD;
	return 0;
}

int
holder_step(struct holder *h, int64_t now_us, struct fail *f)
{
	int rc = h->phase == OFF ? 0 : conn_step(h->conn, now_us, f);

	if (rc == 1) {
		switch (h->phase) {
		case CONNECT:
			conn_error(h->conn)->streamed = true;
			rc = begin_mark(h, now_us, f);
			break;
		case MARK:
			rc = take_mark(h, now_us, f);
			break;
		case IMPORT:
			rc = take_import(h, now_us, f);
			break;
		case LIST:
			rc = take_list(h, now_us, f);
			break;
		case LOOK:
			rc = take_look(h);
			break;
		default:
			rc = now_us >= h->look_at ? look(h, now_us, f) : 0;
		}
	}
	if (rc != -1)
		return 0;
	/* There will be another one. */
	if (h->phase == IMPORT && pgerror_no_snapshot(conn_error(h->conn)))
		f->kind = FAIL_RETRY;
	holder_end(h);
	return -1;
}

bool
holder_has(const struct holder *h)
{
	return h->phase >= LIST;
}

bool
holder_ready(const struct holder *h)
{
	return h->phase >= HOLD;
}

const char *
holder_snapshot(const struct holder *h)
{
	return h->name;
}

uint32_t
holder_xmin(const struct holder *h)
{
	return h->xmin;
}

uint32_t
holder_xid(const struct holder *h)
{
	return h->xid;
}

const char *
holder_role(const struct holder *h)
{
	return h->role;
}

const struct conn_peer *
holder_peer(const struct holder *h)
{
	return conn_peer(h->conn);
}

lsn_t
holder_wal(const struct holder *h)
{
	return h->wal;
}

const struct snapshot_tables *
holder_tables(const struct holder *h)
{
	return &h->tables;
}

struct pollfd
holder_wait(const struct holder *h)
{
	return conn_wait(h->conn);
}

int64_t
holder_deadline(const struct holder *h)
{
	int64_t at = conn_deadline(h->conn);

	return h->phase == HOLD ? loop_sooner(at, h->look_at) : at;
}
