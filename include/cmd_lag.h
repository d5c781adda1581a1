/* cmd_lag: what the slot holds back, for people and for monitoring. */
#ifndef CMD_LAG_H
#define CMD_LAG_H

#include "config.h"

struct lag_options {
	bool watch;		/* repeat, with rates */
	bool json;		/* for machines */
	bool all;		/* every slot of the server */
	int64_t max_lag_bytes;	/* see lag_problem(); -1: no limit */
};

/*
 * Prints to standard output; watching goes on until a signal. The exit code:
 * 4 when what was shown last has a problem (a slot is missing, lost, about to
 * be, or above the limit), else 0; or -1 with `f` filled.
 */
int cmd_lag(const struct config *c, const struct lag_options *o, struct fail *f);

#endif
