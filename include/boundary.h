/*
 * boundary: the records that tell where a transaction begins and ends.
 *
 * Topic, key and value as Debezium's transaction metadata: BEGIN with the
 * transaction's id, END with its number of events, in all and per table. Pure
 * text: schemas and heads are rendered once.
 */
#ifndef BOUNDARY_H
#define BOUNDARY_H

#include "change.h"
#include "record.h"

struct boundary {
	struct span topic;
	struct span key_head, key_tail;
	struct span value_head, value_tail;
};

/* Where they go; in `a`. */
struct span boundary_topic(const struct plan_options *options, struct arena *a);
/* Texts in `a`, whose failure is the caller's to see. 0 or -1. */
int boundary_init(struct boundary *b, const struct plan_options *options,
	struct arena *a, struct fail *f);

/* `<xid>:<lsn>`, the id of a transaction as seen from one of its messages. */
void boundary_put_id(struct buf *b, const struct event *event);

/* For an event BEGIN or END; key and value are put into the two buffers. 0 or -1. */
int boundary_record(const struct boundary *b, const struct event *event,
	struct buf *key, struct buf *value, struct record *out, struct fail *f);

#endif
