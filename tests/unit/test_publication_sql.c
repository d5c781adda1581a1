#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "publication_sql.h"

static char publication[] = "My \"pub\"", operations[] = "d, t";

static struct config
config(void)
{
	struct config c = { .prefix = NULL };

	c.postgres.publication = publication;
	c.format.skipped_operations = operations;
	return c;
}

static void
assert_text(struct buf *b, const char *expected)
{
	buf_putc(b, '\0');
	assert_string_equal(b->p, expected);
	buf_reset(b);
}

static void
for_tables_all_and_none(void **state)
{
	struct config c = config();
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	publication_sql_create(&c, span_of("a, b"), &b);
	assert_text(&b, "CREATE PUBLICATION \"My \"\"pub\"\"\" FOR TABLE a, b");
	publication_sql_create(&c, span_of(""), &b);
	assert_text(&b, "CREATE PUBLICATION \"My \"\"pub\"\"\"");
	c.postgres.publication_autocreate_mode = PUBLICATION_ALL_TABLES;
	publication_sql_create(&c, span_of(""), &b);
	assert_text(&b, "CREATE PUBLICATION \"My \"\"pub\"\"\" FOR ALL TABLES");
	publication_sql_comment(&c, &b);
	assert_text(&b, "COMMENT ON PUBLICATION \"My \"\"pub\"\"\" IS 'created by pgwake'");
	publication_sql_add(&c, span_of("a, b"), &b);
	assert_text(&b, "ALTER PUBLICATION \"My \"\"pub\"\"\" ADD TABLE a, b");
	buf_release(&b);
}

static void
what_is_published(void **state)
{
	struct config c = config();
	char all[] = "c,u,d,t";
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	c.postgres.publish_via_partition_root = true;
	publication_sql_create(&c, span_of("a"), &b);
	assert_text(&b, "CREATE PUBLICATION \"My \"\"pub\"\"\" FOR TABLE a"
		" WITH (publish_via_partition_root = true)");
	c.postgres.publish_fewer = true;
	publication_sql_create(&c, span_of("a"), &b);
	assert_text(&b, "CREATE PUBLICATION \"My \"\"pub\"\"\" FOR TABLE a"
		" WITH (publish_via_partition_root = true,"
		" publish = 'insert, update')");
	c.postgres.publish_via_partition_root = false;
	c.postgres.publication_autocreate_mode = PUBLICATION_ALL_TABLES;
	c.format.skipped_operations = all;
	publication_sql_create(&c, span_of(""), &b);
	assert_text(&b, "CREATE PUBLICATION \"My \"\"pub\"\"\" FOR ALL TABLES"
		" WITH (publish = '')");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(for_tables_all_and_none),
		cmocka_unit_test(what_is_published),
	};

	return cmocka_run_group_tests_name("publication_sql", tests, NULL, NULL);
}
