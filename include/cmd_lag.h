/* cmd_lag: what the slot holds back, for people and for monitoring. */
#ifndef CMD_LAG_H
#define CMD_LAG_H

#include "config.h"

struct lag_options {
	bool watch;		/* repeat, with rates */
	bool json;		/* for machines */
	bool all;		/* every slot of the server */
	int64_t max_lag_bytes;	/* unconfirmed bytes that are too many; -1: no limit */
};

/* Prints to standard output. The exit code, 0 or 4, or -1 with `f` filled. */
int cmd_lag(const struct config *c, const struct lag_options *o, struct fail *f);

#endif
