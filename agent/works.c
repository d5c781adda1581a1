#include "works.h"

#include <string.h>
#include <unistd.h>

#include "log.h"
#include "patterns.h"
#include "sink_kafka.h"
#include "sink_lanes.h"
#include "sink_stdout.h"

/* Waits for the state record; Kafka may be away for as long as it likes. */
static int
load_state(struct works *w, struct fail *f)
{
	for (;;) {
		struct pollfd fd = w->sink->ops->wait(w->sink);
		int rc = state_load(w->state, &w->record, f);

		if (rc != 0)
			return rc == 1 ? 0 : -1;
		if (w->loop.stop)
			return 0;
		if (loop_wait(&w->loop, &fd, 1, w->loop.now_us + WORKS_TICK_US, f) == -1 ||
		    w->sink->ops->poll(w->sink, w->track, f) == -1)
			return -1;
	}
}

static int
open_snapshot(struct works *w,
	void (*on_plan)(void *self, const struct plan *plan, lsn_t lsn),
	struct fail *f)
{
	const struct snapshot_setup setup = {
		.config = w->config, .change = profile_change(w->profile),
		.sink = w->sink, .track = w->track, .progress = w->progress,
		.record_cap = WORKS_RECORD_MAX, .on_plan = on_plan,
	};

	w->snapshot = snapshot_new(&setup, f);
	return w->snapshot ? 0 : -1;
}

static struct sink *
open_kafka(const void *config, struct fail *f)
{
	return sink_kafka_new(config, f);
}

int
works_open(struct works *w, const struct config *c,
	void (*on_plan)(void *self, const struct plan *plan, lsn_t lsn),
	struct fail *f)
{
	w->config = c;
	if (loop_init(&w->loop, f) == -1 ||
	    patterns_filter(&c->postgres.tables, "postgres.tables",
			&w->tables, f) == -1)
		return -1;
	w->profile = profile_new(c, w->tables, f);
	if (!w->profile)
		return -1;
	w->sink = c->to_stdout ? sink_stdout_new(c, STDOUT_FILENO, f) :
		sink_lanes_new(open_kafka, c, WORKS_LANE_IDLE_US, f);
	if (!w->sink)
		return -1;
	w->state = state_new(c, f);
	if (!w->state)
		return -1;
	w->track = track_new();
	w->progress = w->record.progress = progress_new();
	if (!w->track || !w->progress)
		return fail_set(f, FAIL_FATAL, "out of memory");
	if (state_try(w->state, f) == -1 || load_state(w, f) == -1 ||
	    open_snapshot(w, on_plan, f) == -1)
		return -1;
	w->confirm = confirm_new(w->state, w->sink, w->track, &w->record);
	return w->confirm ? 0 : fail_set(f, FAIL_FATAL, "out of memory");
}

void
works_close(struct works *w)
{
	snapshot_free(w->snapshot);
	profile_free(w->profile);
	confirm_free(w->confirm);
	state_free(w->state);
	if (w->sink)
		w->sink->ops->free(w->sink);
	track_free(w->track);
	progress_free(w->progress);
	filter_free(w->tables);
}

/*
 * The record of another slot says nothing about this one. That of a run without
 * a slot (initial_only) is known by the empty name; a run with one reads all
 * rows again, for nothing joins them to its stream.
 */
enum works_start
works_start(const struct works *w)
{
	const struct config *c = w->config;
	bool once = c->snapshot.mode == SNAPSHOT_INITIAL_ONLY;
	bool known = w->record.known && (!strcmp(w->record.slot,
		c->postgres.slot) || (once && !w->record.slot[0]));

	if (c->snapshot.mode == SNAPSHOT_NO_DATA)
		return WORKS_STREAM;
	if (!known || c->snapshot.mode == SNAPSHOT_ALWAYS)
		return WORKS_FRESH;
	if (progress_unfinished(w->progress))
		return WORKS_RESUME;
	return once && !progress_finished(w->progress) ? WORKS_FRESH :
		WORKS_STREAM;
}

int
works_drain(struct works *w, int64_t end_us, struct fail *f)
{
	while (w->sink->ops->pending(w->sink) > 0 && w->loop.now_us < end_us &&
	       !w->loop.stop_again) {
		struct pollfd fd = w->sink->ops->wait(w->sink);

		if (loop_wait(&w->loop, &fd, 1, loop_sooner(end_us,
				w->loop.now_us + WORKS_TICK_US), f) == -1 ||
		    w->sink->ops->poll(w->sink, w->track, f) == -1)
			return -1;
	}
	return 0;
}

static int
save(struct works *w, struct fail *f)
{
	if (snapshot_collect(w->snapshot, f) == -1)
		return -1;
	if (snapshot_progressed(w->snapshot))
		confirm_changed(w->confirm);
	return confirm_step(w->confirm, w->loop.now_us, true, f);
}

int
works_finish(struct works *w, struct fail *f)
{
	int64_t end = w->loop.now_us + WORKS_DRAIN_US;	/* for both */

	if (works_drain(w, end, f) == -1 || save(w, f) == -1 ||
	    works_drain(w, end, f) == -1 || save(w, f) == -1)
		return -1;
	if (w->sink->ops->pending(w->sink) > 0)
		log_warn("stopping before the sink has acknowledged everything: "
			"the slot keeps it for the next start",
			LOG_UINT("records", w->sink->ops->pending(w->sink)));
	return 0;
}
