/*
 * name_list: identifiers of PostgreSQL in one text, separated by commas.
 *
 * Case is kept. A name with a comma, a quote or blanks at its ends stands in
 * double quotes, doubled inside: orders, "Big, old".
 */
#ifndef NAME_LIST_H
#define NAME_LIST_H

#include "fail.h"

#define NAME_LIST_NAME_MAX 64	/* NAMEDATALEN, with the NUL */

/*
 * Takes the next name off the text at `*rest` and moves `*rest` behind it.
 * 1; 0 at the end; -1 with FAIL_CONFIG: empty, too long, or a quote left open.
 */
int name_list_next(const char **rest, char out[NAME_LIST_NAME_MAX],
	struct fail *f);

#endif
