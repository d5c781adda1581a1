/*
 * compile: a relation and its facts to a plan.
 *
 * Everything optional about a table is decided here, once: columns left out,
 * key, defaults, schemas, topic. The hot path has no switches of its own.
 */
#ifndef COMPILE_H
#define COMPILE_H

#include "plan.h"

/*
 * Compiles. `facts` may say "not found". `relaxed`, one flag per tuple column
 * or NULL, makes columns optional that the facts call NOT NULL, because a
 * NULL was met. NULL with `f` filled on failure.
 */
struct plan *compile_plan(const struct plan_options *options,
	const struct pgoutput_relation *relation, const struct facts *facts,
	const bool *relaxed, struct fail *f);

#endif
