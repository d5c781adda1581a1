/*
 * repl: the replication connection: a slot's stream of frames.
 *
 * First commands, one at a time (open, identify, create slot, start), each
 * driven by repl_step() until it says 1; after repl_start() frames come and
 * statuses go. Nothing blocks. A failure names what the program must do by its
 * kind: FAIL_RETRY (connect again), FAIL_CONFIG, FAIL_LOST; after a failure
 * the connection is closed or of no use, and repl_open() begins anew.
 *
 * The usual turn of a loop, when repl_wait() reports input:
 *   repl_consume(); while (repl_recv() == 1) use the frame.
 * While frames are left unread, do not wait for POLLIN: ask repl_wait() for
 * POLLOUT only and drop the descriptor (fd -1) if nothing remains.
 */
#ifndef REPL_H
#define REPL_H

#include "conn.h"
#include "frame.h"

struct repl;

struct repl_identity {		/* IDENTIFY_SYSTEM */
	char system_id[32];
	uint32_t timeline;
	lsn_t position;		/* end of the flushed log */
	char database[64];
};

/* The config is borrowed. NULL without memory. */
struct repl *repl_new(const struct config *c);
void repl_free(struct repl *r);

/* Begins to connect (`peer` may be NULL, see conn_open). 0 or -1. */
int repl_open(struct repl *r, const struct conn_peer *peer, int64_t now_us,
	struct fail *f);
/* Begins IDENTIFY_SYSTEM. 0 or -1. */
int repl_identify(struct repl *r, int64_t now_us, struct fail *f);
/* Begins TIMELINE_HISTORY of that timeline. 0 or -1. */
int repl_history(struct repl *r, uint32_t timeline, int64_t now_us,
	struct fail *f);
/* Begins to create the configured slot, without snapshot. 0 or -1. */
int repl_create_slot(struct repl *r, int64_t now_us, struct fail *f);
/*
 * The same with an exported snapshot, which lives until the next command on this
 * connection; a `temporary` slot lives as long as the connection. 0 or -1.
 */
int repl_export_slot(struct repl *r, const char *slot, bool temporary,
	int64_t now_us, struct fail *f);
/* Begins streaming; `start` 0: where the slot stands. 0 or -1. */
int repl_start(struct repl *r, lsn_t start, int64_t now_us, struct fail *f);

/* Goes on with what was begun. 1: done; 0: in progress; -1: failed. */
int repl_step(struct repl *r, int64_t now_us, struct fail *f);

/* After repl_identify() is done. */
const struct repl_identity *repl_identity(const struct repl *r);
/* After repl_history(): where `timeline` was left for a later one, 0 if it never was on it. */
lsn_t repl_left_timeline(const struct repl *r, uint32_t timeline);
/* After repl_create_slot(): every commit behind this position will be streamed. */
lsn_t repl_consistent_point(const struct repl *r);
/* After repl_export_slot(): the name of a snapshot that has every commit before it. */
const char *repl_snapshot(const struct repl *r);
int repl_server_version(const struct repl *r);
const struct conn_peer *repl_peer(const struct repl *r);
/* The server's process, 0 if not connected. */
int repl_backend_pid(const struct repl *r);

/* START_REPLICATION was answered and the stream has not ended. */
bool repl_streaming(const struct repl *r);
/* It has streamed at least once since repl_new(): errors of authentication are then transient. */
bool repl_has_streamed(const struct repl *r);
/* The last failure is one that time alone rarely cures: wait long before the next try. */
bool repl_slow_retry(const struct repl *r);
/* The last failure was a slot in use by somebody else. */
bool repl_slot_in_use(const struct repl *r);

/* While streaming. */

/*
 * The next frame that has been read. 1: in `out`, its bytes valid until the
 * next repl_recv(), also beyond repl_abort(); 0: none yet; -1: failed, or the stream ended
 * (FAIL_RETRY unless the reason asks for more).
 */
int repl_recv(struct repl *r, struct frame *out, struct fail *f);
/*
 * Reads what the socket has. 0 or -1. A socket that broke is told by
 * repl_recv(), behind the frames that came before.
 */
int repl_consume(struct repl *r, struct fail *f);
/*
 * Tells the server that everything up to `flushed` may be forgotten (0 moves
 * nothing); `reply` asks for a keepalive. Never blocks: what the socket does
 * not take is sent by repl_flush(); at most one status waits besides. 0 or -1.
 */
int repl_status(struct repl *r, lsn_t flushed, int64_t now_unix_us, bool reply,
	struct fail *f);
/* Sends what waits, when repl_wait() reported POLLOUT. 0 or -1. */
int repl_flush(struct repl *r, struct fail *f);
/*
 * fd and events: POLLIN, and POLLOUT while output waits; fd -1 when closed.
 * Also right while connecting or while a command is in progress.
 */
struct pollfd repl_wait(const struct repl *r);
int64_t repl_deadline(const struct repl *r);

/*
 * The polite end: a last status and the end of the stream. Then call
 * repl_drained() when the socket is ready, until it is true or time is up, and
 * repl_abort(). Frames that still come are dropped. 0 or -1.
 */
int repl_close(struct repl *r, lsn_t flushed, int64_t now_unix_us,
	struct fail *f);
bool repl_drained(struct repl *r);
/* Closes the connection at once; the slot stays as it is. Harmless when closed. */
void repl_abort(struct repl *r);

#endif
