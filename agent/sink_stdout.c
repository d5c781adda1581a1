#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "quote.h"
#include "sink_stdout.h"

#define BUFFER_SIZE (1u << 20)	/* beyond it send answers FULL; one line may be longer */
#define LINE_MAX_BYTES ((size_t)1 << 32)
#define WRITE_AT (64u << 10)	/* lines are gathered up to here before a write */
#define WRITE_MAX (256u << 10)

/* A line in the buffer: its record's unit, and where it ends in the stream. */
struct line {
	uint64_t unit, end;
};

struct sink_stdout {
	struct sink base;
	int fd;
	bool own_fd;		/* opened here, to be closed */
	bool socket;
	int restore;		/* flags to give back to a descriptor that is not ours; -1: none */
	bool json_headers;
	bool blocked;		/* the last write took nothing */
	struct buf buf;
	size_t written_at;	/* bytes of buf that are written */
	uint64_t written;	/* bytes written since the start */
	struct line *lines;	/* ring; size is a power of two */
	uint64_t size, head, tail;	/* lines head..tail-1 are not acknowledged */
	struct fail broken;
};

static struct sink_stdout *
of(struct sink *s)
{
	return (struct sink_stdout *)s;
}

static bool
lines_grow(struct sink_stdout *o)
{
	uint64_t size = o->size ? 2 * o->size : 256;
	struct line *lines = malloc(size * sizeof(*lines));

	if (!lines)
		return false;
	for (uint64_t i = o->head; i < o->tail; i++)
		lines[i & (size - 1)] = o->lines[i & (o->size - 1)];
	free(o->lines);
	o->lines = lines;
	o->size = size;
	return true;
}

/* Key and value are JSON already; absent is null. */
static void
put_bytes(struct buf *b, struct span s)
{
	if (s.p)
		buf_put_span(b, s);
	else
		buf_put_str(b, "null");
}

static int
put_headers(struct buf *b, const struct record *r, bool json, struct fail *f)
{
	buf_putc(b, '[');
	for (size_t i = 0; i < r->nheaders; i++) {
		const struct record_header *h = &r->headers[i];

		buf_put_str(b, i ? ",[" : "[");
		if (quote_json(b, h->name, f))
			return -1;
		buf_putc(b, ',');
		if (json || !h->value.p)
			put_bytes(b, h->value);
		else if (quote_json(b, h->value, f))
			return -1;
		buf_putc(b, ']');
	}
	buf_putc(b, ']');
	return 0;
}

static int
put_line(struct buf *b, const struct record *r, bool json_headers, struct fail *f)
{
	buf_put_str(b, "{\"topic\":");
	if (quote_json(b, r->topic, f))
		return -1;
	buf_put_str(b, ",\"partition\":");
	if (r->partition >= 0)
		buf_put_i64(b, r->partition);
	else
		buf_put_str(b, "null");
	buf_put_str(b, ",\"key\":");
	put_bytes(b, r->key);
	buf_put_str(b, ",\"value\":");
	put_bytes(b, r->value);
	buf_put_str(b, ",\"headers\":");
	if (put_headers(b, r, json_headers, f))
		return -1;
	buf_put_str(b, ",\"timestamp\":");
	if (r->timestamp_ms)
		buf_put_i64(b, r->timestamp_ms);
	else
		buf_put_str(b, "null");
	buf_put_str(b, "}\n");
	return b->failed ? fail_set(f, FAIL_FATAL, "an event of topic %.*s does "
		"not fit into memory", SPAN_ARG(r->topic)) : 0;
}

static ssize_t
write_some(const struct sink_stdout *o, const char *p, size_t n)
{
	if (n > WRITE_MAX)
		n = WRITE_MAX;
	return o->socket ? send(o->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL)
		: write(o->fd, p, n);
}

static int
write_failed(struct sink_stdout *o)
{
	if (errno == EPIPE || errno == ECONNRESET)
		return fail_set(&o->broken, FAIL_FATAL, "whoever reads the output "
			"has closed it; events not read are printed again after "
			"a restart");
	return fail_set(&o->broken, FAIL_FATAL, "cannot write to the output: %s",
		strerror(errno));
}

/* Forgets what is written, and the memory of an unusually long line. */
static void
compact(struct sink_stdout *o)
{
	size_t left = o->buf.len - o->written_at;

	if (left && o->written_at < BUFFER_SIZE / 2)
		return;
	if (left)
		memmove(o->buf.p, o->buf.p + o->written_at, left);
	else if (o->buf.size > 2 * BUFFER_SIZE)
		buf_release(&o->buf);
	o->buf.len = left;
	o->written_at = 0;
}

/* Writes until all is written or the descriptor takes no more. 0 or -1. */
static int
drain(struct sink_stdout *o)
{
	o->blocked = false;
	while (o->written_at < o->buf.len) {
		ssize_t n = write_some(o, o->buf.p + o->written_at,
			o->buf.len - o->written_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			o->blocked = true;
			break;
		}
		if (n < 0)
			return write_failed(o);
		o->written_at += (size_t)n;
		o->written += (uint64_t)n;
	}
	compact(o);
	return 0;
}

static enum sink_result
give_up(const struct sink_stdout *o, struct fail *f)
{
	fail_set(f, o->broken.kind, "%s", o->broken.text);
	return SINK_FAILED;
}

static enum sink_result
take(struct sink *s, const struct record *r, uint64_t unit, struct fail *f)
{
	struct sink_stdout *o = of(s);

	if (o->broken.kind)
		return give_up(o, f);
	if (o->buf.len - o->written_at >= WRITE_AT && !o->blocked && drain(o))
		return give_up(o, f);
	if (o->buf.len >= BUFFER_SIZE)
		return SINK_FULL;
	if (o->tail - o->head == o->size && !lines_grow(o)) {
		fail_set(&o->broken, FAIL_FATAL, "out of memory");
		return give_up(o, f);
	}
	if (put_line(&o->buf, r, o->json_headers, &o->broken))
		return give_up(o, f);
	o->lines[o->tail & (o->size - 1)] = (struct line){ unit,
		o->written + (o->buf.len - o->written_at) };
	o->tail++;
	return SINK_OK;
}

static void
acknowledge(struct sink_stdout *o, struct track *t)
{
	uint64_t unit = TRACK_NONE, count = 0;

	for (; o->head < o->tail; o->head++) {
		const struct line *l = &o->lines[o->head & (o->size - 1)];

		if (l->end > o->written)
			break;
		if (l->unit != unit) {
			track_acked(t, unit, count);
			unit = l->unit;
			count = 0;
		}
		count++;
	}
	track_acked(t, unit, count);
}

/* A reader that leaves is noticed also while there is nothing to write. */
static void
check_reader(struct sink_stdout *o)
{
	struct pollfd p = { .fd = o->fd };

	if (poll(&p, 1, 0) > 0 && (p.revents & POLLERR)) {
		errno = EPIPE;
		write_failed(o);
	}
}

static int
poll_writes(struct sink *s, struct track *t, struct fail *f)
{
	struct sink_stdout *o = of(s);

	if (!o->broken.kind) {
		if (o->written_at < o->buf.len)
			drain(o);
		else
			check_reader(o);
		acknowledge(o, t);
	}
	return o->broken.kind ? give_up(o, f) : 0;
}

static struct pollfd
wait_for(struct sink *s)
{
	const struct sink_stdout *o = of(s);

	return (struct pollfd){ .fd = o->fd,
		.events = o->written_at < o->buf.len ? POLLOUT : 0 };
}

static uint64_t
pending(struct sink *s)
{
	return of(s)->tail - of(s)->head;
}

static bool
up(struct sink *s)
{
	return !of(s)->broken.kind;
}

static void
free_sink(struct sink *s)
{
	struct sink_stdout *o = of(s);

	if (!o)
		return;
	if (o->own_fd)
		close(o->fd);
	else if (o->restore >= 0)
		fcntl(o->fd, F_SETFL, o->restore);
	buf_release(&o->buf);
	free(o->lines);
	free(o);
}

static const struct sink_ops ops = {
	.send = take, .poll = poll_writes, .wait = wait_for,
	.pending = pending, .up = up, .free = free_sink
};

/*
 * O_NONBLOCK belongs to the open file, which we share with who started us and
 * often with our own standard error. So a pipe or a terminal is opened once
 * more; where that is not possible the flag is given back at the end. A socket
 * is asked per write, and a file never blocks.
 */
static int
make_nonblocking(struct sink_stdout *o, struct fail *f)
{
	char path[32];
	struct stat st;
	int fd;

	if (fstat(o->fd, &st))
		return fail_set(f, FAIL_CONFIG, "the output cannot be used: %s",
			strerror(errno));
	o->socket = S_ISSOCK(st.st_mode);
	if (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->fd);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0) {
		o->fd = fd;
		o->own_fd = true;
		return 0;
	}
	o->restore = fcntl(o->fd, F_GETFL);
	if (o->restore < 0 || fcntl(o->fd, F_SETFL, o->restore | O_NONBLOCK))
		return fail_set(f, FAIL_CONFIG, "the output cannot be used: %s",
			strerror(errno));
	return 0;
}

struct sink *
sink_stdout_new(const struct config *c, int fd, struct fail *f)
{
	struct sink_stdout *o = calloc(1, sizeof(*o));

	if (!o) {
		fail_set(f, FAIL_FATAL, "out of memory");
		return NULL;
	}
	o->base.ops = &ops;
	o->fd = fd;
	o->restore = -1;
	o->json_headers = c->format.headers == HEADERS_JSON;
	buf_init(&o->buf, LINE_MAX_BYTES);
	if (make_nonblocking(o, f)) {
		free_sink(&o->base);
		return NULL;
	}
	return &o->base;
}
