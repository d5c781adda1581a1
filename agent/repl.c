#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "loop.h"
#include "name_list.h"
#include "repl.h"

#define COMMAND_TIMEOUT_US 60000000
#define SQL_MAX 65536

struct status {
	lsn_t flushed;
	int64_t unix_us;
	bool reply;
};

struct repl {
	const struct config *config;
	struct conn *conn;
	enum pgerror_doing doing;
	bool history;			/* of PGERROR_IDENTIFY: TIMELINE_HISTORY */
	bool streaming, ending, has_streamed, slow, in_use;
	bool broken;			/* the socket is gone, buffered frames remain */
	char *bytes;			/* of the last frame, libpq's */
	struct status waiting;		/* not handed to libpq yet */
	bool is_waiting, unsent;	/* unsent: libpq has output left */
	struct fail notice;		/* a notice that ends the stream */
	struct repl_identity identity;
	lsn_t consistent_point;
	char snapshot[64];
	PGresult *timelines;		/* TIMELINE_HISTORY */
};

static void
on_notice(void *self, const char *severity, const char *sqlstate,
	const char *text)
{
	struct repl *r = self;

	if (pgerror_notice(sqlstate, text, r->config->postgres.publication,
			&r->notice) == -1)
		return;
	log_info("the server says", LOG_STR("severity", severity),
		LOG_STR("sqlstate", sqlstate), LOG_STR("text", text));
}

struct repl *
repl_new(const struct config *c)
{
	struct repl *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->config = c;
	r->conn = conn_new(c, CONN_REPLICATION, on_notice, r);
	if (!r->conn) {
		free(r);
		return NULL;
	}
	return r;
}

void
repl_free(struct repl *r)
{
	if (!r)
		return;
	conn_free(r->conn);
	PQclear(r->timelines);
	PQfreemem(r->bytes);
	free(r);
}

void
repl_abort(struct repl *r)
{
	conn_close(r->conn);
	r->streaming = r->ending = r->broken = false;
	r->is_waiting = r->unsent = false;
}

/* Classified by conn already; what it means for the next try is kept. */
static int
failed(struct repl *r)
{
	const struct pgerror *e = conn_error(r->conn);

	r->slow = pgerror_slow(e);
	r->in_use = pgerror_slot_in_use(e);
	repl_abort(r);
	return -1;
}

int
repl_open(struct repl *r, const struct conn_peer *peer, int64_t now_us,
	struct fail *f)
{
	struct pgerror *e = conn_error(r->conn);

	repl_abort(r);
	r->notice.kind = FAIL_NONE;
	r->slow = r->in_use = false;
	r->doing = PGERROR_CONNECT;
	e->streamed = r->has_streamed;
	return conn_open(r->conn, peer, now_us, f) ? failed(r) : 0;
}

static int
command(struct repl *r, enum pgerror_doing doing, struct buf *sql,
	int64_t timeout_us, int64_t now_us, struct fail *f)
{
	int rc;

	r->doing = conn_error(r->conn)->doing = doing;
	buf_putc(sql, '\0');
	rc = sql->failed ? fail_set(f, FAIL_FATAL, "out of memory") :
		conn_query(r->conn, sql->p, NULL, 0, timeout_us, now_us, f);
	buf_release(sql);
	return rc ? failed(r) : 0;
}

int
repl_identify(struct repl *r, int64_t now_us, struct fail *f)
{
	struct buf sql;

	buf_init(&sql, SQL_MAX);
	buf_put_str(&sql, "IDENTIFY_SYSTEM");
	r->history = false;
	return command(r, PGERROR_IDENTIFY, &sql, COMMAND_TIMEOUT_US, now_us, f);
}

int
repl_history(struct repl *r, uint32_t timeline, int64_t now_us, struct fail *f)
{
	struct buf sql;

	buf_init(&sql, SQL_MAX);
	buf_printf(&sql, "TIMELINE_HISTORY %u", timeline);
	r->history = true;
	return command(r, PGERROR_IDENTIFY, &sql, COMMAND_TIMEOUT_US, now_us, f);
}

static int
create_slot(struct repl *r, const char *slot, bool temporary, bool export,
	int64_t now_us, struct fail *f)
{
	bool options = repl_server_version(r) >= 150000;
	struct buf sql;

	buf_init(&sql, SQL_MAX);
	buf_put_str(&sql, "CREATE_REPLICATION_SLOT ");
	conn_quote_name(&sql, slot);
	if (temporary)
		buf_put_str(&sql, " TEMPORARY");
	buf_put_str(&sql, " LOGICAL pgoutput ");
	if (options)
		buf_printf(&sql, "(SNAPSHOT '%s')", export ? "export" : "nothing");
	else
		buf_put_str(&sql, export ? "EXPORT_SNAPSHOT" : "NOEXPORT_SNAPSHOT");
	/* It waits for open transactions; the session knows for how long. */
	return command(r, PGERROR_CREATE_SLOT, &sql, 0, now_us, f);
}

int
repl_create_slot(struct repl *r, int64_t now_us, struct fail *f)
{
	return create_slot(r, r->config->postgres.slot, false, false, now_us, f);
}

int
repl_export_slot(struct repl *r, const char *slot, bool temporary,
	int64_t now_us, struct fail *f)
{
	return create_slot(r, slot, temporary, true, now_us, f);
}

/* A literal that holds a list of identifiers, each in double quotes. */
static int
put_publications(struct buf *sql, const char *names, struct fail *f)
{
	char name[NAME_LIST_NAME_MAX];
	struct buf list;
	int rc;

	buf_init(&list, SQL_MAX);
	while ((rc = name_list_next(&names, name, f)) == 1) {
		if (list.len)
			buf_putc(&list, ',');
		conn_quote_name(&list, name);
	}
	buf_putc(&list, '\0');
	if (rc == 0 && !list.failed)
		conn_quote_literal(sql, list.p);
	buf_release(&list);
	return rc ? fail_context(f, "postgres.publication") : 0;
}

int
repl_start(struct repl *r, lsn_t start, int64_t now_us, struct fail *f)
{
	struct buf sql;

	conn_error(r->conn)->slot_known = true;
	buf_init(&sql, SQL_MAX);
	buf_put_str(&sql, "START_REPLICATION SLOT ");
	conn_quote_name(&sql, r->config->postgres.slot);
	buf_printf(&sql, " LOGICAL " LSN_FMT
		" (\"proto_version\" '1', \"publication_names\" ", LSN_ARG(start));
	if (put_publications(&sql, r->config->postgres.publication, f)) {
		buf_release(&sql);
		return -1;
	}
	if (r->config->postgres.messages)
		buf_put_str(&sql, ", \"messages\" 'true'");
	buf_putc(&sql, ')');
	return command(r, PGERROR_START, &sql, COMMAND_TIMEOUT_US, now_us, f);
}

static void
take_name(char *to, size_t size, const PGresult *res, int column)
{
	snprintf(to, size, "%s", PQgetvalue(res, 0, column));
}

static int
bad_answer(struct repl *r, const char *command_name, struct fail *f)
{
	repl_abort(r);
	return fail_set(f, FAIL_PROTOCOL, "%s: unexpected answer of the server",
		command_name);
}

static int
take_identity(struct repl *r, const PGresult *res, struct fail *f)
{
	struct repl_identity *id = &r->identity;

	if (PQntuples(res) != 1 || PQnfields(res) < 4 ||
	    !lsn_parse(span_of(PQgetvalue(res, 0, 2)), &id->position))
		return bad_answer(r, "IDENTIFY_SYSTEM", f);
	take_name(id->system_id, sizeof(id->system_id), res, 0);
	id->timeline = (uint32_t)strtoul(PQgetvalue(res, 0, 1), NULL, 10);
	take_name(id->database, sizeof(id->database), res, 3);
	return 1;
}

static int
take_history(struct repl *r, const PGresult *res, struct fail *f)
{
	if (PQntuples(res) != 1 || PQnfields(res) < 2)
		return bad_answer(r, "TIMELINE_HISTORY", f);
	PQclear(r->timelines);
	r->timelines = PQcopyResult(res, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES);
	return r->timelines ? 1 : fail_set(f, FAIL_FATAL, "out of memory");
}

static int
take_slot(struct repl *r, const PGresult *res, struct fail *f)
{
	if (PQntuples(res) != 1 || PQnfields(res) < 2 ||
	    !lsn_parse(span_of(PQgetvalue(res, 0, 1)), &r->consistent_point))
		return bad_answer(r, "CREATE_REPLICATION_SLOT", f);
	r->snapshot[0] = '\0';
	if (PQnfields(res) > 2)
		take_name(r->snapshot, sizeof(r->snapshot), res, 2);
	return 1;
}

static int
take_stream(struct repl *r, const PGresult *res, struct fail *f)
{
	if (PQresultStatus(res) != PGRES_COPY_BOTH)
		return bad_answer(r, "START_REPLICATION", f);
	r->streaming = r->has_streamed = true;
	conn_error(r->conn)->doing = PGERROR_STREAM;
	conn_error(r->conn)->streamed = true;
	return 1;
}

int
repl_step(struct repl *r, int64_t now_us, struct fail *f)
{
	const PGresult *res;
	int rc = conn_step(r->conn, now_us, f);

	if (rc < 0)
		return failed(r);
	if (rc == 0 || r->streaming)
		return rc;
	res = conn_result(r->conn);
	switch (r->doing) {
	case PGERROR_IDENTIFY:
		return r->history ? take_history(r, res, f) :
			take_identity(r, res, f);
	case PGERROR_CREATE_SLOT:
		return take_slot(r, res, f);
	case PGERROR_START:
		return take_stream(r, res, f);
	default:
		return 1;
	}
}

const struct repl_identity *
repl_identity(const struct repl *r)
{
	return &r->identity;
}

/* Lines "timeline TAB position TAB reason", oldest first; '#' begins a comment. */
lsn_t
repl_left_timeline(const struct repl *r, uint32_t timeline)
{
	const char *p = r->timelines ? PQgetvalue(r->timelines, 0, 1) : "";

	while (*p) {
		size_t len = strcspn(p, "\n");
		unsigned number;
		char position[32];
		lsn_t lsn;

		if (sscanf(p, " %u %31s", &number, position) == 2 &&
		    number == timeline && lsn_parse(span_of(position), &lsn))
			return lsn;
		p += len + (p[len] == '\n');
	}
	return 0;
}

lsn_t
repl_consistent_point(const struct repl *r)
{
	return r->consistent_point;
}

const char *
repl_snapshot(const struct repl *r)
{
	return r->snapshot;
}

int
repl_server_version(const struct repl *r)
{
	return conn_server_version(r->conn);
}

const struct conn_peer *
repl_peer(const struct repl *r)
{
	return conn_peer(r->conn);
}

int
repl_backend_pid(const struct repl *r)
{
	return conn_is_open(r->conn) ? PQbackendPID(conn_handle(r->conn)) : 0;
}

bool
repl_streaming(const struct repl *r)
{
	return r->streaming;
}

bool
repl_has_streamed(const struct repl *r)
{
	return r->has_streamed;
}

bool
repl_slow_retry(const struct repl *r)
{
	return r->slow;
}

bool
repl_slot_in_use(const struct repl *r)
{
	return r->in_use;
}

static int
not_streaming(struct fail *f)
{
	return fail_set(f, FAIL_RETRY, "the replication connection is closed");
}

/* The next payload: its length, 0 if there is none yet, -1 at the end. */
static int
next_payload(struct repl *r, struct fail *f)
{
	int n;

	PQfreemem(r->bytes);
	r->bytes = NULL;
	n = PQgetCopyData(conn_handle(r->conn), &r->bytes, 1);
	/* The notice was met on the way to this payload. */
	if (r->notice.kind != FAIL_NONE) {
		*f = r->notice;
		repl_abort(r);
		return -1;
	}
	if (n > 0)
		return n;
	if (n == 0 && !r->broken)
		return 0;
	if (n == -1)
		conn_stream_end(r->conn, f);
	else
		conn_broken(r->conn, f);
	return failed(r);
}

int
repl_recv(struct repl *r, struct frame *out, struct fail *f)
{
	int n;

	if (!r->streaming)
		return not_streaming(f);
	n = next_payload(r, f);
	if (n <= 0)
		return n;
	if (frame_parse((struct span){ r->bytes, (size_t)n }, out, f)) {
		repl_abort(r);
		return -1;
	}
	return 1;
}

int
repl_consume(struct repl *r, struct fail *f)
{
	if (!r->streaming)
		return not_streaming(f);
	/* What came before the end, and the reason for it, is read first. */
	if (!r->broken && !conn_consume(r->conn))
		r->broken = true;
	return 0;
}

/* Hands the status that waits to libpq, once libpq has nothing else to send. */
static int
push(struct repl *r, struct fail *f)
{
	PGconn *pg = conn_handle(r->conn);
	char message[FRAME_STATUS_SIZE];
	int left = PQflush(pg);

	if (left == 0 && r->is_waiting) {
		frame_status(message, r->waiting.flushed, r->waiting.unix_us,
			r->waiting.reply);
		if (PQputCopyData(pg, message, sizeof(message)) < 0)
			left = -1;
		else {
			r->is_waiting = false;
			left = PQflush(pg);
		}
	}
	r->unsent = left == 1 || r->is_waiting;
	if (left >= 0)
		return 0;
	conn_broken(r->conn, f);
	return failed(r);
}

int
repl_status(struct repl *r, lsn_t flushed, int64_t now_unix_us, bool reply,
	struct fail *f)
{
	if (!r->streaming || r->ending)
		return not_streaming(f);
	if (r->broken)
		return 0;
	r->waiting = (struct status){ flushed, now_unix_us,
		reply || (r->is_waiting && r->waiting.reply) };
	r->is_waiting = true;
	return push(r, f);
}

int
repl_flush(struct repl *r, struct fail *f)
{
	if (!r->streaming)
		return not_streaming(f);
	return r->unsent && !r->broken ? push(r, f) : 0;
}

struct pollfd
repl_wait(const struct repl *r)
{
	struct pollfd p = conn_wait(r->conn);

	if (r->streaming && r->unsent)
		p.events |= POLLOUT;
	return p;
}

int64_t
repl_deadline(const struct repl *r)
{
	return conn_deadline(r->conn);
}

int
repl_close(struct repl *r, lsn_t flushed, int64_t now_unix_us, struct fail *f)
{
	if (repl_status(r, flushed, now_unix_us, false, f))
		return -1;
	r->ending = true;
	if (r->broken || r->is_waiting)
		return 0;	/* the socket takes nothing: no use in waiting for it */
	if (PQputCopyEnd(conn_handle(r->conn), NULL) < 0) {
		conn_broken(r->conn, f);
		return failed(r);
	}
	return push(r, f);
}

bool
repl_drained(struct repl *r)
{
	struct fail ignored = FAIL_INIT;
	struct frame frame;
	int rc;

	if (!r->streaming || repl_flush(r, &ignored) ||
	    repl_consume(r, &ignored))
		return true;
	do
		rc = repl_recv(r, &frame, &ignored);
	while (rc == 1);
	return rc < 0;
}
