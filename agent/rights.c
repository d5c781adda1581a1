#include <stdlib.h>

#include "rights.h"

#define SQL_MAX ((size_t)64 << 20)

struct rights {
	const struct snapshot_rules *rules;
	struct catalog *catalog;
	struct snapshot_tables tables;
};

struct rights *
rights_new(const struct snapshot_rules *rules, struct catalog *catalog)
{
	struct rights *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->rules = rules;
	r->catalog = catalog;
	snapshot_tables_init(&r->tables);
	return r;
}

void
rights_free(struct rights *r)
{
	if (!r)
		return;
	snapshot_tables_release(&r->tables);
	free(r);
}

static int
ask(struct rights *r, struct fail *f)
{
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	rc = snapshot_tables_sql(&r->tables, r->rules->config,
		catalog_server_version(r->catalog), &sql, f);
	buf_putc(&sql, '\0');
	if (rc == 0 && sql.failed)
		rc = fail_set(f, FAIL_FATAL, "out of memory for a query");
	if (rc == 0)
		catalog_query(r->catalog, sql.p, NULL, 0);
	buf_release(&sql);
	return rc;
}

int
rights_begin(struct rights *r, struct fail *f)
{
	snapshot_tables_release(&r->tables);
	return ask(r, f);
}

int
rights_step(struct rights *r, const char *role, struct fail *f)
{
	const struct pg_result *res;
	int rc = catalog_query_step(r->catalog, &res, f);

	if (rc <= 0)
		return rc;
	if (snapshot_tables_take(&r->tables, r->rules, res, f) == -1)
		return -1;
	if (!r->tables.done)
		return ask(r, f);
	rc = snapshot_tables_check(&r->tables, role, f);
	snapshot_tables_release(&r->tables);
	return rc == -1 ? -1 : 1;
}
