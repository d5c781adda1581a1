#include "reader_sql.h"

static void
put_table(struct buf *b, const struct snapshot_file *file)
{
	conn_quote_span(b, file->schema);
	buf_putc(b, '.');
	conn_quote_span(b, file->table);
}

/* The name, quoted, as a literal. */
static void
put_regclass(struct buf *b, const struct snapshot_file *file)
{
	struct buf name;

	buf_init(&name, 65536);
	put_table(&name, file);
	buf_putc(&name, '\0');
	conn_quote_literal(b, name.p ? name.p : "");
	buf_release(&name);
}

static const struct snapshot_file *
files_of(const struct reader_job *job, size_t *count)
{
	*count = job->file ? 1 : job->table->nfiles;
	return job->file ? job->file : job->table->files;
}

size_t
reader_sql_files(const struct reader_job *job)
{
	size_t n;

	files_of(job, &n);
	return n;
}

/*
 * A statement of the user's own finds its tables as in his sessions. What
 * pg_class says of the file is of the snapshot, the function's answer of now.
 */
void
reader_sql_begin(struct buf *b, const char *snapshot, const struct reader_job *job)
{
	const struct snapshot_file *files;
	size_t n;

	files = files_of(job, &n);
	buf_put_str(b, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
		"SET TRANSACTION SNAPSHOT ");
	conn_quote_literal(b, snapshot);
	buf_put_str(b, "; SET LOCAL row_security = off; "
		"SET LOCAL synchronize_seqscans = off");
	for (size_t i = 0; i < n; i++) {
		buf_put_str(b, i ? ", ONLY " : "; LOCK TABLE ONLY ");
		put_table(b, &files[i]);
	}
	if (n)
		buf_put_str(b, " IN ACCESS SHARE MODE");
	buf_put_str(b, "; SELECT FROM pg_catalog.pg_class c JOIN (VALUES "
		"(0::oid, NULL::oid)");
	for (size_t i = 0; i < n; i++) {
		buf_printf(b, ", (%u, pg_catalog.to_regclass(", files[i].id.oid);
		put_regclass(b, &files[i]);
		buf_put_str(b, "))");
	}
	buf_put_str(b, ") v (oid, named) ON c.oid = v.oid AND c.oid = v.named "
		"WHERE c.relfilenode = pg_catalog.pg_relation_filenode(c.oid)");
}

static void
put_columns(struct buf *b, const struct pgoutput_relation *r, bool after)
{
	for (uint16_t i = 0; i < r->ncols; i++) {
		if (i || after)
			buf_put_str(b, ", ");
		conn_quote_span(b, r->cols[i].name);
	}
}

static void
put_place(struct buf *b, const char *compare, uint64_t place)
{
	buf_printf(b, " AND ctid %s '(%llu,%u)'", compare,
		(unsigned long long)(place >> 16), (unsigned)(place & 0xffff));
}

static void
put_rows(struct buf *b, const struct reader_job *job)
{
	buf_put_str(b, " FROM ONLY ");
	put_table(b, job->file);
	buf_put_str(b, " WHERE true");
	if (job->from > 0)
		put_place(b, ">=", job->from);
	if (job->to < PROGRESS_END)
		put_place(b, "<", job->to);
	/* The age of a row that was frozen long ago may be anything: read it then. */
	if (job->moved_since)
		buf_printf(b, " AND pg_catalog.age(xmin) <= "
			"pg_catalog.age('%u'::pg_catalog.xid)", job->moved_since);
	if (job->table->row_filter.p) {
		buf_put_str(b, " AND (");
		buf_put_span(b, job->table->row_filter);
		buf_putc(b, ')');
	}
}

/* The user's own statement, which may end with a comment. */
static void
put_statement(struct buf *b, const struct reader_job *job)
{
	buf_put_str(b, " FROM (");
	buf_put_span(b, job->table->statement);
	buf_put_str(b, "\n) AS pgwake_rows");
}

/*
 * Rows must come in the order of their places, or what is behind the last one
 * is not what is left. For a row filter the server may prefer an index, or
 * workers side by side.
 */
void
reader_sql_copy(struct buf *b, const struct reader_job *job)
{
	if (job->file)
		buf_put_str(b, "SET LOCAL enable_indexscan = off; "
			"SET LOCAL enable_bitmapscan = off; "
			"SET LOCAL max_parallel_workers_per_gather = 0; ");
	else
		buf_put_str(b, "SET LOCAL search_path = \"$user\", public; "
			"SET LOCAL enable_hashjoin = on; "
			"SET LOCAL enable_mergejoin = on; ");
	buf_put_str(b, "COPY (SELECT ");
	if (job->places)
		buf_put_str(b, "ctid");
	put_columns(b, &job->table->relation, job->places);
	if (job->file)
		put_rows(b, job);
	else
		put_statement(b, job);
	buf_put_str(b, ") TO STDOUT");
}
