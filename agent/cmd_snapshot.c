#include "cmd_snapshot.h"

#include "log.h"
#include "warn_plan.h"
#include "works.h"

/* The server is known: from now on there is a record. */
static int
identify(struct works *w, struct fail *f)
{
	const struct repl_identity *id = snapshot_identity(w->snapshot);

	if (!profile_change(w->profile)->plan->database.p &&
	    profile_set_database(w->profile, id->database, f) == -1)
		return -1;
	confirm_identify(w->confirm, id->system_id, id->timeline,
		w->record.known ? w->record.slot : "", 0);
	return 0;
}

static int
turn(struct works *w, bool *identified, struct fail *f)
{
	struct pollfd fds[SNAPSHOT_FDS + 1];
	int n = snapshot_fds(w->snapshot, fds, SNAPSHOT_FDS);
	int64_t at = loop_sooner(w->loop.now_us + WORKS_TICK_US,
		snapshot_deadline(w->snapshot, w->loop.now_us));
	/* There is none to wait for. */
	const struct snapshot_stream stream = { .on = true, .done = UINT64_MAX };

	fds[n++] = w->sink->ops->wait(w->sink);
	if (loop_wait(&w->loop, fds, (size_t)n, at, f) == -1 ||
	    w->sink->ops->poll(w->sink, w->track, f) == -1 ||
	    snapshot_step(w->snapshot, &stream, w->loop.now_us, f) == -1)
		return -1;
	if (!*identified && snapshot_identity(w->snapshot)) {
		*identified = true;
		if (identify(w, f) == -1)
			return -1;
	}
	if (snapshot_gate(w->snapshot))
		snapshot_reached(w->snapshot);
	if (snapshot_progressed(w->snapshot))
		confirm_changed(w->confirm);
	return confirm_step(w->confirm, w->loop.now_us, false, f);
}

static int
run(struct works *w, struct fail *f)
{
	bool identified = false;
	enum works_start start = works_start(w);

	if (start == WORKS_STREAM) {
		log_info("the snapshot was complete before: nothing to do "
			"(snapshot.mode = initial_only)");
		return 0;
	}
	snapshot_want(w->snapshot, start == WORKS_FRESH);
	while (!w->loop.stop && (snapshot_active(w->snapshot) ||
			!confirm_durable(w->confirm)))
		if (turn(w, &identified, f) == -1)
			return -1;
	if (works_finish(w, f) == -1)
		return -1;
	if (!w->loop.stop)
		log_info("every row is delivered: the end (snapshot.mode = initial_only)");
	return 0;
}

int
cmd_snapshot(const struct config *c, struct fail *f)
{
	struct works w = { .config = c };
	int rc = works_open(&w, c, warn_plan, f);

	if (rc == 0 && !w.loop.stop)
		rc = run(&w, f);
	works_close(&w);
	return rc;
}
