/*
 * script: a pipeline in front of a sink that follows a script, for tests.
 *
 * The sink takes records until it has `room` of them and checks that what it
 * refused is offered again. A frame's bytes live in memory of their own that
 * is overwritten and freed as soon as the pipeline says that it is done.
 * Include cmocka.h first.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdlib.h>

#include "pipeline.h"
#include "wire.h"

enum { T = 7, U = 8, OTHER = 9 };
#define NOW INT64_C(1700000000123456789)
#define MAX_TAKEN 64

/* What the sink was given, and what it will do next. */
struct taken {
	uint64_t unit;
	lsn_t lsn;
	char op;		/* '0': a tombstone; 'B', 'E': bounds of a transaction */
	char key[48];
	char sequence[64];	/* of the source block */
	char place[64];		/* of an event in its transaction; of an END: its counts */
};

struct script {
	struct sink base;
	struct taken taken[MAX_TAKEN];
	size_t count;
	size_t room;		/* FULL once `count` has reached it */
	bool fail;
	char refused[48];	/* key of the record refused last */
};

struct fixture {
	struct plan_options plan_options;
	struct pipeline_options options;
	struct filter *tables, *prefixes;
	struct script sink;
	struct track *track;
	struct pipeline *p;
	struct buf b;
	char *hand;		/* the bytes of the frame in hand */
	size_t hand_len;
	struct span comment;	/* a fact that may change */
	struct column_names key;
	unsigned plans;		/* compiled so far */
	lsn_t plan_lsn;
	struct fail f;
};

/* --- A sink that follows a script */

static inline void
text_after(char *out, size_t size, struct span value, const char *mark, char end)
{
	const char *from = value.p ? memmem(value.p, value.len, mark, strlen(mark)) : NULL;
	size_t n = 0;

	for (from = from ? from + strlen(mark) : NULL; from && *from != end &&
	     n + 1 < size; from++)
		out[n++] = *from;
	out[n] = '\0';
}

static inline void
copy_key(char out[48], const struct record *r)
{
	assert_true(r->key.len < 48);
	memcpy(out, r->key.p ? r->key.p : "", r->key.len);
	out[r->key.len] = '\0';
}

static inline enum sink_result
script_send(struct sink *s, const struct record *r, uint64_t unit, struct fail *f)
{
	struct script *x = (struct script *)s;
	struct taken *t = &x->taken[x->count];
	char op[2], key[48];

	assert_true(unit != TRACK_NONE);
	if (x->fail)
		return fail_set(f, FAIL_FATAL, "the broker said no");
	copy_key(key, r);
	if (x->refused[0])	/* what was refused is offered again as it was */
		assert_string_equal(x->refused, key);
	x->refused[0] = '\0';
	if (x->count >= x->room) {
		strcpy(x->refused, key);
		return SINK_FULL;
	}
	assert_true(x->count < MAX_TAKEN);
	*t = (struct taken){ .unit = unit, .lsn = r->lsn };
	strcpy(t->key, key);
	text_after(op, sizeof op, r->value, "\"op\":\"", '"');
	if (!op[0])		/* a BEGIN or END has a status */
		text_after(op, sizeof op, r->value, "\"status\":\"", '"');
	t->op = r->value.p ? op[0] : '0';
	text_after(t->place, sizeof t->place, r->value, t->op == 'E' ?
		"\"event_count\":" : "\"total_order\":", t->op == 'E' ? ']' : '}');
	text_after(t->sequence, sizeof t->sequence, r->value, "\"sequence\":\"", ']');
	x->count++;
	return SINK_OK;
}

static const struct sink_ops script_ops = { .send = script_send };

/* --- The fixture */

static inline int64_t
fixed_now(void)
{
	return NOW;
}

static inline void
plan_made(void *self, const struct plan *plan, lsn_t lsn)
{
	struct fixture *x = self;

	assert_non_null(plan);
	x->plans++;
	x->plan_lsn = lsn;
}

static inline struct fixture *
fixture_with(bool boundaries)
{
	static const struct span tables[] = { SPAN("!public[.]other") };
	static const struct span prefixes[] = { SPAN("!skip") };
	struct fixture *x = calloc(1, sizeof *x);

	x->plan_options = (struct plan_options){
		.prefix = SPAN("app"), .delimiter = SPAN("."),
		.database = SPAN("db"), .version = SPAN("1"),
		.run_id = SPAN("run"), .tombstones = true,
		.types = { .money_digits = 2, .unavailable = SPAN("__unavailable") }
	};
	x->tables = filter_new(tables, 1, &x->f);
	x->prefixes = filter_new(prefixes, 1, &x->f);
	x->options = (struct pipeline_options){
		.change = { .plan = &x->plan_options, .skipped = "",
			.boundaries = boundaries, .tables = x->tables, .prefixes = x->prefixes },
		.record_cap = 1 << 20, .unix_ns = fixed_now,
		.on_plan = plan_made, .self = x
	};
	x->sink.base.ops = &script_ops;
	x->sink.room = MAX_TAKEN;
	x->key = (struct column_names){ wire_t_key, 1 };
	buf_init(&x->b, 1 << 20);
	x->track = track_new();
	x->p = pipeline_new(&x->options, &x->sink.base, x->track);
	assert_non_null(x->p);
	return x;
}

static inline struct fixture *
fixture_new(void)
{
	return fixture_with(false);
}

static inline void
drop_hand(struct fixture *x)
{
	if (x->hand)
		memset(x->hand, 0xee, x->hand_len);
	free(x->hand);
	x->hand = NULL;
}

static inline void
fixture_free(struct fixture *x)
{
	drop_hand(x);
	pipeline_free(x->p);
	track_free(x->track);
	filter_free(x->tables);
	filter_free(x->prefixes);
	buf_release(&x->b);
	free(x);
}

static inline int
set_up(void **state)
{
	*state = fixture_new();
	return 0;
}

static inline int
tear_down(void **state)
{
	fixture_free(*state);
	pipeline_free(NULL);
	return 0;
}

/* What `result` says about the frame in hand; its bytes go when it is done. */
static inline enum pipeline_result
settled(struct fixture *x, enum pipeline_result result)
{
	if (result == PIPELINE_DONE)
		drop_hand(x);
	if (result != PIPELINE_FAILED)
		assert_int_equal(pipeline_ready(x->p), result == PIPELINE_DONE);
	assert_int_equal(pipeline_wanted(x->p) != NULL, result == PIPELINE_NEED);
	return result;
}

/* Gives the message in the buffer, in memory of its own that dies with the frame. */
static inline enum pipeline_result
give(struct fixture *x, lsn_t lsn)
{
	struct span data = buf_span(&x->b);
	struct frame frame = { .type = FRAME_XLOG, .start = lsn, .end = lsn };

	assert_null(x->hand);
	x->hand = malloc(data.len);
	x->hand_len = data.len;
	memcpy(x->hand, data.p, data.len);
	frame.data = (struct span){ x->hand, data.len };
	x->f = (struct fail)FAIL_INIT;
	return settled(x, pipeline_frame(x->p, &frame, &x->f));
}

static inline enum pipeline_result
resume(struct fixture *x)
{
	return settled(x, pipeline_resume(x->p, &x->f));
}

static inline int
give_facts(struct fixture *x)
{
	const struct relation *r = pipeline_wanted(x->p);
	struct facts facts = wire_facts(r->relid);

	facts.comment = x->comment;
	facts.primary_key = x->key;
	return pipeline_facts(x->p, &facts, &x->f);
}

static inline void
disconnect(struct fixture *x)
{
	pipeline_disconnected(x->p);
	x->sink.refused[0] = '\0';
	drop_hand(x);
	assert_true(pipeline_ready(x->p));
	assert_null(pipeline_wanted(x->p));
	pipeline_disconnected(x->p);	/* once more changes nothing */
}

static inline void
ack(struct fixture *x, size_t record)
{
	track_acked(x->track, x->sink.taken[record].unit, 1);
}

#define assert_done(call) assert_int_equal(call, PIPELINE_DONE)
#define assert_full(call) assert_int_equal(call, PIPELINE_FULL)
#define assert_need(call) assert_int_equal(call, PIPELINE_NEED)

static inline void
assert_at(struct fixture *x, lsn_t confirmed, lsn_t restart)
{
	assert_true(track_sound(x->track));
	assert_int_equal(track_confirmed(x->track), confirmed);
	assert_int_equal(track_restart(x->track), restart);
}

static inline void
assert_taken(struct fixture *x, size_t at, char op, const char *key)
{
	assert_true(at < x->sink.count);
	assert_int_equal(x->sink.taken[at].op, op);
	assert_string_equal(x->sink.taken[at].key, key);
}

/* --- Messages */

static inline enum pipeline_result
begin(struct fixture *x, lsn_t final)
{
	wire_begin(&x->b, final, 5);
	return give(x, final);
}

static inline enum pipeline_result
commit(struct fixture *x, lsn_t lsn, lsn_t end)
{
	wire_commit(&x->b, lsn, end);
	return give(x, end);
}

static inline enum pipeline_result
relation(struct fixture *x, uint32_t relid, char identity)
{
	struct wire_column cols[2] = { wire_t_columns[0], wire_t_columns[1] };

	cols[1].identity = identity == 'f';
	wire_relation(&x->b, relid, relid == OTHER ? "other" : relid == T ?
		"t" : "u", identity, cols, 2);
	return give(x, 0);
}

static inline void
tell(struct fixture *x, uint32_t relid)
{
	assert_need(relation(x, relid, 'd'));
	assert_int_equal(give_facts(x), 0);
	assert_done(resume(x));
}

static inline enum pipeline_result
insert(struct fixture *x, uint32_t relid, lsn_t lsn, const char *id)
{
	wire_change(&x->b, 'I', relid);
	wire_tuple(&x->b, 'N', ROW(id, "v"));
	return give(x, lsn);
}

/* Of the key, from `old` to `new`: three records. */
static inline enum pipeline_result
rekey(struct fixture *x, lsn_t lsn, char image, const char *old, const char *new)
{
	wire_change(&x->b, 'U', T);
	wire_tuple(&x->b, image, ROW(old, image == 'O' ? "v" : NULL));
	wire_tuple(&x->b, 'N', ROW(new, "v"));
	return give(x, lsn);
}

static inline enum pipeline_result
delete(struct fixture *x, lsn_t lsn, const char *id)
{
	wire_change(&x->b, 'D', T);
	wire_tuple(&x->b, 'K', ROW(id, NULL));
	return give(x, lsn);
}

static inline enum pipeline_result
truncate_both(struct fixture *x, lsn_t lsn)
{
	const uint32_t relids[] = { T, U };

	wire_truncate(&x->b, relids, 2);
	return give(x, lsn);
}

static inline enum pipeline_result
message(struct fixture *x, bool transactional, lsn_t lsn, const char *prefix)
{
	wire_message(&x->b, transactional, lsn, prefix, "content");
	return give(x, lsn);
}

static inline enum pipeline_result
keepalive(struct fixture *x, lsn_t end)
{
	struct frame frame = { .type = FRAME_KEEPALIVE, .end = end };

	return pipeline_frame(x->p, &frame, &x->f);
}

/* A whole transaction of one row; the relation is told if it was not. */
static inline void
transaction(struct fixture *x, lsn_t final, lsn_t end, const char *id, bool told)
{
	assert_done(begin(x, final));
	if (!told)
		tell(x, T);
	assert_done(insert(x, T, final - 0x10, id));
	assert_done(commit(x, final, end));
}

#endif
