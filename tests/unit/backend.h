/*
 * backend: a PostgreSQL server's side of the wire, by script, for tests.
 *
 * It listens on a socket in a directory of its own, in the test's own process:
 * the test steps the client and calls backend_pump() in turn, so nothing waits
 * and time is what the test says. Queries are answered by a function of the
 * test; what it writes is sent at once. Include cmocka.h first.
 */
#ifndef BACKEND_H
#define BACKEND_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKEND_LINKS 8
#define BACKEND_PID 4711

struct backend;

struct backend_link {		/* a connection */
	int fd;			/* -1: none */
	bool started, replication;
	bool silent;		/* the query in hand is not answered */
	bool prepared;		/* for the answering test */
	char startup[1024];	/* "user=x database=y ..." */
	char sql[16384];	/* of Parse */
	unsigned char in[1 << 16];
	size_t len;
	char status[256];	/* the last CopyData from the client */
	size_t status_len;
	unsigned nstatus;
	bool copy_done;		/* the client ended its side */
};

struct backend {
	int listener;
	char dir[64], dsn[160];
	const char *version;	/* "15.20" */
	const char *refuse;	/* SQLSTATE that connections are refused with */
	struct backend_link links[BACKEND_LINKS];
	void (*answer)(struct backend *b, struct backend_link *l, const char *sql);
	char log[1 << 16];	/* queries, each in a line */
};

/* A client that has gone away is as good as one that reads. */
static inline void
backend_put(struct backend_link *l, char type, const void *p, size_t n)
{
	unsigned char head[5] = { (unsigned char)type };
	uint32_t size = htonl((uint32_t)n + 4);

	memcpy(head + 1, &size, 4);
	if (send(l->fd, head, 5, MSG_NOSIGNAL) == 5 && n)
		(void)!send(l->fd, p, n, MSG_NOSIGNAL);
}

/* Fields of an error or a notice. */
static inline void
backend_say(struct backend_link *l, char type, const char *severity,
	const char *state, const char *text)
{
	char m[1024];
	int n = snprintf(m, sizeof(m), "S%s%cV%s%cC%s%cM%s%c", severity, 0,
		severity, 0, state, 0, text, 0);

	m[n] = '\0';
	backend_put(l, type, m, (size_t)n + 1);
}

static inline void
backend_error(struct backend_link *l, const char *state, const char *text)
{
	backend_say(l, 'E', "ERROR", state, text);
}

static inline void
backend_ready(struct backend_link *l)
{
	backend_put(l, 'Z', "I", 1);
}

/* The connection ends, as when the server's process is killed. */
static inline void
backend_cut(struct backend_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* "nrows" rows of "ncols" texts, NULL is NULL; and the command's end. */
static inline void
backend_rows(struct backend_link *l, int nrows, int ncols, ...)
{
	char m[8192];
	size_t n = 0;
	uint16_t count = htons((uint16_t)ncols);
	va_list args;

	memcpy(m, &count, 2);
	n = 2;
	for (int i = 0; i < ncols; i++) {
		memset(m + n, 0, 19);
		m[n + 10] = 25;	/* text, as far as it matters */
		n += 19;
	}
	backend_put(l, 'T', m, n);
	va_start(args, ncols);
	for (int row = 0; row < nrows; row++) {
		memcpy(m, &count, 2);
		n = 2;
		for (int i = 0; i < ncols; i++) {
			const char *text = va_arg(args, const char *);
			uint32_t len = htonl(text ? (uint32_t)strlen(text) : UINT32_MAX);

			memcpy(m + n, &len, 4);
			n += 4;
			if (text) {
				memcpy(m + n, text, strlen(text));
				n += strlen(text);
			}
		}
		backend_put(l, 'D', m, n);
	}
	va_end(args);
	backend_put(l, 'C', "SELECT", 7);
}

static inline void
backend_command(struct backend_link *l)
{
	backend_put(l, 'C', "DONE", 5);
}

/* Streaming begins. */
static inline void
backend_copy_both(struct backend_link *l)
{
	backend_put(l, 'W', "\0\0\0", 3);
	l->silent = true;
}

static inline void
backend_xlog(struct backend_link *l, uint64_t lsn, const char *data)
{
	unsigned char m[1024] = { 'w' };

	for (int i = 0; i < 8; i++)
		m[1 + i] = m[9 + i] = (unsigned char)(lsn >> (56 - 8 * i));
	memcpy(m + 25, data, strlen(data));
	backend_put(l, 'd', m, 25 + strlen(data));
}

static inline void
backend_keepalive(struct backend_link *l, uint64_t lsn, bool reply)
{
	unsigned char m[18] = { 'k' };

	for (int i = 0; i < 8; i++)
		m[1 + i] = (unsigned char)(lsn >> (56 - 8 * i));
	m[17] = reply;
	backend_put(l, 'd', m, sizeof(m));
}

static inline void
backend_open(struct backend *b, void (*answer)(struct backend *,
	struct backend_link *, const char *))
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	memset(b, 0, sizeof(*b));
	b->answer = answer;
	b->version = "15.20";
	for (int i = 0; i < BACKEND_LINKS; i++)
		b->links[i].fd = -1;
	strcpy(b->dir, "/tmp/pgwake-test-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/.s.PGSQL.5432", b->dir);
	snprintf(b->dsn, sizeof(b->dsn), "host=%s port=5432 user=alice dbname=shop",
		b->dir);
	b->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(b->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(b->listener, 8), 0);
}

static inline void
backend_close(struct backend *b)
{
	char path[100];

	for (int i = 0; i < BACKEND_LINKS; i++)
		backend_cut(&b->links[i]);
	close(b->listener);
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", b->dir);
	unlink(path);
	rmdir(b->dir);
}

/* The live connection of a kind, NULL if there is none. */
static inline struct backend_link *
backend_link(struct backend *b, bool replication)
{
	for (int i = 0; i < BACKEND_LINKS; i++)
		if (b->links[i].fd >= 0 && b->links[i].started &&
		    b->links[i].replication == replication)
			return &b->links[i];
	return NULL;
}

static inline void
backend_welcome(struct backend *b, struct backend_link *l)
{
	char m[128];
	uint32_t key[2] = { htonl(BACKEND_PID), 0 };
	int n;

	backend_put(l, 'R', "\0\0\0", 4);
	n = snprintf(m, sizeof(m), "server_version%c%s", 0, b->version);
	backend_put(l, 'S', m, (size_t)n + 1);
	backend_put(l, 'S', "client_encoding\0UTF8", 21);
	backend_put(l, 'S', "standard_conforming_strings\0on", 31);
	backend_put(l, 'K', key, 8);
	backend_ready(l);
}

static inline void
backend_startup(struct backend *b, struct backend_link *l, const char *p,
	const char *end)
{
	bool value = false;

	l->started = true;
	for (; p < end && *p; p += strlen(p) + 1, value = !value) {
		if (value && !strcmp(p, "database"))
			l->replication = true;	/* of replication=database */
		strcat(l->startup, p);
		strcat(l->startup, value ? " " : "=");
	}
	if (b->refuse) {
		backend_say(l, 'E', "FATAL", b->refuse, "refused by the test");
		backend_cut(l);
	} else
		backend_welcome(b, l);
}

static inline void
backend_query(struct backend *b, struct backend_link *l, const char *sql)
{
	size_t used = strlen(b->log), len = strlen(sql);

	assert_true(used + len + 2 <= sizeof(b->log));
	memcpy(b->log + used, sql, len);
	memcpy(b->log + used + len, "\n", 2);
	l->silent = false;
	/* What conn sends to every new connection. */
	if (strstr(sql, "set_config(v.name"))
		backend_rows(l, 0, 1);
	else
		b->answer(b, l, sql);
	if (l->fd >= 0 && !l->silent)
		backend_ready(l);
}

static inline void
backend_message(struct backend *b, struct backend_link *l, char type,
	const char *p, size_t n)
{
	switch (type) {
	case 'Q':
		backend_query(b, l, p);
		break;
	case 'P':
		snprintf(l->sql, sizeof(l->sql), "%s", p + strlen(p) + 1);
		break;
	case 'S':
		backend_put(l, '1', NULL, 0);
		backend_put(l, '2', NULL, 0);
		backend_query(b, l, l->sql);
		break;
	case 'd':
		assert_true(n <= sizeof(l->status));
		memcpy(l->status, p, n);
		l->status_len = n;
		l->nstatus++;
		break;
	case 'c':
		l->copy_done = true;
		break;
	case 'X':
		backend_cut(l);
		break;
	default:	/* Bind, Describe, Execute */
		break;
	}
}

/* One message off the input: false if it is not complete. */
static inline bool
backend_take(struct backend *b, struct backend_link *l)
{
	size_t head = l->started ? 5 : 4;
	static char body[1 << 16];
	uint32_t size;
	char type = 0;

	if (l->len < head)
		return false;
	memcpy(&size, l->in + head - 4, 4);
	size = ntohl(size) - 4;
	if (l->len < head + size)
		return false;
	if (l->started)
		type = (char)l->in[0];
	memcpy(body, l->in + head, size);
	body[size] = '\0';
	l->len -= head + size;
	memmove(l->in, l->in + head + size, l->len);
	if (!l->started)
		backend_startup(b, l, body + 4, body + size);
	else
		backend_message(b, l, type, body, size);
	return true;
}

/* Accepts, reads, answers. */
static inline void
backend_pump(struct backend *b)
{
	int fd;

	while ((fd = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct backend_link *l = b->links;

		while (l->fd >= 0)
			assert_true(++l < b->links + BACKEND_LINKS);
		memset(l, 0, sizeof(*l));
		l->fd = fd;
	}
	for (struct backend_link *l = b->links; l < b->links + BACKEND_LINKS; l++) {
		while (l->fd >= 0) {
			ssize_t n = recv(l->fd, l->in + l->len,
				sizeof(l->in) - l->len, 0);

			if (n <= 0) {
				if (n == 0)
					backend_cut(l);
				break;
			}
			l->len += (size_t)n;
			while (l->fd >= 0 && backend_take(b, l))
				;
		}
	}
}

#endif
