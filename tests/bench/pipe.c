/*
 * pipe: the cheapest possible PostgreSQL to Kafka capture, to measure against.
 *
 * libpq reads pgoutput, each row change goes to its relation's topic as it came
 * off the wire, and the slot is confirmed only after delivery. It neither
 * decodes nor formats, so what it reaches is about what any capture program can
 * reach on the same machine. Without -b it is a null reader: it reads, counts
 * and discards.
 *
 *   pipe -c CONNINFO -S SLOT -n ROWS [-b BROKERS -t PREFIX] [-z CODEC]
 *        [-s SIZE] [-w MICROSECONDS]
 *   pipe -c CONNINFO -C TABLE -b BROKERS -t PREFIX [-z CODEC] [-s SIZE]
 *
 * -n ends after so many rows, 0: never; -s pads records to SIZE bytes, about
 * what a formatted event has; -w sleeps that long before reading again when a
 * read brought little, so that the server need not wake us for every message;
 * -C takes the rows of a table of schema public by COPY, each line of it a
 * record. Prints one JSON object.
 */
#include "publish.h"

#include <endian.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { RING = 1 << 20, LITTLE = 8192, HEADER = 25 };

struct options {
	const char *conninfo, *slot, *table;
	struct publish_options kafka;
	uint64_t rows;		/* stop after so many, 0: never */
	unsigned nap_us;
};

/* A commit that waits for the delivery of everything up to `produced`. */
struct commit {
	uint64_t lsn, produced;
};

struct pipe {
	struct options o;
	PGconn *pg;
	struct publish *kafka;	/* NULL: a null reader */
	struct commit *ring;
	uint64_t head, tail, confirmed;
	uint64_t rows, bytes;
	size_t got;		/* bytes since the last wait */
	double began, first, last;	/* when the first and the last row came */
	bool ended;		/* of a COPY */
};

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t
get_u32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static uint64_t
get_u64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static void
put_u64(char *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

/* --- Of a slot --- */

static void
open_source(struct pipe *p)
{
	char command[512];
	PGresult *r;

	p->pg = PQconnectdb(p->o.conninfo);
	if (PQstatus(p->pg) != CONNECTION_OK)
		publish_die("connect", PQerrorMessage(p->pg));
	if (p->o.table)
		snprintf(command, sizeof(command), "COPY public.%s TO STDOUT",
			p->o.table);
	else
		snprintf(command, sizeof(command), "START_REPLICATION SLOT \"%s\""
			" LOGICAL 0/0 (\"proto_version\" '1',"
			" \"publication_names\" '\"bench\"')", p->o.slot);
	r = PQexec(p->pg, command);
	if (PQresultStatus(r) != (p->o.table ? PGRES_COPY_OUT : PGRES_COPY_BOTH))
		publish_die("start", PQerrorMessage(p->pg));
	PQclear(r);
	if (p->o.table)
		publish_relation(p->kafka, 0, "public", p->o.table);
}

/*
 * One partition delivers in order, so there a count tells which commits are
 * safe; with several topics all must be delivered.
 */
static uint64_t
safely_delivered(const struct pipe *p)
{
	const struct publish_counts *n;

	if (!p->kafka)
		return 0;
	n = publish_counts(p->kafka);
	return n->topics > 1 && n->delivered < n->produced ? 0 : n->delivered;
}

static void
send_status(struct pipe *p)
{
	uint64_t delivered = safely_delivered(p);
	char status[34] = { 'r' };

	while (p->tail != p->head && p->ring[p->tail % RING].produced <= delivered)
		p->confirmed = p->ring[p->tail++ % RING].lsn;
	for (int i = 0; i < 3; i++)
		put_u64(status + 1 + 8 * i, p->confirmed);
	if (PQputCopyData(p->pg, status, sizeof(status)) < 0 ||
		PQflush(p->pg) < 0)
		publish_die("status", PQerrorMessage(p->pg));
}

static void
take_row(struct pipe *p, uint32_t relation, const char *row, size_t n)
{
	if (p->rows++ == 0)
		p->first = now();
	p->bytes += n;
	if (p->kafka)
		publish_send(p->kafka, relation, row, n);
	if (p->rows == p->o.rows)
		p->last = now();
}

static void
take_message(struct pipe *p, const char *message, size_t n)
{
	const char *schema;

	switch (message[0]) {
	case 'I':
	case 'U':
	case 'D':
		take_row(p, get_u32(message + 1), message, n);
		break;
	case 'R':
		schema = message + 5;
		if (p->kafka)
			publish_relation(p->kafka, get_u32(message + 1), schema,
				schema + strlen(schema) + 1);
		break;
	case 'C':
		if (p->kafka && p->head - p->tail < RING)
			p->ring[p->head++ % RING] = (struct commit){
				.lsn = get_u64(message + 10),
				.produced = publish_counts(p->kafka)->produced
			};
		break;
	}
}

/* False when nothing has been read yet, or there is nothing more. */
static bool
take_frame(struct pipe *p)
{
	char *frame;
	int n = PQgetCopyData(p->pg, &frame, 1);

	if (n == 0)
		return false;
	if (n == -1 && p->o.table) {
		p->ended = true;
		p->last = now();
		return false;
	}
	if (n < 0)
		publish_die("stream ended", PQerrorMessage(p->pg));
	p->got += (size_t)n;
	if (p->o.table)
		take_row(p, 0, frame, (size_t)n);
	else if (frame[0] == 'w')
		take_message(p, frame + HEADER, (size_t)n - HEADER);
	else if (frame[0] == 'k' && frame[17])
		send_status(p);
	PQfreemem(frame);
	return true;
}

static bool
delivered_all(const struct pipe *p)
{
	const struct publish_counts *n = p->kafka ? publish_counts(p->kafka) : NULL;

	return !n || n->delivered + n->failed >= n->produced;
}

static void
wait_for_input(struct pipe *p)
{
	struct pollfd fd = { .fd = PQsocket(p->pg), .events = POLLIN };

	if (p->kafka)
		publish_poll(p->kafka);
	if (p->o.nap_us && p->got && p->got < LITTLE)
		usleep(p->o.nap_us);
	p->got = 0;
	poll(&fd, 1, delivered_all(p) ? 100 : 1);
	if (!PQconsumeInput(p->pg))
		publish_die("read", PQerrorMessage(p->pg));
}

static bool
finished(const struct pipe *p)
{
	if (stopped || p->ended)
		return true;
	return p->o.rows && p->rows >= p->o.rows && delivered_all(p);
}

static void
drain(struct pipe *p)
{
	double told = now();

	for (uint64_t frames = 0; !finished(p);) {
		if (!take_frame(p)) {
			if (!p->ended)
				wait_for_input(p);
		} else if (++frames % 1024) {
			continue;
		}
		if (!p->o.table && now() - told > 1) {
			send_status(p);
			told = now();
		}
	}
	if (p->kafka)
		publish_flush(p->kafka);
	if (!p->o.table)
		send_status(p);
}

/* --- The command --- */

static void
report(const struct pipe *p)
{
	struct rusage u;
	double cpu;

	getrusage(RUSAGE_SELF, &u);
	cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	printf("{\"rows\":%lu,\"bytes\":%lu,\"seconds\":%.4f,\"from_start\":%.4f,"
		"\"cpu\":%.3f}\n", p->rows, p->bytes, p->last - p->first,
		p->last - p->began, cpu);
}

static int
parse(struct options *o, int argc, char **argv)
{
	struct publish_options *k = &o->kafka;
	int c;

	*o = (struct options){ .kafka = { .codec = "none" } };
	while ((c = getopt(argc, argv, "c:S:C:n:b:t:z:s:w:")) != -1)
		switch (c) {
		case 'c':
			o->conninfo = optarg;
			break;
		case 'S':
			o->slot = optarg;
			break;
		case 'C':
			o->table = optarg;
			break;
		case 'n':
			o->rows = strtoull(optarg, NULL, 10);
			break;
		case 'b':
			k->brokers = optarg;
			break;
		case 't':
			k->prefix = optarg;
			break;
		case 'z':
			k->codec = optarg;
			break;
		case 's':
			k->size = strtoul(optarg, NULL, 10);
			break;
		case 'w':
			o->nap_us = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			return -1;
		}
	if (!o->conninfo || !o->slot == !o->table || !k->brokers != !k->prefix)
		return -1;
	return k->size <= PUBLISH_PAD_MAX && (k->brokers || !o->table) ? 0 : -1;
}

int
main(int argc, char **argv)
{
	static struct pipe p;

	if (parse(&p.o, argc, argv) < 0) {
		fputs("usage: pipe -c CONNINFO -S SLOT -n ROWS | -C TABLE"
			" [-b BROKERS -t PREFIX] [-z CODEC] [-s SIZE] [-w US]\n",
			stderr);
		return 2;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	p.began = now();
	p.ring = malloc(RING * sizeof(*p.ring));
	if (!p.ring)
		publish_die("ring", "out of memory");
	if (p.o.kafka.brokers)
		p.kafka = publish_open(&p.o.kafka);
	open_source(&p);
	drain(&p);
	report(&p);
	PQfinish(p.pg);
	return p.kafka && publish_counts(p.kafka)->failed != 0;
}
