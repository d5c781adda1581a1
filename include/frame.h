/*
 * frame: the payload of a CopyData message in replication mode.
 *
 * Follows "Streaming Replication Protocol" in the PostgreSQL manual:
 * XLogData 'w', primary keepalive 'k', standby status update 'r'. Times on
 * the wire are microseconds since 2000-01-01 UTC; here they are microseconds
 * since 1970-01-01 UTC.
 */
#ifndef FRAME_H
#define FRAME_H

#include "fail.h"
#include "lsn.h"

enum frame_type { FRAME_XLOG = 'w', FRAME_KEEPALIVE = 'k' };

struct frame {
	enum frame_type type;
	lsn_t start;		/* 'w': LSN of the change (0 for R and Y) */
	lsn_t end;		/* walEnd: for 'k' everything up to here has been sent */
	int64_t sent_us;	/* server's clock */
	bool reply;		/* 'k': answer at once */
	struct span data;	/* 'w': the pgoutput message, a view of the input */
};

#define FRAME_STATUS_SIZE 34

/* Microseconds between the Unix and the PostgreSQL epoch. */
#define FRAME_EPOCH_US INT64_C(946684800000000)

/* 0, or -1 with FAIL_PROTOCOL for an unknown type or a wrong length. */
int frame_parse(struct span payload, struct frame *out, struct fail *f);

/*
 * Writes a standby status update. All three positions are `flushed`: that is
 * the only one that moves a slot, and 0 moves nothing. `now_us` is Unix time.
 */
void frame_status(char out[FRAME_STATUS_SIZE], lsn_t flushed, int64_t now_us,
	bool reply);

#endif
