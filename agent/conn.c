#include <ctype.h>
#include <libpq-fe.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "conn.h"
#include "loop.h"

#define IDLE_CHECK_US 10000

enum conn_state { CONN_CLOSED, CONN_CONNECTING, CONN_SETTING, CONN_IDLE, CONN_QUERYING };

struct conn {
	const struct config *config;
	enum conn_kind kind;
	void (*notice)(void *, const char *, const char *, const char *);
	void *self;
	enum conn_state state;
	PGconn *pg;
	PGresult *result;		/* of the last statement, or the error */
	PostgresPollingStatusType polling;
	bool unsent;			/* PQflush() left something */
	int64_t deadline;
	int64_t timeout_us;		/* of what is in progress, for the text */
	int64_t idle_seen;		/* when the idle connection was looked at */
	struct conn_peer peer;
	struct pgerror error;
	char message[1024], sqlstate[6], detail[512], hint[512], context[512];
	char role[64], database[64];
};

/*
 * Timeouts that a role may set and that older servers do not know, and what
 * PGTZ and PGDATESTYLE of our environment would bring back.
 */
#define SETTINGS_SQL \
	"SELECT pg_catalog.set_config(v.name, v.setting, false) FROM (VALUES " \
	"('idle_session_timeout', '0'), ('transaction_timeout', '0'), " \
	"('DateStyle', 'ISO'), ('IntervalStyle', 'postgres'), " \
	"('TimeZone', 'UTC')) v(name, setting) " \
	"WHERE pg_catalog.current_setting(v.name, true) IS NOT NULL"

static const char settings_sql[] = SETTINGS_SQL;

/*
 * One large row makes libpq's buffer 64 KB for good, 16 by itself: a stream is
 * read in fewer pieces (4 % more rows, 6 % less CPU).
 */
static const char stream_settings_sql[] = SETTINGS_SQL
	"; SELECT pg_catalog.repeat(' ', 60000)";

/* A cut text may end inside a character; fail drops that. */
static const char *
keep(char *to, size_t size, const char *from)
{
	if (!from)
		return NULL;
	snprintf(to, size, "%s", from);
	return to;
}

/* A text of libpq: lines are joined, the one about a crash that may have been is dropped. */
static void
keep_lines(char *to, size_t size, const char *text)
{
	size_t n = 0;

	while (*text && n + 3 < size) {
		size_t len;

		if (!strncmp(text, "\tThis probably means", 20))
			break;
		text += strspn(text, "\t");
		len = strcspn(text, "\n");
		n += (size_t)snprintf(to + n, size - n, "%s%.*s",
			n ? "; " : "", (int)len, text);
		text += len + strspn(text + len, "\n");
	}
}

static void
clear_error(struct conn *c)
{
	c->message[0] = c->sqlstate[0] = '\0';
	c->error.message = c->message;
	c->error.sqlstate = c->sqlstate;
	c->error.detail = c->error.hint = c->error.context = NULL;
}

static void
take_error(struct conn *c, const PGresult *r)
{
	clear_error(c);
	keep(c->message, sizeof(c->message),
		PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
	if (!c->message[0])
		keep_lines(c->message, sizeof(c->message), PQresultErrorMessage(r));
	keep(c->sqlstate, sizeof(c->sqlstate),
		PQresultErrorField(r, PG_DIAG_SQLSTATE));
	c->error.detail = keep(c->detail, sizeof(c->detail),
		PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL));
	c->error.hint = keep(c->hint, sizeof(c->hint),
		PQresultErrorField(r, PG_DIAG_MESSAGE_HINT));
	c->error.context = keep(c->context, sizeof(c->context),
		PQresultErrorField(r, PG_DIAG_CONTEXT));
}

/*
 * A server that ends an idle connection says why in an error that libpq hands
 * out as a notice; it is kept to explain the closed socket that follows.
 */
static void
on_notice(void *self, const PGresult *r)
{
	struct conn *c = self;
	const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *sqlstate = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	if (severity && (!strcmp(severity, "FATAL") || !strcmp(severity, "PANIC")))
		take_error(c, r);
	else if (c->notice)
		c->notice(c->self, severity ? severity : "",
			sqlstate ? sqlstate : "", text ? text : "");
}

struct conn *
conn_new(const struct config *config, enum conn_kind kind,
	void (*notice)(void *self, const char *severity, const char *sqlstate,
		const char *text), void *self)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->config = config;
	c->kind = kind;
	c->notice = notice;
	c->self = self;
	c->deadline = LOOP_NEVER;
	c->error.slot = config->postgres.slot;
	c->error.publication = config->postgres.publication;
	c->error.replication = kind == CONN_REPLICATION;
	clear_error(c);
	return c;
}

void
conn_close(struct conn *c)
{
	PQclear(c->result);
	c->result = NULL;
	PQfinish(c->pg);
	c->pg = NULL;
	c->state = CONN_CLOSED;
	c->deadline = LOOP_NEVER;
	c->unsent = false;
}

void
conn_free(struct conn *c)
{
	if (!c)
		return;
	conn_close(c);
	free(c);
}

static bool
is_sqlstate(const char *p)
{
	for (int i = 0; i < 5; i++)
		if (!isupper((unsigned char)p[i]) && !isdigit((unsigned char)p[i]))
			return false;
	return p[5] == ':';
}

/*
 * libpq gives no field of an error that refuses a connection, only its text;
 * made verbose it has the SQLSTATE behind the severity: "FATAL:  28P01: ...".
 * With several hosts the last one's counts.
 */
static void
take_connect_error(struct conn *c)
{
	const char *text = PQerrorMessage(c->pg), *found = NULL;

	clear_error(c);
	for (const char *p = strstr(text, ":  "); p; p = strstr(p + 1, ":  "))
		if (strlen(p) > 8 && is_sqlstate(p + 3))
			found = p + 3;
	if (!found) {
		keep_lines(c->message, sizeof(c->message), text);
		return;
	}
	memcpy(c->sqlstate, found, 5);
	c->sqlstate[5] = '\0';
	found += 5 + strspn(found + 5, ": ");
	snprintf(c->message, sizeof(c->message), "%s, port %s: %.*s",
		PQhost(c->pg), PQport(c->pg), (int)strcspn(found, "\n"), found);
}

/* The connection is gone: say why, close. */
static int
broken(struct conn *c, struct fail *f)
{
	if (c->state == CONN_CONNECTING)
		take_connect_error(c);
	else if (!c->sqlstate[0]) {
		clear_error(c);
		keep_lines(c->message, sizeof(c->message),
			PQerrorMessage(c->pg));
	}
	if (!c->message[0])
		strcpy(c->message, "the connection was closed");
	conn_close(c);
	return pgerror_classify(&c->error, f);
}

static int
timed_out(struct conn *c, struct fail *f)
{
	clear_error(c);
	snprintf(c->message, sizeof(c->message), "no answer from %s within %lld s",
		PQhost(c->pg), (long long)(c->timeout_us / 1000000));
	conn_close(c);
	return pgerror_classify(&c->error, f);
}

/* Who we are to the server, for the texts of errors. */
static void
take_names(struct conn *c)
{
	c->error.role = keep(c->role, sizeof(c->role), PQuser(c->pg));
	c->error.database = keep(c->database, sizeof(c->database), PQdb(c->pg));
}

static void
take_peer(struct conn *c)
{
	keep(c->peer.host, sizeof(c->peer.host), PQhost(c->pg));
	keep(c->peer.address, sizeof(c->peer.address), PQhostaddr(c->pg));
	keep(c->peer.port, sizeof(c->peer.port), PQport(c->pg));
	c->error.host = c->peer.host;
}

static int
add_peer(struct conn_params *p, const struct conn_peer *peer, struct fail *f)
{
	if (!peer || !peer->host[0])
		return 0;
	return conn_params_add(p, "host", peer->host, f) ||
		conn_params_add(p, "hostaddr", peer->address, f) ||
		conn_params_add(p, "port", peer->port, f) ? -1 : 0;
}

static void
begin(struct conn *c, enum conn_state state, int64_t timeout_us, int64_t now_us)
{
	c->state = state;
	c->timeout_us = timeout_us;
	c->deadline = timeout_us ? now_us + timeout_us : LOOP_NEVER;
}

int
conn_open(struct conn *c, const struct conn_peer *peer, int64_t now_us,
	struct fail *f)
{
	struct conn_params p;

	conn_close(c);
	c->error.doing = PGERROR_CONNECT;
	clear_error(c);
	if (conn_params_init(&p, c->config, c->kind, f)) {
		/* It was readable once: a password file that is being replaced. */
		if (c->error.streamed)
			f->kind = FAIL_RETRY;
		return -1;
	}
	if (add_peer(&p, peer, f)) {
		conn_params_release(&p);
		return -1;
	}
	c->pg = PQconnectStartParams(p.keywords,
		(const char *const *)p.values, 1);
	begin(c, CONN_CONNECTING, p.timeout_us, now_us);
	conn_params_release(&p);
	if (!c->pg) {
		conn_close(c);
		return fail_set(f, FAIL_FATAL, "out of memory");
	}
	c->polling = PGRES_POLLING_WRITING;
	PQsetErrorVerbosity(c->pg, PQERRORS_VERBOSE);
	PQsetNoticeReceiver(c->pg, on_notice, c);
	take_names(c);
	if (PQstatus(c->pg) == CONNECTION_BAD)
		return broken(c, f);
	return 0;
}

static int
flush(struct conn *c, struct fail *f)
{
	int r = PQflush(c->pg);

	c->unsent = r == 1;
	return r < 0 ? broken(c, f) : 0;
}

static int
connected(struct conn *c, struct fail *f)
{
	take_peer(c);
	PQsetErrorVerbosity(c->pg, PQERRORS_DEFAULT);
	c->state = CONN_SETTING;
	if (PQsetnonblocking(c->pg, 1) ||
	    !PQsendQuery(c->pg, c->kind == CONN_REPLICATION ?
		stream_settings_sql : settings_sql))
		return broken(c, f);
	return flush(c, f);
}

static bool
ready(const struct conn *c)
{
	struct pollfd p = conn_wait(c);

	return p.fd < 0 || poll(&p, 1, 0) > 0;
}

static int
step_connect(struct conn *c, struct fail *f)
{
	/* Before the socket is ready PQconnectPoll must not be called. */
	if (!ready(c))
		return 0;
	c->polling = PQconnectPoll(c->pg);
	if (c->polling == PGRES_POLLING_FAILED)
		return broken(c, f);
	return c->polling == PGRES_POLLING_OK ? connected(c, f) : 0;
}

static bool
is_error(const PGresult *r)
{
	switch (PQresultStatus(r)) {
	case PGRES_BAD_RESPONSE:
	case PGRES_FATAL_ERROR:
		return true;
	default:
		return false;
	}
}

/* A COPY that begins is no end of a query for libpq, but it is for us. */
static bool
is_stream(const PGresult *r)
{
	return r && (PQresultStatus(r) == PGRES_COPY_BOTH ||
		PQresultStatus(r) == PGRES_COPY_OUT);
}

static int
finish_query(struct conn *c, struct fail *f)
{
	c->state = CONN_IDLE;
	c->deadline = LOOP_NEVER;
	if (!c->result || !is_error(c->result))
		return 1;
	take_error(c, c->result);
	if (PQstatus(c->pg) == CONNECTION_BAD)
		conn_close(c);
	return pgerror_classify(&c->error, f);
}

bool
conn_consume(struct conn *c)
{
	SSL *tls = PQsslStruct(c->pg, "OpenSSL");

	do {
		if (!PQconsumeInput(c->pg))
			return false;
	} while (tls && SSL_pending(tls) > 0);
	return true;
}

/* The results that are there; the first error, else the last one, is kept. */
static int
step_query(struct conn *c, struct fail *f)
{
	bool alive;

	if (c->unsent && flush(c, f))
		return -1;
	alive = conn_consume(c);
	while (!PQisBusy(c->pg)) {
		PGresult *r = PQgetResult(c->pg);

		if (!r)
			return finish_query(c, f);
		if (c->result && is_error(c->result)) {
			PQclear(r);
			continue;
		}
		PQclear(c->result);
		c->result = r;
		if (is_stream(r))
			return finish_query(c, f);
	}
	return alive ? 0 : broken(c, f);
}

/* Messages that come unasked are notices, or the last words of the server. */
static int
step_idle(struct conn *c, int64_t now_us, struct fail *f)
{
	bool alive;

	if (is_stream(c->result) || now_us - c->idle_seen < IDLE_CHECK_US)
		return 1;
	c->idle_seen = now_us;
	alive = conn_consume(c);
	PQisBusy(c->pg);	/* parses */
	if (alive && PQstatus(c->pg) != CONNECTION_BAD)
		return 1;
	c->error.doing = PGERROR_IDLE;
	return broken(c, f);
}

int
conn_broken(struct conn *c, struct fail *f)
{
	return broken(c, f);
}

/* What libpq has read of it: the rest may never come. */
int
conn_stream_end(struct conn *c, struct fail *f)
{
	PGresult *r;

	clear_error(c);
	while (!PQisBusy(c->pg) && (r = PQgetResult(c->pg))) {
		bool copying = PQresultStatus(r) == PGRES_COPY_IN;

		if (is_error(r) && !c->message[0])
			take_error(c, r);
		PQclear(r);
		if (copying)	/* its CopyDone; it would wait for ours */
			break;
	}
	if (!c->message[0])
		strcpy(c->message, "the server ended it");
	conn_close(c);
	return pgerror_classify(&c->error, f);
}

void
conn_copied(struct conn *c)
{
	PQclear(c->result);
	c->result = NULL;
	begin(c, CONN_QUERYING, 0, 0);
}

int
conn_step(struct conn *c, int64_t now_us, struct fail *f)
{
	int r = 1;

	switch (c->state) {
	case CONN_CLOSED:
		return 1;
	case CONN_IDLE:
		return step_idle(c, now_us, f);
	case CONN_CONNECTING:
		r = step_connect(c, f);
		break;
	case CONN_SETTING:
	case CONN_QUERYING:
		r = step_query(c, f);
		break;
	}
	return r == 0 && now_us >= c->deadline ? timed_out(c, f) : r;
}

int
conn_query(struct conn *c, const char *sql, const char *const *params,
	int nparams, int64_t timeout_us, int64_t now_us, struct fail *f)
{
	int sent;

	PQclear(c->result);
	c->result = NULL;
	clear_error(c);
	if (c->state != CONN_IDLE) {
		strcpy(c->message, "not connected");
		return pgerror_classify(&c->error, f);
	}
	sent = nparams == 0 ? PQsendQuery(c->pg, sql) :
		PQsendQueryParams(c->pg, sql, nparams, NULL, params, NULL, NULL, 0);
	if (!sent)
		return broken(c, f);
	begin(c, CONN_QUERYING, timeout_us, now_us);
	return flush(c, f);
}

bool
conn_is_open(const struct conn *c)
{
	return c->state == CONN_IDLE || c->state == CONN_QUERYING;
}

bool
conn_is_idle(const struct conn *c)
{
	return c->state == CONN_IDLE;
}

const struct pg_result *
conn_result(const struct conn *c)
{
	return c->result;
}

struct pg_result *
conn_take_result(struct conn *c)
{
	PGresult *r = c->result;

	c->result = NULL;
	return r;
}

struct pgerror *
conn_error(struct conn *c)
{
	return &c->error;
}

int
conn_server_version(const struct conn *c)
{
	return conn_is_open(c) ? PQserverVersion(c->pg) : 0;
}

const struct conn_peer *
conn_peer(const struct conn *c)
{
	return &c->peer;
}

struct pollfd
conn_wait(const struct conn *c)
{
	struct pollfd p = { .fd = c->pg ? PQsocket(c->pg) : -1, .events = POLLIN };

	if (c->state == CONN_CONNECTING)
		p.events = c->polling == PGRES_POLLING_READING ? POLLIN : POLLOUT;
	else if (c->unsent)
		p.events |= POLLOUT;
	return p;
}

int64_t
conn_deadline(const struct conn *c)
{
	return c->deadline;
}

struct pg_conn *
conn_handle(const struct conn *c)
{
	return c->pg;
}

static void
quote(struct buf *b, struct span text, char mark)
{
	buf_putc(b, mark);
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == mark)
			buf_putc(b, mark);
		buf_putc(b, text.p[i]);
	}
	buf_putc(b, mark);
}

void
conn_quote_name(struct buf *b, const char *text)
{
	quote(b, span_of(text), '"');
}

void
conn_quote_span(struct buf *b, struct span name)
{
	quote(b, name, '"');
}

void
conn_quote_literal(struct buf *b, const char *text)
{
	quote(b, span_of(text), '\'');
}
