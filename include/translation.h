/*
 * translation: a connector's options as settings of ours.
 *
 * The settings' origins are remarks for a reader: the option each comes from.
 * What could not be translated is kept as lines "name = value: what is lost".
 */
#ifndef TRANSLATION_H
#define TRANSLATION_H

#include "buf.h"
#include "connector.h"
#include "settings.h"

struct translation {
	struct connector *from;		/* borrowed while translating */
	struct config *to;
	struct buf lost;		/* something beside the events is missing */
	struct buf differs;		/* without these, events would differ */
	struct buf dsn_notes;		/* about the connection string */
	bool failed;			/* out of memory, while translating */
};

/*
 * Translates; `file` is for messages. 0, or -1: FAIL_CONFIG if it is not the
 * configuration of a PostgreSQL connector. To be released in any case.
 */
int translation_init(struct translation *t, struct connector *from,
	const char *file, struct fail *f);
void translation_release(struct translation *t);

#endif
