/* One payload of CopyData. */
#include <stdint.h>
#include <stdlib.h>

#include "frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sum;

static void
require(bool fact)
{
	if (!fact)
		abort();
}

/* Reads every byte of a view, which must lie within the input. */
static void
touch(struct span s, const uint8_t *data, size_t size)
{
	const uint8_t *p = (const uint8_t *)s.p;

	require(p >= data && p <= data + size);
	require(s.len <= (size_t)(data + size - p));
	for (size_t i = 0; i < s.len; i++)
		sum += p[i];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span payload = { (const char *)data, size };
	struct fail f = FAIL_INIT;
	char status[FRAME_STATUS_SIZE];
	struct frame frame;

	if (frame_parse(payload, &frame, &f) != 0) {
		require(f.kind == FAIL_PROTOCOL && f.text[0]);
		return 0;
	}
	require(f.kind == FAIL_NONE);
	if (frame.type == FRAME_XLOG) {
		require(frame.data.len == size - 25);
		touch(frame.data, data, size);
	} else {
		require(frame.type == FRAME_KEEPALIVE && size == 18);
	}
	/* A status written for this frame has its position and time on the wire. */
	frame_status(status, frame.end, frame.sent_us, frame.reply);
	for (size_t i = 0; i < 8; i++) {
		size_t at = frame.type == FRAME_XLOG ? 9 : 1;

		require((uint8_t)status[9 + i] == data[at + i]);
		require((uint8_t)status[25 + i] == data[at + 8 + i]);
	}
	return 0;
}
