#include "snapshot_tables.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "log.h"
#include "publication_sql.h"
#include "select_override.h"

/* Descriptions of 100,000 tables of 50 columns. */
#define MEMORY_MAX ((size_t)2 << 30)
#define TABLES_IN_TEXT 5

enum { STEP_RELATIONS, STEP_COLUMNS, STEP_FILES, STEPS };

enum relation_column { REL_OID, REL_SCHEMA, REL_NAME, REL_IDENTITY, REL_FILTER };
enum attribute_column { ATT_RELATION, ATT_NAME, ATT_TYPE, ATT_TYPMOD, ATT_IDENTITY };
enum file_column {
	FILE_ROOT, FILE_OID, FILE_SCHEMA, FILE_NAME, FILE_NODE, FILE_PAGES,
	FILE_BYTES, FILE_TOASTED, FILE_HEAP, FILE_READABLE, FILE_GUARDED
};

void
snapshot_tables_init(struct snapshot_tables *t)
{
	memset(t, 0, sizeof(*t));
	arena_init(&t->arena, MEMORY_MAX);
}

void
snapshot_tables_release(struct snapshot_tables *t)
{
	arena_release(&t->arena);
	snapshot_tables_init(t);
}

/*
 * What the publication has, once per table: a filter holds only if each
 * publication has one. Unlogged tables are never streamed and so in none, but
 * they have rows; without a publication (initial_only needs none) all tables
 * that rows are stored in.
 */
static int
put_relations_sql(const struct config *c, int version, struct buf *b,
	struct fail *f)
{
	struct buf names;
	int rc;

	buf_init(&names, 65536);
	rc = publication_sql_names(c->postgres.publication, &names, f);
	buf_putc(&names, '\0');
	if (rc < 0 || names.failed) {
		buf_release(&names);
		return rc < 0 ? rc : fail_set(f, FAIL_CONFIG,
			"postgres.publication: too long");
	}
	buf_printf(b, "WITH p AS (SELECT * FROM pg_catalog.pg_publication "
		"WHERE pubname IN (%s)), t AS ("
		"SELECT schemaname, tablename%s FROM pg_catalog.pg_publication_tables "
		"WHERE pubname IN (%s) GROUP BY 1, 2) ", names.p,
		version >= 150000 ? ", CASE WHEN bool_and(rowfilter IS NOT NULL) "
		"THEN string_agg('(' || rowfilter || ')', ' OR ') END AS filter" :
		", NULL::text AS filter", names.p);
	buf_printf(b, "SELECT c.oid, n.nspname, c.relname, c.relreplident, t.filter "
		"FROM pg_catalog.pg_class c "
		"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		"LEFT JOIN t ON t.schemaname = n.nspname AND t.tablename = c.relname "
		"WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' "
		"AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') "
		"AND (t.tablename IS NOT NULL OR c.relkind = 'r' AND ("
		"c.relpersistence = 'u' AND (%s OR EXISTS (SELECT FROM p WHERE puballtables))"
		" OR NOT EXISTS (SELECT FROM p)))",
		c->postgres.tables.count ? "true" : "false");
	buf_release(&names);
	return 0;
}

static void
put_oids(const struct snapshot_tables *t, struct buf *b)
{
	buf_put_str(b, "'{");
	for (size_t i = 0; i < t->count; i++) {
		if (i)
			buf_putc(b, ',');
		buf_put_u64(b, t->tables[i].relation.relid);
	}
	buf_put_str(b, "}'::oid[]");
}

/* In a list of columns that a publication has, a generated one may stand since 18. */
static int
put_columns_sql(const struct snapshot_tables *t, const struct config *c,
	int version, struct buf *b, struct fail *f)
{
	buf_put_str(b, "SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, "
		"CASE c.relreplident WHEN 'f' THEN true WHEN 'n' THEN false "
		"ELSE a.attnum = ANY (i.indkey) END "
		"FROM pg_catalog.pg_attribute a "
		"JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
		"LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND "
		"CASE c.relreplident WHEN 'd' THEN i.indisprimary "
		"WHEN 'i' THEN i.indisreplident ELSE false END "
		"WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY (");
	put_oids(t, b);
	buf_putc(b, ')');
	if (version >= 150000) {
		buf_put_str(b, " AND NOT EXISTS (SELECT FROM "
			"pg_catalog.pg_publication_rel r "
			"JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid "
			"WHERE r.prrelid = a.attrelid AND r.prattrs IS NOT NULL "
			"AND a.attnum <> ALL (r.prattrs) AND p.pubname IN (");
		if (publication_sql_names(c->postgres.publication, b, f) < 0)
			return -1;
		buf_put_str(b, "))");
	}
	buf_put_str(b, " ORDER BY a.attrelid, a.attnum");
	return 0;
}

/*
 * Foreign partitions have no rows here, and no changes. pg_partition_tree()
 * would lock every partition until the end of the snapshot, and list those of
 * now.
 */
static void
put_files_sql(const struct snapshot_tables *t, struct buf *b)
{
	buf_put_str(b, "WITH RECURSIVE l (root, leaf, kind) AS ("
		"SELECT c.oid, c.oid, c.relkind FROM pg_catalog.pg_class c "
		"WHERE c.oid = ANY (");
	put_oids(t, b);
	buf_put_str(b, ") UNION ALL SELECT l.root, c.oid, c.relkind FROM l "
		"JOIN pg_catalog.pg_inherits i ON i.inhparent = l.leaf "
		"AND NOT i.inhdetachpending "
		"JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid "
		"WHERE l.kind = 'p') "
		"SELECT l.root, c.oid, n.nspname, c.relname, c.relfilenode, "
		"pg_catalog.pg_relation_size(c.oid, 'main') / "
		"pg_catalog.current_setting('block_size')::bigint, "
		"pg_catalog.pg_table_size(c.oid), "
		"c.reltoastrelid <> 0 AND pg_catalog.pg_relation_size(c.reltoastrelid) > 0, "
		"am.amname = 'heap', "
		/* Grants of columns do not do: neither for the lock nor for ctid. */
		"pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND "
		"pg_catalog.has_table_privilege(c.oid, 'SELECT'), "
		"pg_catalog.row_security_active(c.oid) "
		"FROM l JOIN pg_catalog.pg_class c ON c.oid = l.leaf "
		"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		"LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam "
		"WHERE c.relkind = 'r' "
		"ORDER BY l.root, n.nspname COLLATE \"C\", c.relname COLLATE \"C\"");
}

int
snapshot_tables_sql(const struct snapshot_tables *t, const struct config *c,
	int version, struct buf *sql, struct fail *f)
{
	switch (t->step) {
	case STEP_RELATIONS:
		return put_relations_sql(c, version, sql, f);
	case STEP_COLUMNS:
		return put_columns_sql(t, c, version, sql, f);
	default:
		put_files_sql(t, sql);
		return 0;
	}
}

static struct span
text(struct arena *a, const PGresult *res, int row, int column)
{
	if (PQgetisnull(res, row, column))
		return (struct span){ NULL, 0 };
	return arena_copy(a, (struct span){ PQgetvalue(res, row, column),
		(size_t)PQgetlength(res, row, column) });
}

static uint64_t
number(const PGresult *res, int row, int column)
{
	return strtoull(PQgetvalue(res, row, column), NULL, 10);
}

static bool
flag(const PGresult *res, int row, int column)
{
	return PQgetvalue(res, row, column)[0] == 't';
}

static int
compare_oids(const void *a, const void *b)
{
	uint32_t x = (*(struct snapshot_table *const *)a)->relation.relid;
	uint32_t y = (*(struct snapshot_table *const *)b)->relation.relid;

	return x < y ? -1 : x > y;
}

static void
index_tables(struct snapshot_tables *t)
{
	t->by_oid = arena_zero(&t->arena, t->count, sizeof(struct snapshot_table *));
	for (size_t i = 0; i < t->count && t->by_oid; i++)
		t->by_oid[i] = &t->tables[i];
	if (t->by_oid)
		qsort(t->by_oid, t->count, sizeof(*t->by_oid), compare_oids);
}

static struct snapshot_table *
by_oid(struct snapshot_tables *t, uint32_t oid)
{
	struct snapshot_table key = { .relation.relid = oid }, *k = &key, **found;

	found = bsearch(&k, t->by_oid, t->count, sizeof(*t->by_oid), compare_oids);
	return found ? *found : NULL;
}

static int
compare_spans(struct span a, struct span b)
{
	int rc = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return rc ? rc : a.len < b.len ? -1 : a.len > b.len;
}

/* Debezium's order: that of the patterns, then by schema and name. */
static int
compare_tables(const void *a, const void *b)
{
	const struct snapshot_table *x = a, *y = b;
	int rc;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	rc = compare_spans(x->relation.schema, y->relation.schema);
	return rc ? rc : compare_spans(x->relation.name, y->relation.name);
}

static int
take_relations(struct snapshot_tables *t, const struct snapshot_rules *rules,
	const PGresult *res, struct fail *f)
{
	struct arena *a = &t->arena;
	int rows = PQntuples(res);

	t->tables = arena_zero(a, (size_t)rows, sizeof(*t->tables));
	for (int i = 0; i < rows && !arena_failed(a); i++) {
		struct snapshot_table *s = &t->tables[t->count];
		int captured, included = 1;

		s->name = arena_printf(a, "%s.%s", PQgetvalue(res, i, REL_SCHEMA),
			PQgetvalue(res, i, REL_NAME));
		captured = filter_try(rules->captured, s->name, f);
		if (captured == 1)
			included = filter_try(rules->included, s->name, f);
		if (captured == -1 || included == -1)
			return fail_context(f, "table %.*s: %s", SPAN_ARG(s->name),
				captured == -1 ? "postgres.tables" : "snapshot.tables");
		if (!captured || !included)
			continue;
		s->relation.relid = (uint32_t)number(res, i, REL_OID);
		s->relation.schema = text(a, res, i, REL_SCHEMA);
		s->relation.name = text(a, res, i, REL_NAME);
		s->relation.replica_identity =
			(uint8_t)PQgetvalue(res, i, REL_IDENTITY)[0];
		s->row_filter = text(a, res, i, REL_FILTER);
		s->statement = select_override_find(
			&rules->config->snapshot.select_overrides, s->name);
		s->rank = filter_rank(rules->captured, s->name);
		t->count++;
	}
	if (!arena_failed(a) && t->count)
		qsort(t->tables, t->count, sizeof(*t->tables), compare_tables);
	index_tables(t);
	return 0;
}

/* Rows of one relation stand together. `column` has its OID. */
static int
run_of(const PGresult *res, int row, int column)
{
	int end = row + 1;

	while (end < PQntuples(res) && !strcmp(PQgetvalue(res, row, column),
			PQgetvalue(res, end, column)))
		end++;
	return end - row;
}

static int
take_columns(struct snapshot_tables *t, const PGresult *res, struct fail *f)
{
	struct arena *a = &t->arena;

	for (int i = 0, n; i < PQntuples(res); i += n) {
		struct snapshot_table *s = by_oid(t,
			(uint32_t)number(res, i, ATT_RELATION));
		struct pgoutput_column *cols;

		n = run_of(res, i, ATT_RELATION);
		cols = arena_zero(a, (size_t)n, sizeof(*cols));
		if (!s || !cols || n > PGOUTPUT_MAX_COLUMNS)
			return fail_set(f, FAIL_FATAL, "columns of table %s: %s",
				PQgetvalue(res, i, ATT_RELATION),
				cols ? "unexpected answer" : "out of memory");
		for (int k = 0; k < n; k++)
			cols[k] = (struct pgoutput_column){
				.name = text(a, res, i + k, ATT_NAME),
				.type = (uint32_t)number(res, i + k, ATT_TYPE),
				.typmod = atoi(PQgetvalue(res, i + k, ATT_TYPMOD)),
				.identity = flag(res, i + k, ATT_IDENTITY),
			};
		s->relation.cols = cols;
		s->relation.ncols = (uint16_t)n;
	}
	return 0;
}

/* FNV-1a. */
static uint64_t
mix(uint64_t hash, const void *p, size_t n)
{
	for (const unsigned char *c = p; n--; c++)
		hash = (hash ^ *c) * UINT64_C(1099511628211);
	return hash;
}

/* The name too: under another one its rows go to another topic, all of them. */
static uint64_t
hash_columns(const struct pgoutput_relation *r)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	hash = mix(hash, r->schema.p, r->schema.len + 1);
	hash = mix(hash, r->name.p, r->name.len + 1);
	for (uint16_t i = 0; i < r->ncols; i++) {
		hash = mix(hash, r->cols[i].name.p, r->cols[i].name.len + 1);
		hash = mix(hash, &r->cols[i].type, sizeof(r->cols[i].type));
		hash = mix(hash, &r->cols[i].typmod, sizeof(r->cols[i].typmod));
	}
	return hash;
}

static int
take_files(struct snapshot_tables *t, const PGresult *res, struct fail *f)
{
	struct arena *a = &t->arena;

	for (int i = 0, n; i < PQntuples(res); i += n) {
		struct snapshot_table *s = by_oid(t,
			(uint32_t)number(res, i, FILE_ROOT));

		n = run_of(res, i, FILE_ROOT);
		if (!s || !(s->files = arena_zero(a, (size_t)n, sizeof(*s->files))))
			return fail_set(f, FAIL_FATAL, "files of tables: %s",
				s ? "out of memory" : "unexpected answer");
		s->nfiles = (size_t)n;
		for (int k = 0; k < n; k++) {
			struct snapshot_file *file = &s->files[k];

			file->id.oid = (uint32_t)number(res, i + k, FILE_OID);
			file->id.filenode = (uint32_t)number(res, i + k, FILE_NODE);
			file->id.columns = hash_columns(&s->relation);
			file->schema = text(a, res, i + k, FILE_SCHEMA);
			file->table = text(a, res, i + k, FILE_NAME);
			file->pages = number(res, i + k, FILE_PAGES);
			file->bytes = number(res, i + k, FILE_BYTES);
			file->toasted = flag(res, i + k, FILE_TOASTED);
			file->ranges = flag(res, i + k, FILE_HEAP);
			file->readable = flag(res, i + k, FILE_READABLE);
			file->guarded = flag(res, i + k, FILE_GUARDED);
			s->bytes += file->bytes;
		}
	}
	return 0;
}

int
snapshot_tables_take(struct snapshot_tables *t,
	const struct snapshot_rules *rules, const struct pg_result *res,
	struct fail *f)
{
	int rc;

	switch (t->step) {
	case STEP_RELATIONS:
		rc = take_relations(t, rules, res, f);
		break;
	case STEP_COLUMNS:
		rc = take_columns(t, res, f);
		break;
	default:
		rc = take_files(t, res, f);
	}
	if (rc == 0 && arena_failed(&t->arena))
		rc = fail_set(f, FAIL_FATAL, "out of memory for the description "
			"of %zu tables", t->count);
	t->step++;
	t->done = t->step == STEPS;
	return rc;
}

const char *
snapshot_tables_obstacle(const struct snapshot_file *file)
{
	if (file->readable && !file->guarded)
		return NULL;
	return file->guarded ? "row level security would hide rows of a table "
		"from the snapshot" : "a table of the snapshot may not be read";
}

void
snapshot_tables_remedy(struct buf *b, const struct snapshot_file *file,
	const char *name)
{
	struct span role = span_of(name);

	if (file->guarded) {
		buf_put_str(b, "ALTER ROLE ");
		conn_quote_span(b, role);
		buf_put_str(b, " BYPASSRLS");
		return;
	}
	buf_put_str(b, "GRANT USAGE ON SCHEMA ");
	conn_quote_span(b, file->schema);
	buf_put_str(b, " TO ");
	conn_quote_span(b, role);
	buf_put_str(b, "; GRANT SELECT ON ");
	conn_quote_span(b, file->schema);
	buf_putc(b, '.');
	conn_quote_span(b, file->table);
	buf_put_str(b, " TO ");
	conn_quote_span(b, role);
}

static void
complain(const struct snapshot_file *file, const char *role, struct buf *names,
	size_t number_of_it)
{
	struct buf remedy;

	buf_init(&remedy, 1024);
	snapshot_tables_remedy(&remedy, file, role);
	log_error(snapshot_tables_obstacle(file),
		LOG_SPAN("schema", file->schema), LOG_SPAN("table", file->table),
		LOG_STR("role", role), LOG_SPAN("remedy", buf_span(&remedy)));
	buf_release(&remedy);
	if (number_of_it < TABLES_IN_TEXT)
		buf_printf(names, "%s%.*s.%.*s", number_of_it ? ", " : "",
			SPAN_ARG(file->schema), SPAN_ARG(file->table));
	else if (number_of_it == TABLES_IN_TEXT)
		buf_put_str(names, ", ...");
}

int
snapshot_tables_check(const struct snapshot_tables *t, const char *role,
	struct fail *f)
{
	struct buf names;
	size_t bad = 0;

	buf_init(&names, 4096);
	for (size_t i = 0; i < t->count; i++)
		for (size_t k = 0; k < t->tables[i].nfiles; k++) {
			const struct snapshot_file *file = &t->tables[i].files[k];

			if (snapshot_tables_obstacle(file))
				complain(file, role, &names, bad++);
		}
	if (bad)
		fail_set(f, FAIL_CONFIG, "the snapshot needs SELECT on every row of "
			"%zu table%s that role %s may not read (%.*s): run the "
			"statements logged above, or leave the tables out by "
			"snapshot.tables", bad, bad == 1 ? "" : "s", role,
			SPAN_ARG(buf_span(&names)));
	buf_release(&names);
	return bad ? -1 : 0;
}
