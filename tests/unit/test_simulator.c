/*
 * A seeded simulation of the whole way: history -> walsender -> pipeline and
 * tracker -> sink -> broker, with connections lost, servers and processes that
 * crash, and records lost for good, at any step. After every step the position
 * is compared with what is known of the history.
 *
 * SIM_SEED repeats a run, SIM_ROUNDS makes a longer one: make simulate.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "pipeline.h"
#include "sim_broker.h"
#include "sim_server.h"

enum action {
	FRAME, RESUME, KEEP, REPORT, KEEPALIVE, STATUS, GROW, IDLE_WAL,
	CATALOGUE, SLOT_TO_DISK, DISCONNECT, CRASH, SERVER_CRASH, LOSE, ACTIONS
};

/* The process: what dies with it. */
struct process {
	struct track *track;
	struct pipeline *pipeline;
	char *hand;		/* the bytes of the frame in hand */
	size_t hand_len;
	uint32_t first, done;	/* transactions: where it began, wholly taken in */
	uint32_t complete;	/* up to here all records are reported to it */
	bool begun;
	uint64_t limit;		/* of units */
	bool exact;		/* what is complete is confirmed at once */
	lsn_t confirmed;
	lsn_t last_commit;	/* of those complete that have records */
};

struct world {
	uint64_t seed;
	unsigned long step;
	struct rng rng;
	struct history h;
	struct server server;
	struct broker broker;
	struct process p;
	uint32_t kept;		/* transactions wholly kept by the broker */
	uint32_t goal;		/* transactions of this round */
	unsigned weights[ACTIONS];
	struct buf b;
	struct fail f;
	unsigned long counts[ACTIONS], skipped, waits, row_waits, fulls, rewinds;
};

static struct plan_options plan_options = {
	.prefix = SPAN("app"), .delimiter = SPAN("."), .database = SPAN("db"),
	.version = SPAN("1"), .run_id = SPAN("run"),
	.transaction_topic = SPAN("transaction"),
	.types = { .money_digits = 2, .unavailable = SPAN("__unavailable") },
};
static struct pipeline_options options = {
	.change = { .plan = &plan_options },
	.record_cap = 1 << 20,
};

#define check(w, condition, ...) do { \
	if (!(condition)) { \
		print_error("SIM_SEED=%llu SIM_ROUNDS=1, step %lu: ", \
			(unsigned long long)(w)->seed, (w)->step); \
		print_error(__VA_ARGS__); \
		fail_msg("\n%s", #condition); \
	} \
} while (0)

static int64_t
fixed_now(void)
{
	return INT64_C(1700000000123456789);
}

/* --- The process */

static void
drop_hand(struct process *p)
{
	if (p->hand)
		memset(p->hand, 0xee, p->hand_len);
	free(p->hand);
	p->hand = NULL;
}

static void
process_start(struct world *w)
{
	w->p = (struct process){ .track = track_new(), .limit = TRACK_UNITS };
	w->p.exact = true;
	if (one_in(&w->rng, 3)) {
		/* Transactions that share a unit are confirmed together. */
		w->p.limit = 2 + pick(&w->rng, 5);
		w->p.exact = false;
		track_set_limit(w->p.track, w->p.limit);
	}
	/* Few plans are kept: then most rows want their facts again. */
	options.change.plans = one_in(&w->rng, 2) ? 0 : 1 + pick(&w->rng, 2);
	w->p.pipeline = pipeline_new(&options, &w->broker.base, w->p.track);
	check(w, w->p.pipeline, "no memory");
	w->broker.capacity = 1 + pick(&w->rng, one_in(&w->rng, 2) ? 4 : 60);
	w->broker.full_one_in = 2 + pick(&w->rng, 100);
}

static void
process_free(struct world *w)
{
	w->skipped += pipeline_counters(w->p.pipeline)->skipped;
	drop_hand(&w->p);
	pipeline_free(w->p.pipeline);
	track_free(w->p.track);
	w->server.up = false;
}

static void
process_crash(struct world *w)
{
	/* In good order the server is told what is confirmed. */
	if (w->server.up && one_in(&w->rng, 2))
		server_status(&w->server, track_confirmed(w->p.track));
	broker_crash(&w->broker);
	process_free(w);
	process_start(w);
}

static void
lose_connection(struct world *w)
{
	pipeline_disconnected(w->p.pipeline);
	drop_hand(&w->p);
	w->broker.nrecords = 0;
	w->server.up = false;
}

static void
connect(struct world *w)
{
	struct process *p = &w->p;
	lsn_t restart = track_restart(p->track);

	server_connect(&w->server, restart);
	if (p->begun && restart == 0 && w->server.tx != p->done) {
		/*
		 * The server forgot what the process before had confirmed, and
		 * this one has not finished anything yet: all of it again.
		 */
		w->broker.process++;
		w->rewinds++;
		p->begun = p->exact = false;
	}
	if (p->begun) {
		/* Exactly what this process has not finished comes again. */
		check(w, w->server.tx == p->done, "goes on at transaction %u, not %u",
			w->server.tx, p->done);
		return;
	}
	p->begun = true;
	p->first = p->done = p->complete = w->server.tx;
	p->confirmed = 0;
	w->broker.next = p->first < w->h.ntxs ? w->h.txs[p->first].record :
		w->h.nrecords;
}

/* What follows from a result: the frame is done, in hand, or the process ends. */
static void
settle(struct world *w, enum pipeline_result result)
{
	check(w, !w->broker.wrong, "%s\n", w->broker.wrong);
	switch (result) {
	case PIPELINE_DONE:
		drop_hand(&w->p);
		if (w->server.ended)
			w->p.done = w->server.tx;
		w->server.ended = false;
		check(w, pipeline_ready(w->p.pipeline), "not ready\n");
		break;
	case PIPELINE_FULL:
		break;
	case PIPELINE_HELD:
		check(w, false, "held without a gate\n");
		break;
	case PIPELINE_NEED:
		w->waits++;
		w->row_waits += w->broker.message != NULL;
		check(w, pipeline_wanted(w->p.pipeline), "nothing wanted\n");
		break;
	case PIPELINE_FAILED:
		check(w, w->broker.failed, "%s\n", w->f.text);
		process_crash(w);
		break;
	}
}

static void
take_frame(struct world *w)
{
	struct process *p = &w->p;
	struct frame frame = { .type = FRAME_XLOG };

	if (!w->server.up)
		connect(w);
	if (!server_next(&w->server, &w->b, &frame.start))
		return;
	w->broker.message = w->server.message;
	w->broker.lsn = frame.start;
	w->broker.record = w->server.record;
	w->broker.nrecords = w->server.nrecords;
	p->hand_len = w->b.len;
	p->hand = malloc(p->hand_len);
	memcpy(p->hand, w->b.p, p->hand_len);
	frame.end = frame.start;
	frame.data = (struct span){ p->hand, p->hand_len };
	settle(w, pipeline_frame(p->pipeline, &frame, &w->f));
}

static void
resume(struct world *w)
{
	const struct relation *wanted = pipeline_wanted(w->p.pipeline);

	if (wanted) {
		struct facts facts = server_facts(&w->server, wanted->relid);

		check(w, pipeline_facts(w->p.pipeline, &facts, &w->f) == 0,
			"%s\n", w->f.text);
		if (one_in(&w->rng, 4))
			return;		/* lost here, perhaps */
	}
	settle(w, pipeline_resume(w->p.pipeline, &w->f));
}

static void
keepalive(struct world *w)
{
	struct frame frame;

	if (!w->server.up)
		return;
	frame = server_keepalive(&w->server);
	settle(w, pipeline_frame(w->p.pipeline, &frame, &w->f));
}

/* --- What must hold */

/* Before this nothing of transaction `n` may be confirmed. */
static lsn_t
position(const struct world *w, uint32_t n)
{
	return n < w->h.ntxs ? w->h.txs[n].at : w->h.wal;
}

static bool
all_reported(const struct world *w, const struct sim_tx *tx)
{
	for (uint32_t i = 0; i < tx->nrecords; i++)
		if (w->h.records[tx->record + i].reported != w->broker.process)
			return false;
	return true;
}

static bool
all_kept(const struct world *w, const struct sim_tx *tx)
{
	for (uint32_t i = 0; i < tx->nrecords; i++)
		if (!w->h.records[tx->record + i].kept)
			return false;
	return true;
}

static void
count_complete(struct world *w)
{
	struct process *p = &w->p;

	for (; p->complete < p->done; p->complete++) {
		const struct sim_tx *tx = &w->h.txs[p->complete];

		if (!all_reported(w, tx))
			break;
		if (tx->nrecords)
			p->last_commit = tx->end;
	}
	while (w->kept < w->h.ntxs && all_kept(w, &w->h.txs[w->kept]))
		w->kept++;
}

/* The position lies between what is complete and what is not. */
static void
check_position(struct world *w)
{
	struct process *p = &w->p;
	lsn_t confirmed = track_confirmed(p->track);
	lsn_t restart = track_restart(p->track);

	check(w, confirmed >= p->confirmed, "the position went back\n");
	p->confirmed = confirmed;
	if (!p->begun) {
		check(w, confirmed == 0 && restart == 0, "from nowhere\n");
		return;
	}
	check(w, confirmed <= position(w, p->complete),
		"transaction %u is not complete\n", p->complete);
	check(w, restart <= position(w, p->done),
		"transaction %u would not be sent again\n", p->done);
	if (p->done > p->first)
		check(w, restart >= w->h.txs[p->done - 1].end,
			"transaction %u would be sent again\n", p->done - 1);
	if (p->complete > p->first && p->exact)
		check(w, confirmed >= w->h.txs[p->complete - 1].end,
			"transaction %u is complete\n", p->complete - 1);
	check(w, track_last_commit(p->track) <= confirmed &&
		(track_last_commit(p->track) >= p->last_commit ||
		 !p->exact), "last commit\n");
}

static void
check_all(struct world *w)
{
	struct process *p = &w->p;

	count_complete(w);
	check(w, !w->broker.wrong, "%s\n", w->broker.wrong);
	check(w, track_sound(p->track), "acknowledgements do not add up\n");
	check_position(w);
	check(w, w->server.confirmed <= position(w, w->kept),
		"the slot is past transaction %u, which the broker has not\n",
		w->kept);
	check(w, track_pending(p->track) <= p->limit, "too many units\n");
}

/* --- A round */

static void
act(struct world *w, enum action action)
{
	struct process *p = &w->p;
	bool ready = pipeline_ready(p->pipeline);

	w->counts[action]++;
	switch (action) {
	case FRAME:
		if (ready)
			take_frame(w);
		break;
	case RESUME:
		if (!ready)
			resume(w);
		break;
	case KEEPALIVE:
		if (ready)
			keepalive(w);
		break;
	case KEEP:
		broker_keep(&w->broker);
		break;
	case REPORT:
		broker_report(&w->broker, p->track);
		if (w->broker.failed && one_in(&w->rng, 4))
			process_crash(w);
		break;
	case STATUS:
		if (w->server.up)
			server_status(&w->server, track_confirmed(p->track));
		break;
	case GROW:
		if (!history_full(&w->h, w->goal))
			history_grow(&w->h);
		break;
	case IDLE_WAL:
		w->h.wal += 8 * pick(&w->rng, 100);
		break;
	case CATALOGUE:
		w->server.epoch++;
		break;
	case SLOT_TO_DISK:
		w->server.on_disk = w->server.confirmed;
		break;
	case DISCONNECT:
		lose_connection(w);
		break;
	case CRASH:
		process_crash(w);
		break;
	case SERVER_CRASH:
		w->server.confirmed = w->server.on_disk;
		lose_connection(w);
		break;
	case LOSE:
		broker_lose_one(&w->broker);
		break;
	case ACTIONS:
		break;
	}
}

/* Every round has a climate of its own: what is frequent in it and what is rare. */
static void
choose_weights(struct world *w)
{
	static const unsigned rare[] = { 0, 1, 5, 20 };

	for (int i = 0; i < ACTIONS; i++)
		w->weights[i] = i < DISCONNECT ? 1 + pick(&w->rng, 60) :
			rare[pick(&w->rng, 4)];
	w->weights[FRAME] += 100;
	w->weights[RESUME] += 20;
	w->weights[CATALOGUE] = 1 + pick(&w->rng, 3);
	if (w->weights[LOSE] > 1)
		w->weights[LOSE] = 1;
}

static enum action
choose(struct world *w)
{
	unsigned sum = 0, at;
	int i;

	for (i = 0; i < ACTIONS; i++)
		sum += w->weights[i];
	at = pick(&w->rng, sum);
	for (i = 0; at >= w->weights[i]; i++)
		at -= w->weights[i];
	return (enum action)i;
}

/* No more trouble: all of it must arrive, and be confirmed up to the last byte. */
static void
come_to_rest(struct world *w)
{
	static const enum action calm[] = { FRAME, RESUME, KEEP, REPORT };

	if (w->broker.failed)
		process_crash(w);
	for (unsigned long n = 0; w->p.complete < w->h.ntxs; n++) {
		check(w, n < 1000000, "it does not end\n");
		act(w, calm[n % 4]);
		check_all(w);
		w->step++;
	}
	if (!w->server.up)
		connect(w);
	while (track_confirmed(w->p.track) < w->h.wal)
		keepalive(w);
	check_all(w);
	check(w, track_restart(w->p.track) == w->h.wal, "restart\n");
	check(w, track_pending(w->p.track) == 0, "units left\n");
	check(w, w->broker.pending == 0, "records left\n");
	check(w, w->kept == w->h.ntxs, "records lost\n");
	for (int i = 0; i < TOPICS; i++)
		check(w, w->broker.topics[i].most + 1 == w->h.lengths[i],
			"records of topic %d lost\n", i);
}

static void
one_round(struct world *w, uint64_t seed)
{
	unsigned steps;

	w->seed = w->rng.state = seed;
	w->step = 0;
	w->kept = 0;
	history_init(&w->h, &w->rng);
	plan_options.tombstones = w->h.tombstones;
	options.change.skipped = w->h.skipped;
	options.change.boundaries = w->h.bounds;
	server_init(&w->server, &w->h);
	broker_init(&w->broker, &w->h);
	w->goal = 10 + pick(&w->rng, 150);
	choose_weights(w);
	process_start(w);
	steps = 500 + pick(&w->rng, 6000);
	for (; w->step < steps; w->step++) {
		act(w, choose(w));
		check_all(w);
	}
	come_to_rest(w);
	w->fulls += w->broker.fulls;
	process_free(w);
}

static void
nothing_is_lost(void **state)
{
	const char *seed_text = getenv("SIM_SEED");
	const char *rounds_text = getenv("SIM_ROUNDS");
	uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) :
		(uint64_t)time(NULL) * 1000;
	unsigned long rounds = rounds_text ? strtoul(rounds_text, NULL, 10) : 200;
	static const struct span tables[] = { SPAN("!public[.]other") };
	static const struct span prefixes[] = { SPAN("!skip") };
	struct world *w = calloc(1, sizeof *w);
	struct filter *table_filter, *prefix_filter;

	(void)state;
	table_filter = filter_new(tables, 1, &w->f);
	prefix_filter = filter_new(prefixes, 1, &w->f);
	options.change.tables = table_filter;
	options.change.prefixes = prefix_filter;
	options.unix_ns = fixed_now;
	buf_init(&w->b, 1 << 20);
	print_message("SIM_SEED=%llu SIM_ROUNDS=%lu\n",
		(unsigned long long)seed, rounds);
	for (unsigned long i = 0; i < rounds; i++)
		one_round(w, seed + i);
	print_message("connections lost %lu, crashes %lu and %lu of the server, "
		"sink full %lu, waits for facts %lu (%lu before a row), "
		"records skipped %lu\n",
		w->counts[DISCONNECT], w->counts[CRASH], w->counts[SERVER_CRASH],
		w->fulls, w->waits, w->row_waits, w->skipped);
	if (rounds >= 100)	/* the climates differ, but together they have it all */
		assert_true(w->counts[DISCONNECT] && w->counts[CRASH] &&
			w->counts[SERVER_CRASH] && w->counts[LOSE] && w->fulls &&
			w->waits && w->row_waits && w->skipped && w->rewinds);
	buf_release(&w->b);
	filter_free(table_filter);
	filter_free(prefix_filter);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost),
	};

	return cmocka_run_group_tests_name("simulator", tests, NULL, NULL);
}
