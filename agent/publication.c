#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "name_list.h"
#include "publication.h"
#include "publication_sql.h"
#include "table_list.h"

#define SQL_MAX ((size_t)4 << 20)
#define TABLES_IN_TEXT 5

enum publication_phase {
	PUBLICATION_DONE,
	PUBLICATION_BEGIN,	/* nothing asked yet */
	PUBLICATION_LOOK,	/* the same, for new tables only */
	PUBLICATION_ROW,	/* is it there? */
	PUBLICATION_TABLES,	/* which tables match? */
	PUBLICATION_CREATE,
	PUBLICATION_ALTER,
	PUBLICATION_POSITION	/* since when are they captured? */
};

struct publication {
	const struct config *config;
	const struct filter *tables;
	struct catalog *catalog;
	enum publication_phase phase;
	bool fresh;		/* may be created: nothing has been read through it */
	bool found, ours, all_tables;
	int names;		/* in postgres.publication */
	struct buf list;	/* the tables of CREATE or ALTER, as SQL */
	struct buf sql;		/* CREATE, for the text of its failure */
	size_t ntables;
	struct fail said;	/* logged last: not again at each poll */
	size_t not_ours, split;	/* the same */
};

struct publication *
publication_new(const struct config *c, const struct filter *tables,
	struct catalog *catalog)
{
	struct publication *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->config = c;
	p->tables = tables;
	p->catalog = catalog;
	buf_init(&p->list, SQL_MAX);
	buf_init(&p->sql, SQL_MAX);
	return p;
}

void
publication_free(struct publication *p)
{
	if (!p)
		return;
	buf_release(&p->list);
	buf_release(&p->sql);
	free(p);
}

static void
ask(struct publication *p, enum publication_phase phase, struct buf *sql)
{
	buf_putc(sql, '\0');
	/* A buffer at its cap gives a text that the server refuses. */
	catalog_query(p->catalog, sql->p ? sql->p : "", NULL, 0);
	p->phase = phase;
}

static int
ask_row(struct publication *p, struct fail *f)
{
	struct buf sql;

	buf_init(&sql, SQL_MAX);
	p->names = publication_sql_look(p->config, &sql, f);
	if (p->names >= 0)
		ask(p, PUBLICATION_ROW, &sql);
	buf_release(&sql);
	return p->names < 0 ? -1 : 0;
}

static int
ask_tables(struct publication *p, struct fail *f)
{
	struct buf names, sql;
	int rc;

	buf_init(&names, SQL_MAX);
	buf_init(&sql, SQL_MAX);
	rc = publication_sql_names(p->config->postgres.publication, &names, f);
	buf_putc(&names, '\0');
	if (rc > 0) {
		table_list_sql(&sql, names.failed ? "NULL" : names.p);
		ask(p, PUBLICATION_TABLES, &sql);
	}
	buf_release(&names);
	buf_release(&sql);
	return rc < 0 ? -1 : 0;
}

void
publication_prepare(struct publication *p, bool fresh)
{
	p->fresh = fresh;
	p->found = p->ours = p->all_tables = false;
	p->phase = PUBLICATION_BEGIN;
}

static bool
grows(const struct publication *p)
{
	return p->ours && !p->all_tables &&
		p->config->postgres.publication_autocreate &&
		p->config->postgres.publication_autocreate_mode ==
			PUBLICATION_FILTERED;
}

void
publication_refresh(struct publication *p)
{
	p->phase = grows(p) ? PUBLICATION_LOOK : PUBLICATION_DONE;
}

static void
ask_create(struct publication *p)
{
	struct buf sql;

	buf_init(&sql, SQL_MAX);
	publication_sql_create(p->config, buf_span(&p->list), &sql);
	buf_put_str(&sql, "; ");
	publication_sql_comment(p->config, &sql);
	ask(p, PUBLICATION_CREATE, &sql);
	buf_release(&sql);
}

static void
ask_alter(struct publication *p)
{
	struct buf sql;

	buf_init(&sql, SQL_MAX);
	publication_sql_add(p->config, buf_span(&p->list), &sql);
	ask(p, PUBLICATION_ALTER, &sql);
	buf_release(&sql);
}

static void
ask_position(struct publication *p)
{
	catalog_query(p->catalog,
		"SELECT pg_catalog.pg_current_wal_insert_lsn()", NULL, 0);
	p->phase = PUBLICATION_POSITION;
}

static bool
is_true(const PGresult *res, int row, int column)
{
	return PQgetvalue(res, row, column)[0] == 't';
}

/* An option that only says how a publication is made; one that is there stays as it is. */
static void
warn_of_root(const struct publication *p, const PGresult *res)
{
	if (!p->config->postgres.publish_via_partition_root)
		return;
	for (int i = 0; i < PQntuples(res); i++)
		if (!is_true(res, i, PUBLICATION_SQL_VIA_ROOT))
			log_warn("postgres.publish_via_partition_root is on, but the "
				"publication publishes partitions under their own "
				"names: ALTER PUBLICATION ... SET "
				"(publish_via_partition_root = true) changes it",
				LOG_STR("publication", p->config->postgres.publication));
}

int
publication_absent(const struct config *c, int missing, int names, bool known,
	struct fail *f)
{
	const char *name = c->postgres.publication;

	if (known)
		return fail_set(f, FAIL_LOST, "publication %s does not exist, but "
			"slot %s has been followed before: if it was dropped, "
			"what was written since is lost, and creating it now "
			"does not change that; if another name is meant, correct "
			"postgres.publication; to start anew, drop the slot, "
			"remove the state record and take a snapshot", name,
			c->postgres.slot);
	if (names > 1)
		return fail_set(f, FAIL_CONFIG, "%d of the publications in "
			"postgres.publication (%s) do not exist: create them; "
			"pgwake does so only for a single one", missing, name);
	return 0;
}

static int
take_row(struct publication *p, const PGresult *res, struct fail *f)
{
	int found = PQntuples(res);
	bool filtered = p->config->postgres.publication_autocreate_mode ==
		PUBLICATION_FILTERED;

	p->found = found == p->names;
	for (int i = 0; i < found; i++)
		p->all_tables |= is_true(res, i, PUBLICATION_SQL_ALL_TABLES);
	warn_of_root(p, res);
	p->ours = p->names == 1 && found == 1 &&
		is_true(res, 0, PUBLICATION_SQL_IS_OURS) &&
		is_true(res, 0, PUBLICATION_SQL_OWNED);
	if (p->found && p->all_tables) {
		p->phase = PUBLICATION_DONE;
		return 0;
	}
	if (!p->found && publication_absent(p->config, p->names - found,
			p->names, !p->fresh, f))
		return -1;
	/* The tables are asked for in any case: for the SQL of an error, or a warning. */
	if (!p->found && !filtered && p->config->postgres.publication_autocreate) {
		buf_reset(&p->list);
		ask_create(p);
		return 0;
	}
	return ask_tables(p, f);
}

/* Once for each change in what is left out. */
static void
warn_of_partitions(struct publication *p, const struct table_list *l)
{
	struct buf b;

	if (l->split == p->split || p->config->postgres.publish_via_partition_root)
		return;
	p->split = l->split;
	buf_init(&b, 1024);
	table_list_put_split(l, &b);
	if (l->split)
		log_warn("partitions are published under their own names, and "
			"some of this table match no pattern in postgres.tables: "
			"their rows are not captured",
			LOG_SPAN("table", buf_span(&b)),
			LOG_UINT("tables_like_it", l->split));
	buf_release(&b);
}

static void
warn_of_missing(struct publication *p, const struct table_list *l,
	enum table_list_which which, const char *what)
{
	struct buf b;
	size_t n;

	buf_init(&b, 4096);
	n = table_list_put(l, which, TABLES_IN_TEXT, &b);
	if (n && n != p->not_ours)
		log_warn(what, LOG_STR("publication",
				p->config->postgres.publication),
			LOG_UINT("tables", n), LOG_SPAN("names", buf_span(&b)));
	p->not_ours = n;
	buf_release(&b);
}

int
publication_forbidden(const struct config *c, const struct table_list *l,
	struct fail *f)
{
	struct buf tables, sql;

	buf_init(&tables, SQL_MAX);
	buf_init(&sql, SQL_MAX);
	table_list_put(l, TABLE_LIST_ALL, TABLES_IN_TEXT, &tables);
	publication_sql_create(c, buf_span(&tables), &sql);
	fail_set(f, FAIL_CONFIG, "publication %s does not exist and "
		"postgres.publication_autocreate is off: run %.*s",
		c->postgres.publication, SPAN_ARG(buf_span(&sql)));
	buf_release(&tables);
	buf_release(&sql);
	return -1;
}

static int
create(struct publication *p, const struct table_list *l, struct fail *f)
{
	struct buf tables;

	if (!p->config->postgres.publication_autocreate)
		return publication_forbidden(p->config, l, f);
	p->ntables = table_list_put(l, TABLE_LIST_ALL, SIZE_MAX, &p->list);
	/* The same, short, for the text of a failure. */
	buf_init(&tables, SQL_MAX);
	buf_reset(&p->sql);
	table_list_put(l, TABLE_LIST_ALL, TABLES_IN_TEXT, &tables);
	publication_sql_create(p->config, buf_span(&tables), &p->sql);
	buf_release(&tables);
	ask_create(p);
	return 0;
}

static void
add(struct publication *p, const struct table_list *l)
{
	warn_of_missing(p, l, TABLE_LIST_NOT_OURS, "tables match but belong to "
		"another role, so they cannot be added to the publication: "
		"their owner must grant membership, or a superuser add them");
	p->ntables = table_list_put(l, TABLE_LIST_OURS, SIZE_MAX, &p->list);
	if (p->ntables)
		ask_alter(p);
}

static int
take_tables(struct publication *p, const PGresult *res, struct fail *f)
{
	struct table_list l;
	int rc = 0;

	p->phase = PUBLICATION_DONE;
	buf_reset(&p->list);
	if (table_list_choose(&l, res, p->tables, f))
		return -1;
	warn_of_partitions(p, &l);
	if (!p->found)
		rc = create(p, &l, f);
	else if (grows(p))
		add(p, &l);
	else if (p->tables)	/* somebody else's: his choice, but say it */
		warn_of_missing(p, &l, TABLE_LIST_ALL, "tables match "
			"postgres.tables but are not in the publication, so they "
			"are not captured");
	table_list_release(&l);
	return rc;
}

static void
take_creation(struct publication *p)
{
	p->found = p->ours = true;
	p->phase = PUBLICATION_DONE;
	log_info("publication created", LOG_STR("publication",
			p->config->postgres.publication),
		LOG_UINT("tables", p->ntables));
}

static void
take_position(struct publication *p, const PGresult *res)
{
	lsn_t at = 0;

	p->phase = PUBLICATION_DONE;
	lsn_parse(span_of(PQgetvalue(res, 0, 0)), &at);
	log_warn("tables added to the publication: rows written to them before "
		"this position are not streamed; "
		"postgres.publication_autocreate_mode = \"all_tables\", or a "
		"publication FOR TABLES IN SCHEMA, leaves no such gap",
		LOG_STR("publication", p->config->postgres.publication),
		LOG_UINT("tables", p->ntables), LOG_LSN("lsn", at),
		LOG_SPAN("names", buf_span(&p->list)));
}

/* Adding a table must not end a stream that works: it is tried at the next poll. */
static int
failed(struct publication *p, struct fail *f)
{
	enum publication_phase phase = p->phase;

	p->phase = PUBLICATION_DONE;
	if (phase == PUBLICATION_ALTER || phase == PUBLICATION_POSITION) {
		if (strcmp(p->said.text, f->text) != 0)
			log_warn("tables cannot be added to the publication",
				LOG_STR("reason", f->text),
				LOG_SPAN("names", buf_span(&p->list)));
		p->said = *f;
		return 1;
	}
	if (phase == PUBLICATION_CREATE && f->kind != FAIL_RETRY)
		return fail_set(f, FAIL_CONFIG, "publication %s does not exist "
			"and cannot be created: %s; an owner of the tables or a "
			"superuser must run: %.*s",
			p->config->postgres.publication, f->text,
			SPAN_ARG(buf_span(&p->sql)));
	return -1;
}

static int
take(struct publication *p, const PGresult *res, struct fail *f)
{
	switch (p->phase) {
	case PUBLICATION_ROW:
		return take_row(p, res, f);
	case PUBLICATION_TABLES:
		return take_tables(p, res, f);
	case PUBLICATION_CREATE:
		take_creation(p);
		break;
	case PUBLICATION_ALTER:
		ask_position(p);
		break;
	case PUBLICATION_POSITION:
		take_position(p, res);
		break;
	default:
		break;
	}
	return 0;
}

int
publication_step(struct publication *p, struct fail *f)
{
	while (p->phase != PUBLICATION_DONE) {
		const PGresult *res;
		int rc;

		if (p->phase == PUBLICATION_BEGIN)
			return ask_row(p, f);
		if (p->phase == PUBLICATION_LOOK)
			return ask_tables(p, f);
		rc = catalog_query_step(p->catalog, &res, f);
		if (rc == 0)
			return 0;
		rc = rc < 0 ? failed(p, f) : take(p, res, f);
		if (rc)
			return rc;
	}
	return 1;
}
