/*
 * nearest: which of the valid names was probably meant.
 *
 * Distance is the number of letters added, dropped, changed or swapped with a
 * neighbour. Names too far away are no answer.
 */
#ifndef NEAREST_H
#define NEAREST_H

#include <stdbool.h>
#include <stddef.h>

#define NEAREST_NAME_MAX 128

struct nearest {
	const char *wanted;	/* borrowed */
	unsigned distance;	/* of the best so far */
	char name[NEAREST_NAME_MAX];	/* "" if none is near */
};

/* Begins a search for `wanted`. */
void nearest_init(struct nearest *n, const char *wanted);
/* Compares with `candidate`; if that is the best so far (`handicap` added), remembers `name`. */
void nearest_offer(struct nearest *n, const char *candidate, unsigned handicap,
	const char *name);

#endif
