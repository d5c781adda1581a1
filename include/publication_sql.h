/*
 * publication_sql: the statements that make and change our publication.
 *
 * What it publishes follows from the settings: under which names partitions
 * come, and which operations. Texts only.
 */
#ifndef PUBLICATION_SQL_H
#define PUBLICATION_SQL_H

#include "buf.h"
#include "config.h"

/* CREATE PUBLICATION ...; `tables` is what follows FOR TABLE, empty for none. */
void publication_sql_create(const struct config *c, struct span tables,
	struct buf *out);
/* Marks it as ours, by its comment. */
void publication_sql_comment(const struct config *c, const char *comment,
	struct buf *out);
void publication_sql_add(const struct config *c, struct span tables,
	struct buf *out);

#endif
