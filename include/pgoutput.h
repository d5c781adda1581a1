/*
 * pgoutput: logical replication messages, protocols 1 to 4, as tagged views.
 *
 * Source: "Logical Replication Message Formats" in the PostgreSQL manual and
 * src/backend/replication/logical/proto.c. Nothing is allocated: texts are
 * views of the input, columns live in a scratch that the caller owns; both
 * must outlive the message. Times are Unix microseconds.
 */
#ifndef PGOUTPUT_H
#define PGOUTPUT_H

#include "fail.h"
#include "lsn.h"

/* MaxHeapAttributeNumber is 1600; a message with more columns is refused. */
#define PGOUTPUT_MAX_COLUMNS 1664

enum pgoutput_type {
	PGOUTPUT_BEGIN = 'B', PGOUTPUT_COMMIT = 'C', PGOUTPUT_ORIGIN = 'O',
	PGOUTPUT_RELATION = 'R', PGOUTPUT_TYPE = 'Y', PGOUTPUT_INSERT = 'I',
	PGOUTPUT_UPDATE = 'U', PGOUTPUT_DELETE = 'D', PGOUTPUT_TRUNCATE = 'T',
	PGOUTPUT_MESSAGE = 'M',
	PGOUTPUT_STREAM_START = 'S', PGOUTPUT_STREAM_STOP = 'E',
	PGOUTPUT_STREAM_COMMIT = 'c', PGOUTPUT_STREAM_ABORT = 'A',
	PGOUTPUT_BEGIN_PREPARE = 'b', PGOUTPUT_PREPARE = 'P',
	PGOUTPUT_STREAM_PREPARE = 'p', PGOUTPUT_COMMIT_PREPARED = 'K',
	PGOUTPUT_ROLLBACK_PREPARED = 'r'
};

enum pgoutput_kind {
	PGOUTPUT_NULL = 'n', PGOUTPUT_UNCHANGED = 'u',
	PGOUTPUT_TEXT = 't', PGOUTPUT_BINARY = 'b'
};

struct pgoutput_value {
	const char *p;		/* set for text and binary */
	uint32_t len;
	uint8_t kind;		/* enum pgoutput_kind */
};

enum pgoutput_image {
	PGOUTPUT_NONE = 0,
	PGOUTPUT_NEW = 'N',
	PGOUTPUT_OLD = 'O',	/* the whole old row (REPLICA IDENTITY FULL) */
	PGOUTPUT_KEY = 'K'	/* identity columns of the old row; 'n' elsewhere is "not sent" */
};

struct pgoutput_tuple {
	enum pgoutput_image image;
	uint16_t ncols;
	const struct pgoutput_value *cols;
};

struct pgoutput_column {
	struct span name;
	uint32_t type;		/* OID of the declared type, domains included */
	int32_t typmod;
	bool identity;		/* part of the replica identity */
};

struct pgoutput_scratch {
	struct pgoutput_value old_row[PGOUTPUT_MAX_COLUMNS];
	struct pgoutput_value new_row[PGOUTPUT_MAX_COLUMNS];
	struct pgoutput_column columns[PGOUTPUT_MAX_COLUMNS];
};

struct pgoutput_begin {		/* B, and b with its gid */
	lsn_t final_lsn;	/* B: of the commit record; b: prepare_lsn */
	lsn_t end_lsn;		/* b only */
	int64_t time_us;
	uint32_t xid;
	struct span gid;	/* b only */
};

struct pgoutput_commit {	/* C c P p K r */
	uint32_t xid;		/* not in C */
	lsn_t lsn;		/* commit, prepare, or (r) prepare_end */
	lsn_t end_lsn;		/* start of the next record: the position to confirm */
	int64_t time_us;
	int64_t prepare_time_us;	/* r only */
	struct span gid;	/* P p K r */
};

struct pgoutput_relation {
	uint32_t relid;
	struct span schema;	/* "" on the wire means pg_catalog; given as such */
	struct span name;
	uint8_t replica_identity;	/* d n f i */
	uint16_t ncols;
	const struct pgoutput_column *cols;
};

struct pgoutput_message {
	enum pgoutput_type type;
	uint32_t stream_xid;	/* xid prefix of a message inside S..E, else 0 */
	union {
		struct pgoutput_begin begin;
		struct pgoutput_commit commit;
		struct { lsn_t lsn; struct span name; } origin;
		struct pgoutput_relation relation;
		struct { uint32_t oid; struct span schema, name; } type_name;
		struct {
			uint32_t relid;
			struct pgoutput_tuple old_row;	/* image NONE if not sent */
			struct pgoutput_tuple new_row;	/* image NONE for D */
		} row;
		struct {
			bool cascade, restart_identity;
			uint32_t nrels;
			struct span relids;	/* see pgoutput_truncate_relid */
		} truncate;
		struct {
			bool transactional;
			lsn_t lsn;	/* end of its record */
			struct span prefix, content;
		} logical;
		struct { uint32_t xid; bool first; } stream_start;
		struct {
			uint32_t xid, subxid;
			lsn_t lsn;	/* 0 unless sent (streaming = parallel) */
			int64_t time_us;
		} stream_abort;
	};
};

/*
 * Parses one message. `in_stream` is true between S and E, where R Y I U D T M
 * carry an xid. 0, or -1 with FAIL_PROTOCOL: unknown type or tag, truncation,
 * bytes left over, too many columns.
 */
int pgoutput_parse(struct span data, bool in_stream,
	struct pgoutput_scratch *scratch, struct pgoutput_message *out,
	struct fail *f);

/* The i-th relation of a TRUNCATE, i < nrels. */
uint32_t pgoutput_truncate_relid(const struct pgoutput_message *m, uint32_t i);

/* "INSERT", "RELATION", ... or "unknown"; static storage. */
const char *pgoutput_name(int type);

#endif
