#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reader_sql.h"

#define SETTINGS "SET LOCAL enable_indexscan = off; " \
	"SET LOCAL enable_bitmapscan = off; " \
	"SET LOCAL max_parallel_workers_per_gather = 0; "
#define BEGIN "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " \
	"SET TRANSACTION SNAPSHOT '00000003-1'; " \
	"SET LOCAL row_security = off; " \
	"SET LOCAL synchronize_seqscans = off"
#define CHECK "; SELECT FROM pg_catalog.pg_class c " \
	"JOIN (VALUES (0::oid, NULL::oid)"
#define CHECK_END ") v (oid, named) ON c.oid = v.oid AND c.oid = v.named " \
	"WHERE c.relfilenode = pg_catalog.pg_relation_filenode(c.oid)"

static const struct pgoutput_column columns[] = {
	{ .name = SPAN("id") }, { .name = SPAN("v") }
};
static const struct snapshot_file files[] = {
	{ .id = { 16384, 1, 1 }, .schema = SPAN("public"), .table = SPAN("t") },
	{ .id = { 16385, 1, 1 }, .schema = SPAN("other"), .table = SPAN("t2") }
};
static struct snapshot_table table = {
	.relation = { .ncols = 2, .cols = columns }, .nfiles = 1,
	.files = (struct snapshot_file *)files
};

static void
assert_copy(const struct reader_job *job, const char *sql)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	reader_sql_copy(&b, job);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, sql);
	buf_release(&b);
}

static void
assert_begin(const struct reader_job *job, const char *sql, size_t nfiles)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	reader_sql_begin(&b, "00000003-1", job);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, sql);
	assert_int_equal(reader_sql_files(job), nfiles);
	buf_release(&b);
}

static void
ranges(void **state)
{
	struct reader_job job = { &table, files, 0, PROGRESS_END, 0, false };

	(void)state;
	assert_copy(&job, SETTINGS "COPY (SELECT \"id\", \"v\" FROM ONLY "
		"\"public\".\"t\" WHERE true) TO STDOUT");
	job.to = UINT64_C(8) << 16;
	assert_copy(&job, SETTINGS "COPY (SELECT \"id\", \"v\" FROM ONLY "
		"\"public\".\"t\" WHERE true AND ctid < '(8,0)') TO STDOUT");
	job.from = (UINT64_C(4294967294) << 16) + 291;
	job.to = PROGRESS_END;
	job.places = true;
	assert_copy(&job, SETTINGS "COPY (SELECT ctid, \"id\", \"v\" FROM ONLY "
		"\"public\".\"t\" WHERE true AND ctid >= '(4294967294,291)') "
		"TO STDOUT");
}

/* A filter that is an OR must not let rows of other ranges in. */
static void
row_filters_and_rows_that_moved(void **state)
{
	struct snapshot_table filtered = table;
	struct reader_job job = { &filtered, files, 1, 65536, 3000000000, false };

	(void)state;
	filtered.row_filter = (struct span)SPAN("(a = 1) OR (b = 2)");
	assert_copy(&job, SETTINGS "COPY (SELECT \"id\", \"v\" FROM ONLY "
		"\"public\".\"t\" WHERE true AND ctid >= '(0,1)' "
		"AND ctid < '(1,0)' AND pg_catalog.age(xmin) <= "
		"pg_catalog.age('3000000000'::pg_catalog.xid) "
		"AND ((a = 1) OR (b = 2))) TO STDOUT");
}

static void
odd_names(void **state)
{
	static const struct pgoutput_column odd[] = {
		{ .name = SPAN("a\"b") }, { .name = SPAN("'; DROP") },
		{ .name = SPAN("\\.") }
	};
	static const struct snapshot_file file = { .id = { 7, 1, 1 },
		.schema = SPAN("O'Neil \"x\""), .table = SPAN("t\\'\"); --") };
	struct snapshot_table t = { .relation = { .ncols = 3, .cols = odd } };
	struct reader_job job = { &t, &file, 0, PROGRESS_END, 0, true };

	(void)state;
	assert_copy(&job, SETTINGS "COPY (SELECT ctid, \"a\"\"b\", \"'; DROP\", "
		"\"\\.\" FROM ONLY \"O'Neil \"\"x\"\"\".\"t\\'\"\"); --\" "
		"WHERE true) TO STDOUT");
	assert_begin(&job, BEGIN "; LOCK TABLE ONLY \"O'Neil \"\"x\"\"\"."
		"\"t\\'\"\"); --\" IN ACCESS SHARE MODE" CHECK
		", (7, pg_catalog.to_regclass('\"O''Neil \"\"x\"\"\"."
		"\"t\\''\"\"); --\"'))" CHECK_END, 1);
}

static void
a_table_without_columns(void **state)
{
	struct snapshot_table t = { .relation = { .ncols = 0 } };
	struct reader_job job = { &t, files, 0, PROGRESS_END, 0, false };

	(void)state;
	assert_copy(&job, SETTINGS "COPY (SELECT  FROM ONLY \"public\".\"t\" "
		"WHERE true) TO STDOUT");
	job.places = true;
	assert_copy(&job, SETTINGS "COPY (SELECT ctid FROM ONLY "
		"\"public\".\"t\" WHERE true) TO STDOUT");
}

/* Rows of the user's own statement, whose tables are found as in his sessions. */
static void
a_statement(void **state)
{
	struct snapshot_table t = table;
	struct reader_job job = { &t, NULL, 0, PROGRESS_END, 0, false };

	(void)state;
	t.nfiles = 2;
	t.row_filter = (struct span)SPAN("v > 1");
	t.statement = (struct span)SPAN("SELECT * FROM t -- all");
	assert_copy(&job, "SET LOCAL search_path = \"$user\", public; "
		"SET LOCAL enable_hashjoin = on; "
		"SET LOCAL enable_mergejoin = on; COPY (SELECT \"id\", \"v\" "
		"FROM (SELECT * FROM t -- all\n) AS pgwake_rows) TO STDOUT");
	assert_begin(&job, BEGIN "; LOCK TABLE ONLY \"public\".\"t\", "
		"ONLY \"other\".\"t2\" IN ACCESS SHARE MODE" CHECK
		", (16384, pg_catalog.to_regclass('\"public\".\"t\"'))"
		", (16385, pg_catalog.to_regclass('\"other\".\"t2\"'))"
		CHECK_END, 2);
	t.nfiles = 0;			/* a parent without partitions */
	assert_begin(&job, BEGIN CHECK CHECK_END, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
		cmocka_unit_test(row_filters_and_rows_that_moved),
		cmocka_unit_test(odd_names),
		cmocka_unit_test(a_table_without_columns),
		cmocka_unit_test(a_statement),
	};

	return cmocka_run_group_tests_name("reader_sql", tests, NULL, NULL);
}
