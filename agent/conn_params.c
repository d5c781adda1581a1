#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "conn_params.h"

#define PASSWORD_MAX 4096

static const char *
given(const PQconninfoOption *dsn, const char *keyword)
{
	for (; dsn->keyword; dsn++)
		if (!strcmp(dsn->keyword, keyword))
			return dsn->val && *dsn->val ? dsn->val : NULL;
	return NULL;
}

/*
 * libpq's complaint quotes what it did not understand, which may be a piece of
 * a password: only names of options and single characters are repeated.
 */
static void
put_complaint(struct buf *b, const char *complaint)
{
	bool name = !strncmp(complaint, "invalid connection option", 25) ||
		!strncmp(complaint, "invalid URI query parameter", 27);

	while (*complaint) {
		size_t n = strcspn(complaint, "\"\n"), quoted;

		buf_put(b, complaint, n);
		complaint += n;
		if (*complaint != '"')
			return;
		quoted = strcspn(++complaint, "\"\n");
		if (name || quoted == 1)
			buf_printf(b, "\"%.*s\"", (int)quoted, complaint);
		else
			buf_put_str(b, "\"...\"");
		complaint += quoted + (complaint[quoted] == '"');
	}
}

static int
bad_dsn(const char *complaint, struct fail *f)
{
	struct buf b;

	buf_init(&b, 4096);
	put_complaint(&b, complaint ? complaint : "out of memory");
	fail_set(f, FAIL_CONFIG,
		"postgres.dsn is not a connection string: %.*s; "
		"write \"host=... dbname=... user=...\" or "
		"\"postgresql://user@host/database\"", SPAN_ARG(buf_span(&b)));
	buf_release(&b);
	return -1;
}

int
conn_params_add(struct conn_params *p, const char *keyword, const char *value,
	struct fail *f)
{
	char *copy;

	if (p->count + 1 >= CONN_PARAMS_MAX || !(copy = strdup(value)))
		return fail_set(f, FAIL_FATAL, "out of memory");
	p->keywords[p->count] = keyword;
	p->values[p->count++] = copy;
	return 0;
}

const char *
conn_params_get(const struct conn_params *p, const char *keyword)
{
	for (int i = p->count - 1; i >= 0; i--)
		if (!strcmp(p->keywords[i], keyword))
			return p->values[i];
	return NULL;
}

/* The first line of the file. */
static int
read_password(const char *path, char out[PASSWORD_MAX], struct fail *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return fail_set(f, FAIL_CONFIG, "postgres.password_file %s: %s",
			path, strerror(errno));
	n = read(fd, out, PASSWORD_MAX - 1);
	close(fd);
	if (n < 0)
		return fail_set(f, FAIL_CONFIG, "postgres.password_file %s: %s",
			path, strerror(errno));
	out[n] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	if (!*out)
		return fail_set(f, FAIL_CONFIG,
			"postgres.password_file %s: its first line is empty", path);
	return 0;
}

static int
add_password(struct conn_params *p, const char *path, struct fail *f)
{
	char password[PASSWORD_MAX];
	int r = 0;

	if (!path || !*path)
		return 0;
	r = read_password(path, password, f);
	if (!r)
		r = conn_params_add(p, "password", password, f);
	explicit_bzero(password, sizeof(password));
	return r;
}

/* The server takes the last of settings that contradict each other. */
static int
add_options(struct conn_params *p, const struct config *c, enum conn_kind kind,
	const char *own, struct fail *f)
{
	struct buf b;
	int r;

	if (kind == CONN_USER)
		return 0;	/* libpq takes those of the dsn */
	buf_init(&b, 64 << 10);
	if (!own)
		own = getenv("PGOPTIONS");
	if (own && *own)
		buf_printf(&b, "%s ", own);
	if (kind == CONN_REPLICATION) {
		if (c->postgres.replication_options &&
		    *c->postgres.replication_options)
			buf_printf(&b, "%s ", c->postgres.replication_options);
		if (c->postgres.work_mem_mb > 0)
			buf_printf(&b, "-c logical_decoding_work_mem=%lldMB ",
				(long long)c->postgres.work_mem_mb);
	}
	buf_put_str(&b, "-c DateStyle=ISO -c IntervalStyle=postgres "
		"-c extra_float_digits=3 -c bytea_output=hex -c TimeZone=UTC "
		"-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 "
		"-c standard_conforming_strings=on ");
	/* Our queries look up a few rows: no scans of large catalogues. */
	if (kind == CONN_PLAIN)
		buf_printf(&b, "-c jit=off -c enable_hashjoin=off "
			"-c enable_mergejoin=off -c search_path=pg_catalog "
			"-c lock_timeout=%lld",
			(long long)c->postgres.lock_timeout_ms);
	else
		buf_put_str(&b, "-c lock_timeout=0");
	buf_putc(&b, '\0');
	r = b.failed ? fail_set(f, FAIL_FATAL, "out of memory") :
		conn_params_add(p, "options", b.p, f);
	buf_release(&b);
	return r;
}

/* How many servers the dsn names. */
static int
count_hosts(const PQconninfoOption *dsn)
{
	const char *hosts = given(dsn, "hostaddr");
	int n = 1;

	if (!hosts)
		hosts = given(dsn, "host");
	for (; hosts && *hosts; hosts++)
		n += *hosts == ',';
	return n;
}

/*
 * libpq tries the next host only when the kernel gives up on one, so with
 * several hosts the kernel must do so within the time that one may take.
 */
static int
add_tcp(struct conn_params *p, const struct config *c,
	const PQconninfoOption *dsn, struct fail *f)
{
	static const char *const defaults[][2] = {
		{ "keepalives_idle", "30" },
		{ "keepalives_interval", "5" },
		{ "keepalives_count", "3" },
	};
	const char *timeout = given(dsn, "connect_timeout");
	int64_t ms = c->postgres.connect_timeout_ms;
	int hosts = count_hosts(dsn);
	char text[24];

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (!given(dsn, defaults[i][0]) &&
		    conn_params_add(p, defaults[i][0], defaults[i][1], f))
			return -1;
	if (timeout && atoi(timeout) > 0)
		ms = (int64_t)atoi(timeout) * 1000;
	if (ms <= 0)
		ms = 10000;
	p->timeout_us = ms * 1000 * hosts;
	if (given(dsn, "tcp_user_timeout"))
		return 0;
	snprintf(text, sizeof(text), "%lld", hosts > 1 ? (long long)ms : 30000);
	return conn_params_add(p, "tcp_user_timeout", text, f);
}

static int
add_all(struct conn_params *p, const struct config *c, enum conn_kind kind,
	const PQconninfoOption *dsn, struct fail *f)
{
	const char *encryption = given(dsn, "gssencmode");

	/* Its buffered bytes cannot be seen from outside of libpq: reading would stall. */
	if (encryption && !strcmp(encryption, "require"))
		return fail_set(f, FAIL_CONFIG, "postgres.dsn: "
			"gssencmode=require is not supported; use TLS "
			"(sslmode=verify-full), authentication by GSS works with it");
	/* First, because a dbname that is a connection string is expanded in place. */
	if (conn_params_add(p, "dbname", c->postgres.dsn, f) ||
	    add_password(p, c->postgres.password_file, f) ||
	    conn_params_add(p, "fallback_application_name", "pgwake", f) ||
	    conn_params_add(p, "client_encoding", "UTF8", f) ||
	    conn_params_add(p, "gssencmode", "disable", f) ||
	    add_options(p, c, kind, given(dsn, "options"), f) ||
	    add_tcp(p, c, dsn, f))
		return -1;
	return kind == CONN_REPLICATION ?
		conn_params_add(p, "replication", "database", f) : 0;
}

int
conn_params_init(struct conn_params *p, const struct config *c,
	enum conn_kind kind, struct fail *f)
{
	PQconninfoOption *dsn;
	char *complaint = NULL;
	int r;

	*p = (struct conn_params){ .count = 0 };
	dsn = PQconninfoParse(c->postgres.dsn, &complaint);
	if (!dsn) {
		r = bad_dsn(complaint, f);
		PQfreemem(complaint);
		return r;
	}
	r = add_all(p, c, kind, dsn, f);
	PQconninfoFree(dsn);
	if (r)
		conn_params_release(p);
	return r;
}

void
conn_params_release(struct conn_params *p)
{
	for (int i = 0; i < p->count; i++) {
		explicit_bzero(p->values[i], strlen(p->values[i]));
		free(p->values[i]);
	}
	*p = (struct conn_params){ .count = 0 };
}
