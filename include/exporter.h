/*
 * exporter: a snapshot at an exact position of the log, without the main slot.
 *
 * A temporary slot on a replication connection of its own, and a connection to
 * tell whom its creation waits for. Both live only until the snapshot has been
 * imported elsewhere.
 */
#ifndef EXPORTER_H
#define EXPORTER_H

#include "repl.h"

struct exporter;

#define EXPORTER_FDS 2

/* The config is borrowed. NULL without memory. */
struct exporter *exporter_new(const struct config *c);
void exporter_free(struct exporter *e);

/*
 * Begins, on the server `peer` (may be NULL: as configured). The slot's creation
 * waits for older transactions at most `timeout_ms` (0: without limit). 0 or -1.
 */
int exporter_begin(struct exporter *e, const struct conn_peer *peer,
	int64_t timeout_ms, int64_t now_us, struct fail *f);
/* 1: exported; 0: in progress, or nothing to do; -1: failed, and let go. */
int exporter_step(struct exporter *e, int64_t now_us, struct fail *f);
/* The slot and its connection are not needed any more. */
void exporter_end(struct exporter *e);

/* Once exported. */
const char *exporter_snapshot(const struct exporter *e);
lsn_t exporter_position(const struct exporter *e);
const struct repl_identity *exporter_identity(const struct exporter *e);
const struct conn_peer *exporter_peer(const struct exporter *e);

int exporter_fds(const struct exporter *e, struct pollfd *fds, int max);
int64_t exporter_deadline(const struct exporter *e);

#endif
