/* backoff: how long to wait before the next try: doubling, capped, with jitter. */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t delay_us;	/* the next one, before jitter; 0 is the first */
	uint64_t seed;
};

/* `seed` spreads processes that were started together. */
void backoff_init(struct backoff *b, uint64_t seed);
/* Something went well: the next delay is the first one again. */
void backoff_reset(struct backoff *b);
/* Microseconds to wait: half a second at first, 30 s at most, a quarter more or less. */
int64_t backoff_next(struct backoff *b);
/* A random number of microseconds from `low` to `high`. */
int64_t backoff_between(struct backoff *b, int64_t low, int64_t high);

#endif
