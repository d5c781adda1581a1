/*
 * pipe: the cheapest possible PostgreSQL to Kafka capture, to measure against.
 *
 * libpq reads pgoutput, each row change goes to Kafka as it came off the wire
 * with the relation id for a key, and the slot is confirmed only after
 * delivery. It neither decodes nor formats, so what it reaches is about what
 * any capture program can reach on the same machine. Without -b it is a null
 * reader: it reads, counts and discards.
 *
 *   pipe -c CONNINFO -S SLOT -n ROWS [-b BROKERS -t TOPIC] [-z CODEC]
 *        [-s SIZE] [-w MICROSECONDS]
 *
 * -s pads records to SIZE bytes, about what a formatted event has; -w sleeps
 * that long before reading again when a read brought little, so that the
 * server need not wake us for every message. Prints one JSON object.
 */
#include <endian.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdbool.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { RING = 1 << 20, PAD_MAX = 16384, LITTLE = 8192, HEADER = 25 };

struct options {
	const char *conninfo, *slot, *brokers, *topic, *codec;
	uint64_t rows;		/* stop after so many */
	size_t size;		/* pad records to this, 0: not at all */
	unsigned nap_us;
};

/* A commit that waits for the delivery of everything up to `produced`. */
struct commit {
	uint64_t lsn, produced;
};

struct pipe {
	struct options o;
	PGconn *pg;
	rd_kafka_t *kafka;	/* NULL: a null reader */
	rd_kafka_topic_t *topic;
	struct commit *ring;
	uint64_t head, tail;
	uint64_t produced, delivered, failed, confirmed;
	uint64_t rows, bytes;
	size_t got;		/* bytes since the last wait */
	double first, last;	/* when the first and the last row came */
	char padded[PAD_MAX];
};

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "pipe: %s: %s\n", what, why);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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

/* --- Kafka --- */

static void
on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *m, void *self)
{
	struct pipe *p = self;

	(void)kafka;
	if (m->err)
		p->failed++;
	else
		p->delivered++;
}

static void
set(rd_kafka_conf_t *conf, const char *key, const char *value)
{
	char why[256];

	if (rd_kafka_conf_set(conf, key, value, why, sizeof(why)))
		die(key, why);
}

static void
open_kafka(struct pipe *p)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[512];

	set(conf, "bootstrap.servers", p->o.brokers);
	set(conf, "enable.idempotence", "true");
	set(conf, "message.timeout.ms", "0");
	set(conf, "linger.ms", "5");
	set(conf, "compression.type", p->o.codec);
	set(conf, "batch.size", "1000000");
	set(conf, "batch.num.messages", "10000");
	set(conf, "queue.buffering.max.messages", "200000");
	set(conf, "queue.buffering.max.kbytes", "131072");
	rd_kafka_conf_set_opaque(conf, p);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	p->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!p->kafka)
		die("kafka", why);
	p->topic = rd_kafka_topic_new(p->kafka, p->o.topic, NULL);
}

static void
produce(struct pipe *p, const char *bytes, size_t n, const char *key)
{
	if (n < p->o.size) {		/* the rest of `padded` is filler */
		memcpy(p->padded, bytes, n);
		bytes = p->padded;
		n = p->o.size;
	}
	while (rd_kafka_produce(p->topic, 0, RD_KAFKA_MSG_F_COPY, (char *)bytes,
		n, key, 4, NULL) == -1) {
		if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			die("produce", rd_kafka_err2str(rd_kafka_last_error()));
		rd_kafka_poll(p->kafka, 5);
	}
	if (++p->produced % 256 == 0)
		rd_kafka_poll(p->kafka, 0);
}

static void
fill_padding(struct pipe *p)
{
	for (size_t i = 0, k = 0; i < PAD_MAX; k++)
		i += (size_t)snprintf(p->padded + i, PAD_MAX - i,
			",\"column_%zu\":%zu,\"connector\":\"postgresql\","
			"\"schema\":\"public\"", k % 7, k * 7919 % 10007);
}

/* --- PostgreSQL --- */

static void
open_stream(struct pipe *p)
{
	char command[512];
	PGresult *r;

	p->pg = PQconnectdb(p->o.conninfo);
	if (PQstatus(p->pg) != CONNECTION_OK)
		die("connect", PQerrorMessage(p->pg));
	snprintf(command, sizeof(command),
		"START_REPLICATION SLOT \"%s\" LOGICAL 0/0 (\"proto_version\" '1',"
		" \"publication_names\" '\"bench\"')", p->o.slot);
	r = PQexec(p->pg, command);
	if (PQresultStatus(r) != PGRES_COPY_BOTH)
		die("start", PQerrorMessage(p->pg));
	PQclear(r);
}

/* One partition delivers in order, so a count tells which commits are safe. */
static void
send_status(struct pipe *p)
{
	char status[34] = { 'r' };

	while (p->tail != p->head &&
		p->ring[p->tail % RING].produced <= p->delivered)
		p->confirmed = p->ring[p->tail++ % RING].lsn;
	for (int i = 0; i < 3; i++)
		put_u64(status + 1 + 8 * i, p->confirmed);
	if (PQputCopyData(p->pg, status, sizeof(status)) < 0 ||
		PQflush(p->pg) < 0)
		die("status", PQerrorMessage(p->pg));
}

static void
take_row(struct pipe *p, const char *message, size_t n)
{
	if (p->rows++ == 0)
		p->first = now();
	p->bytes += n;
	if (p->kafka)
		produce(p, message, n, message + 1);
	if (p->rows == p->o.rows)
		p->last = now();
}

static void
take_message(struct pipe *p, const char *message, size_t n)
{
	switch (message[0]) {
	case 'I':
	case 'U':
	case 'D':
		take_row(p, message, n);
		break;
	case 'C':
		if (p->kafka && p->head - p->tail < RING)
			p->ring[p->head++ % RING] = (struct commit){
				.lsn = get_u64(message + 10),
				.produced = p->produced
			};
		break;
	}
}

/* False when nothing has been read yet. */
static bool
take_frame(struct pipe *p)
{
	char *frame;
	int n = PQgetCopyData(p->pg, &frame, 1);

	if (n == 0)
		return false;
	if (n < 0)
		die("stream ended", PQerrorMessage(p->pg));
	p->got += (size_t)n;
	if (frame[0] == 'w')
		take_message(p, frame + HEADER, (size_t)n - HEADER);
	else if (frame[0] == 'k' && frame[17])
		send_status(p);
	PQfreemem(frame);
	return true;
}

static void
wait_for_input(struct pipe *p)
{
	struct pollfd fd = { .fd = PQsocket(p->pg), .events = POLLIN };

	if (p->kafka)
		rd_kafka_poll(p->kafka, 0);
	if (p->o.nap_us && p->got && p->got < LITTLE)
		usleep(p->o.nap_us);
	p->got = 0;
	poll(&fd, 1, p->produced > p->delivered ? 1 : 100);
	if (!PQconsumeInput(p->pg))
		die("read", PQerrorMessage(p->pg));
}

static bool
finished(const struct pipe *p)
{
	if (stopped)
		return true;
	return p->rows >= p->o.rows &&
		(!p->kafka || p->delivered + p->failed >= p->o.rows);
}

static void
drain(struct pipe *p)
{
	double told = now();

	for (uint64_t frames = 0; !finished(p);) {
		if (!take_frame(p))
			wait_for_input(p);
		else if (++frames % 1024)
			continue;
		if (now() - told > 1) {
			send_status(p);
			told = now();
		}
	}
	if (p->kafka)
		rd_kafka_flush(p->kafka, 10000);
	send_status(p);
}

static void
report(const struct pipe *p)
{
	struct rusage u;
	double cpu;

	getrusage(RUSAGE_SELF, &u);
	cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	printf("{\"rows\":%lu,\"bytes\":%lu,\"failed\":%lu,\"seconds\":%.4f,"
		"\"cpu\":%.3f}\n", p->rows, p->bytes, p->failed, p->last - p->first, cpu);
}

static int
parse(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){ .codec = "none" };
	while ((c = getopt(argc, argv, "c:S:n:b:t:z:s:w:")) != -1)
		switch (c) {
		case 'c':
			o->conninfo = optarg;
			break;
		case 'S':
			o->slot = optarg;
			break;
		case 'n':
			o->rows = strtoull(optarg, NULL, 10);
			break;
		case 'b':
			o->brokers = optarg;
			break;
		case 't':
			o->topic = optarg;
			break;
		case 'z':
			o->codec = optarg;
			break;
		case 's':
			o->size = strtoul(optarg, NULL, 10);
			break;
		case 'w':
			o->nap_us = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			return -1;
		}
	return o->conninfo && o->slot && o->rows && o->size <= PAD_MAX &&
		!o->brokers == !o->topic ? 0 : -1;
}

int
main(int argc, char **argv)
{
	static struct pipe p;

	if (parse(&p.o, argc, argv) < 0) {
		fputs("usage: pipe -c CONNINFO -S SLOT -n ROWS [-b BROKERS"
			" -t TOPIC] [-z CODEC] [-s SIZE] [-w US]\n", stderr);
		return 2;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	p.ring = malloc(RING * sizeof(*p.ring));
	if (!p.ring)
		die("ring", "out of memory");
	fill_padding(&p);
	if (p.o.brokers)
		open_kafka(&p);
	open_stream(&p);
	drain(&p);
	report(&p);
	PQfinish(p.pg);
	return p.failed != 0;
}
