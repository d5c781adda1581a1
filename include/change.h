/*
 * change: messages of one stream to events, with the state of its transaction.
 *
 * Feed a message, then take its events until there are none: an UPDATE that
 * changes the key gives three, a TRUNCATE one per table, most give one or two,
 * many none. Order is checked: what protocol 1 cannot send, or a row outside a
 * transaction, is refused with the message's name and LSN. Events borrow from
 * the message, its scratch and the relation cache.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "frame.h"
#include "relation.h"
#include "tally.h"

enum event_op {
	EVENT_CREATE = 'c', EVENT_UPDATE = 'u', EVENT_DELETE = 'd',
	EVENT_READ = 'r', EVENT_TRUNCATE = 't', EVENT_MESSAGE = 'm',
	EVENT_TOMBSTONE = '0',
	EVENT_BEGIN = 'B', EVENT_END = 'E'	/* of a transaction, if they are told */
};

/* The header that ties the two halves of a key change together. */
enum event_link { LINK_NONE, LINK_NEW_KEY, LINK_OLD_KEY };

struct transaction {
	uint64_t serial;	/* grows with each, for what is rendered once per transaction */
	bool open;
	uint32_t xid;
	lsn_t final_lsn;	/* of the commit record: identifies it across reconnects */
	int64_t commit_us;
	lsn_t last_commit;	/* end of the last commit before it, 0: none known */
	uint64_t messages;	/* so far, of those that may give events: the ordinal */
	struct span origin;	/* absent if none; owned by the change */
	lsn_t origin_lsn;
	const struct tally *tally;	/* its events so far; NULL: not counted */
	bool snapshot;		/* rows as a snapshot found them: source.snapshot is "true" */
};

struct event {
	enum event_op op;
	const struct plan *plan;		/* not for MESSAGE, BEGIN, END */
	const struct pgoutput_tuple *before, *after;	/* NULL: null */
	const struct pgoutput_tuple *key;	/* where the key is; NULL: null key */
	const struct pgoutput_tuple *old_row;	/* for values unchanged in `after` */
	enum event_link link;
	const struct pgoutput_tuple *other_key;	/* for the link header */
	lsn_t lsn;				/* of the message */
	const struct transaction *tx;
	bool in_tx;				/* false: a non-transactional message */
	struct span prefix, content;		/* MESSAGE */
	uint64_t total_order;			/* in the transaction; 0: not counted */
	uint64_t collection_order;		/* the same, in its table */
};

struct change_options {
	const struct plan_options *plan;
	const struct filter *tables;	/* schema.table */
	const char *skipped;		/* operations not published, "t" by default */
	const struct filter *prefixes;	/* of logical messages; NULL: all */
	bool boundaries;		/* BEGIN and END are events, the others are counted */
	bool skip_unchanged;		/* updates that change no published column */
	size_t plans;			/* kept at most between messages; 0: RELATION_PLANS */
};

struct change;

/* `options` is borrowed for the life of the result. NULL without memory. */
struct change *change_new(const struct change_options *options);
void change_free(struct change *c);

/* A new session of the walsender: no open transaction, no relations told. */
void change_reset(struct change *c);

/* From the state record: what to name as last commit before the first one seen. */
void change_set_last_commit(struct change *c, lsn_t lsn);

enum { CHANGE_NEED_FACTS = 1 };

/*
 * Takes a message that came in `frame`. 0; CHANGE_NEED_FACTS: give them with
 * change_facts() until none are wanted, then take the events; -1. They are
 * wanted with each relation message, and for a row whose relation was not used
 * for so long that its plan was not kept.
 */
int change_feed(struct change *c, const struct frame *frame,
	const struct pgoutput_message *m, struct fail *f);

/* The relation whose facts are wanted, or NULL. */
const struct relation *change_wanted(const struct change *c);
/*
 * Facts of the relation wanted. Returns its plan if it was compiled anew (for
 * the log), NULL if it was kept, or failed (f->kind is then set).
 */
const struct plan *change_facts(struct change *c, const struct facts *facts,
	struct fail *f);
/* For PLAN_RELAX on `plan`: compiles it again; the event must be taken again. 0 or -1. */
int change_relax(struct change *c, const struct plan *plan, uint16_t column,
	struct fail *f);

/* 1: the next event; 0: none left. After change_relax() it is given again. */
bool change_next(struct change *c, struct event *out);

/* With boundaries, it is open until its END has been taken. */
const struct transaction *change_transaction(const struct change *c);

/* Time of the commit in milliseconds, rounded down also before 1970. */
static inline int64_t
change_commit_ms(const struct transaction *tx)
{
	return tx->commit_us / 1000 - (tx->commit_us % 1000 < 0);
}

#endif
