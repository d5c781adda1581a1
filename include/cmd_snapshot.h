/*
 * cmd_snapshot: a run that reads the rows that are there, and ends.
 *
 * snapshot.mode = "initial_only": no slot is made or kept, for nothing is
 * streamed. What is finished of it survives a crash table by table: without a
 * stream, parts of a table from two snapshots cannot be joined.
 */
#ifndef CMD_SNAPSHOT_H
#define CMD_SNAPSHOT_H

#include "config.h"

/* 0: all rows are delivered, or a signal ended it; -1. */
int cmd_snapshot(const struct config *c, struct fail *f);

#endif
