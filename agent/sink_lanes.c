#include "sink_lanes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "loop.h"

struct lane {
	struct sink *sink;		/* NULL: closed */
	int64_t used_us;
};

struct sink_lanes {
	struct sink base;
	sink_lanes_open *open;
	const void *self;
	struct lane lanes[SINK_LANES_MAX];
	int64_t idle_us;
	int epoll;			/* what any of them waits for */
};

static struct sink_lanes *
of(struct sink *s)
{
	return (struct sink_lanes *)s;
}

static int
open_lane(struct sink_lanes *l, struct lane *lane, struct fail *f)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct sink *sink = l->open(l->self, f);

	if (!sink)
		return -1;
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, sink->ops->wait(sink).fd, &event)) {
		sink->ops->free(sink);
		return fail_set(f, FAIL_FATAL, "epoll: %s", strerror(errno));
	}
	lane->sink = sink;
	lane->used_us = loop_monotonic_us();
	return 0;
}

/* Its descriptor leaves the epoll set as it is closed. */
static void
close_lane(struct lane *lane)
{
	if (lane->sink)
		lane->sink->ops->free(lane->sink);
	lane->sink = NULL;
}

static enum sink_result
take(struct sink *s, const struct record *r, uint64_t unit, struct fail *f)
{
	struct sink_lanes *l = of(s);
	struct lane *lane = &l->lanes[r->lane % SINK_LANES_MAX];

	if (!lane->sink && open_lane(l, lane, f) == -1)
		return SINK_FAILED;
	return lane->sink->ops->send(lane->sink, r, unit, f);
}

static void
close_idle(struct lane *lane, int64_t idle_us)
{
	int64_t now_us = loop_monotonic_us();

	if (lane->sink->ops->pending(lane->sink) > 0)
		lane->used_us = now_us;
	else if (now_us - lane->used_us >= idle_us)
		close_lane(lane);
}

static int
poll_lanes(struct sink *s, struct track *t, struct fail *f)
{
	struct sink_lanes *l = of(s);

	for (size_t i = 0; i < SINK_LANES_MAX; i++) {
		struct sink *lane = l->lanes[i].sink;

		if (lane && lane->ops->poll(lane, t, f) == -1)
			return -1;
		if (lane && i > 0)
			close_idle(&l->lanes[i], l->idle_us);
	}
	return 0;
}

static struct pollfd
wait_for(struct sink *s)
{
	return (struct pollfd){ .fd = of(s)->epoll, .events = POLLIN };
}

static uint64_t
pending(struct sink *s)
{
	struct sink_lanes *l = of(s);
	uint64_t n = 0;

	for (size_t i = 0; i < SINK_LANES_MAX; i++)
		if (l->lanes[i].sink)
			n += l->lanes[i].sink->ops->pending(l->lanes[i].sink);
	return n;
}

static bool
up(struct sink *s)
{
	struct sink *first = of(s)->lanes[0].sink;

	return first->ops->up(first);
}

static void
free_lanes(struct sink *s)
{
	struct sink_lanes *l = of(s);

	if (!l)
		return;
	for (size_t i = 0; i < SINK_LANES_MAX; i++)
		close_lane(&l->lanes[i]);
	if (l->epoll >= 0)
		close(l->epoll);
	free(l);
}

static const struct sink_ops ops = {
	.send = take, .poll = poll_lanes, .wait = wait_for,
	.pending = pending, .up = up, .free = free_lanes
};

struct sink *
sink_lanes_new(sink_lanes_open *open, const void *self, int64_t idle_us,
	struct fail *f)
{
	struct sink_lanes *l = calloc(1, sizeof(*l));

	if (!l) {
		fail_set(f, FAIL_FATAL, "out of memory");
		return NULL;
	}
	*l = (struct sink_lanes){ .base.ops = &ops, .open = open, .self = self,
		.idle_us = idle_us, .epoll = epoll_create1(EPOLL_CLOEXEC) };
	if (l->epoll < 0)
		fail_set(f, FAIL_FATAL, "epoll: %s", strerror(errno));
	else if (open_lane(l, &l->lanes[0], f) == 0)
		return &l->base;
	free_lanes(&l->base);
	return NULL;
}
