/*
 * sim_server: a walsender and its slot over a simulated history.
 *
 * It follows what was measured on real servers: a session starts at the larger
 * of the position asked for and the slot's, and skips what has its commit
 * record before that; relations are announced once per session, when their
 * columns changed, and now and then for no reason; the slot's position is on
 * disk only now and then, so a crash of the server can take it back.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "sim_history.h"
#include "wire.h"

#define RELID(table) (uint32_t)(500 + (table))

struct server {
	struct history *h;
	lsn_t confirmed, on_disk;	/* the slot */
	/* The session. */
	bool up;
	lsn_t start;
	uint32_t tx;		/* being sent, or next */
	int step;		/* -1: BEGIN is next; then messages, then COMMIT */
	bool origin_sent, announced;
	int told[TABLES];	/* version + 1; 0: not in this session */
	/* The frame sent last: its message, NULL if it is none, and its records. */
	const struct sim_message *message;
	uint32_t record, nrecords;
	bool ended;		/* the frame sent last ended its transaction */
	lsn_t sent;		/* nothing before it is still to come */
	/* The catalogue of now. */
	unsigned epoch;
	char comment[32];
	struct column_fact facts[4];
};

static inline void
server_init(struct server *s, struct history *h)
{
	*s = (struct server){ .h = h, .confirmed = h->wal, .on_disk = h->wal };
}

static inline void
server_connect(struct server *s, lsn_t asked)
{
	s->up = true;
	s->ended = false;
	s->start = asked > s->confirmed ? asked : s->confirmed;
	s->sent = s->confirmed;
	s->step = -1;
	memset(s->told, 0, sizeof s->told);
	for (s->tx = 0; s->tx < s->h->ntxs && s->h->txs[s->tx].at < s->start;)
		s->tx++;
}

static inline void
server_status(struct server *s, lsn_t flushed)
{
	if (flushed > s->confirmed)
		s->confirmed = flushed;
}

/* Inside a transaction, or between two. */
static inline struct frame
server_keepalive(struct server *s)
{
	struct history *h = s->h;
	lsn_t room, last = h->wal;

	if (s->tx < h->ntxs)
		last = h->txs[s->tx].at;
	room = last > s->sent ? last - s->sent : 0;
	if (room && !one_in(h->rng, 3))
		room = pick(h->rng, (unsigned)room + 1);
	if (s->step == -1)
		s->sent += room;
	return (struct frame){ .type = FRAME_KEEPALIVE,
		.end = s->step == -1 ? s->sent : s->sent + room };
}

static inline size_t
columns_of(int table, int version, struct wire_column cols[4])
{
	size_t n = 2 + (size_t)version % 3;

	cols[0] = (struct wire_column){ "id", OID_INT4,
		table == T_DEFAULT || table == T_FULL };
	cols[1] = (struct wire_column){ "v", OID_TEXT, table == T_FULL };
	cols[2] = (struct wire_column){ "more", OID_TEXT, table == T_FULL };
	cols[3] = (struct wire_column){ "still_more", OID_INT4, table == T_FULL };
	return n;
}

static inline void
put_relation(struct server *s, struct buf *b, int table, int version)
{
	static const char names[TABLES][8] = { "t0", "t1", "t2", "other" };
	static const char identities[TABLES] = { 'd', 'f', 'n', 'd' };
	struct wire_column cols[4];
	size_t n = columns_of(table, version, cols);

	s->told[table] = version + 1;
	wire_relation(b, RELID(table), names[table], identities[table], cols, n);
}

static inline void
put_row(struct buf *b, const struct sim_message *m, char image, int id)
{
	char key[16], v[16];
	const char *row[4] = { key, v, "more", NULL };
	size_t n = 2 + (size_t)m->version % 3;

	snprintf(key, sizeof key, "%d", id);
	snprintf(v, sizeof v, "m%u", m->number);
	if (m->null)
		row[1] = NULL;
	if (image == 'K')
		row[1] = row[2] = NULL;
	else if (image == 'N' && m->unchanged)
		row[1] = UNCHANGED;
	wire_tuple(b, image, row, n);
}

static inline void
put_change(struct buf *b, const struct sim_message *m)
{
	static const char types[] = { 'I', 'U', 'U', 'D' };
	char old = m->table == T_FULL ? 'O' : 'K';

	wire_change(b, types[m->kind], RELID(m->table));
	if (m->kind == SIM_REKEY || m->kind == SIM_DELETE ||
	    (m->kind == SIM_UPDATE && m->table == T_FULL))
		put_row(b, m, old, m->old_id);
	if (m->kind != SIM_DELETE)
		put_row(b, m, 'N', m->id);
}

static inline void
put_message(struct buf *b, const struct sim_message *m, bool lone)
{
	static const uint32_t relids[] = {
		RELID(T_DEFAULT), RELID(T_OTHER), RELID(T_FULL)
	};
	char content[16];

	snprintf(content, sizeof content, "m%u", m->number);
	if (m->kind == SIM_TRUNCATE)
		wire_truncate(b, relids, 3);
	else if (m->kind < SIM_TRUNCATE)
		put_change(b, m);
	else
		wire_message(b, !lone, m->lsn,
			m->kind == SIM_LOGICAL ? "p" : "skip", content);
}

/* The relation that must be announced before `m`, or -1. */
static inline int
to_announce(struct server *s, const struct sim_message *m)
{
	static const int truncated[] = { T_DEFAULT, T_OTHER, T_FULL };

	if (m->kind == SIM_TRUNCATE) {
		for (int i = 0; i < 3; i++)
			if (!s->told[truncated[i]])
				return truncated[i];
		return -1;
	}
	if (m->kind > SIM_TRUNCATE)
		return -1;
	if (s->told[m->table] != m->version + 1)
		return m->table;
	/* After ANALYZE, GRANT, CREATE INDEX, ... */
	if (!s->announced && one_in(s->h->rng, 25)) {
		s->announced = true;
		return m->table;
	}
	return -1;
}

static inline void
show_message(struct server *s, const struct sim_message *m)
{
	s->message = m;
	s->record = m->record;
	s->nrecords = m->nrecords;
}

static inline lsn_t
next_in_transaction(struct server *s, const struct sim_tx *tx, struct buf *b)
{
	const struct sim_message *m = &s->h->messages[tx->message + (uint32_t)s->step];
	int table;

	if (tx->origin && !s->origin_sent) {
		s->origin_sent = true;
		buf_reset(b);
		buf_putc(b, 'O');
		wire_be(b, tx->at, 8);
		wire_str(b, "elsewhere");
		return 0;
	}
	table = to_announce(s, m);
	if (table != -1) {
		put_relation(s, b, table, m->kind == SIM_TRUNCATE ? 0 : m->version);
		return 0;
	}
	put_message(b, m, false);
	show_message(s, m);
	s->announced = false;
	s->step++;
	return m->lsn;
}

/* The next message, with its bytes in `b`; false: all was sent. */
static inline bool
server_next(struct server *s, struct buf *b, lsn_t *lsn)
{
	const struct sim_tx *tx = &s->h->txs[s->tx];

	s->message = NULL;
	s->nrecords = 0;
	s->ended = false;
	if (s->tx == s->h->ntxs)
		return false;
	if (tx->lone) {
		show_message(s, &s->h->messages[tx->message]);
		put_message(b, s->message, true);
		*lsn = s->sent = tx->end;
		s->ended = true;
		s->tx++;
	} else if (s->step == -1) {
		wire_begin(b, tx->at, tx->xid);
		s->origin_sent = s->announced = false;
		s->record = tx->record;
		s->nrecords = s->h->bounds;
		*lsn = tx->at;
		s->step = 0;
	} else if ((uint32_t)s->step < tx->nmessages) {
		*lsn = next_in_transaction(s, tx, b);
	} else {
		wire_commit(b, tx->at, tx->end);
		s->record = tx->record + tx->nrecords - 1;
		s->nrecords = s->h->bounds;
		*lsn = s->sent = tx->end;
		s->ended = true;
		s->tx++;
		s->step = -1;
	}
	return true;
}

/* What the catalogue says now, whatever the columns were then. */
static inline struct facts
server_facts(struct server *s, uint32_t relid)
{
	struct facts f = wire_facts(relid);
	int table = (int)(relid - RELID(0));
	struct wire_column cols[4];
	size_t n = columns_of(table, s->h->versions[table], cols);

	snprintf(s->comment, sizeof s->comment, "epoch %u", s->epoch / 2);
	f.comment = span_of(s->comment);
	for (size_t i = 0; i < n; i++)
		s->facts[i] = (struct column_fact){ .name = span_of(cols[i].name),
			.type = cols[i].type, .typmod = -1,
			.not_null = i == 0 || (s->epoch & 1) };
	f.columns = s->facts;
	f.ncolumns = n;
	if (table == T_NO_KEY)
		f.primary_key.count = 0;
	if (table == T_DEFAULT && s->epoch % 7 == 0)	/* dropped by now */
		f = (struct facts){ .relid = relid };
	return f;
}

#endif
