#include "round.h"

#include <stdlib.h>

#include "agenda.h"
#include "log.h"
#include "loop.h"
#include "part.h"
#include "sink_lanes.h"

#define RECORDS_PER_STEP 4000
#define RETRY_US 500000
#define FULL_US 300
#define SAY_US 5000000

/* What a reader is at. */
struct desk {
	struct reader *reader;
	struct agenda_table *table;		/* NULL: nothing */
	struct agenda_file *file;		/* NULL: the table's statement */
	struct reader_job job;
	struct part *part;
	uint64_t part_bytes;
	size_t next;			/* record of the batch at hand */
	uint8_t lane;			/* for it, if its table is spread */
};

struct repeat {
	struct agenda_table *table;
	struct agenda_file *file;
	struct reader_job job;
	int64_t at;
};

struct round {
	struct round_setup setup;
	struct agenda agenda;
	struct desk *desks;
	unsigned ndesks, running;	/* of them at work */
	unsigned first_desk;		/* whose batches are taken first this time */
	struct repeat *repeats;		/* room for one per desk */
	size_t nrepeats;
	struct stamp *stamp;
	struct part_list parts;
	int64_t now_us, say_at;
	int64_t since;			/* the first rows that are new were asked for */
	bool advanced;			/* and a range of them has been read */
	bool full;			/* the sink was, at the last step */
	unsigned lanes, batches;	/* that rows are sent by, taking turns */
	bool clear;			/* nothing that was sent before the round is under way */
	bool cut, gone, busy, progressed, moved;
};

/* Making. */

static int
hire(struct round *r, struct fail *f)
{
	r->desks = calloc(r->setup.threads, sizeof(*r->desks));
	r->repeats = calloc(r->setup.threads, sizeof(*r->repeats));
	if (!r->desks || !r->repeats)
		return fail_set(f, FAIL_FATAL, "out of memory for a snapshot");
	for (unsigned i = 0; i < r->setup.threads; i++) {
		r->desks[i].reader = reader_new(&r->setup.reader, f);
		if (!r->desks[i].reader)
			return -1;
		r->ndesks++;
	}
	return 0;
}

struct round *
round_new(const struct round_setup *setup, int64_t now_us, struct fail *f)
{
	struct round *r = calloc(1, sizeof(*r));

	if (!r) {
		fail_set(f, FAIL_FATAL, "out of memory for a snapshot");
		return NULL;
	}
	r->setup = *setup;
	r->now_us = now_us;
	r->busy = true;
	r->lanes = setup->threads > 1 ? SINK_LANES_MAX : 1;
	r->clear = r->lanes == 1;
	part_list_init(&r->parts, setup->track, setup->progress, setup->xmin);
	r->stamp = stamp_new(setup->sink, setup->track, setup->begun);
	if (r->stamp && agenda_init(&r->agenda, setup->tables,
	    setup->progress, (uint64_t)setup->chunk_bytes,
	    setup->threads > 1, f) == 0 && hire(r, f) == 0)
		return r;
	if (!r->stamp)
		fail_set(f, FAIL_FATAL, "out of memory for a snapshot");
	round_free(r);
	return NULL;
}

void
round_free(struct round *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->ndesks; i++)
		reader_free(r->desks[i].reader);
	part_list_release(&r->parts);
	stamp_free(r->stamp);
	free(r->repeats);
	free(r->desks);
	agenda_release(&r->agenda);
	free(r);
}

/* Giving. */

static bool
next_repeat(struct round *r, struct desk *d)
{
	for (size_t i = 0; i < r->nrepeats; i++) {
		struct repeat again = r->repeats[i];

		if (again.at > r->now_us)
			continue;
		r->repeats[i] = r->repeats[--r->nrepeats];
		d->table = again.table;
		d->file = again.file;
		d->job = again.job;
		return true;
	}
	return false;
}

static bool
next_new(struct round *r, struct desk *d)
{
	/* Each job that runs may have to be repeated. */
	if (r->cut || r->running + r->nrepeats >= r->ndesks)
		return false;
	return agenda_next(&r->agenda, &d->table, &d->file, &d->job);
}

static int
begin_part(struct round *r, struct desk *d, uint64_t from, struct fail *f)
{
	const struct snapshot_file *files = d->file ? d->file->file :
		d->table->table->files;

	d->part = part_new(&r->parts, files, d->file ? 1 : d->table->nfiles, from);
	d->part_bytes = 0;
	if (!d->part)
		return fail_set(f, FAIL_FATAL, "out of memory for a snapshot");
	stamp_begin_part(r->stamp, &d->table->stamp, &d->part->base);
	d->part->void_ = d->job.moved_since != 0;
	return 0;
}

/* Once the round is cut there is nothing to repeat, and nothing new. */
static int
give(struct round *r, struct fail *f)
{
	for (unsigned i = 0; i < r->ndesks; i++) {
		struct desk *d = &r->desks[i];

		if (d->table || !reader_idle(d->reader))
			continue;
		if (!next_repeat(r, d) && !next_new(r, d))
			continue;
		if (begin_part(r, d, d->job.from, f) == -1)
			return -1;
		r->running++;
		if (!r->since && !d->job.moved_since)
			r->since = r->now_us;
		reader_give(d->reader, &d->job);
	}
	return 0;
}

/* Taking. */

static void
credit(struct round *r, struct desk *d, uint64_t to)
{
	uint64_t first = d->part->from >> 16, end = to >> 16;

	d->part->to = to;
	if (d->part->void_)
		return;
	r->advanced |= to > d->part->from;
	if (!d->file)
		return;
	if (to == PROGRESS_END || end > d->file->file->pages)
		end = d->file->file->pages;
	if (end > first)
		d->file->pages_done += end - first;
}

static void
end_job(struct round *r, struct desk *d)
{
	stamp_end_part(r->stamp, &d->part->base);
	d->table->running--;
	d->table = NULL;
	d->part = NULL;
	r->running--;
}

/* While connections are short every reader has it twice a second. */
static void
say_again(struct round *r, const struct agenda_table *t, const struct fail *why)
{
	if (r->now_us < r->say_at)
		return;
	r->say_at = r->now_us + SAY_US;
	log_warn("a part of the snapshot is read again",
		LOG_SPAN("table", t->table->name), LOG_STR("reason", why->text));
}

static void
repeat(struct round *r, struct desk *d, const struct fail *why)
{
	struct repeat *again = &r->repeats[r->nrepeats++];

	say_again(r, d->table, why);
	*again = (struct repeat){ d->table, d->file, d->job, r->now_us + RETRY_US };
	again->job.from = d->part->from;
	d->part->void_ = true;
	d->table->running++;
	end_job(r, d);
}

static void
move_on(struct round *r, struct desk *d, const struct fail *why)
{
	struct agenda_table *t = d->table;

	log_warn("a table changed since the snapshot: it is read in another round",
		LOG_SPAN("table", t->table->name), LOG_STR("reason", why->text));
	t->moved = r->moved = true;
	d->part->void_ = true;
	end_job(r, d);
}

static void
done(struct round *r, struct desk *d, const struct batch *b)
{
	uint64_t to = d->job.to;

	if (d->job.places && b->place < to)
		to = b->place > d->part->from ? b->place : d->part->from;
	credit(r, d, to);
	if (to < d->job.to)
		r->moved = true;	/* it was cut off: something is left */
	if (d->job.moved_since)
		d->part->moved = &d->file->owed_left;
	end_job(r, d);
}

static int
end_of_job(struct round *r, struct desk *d, const struct batch *b, struct fail *f)
{
	switch (b->end) {
	case BATCH_MORE:
		return 0;
	case BATCH_DONE:
		done(r, d, b);
		return 0;
	case BATCH_AGAIN:
		repeat(r, d, &b->why);
		return 0;
	case BATCH_MOVED:
		move_on(r, d, &b->why);
		return 0;
	case BATCH_GONE:
		r->gone = true;
		d->part->void_ = true;
		end_job(r, d);
		return 0;
	case BATCH_FAILED:
		break;
	}
	*f = b->why;
	if (!d->file)
		f->kind = FAIL_CONFIG;
	return fail_context(f, d->file ? "snapshot of table %.*s" :
		"snapshot.select_overrides: the statement of table %.*s",
		SPAN_ARG(d->table->table->name));
}

/* A page of TOASTed rows may be large: what was given of it can be finished. */
static int
split(struct round *r, struct desk *d, const struct batch *b, struct fail *f)
{
	if (b->end != BATCH_MORE || !b->place || d->part->void_ ||
	    d->part_bytes < (uint64_t)r->setup.chunk_bytes)
		return 0;
	credit(r, d, b->place);
	stamp_end_part(r->stamp, &d->part->base);
	return begin_part(r, d, b->place, f);
}

/* The i-th record of a batch. */
static struct record
record_of(const struct round *r, const struct desk *d, const struct batch *b,
	size_t i)
{
	const struct batch_record *from = &b->records[i];
	struct record out = RECORD_INIT;

	out.topic = (struct span){ b->bytes.p, b->topic_len };
	if (from->keyed)
		out.key = (struct span){ b->bytes.p + from->key,
			from->value - from->key };
	out.value = (struct span){ b->bytes.p + from->value,
		from->end - from->value };
	out.marker = from->marker;
	if (d->table->stamp.spread)
		out.lane = d->lane;
	out.headers = reader_headers(d->reader, &out.nheaders);
	out.lsn = r->setup.reader.position;
	return out;
}

/* Sends the batch's records as far as the sink takes them. */
static enum sink_result
send_batch(struct round *r, struct desk *d, struct batch *b, size_t *budget,
	struct fail *f)
{
	if (b->count && part_open(&r->parts, d->part, f) == -1)
		return SINK_FAILED;
	while (d->next < b->count) {
		struct record record = record_of(r, d, b, d->next);
		enum sink_result result;

		if (*budget == 0)
			return SINK_FULL;
		result = stamp_put(r->stamp, &d->table->stamp, &d->part->base,
			&record, d->next + 1 < b->count, f);
		if (result != SINK_OK)
			return result;
		d->next++;
		--*budget;
	}
	return SINK_OK;
}

static enum sink_result
take_batch(struct round *r, struct desk *d, struct batch *b, size_t *budget,
	struct fail *f)
{
	enum sink_result result = send_batch(r, d, b, budget, f);

	if (result != SINK_OK)
		return result;
	d->table->rows += b->count;
	d->table->bytes += b->rows_bytes;
	d->part_bytes += b->rows_bytes;
	d->part->keyed = b->has_key;
	d->next = 0;
	d->lane = (uint8_t)(r->batches++ % r->lanes);
	if (split(r, d, b, f) == -1 || end_of_job(r, d, b, f) == -1)
		return SINK_FAILED;
	reader_return(d->reader, b);
	return SINK_OK;
}

/* Rows must not overtake changes that they are the outcome of. */
static bool
is_clear(struct round *r)
{
	if (!r->clear)
		r->clear = r->setup.sink->ops->pending(r->setup.sink) == 0;
	return r->clear;
}

static enum sink_result
take(struct round *r, struct fail *f)
{
	size_t budget = RECORDS_PER_STEP;

	if (!is_clear(r))
		return SINK_FULL;
	r->first_desk++;
	for (unsigned i = 0; i < r->ndesks; i++) {
		struct desk *d = &r->desks[(r->first_desk + i) % r->ndesks];
		struct batch *b;

		while (d->table && (b = reader_batch(d->reader))) {
			enum sink_result result = take_batch(r, d, b, &budget, f);

			if (result == SINK_OK)
				continue;
			r->busy = result == SINK_FULL && budget == 0;
			return result;
		}
	}
	return SINK_OK;
}

/* Ending. */

void
round_lose(struct round *r)
{
	r->gone = true;
}

int
round_collect(struct round *r, struct fail *f)
{
	int any = part_collect(&r->parts, f);

	if (any == -1)
		return -1;
	r->progressed |= any;
	r->progressed |= agenda_settle(&r->agenda, r->setup.xmin);
	return 0;
}

static enum sink_result
end_tables(struct round *r, struct fail *f)
{
	for (size_t i = 0; i < r->agenda.count; i++) {
		struct agenda_table *t = r->agenda.order[i];
		enum sink_result result;

		if (t->ended || t->running || !(t->given || r->cut || r->gone))
			continue;
		result = stamp_end_table(r->stamp, &t->stamp,
			t->given && !t->moved && !r->cut && !r->gone, f);
		if (result != SINK_OK)
			return result;
		t->ended = true;
	}
	return SINK_OK;
}

static bool
all_ended(const struct round *r)
{
	for (size_t i = 0; i < r->agenda.count; i++)
		if (!r->agenda.tables[i].ended)
			return false;
	return true;
}

static void
give_up_repeats(struct round *r)
{
	if (!r->gone && !r->cut)
		return;
	while (r->nrepeats) {
		r->repeats[--r->nrepeats].table->running--;
		r->moved = true;
	}
}

enum round_state
round_step(struct round *r, int64_t now_us, struct fail *f)
{
	enum sink_result result;

	r->now_us = now_us;
	r->busy = r->full = false;
	if (round_collect(r, f) == -1)
		return ROUND_FAILED;
	result = take(r, f);
	if (result == SINK_OK) {
		give_up_repeats(r);
		if (!r->gone && give(r, f) == -1)
			return ROUND_FAILED;
		result = end_tables(r, f);
	}
	if (result == SINK_OK && all_ended(r)) {
		result = stamp_end(r->stamp, round_complete(r), f);
		/* Nor changes, rows: with lanes these are waited for. */
		if (result == SINK_OK && r->lanes > 1 && !round_settled(r))
			result = SINK_FULL;
		if (result == SINK_OK)
			return r->gone ? ROUND_GONE : ROUND_READ;
	}
	r->full = result == SINK_FULL && !r->busy;
	return result == SINK_FAILED ? ROUND_FAILED : ROUND_READING;
}

bool
round_busy(const struct round *r)
{
	return r->busy;
}

int64_t
round_deadline(const struct round *r)
{
	/* A full sink may take more a little before something comes back. */
	int64_t at = r->full ? r->now_us + FULL_US : LOOP_NEVER;

	for (size_t i = 0; i < r->nrepeats; i++)
		at = loop_sooner(at, r->repeats[i].at);
	return at;
}

int64_t
round_advancing_since(const struct round *r)
{
	return r->advanced ? r->since : 0;
}

void
round_cut(struct round *r)
{
	if (r->cut)
		return;
	r->cut = true;
	for (unsigned i = 0; i < r->ndesks; i++)
		if (r->desks[i].table && r->desks[i].job.places)
			reader_cut(r->desks[i].reader);
}

bool
round_complete(const struct round *r)
{
	return !r->gone && !r->moved && agenda_complete(&r->agenda);
}

bool
round_settled(const struct round *r)
{
	return !r->parts.first;
}

bool
round_progressed(struct round *r)
{
	bool was = r->progressed || r->agenda.changed;

	r->progressed = r->agenda.changed = false;
	return was;
}

size_t
round_count(const struct round *r)
{
	return r->agenda.count;
}

void
round_table(const struct round *r, size_t i, struct round_table *out)
{
	const struct agenda_table *t = r->agenda.order[i];

	*out = (struct round_table){ .table = t->table, .rows = t->rows,
		.bytes = t->bytes, .ended = t->ended };
	for (size_t k = 0; k < t->nfiles; k++) {
		out->pages += t->files[k].pages;
		out->pages_done += t->files[k].pages_done;
	}
}
