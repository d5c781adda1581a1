#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "frame.h"

/* 2000-01-01 00:00:01 UTC, one second into PostgreSQL's time. */
#define WIRE_TIME "\0\0\0\0\0\x0f\x42\x40"
#define UNIX_TIME INT64_C(946684801000000)

#define XLOG "w" "\0\0\0\1\0\0\0\2" "\0\0\0\3\0\0\0\4" WIRE_TIME
#define KEEPALIVE "k" "\0\0\0\5\0\0\0\6" WIRE_TIME

/* Parses a copy in a block of exactly its size. */
static int
parse_copy(struct span s, struct frame *out, struct fail *f)
{
	char *p = malloc(s.len);
	int rc;

	assert_non_null(p);
	memcpy(p, s.p, s.len);
	rc = frame_parse((struct span){ p, s.len }, out, f);
	free(p);
	return rc;
}

static void
xlog_data(void **state)
{
	struct span s = SPAN(XLOG "payload");
	struct fail f = FAIL_INIT;
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse(s, &frame, &f), 0);
	assert_int_equal(frame.type, FRAME_XLOG);
	assert_int_equal(frame.start, UINT64_C(0x100000002));
	assert_int_equal(frame.end, UINT64_C(0x300000004));
	assert_int_equal(frame.sent_us, UNIX_TIME);
	assert_false(frame.reply);
	assert_true(span_is(frame.data, "payload"));
	assert_ptr_equal(frame.data.p, s.p + 25);
	s.len = 25;
	assert_int_equal(frame_parse(s, &frame, &f), 0);
	assert_int_equal(frame.data.len, 0);
	assert_int_equal(f.kind, FAIL_NONE);
}

static void
keepalive(void **state)
{
	struct fail f = FAIL_INIT;
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse((struct span)SPAN(KEEPALIVE "\0"), &frame, &f), 0);
	assert_int_equal(frame.type, FRAME_KEEPALIVE);
	assert_int_equal(frame.start, 0);
	assert_int_equal(frame.end, UINT64_C(0x500000006));
	assert_int_equal(frame.sent_us, UNIX_TIME);
	assert_false(frame.reply);
	assert_int_equal(frame.data.len, 0);
	assert_int_equal(frame_parse((struct span)SPAN(KEEPALIVE "\1"), &frame, &f), 0);
	assert_true(frame.reply);
}

static void
times_at_the_ends(void **state)
{
	struct span s = SPAN("k" "\0\0\0\0\0\0\0\0"
		"\x7f\xff\xff\xff\xff\xff\xff\xff" "\0");
	struct fail f = FAIL_INIT;
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse(s, &frame, &f), 0);
	assert_true(frame.sent_us < 0);		/* wraps, harmlessly */
	s = (struct span)SPAN("k" "\0\0\0\0\0\0\0\0"
		"\xff\xff\xff\xff\xff\xff\xff\xff" "\0");
	assert_int_equal(frame_parse(s, &frame, &f), 0);
	assert_int_equal(frame.sent_us, FRAME_EPOCH_US - 1);
}

static void
truncated_anywhere(void **state)
{
	const struct span messages[] = { SPAN(XLOG), SPAN(KEEPALIVE "\1") };

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t n = 0; n < messages[i].len; n++) {
			struct fail f = FAIL_INIT;
			struct frame frame;

			assert_int_equal(parse_copy((struct span)
				{ messages[i].p, n }, &frame, &f), -1);
			assert_int_equal(f.kind, FAIL_PROTOCOL);
			assert_true(strlen(f.text) > 0);
		}
}

static void
refused(void **state)
{
	struct fail f = FAIL_INIT;
	struct frame frame;

	(void)state;
	assert_int_equal(parse_copy((struct span)SPAN(KEEPALIVE "\1\0"), &frame, &f), -1);
	assert_string_equal(f.text,
		"replication message 'k' has a wrong length: 19 bytes");
	assert_int_equal(frame_parse((struct span)SPAN("x"), &frame, &f), -1);
	assert_string_equal(f.text, "unknown replication message type 0x78");
	assert_int_equal(frame_parse((struct span)SPAN("\xff"), &frame, &f), -1);
	assert_string_equal(f.text, "unknown replication message type 0xff");
	assert_int_equal(frame_parse((struct span){ NULL, 0 }, &frame, &f), -1);
	assert_string_equal(f.text, "empty replication message");
	assert_int_equal(f.kind, FAIL_PROTOCOL);
	assert_int_equal(frame_parse(span_of("r"), &frame, NULL), -1);
}

static void
status(void **state)
{
	char *out = malloc(FRAME_STATUS_SIZE);

	(void)state;
	assert_non_null(out);
	frame_status(out, UINT64_C(0x100000002), UNIX_TIME, true);
	assert_memory_equal(out, "r" "\0\0\0\1\0\0\0\2" "\0\0\0\1\0\0\0\2"
		"\0\0\0\1\0\0\0\2" WIRE_TIME "\1", FRAME_STATUS_SIZE);
	frame_status(out, 0, FRAME_EPOCH_US - 1, false);
	assert_memory_equal(out, "r" "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0"
		"\0\0\0\0\0\0\0\0" "\xff\xff\xff\xff\xff\xff\xff\xff" "\0",
		FRAME_STATUS_SIZE);
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xlog_data),
		cmocka_unit_test(keepalive),
		cmocka_unit_test(times_at_the_ends),
		cmocka_unit_test(truncated_anywhere),
		cmocka_unit_test(refused),
		cmocka_unit_test(status),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
