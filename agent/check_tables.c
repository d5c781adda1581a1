#include "check_tables.h"

#include <libpq-fe.h>

#include "catalog_facts.h"
#include "compile.h"
#include "identity_rule.h"
#include "patterns.h"
#include "publication_sql.h"
#include "snapshot_tables.h"

#define FACTS_MAX ((size_t)64 << 20)

/*
 * Of no publication, whatever it says: those that patterns name, or all tables
 * of one for all. A temporary table is one session's own.
 */
static const char outside_sql[] =
	"SELECT n.nspname, c.relname, c.relkind = 'f'"
	" FROM pg_catalog.pg_class c"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE (c.relkind = 'f' OR c.relkind IN ('r', 'p') AND c.relpersistence = 'u')"
	" AND (%s OR EXISTS (SELECT FROM pg_catalog.pg_publication"
	" WHERE puballtables AND pubname IN (";

static int
list_tables(struct check *c, struct snapshot_tables *t, struct fail *f)
{
	const struct snapshot_rules rules = {
		.config = c->config, .captured = c->works.tables
	};
	const struct pg_result *res;
	struct buf sql;

	while (!t->done) {
		buf_init(&sql, CHECK_SQL_MAX);
		if (snapshot_tables_sql(t, c->config, c->server.version, &sql, f) == -1) {
			buf_release(&sql);
			return -1;
		}
		if (check_ask_text(c, &sql, &res, f) == -1 ||
		    snapshot_tables_take(t, &rules, res, f) == -1)
			return -1;
	}
	return 0;
}

/* The start sets the identity of this table. */
static bool
is_set_at_start(const struct check *c, struct span table)
{
	const struct config_list *list =
		&c->config->postgres.replica_identity_autoset_values;
	bool found = false;

	for (size_t i = 0; i < list->count && !found; i++) {
		struct identity_rule rule;
		struct fail ignored = FAIL_INIT;

		if (identity_rule_parse(&rule, list->items[i], &ignored) == -1)
			continue;
		found = filter_pass(rule.tables, table);
		identity_rule_release(&rule);
	}
	return found;
}

static int
ask_facts(struct check *c, const struct pgoutput_relation *r, struct arena *a,
	struct facts *out, struct fail *f)
{
	uint32_t types[PGOUTPUT_MAX_COLUMNS];
	const struct pg_result *res;
	struct buf sql;

	for (uint16_t i = 0; i < r->ncols; i++)
		types[i] = r->cols[i].type;
	buf_init(&sql, CHECK_SQL_MAX);
	catalog_facts_sql(&sql, r->relid, types, r->ncols);
	return check_ask_text(c, &sql, &res, f) == -1 ? -1 :
		catalog_facts_read(res, r->relid, a, out, f);
}

/* In the form of a run: the plan's findings, and its topic. */
static int
check_plan(struct check *c, const struct snapshot_table *t,
	const struct facts *facts, struct fail *f)
{
	struct check_subject subject = { c, "table", t->name };
	struct fail why = FAIL_INIT;
	struct plan *plan = compile_plan(profile_change(c->works.profile)->plan,
		&t->relation, facts, NULL, &why);

	if (!plan && why.kind != FAIL_CONFIG)
		return fail_set(f, why.kind, "%s", why.text);
	if (!plan) {
		check_fail(c, CHECK_BAD, "table", &why);
		return 0;
	}
	finding_plan(plan, check_finding, &subject);
	if (c->changes && !is_set_at_start(c, t->name))
		finding_identity(facts, check_finding, &subject);
	buf_put_span(&c->topics, plan->topic);
	buf_putc(&c->topics, '\0');
	plan_free(plan);
	return 0;
}

/* What the snapshot must be able to read. */
static void
check_rights(struct check *c, const struct snapshot_table *t)
{
	for (size_t i = 0; i < t->nfiles; i++) {
		const struct snapshot_file *file = &t->files[i];
		const char *obstacle = snapshot_tables_obstacle(file);
		struct buf remedy;

		if (!obstacle)
			continue;
		buf_init(&remedy, 4096);
		snapshot_tables_remedy(&remedy, file, c->server.role);
		check_say(c, CHECK_BAD, "table", "%.*s.%.*s: %s",
			SPAN_ARG(file->schema), SPAN_ARG(file->table), obstacle);
		check_remedy(c, "%.*s", SPAN_ARG(buf_span(&remedy)));
		buf_release(&remedy);
	}
}

static int
check_each(struct check *c, const struct snapshot_tables *t, struct fail *f)
{
	struct filter *included;
	struct arena memory;
	int rc = 0;

	if (patterns_filter(&c->config->snapshot.tables, "snapshot.tables",
			&included, f) == -1)
		return -1;
	arena_init(&memory, FACTS_MAX);
	for (size_t i = 0; i < t->count && rc == 0; i++) {
		struct facts facts;

		arena_reset(&memory);
		rc = ask_facts(c, &t->tables[i].relation, &memory, &facts, f);
		if (rc == 0)
			rc = check_plan(c, &t->tables[i], &facts, f);
		if (rc == 0 && c->start != WORKS_STREAM &&
		    filter_pass(included, t->tables[i].name))
			check_rights(c, &t->tables[i]);
	}
	arena_release(&memory);
	filter_free(included);
	return rc;
}

/* Tables that match, whose changes the server does not tell. */
static int
check_outside(struct check *c, struct fail *f)
{
	const struct pg_result *res;
	struct buf sql, name;

	buf_init(&sql, CHECK_SQL_MAX);
	buf_printf(&sql, outside_sql, c->works.tables ? "true" : "false");
	if (publication_sql_names(c->config->postgres.publication, &sql, f) < 0) {
		buf_release(&sql);
		return -1;
	}
	buf_put_str(&sql, "))) ORDER BY 1, 2");
	if (check_ask_text(c, &sql, &res, f) == -1)
		return -1;
	buf_init(&name, 1024);
	for (int i = 0; i < PQntuples(res); i++) {
		bool foreign = PQgetvalue(res, i, 2)[0] == 't';

		buf_reset(&name);
		buf_printf(&name, "%s.%s", PQgetvalue(res, i, 0), PQgetvalue(res, i, 1));
		if (!filter_pass(c->works.tables, buf_span(&name)))
			continue;
		check_say(c, CHECK_WARN, "table", "%.*s: changes of a%s table are not in "
			"the log of the server", SPAN_ARG(buf_span(&name)),
			foreign ? " foreign" : "n unlogged");
		check_remedy(c, "%s", foreign ? "capture it where it is" :
			"ALTER TABLE ... SET LOGGED, or leave it out by postgres.tables");
	}
	buf_release(&name);
	return 0;
}

int
check_tables(struct check *c, struct fail *f)
{
	struct snapshot_tables t;
	int rc;

	snapshot_tables_init(&t);
	rc = list_tables(c, &t, f);
	if (rc == 0 && t.count)
		check_say(c, CHECK_OK, "tables", "%zu captured", t.count);
	else if (rc == 0) {
		check_say(c, CHECK_WARN, "tables", "no table is captured");
		check_remedy(c, "postgres.tables are regular expressions that must match "
			"the whole of schema.table, and the publication must have it");
	}
	if (rc == 0 && profile_set_database(c->works.profile, c->server.database,
			f) == -1)
		rc = -1;
	if (rc == 0)
		rc = check_each(c, &t, f);
	snapshot_tables_release(&t);
	return rc == 0 ? check_outside(c, f) : rc;
}
