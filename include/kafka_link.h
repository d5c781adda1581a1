/*
 * kafka_link: whether Kafka can be reached, and saying so at a calm pace.
 *
 * librdkafka reports the loss of its last broker but not the return of one, so
 * while there is none a small request is kept waiting for an answer. Trouble
 * is logged once and then every 30 seconds, the end of it once. Time is the
 * monotonic clock's, read once per tick.
 */
#ifndef KAFKA_LINK_H
#define KAFKA_LINK_H

#include <librdkafka/rdkafka.h>
#include <stdint.h>

#include "fail.h"
#include "lsn.h"

enum kafka_link_state { KAFKA_LINK_NEW, KAFKA_LINK_UP, KAFKA_LINK_DOWN };

struct kafka_link {
	rd_kafka_t *rk;			/* borrowed */
	rd_kafka_queue_t *queue;	/* borrowed; NULL: no requests of our own */
	const char *topic;		/* what to ask for; borrowed, need not exist */
	enum kafka_link_state state;
	bool ever_up, asking, told;
	int64_t now_ms, since_ms, next_ask_ms, next_log_ms, progress_ms;
	char servers[256];
	char reason[256];		/* of the last trouble; "": none seen */
};

void kafka_link_init(struct kafka_link *l, rd_kafka_t *rk,
	rd_kafka_queue_t *queue, const char *topic);

/* Call often, at least once a second; `pending`: records that wait for an acknowledgement. */
void kafka_link_tick(struct kafka_link *l, uint64_t pending);

/* A broker has answered; `progress`: it acknowledged records. */
void kafka_link_alive(struct kafka_link *l, bool progress);

/*
 * An error event. 0: told or passed over, librdkafka goes on by itself; -1 if
 * the client is beyond repair, or was refused before it was ever accepted.
 */
int kafka_link_error(struct kafka_link *l, rd_kafka_resp_err_t err,
	const char *text, struct fail *f);

/* The answer to a request of ours (RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT). */
void kafka_link_answer(struct kafka_link *l, rd_kafka_event_t *event);

static inline bool
kafka_link_up(const struct kafka_link *l)
{
	return l->state == KAFKA_LINK_UP;
}

#endif
