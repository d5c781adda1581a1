#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* What a handler may touch; loop_wait carries it into the loop. */
static volatile sig_atomic_t stops, hangups;

static void
on_stop(int signal_number)
{
	(void)signal_number;
	stops++;
}

static void
on_hangup(int signal_number)
{
	(void)signal_number;
	hangups = 1;
}

int64_t
loop_monotonic_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
loop_tick(struct loop *l)
{
	l->now_us = loop_monotonic_us();
}

int64_t
loop_unix_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int
loop_init(struct loop *l, struct fail *f)
{
	struct sigaction stop = { .sa_handler = on_stop };
	struct sigaction hangup = { .sa_handler = on_hangup };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t block;

	memset(l, 0, sizeof *l);
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGHUP);
	/* Blocked in every thread made from here on; ppoll lets them in. */
	if (sigprocmask(SIG_BLOCK, &block, NULL) == -1 ||
	    sigaction(SIGTERM, &stop, NULL) == -1 ||
	    sigaction(SIGINT, &stop, NULL) == -1 ||
	    sigaction(SIGHUP, &hangup, NULL) == -1 ||
	    sigaction(SIGPIPE, &ignore, NULL) == -1)
		return fail_set(f, FAIL_FATAL, "signals: %s", strerror(errno));
	loop_tick(l);
	return 0;
}

int
loop_wait(struct loop *l, struct pollfd *fds, size_t count,
	int64_t deadline_us, struct fail *f)
{
	struct timespec left, *wait = NULL;
	sigset_t none;

	sigemptyset(&none);
	if (deadline_us != LOOP_NEVER) {
		int64_t us = deadline_us > l->now_us ? deadline_us - l->now_us : 0;

		left.tv_sec = us / 1000000;
		left.tv_nsec = us % 1000000 * 1000;
		wait = &left;
	}
	if (ppoll(fds, count, wait, &none) == -1) {
		if (errno != EINTR)
			return fail_set(f, FAIL_FATAL, "poll: %s", strerror(errno));
		for (size_t i = 0; i < count; i++)
			fds[i].revents = 0;
	}
	loop_tick(l);
	l->stop = stops > 0;
	l->stop_again = stops > 1;
	if (hangups) {
		hangups = 0;
		l->hangup = true;
	}
	return 0;
}
