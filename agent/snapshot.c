#include "snapshot.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backoff.h"
#include "exporter.h"
#include "holder.h"
#include "log.h"
#include "loop.h"
#include "patterns.h"
#include "report.h"

/* Of all readers together, in batches; a reader has at least two and at most four. */
#define BATCHES_BYTES ((size_t)16 << 20)
#define BATCH_BYTES ((size_t)128 << 10)
#define THREADS_MAX 4		/* by default */
#define TICK_US 200000
/*
 * The stream waits at most this long for a position, twice as long after each
 * try in vain: some transaction may always be open for that long.
 */
#define HOLD_MS 10000
#define HOLDS_MAX 5

enum phase {
	OFF,		/* nothing is wanted, or all is done */
	WANTED,		/* a snapshot at a position to come */
	EXPORT,		/* a temporary slot is being made */
	IMPORT,		/* its snapshot, or the main slot's, is being imported */
	GATE,		/* the stream goes on up to its position */
	READ,
	SETTLE		/* all is sent, not acknowledged */
};

struct snapshot {
	struct snapshot_setup setup;
	struct filter *included;
	struct snapshot_rules rules;
	struct holder *holder;
	struct exporter *exporter;
	struct round *round;
	struct report *report;
	pthread_mutex_t compile;
	int wake;
	enum phase phase;
	bool at_gate;			/* the stream has come to the position, and waits */
	bool hold;			/* it waits since before the position was known */
	unsigned holds;			/* that were in vain */
	bool identified;
	bool progressed;
	unsigned threads;
	lsn_t position;			/* of this round */
	lsn_t wal_began;		/* its end when this round began to read; 0: not known */
	lsn_t catch_up;			/* stream up to here before the next one */
	int64_t wake_at;		/* of WANTED */
	int64_t now_us;
	uint32_t *told;			/* tables whose plan was told */
	size_t ntold;
	struct backoff backoff;
	struct fail said;
};

static unsigned
threads_of(const struct config *c)
{
	cpu_set_t cores;
	int n = 1;

	if (c->snapshot.threads)
		return (unsigned)c->snapshot.threads;
	if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
		n = CPU_COUNT(&cores);
	return (unsigned)(n > THREADS_MAX ? THREADS_MAX : n < 1 ? 1 : n);
}

static bool
draws(const struct config *c)
{
	return (c->to_stdout || c->snapshot.mode == SNAPSHOT_INITIAL_ONLY) &&
		isatty(STDERR_FILENO);
}

static int
make(struct snapshot *s, struct fail *f)
{
	const struct config *c = s->setup.config;

	if (patterns_filter(&c->snapshot.tables, "snapshot.tables",
			&s->included, f) == -1)
		return -1;
	s->rules = (struct snapshot_rules){ .config = c,
		.captured = s->setup.change->tables, .included = s->included };
	s->holder = holder_new(&s->rules);
	s->exporter = exporter_new(c);
	s->report = report_new(draws(c));
	s->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->wake < 0)
		return fail_set(f, FAIL_FATAL, "eventfd: %s", strerror(errno));
	return s->holder && s->exporter && s->report ? 0 :
		fail_set(f, FAIL_FATAL, "out of memory");
}

struct snapshot *
snapshot_new(const struct snapshot_setup *setup, struct fail *f)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (!s) {
		fail_set(f, FAIL_FATAL, "out of memory");
		return NULL;
	}
	s->setup = *setup;
	s->wake = -1;
	s->threads = threads_of(setup->config);
	backoff_init(&s->backoff, (uint64_t)getpid() << 16 | 1);
	pthread_mutex_init(&s->compile, NULL);
	if (make(s, f) == 0)
		return s;
	snapshot_free(s);
	return NULL;
}

void
snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	round_free(s->round);
	holder_free(s->holder);
	exporter_free(s->exporter);
	report_free(s->report);
	filter_free(s->included);
	free(s->told);
	pthread_mutex_destroy(&s->compile);
	if (s->wake >= 0)
		close(s->wake);
	free(s);
}

const struct snapshot_rules *
snapshot_rules(const struct snapshot *s)
{
	return &s->rules;
}

void
snapshot_want(struct snapshot *s, bool fresh)
{
	if (fresh) {
		progress_begin(s->setup.progress);
		s->progressed = true;
	}
	s->phase = WANTED;
	s->wake_at = 0;
}

bool
snapshot_active(const struct snapshot *s)
{
	return s->phase != OFF;
}

/* The next try; what is finished stays finished. */
static void
try_again(struct snapshot *s, const struct fail *why)
{
	int64_t pause = backoff_next(&s->backoff);

	if (strcmp(s->said.text, why->text) != 0)
		log_warn("the snapshot cannot go on, trying again",
			LOG_STR("reason", why->text),
			LOG_INT("retry_in_ms", pause / 1000));
	s->said = *why;
	exporter_end(s->exporter);
	holder_end(s->holder);
	if (s->hold && s->holds < HOLDS_MAX)
		s->holds++;
	s->phase = WANTED;
	s->at_gate = s->hold = false;
	s->wake_at = s->now_us + pause;
}

static int
survive(struct snapshot *s, const struct fail *f)
{
	if (f->kind != FAIL_RETRY)
		return -1;
	try_again(s, f);
	return 0;
}

static int
import(struct snapshot *s, const char *name, const struct conn_peer *peer,
	struct fail *f)
{
	s->phase = IMPORT;
	return holder_begin(s->holder, name, peer, s->now_us, f);
}

void
snapshot_take(struct snapshot *s, const char *name, lsn_t position,
	const struct conn_peer *peer, int64_t now_us)
{
	struct fail f = FAIL_INIT;

	s->now_us = now_us;
	s->at_gate = true;
	s->position = position;
	if (import(s, name, peer, &f) == -1)
		try_again(s, &f);
}

bool
snapshot_imports(const struct snapshot *s)
{
	return s->phase == IMPORT && !holder_has(s->holder);
}

static int
begin_export(struct snapshot *s, const struct snapshot_stream *stream,
	struct fail *f)
{
	s->phase = EXPORT;
	return exporter_begin(s->exporter, stream->peer,
		s->hold ? (int64_t)HOLD_MS << s->holds :
			s->setup.config->postgres.slot_timeout_ms, s->now_us, f);
}

static int
step_wanted(struct snapshot *s, const struct snapshot_stream *stream,
	struct fail *f)
{
	if (!stream->on || s->now_us < s->wake_at || stream->done < s->catch_up)
		return 0;
	s->at_gate = s->hold = false;
	return begin_export(s, stream, f);
}

/*
 * Records behind the position must not be out before the rows that the snapshot
 * has. A busy stream passes it while the slot is made: then again, with the
 * stream waiting. It does not wait at once, because the creation may wait for
 * old transactions for long; the first one has seen them end.
 */
static int
step_export(struct snapshot *s, const struct snapshot_stream *stream,
	struct fail *f)
{
	int rc = exporter_step(s->exporter, s->now_us, f);

	if (rc <= 0)
		return rc;
	s->identified = true;
	s->position = exporter_position(s->exporter);
	if (stream->begun >= s->position) {
		exporter_end(s->exporter);
		s->hold = true;
		return begin_export(s, stream, f);
	}
	s->hold = false;
	s->holds = 0;
	return import(s, exporter_snapshot(s->exporter),
		exporter_peer(s->exporter), f);
}

static int
step_import(struct snapshot *s, struct fail *f)
{
	if (!holder_ready(s->holder))
		return 0;
	exporter_end(s->exporter);
	if (snapshot_tables_check(holder_tables(s->holder),
			holder_role(s->holder), f) == -1)
		return -1;
	s->phase = GATE;
	return 0;
}

/* Each reader compiles its own; a table is told of once. Under the lock. */
static void
on_plan(void *self, const struct plan *plan, lsn_t lsn)
{
	struct snapshot *s = self;
	uint32_t *told;

	for (size_t i = 0; i < s->ntold; i++)
		if (s->told[i] == plan->relid)
			return;
	told = realloc(s->told, (s->ntold + 1) * sizeof(*told));
	if (told) {
		s->told = told;
		told[s->ntold++] = plan->relid;
	}
	if (s->setup.on_plan)
		s->setup.on_plan(NULL, plan, lsn);
}

static struct reader_setup
reader_setup(struct snapshot *s)
{
	size_t batches = BATCHES_BYTES / BATCH_BYTES / s->threads;

	return (struct reader_setup){
		.config = s->setup.config,
		.plan = s->setup.change->plan,
		.snapshot = holder_snapshot(s->holder),
		/* Rows are older than a change at the position itself. */
		.position = s->position - 1,
		.xid = holder_xid(s->holder),
		.time_us = loop_unix_ns() / 1000,
		.peer = *holder_peer(s->holder),
		.wake = s->wake,
		.batches = batches > 4 ? 4 : batches < 2 ? 2 : batches,
		.batch_bytes = BATCH_BYTES,
		.record_cap = s->setup.record_cap,
		.compile = &s->compile,
		.on_plan = on_plan,
		.self = s,
	};
}

/* No stream joins what was read of a table before to what is read now. */
static void
start_tables_over(struct snapshot *s)
{
	size_t n = progress_keep_whole(s->setup.progress);

	if (n)
		log_warn("tables that were read in part are read from their beginning "
			"again: without a slot nothing tells what changed since",
			LOG_UINT("tables", n));
}

static int
begin_round(struct snapshot *s, struct fail *f)
{
	struct round_setup setup = {
		.reader = reader_setup(s),
		.tables = holder_tables(s->holder),
		.sink = s->setup.sink,
		.track = s->setup.track,
		.progress = s->setup.progress,
		.xmin = holder_xmin(s->holder),
		.threads = s->threads,
		.chunk_bytes = s->setup.config->snapshot.chunk_kbytes * 1024,
		.begun = progress_any(s->setup.progress),
	};

	if (s->setup.config->snapshot.mode == SNAPSHOT_INITIAL_ONLY)
		start_tables_over(s);
	s->round = round_new(&setup, s->now_us, f);
	if (!s->round)
		return -1;
	s->phase = READ;
	s->wal_began = 0;
	s->said.text[0] = '\0';
	backoff_reset(&s->backoff);
	report_begin(s->report, s->round, s->now_us);
	log_info("reading the rows that are there already",
		LOG_UINT("tables", setup.tables->count),
		LOG_UINT("threads", s->threads), LOG_LSN("lsn", s->position));
	return 0;
}

/*
 * The WAL that the slot keeps and the snapshot itself have their price. Both are
 * counted from the first new rows on: what a round reads again, and the way to
 * its position, are no reason to end it with nothing done.
 */
static void
limit_round(struct snapshot *s)
{
	const struct config *c = s->setup.config;
	int64_t most_us = c->snapshot.round_max_ms * 1000;
	uint64_t most_wal = (uint64_t)c->snapshot.round_wal_mb << 20;
	int64_t since = round_advancing_since(s->round);
	lsn_t wal = holder_wal(s->holder);

	if (!s->wal_began)
		s->wal_began = wal;
	if (c->snapshot.mode == SNAPSHOT_INITIAL_ONLY || !since)
		return;		/* without a slot no stream joins rounds */
	if ((most_us && s->now_us - since >= most_us) ||
	    (most_wal && s->wal_began && wal - s->wal_began >= most_wal))
		round_cut(s->round);
}

static void
end_round(struct snapshot *s, enum round_state state)
{
	report_end(s->report, s->round, s->now_us);
	s->catch_up = holder_wal(s->holder);
	holder_end(s->holder);
	s->phase = SETTLE;
	if (state == ROUND_GONE || !round_complete(s->round))
		log_info("the snapshot pauses: changes made meanwhile are published "
			"before the rest is read", LOG_LSN("until", s->catch_up));
}

static int
step_read(struct snapshot *s, struct fail *f)
{
	enum round_state state;

	limit_round(s);
	state = round_step(s->round, s->now_us, f);
	s->progressed |= round_progressed(s->round);
	if (state == ROUND_FAILED)
		return -1;
	report_step(s->report, s->round, s->now_us);
	if (state != ROUND_READING)
		end_round(s, state);
	return 0;
}

static int
step_settle(struct snapshot *s, struct fail *f)
{
	bool complete = round_complete(s->round);

	if (snapshot_collect(s, f) == -1)
		return -1;
	if (!round_settled(s->round))
		return 0;
	round_free(s->round);
	s->round = NULL;
	if (!complete) {
		s->phase = WANTED;
		s->wake_at = s->now_us;
		return 0;
	}
	progress_finish(s->setup.progress);
	s->progressed = true;
	s->phase = OFF;
	log_info("the snapshot is complete");
	return 0;
}

/* Without its holder no reader can begin; those at work keep what they have. */
static int
step_holder(struct snapshot *s, struct fail *f)
{
	if (holder_step(s->holder, s->now_us, f) == 0)
		return 0;
	if (s->phase != READ)
		return survive(s, f);
	if (f->kind != FAIL_RETRY)
		return -1;
	log_warn("the snapshot's connection is lost, the rest is read under a new one",
		LOG_STR("reason", f->text));
	round_lose(s->round);
	return 0;
}

static int
step_phase(struct snapshot *s, const struct snapshot_stream *stream,
	struct fail *f)
{
	switch (s->phase) {
	case WANTED:
		return step_wanted(s, stream, f);
	case EXPORT:
		return step_export(s, stream, f);
	case IMPORT:
		return step_import(s, f);
	case GATE:
		return s->at_gate && stream->on ? begin_round(s, f) : 0;
	case READ:
		return step_read(s, f);
	case SETTLE:
		return step_settle(s, f);
	default:
		return 0;
	}
}

int
snapshot_step(struct snapshot *s, const struct snapshot_stream *stream,
	int64_t now_us, struct fail *f)
{
	enum phase before;
	uint64_t rings;

	s->now_us = now_us;
	if (s->phase == OFF)
		return 0;
	if (read(s->wake, &rings, sizeof(rings)) < 0 && errno != EAGAIN)
		return fail_set(f, FAIL_FATAL, "eventfd: %s", strerror(errno));
	if (step_holder(s, f) == -1)
		return -1;
	do {
		before = s->phase;
		if (step_phase(s, stream, f) == 0)
			continue;
		if (s->phase == READ || s->phase == SETTLE ||
		    survive(s, f) == -1)
			return -1;
	} while (s->phase != before && s->phase != WANTED);
	return 0;
}

/* From when it is known on: the import and the list of tables take a moment. */
lsn_t
snapshot_gate(const struct snapshot *s)
{
	return (s->phase == IMPORT || s->phase == GATE) && !s->at_gate ?
		s->position : 0;
}

void
snapshot_reached(struct snapshot *s)
{
	s->at_gate = true;
}

bool
snapshot_reading(const struct snapshot *s)
{
	return s->phase == READ || (s->phase == EXPORT && s->hold) ||
		(s->at_gate && (s->phase == IMPORT || s->phase == GATE));
}

bool
snapshot_progressed(struct snapshot *s)
{
	bool was = s->progressed;

	s->progressed = false;
	return was;
}

int
snapshot_collect(struct snapshot *s, struct fail *f)
{
	if (s->round && round_collect(s->round, f) == -1)
		return -1;
	if (s->round)
		s->progressed |= round_progressed(s->round);
	return 0;
}

const struct repl_identity *
snapshot_identity(const struct snapshot *s)
{
	return s->identified ? exporter_identity(s->exporter) : NULL;
}

int
snapshot_fds(const struct snapshot *s, struct pollfd *fds, int max)
{
	int n = 0;

	if (s->phase == OFF || max < SNAPSHOT_FDS)
		return 0;
	fds[n++] = (struct pollfd){ .fd = s->wake, .events = POLLIN };
	fds[n++] = holder_wait(s->holder);
	return n + exporter_fds(s->exporter, fds + n, max - n);
}

int64_t
snapshot_deadline(const struct snapshot *s, int64_t now_us)
{
	int64_t at = loop_sooner(holder_deadline(s->holder),
		exporter_deadline(s->exporter));

	if (s->phase == OFF)
		return LOOP_NEVER;
	if (s->phase == READ && round_busy(s->round))
		return now_us;
	if (s->round)
		at = loop_sooner(at, round_deadline(s->round));
	return loop_sooner(at, s->phase == WANTED && s->wake_at > now_us ?
		s->wake_at : now_us + TICK_US);
}
