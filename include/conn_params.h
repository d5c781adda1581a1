/*
 * conn_params: how to reach the server: the user's connection string and what
 * we insist on.
 *
 * Settings of the session that change the text of values are pinned in the
 * connection's `options`, behind the user's own, so that neither a role's nor
 * the user's settings change an event. Everything else that the user gives
 * (keepalives, application_name, TLS) wins over our defaults. libpq's own
 * sources (pgpass, service file, PG* variables) work as everywhere; only
 * `options` of a service file give way to ours.
 */
#ifndef CONN_PARAMS_H
#define CONN_PARAMS_H

#include "config.h"

enum conn_kind {
	CONN_PLAIN,		/* our queries */
	CONN_USER,		/* a statement of the user's: settings are his role's */
	CONN_REPLICATION
};

#define CONN_PARAMS_MAX 24

/* Keywords and values for PQconnectStartParams(.., expand_dbname = 1); both lists end with NULL. */
struct conn_params {
	const char *keywords[CONN_PARAMS_MAX];
	char *values[CONN_PARAMS_MAX];	/* owned; a password may be among them */
	int count;
	int64_t timeout_us;		/* for the whole attempt */
};

/*
 * 0, or -1 with FAIL_CONFIG: the dsn does not parse, or the password file
 * cannot be read. Reads nothing but that file and PGOPTIONS.
 */
int conn_params_init(struct conn_params *p, const struct config *c,
	enum conn_kind kind, struct fail *f);
void conn_params_release(struct conn_params *p);

/* Appends; the last value of a keyword counts. 0, or -1 without memory. */
int conn_params_add(struct conn_params *p, const char *keyword,
	const char *value, struct fail *f);
/* The value of a keyword, NULL if none. */
const char *conn_params_get(const struct conn_params *p, const char *keyword);

#endif
