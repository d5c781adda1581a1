/*
 * relation: what the server has told about relations, by OID, with their plans.
 *
 * Belongs to one walsender session: pgoutput sends each relation again after a
 * reconnect, and relation_set_reset() marks all as untold. Plans survive that, so
 * a known relation costs one comparison.
 *
 * Memory: a plan with its facts takes some 30 kB, and tables come and go, so only
 * those used last keep theirs. The server announces a relation once and may send
 * its rows much later: the definition stays as long as the session, as it does in
 * the walsender, and takes 33 bytes and the name per column.
 */
#ifndef RELATION_H
#define RELATION_H

#include "plan.h"

struct relation {
	uint32_t relid;
	bool told;			/* in this session */
	bool captured;			/* passes the table filter */
	struct pgoutput_relation def;	/* copied, in `memory` */
	void *memory;
	struct facts facts;		/* copied, in `facts_arena`; what the plan was built from */
	struct arena facts_arena;
	struct plan *plan;		/* NULL: its facts are wanted before a row */
	bool *relaxed;			/* per column of def, in `memory` */
	struct relation *newer, *older;	/* of those with plans, by their last use */
};

struct relation_set;

#define RELATION_PLANS 10000

/* Keeps `plans` plans, usually RELATION_PLANS. NULL without memory. */
struct relation_set *relation_set_new(size_t plans);
void relation_set_free(struct relation_set *rs);
/* A new session: nothing is told any more, and what has no plan is forgotten. */
void relation_set_reset(struct relation_set *rs);
/*
 * Frees the plans that were not used for longest, if there are too many. Between
 * two messages: one message may need more of them than are kept.
 */
void relation_set_trim(struct relation_set *rs);

/* NULL if it is unknown or has not been told in this session. */
struct relation *relation_get(struct relation_set *rs, uint32_t relid);

/*
 * Takes an R message. The result has `told` set; its plan and facts are kept
 * if the definition is unchanged, and dropped otherwise. NULL without memory.
 */
struct relation *relation_tell(struct relation_set *rs,
	const struct pgoutput_relation *def, struct fail *f);

/* Copies the facts and compiles the plan, unless nothing differs. 1: a new plan; 0: kept; -1. */
int relation_facts(struct relation_set *rs, struct relation *r,
	const struct plan_options *options, const struct facts *facts,
	struct fail *f);

/* Compiles its plan again with one more column made optional (see PLAN_RELAX). 0 or -1. */
int relation_relax(struct relation *r, const struct plan_options *options,
	uint16_t column, struct fail *f);

#endif
