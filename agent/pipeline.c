#include "pipeline.h"

#include <stdlib.h>

#include "envelope.h"

struct pipeline {
	const struct pipeline_options *options;
	struct sink *sink;
	struct track *track;
	struct change *change;
	struct envelope *envelope;
	struct pgoutput_scratch *scratch;

	bool in_hand;			/* a frame is not finished */
	struct frame frame;		/* it */
	struct pgoutput_message message;	/* in it */
	bool rendered;			/* `record` was refused by the sink */
	struct record record;
	uint64_t message_records;	/* records of this message sent or skipped */

	lsn_t begun;			/* highest commit or lone message */
	lsn_t gate;			/* 0: none */
	bool at_gate;			/* nothing before it is left */
	bool held;			/* by it: the message in hand was not begun */

	uint64_t unit, unit_records;	/* TRACK_NONE: none open */
	/* Of the transaction that was cut off; final_lsn 0: none. */
	struct {
		lsn_t final_lsn;
		uint32_t xid;
		int64_t commit_us;
		uint64_t messages;	/* sent as a whole */
		uint64_t records;	/* sent of the message after them */
	} resume;
	int64_t now_ns;			/* 0: not asked yet in this turn */
	struct pipeline_counters counters;
};

struct pipeline *
pipeline_new(const struct pipeline_options *options, struct sink *sink,
	struct track *track)
{
	struct pipeline *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->options = options;
	p->sink = sink;
	p->track = track;
	p->unit = TRACK_NONE;
	p->scratch = malloc(sizeof *p->scratch);
	p->change = change_new(&options->change);
	p->envelope = envelope_new(options->change.plan, options->record_cap);
	if (!p->scratch || !p->change || !p->envelope) {
		pipeline_free(p);
		return NULL;
	}
	return p;
}

void
pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	envelope_free(p->envelope);
	change_free(p->change);
	free(p->scratch);
	free(p);
}

bool
pipeline_ready(const struct pipeline *p)
{
	return !p->in_hand;
}

const struct relation *
pipeline_wanted(const struct pipeline *p)
{
	return change_wanted(p->change);
}

const struct transaction *
pipeline_transaction(const struct pipeline *p)
{
	return change_transaction(p->change);
}

const struct pipeline_counters *
pipeline_counters(const struct pipeline *p)
{
	return &p->counters;
}

void
pipeline_set_xmin(struct pipeline *p, uint32_t xmin)
{
	envelope_set_xmin(p->envelope, xmin);
}

void
pipeline_set_last_commit(struct pipeline *p, lsn_t lsn)
{
	change_set_last_commit(p->change, lsn);
}

void
pipeline_turn(struct pipeline *p)
{
	p->now_ns = 0;
}

/*
 * A position alone does not name a transaction: after a failover to a standby
 * that had not received it all, another one may stand there.
 */
static bool
was_cut_off(const struct pipeline *p, const struct transaction *tx)
{
	return p->resume.final_lsn == tx->final_lsn &&
		p->resume.xid == tx->xid &&
		p->resume.commit_us == tx->commit_us;
}

/*
 * Something else than the transaction cut off begins: the server has gone past
 * it, or, when it crashed and forgot a position, back behind it. What is
 * repeated is then repeated without gaps.
 */
static bool
is_another(const struct pipeline *p)
{
	const struct pgoutput_message *m = &p->message;

	if (m->type == PGOUTPUT_BEGIN)
		return !was_cut_off(p, change_transaction(p->change));
	return m->type == PGOUTPUT_MESSAGE && !m->logical.transactional;
}

/*
 * True for what was already sent before the connection was lost. Part of a
 * message was sent only if it had several records. If it comes back as a plain
 * update, the facts of its table have changed, and the key is of other columns.
 */
static bool
sent_before(const struct pipeline *p, const struct event *event)
{
	const struct transaction *tx = change_transaction(p->change);

	if (!tx->open || !was_cut_off(p, tx))
		return false;
	if (tx->messages <= p->resume.messages)
		return true;
	return tx->messages == p->resume.messages + 1 &&
		p->message_records < p->resume.records &&
		event->op != EVENT_UPDATE;
}

static int
open_unit(struct pipeline *p, struct fail *f)
{
	if (p->unit != TRACK_NONE)
		return 0;
	p->unit = track_open(p->track);
	p->unit_records = 0;
	return p->unit != TRACK_NONE ? 0 :
		fail_set(f, FAIL_FATAL, "out of memory for a unit");
}

static enum pipeline_result
send_record(struct pipeline *p, struct fail *f)
{
	enum sink_result sent;

	if (open_unit(p, f) == -1)
		return PIPELINE_FAILED;
	sent = p->sink->ops->send(p->sink, &p->record, p->unit, f);
	if (sent == SINK_FAILED)
		return PIPELINE_FAILED;
	p->rendered = sent == SINK_FULL;
	if (sent == SINK_FULL)
		return PIPELINE_FULL;
	p->unit_records++;
	p->message_records++;
	p->counters.records++;
	return PIPELINE_DONE;
}

/* Renders the event; a plan that is too strict for it is relaxed first. */
static int
render(struct pipeline *p, struct event *event, struct fail *f)
{
	if (!p->now_ns)
		p->now_ns = p->options->unix_ns();
	for (;;) {
		uint16_t column = 0;
		int rc = envelope_record(p->envelope, event, p->now_ns,
			&p->record, &column, f);

		if (rc != PLAN_RELAX)
			return rc;
		if (change_relax(p->change, event->plan, column, f) == -1)
			return -1;
		if (!change_next(p->change, event))
			return fail_set(f, FAIL_FATAL, "event lost while its plan was relaxed");
	}
}

static void
close_unit(struct pipeline *p, lsn_t end)
{
	if (p->unit == TRACK_NONE)
		track_idle(p->track, end);
	else
		track_close(p->track, p->unit, p->unit_records, end);
	p->unit = TRACK_NONE;
}

static enum pipeline_result
finish_message(struct pipeline *p, struct fail *f)
{
	const struct pgoutput_message *m = &p->message;

	if (m->type == PGOUTPUT_COMMIT) {
		/* All of it may have been sent before: then its commit is news still. */
		if (p->resume.final_lsn && open_unit(p, f) == -1)
			return PIPELINE_FAILED;
		p->counters.transactions++;
		p->resume.final_lsn = 0;
		close_unit(p, m->commit.end_lsn);
	} else if (m->type == PGOUTPUT_MESSAGE && !m->logical.transactional) {
		close_unit(p, m->logical.lsn);
	}
	p->in_hand = false;
	return PIPELINE_DONE;
}

/* Sends what is left of the message in hand. */
static enum pipeline_result
send_events(struct pipeline *p, struct fail *f)
{
	struct event event;

	while (p->rendered || change_next(p->change, &event)) {
		enum pipeline_result sent;

		if (!p->rendered && sent_before(p, &event)) {
			p->message_records++;
			p->counters.skipped++;
			continue;
		}
		if (!p->rendered && render(p, &event, f) == -1)
			return PIPELINE_FAILED;
		sent = send_record(p, f);
		if (sent != PIPELINE_DONE)
			return sent;
	}
	return finish_message(p, f);
}

void
pipeline_set_gate(struct pipeline *p, lsn_t lsn)
{
	if (lsn != p->gate)
		p->at_gate = false;
	p->gate = lsn;
}

bool
pipeline_at_gate(const struct pipeline *p)
{
	return p->at_gate;
}

lsn_t
pipeline_begun(const struct pipeline *p)
{
	return p->begun;
}

/* Of what the message in hand begins; 0: nothing. */
static lsn_t
begins(const struct pipeline *p)
{
	const struct pgoutput_message *m = &p->message;

	if (m->type == PGOUTPUT_BEGIN)
		return m->begin.final_lsn;
	return m->type == PGOUTPUT_MESSAGE && !m->logical.transactional ?
		m->logical.lsn : 0;
}

static enum pipeline_result
begin_message(struct pipeline *p, struct fail *f)
{
	lsn_t lsn = begins(p);
	int rc;

	p->held = p->gate && lsn >= p->gate;
	p->at_gate |= p->held;
	if (p->held)
		return PIPELINE_HELD;
	if (lsn > p->begun)
		p->begun = lsn;
	rc = change_feed(p->change, &p->frame, &p->message, f);
	if (rc == -1)
		return PIPELINE_FAILED;
	if (rc == CHANGE_NEED_FACTS)
		return PIPELINE_NEED;
	if (is_another(p))
		p->resume.final_lsn = 0;
	return send_events(p, f);
}

static enum pipeline_result
take_message(struct pipeline *p, const struct frame *frame, struct fail *f)
{
	if (pgoutput_parse(frame->data, false, p->scratch, &p->message, f) == -1)
		return fail_context(f, "message at " LSN_FMT,
			LSN_ARG(frame->start));
	p->frame = *frame;
	p->in_hand = true;
	p->message_records = 0;
	return begin_message(p, f);
}

enum pipeline_result
pipeline_frame(struct pipeline *p, const struct frame *frame, struct fail *f)
{
	p->counters.frames++;
	if (frame->type == FRAME_XLOG) {
		p->counters.bytes += frame->data.len;
		return take_message(p, frame, f);
	}
	/* Inside a transaction a keepalive says nothing about what is confirmed. */
	if (!change_transaction(p->change)->open) {
		track_idle(p->track, frame->end);
		p->at_gate |= p->gate && frame->end >= p->gate;
	}
	return PIPELINE_DONE;
}

enum pipeline_result
pipeline_resume(struct pipeline *p, struct fail *f)
{
	if (!p->in_hand)
		return PIPELINE_DONE;
	if (p->held)
		return begin_message(p, f);
	if (change_wanted(p->change))
		return PIPELINE_NEED;
	return send_events(p, f);
}

int
pipeline_facts(struct pipeline *p, const struct facts *facts, struct fail *f)
{
	const struct plan *plan;

	f->kind = FAIL_NONE;
	plan = change_facts(p->change, facts, f);
	if (f->kind != FAIL_NONE)
		return -1;
	if (plan && p->options->on_plan)
		p->options->on_plan(p->options->self, plan,
			change_transaction(p->change)->final_lsn);
	return 0;
}

/* Notes how far the transaction came, unless it came further before. */
static void
note_cut_off(struct pipeline *p, const struct transaction *tx)
{
	/* A relation in hand is no part of the count of messages. */
	bool counted = p->in_hand && p->message.type != PGOUTPUT_RELATION;
	uint64_t messages = tx->messages - counted;
	uint64_t records = counted ? p->message_records : 0;

	if (was_cut_off(p, tx) && (messages < p->resume.messages ||
	    (messages == p->resume.messages && records <= p->resume.records)))
		return;
	p->resume.final_lsn = tx->final_lsn;
	p->resume.xid = tx->xid;
	p->resume.commit_us = tx->commit_us;
	p->resume.messages = messages;
	p->resume.records = records;
}

void
pipeline_disconnected(struct pipeline *p)
{
	const struct transaction *tx = change_transaction(p->change);

	if (tx->open)
		note_cut_off(p, tx);
	if (p->unit != TRACK_NONE)
		track_abandon(p->track, p->unit, p->unit_records);
	p->unit = TRACK_NONE;
	p->in_hand = p->rendered = p->held = false;
	change_reset(p->change);
}
