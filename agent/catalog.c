#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "backoff.h"
#include "catalog.h"
#include "catalog_facts.h"
#include "log.h"
#include "loop.h"

#define QUERY_TIMEOUT_US 60000000
#define LOCK_PAUSE_US 1000000
#define SLOW_PAUSE_US 10000000
#define SAY_AGAIN_US 30000000
/* For a transaction to become visible, and when the last one did not in that time. */
#define VISIBLE_US 1000000
#define VISIBLE_IN_VAIN_US 20000
#define VISIBLE_PAUSE_US 1000
#define SQL_MAX ((size_t)4 << 20)
#define FACTS_MAX ((size_t)64 << 20)
#define MAX_PARAMS 4

enum request_state { REQUEST_NONE, REQUEST_WAITING, REQUEST_RUNNING, REQUEST_DONE, REQUEST_FAILED };

struct catalog {
	const struct config *config;
	struct conn *conn;
	struct conn_peer peer;		/* go there; host "": anywhere */
	struct backoff backoff;
	bool wanted;			/* something has been asked */
	bool connecting;
	bool stopping;
	int64_t retry_at;		/* not before: connecting, or asking again */
	struct fail said;		/* the failure logged last, and when */
	int64_t said_at;

	struct {
		enum request_state state;
		struct buf sql;
		char *params[MAX_PARAMS];
		int nparams;
		PGresult *result;
		struct fail fail;
	} query;
	struct {
		enum request_state state;
		bool stale;		/* the answer under way is to an older question */
		bool prepared;		/* on this connection */
		uint32_t relid, xid;
		int64_t patience;	/* for xid to become visible, us */
		int64_t give_up_at;	/* 0: not asked yet */
		struct buf sql;
		size_t execute;		/* where it begins, behind PREPARE */
		struct arena arena;
		struct facts facts;
	} facts;
};

struct catalog *
catalog_new(const struct config *config, enum conn_kind kind)
{
	struct catalog *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->config = config;
	c->conn = conn_new(config, kind, NULL, NULL);
	if (!c->conn) {
		free(c);
		return NULL;
	}
	backoff_init(&c->backoff, (uint64_t)getpid() << 20);
	buf_init(&c->query.sql, SQL_MAX);
	buf_init(&c->facts.sql, SQL_MAX);
	arena_init(&c->facts.arena, FACTS_MAX);
	c->facts.patience = VISIBLE_US;
	return c;
}

static void
clear_query(struct catalog *c)
{
	for (int i = 0; i < c->query.nparams; i++)
		free(c->query.params[i]);
	c->query.nparams = 0;
	PQclear(c->query.result);
	c->query.result = NULL;
	buf_reset(&c->query.sql);
	c->query.state = REQUEST_NONE;
}

void
catalog_free(struct catalog *c)
{
	if (!c)
		return;
	clear_query(c);
	conn_free(c->conn);
	buf_release(&c->query.sql);
	buf_release(&c->facts.sql);
	arena_release(&c->facts.arena);
	free(c);
}

void
catalog_query(struct catalog *c, const char *sql, const char *const *params,
	int nparams)
{
	catalog_query_cancel(c);
	for (int i = 0; i < nparams && i < MAX_PARAMS; i++, c->query.nparams++)
		if (!(c->query.params[i] = strdup(params[i])))
			c->query.sql.failed = true;
	buf_put(&c->query.sql, sql, strlen(sql) + 1);
	c->query.state = REQUEST_WAITING;
	c->wanted = true;
}

bool
catalog_query_busy(const struct catalog *c)
{
	return c->query.state != REQUEST_NONE;
}

/* A query that is under way cannot be taken back: the connection goes with it. */
void
catalog_query_cancel(struct catalog *c)
{
	if (c->query.state == REQUEST_RUNNING)
		conn_close(c->conn);
	clear_query(c);
}

void
catalog_close(struct catalog *c)
{
	clear_query(c);
	conn_close(c->conn);
	c->wanted = c->connecting = c->facts.stale = false;
	c->facts.state = REQUEST_NONE;
	c->retry_at = 0;
}

int
catalog_query_step(struct catalog *c, const struct pg_result **out,
	struct fail *f)
{
	switch (c->query.state) {
	case REQUEST_DONE:
		*out = c->query.result;
		return 1;
	case REQUEST_FAILED:
		*f = c->query.fail;
		clear_query(c);
		return -1;
	default:
		return 0;
	}
}

void
catalog_want_facts(struct catalog *c, uint32_t relid, const uint32_t *types,
	size_t ntypes, uint32_t xid)
{
	c->facts.stale = c->facts.state == REQUEST_RUNNING;
	c->facts.relid = relid;
	c->facts.xid = xid;
	c->facts.give_up_at = 0;
	arena_reset(&c->facts.arena);
	buf_reset(&c->facts.sql);
	catalog_facts_prepare(&c->facts.sql);
	c->facts.execute = c->facts.sql.len;
	catalog_facts_execute(&c->facts.sql, relid, types, ntypes);
	buf_putc(&c->facts.sql, '\0');
	if (!c->facts.stale)
		c->facts.state = REQUEST_WAITING;
	c->wanted = true;
}

const struct facts *
catalog_facts(const struct catalog *c)
{
	return c->facts.state == REQUEST_DONE ? &c->facts.facts : NULL;
}

/* Once when it begins or changes, then now and then. */
static void
say(struct catalog *c, const char *what, const struct fail *f, int64_t now_us)
{
	if (!strcmp(c->said.text, f->text) &&
	    now_us - c->said_at < SAY_AGAIN_US)
		return;
	c->said = *f;
	c->said_at = now_us;
	log_warn(what, LOG_STR("reason", f->text));
}

/* What was asked is asked again on the next connection. */
static void
ask_again(struct catalog *c)
{
	if (c->query.state == REQUEST_RUNNING)
		c->query.state = REQUEST_WAITING;
	if (c->facts.state == REQUEST_RUNNING)
		c->facts.state = REQUEST_WAITING;
	c->facts.stale = false;
}

static int
lost_connection(struct catalog *c, int64_t now_us, struct fail *f)
{
	const struct pgerror *e = conn_error(c->conn);
	int64_t pause = backoff_next(&c->backoff);

	ask_again(c);
	c->connecting = false;
	if (pgerror_stopping(e))
		c->stopping = true;
	if (f->kind != FAIL_RETRY)
		return -1;
	if (pgerror_slow(e) && pause < SLOW_PAUSE_US)
		pause = SLOW_PAUSE_US;
	c->retry_at = now_us + pause;
	say(c, "no connection for queries, trying again", f, now_us);
	return 0;
}

/* The server refused a query; the connection is fine. */
static int
refused(struct catalog *c, int64_t now_us, struct fail *f)
{
	if (c->query.state == REQUEST_RUNNING) {
		c->query.state = REQUEST_FAILED;
		c->query.fail = *f;
		return 0;
	}
	if (c->facts.state != REQUEST_RUNNING)
		return 0;
	if (f->kind != FAIL_RETRY && !c->facts.stale)
		return fail_context(f, "facts of relation %u", c->facts.relid);
	ask_again(c);
	c->retry_at = now_us + LOCK_PAUSE_US;
	say(c, "a table's definition cannot be read now, trying again", f,
		now_us);
	return 0;
}

/* The answer is from before the transaction that it is about, and will be better soon. */
static bool
too_early(struct catalog *c, int64_t now_us)
{
	static const struct fail why = { FAIL_RETRY, "its commit is not visible to "
		"others yet, as if it waited for a synchronous standby" };

	if (catalog_facts_see(conn_result(c->conn), c->facts.xid)) {
		c->facts.patience = VISIBLE_US;
		return false;
	}
	if (!c->facts.give_up_at)
		c->facts.give_up_at = now_us + c->facts.patience;
	if (now_us < c->facts.give_up_at)
		return true;
	c->facts.patience = VISIBLE_IN_VAIN_US;
	say(c, "a table's definition may be older than the transaction in hand",
		&why, now_us);
	return false;
}

static int
take_facts(struct catalog *c, int64_t now_us, struct fail *f)
{
	bool early = !c->facts.stale && too_early(c, now_us);

	c->facts.prepared = true;
	if (early)
		c->retry_at = now_us + VISIBLE_PAUSE_US;
	if (early || c->facts.stale) {
		ask_again(c);
		return 0;
	}
	c->facts.state = REQUEST_DONE;
	return catalog_facts_read(conn_result(c->conn), c->facts.relid,
		&c->facts.arena, &c->facts.facts, f);
}

static int
answered(struct catalog *c, int64_t now_us, struct fail *f)
{
	if (c->connecting) {
		c->connecting = c->stopping = false;
		backoff_reset(&c->backoff);
		conn_error(c->conn)->doing = PGERROR_QUERY;
	} else if (c->query.state == REQUEST_RUNNING) {
		c->query.result = conn_take_result(c->conn);
		c->query.state = REQUEST_DONE;
	} else if (c->facts.state == REQUEST_RUNNING) {
		return take_facts(c, now_us, f);
	}
	return 0;
}

static int
ask(struct catalog *c, const struct buf *sql, size_t from, char *const *params,
	int nparams, enum request_state *state, int64_t now_us, struct fail *f)
{
	if (sql->failed)
		return fail_set(f, FAIL_FATAL, "a query for the catalogue: out of memory");
	*state = REQUEST_RUNNING;
	if (conn_query(c->conn, sql->p + from, (const char *const *)params, nparams,
			QUERY_TIMEOUT_US, now_us, f))
		return lost_connection(c, now_us, f);
	return 0;
}

/* Begins what is next: 1 if something was begun, 0 if there is nothing to do now. */
static int
begin(struct catalog *c, int64_t now_us, struct fail *f)
{
	if (!c->wanted || now_us < c->retry_at)
		return 0;
	if (!conn_is_open(c->conn)) {
		c->connecting = true;
		c->facts.prepared = false;
		if (conn_open(c->conn, c->peer.host[0] ? &c->peer : NULL,
				now_us, f))
			return lost_connection(c, now_us, f);
		return 1;
	}
	if (c->facts.state == REQUEST_WAITING)
		return ask(c, &c->facts.sql,
			c->facts.prepared ? c->facts.execute : 0, NULL, 0,
			&c->facts.state, now_us, f) ? -1 : 1;
	if (c->query.state == REQUEST_WAITING)
		return ask(c, &c->query.sql, 0, c->query.params,
			c->query.nparams, &c->query.state, now_us, f) ? -1 : 1;
	return 0;
}

static bool
running(const struct catalog *c)
{
	return c->connecting || c->query.state == REQUEST_RUNNING ||
		c->facts.state == REQUEST_RUNNING;
}

int
catalog_step(struct catalog *c, int64_t now_us, struct fail *f)
{
	int rc;

	do {
		rc = conn_step(c->conn, now_us, f);
		if (rc < 0)
			rc = conn_is_open(c->conn) ? refused(c, now_us, f) :
				lost_connection(c, now_us, f);
		else if (rc == 0)
			return 0;
		else if (running(c))
			rc = answered(c, now_us, f);
		else
			rc = 0;
		if (rc == 0)
			rc = begin(c, now_us, f);
	} while (rc > 0);
	return rc;
}

struct pollfd
catalog_wait(const struct catalog *c)
{
	return conn_wait(c->conn);
}

int64_t
catalog_deadline(const struct catalog *c)
{
	int64_t at = conn_deadline(c->conn);
	bool waiting = c->wanted && !running(c) && (!conn_is_open(c->conn) ||
		c->facts.state == REQUEST_WAITING ||
		c->query.state == REQUEST_WAITING);

	return waiting && c->retry_at < at ? c->retry_at : at;
}

bool
catalog_server_stopping(const struct catalog *c)
{
	return c->stopping;
}

void
catalog_set_peer(struct catalog *c, const struct conn_peer *peer)
{
	c->peer = peer ? *peer : (struct conn_peer){ .host = "" };
}

const struct conn_peer *
catalog_peer(const struct catalog *c)
{
	return conn_peer(c->conn);
}

int
catalog_server_version(const struct catalog *c)
{
	return conn_server_version(c->conn);
}

void
catalog_set_streamed(struct catalog *c)
{
	conn_error(c->conn)->streamed = true;
}
