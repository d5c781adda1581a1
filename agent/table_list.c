#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "table_list.h"

enum { MATCHES = 1, SPLIT = 2, CHOSEN = 4, OURS = 8 };

/* In the order of OIDs, for finding ancestors by bisection. */
void
table_list_sql(struct buf *b, const char *names)
{
	buf_printf(b,
		"WITH pub AS (SELECT oid, puballtables"
		" FROM pg_catalog.pg_publication WHERE pubname IN (%s)) "
		"SELECT c.oid, n.nspname, c.relname, c.relkind = 'p',"
		" pg_catalog.pg_has_role(c.relowner, 'USAGE'),"
		" CASE WHEN c.relispartition THEN (SELECT"
		" pg_catalog.string_agg(a.relid::pg_catalog.oid::text, ' ')"
		" FROM pg_catalog.pg_partition_ancestors(c.oid) a(relid)"
		" WHERE a.relid <> c.oid) END "
		"FROM pg_catalog.pg_class c"
		" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		"WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'"
		" AND c.oid >= 16384 AND n.nspname !~ '^pg_'"
		" AND n.nspname <> 'information_schema'"
		" AND NOT EXISTS (SELECT 1 FROM pub WHERE puballtables)"
		" AND NOT EXISTS (SELECT 1 FROM pub"
		" JOIN pg_catalog.pg_publication_rel r ON r.prpubid = pub.oid"
		" WHERE r.prrelid = c.oid OR c.relispartition AND r.prrelid IN"
		" (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(c.oid)"
		" a(relid))) ORDER BY c.oid", names);
}

enum table_column { TABLE_OID, TABLE_SCHEMA, TABLE_NAME, TABLE_ROOT, TABLE_OURS, TABLE_ANCESTORS };

static unsigned long
oid_of(const PGresult *res, int row)
{
	return strtoul(PQgetvalue(res, row, TABLE_OID), NULL, 10);
}

static bool
is_root(const PGresult *res, int row)
{
	return PQgetvalue(res, row, TABLE_ROOT)[0] == 't';
}

/* Row of an OID, -1 if it is not among them. */
static int
find(const PGresult *res, unsigned long oid)
{
	int low = 0, high = PQntuples(res) - 1;

	while (low <= high) {
		int middle = low + (high - low) / 2;
		unsigned long here = oid_of(res, middle);

		if (here == oid)
			return middle;
		if (here < oid)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

/* The rows of a partition's ancestors, one after the other; -1 at the end. */
static int
next_ancestor(const PGresult *res, const char **p)
{
	while (**p) {
		char *end;
		int row = find(res, strtoul(*p, &end, 10));

		*p = end + strspn(end, " ");
		if (row >= 0)
			return row;
	}
	return -1;
}

static void
match(struct table_list *l, int row, const struct filter *tables,
	struct buf *name)
{
	buf_reset(name);
	buf_printf(name, "%s.%s", PQgetvalue(l->res, row, TABLE_SCHEMA),
		PQgetvalue(l->res, row, TABLE_NAME));
	if (filter_pass(tables, buf_span(name)))
		l->flags[row] |= MATCHES;
	if (PQgetvalue(l->res, row, TABLE_OURS)[0] == 't')
		l->flags[row] |= OURS;
}

/* A leaf that does not match; its rows come if what is above it is published. */
static void
split_ancestors(struct table_list *l, int row)
{
	const char *p = PQgetvalue(l->res, row, TABLE_ANCESTORS);
	int above;

	while ((above = next_ancestor(l->res, &p)) >= 0)
		l->flags[above] |= SPLIT;
}

/* What matches, unless it comes with what is above it. */
static void
choose(struct table_list *l, int row)
{
	const char *p = PQgetvalue(l->res, row, TABLE_ANCESTORS);
	int above;

	if (!(l->flags[row] & MATCHES))
		return;
	while ((above = next_ancestor(l->res, &p)) >= 0)
		if (l->flags[above] & MATCHES)
			return;
	l->flags[row] |= CHOSEN;
	l->count++;
	l->not_ours += !(l->flags[row] & OURS);
	l->split += (l->flags[row] & SPLIT) != 0;
}

int
table_list_choose(struct table_list *l, const struct pg_result *res,
	const struct filter *tables, struct fail *f)
{
	int rows = PQntuples(res);
	struct buf name;

	*l = (struct table_list){ .res = res };
	l->flags = calloc((size_t)rows + 1, 1);
	if (!l->flags)
		return fail_set(f, FAIL_FATAL, "out of memory");
	buf_init(&name, 1024);
	for (int i = 0; i < rows; i++)
		match(l, i, tables, &name);
	buf_release(&name);
	for (int i = 0; i < rows; i++)
		if (!is_root(res, i) && !(l->flags[i] & MATCHES))
			split_ancestors(l, i);
	for (int i = 0; i < rows; i++)
		choose(l, i);
	return 0;
}

void
table_list_release(struct table_list *l)
{
	free(l->flags);
	l->flags = NULL;
}

static void
put_name(const struct table_list *l, int row, struct buf *b)
{
	conn_quote_name(b, PQgetvalue(l->res, row, TABLE_SCHEMA));
	buf_putc(b, '.');
	conn_quote_name(b, PQgetvalue(l->res, row, TABLE_NAME));
}

size_t
table_list_put(const struct table_list *l, enum table_list_which which,
	size_t max, struct buf *b)
{
	size_t n = 0;

	for (int i = 0; i < PQntuples(l->res); i++) {
		bool ours = l->flags[i] & OURS;

		if (!(l->flags[i] & CHOSEN) ||
		    (which == TABLE_LIST_OURS && !ours) ||
		    (which == TABLE_LIST_NOT_OURS && ours))
			continue;
		if (n < max) {
			buf_put_str(b, n ? ", " : "");
			put_name(l, i, b);
		} else if (n == max)
			buf_put_str(b, ", ...");
		n++;
	}
	return n;
}

void
table_list_put_split(const struct table_list *l, struct buf *b)
{
	for (int i = 0; i < PQntuples(l->res); i++)
		if ((l->flags[i] & (CHOSEN | SPLIT)) == (CHOSEN | SPLIT)) {
			put_name(l, i, b);
			return;
		}
}
