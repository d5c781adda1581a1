#include <string.h>

#include "conn.h"
#include "name_list.h"
#include "publication_sql.h"

/* The first name: only a single publication is ours to make. */
static void
put_name(const struct config *c, struct buf *out)
{
	const char *rest = c->postgres.publication;
	char name[NAME_LIST_NAME_MAX] = "";

	name_list_next(&rest, name, NULL);
	conn_quote_name(out, name);
}

static void
put_publish(const struct config *c, struct buf *out)
{
	static const struct { char letter; const char *name; } operations[] = {
		{ 'c', "insert" }, { 'u', "update" }, { 'd', "delete" },
		{ 't', "truncate" }
	};
	const char *before = "";

	buf_put_str(out, "publish = '");
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (!strchr(c->format.skipped_operations, operations[i].letter)) {
			buf_printf(out, "%s%s", before, operations[i].name);
			before = ", ";
		}
	buf_putc(out, '\'');
}

/* Operations are left out only at the user's word; TRUNCATE is skipped by default. */
static void
put_options(const struct config *c, struct buf *out)
{
	bool root = c->postgres.publish_via_partition_root;
	bool fewer = c->postgres.publish_fewer;

	if (!root && !fewer)
		return;
	buf_put_str(out, " WITH (");
	if (root)
		buf_put_str(out, "publish_via_partition_root = true");
	if (root && fewer)
		buf_put_str(out, ", ");
	if (fewer)
		put_publish(c, out);
	buf_putc(out, ')');
}

void
publication_sql_create(const struct config *c, struct span tables,
	struct buf *out)
{
	buf_put_str(out, "CREATE PUBLICATION ");
	put_name(c, out);
	if (c->postgres.publication_autocreate_mode == PUBLICATION_ALL_TABLES)
		buf_put_str(out, " FOR ALL TABLES");
	else if (tables.len) {
		buf_put_str(out, " FOR TABLE ");
		buf_put_span(out, tables);
	}
	put_options(c, out);
}

void
publication_sql_comment(const struct config *c, struct buf *out)
{
	buf_put_str(out, "COMMENT ON PUBLICATION ");
	put_name(c, out);
	buf_put_str(out, " IS ");
	conn_quote_literal(out, PUBLICATION_SQL_OURS);
}

void
publication_sql_add(const struct config *c, struct span tables,
	struct buf *out)
{
	buf_put_str(out, "ALTER PUBLICATION ");
	put_name(c, out);
	buf_put_str(out, " ADD TABLE ");
	buf_put_span(out, tables);
}

int
publication_sql_names(const char *names, struct buf *out, struct fail *f)
{
	char name[NAME_LIST_NAME_MAX];
	int n = 0, rc;

	while ((rc = name_list_next(&names, name, f)) == 1) {
		if (n++)
			buf_putc(out, ',');
		conn_quote_literal(out, name);
	}
	if (rc == 0 && !n)
		rc = fail_set(f, FAIL_CONFIG, "no name is given");
	return rc ? fail_context(f, "postgres.publication") : n;
}

int
publication_sql_look(const struct config *c, struct buf *out, struct fail *f)
{
	int n;

	buf_put_str(out, "SELECT puballtables,"
		" coalesce(pg_catalog.obj_description(oid, 'pg_publication')"
		" = '" PUBLICATION_SQL_OURS "', false),"
		" pg_catalog.pg_has_role(pubowner, 'USAGE'), pubviaroot,"
		" pubupdate OR pubdelete"
		" FROM pg_catalog.pg_publication WHERE pubname IN (");
	n = publication_sql_names(c->postgres.publication, out, f);
	buf_putc(out, ')');
	return n;
}
