/*
 * heartbeat: now and then a record that says we are alive, and a statement.
 *
 * Every postgres.heartbeat_interval_ms while it streams, to a topic of its own;
 * a full sink gets the record when there is room. After it,
 * postgres.heartbeat_action_query runs on a connection of its own, so that
 * nothing waits for it; one that has not ended is not begun again, one that
 * fails is logged. The slot needs neither: it moves without them.
 */
#ifndef HEARTBEAT_H
#define HEARTBEAT_H

#include "catalog.h"
#include "plan.h"
#include "sink.h"

struct heartbeat;

/* Where they go; the config's, or in `a`. */
struct span heartbeat_topic(const struct config *c, struct arena *a);

/* Both borrowed until heartbeat_free(). NULL with `f` filled. */
struct heartbeat *heartbeat_new(const struct config *c,
	const struct plan_options *options, struct fail *f);
void heartbeat_free(struct heartbeat *h);

/*
 * Goes on; beats if it is time and `streaming`. `peer`: where the statement is
 * to run (NULL: where the dsn leads). 0, or -1 when the sink has failed.
 */
int heartbeat_step(struct heartbeat *h, struct sink *sink, bool streaming,
	const struct conn_peer *peer, int64_t now_us, int64_t unix_ms,
	struct fail *f);
/* The statement's connection; fd -1 if there is nothing to wait for. */
struct pollfd heartbeat_wait(const struct heartbeat *h);
int64_t heartbeat_deadline(const struct heartbeat *h, bool streaming);

#endif
