#include "lag_query.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>

#include "arena.h"
#include "buf.h"
#include "inquiry.h"

enum { OLDEST_VERSION = 140000, REPORT_CAP = 64 << 20 };

struct lag_query {
	struct inquiry inquiry;
	struct arena memory;	/* of the report that was read last */
};

static const char SQL_SERVER[] =
	"SELECT split_part(current_setting('server_version'), ' ', 1),"
	" pg_is_in_recovery(),"
	" CASE WHEN pg_is_in_recovery()"
	" THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())"
	" ELSE pg_current_wal_lsn() END,"
	" (extract(epoch FROM clock_timestamp()) * 1000)::bigint, current_user,"
	" pg_has_role('pg_read_all_stats', 'USAGE'),"
	" nullif(current_setting('max_slot_wal_keep_size'), '-1')";

/*
 * Application and user come from pg_stat_activity, where every role sees them;
 * pg_stat_replication hides all but the pid from most.
 */
static const char SQL_SLOTS[] =
	"SELECT s.slot_name, s.slot_type = 'logical', s.plugin, s.database,"
	" s.active, s.temporary, s.wal_status, s.restart_lsn,"
	" s.confirmed_flush_lsn, s.safe_wal_size, age(s.catalog_xmin),"
	" s.active_pid, a.application_name, a.usename,"
	" coalesce(r.client_hostname, host(r.client_addr)), r.state,"
	" (extract(epoch FROM clock_timestamp() - r.reply_time) * 1000)::bigint,"
	" (extract(epoch FROM r.flush_lag) * 1000)::bigint,"
	" t.spill_txns, t.spill_count, t.spill_bytes, t.stream_txns,"
	" t.stream_count, t.stream_bytes, t.total_txns, t.total_bytes,"
	" %s"
	" FROM pg_catalog.pg_replication_slots s"
	" LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid"
	" LEFT JOIN pg_catalog.pg_stat_replication r ON r.pid = s.active_pid"
	" LEFT JOIN pg_catalog.pg_stat_replication_slots t USING (slot_name)"
	" %s ORDER BY s.slot_name";

/* Only transactions with an id make decoding start before them. */
static const char SQL_SESSION[] =
	"SELECT pid, NULL, usename, application_name, datname, state,"
	" (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint,"
	" age(backend_xid)"
	" FROM pg_catalog.pg_stat_activity"
	" WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
	" ORDER BY 8 DESC LIMIT 1";

static const char SQL_PREPARED[] =
	"SELECT NULL, gid, owner, NULL, database, NULL,"
	" (extract(epoch FROM clock_timestamp() - prepared) * 1000)::bigint,"
	" age(transaction)"
	" FROM pg_catalog.pg_prepared_xacts ORDER BY 8 DESC LIMIT 1";

struct lag_query *
lag_query_new(const struct config *c, struct loop *l)
{
	struct lag_query *q = malloc(sizeof(*q));

	if (!q)
		return NULL;
	if (!inquiry_init(&q->inquiry, c, l)) {
		free(q);
		return NULL;
	}
	arena_init(&q->memory, REPORT_CAP);
	return q;
}

void
lag_query_free(struct lag_query *q)
{
	if (!q)
		return;
	inquiry_release(&q->inquiry);
	arena_release(&q->memory);
	free(q);
}

/* One row of a result, its columns taken from left to right. */
struct row {
	struct arena *memory;
	const PGresult *result;
	int number, column;
};

static const char *
take(struct row *r)
{
	int column = r->column++;

	if (PQgetisnull(r->result, r->number, column))
		return NULL;
	return PQgetvalue(r->result, r->number, column);
}

static const char *
take_text(struct row *r)
{
	return arena_copy(r->memory, span_of(take(r))).p;
}

static bool
take_bool(struct row *r)
{
	const char *text = take(r);

	return text && *text == 't';
}

static int64_t
take_number(struct row *r)
{
	const char *text = take(r);

	return text ? strtoll(text, NULL, 10) : LAG_UNKNOWN;
}

static lsn_t
take_lsn(struct row *r)
{
	const char *text = take(r);
	lsn_t lsn;

	return text && lsn_parse(span_of(text), &lsn) ? lsn : 0;
}

static int
read_server(struct lag_query *q, struct lag_report *out, struct fail *f)
{
	struct row r = { .memory = &q->memory };
	int result = inquiry_ask(&q->inquiry, SQL_SERVER, NULL, 0, &r.result, f);

	if (result != 1)
		return result;
	out->version = conn_server_version(q->inquiry.conn);
	out->version_text = take_text(&r);
	out->standby = take_bool(&r);
	out->current = take_lsn(&r);
	out->time_ms = take_number(&r);
	out->role = take_text(&r);
	out->details_hidden = !take_bool(&r);
	out->max_keep = take_text(&r);
	return 1;
}

static void
take_slot(struct row *r, struct lag_slot *s)
{
	s->name = take_text(r);
	s->logical = take_bool(r);
	s->plugin = take_text(r);
	s->database = take_text(r);
	s->active = take_bool(r);
	s->temporary = take_bool(r);
	s->wal_status = take_text(r);
	s->restart = take_lsn(r);
	s->confirmed = take_lsn(r);
	s->safe_bytes = take_number(r);
	s->catalog_xmin_age = take_number(r);
	s->reader.pid = take_number(r);
	s->reader.application = take_text(r);
	s->reader.user = take_text(r);
	s->reader.client = take_text(r);
	s->reader.state = take_text(r);
	s->reader.reply_ms = take_number(r);
	s->reader.flush_lag_ms = take_number(r);
	s->spill_txns = take_number(r);
	s->spill_count = take_number(r);
	s->spill_bytes = take_number(r);
	s->stream_txns = take_number(r);
	s->stream_count = take_number(r);
	s->stream_bytes = take_number(r);
	s->total_txns = take_number(r);
	s->total_bytes = take_number(r);
	s->inactive_ms = take_number(r);
	s->invalidation = take_text(r);
	s->synced = take_bool(r);
	s->watched_ms = s->moved_ms = s->catch_up_ms = LAG_UNKNOWN;
	s->read_rate = s->write_rate = LAG_UNKNOWN;
}

static const char *
late_columns(int version)
{
	if (version >= 170000)
		return "(extract(epoch FROM clock_timestamp() - s.inactive_since)"
			" * 1000)::bigint, s.invalidation_reason, s.synced";
	if (version >= 160000)
		return "NULL, CASE WHEN s.conflicting THEN"
			" 'conflict with recovery' END, NULL";
	return "NULL, NULL, NULL";
}

static int
read_slots(struct lag_query *q, const char *slot, struct lag_report *out,
	struct fail *f)
{
	struct row r = { .memory = &q->memory };
	struct buf sql;
	int result;

	buf_init(&sql, 1 << 16);
	buf_printf(&sql, SQL_SLOTS, late_columns(out->version),
		slot ? "WHERE s.slot_name = $1" : "");
	buf_putc(&sql, '\0');
	if (sql.failed)
		result = fail_set(f, FAIL_FATAL, "out of memory");
	else
		result = inquiry_ask(&q->inquiry, sql.p, &slot, slot ? 1 : 0, &r.result, f);
	buf_release(&sql);
	if (result != 1)
		return result;
	out->nslots = (size_t)PQntuples(r.result);
	out->slots = arena_zero(&q->memory, out->nslots, sizeof(*out->slots));
	if (!out->slots)
		return fail_set(f, FAIL_FATAL, "out of memory");
	for (size_t i = 0; i < out->nslots; i++) {
		r.number = (int)i;
		r.column = 0;
		take_slot(&r, &out->slots[i]);
	}
	return 1;
}

static int
read_holder(struct lag_query *q, const char *sql, struct lag_holder *out,
	struct fail *f)
{
	struct row r = { .memory = &q->memory };
	int result = inquiry_ask(&q->inquiry, sql, NULL, 0, &r.result, f);

	if (result != 1)
		return result;
	out->found = PQntuples(r.result) > 0;
	if (!out->found)
		return 1;
	out->pid = take_number(&r);
	out->gid = take_text(&r);
	out->user = take_text(&r);
	out->application = take_text(&r);
	out->database = take_text(&r);
	out->state = take_text(&r);
	out->age_ms = take_number(&r);
	out->xids = take_number(&r);
	return 1;
}

static int
connect_server(struct lag_query *q, struct fail *f)
{
	int version, result = inquiry_open(&q->inquiry, f);

	if (result != 1)
		return result;
	version = conn_server_version(q->inquiry.conn);
	if (version < OLDEST_VERSION)
		return fail_set(f, FAIL_CONFIG, "the server runs PostgreSQL"
			" %d; 14 is the oldest that is supported",
			version / 10000);
	return 1;
}

int
lag_query_read(struct lag_query *q, const char *slot, struct lag_report *out,
	struct fail *f)
{
	int result;

	arena_reset(&q->memory);
	*out = (struct lag_report){ 0 };
	if ((result = connect_server(q, f)) != 1 ||
		(result = read_server(q, out, f)) != 1 ||
		(result = read_slots(q, slot, out, f)) != 1 ||
		(result = read_holder(q, SQL_SESSION, &out->session, f)) != 1 ||
		(result = read_holder(q, SQL_PREPARED, &out->prepared, f)) != 1)
		return result;
	if (arena_failed(&q->memory))
		return fail_set(f, FAIL_FATAL, "out of memory");
	return 1;
}
