/*
 * holder: the idle transaction that keeps a snapshot alive.
 *
 * A snapshot that was exported with a slot dies with the next command on that
 * connection. The holder imports it, exports it again under a name that lives
 * as long as its transaction, lists what is to be read, and then only looks, now
 * and then, how much WAL has been written since. Readers come and go. When its
 * connection is lost, so is the snapshot: holder_step() fails with FAIL_RETRY.
 */
#ifndef HOLDER_H
#define HOLDER_H

#include "conn.h"
#include "lsn.h"
#include "snapshot_tables.h"

struct holder;

/* The rules are borrowed. NULL without memory. */
struct holder *holder_new(const struct snapshot_rules *rules);
void holder_free(struct holder *h);

/* Begins to import `snapshot`, on the server `peer`. 0 or -1. */
int holder_begin(struct holder *h, const char *snapshot,
	const struct conn_peer *peer, int64_t now_us, struct fail *f);
/* 0, or -1: failed, and let go. */
int holder_step(struct holder *h, int64_t now_us, struct fail *f);
/* The snapshot is safe: what exported it may go on. */
bool holder_has(const struct holder *h);
/* And what is to be read is listed. */
bool holder_ready(const struct holder *h);
/* Ends the transaction and the connection. */
void holder_end(struct holder *h);

/* Once it has the snapshot. */
const char *holder_snapshot(const struct holder *h);
uint32_t holder_xmin(const struct holder *h);	/* of the snapshot */
uint32_t holder_xid(const struct holder *h);	/* of its rows */
const char *holder_role(const struct holder *h);
const struct conn_peer *holder_peer(const struct holder *h);
/* End of the WAL when it was looked at last; 0: not yet. */
lsn_t holder_wal(const struct holder *h);
/* Once it is ready, until holder_begin() or holder_free(). */
const struct snapshot_tables *holder_tables(const struct holder *h);

struct pollfd holder_wait(const struct holder *h);
int64_t holder_deadline(const struct holder *h);

#endif
