#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "conn_params.h"

static struct config
config_of(const char *dsn)
{
	struct config c;

	memset(&c, 0, sizeof(c));
	c.postgres.dsn = (char *)(uintptr_t)dsn;
	c.postgres.connect_timeout_ms = 5000;
	c.postgres.lock_timeout_ms = 2000;
	return c;
}

static void
assert_param(const struct conn_params *p, const char *keyword, const char *value)
{
	const char *found = conn_params_get(p, keyword);

	if (!value)
		assert_null(found);
	else if (!found || strcmp(found, value) != 0)
		fail_msg("%s is %s", keyword, found ? found : "absent");
}

static void
insisted_on(void **state)
{
	struct config c = config_of("host=h client_encoding=LATIN1 gssencmode=prefer");
	struct conn_params p;
	struct fail f = FAIL_INIT;

	(void)state;
	assert_int_equal(conn_params_init(&p, &c, CONN_PLAIN, &f), 0);
	assert_param(&p, "dbname", c.postgres.dsn);
	assert_string_equal(p.keywords[0], "dbname");
	assert_param(&p, "client_encoding", "UTF8");
	assert_param(&p, "gssencmode", "disable");
	assert_param(&p, "fallback_application_name", "pgwake");
	assert_param(&p, "replication", NULL);
	assert_param(&p, "password", NULL);
	assert_null(p.keywords[p.count]);
	assert_null(p.values[p.count]);
	conn_params_release(&p);
	assert_int_equal(p.count, 0);
	conn_params_release(&p);
}

static void
replication_options(void **state)
{
	struct config c = config_of("options='-c DateStyle=German' host=h");
	struct conn_params p;

	(void)state;
	c.postgres.work_mem_mb = 256;
	c.postgres.replication_options = (char[]){ "-c wal_sender_timeout=20s" };
	assert_int_equal(conn_params_init(&p, &c, CONN_REPLICATION, NULL), 0);
	assert_param(&p, "replication", "database");
	/* The user's own first: the last one of a setting counts. */
	assert_param(&p, "options", "-c DateStyle=German "
		"-c wal_sender_timeout=20s -c logical_decoding_work_mem=256MB "
		"-c DateStyle=ISO -c IntervalStyle=postgres "
		"-c extra_float_digits=3 -c bytea_output=hex -c TimeZone=UTC "
		"-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 "
		"-c standard_conforming_strings=on -c lock_timeout=0");
	conn_params_release(&p);
}

static void
plain_options(void **state)
{
	struct config c = config_of("postgresql://u@h/d?options=-c%20work_mem%3D8MB");
	struct conn_params p;

	(void)state;
	c.postgres.work_mem_mb = 256;
	c.postgres.replication_options = (char[]){ "-c wal_sender_timeout=20s" };
	assert_int_equal(conn_params_init(&p, &c, CONN_PLAIN, NULL), 0);
	assert_param(&p, "options", "-c work_mem=8MB "
		"-c DateStyle=ISO -c IntervalStyle=postgres "
		"-c extra_float_digits=3 -c bytea_output=hex -c TimeZone=UTC "
		"-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 "
		"-c standard_conforming_strings=on "
		"-c jit=off -c enable_hashjoin=off -c enable_mergejoin=off "
		"-c search_path=pg_catalog -c lock_timeout=2000");
	conn_params_release(&p);
}

/* What the user has written works as where he tried it. */
static void
options_of_a_users_statement(void **state)
{
	struct config c = config_of("host=h options='-c work_mem=8MB'");
	struct conn_params p;

	(void)state;
	assert_int_equal(conn_params_init(&p, &c, CONN_USER, NULL), 0);
	assert_param(&p, "options", NULL);	/* those of the dsn */
	assert_param(&p, "replication", NULL);
	assert_param(&p, "client_encoding", "UTF8");
	conn_params_release(&p);
}

static void
options_of_the_environment(void **state)
{
	struct config c = config_of("host=h");
	struct conn_params p;

	(void)state;
	setenv("PGOPTIONS", "-c work_mem=9MB", 1);
	assert_int_equal(conn_params_init(&p, &c, CONN_REPLICATION, NULL), 0);
	assert_int_equal(strncmp(conn_params_get(&p, "options"),
		"-c work_mem=9MB -c DateStyle=ISO ", 33), 0);
	conn_params_release(&p);
	unsetenv("PGOPTIONS");
}

static void
keepalives_are_the_users(void **state)
{
	struct config c = config_of("host=h keepalives_idle=7 tcp_user_timeout=9");
	struct conn_params p;

	(void)state;
	assert_int_equal(conn_params_init(&p, &c, CONN_PLAIN, NULL), 0);
	assert_param(&p, "keepalives_idle", NULL);
	assert_param(&p, "keepalives_interval", "5");
	assert_param(&p, "keepalives_count", "3");
	assert_param(&p, "tcp_user_timeout", NULL);
	conn_params_release(&p);
}

static void
time_is_bounded(void **state)
{
	static const struct {
		const char *dsn, *tcp;
		int64_t timeout_us;
	} cases[] = {
		{ "host=h", "30000", 5000000 },
		{ "host=h connect_timeout=3", "30000", 3000000 },
		{ "host=h connect_timeout=0", "30000", 5000000 },
		/* One that is silent must leave time for the others. */
		{ "host=a,b,c", "5000", 15000000 },
		{ "hostaddr=1.1.1.1,1.1.1.2 connect_timeout=2", "2000", 4000000 },
		{ "postgresql://a:1,b:2/d", "5000", 10000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config c = config_of(cases[i].dsn);
		struct conn_params p;

		assert_int_equal(conn_params_init(&p, &c, CONN_PLAIN, NULL), 0);
		assert_int_equal(p.timeout_us, cases[i].timeout_us);
		assert_param(&p, "tcp_user_timeout", cases[i].tcp);
		conn_params_release(&p);
	}
}

static void
assert_refused(const char *dsn, const char *part, const char *secret)
{
	struct config c = config_of(dsn);
	struct conn_params p;
	struct fail f = FAIL_INIT;

	assert_int_equal(conn_params_init(&p, &c, CONN_PLAIN, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	if (!strstr(f.text, part) || (secret && strstr(f.text, secret)))
		fail_msg("%s", f.text);
	conn_params_release(&p);
}

static void
bad_dsn_is_told_without_secrets(void **state)
{
	(void)state;
	assert_refused("host=h pasword=x", "\"pasword\"", NULL);
	assert_refused("postgresql://h/d?pasword=x", "\"pasword\"", NULL);
	assert_refused("host=h password=top secret", "missing \"=\"", "secret");
	assert_refused("postgresql://u:secret@[::1/d", "\"]\"", "secret");
	assert_refused("host='open", "postgres.dsn", NULL);
	assert_refused("gssencmode=require", "gssencmode", NULL);
}

static void
password_comes_from_a_file(void **state)
{
	char path[] = "/tmp/pgwake-test-XXXXXX";
	struct config c = config_of("host=h");
	struct conn_params p;
	struct fail f = FAIL_INIT;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	c.postgres.password_file = path;
	assert_int_equal(conn_params_init(&p, &c, CONN_PLAIN, &f), -1);
	assert_non_null(strstr(f.text, "empty"));
	assert_int_equal(write(fd, "pa ss'word\r\nmore\n", 17), 17);
	assert_int_equal(conn_params_init(&p, &c, CONN_PLAIN, &f), 0);
	assert_param(&p, "password", "pa ss'word");
	conn_params_release(&p);
	close(fd);
	unlink(path);
	assert_int_equal(conn_params_init(&p, &c, CONN_PLAIN, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_non_null(strstr(f.text, path));
	c.postgres.password_file = (char[]){ "/tmp" };
	assert_int_equal(conn_params_init(&p, &c, CONN_PLAIN, &f), -1);
	assert_non_null(strstr(f.text, "/tmp: "));
}

static void
later_values_count(void **state)
{
	struct conn_params p = { .count = 0 };
	struct fail f = FAIL_INIT;
	int n = 0;

	(void)state;
	while (conn_params_add(&p, "host", n ? "b" : "a", &f) == 0)
		n++;
	assert_int_equal(n, CONN_PARAMS_MAX - 1);
	assert_param(&p, "host", "b");
	assert_null(p.keywords[CONN_PARAMS_MAX - 1]);
	conn_params_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(insisted_on),
		cmocka_unit_test(replication_options),
		cmocka_unit_test(plain_options),
		cmocka_unit_test(options_of_a_users_statement),
		cmocka_unit_test(options_of_the_environment),
		cmocka_unit_test(keepalives_are_the_users),
		cmocka_unit_test(time_is_bounded),
		cmocka_unit_test(bad_dsn_is_told_without_secrets),
		cmocka_unit_test(password_comes_from_a_file),
		cmocka_unit_test(later_values_count),
	};

	unsetenv("PGOPTIONS");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
