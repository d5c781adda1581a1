/*
 * publication_sql: the statements that make and change our publication.
 *
 * What it publishes follows from the settings: under which names partitions
 * come, and which operations. Texts only; and the query that looks for it.
 */
#ifndef PUBLICATION_SQL_H
#define PUBLICATION_SQL_H

#include "buf.h"
#include "config.h"

/* The comment of a publication that pgwake made. */
#define PUBLICATION_SQL_OURS "created by pgwake"

/* CREATE PUBLICATION ...; `tables` is what follows FOR TABLE, empty for none. */
void publication_sql_create(const struct config *c, struct span tables,
	struct buf *out);
/* Marks it as ours, by its comment. */
void publication_sql_comment(const struct config *c, struct buf *out);
void publication_sql_add(const struct config *c, struct span tables,
	struct buf *out);

/* The names of a list as literals. How many there are, or -1 with FAIL_CONFIG. */
int publication_sql_names(const char *names, struct buf *out, struct fail *f);
/*
 * The query of the configured publications that are there, a row each, with
 * the columns below. How many are configured, or -1 with FAIL_CONFIG.
 */
enum publication_sql_column {
	PUBLICATION_SQL_ALL_TABLES,
	PUBLICATION_SQL_IS_OURS,	/* made by pgwake */
	PUBLICATION_SQL_OWNED,		/* by our role, or one that we are a member of */
	PUBLICATION_SQL_VIA_ROOT,
	PUBLICATION_SQL_CHANGES		/* has updates or deletes */
};
int publication_sql_look(const struct config *c, struct buf *out, struct fail *f);

#endif
