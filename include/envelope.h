/*
 * envelope: an event to a record: Debezium's envelope around a row.
 *
 * Shape and order of fields: docs/COMPATIBILITY.md. The record's bytes live in
 * buffers of the envelope until the next call; scratch is reset with each.
 */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "change.h"
#include "record.h"

struct envelope;

/* `options` is borrowed. `cap` limits each of key and value, in bytes. */
struct envelope *envelope_new(const struct plan_options *options, size_t cap);
void envelope_free(struct envelope *e);

/* For source.xmin from now on; 0: null. */
void envelope_set_xmin(struct envelope *e, uint32_t xmin);

/* The headers of every row that are always the same. */
const struct record_header *envelope_headers(const struct envelope *e,
	size_t *count);

/*
 * `now_ns` is Unix time, the moment of processing, not in 1970's first
 * millisecond. 0; PLAN_RELAX with the tuple column to relax in `*column`; -1
 * with the table (and column) named in `f`.
 */
int envelope_record(struct envelope *e, const struct event *event,
	int64_t now_ns, struct record *out, uint16_t *column, struct fail *f);

#endif
