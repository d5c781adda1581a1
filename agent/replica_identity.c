#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "identity_rule.h"
#include "log.h"
#include "replica_identity.h"

#define SQL_MAX ((size_t)16 << 20)

enum identity_phase {
	IDENTITY_IDLE,
	IDENTITY_LOOK,		/* which identity do tables have? */
	IDENTITY_ALTER,		/* one statement after the other */
	IDENTITY_DONE		/* not again in this process */
};

struct replica_identity {
	const struct config *config;
	const struct filter *tables;
	struct catalog *catalog;
	enum identity_phase phase;
	struct identity_rule *rules;
	size_t nrules;
	struct buf todo;	/* "table\0identity\0" of each that is to be altered */
	const char *next;	/* the one in hand */
};

enum identity_column { COLUMN_SCHEMA, COLUMN_TABLE, COLUMN_IDENTITY, COLUMN_INDEX };

static const char look_sql[] =
	"SELECT n.nspname, c.relname, c.relreplident,"
	" coalesce((SELECT x.relname FROM pg_catalog.pg_index i"
	" JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
	" WHERE i.indrelid = c.oid AND i.indisreplident), '')"
	" FROM pg_catalog.pg_class c"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'"
	" AND c.oid >= 16384 AND n.nspname !~ '^pg_'"
	" AND n.nspname <> 'information_schema' ORDER BY 1, 2";

struct replica_identity *
replica_identity_new(const struct config *c, const struct filter *tables,
	struct catalog *catalog)
{
	size_t n = c->postgres.replica_identity_autoset_values.count;
	struct replica_identity *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->config = c;
	r->tables = tables;
	r->catalog = catalog;
	buf_init(&r->todo, SQL_MAX);
	r->rules = calloc(n + 1, sizeof(*r->rules));
	if (!r->rules) {
		free(r);
		return NULL;
	}
	return r;
}

void
replica_identity_free(struct replica_identity *r)
{
	if (!r)
		return;
	while (r->nrules)
		identity_rule_release(&r->rules[--r->nrules]);
	free(r->rules);
	buf_release(&r->todo);
	free(r);
}

bool
replica_identity_begin(struct replica_identity *r)
{
	if (!r->config->postgres.replica_identity_autoset_values.count ||
	    r->phase == IDENTITY_DONE)
		return false;
	catalog_query(r->catalog, look_sql, NULL, 0);
	r->phase = IDENTITY_LOOK;
	return true;
}

static int
parse_rules(struct replica_identity *r, struct fail *f)
{
	const struct config_list *list =
		&r->config->postgres.replica_identity_autoset_values;

	for (; r->nrules < list->count; r->nrules++)
		if (identity_rule_parse(&r->rules[r->nrules],
				list->items[r->nrules], f) == -1)
			return fail_context(f, "postgres.replica_identity_autoset_values");
	return 0;
}

/* The rule for a table; NULL if there is none, or more than one. */
static const struct identity_rule *
rule_for(const struct replica_identity *r, struct span name)
{
	const struct identity_rule *found = NULL;

	for (size_t i = 0; i < r->nrules; i++) {
		if (!filter_pass(r->rules[i].tables, name))
			continue;
		if (found) {
			log_warn("more than one pattern of "
				"postgres.replica_identity_autoset_values matches "
				"a table; its identity stays as it is",
				LOG_SPAN("table", name));
			return NULL;
		}
		found = &r->rules[i];
	}
	return found;
}

/* What stands behind REPLICA IDENTITY. */
static void
put_identity(const struct identity_rule *rule, struct buf *out)
{
	switch (rule->identity) {
	case 'd':
		buf_put_str(out, "DEFAULT");
		break;
	case 'f':
		buf_put_str(out, "FULL");
		break;
	case 'n':
		buf_put_str(out, "NOTHING");
		break;
	default:
		buf_put_str(out, "USING INDEX ");
		conn_quote_name(out, rule->index);
	}
}

static void
note_table(struct replica_identity *r, const PGresult *res, int row,
	struct buf *name)
{
	const char *schema = PQgetvalue(res, row, COLUMN_SCHEMA);
	const char *table = PQgetvalue(res, row, COLUMN_TABLE);
	const struct identity_rule *rule;

	buf_reset(name);
	buf_printf(name, "%s.%s", schema, table);
	if (!filter_pass(r->tables, buf_span(name)))
		return;
	rule = rule_for(r, buf_span(name));
	if (!rule || identity_rule_holds(rule,
			PQgetvalue(res, row, COLUMN_IDENTITY)[0],
			PQgetvalue(res, row, COLUMN_INDEX)))
		return;
	conn_quote_name(&r->todo, schema);
	buf_putc(&r->todo, '.');
	conn_quote_name(&r->todo, table);
	buf_putc(&r->todo, '\0');
	put_identity(rule, &r->todo);
	buf_putc(&r->todo, '\0');
}

static const char *
identity_of(const char *table)
{
	return table + strlen(table) + 1;
}

/* Alters the table in hand; 1 if there is none left. */
static int
alter(struct replica_identity *r)
{
	struct buf sql;

	if (r->next == r->todo.p + r->todo.len) {
		r->phase = IDENTITY_DONE;
		catalog_query_cancel(r->catalog);
		return 1;
	}
	buf_init(&sql, SQL_MAX);
	buf_printf(&sql, "ALTER TABLE %s REPLICA IDENTITY %s", r->next,
		identity_of(r->next));
	buf_putc(&sql, '\0');
	catalog_query(r->catalog, sql.failed ? "" : sql.p, NULL, 0);
	buf_release(&sql);
	return 0;
}

static int
take_tables(struct replica_identity *r, const PGresult *res, struct fail *f)
{
	struct buf name;

	if (parse_rules(r, f) == -1)
		return -1;
	buf_reset(&r->todo);
	buf_init(&name, 1024);
	for (int row = 0; row < PQntuples(res); row++)
		note_table(r, res, row, &name);
	buf_release(&name);
	if (r->todo.failed)
		return fail_set(f, FAIL_FATAL, "out of memory for the tables of "
			"postgres.replica_identity_autoset_values");
	r->next = r->todo.p;
	r->phase = IDENTITY_ALTER;
	return alter(r);
}

/* Altered, or not: `why` is NULL or says why. On with the next. */
static int
take_alter(struct replica_identity *r, const struct fail *why)
{
	const char *identity = identity_of(r->next);

	if (why)
		log_warn("the replica identity of a table could not be set",
			LOG_STR("table", r->next), LOG_STR("identity", identity),
			LOG_STR("reason", why->text));
	else
		log_info("replica identity set", LOG_STR("table", r->next),
			LOG_STR("identity", identity));
	r->next = identity + strlen(identity) + 1;
	return alter(r);
}

int
replica_identity_step(struct replica_identity *r, struct fail *f)
{
	const PGresult *res;
	int rc = catalog_query_step(r->catalog, &res, f);

	if (rc == 0)
		return 0;
	if (rc < 0 && (f->kind == FAIL_RETRY || r->phase != IDENTITY_ALTER))
		return -1;
	if (r->phase == IDENTITY_LOOK)
		return take_tables(r, res, f);
	return take_alter(r, rc < 0 ? f : NULL);
}
