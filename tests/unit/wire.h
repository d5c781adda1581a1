/*
 * wire: pgoutput messages and catalogue facts for tests, written by hand.
 *
 * A row is a list of texts; NULL is a NULL, UNCHANGED an unchanged TOAST value.
 */
#ifndef WIRE_H
#define WIRE_H

#include "buf.h"
#include "facts.h"
#include "frame.h"
#include "pgoutput.h"

#define UNCHANGED ((const char *)1)
#define BINARY ((const char *)2)
#define ROW(...) (const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)

enum { OID_BOOL = 16, OID_INT4 = 23, OID_TEXT = 25, OID_POINT = 600, OID_LINE = 628 };

static inline void
wire_be(struct buf *b, uint64_t v, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		buf_putc(b, (char)(v >> (8 * i)));
}

static inline void
wire_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s) + 1);
}

static inline void
wire_begin(struct buf *b, lsn_t final_lsn, uint32_t xid)
{
	buf_reset(b);
	buf_putc(b, 'B');
	wire_be(b, final_lsn, 8);
	wire_be(b, 1000000 * (final_lsn & 0xff), 8);
	wire_be(b, xid, 4);
}

static inline void
wire_commit(struct buf *b, lsn_t lsn, lsn_t end)
{
	buf_reset(b);
	buf_put(b, "C", 2);
	wire_be(b, lsn, 8);
	wire_be(b, end, 8);
	wire_be(b, 1000000 * (lsn & 0xff), 8);
}

struct wire_column {
	const char *name;
	uint32_t type;
	bool identity;
};

static inline void
wire_relation(struct buf *b, uint32_t relid, const char *name, char identity,
	const struct wire_column *cols, size_t n)
{
	buf_reset(b);
	buf_putc(b, 'R');
	wire_be(b, relid, 4);
	wire_str(b, "public");
	wire_str(b, name);
	buf_putc(b, identity);
	wire_be(b, n, 2);
	for (size_t i = 0; i < n; i++) {
		buf_putc(b, cols[i].identity);
		wire_str(b, cols[i].name);
		wire_be(b, cols[i].type, 4);
		wire_be(b, 0xffffffff, 4);
	}
}

static inline void
wire_tuple(struct buf *b, char image, const char *const *row, size_t n)
{
	buf_putc(b, image);
	wire_be(b, n, 2);
	for (size_t i = 0; i < n; i++) {
		if (!row[i] || row[i] == UNCHANGED) {
			buf_putc(b, row[i] ? 'u' : 'n');
			continue;
		}
		buf_putc(b, row[i] == BINARY ? 'b' : 't');
		wire_be(b, row[i] == BINARY ? 1 : strlen(row[i]), 4);
		buf_put(b, row[i] == BINARY ? "\1" : row[i],
			row[i] == BINARY ? 1 : strlen(row[i]));
	}
}

/* The head of I, U or D; tuples follow by wire_tuple. */
static inline void
wire_change(struct buf *b, char type, uint32_t relid)
{
	buf_reset(b);
	buf_putc(b, type);
	wire_be(b, relid, 4);
}

static inline void
wire_message(struct buf *b, bool transactional, lsn_t lsn, const char *prefix,
	const char *content)
{
	buf_reset(b);
	buf_putc(b, 'M');
	buf_putc(b, transactional);
	wire_be(b, lsn, 8);
	wire_str(b, prefix);
	wire_be(b, strlen(content), 4);
	buf_put(b, content, strlen(content));
}

static inline void
wire_truncate(struct buf *b, const uint32_t *relids, size_t n)
{
	buf_reset(b);
	buf_putc(b, 'T');
	wire_be(b, n, 4);
	buf_putc(b, 0);
	for (size_t i = 0; i < n; i++)
		wire_be(b, relids[i], 4);
}

/* A table of one key column "id int4 not null" and "v text", as the catalogue knows it. */
static const struct wire_column wire_t_columns[] = {
	{ "id", OID_INT4, true }, { "v", OID_TEXT, false }
};
static const struct column_fact wire_t_facts[] = {
	{ .name = SPAN("id"), .type = OID_INT4, .typmod = -1, .not_null = true },
	{ .name = SPAN("v"), .type = OID_TEXT, .typmod = -1 }
};
static const struct span wire_t_key[] = { SPAN("id") };
static const struct type_fact wire_types[] = {
	{ .oid = OID_INT4, .schema = SPAN("pg_catalog"), .name = SPAN("int4"), .type = 'b', .category = 'N' },
	{ .oid = OID_TEXT, .schema = SPAN("pg_catalog"), .name = SPAN("text"), .type = 'b', .category = 'S' },
	{ .oid = OID_BOOL, .schema = SPAN("pg_catalog"), .name = SPAN("bool"), .type = 'b', .category = 'B' },
	{ .oid = OID_LINE, .schema = SPAN("pg_catalog"), .name = SPAN("line"), .type = 'b', .category = 'G' }
};

static inline struct facts
wire_facts(uint32_t relid)
{
	return (struct facts){
		.relid = relid, .found = true, .kind = 'r', .replica_identity = 'd',
		.schema = SPAN("public"), .table = SPAN("t"),
		.columns = wire_t_facts, .ncolumns = 2,
		.primary_key = { wire_t_key, 1 },
		.types = wire_types, .ntypes = 4
	};
}

#endif
