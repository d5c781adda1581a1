#include "stamp.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define RECORD_MAX ((size_t)4 << 30)
#define MARK_LEN 4		/* "true", as it is rendered */

struct stamp_row {
	bool first;		/* of its table */
	bool leads;		/* the table is the first of all */
};

/* A row that waits, with its bytes. */
struct stamp_held {
	struct stamp_part *part;
	struct record record;
	struct buf bytes;
	struct stamp_row row;
};

struct stamp {
	struct sink *sink;
	struct track *track;
	bool begun;			/* a row was sent */
	bool spread;			/* a table is */
	unsigned open;			/* parts not acknowledged */
	struct stamp_held *last;	/* of a table that has ended */
	struct buf value;		/* with another mark */
};

struct stamp *
stamp_new(struct sink *sink, struct track *track, bool begun)
{
	struct stamp *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink = sink;
	s->track = track;
	s->begun = begun;
	buf_init(&s->value, RECORD_MAX);
	return s;
}

static void
free_held(struct stamp_held *h)
{
	if (!h)
		return;
	buf_release(&h->bytes);
	free(h);
}

void
stamp_free(struct stamp *s)
{
	if (!s)
		return;
	free_held(s->last);
	buf_release(&s->value);
	free(s);
}

void
stamp_begin_part(struct stamp *s, struct stamp_table *t, struct stamp_part *part)
{
	part->stamp = s;
	part->table = t;
	s->open++;
	t->open++;
}

void
stamp_forget_part(struct stamp_part *part)
{
	part->stamp->open--;
	part->table->open--;
	if (part->table->first == part)
		part->table->first = NULL;
}

static void
close_part(struct stamp *s, struct stamp_part *part)
{
	if (!part->ended || part->closed || part->sent < part->given ||
	    part->unit == TRACK_NONE)
		return;
	part->closed = true;
	track_close(s->track, part->unit, part->sent, 0);
}

void
stamp_end_part(struct stamp *s, struct stamp_part *part)
{
	part->ended = true;
	close_part(s, part);
}

static const char *
mark(const struct stamp *s, const struct stamp_row *row, bool last_of_table,
	bool last_of_all)
{
	if (last_of_all)
		return "last";
	if (!s->begun && row->leads)
		return "first";
	if (last_of_table)
		return "last_in_data_collection";
	return row->first ? "first_in_data_collection" : NULL;
}

static enum sink_result
send(struct stamp *s, struct stamp_part *part, const struct record *r,
	const char *name, struct fail *f)
{
	struct record copy = *r;
	enum sink_result result;

	if (name) {
		buf_reset(&s->value);
		buf_put(&s->value, r->value.p, r->marker);
		buf_put_str(&s->value, name);
		buf_put(&s->value, r->value.p + r->marker + MARK_LEN,
			r->value.len - r->marker - MARK_LEN);
		if (s->value.failed)
			return fail_set(f, FAIL_FATAL, "out of memory for a record");
		copy.value = buf_span(&s->value);
	}
	result = s->sink->ops->send(s->sink, &copy, part->unit, f);
	if (result != SINK_OK)
		return result;
	s->begun = true;
	if (part->sent++ == 0 && !part->table->first)
		part->table->first = part;
	close_part(s, part);
	return SINK_OK;
}

/* Everything sent of the part is acknowledged. */
static bool
is_back(const struct stamp *s, const struct stamp_part *part)
{
	return track_acks(s->track, part->unit) >= part->sent;
}

/* Nothing of this table, or of all, is under way that a last row could overtake. */
static bool
may_end(const struct stamp *s, const struct stamp_part *part, bool of_all)
{
	const struct stamp_table *t = part->table;

	if (!(of_all ? s->spread : t->spread))
		return true;
	return (of_all ? s->open : t->open) == 1 && is_back(s, part);
}

/* Nothing that is under way may be overtaken by other rows of the table. */
static bool
may_spread(struct stamp *s, struct stamp_table *t)
{
	if (!t->wide || t->spread || !t->begun)
		return true;
	t->spread = !t->first || is_back(s, t->first);
	s->spread |= t->spread;
	return t->spread;
}

/* The last row of a table that has ended turns out not to be the last of all. */
static enum sink_result
send_last(struct stamp *s, bool of_all, struct fail *f)
{
	struct stamp_held *h = s->last;
	enum sink_result result;

	if (!h)
		return SINK_OK;
	if (!may_end(s, h->part, of_all))
		return SINK_FULL;
	result = send(s, h->part, &h->record, mark(s, &h->row, true, of_all), f);
	if (result == SINK_OK) {
		free_held(h);
		s->last = NULL;
	}
	return result;
}

void
stamp_release_table(struct stamp_table *t)
{
	free_held(t->held);
	t->held = NULL;
}

/* The row held turns out not to be the last of its table. */
static enum sink_result
send_held(struct stamp *s, struct stamp_table *t, struct fail *f)
{
	struct stamp_held *h = t->held;
	enum sink_result result = send_last(s, false, f);

	if (!h || result != SINK_OK)
		return result;
	result = send(s, h->part, &h->record, mark(s, &h->row, false, false), f);
	if (result == SINK_OK)
		stamp_release_table(t);
	return result;
}

static struct span
keep(struct buf *b, struct span s)
{
	struct span copy = { b->p + b->len, s.len };

	if (!s.p)
		return s;
	buf_put_span(b, s);
	return copy;
}

static enum sink_result
hold(struct stamp_table *t, struct stamp_part *part, const struct record *r,
	struct fail *f)
{
	struct stamp_held *h = calloc(1, sizeof(*h));

	if (h)
		buf_init(&h->bytes, RECORD_MAX);
	if (!h || !buf_grow(&h->bytes, r->topic.len + r->key.len + r->value.len + 1)) {
		free_held(h);
		return fail_set(f, FAIL_FATAL, "out of memory for a record");
	}
	h->part = part;
	h->record = *r;
	h->record.topic = keep(&h->bytes, r->topic);
	h->record.key = keep(&h->bytes, r->key);
	h->record.value = keep(&h->bytes, r->value);
	h->row = (struct stamp_row){ !t->begun, t->leads };
	t->begun = true;
	t->held = h;
	part->given++;
	return SINK_OK;
}

enum sink_result
stamp_put(struct stamp *s, struct stamp_table *t, struct stamp_part *part,
	const struct record *r, bool more, struct fail *f)
{
	const struct stamp_row row = { !t->begun, t->leads };
	enum sink_result result = send_held(s, t, f);

	if (result != SINK_OK)
		return result;
	if (!may_spread(s, t))
		return SINK_FULL;
	if (!more)
		return hold(t, part, r, f);
	part->given++;
	result = send(s, part, r, mark(s, &row, false, false), f);
	if (result == SINK_OK)
		t->begun = true;
	else
		part->given--;
	return result;
}

enum sink_result
stamp_end_table(struct stamp *s, struct stamp_table *t, bool whole,
	struct fail *f)
{
	enum sink_result result;

	if (!t->held)
		return SINK_OK;
	if (!whole)
		return send_held(s, t, f);
	result = send_last(s, false, f);
	if (result != SINK_OK)
		return result;
	s->last = t->held;
	t->held = NULL;
	return SINK_OK;
}

enum sink_result
stamp_end(struct stamp *s, bool whole, struct fail *f)
{
	return send_last(s, whole, f);
}
