#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "change.h"
#include "wire.h"

#define RELID 7

static struct plan_options plan_options = {
	.prefix = SPAN("app"), .delimiter = SPAN("."), .database = SPAN("db"),
	.version = SPAN("1"), .run_id = SPAN("run"), .tombstones = true,
	.types = { .money_digits = 2, .unavailable = SPAN("__unavailable") },
};

static struct change_options options = {
	.plan = &plan_options, .skipped = "t",
};

struct fixture {
	struct change *change;
	struct buf b;
	struct pgoutput_scratch scratch;
	struct pgoutput_message message;
	struct frame frame;
	struct fail f;
};

static int
set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof *x);

	plan_options.tombstones = true;
	options.skipped = "t";
	options.tables = NULL;
	options.prefixes = NULL;
	options.boundaries = options.skip_unchanged = false;
	options.plans = 0;
	buf_init(&x->b, 1 << 20);
	x->change = change_new(&options);
	*state = x;
	return x->change ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct fixture *x = *state;

	change_free(x->change);
	buf_release(&x->b);
	free(x);
	change_free(NULL);
	return 0;
}

/* Feeds what is in the buffer, at `lsn`. */
static int
feed(struct fixture *x, lsn_t lsn)
{
	x->frame = (struct frame){ .type = FRAME_XLOG, .start = lsn, .end = lsn,
		.sent_us = 77, .data = buf_span(&x->b) };
	x->f = (struct fail)FAIL_INIT;
	if (pgoutput_parse(x->frame.data, false, &x->scratch, &x->message,
			&x->f) == -1)
		fail_msg("%s", x->f.text);
	return change_feed(x->change, &x->frame, &x->message, &x->f);
}

static void
begin(struct fixture *x, lsn_t final, uint32_t xid)
{
	wire_begin(&x->b, final, xid);
	assert_int_equal(feed(x, final), 0);
}

static void
commit(struct fixture *x, lsn_t lsn, lsn_t end)
{
	wire_commit(&x->b, lsn, end);
	assert_int_equal(feed(x, end), 0);
}

static const struct plan *
tell(struct fixture *x, uint32_t relid, char identity)
{
	struct facts facts = wire_facts(relid);
	struct wire_column cols[2] = { wire_t_columns[0], wire_t_columns[1] };

	for (int i = 0; i < 2; i++)
		cols[i].identity = identity == 'f' || (identity == 'd' && i == 0);
	wire_relation(&x->b, relid, "t", identity, cols, 2);
	if (feed(x, 0) == 0)
		return NULL;
	assert_non_null(change_wanted(x->change));
	return change_facts(x->change, &facts, &x->f);
}

static void
row(struct fixture *x, char type, char image, const char *const *old, size_t nold,
	const char *const *new, size_t nnew)
{
	wire_change(&x->b, type, RELID);
	if (old)
		wire_tuple(&x->b, image, old, nold);
	if (new)
		wire_tuple(&x->b, 'N', new, nnew);
	assert_int_equal(feed(x, 0x900), 0);
}

#define NONE NULL, 0

static struct event
next(struct fixture *x, enum event_op op)
{
	struct event e;

	assert_true(change_next(x->change, &e));
	assert_int_equal(e.op, op);
	return e;
}

static void
no_more(struct fixture *x)
{
	struct event e;

	assert_false(change_next(x->change, &e));
	assert_false(change_next(x->change, &e));
}

static void
assert_illegal(struct fixture *x, lsn_t lsn, const char *text)
{
	assert_int_equal(feed(x, lsn), -1);
	assert_int_equal(x->f.kind, FAIL_PROTOCOL);
	assert_string_equal(x->f.text, text);
}

static void
insert_update_delete(void **state)
{
	struct fixture *x = *state;
	struct event e;

	begin(x, 0x1000, 5);
	assert_non_null(tell(x, RELID, 'd'));
	row(x, 'I', 0, NONE, ROW("1", "a"));
	e = next(x, EVENT_CREATE);
	assert_null(e.before);
	assert_ptr_equal(e.after, e.key);
	assert_int_equal(e.lsn, 0x900);
	assert_int_equal(e.tx->xid, 5);
	assert_true(e.in_tx);
	no_more(x);
	row(x, 'U', 0, NONE, ROW("1", "b"));
	e = next(x, EVENT_UPDATE);
	assert_null(e.before);
	assert_non_null(e.after);
	no_more(x);
	row(x, 'D', 'K', ROW("1", NULL), NONE);
	e = next(x, EVENT_DELETE);
	assert_non_null(e.before);
	assert_null(e.after);
	assert_ptr_equal(e.key, e.before);
	next(x, EVENT_TOMBSTONE);
	no_more(x);
	assert_int_equal(change_transaction(x->change)->messages, 4);
	commit(x, 0x1000, 0x1100);
	no_more(x);
	assert_int_equal(change_transaction(x->change)->last_commit, 0x1100);
}

static void
without_tombstones(void **state)
{
	struct fixture *x = *state;

	plan_options.tombstones = false;
	begin(x, 0x1000, 5);
	tell(x, RELID, 'd');
	row(x, 'D', 'K', ROW("1", NULL), NONE);
	next(x, EVENT_DELETE);
	no_more(x);
	row(x, 'U', 'K', ROW("1", NULL), ROW("2", "a"));
	next(x, EVENT_DELETE);
	next(x, EVENT_CREATE);
	no_more(x);
}

static void
a_key_change_is_three_events(void **state)
{
	struct fixture *x = *state;
	struct event e;

	begin(x, 0x1000, 5);
	tell(x, RELID, 'd');
	row(x, 'U', 'K', ROW("1", NULL), ROW("2", "a"));
	e = next(x, EVENT_DELETE);
	assert_int_equal(e.link, LINK_NEW_KEY);
	assert_int_equal(e.other_key->image, PGOUTPUT_NEW);
	assert_int_equal(e.key->image, PGOUTPUT_KEY);
	e = next(x, EVENT_TOMBSTONE);
	assert_int_equal(e.link, LINK_NEW_KEY);
	e = next(x, EVENT_CREATE);
	assert_int_equal(e.link, LINK_OLD_KEY);
	assert_int_equal(e.other_key->image, PGOUTPUT_KEY);
	assert_int_equal(e.key->image, PGOUTPUT_NEW);
	no_more(x);
}

static void
a_toasted_key_that_stayed_is_an_update(void **state)
{
	struct fixture *x = *state;
	struct event e;

	begin(x, 0x1000, 5);
	tell(x, RELID, 'd');
	row(x, 'U', 'K', ROW("1", NULL), ROW(UNCHANGED, "a"));
	e = next(x, EVENT_UPDATE);
	assert_non_null(e.before);
	assert_ptr_equal(e.before, e.old_row);
	no_more(x);
	/* FULL: the old row is there, the key is the same. */
	row(x, 'U', 'O', ROW("1", "b"), ROW("1", "a"));
	e = next(x, EVENT_UPDATE);
	assert_int_equal(e.before->image, PGOUTPUT_OLD);
	no_more(x);
	/* A NULL in a key column that was not sent before. */
	row(x, 'U', 'O', ROW("1", "b"), ROW("12", "a"));
	next(x, EVENT_DELETE);
}

static void
truncate_is_an_event_per_captured_table(void **state)
{
	struct fixture *x = *state;
	const uint32_t relids[] = { RELID, 8, 9 };
	struct span pattern = SPAN("!public[.]other");
	struct filter *filter = filter_new(&pattern, 1, &x->f);
	struct event e;

	options.skipped = "";
	options.tables = filter;
	begin(x, 0x1000, 5);
	tell(x, RELID, 'd');
	wire_relation(&x->b, 8, "other", 'd', wire_t_columns, 2);
	assert_int_equal(feed(x, 0), 0);	/* not captured: no facts wanted */
	tell(x, 9, 'd');
	wire_truncate(&x->b, relids, 3);
	assert_int_equal(feed(x, 0x900), 0);
	e = next(x, EVENT_TRUNCATE);
	assert_int_equal(e.plan->relid, RELID);
	e = next(x, EVENT_TRUNCATE);
	assert_int_equal(e.plan->relid, 9);
	assert_null(e.key);
	no_more(x);
	/* Rows of a table that is not captured give nothing. */
	wire_change(&x->b, 'I', 8);
	wire_tuple(&x->b, 'N', ROW("1", "a"));
	assert_int_equal(feed(x, 0x901), 0);
	no_more(x);
	filter_free(filter);
}

static void
skipped_operations_give_nothing(void **state)
{
	struct fixture *x = *state;
	const uint32_t relids[] = { RELID };

	options.skipped = "c,u,d,t";
	begin(x, 0x1000, 5);
	tell(x, RELID, 'd');
	row(x, 'I', 0, NONE, ROW("1", "a"));
	no_more(x);
	row(x, 'U', 'K', ROW("1", NULL), ROW("2", "a"));
	no_more(x);
	row(x, 'D', 'K', ROW("2", NULL), NONE);
	no_more(x);
	wire_truncate(&x->b, relids, 1);
	assert_int_equal(feed(x, 0x900), 0);
	no_more(x);
}

/* An operation is that of the event: an update of the key is never 'u'. */
static void
halves_of_a_key_change_are_skipped_alone(void **state)
{
	struct fixture *x = *state;

	begin(x, 0x1000, 5);
	tell(x, RELID, 'd');
	options.skipped = "d";
	row(x, 'U', 'K', ROW("1", NULL), ROW("2", "a"));
	assert_int_equal(next(x, EVENT_CREATE).link, LINK_OLD_KEY);
	no_more(x);
	options.skipped = "c";
	row(x, 'U', 'K', ROW("2", NULL), ROW("3", "a"));
	assert_int_equal(next(x, EVENT_DELETE).link, LINK_NEW_KEY);
	next(x, EVENT_TOMBSTONE);
	no_more(x);
	options.skipped = "u,t";
	row(x, 'U', 'K', ROW("3", NULL), ROW("4", "a"));
	next(x, EVENT_DELETE);
	next(x, EVENT_TOMBSTONE);
	next(x, EVENT_CREATE);
	no_more(x);
	row(x, 'U', 0, NONE, ROW("4", "b"));
	no_more(x);
}

static void
assert_order(struct event e, uint64_t total, uint64_t in_collection)
{
	assert_int_equal(e.total_order, total);
	assert_int_equal(e.collection_order, in_collection);
}

static void
with_boundaries(struct fixture *x)
{
	options.boundaries = true;
	change_free(x->change);
	x->change = change_new(&options);
	assert_non_null(x->change);
}

static void
boundaries_are_events_and_the_others_are_counted(void **state)
{
	struct fixture *x = *state;
	const struct transaction *tx;
	const struct tally_entry *entries;
	struct event e;
	size_t n;

	with_boundaries(x);
	tx = change_transaction(x->change);
	wire_begin(&x->b, 0x1000, 5);
	assert_int_equal(feed(x, 0x800), 0);
	e = next(x, EVENT_BEGIN);
	assert_int_equal(e.lsn, 0x800);
	assert_order(e, 0, 0);
	no_more(x);
	tell(x, RELID, 'd');
	no_more(x);
	row(x, 'I', 0, NONE, ROW("1", "a"));
	assert_order(next(x, EVENT_CREATE), 1, 1);
	no_more(x);
	wire_message(&x->b, true, 0x600, "p", "");
	assert_int_equal(feed(x, 0x600), 0);
	assert_order(next(x, EVENT_MESSAGE), 2, 1);
	row(x, 'U', 'K', ROW("1", NULL), ROW("2", "a"));
	assert_order(next(x, EVENT_DELETE), 3, 2);
	assert_order(next(x, EVENT_TOMBSTONE), 0, 0);
	assert_order(next(x, EVENT_CREATE), 4, 3);
	no_more(x);
	commit(x, 0x1000, 0x1100);
	assert_true(tx->open);
	e = next(x, EVENT_END);
	assert_int_equal(e.lsn, 0x1100);
	assert_int_equal(e.tx->xid, 5);
	assert_int_equal(tally_total(e.tx->tally), 4);
	entries = tally_entries(e.tx->tally, &n);
	assert_int_equal(n, 2);
	assert_true(span_is(entries[0].name, "public.t"));
	assert_true(span_is(entries[1].name, "LOGICAL_DECODING_MESSAGE"));
	assert_true(tx->open);	/* until it is known that the END went out */
	no_more(x);
	assert_false(tx->open);
	assert_int_equal(tx->last_commit, 0x1100);
	/* The next begins anew; a message outside is in none. */
	wire_message(&x->b, false, 0x1200, "p", "");
	assert_int_equal(feed(x, 0x1200), 0);
	assert_order(next(x, EVENT_MESSAGE), 0, 0);
	begin(x, 0x1300, 6);
	next(x, EVENT_BEGIN);
	row(x, 'D', 'K', ROW("2", NULL), NONE);
	assert_order(next(x, EVENT_DELETE), 1, 1);
}

static void
what_is_not_emitted_is_not_counted(void **state)
{
	struct fixture *x = *state;
	const uint32_t relids[] = { RELID };

	with_boundaries(x);
	options.skipped = "d,t";
	begin(x, 0x1000, 5);
	tell(x, RELID, 'd');
	wire_truncate(&x->b, relids, 1);
	assert_int_equal(feed(x, 0x900), 0);
	no_more(x);
	row(x, 'U', 'K', ROW("1", NULL), ROW("2", "a"));
	assert_order(next(x, EVENT_CREATE), 1, 1);
	row(x, 'D', 'K', ROW("2", NULL), NONE);
	no_more(x);
	options.skipped = "";
	assert_int_equal(feed(x, 0x900), 0);
	wire_truncate(&x->b, relids, 1);
	assert_int_equal(feed(x, 0x900), 0);
	assert_order(next(x, EVENT_TRUNCATE), 2, 2);
}

static void
an_event_given_again_is_counted_once(void **state)
{
	struct fixture *x = *state;
	struct event e;

	with_boundaries(x);
	begin(x, 0x1000, 5);
	tell(x, RELID, 'd');
	row(x, 'I', 0, NONE, ROW("1", "a"));
	for (int i = 0; i < 2; i++) {
		e = next(x, EVENT_CREATE);
		assert_order(e, 1, 1);
		if (i == 0)
			assert_int_equal(change_relax(x->change, e.plan, 0, &x->f), 0);
	}
}

static void
updates_that_change_nothing_can_be_skipped(void **state)
{
	struct fixture *x = *state;

	options.skip_unchanged = true;
	with_boundaries(x);
	begin(x, 0x1000, 5);
	tell(x, RELID, 'f');
	row(x, 'U', 'O', ROW("1", "a"), ROW("1", "a"));
	no_more(x);
	row(x, 'U', 'O', ROW("1", "a"), ROW("1", UNCHANGED));
	no_more(x);
	row(x, 'U', 'O', ROW("1", "a"), ROW("1", "b"));
	assert_order(next(x, EVENT_UPDATE), 1, 1);
	no_more(x);
	row(x, 'U', 'O', ROW("1", "a"), ROW("2", "a"));
	next(x, EVENT_DELETE);
	next(x, EVENT_TOMBSTONE);
	assert_order(next(x, EVENT_CREATE), 3, 3);
	no_more(x);
	/* Without the old row nobody knows. */
	row(x, 'U', 0, NONE, ROW("1", "a"));
	next(x, EVENT_UPDATE);
}

static void
logical_messages(void **state)
{
	struct fixture *x = *state;
	struct span pattern = SPAN("!skip");
	struct filter *filter = filter_new(&pattern, 1, &x->f);
	struct event e;

	options.prefixes = filter;
	wire_message(&x->b, false, 0x500, "p", "content");
	assert_int_equal(feed(x, 0x500), 0);
	e = next(x, EVENT_MESSAGE);
	assert_false(e.in_tx);
	assert_true(span_is(e.prefix, "p"));
	assert_true(span_is(e.content, "content"));
	assert_int_equal(e.tx->last_commit, 0x500);
	assert_int_equal(e.tx->commit_us, 77);	/* no transaction yet: the server's clock */
	no_more(x);
	begin(x, 0x1000, 5);
	wire_message(&x->b, true, 0x600, "p", "");
	assert_int_equal(feed(x, 0x600), 0);
	e = next(x, EVENT_MESSAGE);
	assert_true(e.in_tx);
	no_more(x);
	wire_message(&x->b, true, 0x600, "skip", "");
	assert_int_equal(feed(x, 0x600), 0);
	no_more(x);
	filter_free(filter);
}

static void
origin_belongs_to_its_transaction(void **state)
{
	struct fixture *x = *state;
	const struct transaction *tx = change_transaction(x->change);

	begin(x, 0x1000, 5);
	buf_reset(&x->b);
	buf_putc(&x->b, 'O');
	wire_be(&x->b, 0x42, 8);
	wire_str(&x->b, "node");
	assert_int_equal(feed(x, 0), 0);
	assert_true(span_is(tx->origin, "node"));
	assert_int_equal(tx->origin_lsn, 0x42);
	commit(x, 0x1000, 0x1100);
	begin(x, 0x1200, 6);
	assert_null(tx->origin.p);
	assert_int_equal(tx->origin_lsn, 0);
}

static void
an_identical_relation_keeps_its_plan(void **state)
{
	struct fixture *x = *state;
	struct facts facts = wire_facts(RELID);
	const struct plan *first;

	begin(x, 0x1000, 5);
	first = tell(x, RELID, 'd');
	assert_non_null(first);
	assert_null(tell(x, RELID, 'd'));	/* asked for, found equal */
	row(x, 'I', 0, NONE, ROW("1", "a"));
	assert_ptr_equal(next(x, EVENT_CREATE).plan, first);
	/* The message is the same, but the catalogue says more now. */
	wire_relation(&x->b, RELID, "t", 'd', wire_t_columns, 2);
	assert_int_equal(feed(x, 0), CHANGE_NEED_FACTS);
	facts.comment = span_of("a comment");
	assert_non_null(change_facts(x->change, &facts, &x->f));
	/* Another definition. */
	assert_non_null(tell(x, RELID, 'f'));
}

static void
a_name_that_is_not_utf8(void **state)
{
	static const struct span include[] = { SPAN("public[.]c.*") };
	static const struct span exclude[] = { SPAN("!.*caf.xE9") };
	struct fixture *x = *state;
	struct filter *filters[2] = { filter_new(include, 1, &x->f),
		filter_new(exclude, 1, &x->f) };

	begin(x, 0x1000, 5);
	for (int i = 0; i < 2; i++) {
		options.tables = i ? filters[0] : NULL;
		wire_relation(&x->b, RELID, "caf\xe9", 'd', wire_t_columns, 2);
		assert_int_equal(feed(x, 0), -1);
		assert_int_equal(x->f.kind, FAIL_CONFIG);
		assert_non_null(strstr(x->f.text,
			"table public.caf\\xE9: its name is not UTF-8"));
	}
	options.tables = filters[1];
	assert_int_equal(feed(x, 0), 0);
	row(x, 'I', 0, NONE, ROW("1", "a"));
	no_more(x);
	filter_free(filters[0]);
	filter_free(filters[1]);
}

static const struct plan *
give_facts(struct fixture *x, uint32_t relid)
{
	struct facts facts = wire_facts(relid);

	assert_int_equal(change_wanted(x->change)->relid, relid);
	return change_facts(x->change, &facts, &x->f);
}

/* Keeps one plan, and knows RELID and the two after it. */
static void
keep_one_plan(struct fixture *x)
{
	options.plans = 1;
	change_free(x->change);
	x->change = change_new(&options);
	begin(x, 0x1000, 5);
	for (uint32_t i = 0; i < 3; i++)
		assert_non_null(tell(x, RELID + i, 'd'));
}

static void
a_row_of_a_plan_not_kept_wants_its_facts(void **state)
{
	struct fixture *x = *state;

	options.boundaries = true;
	keep_one_plan(x);
	wire_change(&x->b, 'I', RELID);
	wire_tuple(&x->b, 'N', ROW("1", "a"));
	assert_int_equal(feed(x, 0x900), CHANGE_NEED_FACTS);
	assert_int_equal(change_transaction(x->change)->messages, 2);
	assert_non_null(give_facts(x, RELID));
	assert_null(change_wanted(x->change));
	assert_int_equal(next(x, EVENT_CREATE).plan->relid, RELID);
	no_more(x);
	assert_int_equal(change_transaction(x->change)->messages, 2);
	assert_int_equal(tally_total(change_transaction(x->change)->tally), 1);
	row(x, 'I', 0, NONE, ROW("2", "a"));	/* now it is kept */
	next(x, EVENT_CREATE);
	/* An operation that is not wanted needs no plan. */
	options.skipped = "tc";
	wire_change(&x->b, 'I', RELID + 1);
	wire_tuple(&x->b, 'N', ROW("1", "a"));
	assert_int_equal(feed(x, 0x900), 0);
	no_more(x);
}

/* One that is lost while it waits is forgotten; so is what it wanted. */
static void
a_row_that_waits_is_lost(void **state)
{
	struct fixture *x = *state;

	keep_one_plan(x);
	wire_change(&x->b, 'I', RELID);
	wire_tuple(&x->b, 'N', ROW("1", "a"));
	assert_int_equal(feed(x, 0x900), CHANGE_NEED_FACTS);
	change_reset(x->change);
	assert_null(change_wanted(x->change));
	no_more(x);
	begin(x, 0x1000, 5);
	assert_non_null(tell(x, RELID, 'd'));
	row(x, 'I', 0, NONE, ROW("1", "a"));
	next(x, EVENT_CREATE);
}

static void
a_truncate_may_want_the_facts_of_several(void **state)
{
	const uint32_t relids[] = { RELID, RELID + 1, RELID + 2 };
	struct fixture *x = *state;

	keep_one_plan(x);
	wire_truncate(&x->b, relids, 3);
	assert_int_equal(feed(x, 0x900), 0);	/* not wanted itself */
	no_more(x);
	options.skipped = "";
	assert_int_equal(feed(x, 0x900), CHANGE_NEED_FACTS);
	assert_non_null(give_facts(x, RELID));
	assert_non_null(give_facts(x, RELID + 1));
	assert_null(change_wanted(x->change));	/* the last one was kept */
	for (uint32_t i = 0; i < 3; i++)	/* and none of them goes now */
		assert_int_equal(next(x, EVENT_TRUNCATE).plan->relid, relids[i]);
	no_more(x);
	assert_int_equal(change_transaction(x->change)->messages, 3);
}

static void
after_a_reset_relations_must_be_told_again(void **state)
{
	struct fixture *x = *state;

	begin(x, 0x1000, 5);
	tell(x, RELID, 'd');
	change_reset(x->change);
	no_more(x);
	assert_false(change_transaction(x->change)->open);
	begin(x, 0x1000, 5);
	wire_change(&x->b, 'I', RELID);
	wire_tuple(&x->b, 'N', ROW("1", "a"));
	assert_illegal(x, 0x900, "INSERT message at 0/900: relation 7 was not announced");
	assert_null(tell(x, RELID, 'd'));	/* the plan survived */
	row(x, 'I', 0, NONE, ROW("1", "a"));
	next(x, EVENT_CREATE);
}

static void
a_name_that_is_too_long_is_refused(void **state)
{
	struct fixture *x = *state;
	struct span pattern = SPAN("public[.]x+");
	struct filter *filter = filter_new(&pattern, 1, &x->f);
	char name[506];

	options.tables = filter;
	begin(x, 0x1000, 5);
	memset(name, 'x', sizeof name);
	name[504] = '\0';	/* "public." and 504: all that fits */
	wire_relation(&x->b, 8, name, 'd', wire_t_columns, 2);
	assert_int_equal(feed(x, 0), CHANGE_NEED_FACTS);
	name[504] = 'x';
	name[505] = '\0';
	wire_relation(&x->b, 8, name, 'd', wire_t_columns, 2);
	assert_illegal(x, 0, "RELATION message at 0/0: its name is too long");
	filter_free(filter);
}

static void
a_null_in_a_not_null_column_relaxes_the_plan(void **state)
{
	struct fixture *x = *state;
	struct event e;

	begin(x, 0x1000, 5);
	tell(x, RELID, 'd');
	row(x, 'I', 0, NONE, ROW(NULL, "a"));
	e = next(x, EVENT_CREATE);
	assert_true(e.plan->columns[0].not_null);
	assert_int_equal(change_relax(x->change, e.plan, 0, &x->f), 0);
	e = next(x, EVENT_CREATE);
	assert_false(e.plan->columns[0].not_null);
	no_more(x);
}

static void
last_commit_comes_from_the_state(void **state)
{
	struct fixture *x = *state;

	change_set_last_commit(x->change, 0x42);
	begin(x, 0x1000, 5);
	assert_int_equal(change_transaction(x->change)->last_commit, 0x42);
}

static void
illegal_order_is_refused(void **state)
{
	struct fixture *x = *state;
	const uint32_t relids[] = { 99 };

	wire_commit(&x->b, 0x1000, 0x1100);
	assert_illegal(x, 0x1100, "COMMIT message at 0/1000: no transaction is open");
	wire_change(&x->b, 'I', RELID);
	wire_tuple(&x->b, 'N', ROW("1", "a"));
	assert_illegal(x, 0x900, "INSERT message at 0/900: no transaction is open");
	wire_truncate(&x->b, relids, 1);
	assert_illegal(x, 0x900, "TRUNCATE message at 0/900: no transaction is open");
	wire_message(&x->b, true, 0x600, "p", "");
	assert_illegal(x, 0x600, "MESSAGE message at 0/600: transactional, but no transaction is open");
	buf_reset(&x->b);
	buf_putc(&x->b, 'O');
	wire_be(&x->b, 0x42, 8);
	wire_str(&x->b, "node");
	assert_illegal(x, 0, "ORIGIN message at 0/0: it must follow BEGIN");
	begin(x, 0x1000, 5);
	wire_begin(&x->b, 0x2000, 6);
	assert_illegal(x, 0x2000, "BEGIN message at 0/2000: the transaction before it has not ended");
	wire_commit(&x->b, 0x1001, 0x1100);
	assert_illegal(x, 0x1100, "COMMIT message at 0/1001: it is not the commit that BEGIN announced");
	wire_truncate(&x->b, relids, 1);
	assert_illegal(x, 0x900, "TRUNCATE message at 0/900: one of its relations was not announced");
	wire_message(&x->b, false, 0x600, "p", "");
	assert_illegal(x, 0x600, "MESSAGE message at 0/600: not transactional, but inside a transaction");
	buf_reset(&x->b);
	buf_putc(&x->b, 'E');
	assert_illegal(x, 0x3000, "STREAM STOP message at 0/3000: protocol version 1 has no such message");
	/* A type message is legal and says nothing that the catalogue does not. */
	buf_reset(&x->b);
	buf_putc(&x->b, 'Y');
	wire_be(&x->b, 16400, 4);
	wire_str(&x->b, "public");
	wire_str(&x->b, "mood");
	assert_int_equal(feed(x, 0), 0);
	no_more(x);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(insert_update_delete),
		TEST(without_tombstones),
		TEST(a_key_change_is_three_events),
		TEST(a_toasted_key_that_stayed_is_an_update),
		TEST(truncate_is_an_event_per_captured_table),
		TEST(skipped_operations_give_nothing),
		TEST(halves_of_a_key_change_are_skipped_alone),
		TEST(boundaries_are_events_and_the_others_are_counted),
		TEST(what_is_not_emitted_is_not_counted),
		TEST(an_event_given_again_is_counted_once),
		TEST(updates_that_change_nothing_can_be_skipped),
		TEST(logical_messages),
		TEST(origin_belongs_to_its_transaction),
		TEST(an_identical_relation_keeps_its_plan),
		TEST(a_name_that_is_not_utf8),
		TEST(a_row_of_a_plan_not_kept_wants_its_facts),
		TEST(a_row_that_waits_is_lost),
		TEST(a_truncate_may_want_the_facts_of_several),
		TEST(after_a_reset_relations_must_be_told_again),
		TEST(a_name_that_is_too_long_is_refused),
		TEST(a_null_in_a_not_null_column_relaxes_the_plan),
		TEST(last_commit_comes_from_the_state),
		TEST(illegal_order_is_refused),
	};

	return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
