#include "cmd_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "confirm.h"
#include "heartbeat.h"
#include "log.h"
#include "loop.h"
#include "patterns.h"
#include "pipeline.h"
#include "profile.h"
#include "session.h"
#include "sink_kafka.h"
#include "sink_stdout.h"
#include "state.h"

/* A row is below 1 GiB; its JSON text is refused above this. */
#define RECORD_MAX ((size_t)2 << 30)
/* Frames handled before signals, acknowledgements and statuses get their turn. */
#define FRAMES_PER_TURN 2000
/* A status on the run of confirmations at most this often. */
#define STATUS_GAP_US 100000
/* While input is left unread no keepalive can ask for a status: send them unasked. */
#define STATUS_UNREAD_US 500000
/* How long a stopping agent, or a stopping server, waits for the sink. */
#define DRAIN_US 3000000
#define TICK_US 100000
/*
 * After a read that brought little, leave the socket alone for a moment: each
 * wake-up of the reader is paid by the walsender, which is the bottleneck.
 */
#define NAP_US 200
#define NAP_BELOW_BYTES 8192
/* Keepalives that want an answer and say nothing new: a server that waits for us to stop. */
#define NAGGING 5

struct agent {
	const struct config *config;
	struct loop loop;
	struct filter *tables;
	struct sink *sink;
	struct track *track;
	struct state *state;
	struct state_record record;	/* as it was read, then as it was saved */
	struct confirm *confirm;
	struct session *session;
	struct profile *profile;
	struct heartbeat *heartbeat;
	struct pipeline_options pipeline_options;
	struct pipeline *pipeline;

	bool streaming;
	bool more;			/* the socket may hold frames: do not wait */
	bool xmin_known;		/* or not wanted */
	uint32_t xmin;			/* as the pipeline has it */
	int64_t nap_until;
	lsn_t told;			/* confirmed position last sent */
	int64_t told_at;
	int64_t stopping_since;		/* the server wants to stop; 0: no */
	lsn_t nagged_at;
	unsigned nags;
	uint64_t turn_bytes;
};

/* What an operator would not expect of a table; once each time it is compiled. */
static void
warn_of_plan(const struct plan *plan)
{
	const struct log_field table[] = {
		LOG_SPAN("schema", plan->schema), LOG_SPAN("table", plan->table)
	};

	for (size_t i = 0; i < plan->nleft_out; i++)
		log_warn("column left out: its type has no mapping "
			"(format.include_unknown_datatypes includes it as bytes, "
			"format.include_geometric_types geometric types)",
			table[0], table[1],
			LOG_SPAN("column", plan->left_out[i].column),
			LOG_SPAN("type", plan->left_out[i].type));
	for (size_t i = 0; i < plan->ncolumns; i++)
		if (plan->columns[i].unmasked)
			log_warn("column is not masked: only columns of "
				"character types and enums are",
				table[0], table[1],
				LOG_SPAN("column", plan->columns[i].name));
	if (plan->key_not_primary)
		log_warn("the key is that of REPLICA IDENTITY USING INDEX, not "
			"the primary key: of an old row the log has nothing else",
			table[0], table[1]);
	if (plan->key_incomplete)
		log_warn("the key lacks columns whose types have no mapping: "
			"different rows may have the same key",
			table[0], table[1],
			LOG_UINT("key_columns", plan->nkey));
}

static void
on_plan(void *self, const struct plan *plan, lsn_t lsn)
{
	(void)self;
	log_info("table captured", LOG_SPAN("schema", plan->schema),
		LOG_SPAN("table", plan->table), LOG_SPAN("topic", plan->topic),
		LOG_UINT("columns", plan->ncolumns),
		LOG_UINT("key_columns", plan->nkey), LOG_LSN("lsn", lsn));
	warn_of_plan(plan);
}

/* Waits for the state record; Kafka may be away for as long as it likes. */
static int
load_state(struct agent *a, struct fail *f)
{
	for (;;) {
		struct pollfd fd = a->sink->ops->wait(a->sink);
		int rc = state_load(a->state, &a->record, f);

		if (rc != 0)
			return rc == 1 ? 0 : -1;
		if (a->loop.stop)
			return 0;
		if (loop_wait(&a->loop, &fd, 1, a->loop.now_us + TICK_US, f) == -1 ||
		    a->sink->ops->poll(a->sink, a->track, f) == -1)
			return -1;
	}
}

static int
first_stream(struct agent *a, struct fail *f)
{
	const struct session_info *info = session_info(a->session);

	if (profile_set_database(a->profile, info->identity.database, f) == -1)
		return -1;
	a->pipeline_options = (struct pipeline_options){
		.change = *profile_change(a->profile),
		.record_cap = RECORD_MAX,
		.unix_ns = loop_unix_ns,
		.on_plan = on_plan,
		.self = a,
	};
	a->pipeline = pipeline_new(&a->pipeline_options, a->sink, a->track);
	if (!a->pipeline)
		return fail_set(f, FAIL_FATAL, "out of memory");
	pipeline_set_last_commit(a->pipeline, a->record.last_commit);
	return 0;
}

static int
begin_stream(struct agent *a, struct fail *f)
{
	const struct session_info *info = session_info(a->session);

	if (!a->pipeline) {
		if (first_stream(a, f) == -1)
			return -1;
		/* Should the server forget what it has confirmed, we do not. */
		track_idle(a->track, info->confirmed);
	}
	confirm_identify(a->confirm, info->identity.system_id,
		info->identity.timeline, a->config->postgres.slot,
		info->confirmed);
	a->streaming = a->more = true;
	a->told = 0;
	a->told_at = a->loop.now_us;
	a->stopping_since = 0;
	a->nags = 0;
	return 0;
}

static void
disconnect(struct agent *a, const struct fail *why)
{
	pipeline_disconnected(a->pipeline);
	session_restart(a->session, track_restart(a->track), why, a->loop.now_us);
	a->streaming = false;
	a->nap_until = 0;
}

/* A failed connection is the session's to mend; anything else ends the run. */
static int
survive(struct agent *a, const struct fail *f)
{
	if (f->kind != FAIL_RETRY)
		return -1;
	disconnect(a, f);
	return 0;
}

static void
want_facts(struct agent *a)
{
	const struct relation *r = pipeline_wanted(a->pipeline);
	uint32_t types[PGOUTPUT_MAX_COLUMNS];

	for (uint16_t i = 0; i < r->def.ncols; i++)
		types[i] = r->def.cols[i].type;
	catalog_want_facts(session_catalog(a->session), r->relid, types,
		r->def.ncols);
}

/* Goes on with the frame in hand, if there is one. */
static int
resume(struct agent *a, struct fail *f)
{
	enum pipeline_result result;

	if (pipeline_ready(a->pipeline))
		return 0;
	if (pipeline_wanted(a->pipeline)) {
		const struct facts *facts = catalog_facts(session_catalog(a->session));

		if (!facts)
			return 0;
		if (pipeline_facts(a->pipeline, facts, f) == -1)
			return -1;
	}
	result = pipeline_resume(a->pipeline, f);
	if (result == PIPELINE_NEED)
		want_facts(a);		/* of the next table of a TRUNCATE */
	return result == PIPELINE_FAILED ? -1 : 0;
}

/* Fast shutdown sends keepalives without end to a client that cannot confirm. */
static void
notice_nagging(struct agent *a, const struct frame *frame)
{
	if (frame->type != FRAME_KEEPALIVE || !frame->reply)
		return;
	a->told_at = 0;		/* answer at once */
	a->nags = frame->end == a->nagged_at ? a->nags + 1 : 0;
	a->nagged_at = frame->end;
}

static int
take_frame(struct agent *a, const struct frame *frame, struct fail *f)
{
	enum pipeline_result result;

	a->turn_bytes += frame->data.len;
	notice_nagging(a, frame);
	result = pipeline_frame(a->pipeline, frame, f);
	if (result == PIPELINE_NEED)
		want_facts(a);
	return result == PIPELINE_FAILED ? -1 : 0;
}

/* The first record waits for the slot's xmin, if that is to be in it. */
static void
take_xmin(struct agent *a)
{
	uint32_t xmin;

	a->xmin_known = session_xmin(a->session, &xmin);
	if (xmin != a->xmin)
		pipeline_set_xmin(a->pipeline, xmin);
	a->xmin = xmin;
}

/* A frame could be taken now. */
static bool
can_take(const struct agent *a)
{
	return pipeline_ready(a->pipeline) && a->xmin_known;
}

/* Reads frames until there is no more, the sink is full, or the turn is over. */
static int
read_frames(struct agent *a, struct fail *f)
{
	struct repl *repl = session_repl(a->session);
	bool consumed = false;

	a->turn_bytes = 0;
	a->more = true;
	for (unsigned n = 0; n < FRAMES_PER_TURN && can_take(a);) {
		struct frame frame;
		int got = repl_recv(repl, &frame, f);

		if (got == -1)
			return survive(a, f);
		if (got == 1) {
			n++;
			if (take_frame(a, &frame, f) == -1)
				return -1;
		} else if (consumed) {
			a->more = false;
			break;
		} else {
			if (repl_consume(repl, f) == -1)
				return survive(a, f);
			consumed = true;
		}
	}
	if (a->turn_bytes > 0 && a->turn_bytes < NAP_BELOW_BYTES)
		a->nap_until = a->loop.now_us + NAP_US;
	return 0;
}

static bool
status_due(const struct agent *a)
{
	int64_t since = a->loop.now_us - a->told_at;

	if (since >= a->config->postgres.status_interval_ms * 1000)
		return true;
	if (!pipeline_ready(a->pipeline) && since >= STATUS_UNREAD_US)
		return true;
	return confirm_lsn(a->confirm) != a->told && since >= STATUS_GAP_US;
}

static int
send_status(struct agent *a, struct fail *f)
{
	lsn_t confirmed = confirm_lsn(a->confirm);

	if (repl_status(session_repl(a->session), confirmed,
			loop_unix_ns() / 1000, false, f) == -1)
		return survive(a, f);
	if (confirmed != a->told)
		session_progress(a->session);
	a->told = confirmed;
	a->told_at = a->loop.now_us;
	return 0;
}

/*
 * A server in fast shutdown waits for us to confirm all it has sent. If the
 * sink cannot take it in time, let the server go: the slot keeps what is left.
 */
static void
let_server_go(struct agent *a)
{
	static const struct fail why = { FAIL_RETRY,
		"the server is stopping and records are still on their way: "
		"closing the connection, the slot stays where it is" };
	bool stopping = session_server_stopping(a->session) ||
		(a->nags >= NAGGING && confirm_lsn(a->confirm) < a->nagged_at);

	if (!stopping)
		a->stopping_since = 0;
	else if (!a->stopping_since)
		a->stopping_since = a->loop.now_us;
	else if (a->loop.now_us - a->stopping_since > DRAIN_US &&
		 (!confirm_complete(a->confirm) || !pipeline_ready(a->pipeline)))
		disconnect(a, &why);
}

static int
stream(struct agent *a, struct fail *f)
{
	take_xmin(a);
	if (resume(a, f) == -1)
		return -1;
	if (a->loop.now_us >= a->nap_until && read_frames(a, f) == -1)
		return -1;
	if (a->streaming && status_due(a) && send_status(a, f) == -1)
		return -1;
	if (a->streaming && repl_flush(session_repl(a->session), f) == -1 &&
	    survive(a, f) == -1)
		return -1;
	if (a->streaming)
		let_server_go(a);
	return 0;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
deadline(const struct agent *a)
{
	int64_t at = sooner(session_deadline(a->session), a->loop.now_us + TICK_US);

	at = sooner(at, heartbeat_deadline(a->heartbeat, a->streaming));
	if (!a->streaming)
		return at;
	if (a->nap_until > a->loop.now_us)
		return sooner(at, a->nap_until);
	if (a->more && can_take(a))
		return a->loop.now_us;
	return at;
}

static int
wait_for_something(struct agent *a, struct fail *f)
{
	struct pollfd fds[SESSION_FDS + 2];
	/* An unread socket must not be polled: it would be readable for ever. */
	bool read = !a->streaming || (can_take(a) &&
		a->nap_until <= a->loop.now_us);
	int n = session_fds(a->session, fds, SESSION_FDS, read);

	fds[n++] = a->sink->ops->wait(a->sink);
	fds[n++] = heartbeat_wait(a->heartbeat);
	return loop_wait(&a->loop, fds, (size_t)n, deadline(a), f);
}

static int
turn(struct agent *a, struct fail *f)
{
	if (wait_for_something(a, f) == -1 ||
	    a->sink->ops->poll(a->sink, a->track, f) == -1 ||
	    session_step(a->session, a->loop.now_us, f) == -1)
		return -1;
	if (!track_sound(a->track))
		return fail_set(f, FAIL_FATAL, "acknowledgements that fit no record: "
			"nothing more is confirmed; this is a bug of pgwake");
	if (a->loop.hangup) {
		a->loop.hangup = false;
		log_warn("SIGHUP: settings are read at start only, restart to apply them");
	}
	if (!a->streaming && session_streaming(a->session) &&
	    begin_stream(a, f) == -1)
		return -1;
	if (confirm_step(a->confirm, a->loop.now_us, false, f) == -1 ||
	    heartbeat_step(a->heartbeat, a->sink, a->streaming,
			catalog_peer(session_catalog(a->session)),
			a->loop.now_us, loop_unix_ns() / 1000000, f) == -1)
		return -1;
	return a->streaming ? stream(a, f) : 0;
}

/* Waits for what the sink has taken, at most until `end`. */
static int
drain_sink(struct agent *a, int64_t end, struct fail *f)
{
	while (a->sink->ops->pending(a->sink) > 0 && a->loop.now_us < end &&
	       !a->loop.stop_again) {
		struct pollfd fd = a->sink->ops->wait(a->sink);

		if (loop_wait(&a->loop, &fd, 1, sooner(end,
				a->loop.now_us + TICK_US), f) == -1 ||
		    a->sink->ops->poll(a->sink, a->track, f) == -1)
			return -1;
	}
	return 0;
}

/* Tells the server what is confirmed and ends the stream in good order. */
static void
leave(struct agent *a)
{
	struct repl *repl = session_repl(a->session);
	lsn_t confirmed = confirm_lsn(a->confirm);
	int64_t end = a->loop.now_us + DRAIN_US / 3;
	struct fail f = FAIL_INIT;

	if (repl_close(repl, confirmed, loop_unix_ns() / 1000, &f) == 0) {
		while (!repl_drained(repl) && a->loop.now_us < end) {
			struct pollfd fd = repl_wait(repl);

			if (loop_wait(&a->loop, &fd, 1, end, &f) == -1)
				break;
		}
	}
	repl_abort(repl);
	log_info("stopped", LOG_LSN("confirmed", confirmed),
		LOG_UINT("records", pipeline_counters(a->pipeline)->records));
}

static int
stop(struct agent *a, struct fail *f)
{
	int64_t end = a->loop.now_us + DRAIN_US;	/* for both */

	if (drain_sink(a, end, f) == -1)
		return -1;
	if (confirm_step(a->confirm, a->loop.now_us, true, f) == -1)
		return -1;
	if (drain_sink(a, end, f) == -1 ||
	    confirm_step(a->confirm, a->loop.now_us, true, f) == -1)
		return -1;
	if (a->sink->ops->pending(a->sink) > 0)
		log_warn("stopping before the sink has acknowledged everything: "
			"the slot keeps it for the next start",
			LOG_UINT("records", a->sink->ops->pending(a->sink)));
	if (a->streaming)
		leave(a);
	return 0;
}

static int
set_up(struct agent *a, const struct config *c, struct fail *f)
{
	a->config = c;
	if (c->http.listen && *c->http.listen)
		log_warn("http.listen is set, but this version serves no HTTP; "
			"pgwake --lag shows the slot");
	if (loop_init(&a->loop, f) == -1 ||
	    patterns_filter(&c->postgres.tables, "postgres.tables",
			&a->tables, f) == -1)
		return -1;
	a->profile = profile_new(c, a->tables, f);
	if (!a->profile)
		return -1;
	a->heartbeat = heartbeat_new(c, profile_change(a->profile)->plan, f);
	if (!a->heartbeat)
		return -1;
	a->sink = c->to_stdout ? sink_stdout_new(c, STDOUT_FILENO, f) :
		sink_kafka_new(c, f);
	if (!a->sink)
		return -1;
	a->state = state_new(c, f);
	if (!a->state)
		return -1;
	a->track = track_new();
	if (!a->track)
		return fail_set(f, FAIL_FATAL, "out of memory");
	if (load_state(a, f) == -1)
		return -1;
	a->confirm = confirm_new(a->state, a->sink, a->track, &a->record);
	a->session = session_new(c, a->tables, &a->record);
	return a->confirm && a->session ? 0 : fail_set(f, FAIL_FATAL, "out of memory");
}

static void
tear_down(struct agent *a)
{
	pipeline_free(a->pipeline);
	heartbeat_free(a->heartbeat);
	profile_free(a->profile);
	session_free(a->session);
	confirm_free(a->confirm);
	state_free(a->state);
	if (a->sink)
		a->sink->ops->free(a->sink);
	track_free(a->track);
	filter_free(a->tables);
}

int
cmd_run(const struct config *c, struct fail *f)
{
	struct agent a = { .streaming = false };
	int rc = set_up(&a, c, f);

	while (rc == 0 && !a.loop.stop)
		rc = turn(&a, f);
	if (rc == 0)
		rc = stop(&a, f);
	else if (a.streaming)
		leave(&a);	/* what was acknowledged stays confirmed */
	tear_down(&a);
	return rc;
}
