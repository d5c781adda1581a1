/*
 * check_tables: what is captured, and what is odd about it.
 *
 * Each table is compiled as for a run, so that the log's findings are known
 * before one. A table about which there is nothing to say has no line.
 */
#ifndef CHECK_TABLES_H
#define CHECK_TABLES_H

#include "check.h"

/* Appends to topics. 0 or -1. */
int check_tables(struct check *c, struct fail *f);

#endif
