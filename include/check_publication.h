/*
 * check_publication: is it there, with the tables that match; can it be made?
 */
#ifndef CHECK_PUBLICATION_H
#define CHECK_PUBLICATION_H

#include "check.h"

/* Fills changes. 0 or -1. */
int check_publication(struct check *c, struct fail *f);

#endif
