/*
 * lag: what a server knows about its replication slots, as plain data.
 *
 * Filled by lag_query and lag_history, judged here, shown by lag_print and
 * lag_json. Texts are views that live as long as who filled them says; NULL is
 * "unknown". Numbers that are unknown are LAG_UNKNOWN.
 */
#ifndef LAG_H
#define LAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lsn.h"

#define LAG_UNKNOWN INT64_MIN

/* Who reads a slot now. */
struct lag_reader {
	int64_t pid;			/* LAG_UNKNOWN: nobody */
	const char *application, *user;
	const char *client;		/* host, NULL for a unix socket or unknown */
	const char *state;		/* streaming, catchup, ... */
	int64_t reply_ms;		/* since its last message */
	int64_t flush_lag_ms;		/* age of what it confirmed last */
};

struct lag_slot {
	const char *name, *plugin, *database;
	bool logical, active, temporary;
	bool synced;			/* a copy of the primary's slot (17 and later) */
	const char *wal_status;		/* reserved, extended, unreserved, lost */
	const char *invalidation;	/* why it is lost (17 and later), or conflicting */
	lsn_t restart, confirmed;	/* 0: none */
	int64_t safe_bytes;		/* WAL that may be written before it is lost */
	int64_t inactive_ms;		/* since nobody reads it (17 and later) */
	int64_t spill_txns, spill_count, spill_bytes;
	int64_t stream_txns, stream_count, stream_bytes;
	int64_t total_txns, total_bytes;
	int64_t catalog_xmin_age;	/* in transactions */
	struct lag_reader reader;

	/* By lag_history, when watched; otherwise LAG_UNKNOWN. */
	int64_t watched_ms;		/* for how long */
	int64_t moved_ms;		/* since the position moved; unknown: not yet */
	int64_t read_rate, write_rate;	/* bytes per second: confirmed, written */
	int64_t catch_up_ms;		/* unknown: not at these rates */
};

/* The oldest transaction that has written something, or was prepared. */
struct lag_holder {
	bool found;
	int64_t pid;			/* of a session */
	const char *gid;		/* of a prepared transaction */
	const char *user, *application, *database, *state;
	int64_t age_ms;
	int64_t xids;			/* transactions begun since */
};

struct lag_report {
	int version;			/* 150020 */
	const char *version_text;
	bool standby;
	lsn_t current;			/* written; received by a standby */
	int64_t time_ms;		/* the server's clock, since 1970 */
	const char *role;		/* who asks */
	bool details_hidden;		/* the role lacks pg_read_all_stats */
	const char *max_keep;		/* max_slot_wal_keep_size, NULL without limit */
	struct lag_slot *slots;
	size_t nslots;
	struct lag_holder session, prepared;
};

/*
 * WAL kept for the slot, and WAL that its reader has not confirmed.
 * LAG_UNKNOWN if it has no position.
 */
int64_t lag_retained(const struct lag_report *r, const struct lag_slot *s);
int64_t lag_unconfirmed(const struct lag_report *r, const struct lag_slot *s);

/* A lost slot keeps no WAL any more and cannot be read. */
bool lag_lost(const struct lag_slot *s);

/* What keeps the slot's restart_lsn where it is; several may hold. */
struct lag_held {
	bool reader;		/* what is not confirmed */
	bool session;		/* report->session, which has run for a while */
	bool prepared;		/* report->prepared */
};

struct lag_held lag_held(const struct lag_report *r, const struct lag_slot *s);

enum lag_problem {
	LAG_FINE,
	LAG_LOST,		/* the slot is lost */
	LAG_UNRESERVED,		/* lost at the next checkpoint */
	LAG_UNREAD,		/* more than the limit is unconfirmed */
	LAG_HELD		/* more than the limit is kept for an old transaction */
};

/*
 * The worst that can be said of a slot. `limit` in bytes, -1 for none, is
 * compared with the unconfirmed bytes; with the retained ones of a physical
 * slot, and of one that an old transaction holds back: then its reader is
 * innocent, but the disk fills all the same.
 */
enum lag_problem lag_problem(const struct lag_report *r,
	const struct lag_slot *s, int64_t limit);

#endif
