/*
 * loop: waiting, signals and time; the only owner of "now".
 *
 * One thread, one ppoll. Signals are blocked except inside it, so none is
 * missed. Monotonic time drives deadlines, Unix time goes into records.
 */
#ifndef LOOP_H
#define LOOP_H

#include <poll.h>
#include <stdint.h>

#include <stdbool.h>

#include "fail.h"

struct loop {
	int64_t now_us;		/* monotonic, as of the last loop_wait or loop_tick */
	bool stop;		/* SIGTERM or SIGINT was received */
	bool stop_again;	/* a second one */
	bool hangup;		/* SIGHUP; cleared by who handles it */
};

#define LOOP_NEVER INT64_MAX

static inline int64_t
loop_sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Installs the signal handlers. 0 or -1. */
int loop_init(struct loop *l, struct fail *f);
/* Waits for a descriptor, a signal or `deadline_us` (monotonic). fd -1 is ignored. 0 or -1. */
int loop_wait(struct loop *l, struct pollfd *fds, size_t count,
	int64_t deadline_us, struct fail *f);
/* Reads the clock again. */
void loop_tick(struct loop *l);
/* The monotonic clock, asked now. */
int64_t loop_monotonic_us(void);
/* Unix time in nanoseconds. */
int64_t loop_unix_ns(void);

#endif
