#include "check_publication.h"

#include <libpq-fe.h>

#include "publication.h"
#include "publication_sql.h"
#include "table_list.h"

static const char privileges_sql[] =
	"SELECT rolsuper, pg_catalog.has_database_privilege("
	"pg_catalog.current_database(), 'CREATE')"
	" FROM pg_catalog.pg_roles WHERE rolname = current_user";

static bool
is_true(const PGresult *res, int row, int column)
{
	return PQgetvalue(res, row, column)[0] == 't';
}

struct privileges {		/* of our role */
	bool all, create;	/* a superuser's; CREATE on the database */
};

static int
ask_privileges(struct check *c, struct privileges *out, struct fail *f)
{
	const struct pg_result *res;

	if (check_ask(c, privileges_sql, NULL, &res, f) == -1)
		return -1;
	*out = (struct privileges){ is_true(res, 0, 0), is_true(res, 0, 1) };
	return 0;
}

/* The tables that match and that the publication does not have. */
static int
list_others(struct check *c, struct table_list *l, struct fail *f)
{
	const struct pg_result *res;
	struct buf names, sql;
	int rc;

	buf_init(&names, CHECK_SQL_MAX);
	buf_init(&sql, CHECK_SQL_MAX);
	rc = publication_sql_names(c->config->postgres.publication, &names, f);
	buf_putc(&names, '\0');
	table_list_sql(&sql, names.failed ? "NULL" : names.p);
	buf_release(&names);
	if (rc < 0) {
		buf_release(&sql);
		return -1;
	}
	return check_ask_text(c, &sql, &res, f) == -1 ? -1 :
		table_list_choose(l, res, c->works.tables, f);
}

/* Nobody adds them; or some, which are not ours, nobody can. */
static void
tell_others(struct check *c, const struct table_list *l, bool grows)
{
	enum table_list_which which = grows ? TABLE_LIST_NOT_OURS : TABLE_LIST_ALL;
	struct buf names, sql;
	size_t n;

	buf_init(&names, CHECK_SQL_MAX);
	buf_init(&sql, CHECK_SQL_MAX);
	n = table_list_put(l, which, SIZE_MAX, &names);
	if (n) {
		publication_sql_add(c->config, buf_span(&names), &sql);
		check_say(c, CHECK_WARN, "publication", "%zu of the tables that match "
			"postgres.tables are not in it, so they are not captured", n);
		check_remedy(c, "their owner must run: %.*s", SPAN_ARG(buf_span(&sql)));
	}
	buf_release(&sql);
	buf_release(&names);
}

/* What keeps our role from making it; NULL: nothing does. */
static const char *
obstacle(const struct check *c, const struct table_list *l,
	const struct privileges *may)
{
	int mode = c->config->postgres.publication_autocreate_mode;

	if (c->server.standby)
		return "a standby cannot make it";
	if (mode == PUBLICATION_ALL_TABLES && !may->all)
		return "FOR ALL TABLES needs a superuser";
	if (mode == PUBLICATION_FILTERED && l->not_ours && !may->all)
		return "tables for it belong to other roles";
	return may->create ? NULL : "our role has no CREATE on the database";
}

static void
tell_creation(struct check *c, const struct table_list *l,
	const struct privileges *may)
{
	const char *name = c->config->postgres.publication;
	const char *why = obstacle(c, l, may);
	struct buf tables, sql;

	if (!why) {
		check_say(c, CHECK_OK, "publication", "%s does not exist yet: the "
			"start creates it", name);
		return;
	}
	buf_init(&tables, CHECK_SQL_MAX);
	buf_init(&sql, CHECK_SQL_MAX);
	if (c->config->postgres.publication_autocreate_mode == PUBLICATION_FILTERED)
		table_list_put(l, TABLE_LIST_ALL, SIZE_MAX, &tables);
	publication_sql_create(c->config, buf_span(&tables), &sql);
	check_say(c, CHECK_BAD, "publication", "%s does not exist and cannot be "
		"created: %s", name, why);
	check_remedy(c, "an owner of the tables or a superuser must run%s: %.*s",
		c->server.standby ? " on the primary" : "",
		SPAN_ARG(buf_span(&sql)));
	buf_release(&sql);
	buf_release(&tables);
}

static int
tell_publication(struct check *c, const PGresult *res, int names, struct fail *f)
{
	const struct config *config = c->config;
	bool all = false, ours = names == 1 && PQntuples(res) == 1 &&
		is_true(res, 0, PUBLICATION_SQL_IS_OURS) &&
		is_true(res, 0, PUBLICATION_SQL_OWNED);
	bool found = PQntuples(res) == names;
	struct privileges may;
	struct fail why = FAIL_INIT;
	struct table_list l;

	c->changes = !found;
	for (int i = 0; i < PQntuples(res); i++) {
		all |= is_true(res, i, PUBLICATION_SQL_ALL_TABLES);
		c->changes |= is_true(res, i, PUBLICATION_SQL_CHANGES);
	}
	if (found)
		check_say(c, CHECK_OK, "publication", "%s%s",
			config->postgres.publication, all ? ", for all tables" : "");
	if (found && all)
		return 0;
	if (!found && publication_absent(config, names - PQntuples(res), names,
			check_known(c), &why) == -1) {
		check_fail(c, check_severity(c, &why), "publication", &why);
		return 0;
	}
	/* The list's names are in the last answer. */
	if (ask_privileges(c, &may, f) == -1 || list_others(c, &l, f) == -1)
		return -1;
	if (found && c->works.tables)
		tell_others(c, &l, ours && config->postgres.publication_autocreate &&
			config->postgres.publication_autocreate_mode == PUBLICATION_FILTERED);
	else if (!found && config->postgres.publication_autocreate)
		tell_creation(c, &l, &may);
	else if (!found) {
		publication_forbidden(config, &l, &why);
		check_fail(c, CHECK_BAD, "publication", &why);
	}
	table_list_release(&l);
	return 0;
}

int
check_publication(struct check *c, struct fail *f)
{
	const struct pg_result *res;
	struct buf sql;
	int names;

	if (c->config->snapshot.mode == SNAPSHOT_INITIAL_ONLY) {
		check_say(c, CHECK_SKIP, "publication", "not needed with "
			"snapshot.mode = initial_only");
		return 0;
	}
	buf_init(&sql, CHECK_SQL_MAX);
	names = publication_sql_look(c->config, &sql, f);
	if (names < 0) {
		buf_release(&sql);
		return -1;
	}
	return check_ask_text(c, &sql, &res, f) == -1 ? -1 :
		tell_publication(c, res, names, f);
}
