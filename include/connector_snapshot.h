/*
 * connector_snapshot: when a connector reads the rows that are there, and by
 * which statements.
 *
 *     snapshot.mode, and what configuration_based asks beside it
 *     snapshot.select.statement.overrides, and the statement of each table
 */
#ifndef CONNECTOR_SNAPSHOT_H
#define CONNECTOR_SNAPSHOT_H

#include "buf.h"
#include "connector.h"
#include "settings.h"

/*
 * Takes them over into `to`. What cannot be taken over is a line, "name =
 * value: why": in `differs` if other rows would be published, else in `lost`.
 * 0, or -1 without memory.
 */
int connector_snapshot(struct connector *from, struct config *to,
	struct buf *differs, struct buf *lost);

#endif
