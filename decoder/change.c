#include "change.h"

#include <stdio.h>
#include <stdlib.h>

#include "quote.h"

struct change {
	const struct change_options *options;
	struct relation_set *relations;
	struct transaction tx;
	struct buf origin;
	struct tally *tally;		/* NULL: boundaries are not told */
	bool counted;			/* the event given last is in it */
	struct relation *wanted;	/* waits for its facts */
	struct pgoutput_message message;	/* the one being taken apart */
	lsn_t lsn;			/* its own */
	const struct plan *plan;	/* of the row in it, NULL: nothing to give */
	unsigned step;			/* events taken */
	bool last;			/* and there are no more */
};

/* The name of an origin, from pg_replication_origin: short in practice. */
#define ORIGIN_MAX 4096
/* All logical messages of a transaction are counted together. */
static const struct span message_collection = SPAN("LOGICAL_DECODING_MESSAGE");
/* "schema.table": two names of at most 63 bytes, unless a server is built otherwise. */
#define NAME_MAX_SIZE 512

struct change *
change_new(const struct change_options *options)
{
	struct change *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->options = options;
	buf_init(&c->origin, ORIGIN_MAX);
	c->relations = relation_set_new(options->plans ? options->plans :
		RELATION_PLANS);
	c->tx.tally = c->tally = options->boundaries ? tally_new() : NULL;
	if (!c->relations || (options->boundaries && !c->tally)) {
		change_free(c);
		return NULL;
	}
	return c;
}

void
change_free(struct change *c)
{
	if (!c)
		return;
	relation_set_free(c->relations);
	tally_free(c->tally);
	buf_release(&c->origin);
	free(c);
}

void
change_reset(struct change *c)
{
	relation_set_reset(c->relations);
	c->tx.open = false;
	c->wanted = NULL;
	c->plan = NULL;
	c->message = (struct pgoutput_message){ .type = PGOUTPUT_TYPE };
}

void
change_set_last_commit(struct change *c, lsn_t lsn)
{
	c->tx.last_commit = lsn;
}

const struct transaction *
change_transaction(const struct change *c)
{
	return &c->tx;
}

const struct relation *
change_wanted(const struct change *c)
{
	return c->wanted;
}

static int
illegal(const struct pgoutput_message *m, lsn_t lsn, const char *why,
	struct fail *f)
{
	return fail_set(f, FAIL_PROTOCOL, "%s message at " LSN_FMT ": %s",
		pgoutput_name(m->type), LSN_ARG(lsn), why);
}

static int
begin(struct change *c, const struct pgoutput_message *m, struct fail *f)
{
	if (c->tx.open)
		return illegal(m, m->begin.final_lsn,
			"the transaction before it has not ended", f);
	c->tx.serial++;
	c->tx.open = true;
	c->tx.xid = m->begin.xid;
	c->tx.final_lsn = m->begin.final_lsn;
	c->tx.commit_us = m->begin.time_us;
	c->tx.messages = 1;
	if (c->tally)
		tally_reset(c->tally);
	c->tx.origin = (struct span){ NULL, 0 };
	c->tx.origin_lsn = 0;
	return 0;
}

static void
close_transaction(struct change *c)
{
	c->tx.open = false;
	c->tx.last_commit = c->message.commit.end_lsn;
}

static int
commit(struct change *c, const struct pgoutput_message *m, struct fail *f)
{
	if (!c->tx.open)
		return illegal(m, m->commit.lsn, "no transaction is open", f);
	if (m->commit.lsn != c->tx.final_lsn)
		return illegal(m, m->commit.lsn,
			"it is not the commit that BEGIN announced", f);
	c->tx.messages++;
	if (!c->tally)
		close_transaction(c);
	return 0;
}

static int
origin(struct change *c, const struct pgoutput_message *m, struct fail *f)
{
	if (!c->tx.open || c->tx.messages > 1)
		return illegal(m, c->lsn, "it must follow BEGIN", f);
	buf_reset(&c->origin);
	buf_put_span(&c->origin, m->origin.name);
	c->tx.origin = buf_span(&c->origin);
	c->tx.origin_lsn = m->origin.lsn;
	return 0;
}

/* What is not UTF-8 cannot be a topic's name nor stand in a record. */
static int
check_name(struct span name, struct fail *f)
{
	struct buf b;
	int rc;

	buf_init(&b, quote_json_room(NAME_MAX_SIZE));
	rc = quote_json(&b, name, NULL);
	if (rc == -1) {
		buf_reset(&b);
		filter_escape(&b, name);
		fail_set(f, FAIL_CONFIG, "table %.*s: its name is not UTF-8 (a byte is "
			"written here as \\x and two digits), so no record can name it; "
			"exclude it with a pattern in postgres.tables that matches the "
			"name as it is written here", SPAN_ARG(buf_span(&b)));
	}
	buf_release(&b);
	return rc;
}

/* Its name is in `tables`, and can be published. 1, 0 or -1. */
static int
is_captured(const struct change *c, struct span name, struct fail *f)
{
	int rc = filter_try(c->options->tables, name, f);

	if (rc == -1)
		return fail_context(f, "table %.*s: postgres.tables", SPAN_ARG(name));
	return rc == 1 && check_name(name, f) == -1 ? -1 : rc;
}

static int
relation(struct change *c, const struct pgoutput_message *m, struct fail *f)
{
	struct relation *r = relation_tell(c->relations, &m->relation, f);
	char name[NAME_MAX_SIZE];
	int n, captured;

	if (!r)
		return -1;
	n = snprintf(name, sizeof name, "%.*s.%.*s", SPAN_ARG(r->def.schema),
		SPAN_ARG(r->def.name));
	if (n < 0 || (size_t)n >= sizeof name)
		return illegal(m, c->lsn, "its name is too long", f);
	captured = is_captured(c, (struct span){ name, (size_t)n }, f);
	r->captured = captured == 1;
	if (captured != 1)
		return captured;
	c->wanted = r;
	return CHANGE_NEED_FACTS;
}

static bool
skipped(const struct change *c, enum event_op op)
{
	return strchr(c->options->skipped, (int)op) != NULL;
}

/* Room to count the events of a collection, if they are counted. */
static int
meet(struct change *c, struct span collection, struct fail *f)
{
	return c->tally ? tally_meet(c->tally, collection, f) : 0;
}

/* Its events need a plan, and room to be counted. 0, CHANGE_NEED_FACTS or -1. */
static int
prepare(struct change *c, struct relation *r, struct fail *f)
{
	if (r->plan)
		return meet(c, r->plan->collection, f);
	c->wanted = r;
	return CHANGE_NEED_FACTS;
}

static int
prepare_row(struct change *c, struct fail *f)
{
	struct relation *r = relation_get(c->relations, c->message.row.relid);

	c->plan = r->plan;
	return prepare(c, r, f);
}

static int
prepare_truncate(struct change *c, struct fail *f)
{
	const struct pgoutput_message *m = &c->message;
	int rc = 0;

	if (skipped(c, EVENT_TRUNCATE))
		return 0;
	for (uint32_t i = 0; rc == 0 && i < m->truncate.nrels; i++) {
		struct relation *r = relation_get(c->relations,
			pgoutput_truncate_relid(m, i));

		if (r->captured)
			rc = prepare(c, r, f);
	}
	return rc;
}

/*
 * Chooses the plan of a row message; none if its table or operation is not
 * wanted. Of an update only its events tell: a new key makes it d and c.
 */
static int
row(struct change *c, const struct pgoutput_message *m, enum event_op op,
	struct fail *f)
{
	struct relation *r;

	if (!c->tx.open)
		return illegal(m, c->lsn, "no transaction is open", f);
	c->tx.messages++;
	r = relation_get(c->relations, m->row.relid);
	if (!r) {
		char why[64];

		snprintf(why, sizeof why, "relation %u was not announced",
			m->row.relid);
		return illegal(m, c->lsn, why, f);
	}
	if (!r->captured || (op != EVENT_UPDATE && skipped(c, op)))
		return 0;
	return prepare_row(c, f);
}

static int
truncate(struct change *c, const struct pgoutput_message *m, struct fail *f)
{
	if (!c->tx.open)
		return illegal(m, c->lsn, "no transaction is open", f);
	for (uint32_t i = 0; i < m->truncate.nrels; i++) {
		const struct relation *r = relation_get(c->relations,
			pgoutput_truncate_relid(m, i));

		if (!r)
			return illegal(m, c->lsn,
				"one of its relations was not announced", f);
	}
	c->tx.messages++;
	return prepare_truncate(c, f);
}

static int
logical(struct change *c, const struct pgoutput_message *m,
	const struct frame *frame, struct fail *f)
{
	if (m->logical.transactional != c->tx.open)
		return illegal(m, c->lsn, c->tx.open ?
			"not transactional, but inside a transaction" :
			"transactional, but no transaction is open", f);
	if (m->logical.transactional) {
		c->tx.messages++;
		return meet(c, message_collection, f);
	}
	/* A lone message is a unit of its own, and counts as a commit in source.sequence. */
	c->tx.serial++;
	c->tx.last_commit = m->logical.lsn;
	if (c->tx.commit_us == 0)
		c->tx.commit_us = frame->sent_us;
	return 0;
}

int
change_feed(struct change *c, const struct frame *frame,
	const struct pgoutput_message *m, struct fail *f)
{
	c->message = *m;
	c->lsn = frame->start;
	c->plan = NULL;
	c->step = 0;
	c->last = false;
	relation_set_trim(c->relations);
	switch (m->type) {
	case PGOUTPUT_BEGIN:
		return begin(c, m, f);
	case PGOUTPUT_COMMIT:
		return commit(c, m, f);
	case PGOUTPUT_ORIGIN:
		return origin(c, m, f);
	case PGOUTPUT_RELATION:
		return relation(c, m, f);
	case PGOUTPUT_TYPE:
		return 0;	/* the catalogue tells more */
	case PGOUTPUT_INSERT:
		return row(c, m, EVENT_CREATE, f);
	case PGOUTPUT_UPDATE:
		return row(c, m, EVENT_UPDATE, f);
	case PGOUTPUT_DELETE:
		return row(c, m, EVENT_DELETE, f);
	case PGOUTPUT_TRUNCATE:
		return truncate(c, m, f);
	case PGOUTPUT_MESSAGE:
		return logical(c, m, frame, f);
	default:
		return illegal(m, c->lsn, "protocol version 1 has no such message", f);
	}
}

const struct plan *
change_facts(struct change *c, const struct facts *facts, struct fail *f)
{
	struct relation *r = c->wanted;
	int rc = relation_facts(c->relations, r, c->options->plan, facts, f);

	c->wanted = NULL;
	if (rc == -1)
		return NULL;
	if (c->message.type == PGOUTPUT_TRUNCATE) {
		if (prepare_truncate(c, f) == -1)
			return NULL;
	} else if (c->message.type != PGOUTPUT_RELATION) {
		if (prepare_row(c, f) == -1)
			return NULL;
	}
	return rc == 1 ? r->plan : NULL;
}

int
change_relax(struct change *c, const struct plan *plan, uint16_t column,
	struct fail *f)
{
	struct relation *r = relation_get(c->relations, plan->relid);

	if (relation_relax(r, c->options->plan, column, f) == -1)
		return -1;
	c->plan = r->plan;
	c->step--;
	c->last = false;
	if (c->counted)
		tally_undo(c->tally);
	return 0;
}

static const struct pgoutput_tuple *
sent(const struct pgoutput_tuple *tuple)
{
	return tuple->image == PGOUTPUT_NONE ? NULL : tuple;
}

static bool
next_insert(struct change *c, struct event *e)
{
	e->op = EVENT_CREATE;
	e->after = e->key = &c->message.row.new_row;
	c->last = true;
	return true;
}

static void
make_delete(const struct change *c, struct event *e, bool tombstone)
{
	e->op = tombstone ? EVENT_TOMBSTONE : EVENT_DELETE;
	e->before = e->key = &c->message.row.old_row;
}

static bool
next_delete(struct change *c, struct event *e)
{
	if (c->step > (c->options->plan->tombstones ? 1u : 0u))
		return false;
	make_delete(c, e, c->step == 1);
	return true;
}

/* A row whose key changes is deleted under the old key and created under the new one. */
static bool
next_rekey(struct change *c, struct event *e)
{
	unsigned deletes = skipped(c, EVENT_DELETE) ? 0 :
		c->options->plan->tombstones ? 2 : 1;

	if (c->step < deletes) {
		make_delete(c, e, c->step == 1);
		e->link = LINK_NEW_KEY;
		e->other_key = &c->message.row.new_row;
		return true;
	}
	if (c->step > deletes || skipped(c, EVENT_CREATE))
		return false;
	e->op = EVENT_CREATE;
	e->after = e->key = &c->message.row.new_row;
	e->link = LINK_OLD_KEY;
	e->other_key = &c->message.row.old_row;
	return true;
}

static bool
next_update(struct change *c, struct event *e)
{
	const struct pgoutput_message *m = &c->message;

	e->old_row = sent(&m->row.old_row);
	if (c->options->skip_unchanged && c->step == 0 &&
	    !plan_row_changed(c->plan, e->old_row, &m->row.new_row))
		return false;
	if (plan_key_changed(c->plan, e->old_row, &m->row.new_row))
		return next_rekey(c, e);
	if (skipped(c, EVENT_UPDATE))
		return false;
	e->op = EVENT_UPDATE;
	e->before = e->old_row;
	e->after = e->key = &m->row.new_row;
	c->last = true;
	return true;
}

/* One event per captured table; `step` counts relations, also those passed over. */
static bool
next_truncate(struct change *c, struct event *e)
{
	const struct pgoutput_message *m = &c->message;

	if (skipped(c, EVENT_TRUNCATE))
		return false;
	for (; c->step < m->truncate.nrels; c->step++) {
		struct relation *r = relation_get(c->relations,
			pgoutput_truncate_relid(m, c->step));

		if (r->captured) {
			e->op = EVENT_TRUNCATE;
			e->plan = r->plan;
			meet(c, r->plan->collection, NULL);	/* has been met */
			return true;
		}
	}
	return false;
}

static bool
next_message(struct change *c, struct event *e)
{
	const struct pgoutput_message *m = &c->message;

	if (c->step > 0 || !filter_pass(c->options->prefixes, m->logical.prefix))
		return false;
	e->op = EVENT_MESSAGE;
	e->prefix = m->logical.prefix;
	e->content = m->logical.content;
	e->in_tx = m->logical.transactional;
	return true;
}

/* BEGIN or COMMIT: one event, if it is told. */
static bool
next_boundary(struct change *c, struct event *e, enum event_op op)
{
	if (c->tally && c->step == 0) {
		e->op = op;
		return true;
	}
	if (op == EVENT_END && c->tx.open)
		close_transaction(c);
	return false;
}

static bool
next(struct change *c, struct event *e)
{
	switch (c->message.type) {
	case PGOUTPUT_INSERT:
		return c->plan && next_insert(c, e);
	case PGOUTPUT_UPDATE:
		return c->plan && next_update(c, e);
	case PGOUTPUT_DELETE:
		return c->plan && next_delete(c, e);
	case PGOUTPUT_TRUNCATE:
		return next_truncate(c, e);
	case PGOUTPUT_MESSAGE:
		return next_message(c, e);
	case PGOUTPUT_BEGIN:
		return next_boundary(c, e, EVENT_BEGIN);
	case PGOUTPUT_COMMIT:
		return next_boundary(c, e, EVENT_END);
	default:
		return false;
	}
}

/* Tombstones and boundaries have no place of their own in the transaction. */
static void
count(struct change *c, struct event *e)
{
	c->counted = e->in_tx && e->op != EVENT_TOMBSTONE &&
		e->op != EVENT_BEGIN && e->op != EVENT_END;
	if (!c->counted)
		return;
	e->collection_order = tally_count(c->tally);
	e->total_order = tally_total(c->tally);
}

bool
change_next(struct change *c, struct event *out)
{
	if (c->last)
		return false;
	memset(out, 0, sizeof *out);
	out->plan = c->plan;
	out->lsn = c->lsn;
	out->tx = &c->tx;
	out->in_tx = true;
	if (!next(c, out))
		return false;
	c->step++;
	if (c->tally)
		count(c, out);
	return true;
}
