/*
 * conn: one libpq connection that never blocks.
 *
 * Connecting, sending and receiving are steps: conn_step() goes as far as it
 * can and says whether what was begun is done. One thing is in progress at a
 * time: the connection attempt, or one query. Between steps the caller waits
 * for conn_wait(), at most until conn_deadline(). Times are those of
 * loop.now_us, microseconds.
 *
 * One call may wait for the resolver: conn_open() of a host name without
 * address. A second connection to a server that is already reached is given
 * its `peer`, which needs no resolver.
 */
#ifndef CONN_H
#define CONN_H

#include <poll.h>
#include <stdint.h>

#include "buf.h"
#include "conn_params.h"
#include "pgerror.h"

struct pg_conn;			/* libpq's PGconn */
struct pg_result;		/* libpq's PGresult */
struct conn;

/* The server that a connection reached, to reach the same one again. */
struct conn_peer {
	char host[256], address[64], port[16];	/* "" is "not known" */
};

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
 * Goes on. 1: connected, or the query is done (see conn_result), or nothing is
 * in progress; 0: in progress; -1: failed, classified by pgerror. A failed
 * query leaves the connection usable, a failed connection is closed:
 * conn_is_open() tells. An idle connection is looked at now and then.
 */
int conn_step(struct conn *c, int64_t now_us, struct fail *f);

/* Connected, with or without a query in progress. */
bool conn_is_open(const struct conn *c);
/* Connected and nothing in progress. */
bool conn_is_idle(const struct conn *c);
/* The result of the last query, of its last statement; valid until the next one. */
const struct pg_result *conn_result(const struct conn *c);
/* The same, given away: for PQclear(). */
struct pg_result *conn_take_result(struct conn *c);
/*
 * The error that failures are classified by. What it answers (`doing`),
 * `streamed` and `slot_known` are the owner's to set before; message, SQLSTATE
 * and the rest are of the last failure, "" and NULL before one.
 */
struct pgerror *conn_error(struct conn *c);
/* server_version_num, 0 when not connected. */
int conn_server_version(const struct conn *c);
/* Filled once connected, kept after; its host is "" before. */
const struct conn_peer *conn_peer(const struct conn *c);

/* fd -1 when there is nothing to wait for. */
struct pollfd conn_wait(const struct conn *c);
int64_t conn_deadline(const struct conn *c);

/*
 * For who reads a COPY by himself. The handle is borrowed, NULL when closed;
 * conn_step() leaves a connection that streams alone.
 */
struct pg_conn *conn_handle(const struct conn *c);
/*
 * Reads what the socket has, and what TLS has decrypted already, which poll
 * cannot see. False: the connection broke; what was read before is still there.
 */
bool conn_consume(struct conn *c);
/*
 * The rows of a COPY have all been read, or its failure has come: conn_step()
 * goes on to the query's own end.
 */
void conn_copied(struct conn *c);
/* Closes a connection that broke. Returns -1 with the reason, classified. */
int conn_broken(struct conn *c, struct fail *f);
/* The same for a stream that libpq says has ended. */
int conn_stream_end(struct conn *c, struct fail *f);

/* Append `text` as an identifier or a literal, quoted (standard_conforming_strings is on). */
void conn_quote_name(struct buf *b, const char *text);
void conn_quote_span(struct buf *b, struct span name);
void conn_quote_literal(struct buf *b, const char *text);

#endif
