/*
 * record: what is handed to a sink: bytes and where they go.
 *
 * Everything is borrowed; a sink copies what it keeps. An absent span (p =
 * NULL) is Kafka's null: no key, or a tombstone's value.
 */
#ifndef RECORD_H
#define RECORD_H

#include "lsn.h"

struct record_header {
	struct span name, value;
};

struct record {
	struct span topic, key, value;
	const struct record_header *headers;
	size_t nheaders;
	int32_t partition;	/* -1: by key */
	int64_t timestamp_ms;	/* 0: when it is produced */
	size_t marker;		/* of a snapshot's row: where its mark "true" is in value; else 0 */
	uint8_t lane;		/* see sink_lanes.h; 0 but for rows of a snapshot */
	bool compacted;		/* the topic, if it must be created, is a compacted one */
	lsn_t lsn;		/* for messages about this record */
};

#define RECORD_INIT { .partition = -1 }

#endif
