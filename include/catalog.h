/*
 * catalog: SQL on a second, plain connection, asynchronously.
 *
 * It keeps its connection by itself: opened when something is asked,
 * reopened with back-off, and what was asked is asked again. Two requests can
 * be in hand, the facts of a relation (first) and one query. A lock is waited
 * for at most postgres.lock_timeout_ms, then the request is tried again.
 * Nothing blocks; times are those of loop.now_us.
 */
#ifndef CATALOG_H
#define CATALOG_H

#include "conn.h"
#include "facts.h"

struct catalog;

/* The config is borrowed. `kind`: not REPLICATION. NULL without memory. */
struct catalog *catalog_new(const struct config *c, enum conn_kind kind);
void catalog_free(struct catalog *c);

/*
 * Goes on with what is in hand. 0, or -1 for what a retry cannot cure
 * (FAIL_CONFIG; a query's own failure is told by catalog_query_step). What it
 * can cure is logged, not returned.
 */
int catalog_step(struct catalog *c, int64_t now_us, struct fail *f);
struct pollfd catalog_wait(const struct catalog *c);
int64_t catalog_deadline(const struct catalog *c);

/*
 * Asks for the facts of a relation, with every type of its columns as they
 * are today and as the relation message has them (`types`). Replaces a
 * request for facts that is in hand; the last facts die.
 * A commit is decoded before others see its transaction, `xid`: until they do,
 * it is asked again, for a second at most, since a commit that waits for a
 * synchronous standby may wait for us.
 */
void catalog_want_facts(struct catalog *c, uint32_t relid,
	const uint32_t *types, size_t ntypes, uint32_t xid);
/* The facts asked for last, once they are there, until the next request; NULL before. */
const struct facts *catalog_facts(const struct catalog *c);

/*
 * The server said that it is about to stop (57P01, 57P02, 57P03 on this
 * connection). Cleared by the next successful connection.
 */
bool catalog_server_stopping(const struct catalog *c);

/* For session: one query at a time; see conn_query. The text is copied. */
void catalog_query(struct catalog *c, const char *sql,
	const char *const *params, int nparams);
/* 1: the result is in `out`, until the next query; 0: in progress; -1: failed. */
int catalog_query_step(struct catalog *c, const struct pg_result **out,
	struct fail *f);
/* A query is in hand. */
bool catalog_query_busy(const struct catalog *c);
/* Forgets it. */
void catalog_query_cancel(struct catalog *c);
/* Forgets all that was asked, and disconnects until something is asked again. */
void catalog_close(struct catalog *c);

/* Reconnects go to this server (NULL: to whichever the dsn names). Copied. */
void catalog_set_peer(struct catalog *c, const struct conn_peer *peer);
/* Where it is connected; its host is "" if it never was. */
const struct conn_peer *catalog_peer(const struct catalog *c);
int catalog_server_version(const struct catalog *c);
/* Authentication that fails from now on is transient: it has worked. */
void catalog_set_streamed(struct catalog *c);

#endif
