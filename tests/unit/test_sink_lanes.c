#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "sink_lanes.h"

/* A sink that holds what it takes until it is told to acknowledge. */
struct fake {
	struct sink base;
	struct world *world;
	uint64_t taken, unit;
	bool acks, breaks;
	int fd;
};

struct world {
	struct world *self;
	struct fake *fakes[8];
	size_t opened, freed;
	bool refuse;
	struct sink *sink;
	struct track *track;
	struct fail f;
};

static enum sink_result
take(struct sink *s, const struct record *r, uint64_t unit, struct fail *f)
{
	struct fake *k = (struct fake *)s;

	(void)r;
	(void)f;
	k->taken++;
	k->unit = unit;
	return SINK_OK;
}

static int
poll_fake(struct sink *s, struct track *t, struct fail *f)
{
	struct fake *k = (struct fake *)s;

	if (k->breaks)
		return fail_set(f, FAIL_FATAL, "the broker said no");
	if (k->acks) {
		track_acked(t, k->unit, k->taken);
		k->taken = 0;
	}
	return 0;
}

static struct pollfd
wait_fake(struct sink *s)
{
	return (struct pollfd){ .fd = ((struct fake *)s)->fd, .events = POLLIN };
}

static uint64_t
pending(struct sink *s)
{
	return ((struct fake *)s)->taken;
}

static bool
up(struct sink *s)
{
	return ((struct fake *)s)->acks;
}

static void
free_fake(struct sink *s)
{
	struct fake *k = (struct fake *)s;

	k->world->freed++;
	close(k->fd);
	free(k);
}

static const struct sink_ops ops = { .send = take, .poll = poll_fake,
	.wait = wait_fake, .pending = pending, .up = up, .free = free_fake };

static struct sink *
open_fake(const void *self, struct fail *f)
{
	struct world *w = *(struct world *const *)self;
	struct fake *k = calloc(1, sizeof(*k));

	if (w->refuse) {
		free(k);
		fail_set(f, FAIL_FATAL, "no more lanes");
		return NULL;
	}
	*k = (struct fake){ .base.ops = &ops, .world = w,
		.fd = eventfd(0, EFD_NONBLOCK) };
	w->fakes[w->opened++] = k;
	return &k->base;
}

static void
begin(struct world *w, int64_t idle_us)
{
	w->self = w;
	w->track = track_new();
	w->sink = sink_lanes_new(open_fake, &w->self, idle_us, &w->f);
	assert_non_null(w->sink);
}

static void
end(struct world *w)
{
	w->sink->ops->free(w->sink);
	assert_int_equal(w->freed, w->opened);
	track_free(w->track);
}

static enum sink_result
send(struct world *w, uint8_t lane, uint64_t unit)
{
	struct record r = RECORD_INIT;

	r.lane = lane;
	return w->sink->ops->send(w->sink, &r, unit, &w->f);
}

static int
poll_lanes(struct world *w)
{
	return w->sink->ops->poll(w->sink, w->track, &w->f);
}

static void
each_record_goes_by_its_lane(void **state)
{
	struct world w = { 0 };
	uint64_t unit;

	(void)state;
	begin(&w, INT64_MAX);
	unit = track_open(w.track);
	assert_int_equal(w.opened, 1);
	assert_int_equal(send(&w, 0, unit), SINK_OK);
	assert_int_equal(w.opened, 1);
	assert_int_equal(send(&w, 3, unit), SINK_OK);
	assert_int_equal(send(&w, 3, unit), SINK_OK);
	assert_int_equal(w.opened, 2);
	assert_int_equal(w.fakes[0]->taken, 1);
	assert_int_equal(w.fakes[1]->taken, 2);
	assert_int_equal(w.sink->ops->pending(w.sink), 3);
	track_close(w.track, unit, 3, 100);
	w.fakes[1]->acks = true;
	assert_int_equal(poll_lanes(&w), 0);
	assert_int_equal(w.sink->ops->pending(w.sink), 1);
	assert_int_equal(track_confirmed(w.track), 0);
	assert_false(w.sink->ops->up(w.sink));		/* the first says */
	w.fakes[0]->acks = true;
	assert_true(w.sink->ops->up(w.sink));
	assert_int_equal(poll_lanes(&w), 0);
	assert_int_equal(track_confirmed(w.track), 100);
	end(&w);
}

static bool
readable(struct world *w)
{
	struct pollfd fd = w->sink->ops->wait(w->sink);

	return poll(&fd, 1, 0) == 1;
}

static void
any_lane_wakes(void **state)
{
	static const uint64_t one = 1;
	struct world w = { 0 };
	uint64_t n;

	(void)state;
	begin(&w, INT64_MAX);
	assert_int_equal(send(&w, 1, TRACK_NONE), SINK_OK);
	assert_false(readable(&w));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(write(w.fakes[i]->fd, &one, sizeof(one)), 8);
		assert_true(readable(&w));
		assert_int_equal(read(w.fakes[i]->fd, &n, sizeof(n)), 8);
		assert_false(readable(&w));
	}
	end(&w);
}

/* The first never; others when nothing of theirs is under way. */
static void
idle_lanes_are_closed(void **state)
{
	struct world w = { 0 };

	(void)state;
	begin(&w, 0);
	assert_int_equal(send(&w, 2, TRACK_NONE), SINK_OK);
	assert_int_equal(poll_lanes(&w), 0);
	assert_int_equal(w.freed, 0);
	w.fakes[0]->acks = w.fakes[1]->acks = true;
	assert_int_equal(poll_lanes(&w), 0);
	assert_int_equal(w.freed, 1);
	assert_int_equal(poll_lanes(&w), 0);
	assert_int_equal(w.freed, 1);
	assert_int_equal(w.sink->ops->pending(w.sink), 0);
	assert_int_equal(send(&w, 2, TRACK_NONE), SINK_OK);	/* anew */
	assert_int_equal(w.opened, 3);
	end(&w);
}

static void
failures_are_passed_on(void **state)
{
	struct world w = { 0 };

	(void)state;
	begin(&w, INT64_MAX);
	assert_int_equal(send(&w, 1, TRACK_NONE), SINK_OK);
	w.refuse = true;
	assert_int_equal(send(&w, 2, TRACK_NONE), SINK_FAILED);
	assert_string_equal(w.f.text, "no more lanes");
	assert_null(sink_lanes_new(open_fake, &w.self, 0, &w.f));
	w.fakes[1]->breaks = true;
	assert_int_equal(poll_lanes(&w), -1);
	assert_string_equal(w.f.text, "the broker said no");
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_record_goes_by_its_lane),
		cmocka_unit_test(any_lane_wakes),
		cmocka_unit_test(idle_lanes_are_closed),
		cmocka_unit_test(failures_are_passed_on),
	};

	return cmocka_run_group_tests_name("sink_lanes", tests, NULL, NULL);
}
