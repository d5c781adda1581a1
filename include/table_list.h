/*
 * table_list: which of the server's tables belong into a publication.
 *
 * Reads the answer of a query of tables and decides; no I/O. See publication.h
 * for what happens to partitioned tables.
 */
#ifndef TABLE_LIST_H
#define TABLE_LIST_H

#include "buf.h"
#include "filter.h"

struct pg_result;

struct table_list {
	const struct pg_result *res;	/* borrowed */
	unsigned char *flags;		/* per row */
	size_t count;			/* tables chosen */
	size_t not_ours;		/* of the chosen: owned by a role we are no member of */
	size_t split;		/* of the chosen: some partition of it does not match */
};

/*
 * Appends the query: permanent tables that no publication of those named has.
 * `names`: literals, separated by commas.
 */
void table_list_sql(struct buf *b, const char *names);

/* 0, or -1 without memory. `tables` NULL: every table matches. */
int table_list_choose(struct table_list *l, const struct pg_result *res,
	const struct filter *tables, struct fail *f);
void table_list_release(struct table_list *l);

/*
 * Appends the chosen tables as SQL, quoted and separated by commas: all, or
 * those we own, or those we do not; at most `max` of them, then "...".
 * Returns how many there are in all.
 */
enum table_list_which { TABLE_LIST_ALL, TABLE_LIST_OURS, TABLE_LIST_NOT_OURS };
size_t table_list_put(const struct table_list *l, enum table_list_which which,
	size_t max, struct buf *b);
/* Appends the name of the first partitioned table that `split` counts. */
void table_list_put_split(const struct table_list *l, struct buf *b);

#endif
