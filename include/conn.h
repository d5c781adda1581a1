/*
 * conn: one libpq connection that never blocks.
 *
 * Connecting, sending and receiving are steps: conn_step() goes as far as it
 * can and says whether what was begun is done. One thing is in progress at a
 * time: the connection attempt, or one query. Between steps the caller waits
 * for conn_wait(), at most until conn_deadline(). Times are those of
 * loop.now_us, microseconds.
 *
 * Settings of the session that change the text of values are pinned in the
 * connection's `options`, behind the user's own, so that neither a role's nor
 * the user's settings change an event.
 *
 * One call may wait for the resolver: conn_open() of a host name without
 * address. A second connection to a server that is already reached is given
 * its `peer`, which needs no resolver.
 */
#ifndef CONN_H
#define CONN_H

#include <poll.h>
#include <stdint.h>

#include "config.h"

struct pg_conn;			/* libpq's PGconn */
struct pg_result;		/* libpq's PGresult */
struct conn;

enum conn_kind { CONN_PLAIN, CONN_REPLICATION };

/* Keywords and values for PQconnectStartParams; both lists end with NULL. */
struct conn_params {
	const char *keywords[32];
	char *values[32];	/* owned */
	int count;
};

/* The server that a connection reached, to reach the same one again. */
struct conn_peer {
	char host[256], address[64], port[16];	/* "" is "not known" */
};

/*
 * Assembles the parameters from the configuration: the user's dsn, then what
 * we insist on. 0, or -1 with FAIL_CONFIG: the dsn does not parse, or the
 * password file cannot be read. Pure but for that file and PGOPTIONS.
 */
int conn_params_init(struct conn_params *p, const struct config *c,
	enum conn_kind kind, struct fail *f);
void conn_params_release(struct conn_params *p);
/* The value of a keyword, the last one if it is there twice; NULL if none. */
const char *conn_params_get(const struct conn_params *p, const char *keyword);

/*
 * `notice` (may be NULL) is called with severity, SQLSTATE and text of each
 * notice. The config is borrowed. NULL without memory.
 */
struct conn *conn_new(const struct config *c, enum conn_kind kind,
	void (*notice)(void *self, const char *severity, const char *sqlstate,
		const char *text), void *self);
void conn_free(struct conn *c);

/*
 * Begins to connect, after closing what was open. `peer` (may be NULL): to
 * this server. 0 or -1.
 */
int conn_open(struct conn *c, const struct conn_peer *peer, int64_t now_us,
	struct fail *f);
/* Drops the connection without a word. Harmless when closed. */
void conn_close(struct conn *c);

/*
 * Begins a query. Without parameters (nparams = 0) it is sent by the simple
 * protocol and may hold several statements. `timeout_us` 0: none. The
 * parameters are copied. 0 or -1.
 */
int conn_query(struct conn *c, const char *sql, const char *const *params,
	int nparams, int64_t timeout_us, int64_t now_us, struct fail *f);

/*
 * Goes on. 1: connected, or the query is done (see conn_result); 0: in
 * progress; -1: failed. A failed query leaves the connection usable, a failed
 * connection is closed: conn_is_open() tells.
 */
int conn_step(struct conn *c, int64_t now_us, struct fail *f);

/* Connected, with or without a query in progress. */
bool conn_is_open(const struct conn *c);
/* Connected and nothing in progress. */
bool conn_is_idle(const struct conn *c);
/* The result of the last query, of its last statement; valid until the next one. */
const struct pg_result *conn_result(const struct conn *c);
/* SQLSTATE of the last failure, "" if the server gave none. */
const char *conn_sqlstate(const struct conn *c);
/* True if the last error of the connection came from the server. */
bool conn_server_error(const struct conn *c);
/* server_version_num, 0 when not connected. */
int conn_server_version(const struct conn *c);
/* Filled once connected, kept after; its host is "" before. */
const struct conn_peer *conn_peer(const struct conn *c);

/* fd -1 when there is nothing to wait for. */
struct pollfd conn_wait(const struct conn *c);
int64_t conn_deadline(const struct conn *c);

/* Borrowed, for what this room does not do (COPY); NULL when closed. */
struct pg_conn *conn_handle(const struct conn *c);

/* Append `text` as an identifier or a literal, quoted, with standard_conforming_strings on. */
struct buf;
void conn_quote_name(struct buf *b, const char *text);
void conn_quote_literal(struct buf *b, const char *text);

#endif
