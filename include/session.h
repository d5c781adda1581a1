/*
 * session: takes the slot and keeps the two connections to the server.
 *
 * From not connected to streaming, without blocking: checks of the server,
 * the publication (created before the slot, never on a reconnect), the slot
 * (created only when it is absent and was never known), identity and position
 * of the server, START_REPLICATION. What time can cure is logged and tried
 * again with back-off; what it cannot is returned once, with the kind of
 * failure that decides the exit code.
 *
 * The turn of a loop:
 *   n = session_fds(s, fds, SESSION_FDS, read);
 *   loop_wait(l, fds, ..., session_deadline(s), ...);
 *   session_step(s, l->now_us, f);
 *   if (session_streaming(s)) use session_repl(s) directly;
 * and when a function of repl fails with FAIL_RETRY: session_restart().
 */
#ifndef SESSION_H
#define SESSION_H

#include "catalog.h"
#include "filter.h"
#include "repl.h"
#include "snapshot_tables.h"
#include "state.h"

struct session;

#define SESSION_FDS 2

struct session_info {		/* filled when it streams for the first time */
	struct repl_identity identity;
	int server_version;	/* 150020 */
	bool slot_created;	/* by this process */
	bool anew;		/* what was followed is lost, and snapshot.mode = when_needed */
	lsn_t consistent_point;	/* of the slot, if it was created */
	lsn_t confirmed;	/* the slot's confirmed_flush_lsn as it was found */
	bool encoding_unsafe;	/* SQL_ASCII: the server converts nothing */
};

/*
 * `tables` (may be NULL: all) selects the tables of a publication that is to
 * be created. `known`: the state record, or NULL. Both borrowed until
 * session_free(), as the config. NULL without memory.
 */
struct session *session_new(const struct config *c,
	const struct filter *tables, const struct state_record *known);
void session_free(struct session *s);

/*
 * A slot that is created exports a snapshot, of tables by `rules` (borrowed),
 * which are looked at first: they must be readable. Before it streams,
 * session_held() is true until session_release(); the snapshot's name is then in
 * `name`, its position in session_info(). 0, or -1 without memory.
 */
int session_want_snapshot(struct session *s, const struct snapshot_rules *rules);
bool session_held(const struct session *s, const char **name);
/* The snapshot has been imported, or is given up. */
int session_release(struct session *s, int64_t now_us, struct fail *f);

/*
 * Goes on: connects, checks, watches the publication and the slot. 0, or -1
 * with what ends the process. Connections that die while streaming are
 * noticed by whoever reads from them.
 */
int session_step(struct session *s, int64_t now_us, struct fail *f);
bool session_streaming(const struct session *s);

/*
 * The replication connection is of no use any more (`why`, may be NULL, is
 * logged): drop it and come back, streaming from `restart` (0: where the slot
 * stands) after a pause.
 */
void session_restart(struct session *s, lsn_t restart, const struct fail *why,
	int64_t now_us);
/* Something was received or confirmed: the next back-off begins small again. */
void session_progress(struct session *s);
/*
 * The server wants to stop (57P01 on the plain connection, or 57P03 while
 * reconnecting). Keepalives that ask for a reply are the caller's to see.
 */
bool session_server_stopping(const struct session *s);

/*
 * Fills at most SESSION_FDS entries, returns how many. `read` false: leave the
 * stream's input unread.
 */
int session_fds(const struct session *s, struct pollfd *fds, int max, bool read);
int64_t session_deadline(const struct session *s);

/*
 * For source.xmin: that of the slot, 0 if it has none. False while it is not
 * known, though postgres.xmin_fetch_interval_ms asks for it.
 */
bool session_xmin(const struct session *s, uint32_t *xmin);

/* The handles, valid as long as the session; repl is for use while streaming. */
struct repl *session_repl(struct session *s);
struct catalog *session_catalog(struct session *s);
const struct session_info *session_info(const struct session *s);
/* What it is doing, for a status page: "connecting", "waiting for the slot", "streaming". */
const char *session_phase_name(const struct session *s);

#endif
