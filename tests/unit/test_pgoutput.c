#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "buf.h"
#include "pgoutput.h"

/*
 * Messages are written here as a server would, 123456 microseconds after
 * PostgreSQL's epoch, with positions whose two halves differ.
 */
#define WIRE_TIME "\0\0\0\0\0\1\xe2\x40"
#define UNIX_TIME INT64_C(946684800123456)
#define LSN1 "\0\0\0\1\0\0\0\2"
#define LSN2 "\0\0\0\1\0\0\0\3"
#define XID "\0\0\2\xff"
#define XID_NUMBER 0x2ff
#define RELID "\0\0\x40\1"
#define RELID_NUMBER 0x4001

/* (7, NULL, unchanged, binary 0xff) */
#define TUPLE "\0\4" "t\0\0\0\1" "7" "n" "u" "b\0\0\0\1\xff"

static struct pgoutput_scratch scratch;

struct sample {
	const char *name;
	struct span bytes;	/* without the xid of a streamed message */
	bool in_stream;		/* has that xid between S and E */
	size_t also_valid;	/* length of a prefix that is a message too, or 0 */
};

static const struct sample samples[] = {
	{ "BEGIN", SPAN("B" LSN1 WIRE_TIME XID), false, 0 },
	{ "COMMIT", SPAN("C" "\0" LSN1 LSN2 WIRE_TIME), false, 0 },
	{ "ORIGIN", SPAN("O" LSN1 "node\0"), false, 0 },
	{ "RELATION", SPAN("R" RELID "public\0" "t\0" "d" "\0\2"
		"\1id\0" "\0\0\0\x17" "\xff\xff\xff\xff"
		"\0price\0" "\0\0\6\xa4" "\0\xa\0\6"), true, 0 },
	{ "TYPE", SPAN("Y" RELID "public\0" "mood\0"), true, 0 },
	{ "INSERT", SPAN("I" RELID "N" TUPLE), true, 0 },
	{ "UPDATE", SPAN("U" RELID "N" TUPLE), true, 0 },
	{ "UPDATE", SPAN("U" RELID "K" TUPLE "N" TUPLE), true, 0 },
	{ "UPDATE", SPAN("U" RELID "O" TUPLE "N" TUPLE), true, 0 },
	{ "DELETE", SPAN("D" RELID "K" TUPLE), true, 0 },
	{ "DELETE", SPAN("D" RELID "O" TUPLE), true, 0 },
	{ "TRUNCATE", SPAN("T" "\0\0\0\2" "\3" RELID "\0\0\x40\2"), true, 0 },
	{ "MESSAGE", SPAN("M" "\1" LSN1 "prefix\0" "\0\0\0\3" "a\0b"), true, 0 },
	{ "STREAM START", SPAN("S" XID "\1"), false, 0 },
	{ "STREAM STOP", SPAN("E"), false, 0 },
	{ "STREAM COMMIT", SPAN("c" XID "\0" LSN1 LSN2 WIRE_TIME), false, 0 },
	{ "STREAM ABORT", SPAN("A" XID "\0\0\3\0"), false, 0 },
	{ "STREAM ABORT", SPAN("A" XID "\0\0\3\0" LSN1 WIRE_TIME), false, 9 },
	{ "BEGIN PREPARE", SPAN("b" LSN1 LSN2 WIRE_TIME XID "gid\0"), false, 0 },
	{ "PREPARE", SPAN("P\0" LSN1 LSN2 WIRE_TIME XID "gid\0"), false, 0 },
	{ "STREAM PREPARE", SPAN("p\0" LSN1 LSN2 WIRE_TIME XID "gid\0"), false, 0 },
	{ "COMMIT PREPARED", SPAN("K\0" LSN1 LSN2 WIRE_TIME XID "gid\0"), false, 0 },
	{ "ROLLBACK PREPARED", SPAN("r\0" LSN1 LSN2 WIRE_TIME
		"\0\0\0\0\0\1\xe2\x41" XID "gid\0"), false, 0 },
};

#define NSAMPLES (sizeof(samples) / sizeof(samples[0]))

/* The bytes of a sample, with an xid behind the type in a stream. */
static struct span
wire(const struct sample *s, bool in_stream, struct buf *b)
{
	buf_reset(b);
	buf_put(b, s->bytes.p, 1);
	if (in_stream && s->in_stream)
		buf_put(b, XID, 4);
	buf_put(b, s->bytes.p + 1, s->bytes.len - 1);
	return buf_span(b);
}

/* Parses a copy in a block of exactly its size, so that any overread is seen. */
static int
parse_copy(struct span s, bool in_stream, struct fail *f)
{
	struct pgoutput_message m;
	char *p = malloc(s.len);
	int rc;

	assert_non_null(p);
	memcpy(p, s.p, s.len);
	*f = (struct fail)FAIL_INIT;
	rc = pgoutput_parse((struct span){ p, s.len }, in_stream, &scratch, &m, f);
	free(p);
	assert_int_equal(f->kind, rc == 0 ? FAIL_NONE : FAIL_PROTOCOL);
	return rc;
}

static struct pgoutput_message
parse(struct span s)
{
	struct pgoutput_message m;
	struct fail f = FAIL_INIT;

	if (pgoutput_parse(s, false, &scratch, &m, &f) != 0)
		fail_msg("%s", f.text);
	assert_int_equal(m.type, s.p[0]);
	assert_int_equal(m.stream_xid, 0);
	return m;
}

#define PARSE(literal) parse((struct span)SPAN(literal))

static void
assert_refused(struct span s, const char *text)
{
	struct fail f;

	assert_int_equal(parse_copy(s, false, &f), -1);
	assert_string_equal(f.text, text);
}

#define REFUSED(literal, text) assert_refused((struct span)SPAN(literal), text)

static void
every_sample_is_valid(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < NSAMPLES; i++)
		for (int in_stream = 0; in_stream < 2; in_stream++) {
			struct span s = wire(&samples[i], in_stream, &b);
			struct pgoutput_message m;
			struct fail f = FAIL_INIT;

			assert_int_equal(pgoutput_parse(s, in_stream,
				&scratch, &m, &f), 0);
			assert_int_equal(m.type, s.p[0]);
			assert_int_equal(m.stream_xid,
				in_stream && samples[i].in_stream ? XID_NUMBER : 0);
			assert_string_equal(pgoutput_name((int)m.type),
				samples[i].name);
		}
	buf_release(&b);
}

static void
truncated_anywhere(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < NSAMPLES; i++)
		for (int in_stream = 0; in_stream < 2; in_stream++) {
			struct span s = wire(&samples[i], in_stream, &b);

			for (size_t n = 1; n < s.len; n++) {
				struct fail f;
				int rc = parse_copy((struct span){ s.p, n },
					in_stream, &f);

				assert_int_equal(rc, n == samples[i].also_valid
					? 0 : -1);
				if (rc != 0) {
					assert_non_null(strstr(f.text, "truncated at byte"));
					assert_non_null(strstr(f.text, samples[i].name));
				}
			}
		}
	buf_release(&b);
}

static void
bytes_left_over(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < NSAMPLES; i++)
		for (int in_stream = 0; in_stream < 2; in_stream++) {
			struct fail f;

			wire(&samples[i], in_stream, &b);
			buf_putc(&b, '\0');
			assert_int_equal(parse_copy(buf_span(&b), in_stream, &f), -1);
			/* a short A with more is a truncated long one */
			assert_non_null(strstr(f.text, samples[i].bytes.len == 9
				&& samples[i].bytes.p[0] == 'A'
				? "truncated" : "left over"));
		}
	buf_release(&b);
}

/* Every value of every byte: nothing is read outside, whatever is said. */
static void
any_byte_anywhere(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < NSAMPLES; i++) {
		struct span s = wire(&samples[i], true, &b);

		for (size_t at = 0; at < s.len; at++) {
			char was = b.p[at];

			for (int byte = 0; byte < 256; byte++) {
				struct fail f;

				b.p[at] = (char)byte;
				parse_copy(s, true, &f);
				parse_copy(s, false, &f);
			}
			b.p[at] = was;
		}
	}
	buf_release(&b);
}

static void
begin(void **state)
{
	struct pgoutput_message m = PARSE("B" LSN1 WIRE_TIME XID);

	(void)state;
	assert_int_equal(m.begin.final_lsn, UINT64_C(0x100000002));
	assert_int_equal(m.begin.end_lsn, 0);
	assert_int_equal(m.begin.time_us, UNIX_TIME);
	assert_int_equal(m.begin.xid, XID_NUMBER);
	assert_null(m.begin.gid.p);
}

static void
commit(void **state)
{
	struct pgoutput_message m = PARSE("C\0" LSN1 LSN2 WIRE_TIME);

	(void)state;
	assert_int_equal(m.commit.xid, 0);
	assert_int_equal(m.commit.lsn, UINT64_C(0x100000002));
	assert_int_equal(m.commit.end_lsn, UINT64_C(0x100000003));
	assert_int_equal(m.commit.time_us, UNIX_TIME);
	assert_null(m.commit.gid.p);
	REFUSED("C\1" LSN1 LSN2 WIRE_TIME,
		"pgoutput COMMIT message of 26 bytes: unknown flags at byte 2");
}

static void
time_before_the_epoch(void **state)
{
	struct pgoutput_message m = PARSE("C\0" LSN1 LSN2
		"\xff\xff\xff\xff\xff\xff\xff\xff");

	(void)state;
	assert_int_equal(m.commit.time_us, INT64_C(946684799999999));
	m = PARSE("C\0" LSN1 LSN2 "\x7f\xff\xff\xff\xff\xff\xff\xff");
	assert_true(m.commit.time_us < 0);	/* wraps, harmlessly */
}

static void
origin(void **state)
{
	struct pgoutput_message m = PARSE("O" LSN1 "node\0");

	(void)state;
	assert_int_equal(m.origin.lsn, UINT64_C(0x100000002));
	assert_true(span_is(m.origin.name, "node"));
}

static void
relation(void **state)
{
	struct pgoutput_message m = parse(samples[3].bytes);
	const struct pgoutput_relation *r = &m.relation;

	(void)state;
	assert_int_equal(r->relid, RELID_NUMBER);
	assert_true(span_is(r->schema, "public"));
	assert_true(span_is(r->name, "t"));
	assert_int_equal(r->replica_identity, 'd');
	assert_int_equal(r->ncols, 2);
	assert_true(r->cols[0].identity);
	assert_true(span_is(r->cols[0].name, "id"));
	assert_int_equal(r->cols[0].type, 23);
	assert_int_equal(r->cols[0].typmod, -1);
	assert_false(r->cols[1].identity);
	assert_true(span_is(r->cols[1].name, "price"));
	assert_int_equal(r->cols[1].type, 1700);
	assert_int_equal(r->cols[1].typmod, 655366);
}

static void
relation_of_the_system(void **state)
{
	struct pgoutput_message m = PARSE("R" RELID "\0" "pg_class\0" "n" "\0\0");

	(void)state;
	assert_true(span_is(m.relation.schema, "pg_catalog"));
	assert_int_equal(m.relation.ncols, 0);
	m = PARSE("R" RELID "s\0" "\0" "f" "\0\0");
	assert_int_equal(m.relation.name.len, 0);
	assert_non_null(m.relation.name.p);
	m = PARSE("R" RELID "s\0" "t\0" "i" "\0\0");
	assert_int_equal(m.relation.replica_identity, 'i');
	REFUSED("R" RELID "s\0" "t\0" "x" "\0\0", "pgoutput RELATION message"
		" of 12 bytes: unknown replica identity at byte 10");
}

static void
type_name(void **state)
{
	struct pgoutput_message m = PARSE("Y" RELID "public\0" "mood\0");

	(void)state;
	assert_int_equal(m.type_name.oid, RELID_NUMBER);
	assert_true(span_is(m.type_name.schema, "public"));
	assert_true(span_is(m.type_name.name, "mood"));
	m = PARSE("Y" RELID "\0" "int4\0");
	assert_true(span_is(m.type_name.schema, "pg_catalog"));
}

static void
assert_tuple(const struct pgoutput_tuple *t, enum pgoutput_image image)
{
	assert_int_equal(t->image, image);
	assert_int_equal(t->ncols, 4);
	assert_int_equal(t->cols[0].kind, PGOUTPUT_TEXT);
	assert_int_equal(t->cols[0].len, 1);
	assert_int_equal(t->cols[0].p[0], '7');
	assert_int_equal(t->cols[1].kind, PGOUTPUT_NULL);
	assert_null(t->cols[1].p);
	assert_int_equal(t->cols[1].len, 0);
	assert_int_equal(t->cols[2].kind, PGOUTPUT_UNCHANGED);
	assert_null(t->cols[2].p);
	assert_int_equal(t->cols[3].kind, PGOUTPUT_BINARY);
	assert_int_equal(t->cols[3].len, 1);
	assert_int_equal((unsigned char)t->cols[3].p[0], 0xff);
}

static void
insert(void **state)
{
	struct pgoutput_message m = PARSE("I" RELID "N" TUPLE);

	(void)state;
	assert_int_equal(m.row.relid, RELID_NUMBER);
	assert_int_equal(m.row.old_row.image, PGOUTPUT_NONE);
	assert_tuple(&m.row.new_row, PGOUTPUT_NEW);
	REFUSED("I" RELID "K" TUPLE,
		"pgoutput INSERT message of 22 bytes: no new row at byte 6");
}

static void
update(void **state)
{
	struct pgoutput_message m = PARSE("U" RELID "N" TUPLE);

	(void)state;
	assert_int_equal(m.row.old_row.image, PGOUTPUT_NONE);
	assert_tuple(&m.row.new_row, PGOUTPUT_NEW);
	m = PARSE("U" RELID "K" TUPLE "N" TUPLE);
	assert_tuple(&m.row.old_row, PGOUTPUT_KEY);
	assert_tuple(&m.row.new_row, PGOUTPUT_NEW);
	assert_ptr_not_equal(m.row.old_row.cols, m.row.new_row.cols);
	m = PARSE("U" RELID "O" TUPLE "N" TUPLE);
	assert_int_equal(m.row.relid, RELID_NUMBER);
	assert_tuple(&m.row.old_row, PGOUTPUT_OLD);
	assert_tuple(&m.row.new_row, PGOUTPUT_NEW);
	REFUSED("U" RELID "X" TUPLE,
		"pgoutput UPDATE message of 22 bytes: no new row at byte 6");
	REFUSED("U" RELID "O" "\0\0" "K" "\0\0",
		"pgoutput UPDATE message of 11 bytes: no new row at byte 9");
}

static void
delete(void **state)
{
	struct pgoutput_message m = PARSE("D" RELID "K" TUPLE);

	(void)state;
	assert_int_equal(m.row.relid, RELID_NUMBER);
	assert_tuple(&m.row.old_row, PGOUTPUT_KEY);
	assert_int_equal(m.row.new_row.image, PGOUTPUT_NONE);
	m = PARSE("D" RELID "O" TUPLE);
	assert_tuple(&m.row.old_row, PGOUTPUT_OLD);
	REFUSED("D" RELID "N" TUPLE,
		"pgoutput DELETE message of 22 bytes: no old row at byte 6");
}

static void
values(void **state)
{
	struct pgoutput_message m = PARSE("I" RELID "N" "\0\0");

	(void)state;
	assert_int_equal(m.row.new_row.ncols, 0);
	m = PARSE("I" RELID "N" "\0\2" "t\0\0\0\0" "t\0\0\0\2" "ab");
	assert_int_equal(m.row.new_row.cols[0].len, 0);
	assert_non_null(m.row.new_row.cols[0].p);
	assert_memory_equal(m.row.new_row.cols[1].p, "ab", 2);
	REFUSED("I" RELID "N" "\0\1" "x", "pgoutput INSERT message of 9 bytes:"
		" unknown kind of value at byte 8");
	REFUSED("I" RELID "N" "\0\1" "t\xff\xff\xff\xff" "x",
		"pgoutput INSERT message of 14 bytes: truncated at byte 13");
	REFUSED("I" RELID "N" "\0\1" "t\x80\0\0\0" "x",
		"pgoutput INSERT message of 14 bytes: truncated at byte 13");
}

static void
put_u16(struct buf *b, unsigned n)
{
	buf_putc(b, (char)(n >> 8));
	buf_putc(b, (char)n);
}

static void
many_columns(void **state)
{
	struct pgoutput_message m;
	struct fail f = FAIL_INIT;
	struct buf row, rel;

	(void)state;
	buf_init(&row, 100000);
	buf_init(&rel, 100000);
	for (unsigned n = PGOUTPUT_MAX_COLUMNS; n < PGOUTPUT_MAX_COLUMNS + 2; n++) {
		int rc = n > PGOUTPUT_MAX_COLUMNS ? -1 : 0;

		buf_reset(&row);
		buf_put(&row, "I" RELID "N", 6);
		put_u16(&row, n);
		buf_reset(&rel);
		buf_put(&rel, "R" RELID "s\0" "t\0" "d", 10);
		put_u16(&rel, n);
		for (unsigned i = 0; i < n; i++) {
			buf_putc(&row, 'n');
			buf_put(&rel, "\0x\0" "\0\0\0\1" "\0\0\0\2", 11);
		}
		assert_int_equal(pgoutput_parse(buf_span(&row), false,
			&scratch, &m, &f), rc);
		if (rc == 0)
			assert_int_equal(m.row.new_row.ncols, n);
		assert_int_equal(pgoutput_parse(buf_span(&rel), false,
			&scratch, &m, &f), rc);
		if (rc == 0)
			assert_int_equal(m.relation.cols[n - 1].typmod, 2);
	}
	assert_non_null(strstr(f.text, "too many columns at byte 12"));
	REFUSED("U" RELID "K" "\xff\xff", "pgoutput UPDATE message of 8 bytes:"
		" too many columns at byte 8");
	buf_release(&row);
	buf_release(&rel);
}

static void
truncate_tables(void **state)
{
	struct pgoutput_message m = PARSE("T" "\0\0\0\2" "\3" RELID "\0\0\x40\2");

	(void)state;
	assert_true(m.truncate.cascade);
	assert_true(m.truncate.restart_identity);
	assert_int_equal(m.truncate.nrels, 2);
	assert_int_equal(pgoutput_truncate_relid(&m, 0), RELID_NUMBER);
	assert_int_equal(pgoutput_truncate_relid(&m, 1), RELID_NUMBER + 1);
	m = PARSE("T" "\0\0\0\0" "\1");
	assert_true(m.truncate.cascade);
	assert_false(m.truncate.restart_identity);
	assert_int_equal(m.truncate.nrels, 0);
	m = PARSE("T" "\0\0\0\0" "\2");
	assert_false(m.truncate.cascade);
	assert_true(m.truncate.restart_identity);
	REFUSED("T" "\xff\xff\xff\xff" "\0" RELID,
		"pgoutput TRUNCATE message of 10 bytes: truncated at byte 6");
	REFUSED("T" "\0\0\0\1" "\0" RELID RELID,
		"pgoutput TRUNCATE message of 14 bytes: bytes left over at byte 10");
}

static void
logical_message(void **state)
{
	struct pgoutput_message m =
		PARSE("M\1" LSN1 "prefix\0" "\0\0\0\3" "a\0b");

	(void)state;
	assert_true(m.logical.transactional);
	assert_int_equal(m.logical.lsn, UINT64_C(0x100000002));
	assert_true(span_is(m.logical.prefix, "prefix"));
	assert_int_equal(m.logical.content.len, 3);
	assert_memory_equal(m.logical.content.p, "a\0b", 3);
	m = PARSE("M\0" LSN1 "\0" "\0\0\0\0");
	assert_false(m.logical.transactional);
	assert_int_equal(m.logical.prefix.len, 0);
	assert_int_equal(m.logical.content.len, 0);
	assert_non_null(m.logical.content.p);
	REFUSED("M\0" LSN1 "\0" "\xff\xff\xff\xff" "x",
		"pgoutput MESSAGE message of 16 bytes: truncated at byte 15");
}

static void
streams(void **state)
{
	struct pgoutput_message m = PARSE("S" XID "\1");

	(void)state;
	assert_int_equal(m.stream_start.xid, XID_NUMBER);
	assert_true(m.stream_start.first);
	m = PARSE("S" XID "\0");
	assert_false(m.stream_start.first);
	m = PARSE("E");
	m = PARSE("c" XID "\0" LSN1 LSN2 WIRE_TIME);
	assert_int_equal(m.commit.xid, XID_NUMBER);
	assert_int_equal(m.commit.lsn, UINT64_C(0x100000002));
	assert_int_equal(m.commit.end_lsn, UINT64_C(0x100000003));
	assert_int_equal(m.commit.time_us, UNIX_TIME);
	REFUSED("c" XID "\1" LSN1 LSN2 WIRE_TIME, "pgoutput STREAM COMMIT"
		" message of 30 bytes: unknown flags at byte 6");
	m = PARSE("A" XID "\0\0\3\0");
	assert_int_equal(m.stream_abort.xid, XID_NUMBER);
	assert_int_equal(m.stream_abort.subxid, 0x300);
	assert_int_equal(m.stream_abort.lsn, 0);
	assert_int_equal(m.stream_abort.time_us, 0);
	m = PARSE("A" XID "\0\0\3\0" LSN1 WIRE_TIME);
	assert_int_equal(m.stream_abort.subxid, 0x300);
	assert_int_equal(m.stream_abort.lsn, UINT64_C(0x100000002));
	assert_int_equal(m.stream_abort.time_us, UNIX_TIME);
}

static void
assert_prepared(struct pgoutput_message m)
{
	assert_int_equal(m.commit.lsn, UINT64_C(0x100000002));
	assert_int_equal(m.commit.end_lsn, UINT64_C(0x100000003));
	assert_int_equal(m.commit.time_us, UNIX_TIME);
	assert_int_equal(m.commit.prepare_time_us, 0);
	assert_int_equal(m.commit.xid, XID_NUMBER);
	assert_true(span_is(m.commit.gid, "gid"));
}

static void
two_phases(void **state)
{
	struct pgoutput_message m = PARSE("b" LSN1 LSN2 WIRE_TIME XID "gid\0");

	(void)state;
	assert_int_equal(m.begin.final_lsn, UINT64_C(0x100000002));
	assert_int_equal(m.begin.end_lsn, UINT64_C(0x100000003));
	assert_int_equal(m.begin.time_us, UNIX_TIME);
	assert_int_equal(m.begin.xid, XID_NUMBER);
	assert_true(span_is(m.begin.gid, "gid"));
	assert_prepared(PARSE("P\0" LSN1 LSN2 WIRE_TIME XID "gid\0"));
	assert_prepared(PARSE("p\0" LSN1 LSN2 WIRE_TIME XID "gid\0"));
	assert_prepared(PARSE("K\0" LSN1 LSN2 WIRE_TIME XID "gid\0"));
	m = PARSE("r\0" LSN1 LSN2 WIRE_TIME "\0\0\0\0\0\1\xe2\x41" XID "gid\0");
	assert_int_equal(m.commit.lsn, UINT64_C(0x100000002));
	assert_int_equal(m.commit.end_lsn, UINT64_C(0x100000003));
	assert_int_equal(m.commit.prepare_time_us, UNIX_TIME);
	assert_int_equal(m.commit.time_us, UNIX_TIME + 1);
	assert_int_equal(m.commit.xid, XID_NUMBER);
	assert_true(span_is(m.commit.gid, "gid"));
	REFUSED("P\1", "pgoutput PREPARE message of 2 bytes: unknown flags at byte 2");
	REFUSED("p\1", "pgoutput STREAM PREPARE message of 2 bytes:"
		" unknown flags at byte 2");
	REFUSED("K\1", "pgoutput COMMIT PREPARED message of 2 bytes:"
		" unknown flags at byte 2");
	REFUSED("r\1", "pgoutput ROLLBACK PREPARED message of 2 bytes:"
		" unknown flags at byte 2");
}

static void
unknown_types(void **state)
{
	struct pgoutput_message m;
	struct fail f = FAIL_INIT;

	(void)state;
	REFUSED("", "empty pgoutput message");
	REFUSED("\0", "unknown pgoutput message type 0x00");
	REFUSED("Z", "unknown pgoutput message type 0x5a");
	REFUSED("\xff", "unknown pgoutput message type 0xff");
	assert_int_equal(pgoutput_parse((struct span){ NULL, 0 }, false,
		&scratch, &m, &f), -1);
	assert_int_equal(pgoutput_parse(span_of("Z"), false, &scratch, &m, NULL), -1);
}

static void
names(void **state)
{
	int known = 0;

	(void)state;
	for (int type = -1; type <= 256; type++)
		if (strcmp(pgoutput_name(type), "unknown") != 0)
			known++;
	assert_int_equal(known, 19);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_is_valid),
		cmocka_unit_test(truncated_anywhere),
		cmocka_unit_test(bytes_left_over),
		cmocka_unit_test(any_byte_anywhere),
		cmocka_unit_test(begin),
		cmocka_unit_test(commit),
		cmocka_unit_test(time_before_the_epoch),
		cmocka_unit_test(origin),
		cmocka_unit_test(relation),
		cmocka_unit_test(relation_of_the_system),
		cmocka_unit_test(type_name),
		cmocka_unit_test(insert),
		cmocka_unit_test(update),
		cmocka_unit_test(delete),
		cmocka_unit_test(values),
		cmocka_unit_test(many_columns),
		cmocka_unit_test(truncate_tables),
		cmocka_unit_test(logical_message),
		cmocka_unit_test(streams),
		cmocka_unit_test(two_phases),
		cmocka_unit_test(unknown_types),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("pgoutput", tests, NULL, NULL);
}
