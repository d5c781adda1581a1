#include <endian.h>

#include "cursor.h"
#include "frame.h"

/* Unsigned, because a hostile time may be at either end of the range. */
static int64_t
unix_time(uint64_t wire)
{
	return (int64_t)(wire + (uint64_t)FRAME_EPOCH_US);
}

/* XLogData, behind its type. */
static void
read_xlog(struct cursor *c, struct frame *out)
{
	out->start = cursor_u64(c);
	out->end = cursor_u64(c);
	out->sent_us = unix_time(cursor_u64(c));
	out->data = cursor_take(c, c->left);
}

/* Primary keepalive, behind its type. */
static void
read_keepalive(struct cursor *c, struct frame *out)
{
	out->end = cursor_u64(c);
	out->sent_us = unix_time(cursor_u64(c));
	out->reply = cursor_u8(c) != 0;
}

int
frame_parse(struct span payload, struct frame *out, struct fail *f)
{
	struct cursor c = cursor_of(payload);
	uint8_t type = cursor_u8(&c);

	if (c.bad)
		return fail_set(f, FAIL_PROTOCOL, "empty replication message");
	*out = (struct frame){ .type = (enum frame_type)type };
	switch (type) {
	case FRAME_XLOG:
		read_xlog(&c, out);
		break;
	case FRAME_KEEPALIVE:
		read_keepalive(&c, out);
		break;
	default:
		return fail_set(f, FAIL_PROTOCOL,
			"unknown replication message type 0x%02x", type);
	}
	if (!cursor_done(&c))
		return fail_set(f, FAIL_PROTOCOL,
			"replication message '%c' has a wrong length: %zu bytes",
			type, payload.len);
	return 0;
}

static char *
put_u64(char *p, uint64_t n)
{
	uint64_t wire = htobe64(n);

	memcpy(p, &wire, sizeof(wire));
	return p + sizeof(wire);
}

void
frame_status(char out[FRAME_STATUS_SIZE], lsn_t flushed, int64_t now_us,
	bool reply)
{
	char *p = out;

	*p++ = 'r';
	p = put_u64(p, flushed);	/* written */
	p = put_u64(p, flushed);	/* flushed: the one that counts */
	p = put_u64(p, flushed);	/* applied */
	p = put_u64(p, (uint64_t)now_us - (uint64_t)FRAME_EPOCH_US);
	*p = reply ? 1 : 0;
}
