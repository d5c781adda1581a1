#include "cmd_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "heartbeat.h"
#include "log.h"
#include "pipeline.h"
#include "session.h"
#include "warn_plan.h"
#include "works.h"

/* Frames handled before signals, acknowledgements and statuses get their turn. */
#define FRAMES_PER_TURN 2000
/* A status on the run of confirmations at most this often. */
#define STATUS_GAP_US 100000
/* While input is left unread no keepalive can ask for a status: send them unasked. */
#define STATUS_UNREAD_US 500000
/*
 * After a read that brought little, leave the socket alone for a moment: each
 * wake-up of the reader is paid by the walsender, which is the bottleneck.
 */
#define NAP_US 200
#define NAP_BELOW_BYTES 8192
/* Keepalives that want an answer and say nothing new: a server that waits for us to stop. */
#define NAGGING 5

struct agent {
	struct works works;
	struct session *session;
	struct heartbeat *heartbeat;
	struct pipeline_options pipeline_options;
	struct pipeline *pipeline;
	enum works_start start;		/* with the rows that are there already */

	bool streaming;
	bool more;			/* the socket may hold frames: do not wait */
	bool xmin_known;		/* or not wanted */
	uint32_t xmin;			/* as the pipeline has it */
	int64_t nap_until;
	bool was_reading;		/* rows that are there, at the last turn */
	lsn_t gate;			/* the stream waits here for the snapshot; 0: nowhere */
	lsn_t told;			/* confirmed position last sent */
	int64_t told_at;
	int64_t stopping_since;		/* the server wants to stop; 0: no */
	lsn_t nagged_at;
	unsigned nags;
	uint64_t turn_bytes;
};

static int
first_stream(struct agent *a, struct fail *f)
{
	const struct session_info *info = session_info(a->session);

	if (profile_set_database(a->works.profile, info->identity.database, f) == -1)
		return -1;
	a->pipeline_options = (struct pipeline_options){
		.change = *profile_change(a->works.profile),
		.record_cap = WORKS_RECORD_MAX,
		.unix_ns = loop_unix_ns,
		.on_plan = warn_plan,
	};
	a->pipeline = pipeline_new(&a->pipeline_options, a->works.sink, a->works.track);
	if (!a->pipeline)
		return fail_set(f, FAIL_FATAL, "out of memory");
	return 0;
}

/*
 * The rows that are there are wanted as soon as it is known from where on there
 * is a stream; a slot just created has said so itself, see hold_slot().
 */
static void
want_rows(struct agent *a)
{
	if (session_info(a->session)->anew && a->start != WORKS_FRESH) {
		confirm_forget(a->works.confirm);
		a->start = WORKS_FRESH;
	}
	if (a->start == WORKS_STREAM || snapshot_active(a->works.snapshot))
		return;
	snapshot_want(a->works.snapshot, a->start == WORKS_FRESH);
}

static int
begin_stream(struct agent *a, struct fail *f)
{
	const struct session_info *info = session_info(a->session);

	if (!a->pipeline) {
		if (first_stream(a, f) == -1)
			return -1;
		/* Should the server forget what it has confirmed, we do not. */
		track_idle(a->works.track, info->confirmed);
		want_rows(a);
		pipeline_set_last_commit(a->pipeline,
			a->works.record.last_commit);
	}
	confirm_identify(a->works.confirm, info->identity.system_id,
		info->identity.timeline, a->works.config->postgres.slot,
		info->confirmed);
	a->streaming = a->more = true;
	a->told = 0;
	a->told_at = a->works.loop.now_us;
	a->stopping_since = 0;
	a->nags = 0;
	return 0;
}

static void
disconnect(struct agent *a, const struct fail *why)
{
	pipeline_disconnected(a->pipeline);
	session_restart(a->session, track_restart(a->works.track), why, a->works.loop.now_us);
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
		r->def.ncols, pipeline_transaction(a->pipeline)->xid);
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
	return pipeline_ready(a->pipeline) && a->xmin_known &&
		!snapshot_reading(a->works.snapshot);
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
		a->nap_until = a->works.loop.now_us + NAP_US;
	return 0;
}

static bool
status_due(const struct agent *a)
{
	int64_t since = a->works.loop.now_us - a->told_at;

	if (since >= a->works.config->postgres.status_interval_ms * 1000)
		return true;
	if (!can_take(a) && since >= STATUS_UNREAD_US)
		return true;
	/* Whether anything before the gate is left is in the answer. */
	if (a->gate && !pipeline_at_gate(a->pipeline) && since >= STATUS_GAP_US)
		return true;
	return confirm_lsn(a->works.confirm) != a->told && since >= STATUS_GAP_US;
}

static int
send_status(struct agent *a, struct fail *f)
{
	lsn_t confirmed = confirm_lsn(a->works.confirm);

	if (repl_status(session_repl(a->session), confirmed,
			loop_unix_ns() / 1000,
			a->gate && !pipeline_at_gate(a->pipeline), f) == -1)
		return survive(a, f);
	if (confirmed != a->told)
		session_progress(a->session);
	a->told = confirmed;
	a->told_at = a->works.loop.now_us;
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
		(a->nags >= NAGGING && confirm_lsn(a->works.confirm) < a->nagged_at);

	if (!stopping)
		a->stopping_since = 0;
	else if (!a->stopping_since)
		a->stopping_since = a->works.loop.now_us;
	else if (a->works.loop.now_us - a->stopping_since > WORKS_DRAIN_US &&
		 (!confirm_complete(a->works.confirm) || !can_take(a)))
		disconnect(a, &why);
}

static void
mind_gate(struct agent *a)
{
	bool reading = snapshot_reading(a->works.snapshot);

	/* The rows read stand for all that was committed before. */
	if (a->was_reading && !reading)
		pipeline_set_last_commit(a->pipeline, 0);
	a->was_reading = reading;
	a->gate = snapshot_gate(a->works.snapshot);
	pipeline_set_gate(a->pipeline, a->gate);
	if (a->gate && pipeline_at_gate(a->pipeline))
		snapshot_reached(a->works.snapshot);
}

static int
stream(struct agent *a, struct fail *f)
{
	pipeline_turn(a->pipeline);
	take_xmin(a);
	mind_gate(a);
	if (resume(a, f) == -1)
		return -1;
	if (a->works.loop.now_us >= a->nap_until && read_frames(a, f) == -1)
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
deadline(const struct agent *a)
{
	int64_t at = loop_sooner(session_deadline(a->session),
		a->works.loop.now_us + WORKS_TICK_US);

	at = loop_sooner(at, heartbeat_deadline(a->heartbeat, a->streaming));
	at = loop_sooner(at, snapshot_deadline(a->works.snapshot,
		a->works.loop.now_us));
	if (!a->streaming)
		return at;
	if (a->nap_until > a->works.loop.now_us)
		return loop_sooner(at, a->nap_until);
	if (a->more && can_take(a))
		return a->works.loop.now_us;
	return at;
}

static int
wait_for_something(struct agent *a, struct fail *f)
{
	struct pollfd fds[SESSION_FDS + SNAPSHOT_FDS + 2];
	/* An unread socket must not be polled: it would be readable for ever. */
	bool read = !a->streaming || (can_take(a) &&
		a->nap_until <= a->works.loop.now_us);
	int n = session_fds(a->session, fds, SESSION_FDS, read);

	n += snapshot_fds(a->works.snapshot, fds + n, SNAPSHOT_FDS);
	fds[n++] = a->works.sink->ops->wait(a->works.sink);
	fds[n++] = heartbeat_wait(a->heartbeat);
	return loop_wait(&a->works.loop, fds, (size_t)n, deadline(a), f);
}

/*
 * A slot that was created waits until the snapshot of its beginning is safe, or
 * lost: then another one is taken behind it.
 */
static int
hold_slot(struct agent *a, struct fail *f)
{
	const char *name;

	if (!session_held(a->session, &name))
		return 0;
	if (!snapshot_active(a->works.snapshot)) {
		snapshot_want(a->works.snapshot, true);
		snapshot_take(a->works.snapshot, name,
			session_info(a->session)->consistent_point,
			repl_peer(session_repl(a->session)),
			a->works.loop.now_us);
	}
	if (snapshot_imports(a->works.snapshot))
		return 0;
	return session_release(a->session, a->works.loop.now_us, f);
}

static int
step_snapshot(struct agent *a, struct fail *f)
{
	const struct snapshot_stream stream = {
		.on = a->streaming,
		.begun = a->pipeline ? pipeline_begun(a->pipeline) : 0,
		.done = track_restart(a->works.track),
		.peer = catalog_peer(session_catalog(a->session)),
	};

	if (snapshot_step(a->works.snapshot, &stream, a->works.loop.now_us, f) == -1)
		return -1;
	if (snapshot_progressed(a->works.snapshot))
		confirm_changed(a->works.confirm);
	return hold_slot(a, f);
}

static void
say_hangup(struct agent *a)
{
	if (a->works.loop.hangup)
		log_warn("SIGHUP: settings are read at start only, restart to apply them");
	a->works.loop.hangup = false;
}

static int
turn(struct agent *a, struct fail *f)
{
	if (wait_for_something(a, f) == -1 ||
	    a->works.sink->ops->poll(a->works.sink, a->works.track, f) == -1 ||
	    session_step(a->session, a->works.loop.now_us, f) == -1)
		return -1;
	if (!track_sound(a->works.track))
		return fail_set(f, FAIL_FATAL, "acknowledgements that fit no record: "
			"nothing more is confirmed; this is a bug of pgwake");
	say_hangup(a);
	if (!a->streaming && session_streaming(a->session) &&
	    begin_stream(a, f) == -1)
		return -1;
	if (step_snapshot(a, f) == -1 ||
	    confirm_step(a->works.confirm, a->works.loop.now_us, false, f) == -1 ||
	    heartbeat_step(a->heartbeat, a->works.sink, a->streaming,
			catalog_peer(session_catalog(a->session)),
			a->works.loop.now_us, loop_unix_ns() / 1000000, f) == -1)
		return -1;
	return a->streaming ? stream(a, f) : 0;
}

/* Tells the server what is confirmed and ends the stream in good order. */
static void
leave(struct agent *a)
{
	struct repl *repl = session_repl(a->session);
	lsn_t confirmed = confirm_lsn(a->works.confirm);
	int64_t end = a->works.loop.now_us + WORKS_DRAIN_US / 3;
	struct fail f = FAIL_INIT;

	if (repl_close(repl, confirmed, loop_unix_ns() / 1000, &f) == 0) {
		while (!repl_drained(repl) && a->works.loop.now_us < end) {
			struct pollfd fd = repl_wait(repl);

			if (loop_wait(&a->works.loop, &fd, 1, end, &f) == -1)
				break;
		}
	}
	repl_abort(repl);
	log_info("stopped", LOG_LSN("confirmed", confirmed),
		LOG_UINT("records", pipeline_counters(a->pipeline)->records));
}

static int
set_up(struct agent *a, const struct config *c, struct fail *f)
{
	if (c->http.listen && *c->http.listen)
		log_warn("http.listen is set, but this version serves no HTTP; "
			"pgwake --lag shows the slot");
	if (works_open(&a->works, c, warn_plan, f) == -1)
		return -1;
	a->start = works_start(&a->works);
	if (a->start == WORKS_STREAM && c->snapshot.mode == SNAPSHOT_NO_DATA)
		progress_clear(a->works.progress);
	a->heartbeat = heartbeat_new(c, profile_change(a->works.profile)->plan, f);
	if (!a->heartbeat)
		return -1;
	a->session = session_new(c, a->works.tables, &a->works.record);
	if (!a->session)
		return fail_set(f, FAIL_FATAL, "out of memory");
	return c->snapshot.mode == SNAPSHOT_NO_DATA ? 0 :
		session_want_snapshot(a->session,
			snapshot_rules(a->works.snapshot));
}

static void
tear_down(struct agent *a)
{
	pipeline_free(a->pipeline);
	heartbeat_free(a->heartbeat);
	session_free(a->session);
	works_close(&a->works);
}

/* A lost history that may be started anew is mended by the next start. */
static void
soften(const struct config *c, struct fail *f)
{
	if (f->kind != FAIL_LOST || c->snapshot.mode != SNAPSHOT_WHEN_NEEDED)
		return;
	f->kind = FAIL_FATAL;
	log_warn("snapshot.mode = when_needed: the next start makes a new slot and "
		"reads every table again");
}

int
cmd_run(const struct config *c, struct fail *f)
{
	struct agent a = { .streaming = false };
	int rc = set_up(&a, c, f);

	while (rc == 0 && !a.works.loop.stop)
		rc = turn(&a, f);
	if (rc == 0)
		rc = works_finish(&a.works, f);
	else
		soften(c, f);
	if (a.streaming)
		leave(&a);	/* what was acknowledged stays confirmed */
	tear_down(&a);
	return rc;
}
