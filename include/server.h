/*
 * server: what the server, and the slot, must be like to be streamed from.
 *
 * Queries for the plain connection and the reading of their answers. No I/O.
 */
#ifndef SERVER_H
#define SERVER_H

#include "config.h"
#include "lsn.h"

struct pg_result;

struct server_info {
	int version;			/* 150020 */
	char encoding[32];
	bool standby;			/* in recovery */
	bool unsafe_encoding;		/* SQL_ASCII: the server converts nothing */
	bool gates_commits;		/* synchronous_standby_names names us */
	bool bounded_wal;		/* max_slot_wal_keep_size is set: a slot may be lost */
	char role[64], database[64];
};

struct server_slot {
	bool found;
	int active_pid;			/* 0: nobody streams from it */
	char application[64], address[64];	/* of that process, "" if not visible */
	lsn_t restart, confirmed;
	uint32_t catalog_xmin;	/* 0: none */
	bool unreserved;		/* its WAL goes with the next checkpoint */
};

extern const char server_check_sql[];
/* 0, or -1 with FAIL_CONFIG: too old, wal_level. */
int server_check_read(const struct pg_result *res, struct server_info *out,
	struct fail *f);

/* With the slot's name as its parameter. */
extern const char server_slot_sql[];
/* 0, or -1 with FAIL_CONFIG (not ours to read) or FAIL_LOST (invalidated). */
int server_slot_read(const struct pg_result *res, const char *slot,
	struct server_slot *out, struct fail *f);
/* There is none, and pgwake may not create it. -1 with FAIL_CONFIG. */
int server_slot_absent(const char *slot, const char *database, struct fail *f);

/* With the walsender's pid as its parameter: whom it waits for. */
extern const char server_blockers_sql[];
/* Appends at most three, "pid 12 (alice, 80 s): UPDATE ..."; nothing if nobody. */
struct buf;
void server_blockers_read(const struct pg_result *res, struct buf *out);

/* Does a value of synchronous_standby_names name this application? */
bool server_names_standby(const char *names, const char *application);

#endif
