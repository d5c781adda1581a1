/*
 * identity_rule: "schema.table:FULL", which replica identity tables shall have.
 *
 * Before the last colon a pattern on schema.table, behind it DEFAULT, FULL,
 * NOTHING or INDEX and the index's name.
 */
#ifndef IDENTITY_RULE_H
#define IDENTITY_RULE_H

#include "filter.h"

struct identity_rule {
	struct filter *tables;
	char identity;		/* as pg_class.relreplident: d f n i */
	char *index;		/* of 'i', else NULL */
};

/* 0, or -1 with FAIL_CONFIG that says what is wrong with the text. */
int identity_rule_parse(struct identity_rule *r, const char *text, struct fail *f);
void identity_rule_release(struct identity_rule *r);

/* A table has it already; `index`: of its present identity, "" if none. */
bool identity_rule_holds(const struct identity_rule *r, char identity,
	const char *index);
#endif
