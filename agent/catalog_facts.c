#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "catalog_facts.h"

/*
 * Columns of the answer: k, g, n order it; a..h are what READ_* below take.
 *   c  a column of the table       l  a label of an enum
 *   p  u  i  a column of the primary key, unique index, identity index
 *   r  the relation itself         t  a type
 *   s  the snapshot it was read in
 * NOT NULL of a domain counts as the column's own, as it does in JDBC's
 * metadata. Of the unique indexes the first by name is taken; partial ones
 * count, those on expressions do not. An array is a type whose element type
 * calls it so: oidvector and point have elements but are none.
 * A default names no column, so pg_get_expr() is told no relation: it would
 * make the names of all columns unique for every default, which takes 44 s for
 * a table of 1600.
 */
static const char head_sql[] =
	"WITH RECURSIVE rel AS ("
	" SELECT c.oid, n.nspname, c.relname, c.relkind, c.relreplident"
	" FROM pg_catalog.pg_class c"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.oid = ";

static const char middle_sql[] =
	"), col AS ("
	" SELECT a.attnum, a.attname, a.atttypid, a.atttypmod,"
	" a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS required,"
	" a.attgenerated, a.attidentity, CASE WHEN a.attgenerated = ''"
	" THEN pg_catalog.pg_get_expr(d.adbin, 0) END AS dflt,"
	" pg_catalog.col_description(a.attrelid, a.attnum) AS comment"
	" FROM rel"
	" JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid"
	" AND a.attnum > 0 AND NOT a.attisdropped"
	" JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
	" LEFT JOIN pg_catalog.pg_attrdef d"
	" ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
	"), typ(oid) AS ("
	" SELECT col.atttypid FROM col"
	" UNION SELECT pg_catalog.unnest(";

static const char tail_sql[] =
	"::pg_catalog.oid[])"
	" UNION SELECT x.oid FROM typ"
	" JOIN pg_catalog.pg_type t ON t.oid = typ.oid,"
	" LATERAL (VALUES (t.typbasetype), (t.typelem)) x(oid) WHERE x.oid <> 0"
	"), idx AS ("
	" SELECT i.*, x.relname FROM rel"
	" JOIN pg_catalog.pg_index i ON i.indrelid = rel.oid"
	" JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
	"), key AS ("
	" SELECT 'p' AS k, * FROM idx WHERE indisprimary"
	" UNION ALL SELECT 'i', * FROM idx WHERE indisreplident"
	" UNION ALL (SELECT 'u', * FROM idx WHERE indisunique AND indisvalid"
	" AND indexprs IS NULL AND NOT EXISTS"
	" (SELECT 1 FROM idx p WHERE p.indisprimary)"
	" ORDER BY NOT indisclustered, relname LIMIT 1)"
	") "
	"SELECT 'r' AS k, 0::bigint AS g, 0::bigint AS n, nspname::text AS a,"
	" relname::text AS b, relkind::text AS c, relreplident::text AS d,"
	" pg_catalog.obj_description(oid, 'pg_class') AS e,"
	" NULL::text AS f, NULL::text AS g2, NULL::text AS h FROM rel "
	"UNION ALL SELECT 'c', 0, attnum, attname::text, atttypid::text,"
	" atttypmod::text, required::text, attgenerated::text, attidentity::text,"
	" dflt, comment FROM col "
	"UNION ALL SELECT key.k, 0, s.n, a.attname::text, NULL, NULL, NULL, NULL,"
	" NULL, NULL, NULL FROM key,"
	" LATERAL pg_catalog.generate_series(0, CASE key.k WHEN 'u'"
	" THEN key.indnatts ELSE key.indnkeyatts END - 1) s(n),"
	" pg_catalog.pg_attribute a"
	" WHERE a.attrelid = key.indrelid AND a.attnum = key.indkey[s.n] "
	"UNION ALL SELECT 't', 0, t.oid::bigint, n.nspname::text,"
	" t.typname::text, t.typtype::text, t.typcategory::text,"
	" CASE WHEN e.typarray = t.oid THEN t.typelem ELSE 0 END::text,"
	" coalesce(e.typdelim, ',')::text, t.typbasetype::text,"
	" t.typtypmod::text FROM typ"
	" JOIN pg_catalog.pg_type t ON t.oid = typ.oid"
	" JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
	" LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem "
	"UNION ALL SELECT 's', 0, 0, pg_catalog.pg_current_snapshot()::text,"
	" NULL, NULL, NULL, NULL, NULL, NULL, NULL "
	"UNION ALL SELECT 'l', l.enumtypid::bigint, pg_catalog.row_number() OVER"
	" (PARTITION BY l.enumtypid ORDER BY l.enumsortorder),"
	" l.enumlabel::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM typ"
	" JOIN pg_catalog.pg_enum l ON l.enumtypid = typ.oid "
	"ORDER BY 1, 2, 3";

enum { KIND, GROUP, NUMBER, A, B, C, D, E, F, G, H };

static void
put_types(struct buf *b, const uint32_t *types, size_t ntypes)
{
	buf_put_str(b, "'{");
	for (size_t i = 0; i < ntypes; i++)
		buf_printf(b, i ? ",%u" : "%u", types[i]);
	buf_put_str(b, "}'");
}

void
catalog_facts_sql(struct buf *b, uint32_t relid, const uint32_t *types,
	size_t ntypes)
{
	buf_put_str(b, head_sql);
	buf_printf(b, "%u", relid);
	buf_put_str(b, middle_sql);
	put_types(b, types, ntypes);
	buf_put_str(b, tail_sql);
}

void
catalog_facts_prepare(struct buf *b)
{
	buf_put_str(b, "SET plan_cache_mode = force_generic_plan; DEALLOCATE ALL; "
		"PREPARE facts (oid, oid[]) AS ");
	buf_put_str(b, head_sql);
	buf_put_str(b, "$1");
	buf_put_str(b, middle_sql);
	buf_put_str(b, "$2");
	buf_put_str(b, tail_sql);
	buf_put_str(b, "; ");
}

void
catalog_facts_execute(struct buf *b, uint32_t relid, const uint32_t *types,
	size_t ntypes)
{
	buf_printf(b, "EXECUTE facts (%u, ", relid);
	put_types(b, types, ntypes);
	buf_putc(b, ')');
}

struct reader {
	const PGresult *res;
	struct arena *arena;
	int row;
};

static struct span
text(const struct reader *r, int column)
{
	if (PQgetisnull(r->res, r->row, column))
		return (struct span){ NULL, 0 };
	return arena_copy(r->arena, (struct span){
		PQgetvalue(r->res, r->row, column),
		(size_t)PQgetlength(r->res, r->row, column) });
}

static char
letter(const struct reader *r, int column)
{
	return PQgetvalue(r->res, r->row, column)[0];
}

static long long
number(const struct reader *r, int column)
{
	return strtoll(PQgetvalue(r->res, r->row, column), NULL, 10);
}

/* Rows of one kind stand together. Their count, the first one in `*first`. */
static size_t
range(const PGresult *res, char kind, int *first)
{
	int n = PQntuples(res), i = 0, end;

	while (i < n && PQgetvalue(res, i, KIND)[0] != kind)
		i++;
	for (end = i; end < n && PQgetvalue(res, end, KIND)[0] == kind; end++)
		;
	*first = i;
	return (size_t)(end - i);
}

static void
read_columns(struct reader *r, struct facts *out)
{
	struct column_fact *columns;
	int first;

	out->ncolumns = range(r->res, 'c', &first);
	out->columns = columns = arena_zero(r->arena, out->ncolumns,
		sizeof(*columns));
	for (size_t i = 0; columns && i < out->ncolumns; i++) {
		r->row = first + (int)i;
		columns[i] = (struct column_fact){
			.name = text(r, A),
			.type = (uint32_t)number(r, B),
			.typmod = (int32_t)number(r, C),
			.not_null = letter(r, D) == 't',
			.generated = letter(r, E) == 's',
			.identity = letter(r, F) != '\0',
			.dflt = text(r, G),
			.comment = text(r, H),
		};
	}
}

/* One name per row: key columns and labels. */
static const struct span *
read_names(struct reader *r, int first, size_t count)
{
	struct span *names = arena_zero(r->arena, count, sizeof(*names));

	for (size_t i = 0; names && i < count; i++) {
		r->row = first + (int)i;
		names[i] = text(r, A);
	}
	return names;
}

static struct column_names
read_key(struct reader *r, char kind)
{
	int first;
	size_t count = range(r->res, kind, &first);

	return (struct column_names){ read_names(r, first, count), count };
}

static void
read_labels(struct reader *r, struct type_fact *t)
{
	int first;
	size_t all = range(r->res, 'l', &first), count = 0;

	while (all && strtoul(PQgetvalue(r->res, first, GROUP), NULL, 10) != t->oid) {
		first++;
		all--;
	}
	while (count < all && strtoul(PQgetvalue(r->res, first + (int)count,
			GROUP), NULL, 10) == t->oid)
		count++;
	t->labels = read_names(r, first, count);
	t->nlabels = count;
}

static void
read_types(struct reader *r, struct facts *out)
{
	struct type_fact *types;
	int first;

	out->ntypes = range(r->res, 't', &first);
	out->types = types = arena_zero(r->arena, out->ntypes, sizeof(*types));
	for (size_t i = 0; types && i < out->ntypes; i++) {
		r->row = first + (int)i;
		types[i] = (struct type_fact){
			.oid = (uint32_t)number(r, NUMBER),
			.schema = text(r, A),
			.name = text(r, B),
			.type = letter(r, C),
			.category = letter(r, D),
			.elem = (uint32_t)number(r, E),
			.delimiter = letter(r, F),
			.base = (uint32_t)number(r, G),
			.base_typmod = (int32_t)number(r, H),
		};
		if (types[i].type == 'e')
			read_labels(r, &types[i]);
	}
}

static void
read_relation(struct reader *r, struct facts *out)
{
	out->found = range(r->res, 'r', &r->row) == 1;
	if (!out->found)
		return;
	out->schema = text(r, A);
	out->table = text(r, B);
	out->kind = letter(r, C);
	out->replica_identity = letter(r, D);
	out->comment = text(r, E);
}

/* xid a is older than b, in a circle of 2^32. */
static bool
precedes(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

bool
catalog_facts_see(const struct pg_result *res, uint32_t xid)
{
	int row;
	char *p;

	if (!xid || range(res, 's', &row) != 1)
		return true;
	/* xmin:xmax:xip,xip,...; all below xmin have ended, none from xmax on has. */
	p = strchr(PQgetvalue(res, row, A), ':');
	if (!p || !precedes(xid, (uint32_t)strtoull(p + 1, &p, 10)))
		return false;
	while (*p)
		if ((uint32_t)strtoull(p + 1, &p, 10) == xid)
			return false;
	return true;
}

int
catalog_facts_read(const struct pg_result *res, uint32_t relid,
	struct arena *a, struct facts *out, struct fail *f)
{
	struct reader r = { .res = res, .arena = a };

	*out = (struct facts){ .relid = relid };
	read_relation(&r, out);
	read_columns(&r, out);
	out->primary_key = read_key(&r, 'p');
	out->unique = read_key(&r, 'u');
	out->identity = read_key(&r, 'i');
	read_types(&r, out);
	return arena_failed(a) ?
		fail_set(f, FAIL_FATAL, "facts of a table: out of memory") : 0;
}
