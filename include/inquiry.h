/*
 * inquiry: questions to a server, each waited for, by a command that has
 * nothing else to do.
 *
 * One plain connection, kept between the questions. A signal ends the waiting.
 */
#ifndef INQUIRY_H
#define INQUIRY_H

#include "conn.h"
#include "loop.h"

struct inquiry {
	struct loop *loop;	/* borrowed */
	struct conn *conn;
};

/* Both are borrowed. False without memory. */
bool inquiry_init(struct inquiry *q, const struct config *c, struct loop *l);
void inquiry_release(struct inquiry *q);

/* Connects unless it is connected. 1; 0: a signal came first (loop->stop); -1. */
int inquiry_open(struct inquiry *q, struct fail *f);
/* The answer in `out`, until the next question. As inquiry_open. */
int inquiry_ask(struct inquiry *q, const char *sql, const char *const *params,
	int nparams, const struct pg_result **out, struct fail *f);

#endif
