/*
 * sim_broker: a sink with a bounded queue, and a broker behind it.
 *
 * A record goes from the queue to the broker, which keeps it, and later it is
 * reported; both in order within a topic, and in any order across topics.
 * When the process dies, the broker has any prefix of what was on its way.
 * Rarely a record is lost for good; then nothing of its topic goes on.
 * What is offered must be, exactly, the next record of the history.
 */
#ifndef SIM_BROKER_H
#define SIM_BROKER_H

#include "sim_history.h"
#include "sink.h"

struct sim_entry {
	uint32_t record, process;
	uint64_t unit;
};

struct sim_topic {
	struct sim_entry entries[4 * MAX_RECORDS];	/* of this process */
	uint32_t taken, kept, reported;
	bool broken;
	int64_t last, most;	/* of what consumers have read, by `order` */
};

struct broker {
	struct sink base;
	struct history *h;
	uint32_t process;	/* number of the one that is connected */
	unsigned capacity, pending;
	unsigned full_one_in;	/* FULL for a reason of its own */
	bool failed;
	const struct sim_message *message;	/* the one that is being sent, */
	lsn_t lsn;		/* its position, */
	uint32_t record, nrecords;	/* and what it gives */
	uint32_t next;		/* record that must come */
	const char *wrong;	/* what was wrong with the one that came */
	struct sim_topic topics[TOPICS];
	unsigned long fulls;
};

static inline bool
holds(struct span s, const char *text)
{
	return s.p && memmem(s.p, s.len, text, strlen(text));
}

static inline const char *
compare_bound(const struct sim_record *want, const struct record *r)
{
	char text[32] = "\"status\":\"BEGIN\"";

	if (want->op == 'E') {
		if (!holds(r->value, "\"status\":\"END\""))
			return "not an END";
		snprintf(text, sizeof text, "\"event_count\":%u,", want->place);
	}
	return holds(r->value, text) ? NULL : "another bound";
}

static inline const char *
compare_value(const struct broker *b, const struct sim_record *want,
	const struct record *r)
{
	const struct sim_message *m = b->message;
	char text[32];

	if (want->op == '0')
		return r->value.p ? "not a tombstone" : NULL;
	if (want->op == 'B' || want->op == 'E')
		return compare_bound(want, r);
	snprintf(text, sizeof text, "\"total_order\":%u,", want->place);
	if (holds(r->value, b->h->bounds && want->place ? text :
			"\"transaction\":null") == false)
		return "another place in its transaction";
	snprintf(text, sizeof text, "\"op\":\"%c\"", want->op);
	if (!holds(r->value, text))
		return "another operation";
	if ((want->op == 'c' || want->op == 'u') && !m->null) {
		snprintf(text, sizeof text, "\"v\":\"m%u\"", m->number);
		if (m->unchanged && m->table != T_FULL)
			strcpy(text, "\"v\":\"__unavailable\"");
		if (!holds(r->value, text))
			return "another row";
	}
	return NULL;
}

static inline const char *
compare_record(const struct broker *b, const struct record *r)
{
	static const char *const names[] = { "app.public.t0", "app.public.t1",
		"app.public.t2", "app.message", "app.transaction" };
	const struct sim_record *want = &b->h->records[b->next];
	char key[64] = "";

	if (b->next < b->record || b->next >= b->record + b->nrecords)
		return "a record that is not the next of the history";
	if (want->sent == b->process)
		return "a record that this process sent before";
	if (!span_is(r->topic, names[want->topic]))
		return "another topic";
	if (want->op == 'm')
		strcpy(key, "{\"prefix\":\"p\"}");
	else if (want->topic == TOPIC_BOUNDS)
		snprintf(key, sizeof key, "{\"id\":\"%d:%llu\"}", want->key,
			(unsigned long long)b->lsn);
	else if (want->key != -1)
		snprintf(key, sizeof key, "{\"id\":%d}", want->key);
	if (r->key.p ? !span_is(r->key, key) : key[0] != '\0')
		return "another key";
	if (r->lsn != b->lsn)
		return "another position";
	return compare_value(b, want, r);
}

static inline enum sink_result
broker_send(struct sink *sink, const struct record *r, uint64_t unit,
	struct fail *f)
{
	struct broker *b = (struct broker *)sink;
	struct sim_topic *t;

	b->wrong = compare_record(b, r);
	if (b->wrong)
		return fail_set(f, FAIL_FATAL, "%s", b->wrong);
	if (b->failed)
		return fail_set(f, FAIL_FATAL, "a record was lost");
	if (b->pending >= b->capacity || one_in(b->h->rng, b->full_one_in)) {
		b->fulls++;
		return SINK_FULL;
	}
	t = &b->topics[b->h->records[b->next].topic];
	t->entries[t->taken++] = (struct sim_entry){ b->next,
		b->process, unit };
	b->h->records[b->next].sent = b->process;
	b->pending++;
	b->next++;
	return SINK_OK;
}

static const struct sink_ops broker_ops = { .send = broker_send };

static inline void
broker_init(struct broker *b, struct history *h)
{
	memset(b, 0, sizeof *b);
	b->base.ops = &broker_ops;
	b->h = h;
	b->process = 1;
	for (int i = 0; i < TOPICS; i++)
		b->topics[i].last = b->topics[i].most = -1;
}

/*
 * What consumers see of a topic: the records in their order; a repetition goes
 * back, and from there on without a gap.
 */
static inline void
keep(struct broker *b, struct sim_topic *t)
{
	struct sim_record *r = &b->h->records[t->entries[t->kept++].record];

	r->kept = true;
	if (r->order > t->last + 1)
		b->wrong = "a gap in a topic";
	t->last = r->order;
	if (t->most < t->last)
		t->most = t->last;
}

/* Some records arrive. */
static inline void
broker_keep(struct broker *b)
{
	struct sim_topic *t = &b->topics[pick(b->h->rng, TOPICS)];
	unsigned n = 1 + pick(b->h->rng, 8);

	while (n-- && t->kept < t->taken && !t->broken)
		keep(b, t);
}

/* Some that arrived are reported, as many of one unit at a time as there are. */
static inline void
broker_report(struct broker *b, struct track *track)
{
	struct sim_topic *t = &b->topics[pick(b->h->rng, TOPICS)];
	unsigned n = 1 + pick(b->h->rng, 8);

	while (n > 0 && t->reported < t->kept) {
		uint64_t unit = t->entries[t->reported].unit, count = 0;

		while (n > 0 && t->reported < t->kept &&
		       t->entries[t->reported].unit == unit) {
			struct sim_entry *e = &t->entries[t->reported++];

			b->h->records[e->record].reported = e->process;
			count++;
			n--;
		}
		b->pending -= (unsigned)count;
		track_acked(track, unit, count);
	}
	track_acked(track, TRACK_NONE, pick(b->h->rng, 2));	/* the state record */
}

/* A record that will never be delivered. */
static inline void
broker_lose_one(struct broker *b)
{
	struct sim_topic *t = &b->topics[pick(b->h->rng, TOPICS)];

	if (t->kept < t->taken)
		t->broken = b->failed = true;
}

/* The process died; another will come. */
static inline void
broker_crash(struct broker *b)
{
	for (int i = 0; i < TOPICS; i++) {
		struct sim_topic *t = &b->topics[i];
		unsigned n = pick(b->h->rng, t->taken - t->kept + 1);

		while (n-- && !t->broken)
			keep(b, t);
		t->taken = t->kept = t->reported = 0;
		t->broken = false;
	}
	b->failed = false;
	b->pending = 0;
	b->nrecords = 0;
	b->process++;
}

#endif
