/*
 * lag_json: a report on slots for machines, as one JSON object.
 *
 * The keys are stable: later versions add some, none changes or goes. Names
 * are those of PostgreSQL's views where it has one; bytes (_bytes, and
 * safe_wal_size) and milliseconds (_ms) are integers, unknown values null.
 *
 *   server       version, version_num, standby, current_lsn, time_ms,
 *                max_slot_wal_keep_size
 *   slots        an array of
 *     slot_name, slot_type, plugin, database, temporary, synced, active,
 *     active_pid, application_name, user, client, state, reply_ms,
 *     flush_lag_ms, wal_status, invalidation_reason, safe_wal_size,
 *     restart_lsn, confirmed_flush_lsn, retained_bytes, unconfirmed_bytes,
 *     inactive_ms, spill_txns, spill_count, spill_bytes, stream_txns,
 *     stream_count, stream_bytes, total_txns, total_bytes, catalog_xmin_age,
 *     held_back_by (array of "reader", "transaction", "prepared_transaction"),
 *     watched_ms, moved_ms, read_bytes_per_second, write_bytes_per_second,
 *     catch_up_ms (these five with --watch),
 *     problem ("lost", "unreserved", "unread", "held" or null)
 *   oldest_transaction           pid, user, application_name, database,
 *                                state, age_ms, xids; or null
 *   oldest_prepared_transaction  gid, user, database, age_ms, xids; or null
 *   details_hidden  the role may not see other sessions' state
 *   problems     an array of sentences; empty is exit code 0, otherwise 4
 */
#ifndef LAG_JSON_H
#define LAG_JSON_H

#include "buf.h"
#include "lag.h"

/*
 * Appends the object on one line, `pretty` on several, with a newline.
 * `slot` is the configured one, NULL when all are shown. Lack of memory shows
 * in out->failed.
 */
void lag_json(const struct lag_report *r, const char *slot, int64_t limit,
	bool pretty, struct buf *out);
/* What --watch prints when the server cannot be asked: "server" is null, "problems" says why. */
void lag_json_outage(const char *why, struct buf *out);

#endif
