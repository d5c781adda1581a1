#include "backoff.h"

#define FIRST_US 500000
#define LAST_US 30000000

void
backoff_init(struct backoff *b, uint64_t seed)
{
	*b = (struct backoff){ .seed = seed | 1 };
}

void
backoff_reset(struct backoff *b)
{
	b->delay_us = 0;
}

/* xorshift64*: spreading needs no better. */
int64_t
backoff_between(struct backoff *b, int64_t low, int64_t high)
{
	b->seed ^= b->seed >> 12;
	b->seed ^= b->seed << 25;
	b->seed ^= b->seed >> 27;
	return low + (int64_t)((b->seed * UINT64_C(0x2545F4914F6CDD1D) >> 33) %
		(uint64_t)(high - low + 1));
}

int64_t
backoff_next(struct backoff *b)
{
	int64_t delay = b->delay_us ? b->delay_us : FIRST_US;

	b->delay_us = delay * 2 < LAST_US ? delay * 2 : LAST_US;
	return delay + backoff_between(b, -delay / 4, delay / 4);
}
