/*
 * sim_history: what a simulated database commits, and the records it must give.
 *
 * A history is a list of transactions and lone messages in the order of the
 * stream, with positions as a real log has them: rows of concurrent
 * transactions interleave, commits follow each other with or without a gap, a
 * COPY shares one position. Every record that must come out of it has an
 * index, in stream order. It grows while the simulation runs.
 */
#ifndef SIM_HISTORY_H
#define SIM_HISTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lsn.h"

struct rng { uint64_t state; };

/* 0..n-1 */
static inline unsigned
pick(struct rng *r, unsigned n)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ (z >> 31)) >> 32) % n;
}

static inline bool
one_in(struct rng *r, unsigned n)
{
	return pick(r, n) == 0;
}

/* Each table that is captured is a topic; then messages and bounds of transactions. */
enum { T_DEFAULT, T_FULL, T_NO_KEY, T_OTHER, TABLES };
enum { TOPIC_MESSAGES = T_OTHER, TOPIC_BOUNDS, TOPICS };

enum {
	MAX_TXS = 600, MAX_MESSAGES = 8000, MAX_RECORDS = 16000,
	CONCURRENT = 3, LONGEST = 60
};

enum sim_kind {
	SIM_INSERT, SIM_UPDATE, SIM_REKEY, SIM_DELETE, SIM_TRUNCATE,
	SIM_LOGICAL, SIM_LOGICAL_SKIPPED
};

struct sim_message {
	enum sim_kind kind;
	int table, version;	/* of its columns */
	lsn_t lsn;
	int id, old_id;
	bool null, unchanged;	/* column v */
	uint32_t number;	/* in the history; v is "m<number>" */
	uint32_t record, nrecords;
};

struct sim_record {
	int topic;
	char op;		/* '0': a tombstone; 'B', 'E': bounds */
	int key;		/* -1: none; of bounds: the transaction's xid */
	uint32_t place;		/* in its transaction, 0: none; of 'E': how many */
	uint32_t order;		/* in its topic */
	uint32_t sent, reported;	/* the process that did so last, 0: none */
	bool kept;		/* the broker has it for ever */
};

struct sim_tx {
	bool lone, origin;
	uint32_t xid;
	lsn_t at, end;		/* of the commit record, or of the lone message's */
	uint32_t message, nmessages;
	uint32_t record, nrecords;
};

/* A transaction in progress: its messages get their place when it commits. */
struct sim_draft {
	struct sim_message messages[LONGEST];
	unsigned count, left;
	bool origin;
};

struct history {
	struct rng *rng;
	bool tombstones, bounds;
	const char *skipped;	/* operations */
	uint32_t places;	/* events of the transaction so far */
	lsn_t wal;		/* the end of the log */
	int versions[TABLES];	/* of now */
	uint32_t numbers;
	struct sim_draft drafts[CONCURRENT];
	struct sim_tx txs[MAX_TXS];
	struct sim_message messages[MAX_MESSAGES];
	struct sim_record records[MAX_RECORDS];
	uint32_t ntxs, nmessages, nrecords;
	uint32_t lengths[TOPICS];	/* records of each topic */
};

static inline void
history_init(struct history *h, struct rng *rng)
{
	static const char *const skips[] = { "t", "c", "d", "u,t", "c,u,d,t" };

	h->rng = rng;
	h->tombstones = !one_in(rng, 4);
	h->bounds = one_in(rng, 3);
	h->skipped = one_in(rng, 2) ? "" : skips[pick(rng, 5)];
	h->wal = 0x1000000 + 8 * pick(rng, 1000);
	memset(h->versions, 0, sizeof h->versions);
	memset(h->lengths, 0, sizeof h->lengths);
	h->numbers = h->ntxs = h->nmessages = h->nrecords = 0;
}

static inline bool
history_full(const struct history *h, uint32_t txs)
{
	return h->ntxs >= txs || h->ntxs + 2 * CONCURRENT >= MAX_TXS ||
		h->nmessages + CONCURRENT * LONGEST >= MAX_MESSAGES ||
		h->nrecords + 3 * CONCURRENT * LONGEST >= MAX_RECORDS;
}

/* A record of the log, and sometimes a page header in front of the next. */
static inline lsn_t
advance_wal(struct history *h)
{
	lsn_t at = h->wal;

	h->wal += 8 * (1 + pick(h->rng, 16));
	return at;
}

static inline void
maybe_gap(struct history *h)
{
	if (one_in(h->rng, 4))
		h->wal += 24;
}

static inline void
draft_message(struct history *h, struct sim_draft *d)
{
	struct sim_message *m = &d->messages[d->count];
	static const enum sim_kind kinds[] = {
		SIM_INSERT, SIM_INSERT, SIM_INSERT, SIM_UPDATE, SIM_UPDATE,
		SIM_REKEY, SIM_REKEY, SIM_DELETE, SIM_TRUNCATE, SIM_LOGICAL,
		SIM_LOGICAL_SKIPPED
	};

	*m = (struct sim_message){ .number = h->numbers++ };
	m->kind = kinds[pick(h->rng, sizeof kinds / sizeof *kinds)];
	m->table = (int)pick(h->rng, TABLES);
	if (m->table == T_NO_KEY && m->kind <= SIM_DELETE)
		m->kind = SIM_INSERT;
	if (one_in(h->rng, 40))
		h->versions[m->table]++;	/* ALTER TABLE */
	m->version = h->versions[m->table];
	m->lsn = advance_wal(h);
	if (m->kind == SIM_INSERT && d->count > 0 && one_in(h->rng, 3))
		m->lsn = d->messages[d->count - 1].lsn;	/* COPY */
	m->id = (int)pick(h->rng, 20);
	m->old_id = m->kind == SIM_REKEY ? m->id + 100 : m->id;
	m->null = one_in(h->rng, 8);
	m->unchanged = !m->null && m->kind == SIM_UPDATE && one_in(h->rng, 4);
	d->count++;
	d->left--;
}

static inline void
add_record(struct history *h, int topic, char op, int key)
{
	if (strchr(h->skipped, op) && topic != TOPIC_BOUNDS)
		return;
	if (op != '0' && op != 'B' && op != 'E')
		h->places++;
	h->records[h->nrecords++] = (struct sim_record){
		.topic = topic, .op = op, .key = key,
		.place = op == '0' ? 0 : h->places,
		.order = h->lengths[topic]++ };
}

/* What a Debezium consumer must see of the message. */
static inline void
add_records(struct history *h, struct sim_message *m)
{
	int key = m->table == T_NO_KEY ? -1 : m->id;

	m->record = h->nrecords;
	if (m->kind == SIM_TRUNCATE) {
		add_record(h, T_DEFAULT, 't', -1);
		add_record(h, T_FULL, 't', -1);
	} else if (m->kind == SIM_LOGICAL) {
		add_record(h, TOPIC_MESSAGES, 'm', -1);
	} else if (m->kind != SIM_LOGICAL_SKIPPED && m->table != T_OTHER) {
		if (m->kind == SIM_REKEY || m->kind == SIM_DELETE) {
			add_record(h, m->table, 'd', m->old_id);
			if (h->tombstones && !strchr(h->skipped, 'd'))
				add_record(h, m->table, '0', m->old_id);
		}
		if (m->kind == SIM_UPDATE)
			add_record(h, m->table, 'u', key);
		else if (m->kind != SIM_DELETE)
			add_record(h, m->table, 'c', key);
	}
	m->nrecords = h->nrecords - m->record;
}

static inline void
append(struct history *h, const struct sim_message *messages, unsigned count,
	struct sim_tx tx)
{
	tx.xid = 700 + h->ntxs;
	tx.message = h->nmessages;
	tx.nmessages = count;
	tx.record = h->nrecords;
	h->places = 0;
	if (h->bounds && !tx.lone)
		add_record(h, TOPIC_BOUNDS, 'B', (int)tx.xid);
	for (unsigned i = 0; i < count; i++) {
		h->messages[h->nmessages] = messages[i];
		add_records(h, &h->messages[h->nmessages++]);
	}
	if (h->bounds && !tx.lone)
		add_record(h, TOPIC_BOUNDS, 'E', (int)tx.xid);
	tx.nrecords = h->nrecords - tx.record;
	if (tx.lone && tx.nrecords)
		h->records[tx.record].place = 0;
	h->txs[h->ntxs++] = tx;
}

static inline void
append_commit(struct history *h, struct sim_draft *d)
{
	struct sim_tx tx = { .origin = d->origin, .at = advance_wal(h) };

	tx.end = h->wal;
	append(h, d->messages, d->count, tx);
	maybe_gap(h);
}

/* pg_logical_emit_message(false, ...): its position is the end of its record. */
static inline void
append_lone(struct history *h)
{
	struct sim_tx tx = { .lone = true, .at = advance_wal(h) };
	struct sim_message m = { .number = h->numbers++ };

	m.kind = one_in(h->rng, 3) ? SIM_LOGICAL_SKIPPED : SIM_LOGICAL;
	m.lsn = tx.end = h->wal;
	append(h, &m, 1, tx);
	maybe_gap(h);
}

/* One to three transactions at the same time, and what happens between them. */
static inline void
history_grow(struct history *h)
{
	unsigned open = 1 + pick(h->rng, CONCURRENT), n = open;
	bool done[CONCURRENT] = { false };

	for (unsigned i = 0; i < n; i++) {
		h->drafts[i].count = 0;
		h->drafts[i].left = one_in(h->rng, 20) ? LONGEST :
			pick(h->rng, 7);
		h->drafts[i].origin = one_in(h->rng, 10);
	}
	while (open > 0) {
		unsigned i = pick(h->rng, n);

		if (done[i])
			continue;
		if (one_in(h->rng, 30))
			append_lone(h);
		if (h->drafts[i].left > 0) {
			draft_message(h, &h->drafts[i]);
			continue;
		}
		append_commit(h, &h->drafts[i]);
		done[i] = true;
		open--;
	}
}

#endif
