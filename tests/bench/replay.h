/*
 * replay: recorded transactions through the decoder, without I/O.
 *
 * A recording is what record_frames.py wrote: payloads of CopyData, each
 * behind its length. It holds one transaction, which can be fed again and
 * again. What the catalogue would say of its table is that the first column is
 * the primary key.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "envelope.h"

#define REPLAY_NOW INT64_C(1700000000123456789)
#define REPLAY_RECORD_MAX ((size_t)1 << 30)

/* How far a frame is taken; each includes those before it. */
enum replay_stage { REPLAY_PARSE, REPLAY_CHANGE, REPLAY_VALUES, REPLAY_RECORD };

struct replay {
	char *bytes;
	size_t size;
	size_t rows;			/* changes in the recording */
	bool told;			/* its relation: the server does so once */
	struct plan_options plan;
	struct change_options options;
	struct change *change;
	struct envelope *envelope;
	struct arena arena;		/* of the values when no envelope is made */
	struct pgoutput_scratch scratch;
	uint64_t records, written;	/* so far, and their bytes */
};

static inline void
replay_die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static inline void
replay_load(struct replay *r, const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f || fseek(f, 0, SEEK_END))
		replay_die(path, "cannot be read");
	r->size = (size_t)ftell(f);
	r->bytes = malloc(r->size);
	rewind(f);
	if (!r->bytes || fread(r->bytes, 1, r->size, f) != r->size)
		replay_die(path, "cannot be read");
	fclose(f);
}

static inline void
replay_free(struct replay *r)
{
	change_free(r->change);
	envelope_free(r->envelope);
	arena_release(&r->arena);
	free(r->bytes);
	free(r);
}

static inline void
replay_facts(struct replay *r, const struct pgoutput_relation *def)
{
	struct column_fact columns[PGOUTPUT_MAX_COLUMNS];
	struct fail f = FAIL_INIT;
	struct facts facts = {
		.relid = def->relid, .found = true, .kind = 'r',
		.schema = def->schema, .table = def->name,
		.replica_identity = (char)def->replica_identity,
		.columns = columns, .ncolumns = def->ncols,
		.primary_key = { &def->cols[0].name, 1 },
	};

	for (uint16_t i = 0; i < def->ncols; i++)
		columns[i] = (struct column_fact){
			.name = def->cols[i].name, .type = def->cols[i].type,
			.typmod = def->cols[i].typmod, .not_null = i == 0 };
	change_facts(r->change, &facts, &f);
	if (f.kind)
		replay_die("facts", f.text);
	r->told = true;
}

/* What envelope_record does first: the columns of key and row as values. */
static inline int
replay_values(struct replay *r, const struct event *e, struct fail *f)
{
	struct value v;
	uint16_t column;

	arena_reset(&r->arena);
	if (plan_key(e->plan, e->key, e->old_row, &r->arena, &v, &column, f))
		return -1;
	if (e->op == EVENT_TOMBSTONE)
		return 0;
	if (e->before && plan_row(e->plan, e->before, NULL, &r->arena, &v,
			&column, f))
		return -1;
	return e->after && plan_row(e->plan, e->after, e->old_row, &r->arena,
		&v, &column, f) ? -1 : 0;
}

static inline int
replay_event(struct replay *r, struct event *e, enum replay_stage stage,
	struct fail *f)
{
	struct record record;
	uint16_t column;

	r->records++;
	if (stage == REPLAY_CHANGE)
		return 0;
	if (stage == REPLAY_VALUES)
		return replay_values(r, e, f);
	if (envelope_record(r->envelope, e, REPLAY_NOW, &record, &column, f))
		return -1;
	r->written += record.key.len + record.value.len;
	return 0;
}

static inline int
replay_frame(struct replay *r, struct span payload, enum replay_stage stage,
	struct fail *f)
{
	struct pgoutput_message m;
	struct frame frame;
	struct event e;
	int rc;

	if (frame_parse(payload, &frame, f))
		return -1;
	if (r->told && frame.data.p[0] == PGOUTPUT_RELATION)
		return 0;
	if (pgoutput_parse(frame.data, false, &r->scratch, &m, f))
		return -1;
	r->rows += m.type == PGOUTPUT_INSERT || m.type == PGOUTPUT_UPDATE ||
		m.type == PGOUTPUT_DELETE;
	if (stage == REPLAY_PARSE)
		return 0;
	rc = change_feed(r->change, &frame, &m, f);
	if (rc == CHANGE_NEED_FACTS)
		replay_facts(r, &m.relation);
	else if (rc)
		return -1;
	while (change_next(r->change, &e))
		if (replay_event(r, &e, stage, f))
			return -1;
	return 0;
}

/* Feeds the recording once. */
static inline void
replay_pass(struct replay *r, enum replay_stage stage)
{
	const char *p = r->bytes, *end = p + r->size;
	struct fail f = FAIL_INIT;

	r->rows = 0;
	while (p < end) {
		uint32_t n;

		memcpy(&n, p, sizeof(n));
		n = be32toh(n);
		p += sizeof(n);
		if (replay_frame(r, (struct span){ p, n }, stage, &f))
			replay_die("replay", f.text);
		p += n;
	}
}

/* Its relation is known, its plan compiled, and buffers are as large as they must be. */
static inline struct replay *
replay_new(const char *path, bool schemas)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		replay_die(path, "out of memory");
	replay_load(r, path);
	r->plan = (struct plan_options){
		.prefix = SPAN("inventory"), .delimiter = SPAN("."),
		.database = SPAN("inventory"), .version = SPAN("0.1.0"),
		.transaction_topic = SPAN("transaction"), .tombstones = true,
		.key_schemas = schemas, .value_schemas = schemas,
		.types = { .money_digits = 2,
			.unavailable = SPAN("__debezium_unavailable_value") },
	};
	r->options = (struct change_options){ .plan = &r->plan, .skipped = "t" };
	r->change = change_new(&r->options);
	r->envelope = envelope_new(&r->plan, REPLAY_RECORD_MAX);
	arena_init(&r->arena, REPLAY_RECORD_MAX);
	if (!r->change || !r->envelope)
		replay_die(path, "out of memory");
	replay_pass(r, REPLAY_RECORD);
	return r;
}

#endif
