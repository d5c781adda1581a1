/*
 * finding: what an operator would not expect, in the words of log and --check.
 *
 * Each sentence stands in one place, with what can be done about it; whoever
 * it is told to decides how it looks and where it goes. No I/O.
 */
#ifndef FINDING_H
#define FINDING_H

#include "facts.h"
#include "log.h"
#include "plan.h"
#include "server.h"

struct finding {
	const char *what, *remedy;	/* constant sentences */
	struct log_field about[3];	/* key NULL ends them */
};

typedef void finding_fn(void *self, const struct finding *f);

/* Columns left out or not masked, a key that is not the expected one. */
void finding_plan(const struct plan *plan, finding_fn *tell, void *self);
/* Whether rows can be told apart: updates and deletes that the server refuses. */
void finding_identity(const struct facts *facts, finding_fn *tell, void *self);
/* Settings that make trouble later. */
void finding_server(const struct server_info *s, finding_fn *tell, void *self);
/* A slot that is about to be lost. */
void finding_slot(const struct server_slot *s, finding_fn *tell, void *self);

/* Tells it as a warning in the log. `self`: fields that come first, or NULL. */
finding_fn finding_log;

#endif
