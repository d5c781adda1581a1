#include <endian.h>

#include "cursor.h"
#include "pgoutput.h"

/* Microseconds between the Unix and the PostgreSQL epoch. */
#define EPOCH_US UINT64_C(946684800000000)

struct reader {
	struct cursor c;
	const char *wrong;	/* what is wrong other than the length, or NULL */
	struct pgoutput_scratch *scratch;
};

/* Stops the reading, as at the end of the message, with a better reason. */
static void
refuse(struct reader *r, const char *why)
{
	if (r->c.bad)
		return;
	r->wrong = why;
	cursor_fail(&r->c);
}

/* Unsigned, because a hostile time may be at either end of the range. */
static int64_t
read_time(struct cursor *c)
{
	return (int64_t)(cursor_u64(c) + EPOCH_US);
}

/* The server sends '' for the schema that every backend knows by heart. */
static struct span
read_schema(struct cursor *c)
{
	struct span s = cursor_str(c);

	return s.len ? s : (struct span)SPAN("pg_catalog");
}

/* A byte of flags in which no bit has a meaning yet. */
static void
read_no_flags(struct reader *r)
{
	if (cursor_u8(&r->c) != 0)
		refuse(r, "unknown flags");
}

/* B: final_lsn, time, xid */
static void
read_begin(struct reader *r, struct pgoutput_message *m)
{
	m->begin.final_lsn = cursor_u64(&r->c);
	m->begin.time_us = read_time(&r->c);
	m->begin.xid = cursor_u32(&r->c);
}

/* C: flags, commit_lsn, end_lsn, time */
static void
read_commit(struct reader *r, struct pgoutput_message *m)
{
	read_no_flags(r);
	m->commit.lsn = cursor_u64(&r->c);
	m->commit.end_lsn = cursor_u64(&r->c);
	m->commit.time_us = read_time(&r->c);
}

/* O: origin_lsn, name */
static void
read_origin(struct reader *r, struct pgoutput_message *m)
{
	m->origin.lsn = cursor_u64(&r->c);
	m->origin.name = cursor_str(&r->c);
}

/* { flags, name, type oid, typmod } */
static void
read_column(struct cursor *c, struct pgoutput_column *column)
{
	column->identity = cursor_u8(c) & 1;
	column->name = cursor_str(c);
	column->type = cursor_u32(c);
	column->typmod = (int32_t)cursor_u32(c);
}

/* The number of columns, not more than the scratch holds. */
static uint16_t
read_ncols(struct reader *r)
{
	uint16_t n = cursor_u16(&r->c);

	if (n > PGOUTPUT_MAX_COLUMNS) {
		refuse(r, "too many columns");
		return 0;
	}
	return n;
}

/* R: relid, schema, name, replica identity, ncols, column* */
static void
read_relation(struct reader *r, struct pgoutput_message *m)
{
	struct pgoutput_relation *rel = &m->relation;

	rel->relid = cursor_u32(&r->c);
	rel->schema = read_schema(&r->c);
	rel->name = cursor_str(&r->c);
	rel->replica_identity = cursor_u8(&r->c);
	if (!memchr("dnfi", rel->replica_identity, 4))
		refuse(r, "unknown replica identity");
	rel->ncols = read_ncols(r);
	rel->cols = r->scratch->columns;
	for (uint16_t i = 0; i < rel->ncols && !r->c.bad; i++)
		read_column(&r->c, &r->scratch->columns[i]);
}

/* Y: type oid, schema, name */
static void
read_type(struct reader *r, struct pgoutput_message *m)
{
	m->type_name.oid = cursor_u32(&r->c);
	m->type_name.schema = read_schema(&r->c);
	m->type_name.name = cursor_str(&r->c);
}

/*
 * { 'n' | 'u' | 't' len bytes | 'b' len bytes }
 * Every cell of every row passes here, so the cursor is two local variables,
 * and each comparison is with what is left.
 */
static void
read_values(struct reader *r, struct pgoutput_value *v, uint16_t n)
{
	const unsigned char *p = r->c.p;
	size_t left = r->c.left;

	for (const struct pgoutput_value *end = v + n; v < end; v++) {
		uint32_t len;

		if (left == 0)
			goto truncated;
		v->kind = *p;
		switch (v->kind) {
		case PGOUTPUT_TEXT:
		case PGOUTPUT_BINARY:
			if (left < 5)
				goto truncated;
			memcpy(&len, p + 1, sizeof(len));
			len = be32toh(len);
			p += 5;
			left -= 5;
			if (len > left)
				goto truncated;
			v->p = (const char *)p;
			v->len = len;
			p += len;
			left -= len;
			break;
		case PGOUTPUT_NULL:
		case PGOUTPUT_UNCHANGED:
			v->p = NULL;
			v->len = 0;
			p++;
			left--;
			break;
		default:
			r->c.p = p;
			refuse(r, "unknown kind of value");
			return;
		}
	}
	r->c.p = p;
	r->c.left = left;
	return;
truncated:
	r->c.p = p;
	cursor_fail(&r->c);
}

/* ncols, value* */
static void
read_tuple(struct reader *r, uint8_t image, struct pgoutput_value *cols,
	struct pgoutput_tuple *out)
{
	uint16_t n = read_ncols(r);

	read_values(r, cols, n);
	out->image = (enum pgoutput_image)image;
	out->ncols = n;
	out->cols = cols;
}

/* I: relid, 'N' tuple */
static void
read_insert(struct reader *r, struct pgoutput_message *m)
{
	uint8_t image;

	m->row.relid = cursor_u32(&r->c);
	image = cursor_u8(&r->c);
	if (image != PGOUTPUT_NEW)
		refuse(r, "no new row");
	read_tuple(r, image, r->scratch->new_row, &m->row.new_row);
}

/* U: relid, ['K' tuple | 'O' tuple], 'N' tuple */
static void
read_update(struct reader *r, struct pgoutput_message *m)
{
	uint8_t image;

	m->row.relid = cursor_u32(&r->c);
	image = cursor_u8(&r->c);
	if (image == PGOUTPUT_KEY || image == PGOUTPUT_OLD) {
		read_tuple(r, image, r->scratch->old_row, &m->row.old_row);
		image = cursor_u8(&r->c);
	}
	if (image != PGOUTPUT_NEW)
		refuse(r, "no new row");
	read_tuple(r, image, r->scratch->new_row, &m->row.new_row);
}

/* D: relid, 'K' tuple | 'O' tuple */
static void
read_delete(struct reader *r, struct pgoutput_message *m)
{
	uint8_t image;

	m->row.relid = cursor_u32(&r->c);
	image = cursor_u8(&r->c);
	if (image != PGOUTPUT_KEY && image != PGOUTPUT_OLD)
		refuse(r, "no old row");
	read_tuple(r, image, r->scratch->old_row, &m->row.old_row);
}

/* T: nrels, bits, relid* */
static void
read_truncate(struct reader *r, struct pgoutput_message *m)
{
	uint8_t bits;

	m->truncate.nrels = cursor_u32(&r->c);
	bits = cursor_u8(&r->c);
	m->truncate.cascade = bits & 1;
	m->truncate.restart_identity = bits & 2;
	if (m->truncate.nrels > r->c.left / 4)
		cursor_fail(&r->c);
	m->truncate.relids = cursor_take(&r->c, (size_t)m->truncate.nrels * 4);
}

/* M: flags, lsn, prefix, len, bytes */
static void
read_logical(struct reader *r, struct pgoutput_message *m)
{
	m->logical.transactional = cursor_u8(&r->c) & 1;
	m->logical.lsn = cursor_u64(&r->c);
	m->logical.prefix = cursor_str(&r->c);
	m->logical.content = cursor_take(&r->c, cursor_u32(&r->c));
}

/* S: xid, first segment */
static void
read_stream_start(struct reader *r, struct pgoutput_message *m)
{
	m->stream_start.xid = cursor_u32(&r->c);
	m->stream_start.first = cursor_u8(&r->c) == 1;
}

/* E: nothing */
static void
read_stream_stop(struct reader *r, struct pgoutput_message *m)
{
	(void)r;
	(void)m;
}

/* c: xid, flags, commit_lsn, end_lsn, time */
static void
read_stream_commit(struct reader *r, struct pgoutput_message *m)
{
	m->commit.xid = cursor_u32(&r->c);
	read_commit(r, m);
}

/* A: xid, subxid, and with streaming = parallel: abort_lsn, time */
static void
read_stream_abort(struct reader *r, struct pgoutput_message *m)
{
	m->stream_abort.xid = cursor_u32(&r->c);
	m->stream_abort.subxid = cursor_u32(&r->c);
	if (r->c.left == 0)
		return;
	m->stream_abort.lsn = cursor_u64(&r->c);
	m->stream_abort.time_us = read_time(&r->c);
}

/* b: prepare_lsn, end_lsn, time, xid, gid */
static void
read_begin_prepare(struct reader *r, struct pgoutput_message *m)
{
	m->begin.final_lsn = cursor_u64(&r->c);
	m->begin.end_lsn = cursor_u64(&r->c);
	m->begin.time_us = read_time(&r->c);
	m->begin.xid = cursor_u32(&r->c);
	m->begin.gid = cursor_str(&r->c);
}

/* P and p: flags, prepare_lsn, end_lsn, time, xid, gid */
static void
read_prepare(struct reader *r, struct pgoutput_message *m)
{
	read_commit(r, m);
	m->commit.xid = cursor_u32(&r->c);
	m->commit.gid = cursor_str(&r->c);
}

/* K: flags, commit_lsn, end_lsn, time, xid, gid */
static void
read_commit_prepared(struct reader *r, struct pgoutput_message *m)
{
	read_commit(r, m);
	m->commit.xid = cursor_u32(&r->c);
	m->commit.gid = cursor_str(&r->c);
}

/* r: flags, prepare_end_lsn, rollback_end_lsn, prepare and rollback time, xid, gid */
static void
read_rollback_prepared(struct reader *r, struct pgoutput_message *m)
{
	read_no_flags(r);
	m->commit.lsn = cursor_u64(&r->c);
	m->commit.end_lsn = cursor_u64(&r->c);
	m->commit.prepare_time_us = read_time(&r->c);
	m->commit.time_us = read_time(&r->c);
	m->commit.xid = cursor_u32(&r->c);
	m->commit.gid = cursor_str(&r->c);
}

struct wire_message {
	const char *name;
	void (*read)(struct reader *, struct pgoutput_message *);
	bool in_stream;		/* carries an xid between S and E */
};

static const struct wire_message wire_messages[UINT8_MAX + 1] = {
	[PGOUTPUT_BEGIN] = { "BEGIN", read_begin, false },
	[PGOUTPUT_COMMIT] = { "COMMIT", read_commit, false },
	[PGOUTPUT_ORIGIN] = { "ORIGIN", read_origin, false },
	[PGOUTPUT_RELATION] = { "RELATION", read_relation, true },
	[PGOUTPUT_TYPE] = { "TYPE", read_type, true },
	[PGOUTPUT_INSERT] = { "INSERT", read_insert, true },
	[PGOUTPUT_UPDATE] = { "UPDATE", read_update, true },
	[PGOUTPUT_DELETE] = { "DELETE", read_delete, true },
	[PGOUTPUT_TRUNCATE] = { "TRUNCATE", read_truncate, true },
	[PGOUTPUT_MESSAGE] = { "MESSAGE", read_logical, true },
	[PGOUTPUT_STREAM_START] = { "STREAM START", read_stream_start, false },
	[PGOUTPUT_STREAM_STOP] = { "STREAM STOP", read_stream_stop, false },
	[PGOUTPUT_STREAM_COMMIT] = { "STREAM COMMIT", read_stream_commit, false },
	[PGOUTPUT_STREAM_ABORT] = { "STREAM ABORT", read_stream_abort, false },
	[PGOUTPUT_BEGIN_PREPARE] = { "BEGIN PREPARE", read_begin_prepare, false },
	[PGOUTPUT_PREPARE] = { "PREPARE", read_prepare, false },
	[PGOUTPUT_STREAM_PREPARE] = { "STREAM PREPARE", read_prepare, false },
	[PGOUTPUT_COMMIT_PREPARED] = { "COMMIT PREPARED", read_commit_prepared, false },
	[PGOUTPUT_ROLLBACK_PREPARED] =
		{ "ROLLBACK PREPARED", read_rollback_prepared, false },
};

/* Says what is wrong with a message that is not done, and where. */
static int
fail_parse(const struct reader *r, const char *name, struct span data,
	struct fail *f)
{
	const char *what = r->wrong ? r->wrong
		: r->c.bad ? "truncated" : "bytes left over";

	return fail_set(f, FAIL_PROTOCOL,
		"pgoutput %s message of %zu bytes: %s at byte %zu", name,
		data.len, what, (size_t)((const char *)r->c.p - data.p));
}

int
pgoutput_parse(struct span data, bool in_stream,
	struct pgoutput_scratch *scratch, struct pgoutput_message *out,
	struct fail *f)
{
	struct reader r = { .c = cursor_of(data), .scratch = scratch };
	uint8_t type = cursor_u8(&r.c);
	const struct wire_message *wire = &wire_messages[type];

	if (r.c.bad)
		return fail_set(f, FAIL_PROTOCOL, "empty pgoutput message");
	if (!wire->read)
		return fail_set(f, FAIL_PROTOCOL,
			"unknown pgoutput message type 0x%02x", type);
	*out = (struct pgoutput_message){ .type = (enum pgoutput_type)type };
	if (in_stream && wire->in_stream)
		out->stream_xid = cursor_u32(&r.c);
	wire->read(&r, out);
	if (!cursor_done(&r.c))
		return fail_parse(&r, wire->name, data, f);
	return 0;
}

uint32_t
pgoutput_truncate_relid(const struct pgoutput_message *m, uint32_t i)
{
	uint32_t relid;

	memcpy(&relid, m->truncate.relids.p + (size_t)i * 4, sizeof(relid));
	return be32toh(relid);
}

const char *
pgoutput_name(int type)
{
	if (type < 0 || type > UINT8_MAX || !wire_messages[type].name)
		return "unknown";
	return wire_messages[type].name;
}
