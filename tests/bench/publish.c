/* See publish.h. */
#include "publish.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096 };			/* of the table of relations */

struct slot {
	uint32_t relation;
	rd_kafka_topic_t *topic;	/* NULL: free */
};

struct publish {
	struct publish_options o;
	struct publish_counts counts;
	rd_kafka_t *kafka;
	struct slot slots[SLOTS];
	char *padded;			/* o.size bytes of filler */
};

_Noreturn void
publish_die(const char *what, const char *why)
{
	fprintf(stderr, "pipe: %s: %s\n", what, why);
	exit(1);
}

static void
on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *m, void *self)
{
	struct publish *p = self;

	(void)kafka;
	if (m->err)
		p->counts.failed++;
	else
		p->counts.delivered++;
}

static void
set(rd_kafka_conf_t *conf, const char *key, const char *value)
{
	char why[256];

	if (rd_kafka_conf_set(conf, key, value, why, sizeof(why)))
		publish_die(key, why);
}

static rd_kafka_t *
new_producer(struct publish *p)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *kafka;
	char why[512];

	set(conf, "bootstrap.servers", p->o.brokers);
	set(conf, "enable.idempotence", "true");
	set(conf, "message.timeout.ms", "0");
	set(conf, "message.max.bytes", "8000000");
	set(conf, "linger.ms", "5");
	set(conf, "compression.type", p->o.codec);
	set(conf, "batch.size", "1000000");
	set(conf, "batch.num.messages", "10000");
	set(conf, "queue.buffering.max.messages", "200000");
	set(conf, "queue.buffering.max.kbytes", "131072");
	rd_kafka_conf_set_opaque(conf, p);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!kafka)
		publish_die("kafka", why);
	return kafka;
}

/* Text that looks like JSON, for it is compressed too. */
static char *
new_padding(size_t size)
{
	char piece[128], *text = malloc(size + sizeof(piece));

	if (!text)
		publish_die("padding", "out of memory");
	for (size_t i = 0, k = 0; i < size; k++) {
		int n = snprintf(piece, sizeof(piece),
			",\"column_%zu\":%zu,\"connector\":\"postgresql\","
			"\"schema\":\"public\"", k % 7, k * 7919 % 10007);

		memcpy(text + i, piece, (size_t)n);
		i += (size_t)n;
	}
	return text;
}

struct publish *
publish_open(const struct publish_options *o)
{
	struct publish *p = calloc(1, sizeof(*p));

	if (!p)
		publish_die("kafka", "out of memory");
	p->o = *o;
	p->padded = new_padding(o->size);
	p->kafka = new_producer(p);
	return p;
}

const struct publish_counts *
publish_counts(const struct publish *p)
{
	return &p->counts;
}

static struct slot *
find(struct publish *p, uint32_t relation)
{
	struct slot *s = &p->slots[relation % SLOTS];

	while (s->topic && s->relation != relation)
		s = s == &p->slots[SLOTS - 1] ? p->slots : s + 1;
	return s;
}

void
publish_relation(struct publish *p, uint32_t relation, const char *schema,
	const char *table)
{
	struct slot *s = find(p, relation);
	char name[512];

	if (s->topic)
		return;
	if (++p->counts.topics == SLOTS)
		publish_die(table, "too many relations");
	snprintf(name, sizeof(name), "%s.%s.%s", p->o.prefix, schema, table);
	s->relation = relation;
	s->topic = rd_kafka_topic_new(p->kafka, name, NULL);
}

void
publish_send(struct publish *p, uint32_t relation, const char *bytes, size_t n)
{
	struct slot *s = find(p, relation);

	if (!s->topic)
		publish_die("protocol", "a row of an unknown relation");
	if (n < p->o.size) {	/* behind the row is filler, or what longer ones left */
		memcpy(p->padded, bytes, n);
		bytes = p->padded;
		n = p->o.size;
	}
	while (rd_kafka_produce(s->topic, 0, RD_KAFKA_MSG_F_COPY, (char *)bytes,
		n, &relation, sizeof(relation), NULL) == -1) {
		if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			publish_die("produce", rd_kafka_err2str(rd_kafka_last_error()));
		rd_kafka_poll(p->kafka, 5);
	}
	if (++p->counts.produced % 256 == 0)
		rd_kafka_poll(p->kafka, 0);
}

void
publish_poll(struct publish *p)
{
	rd_kafka_poll(p->kafka, 0);
}

void
publish_flush(struct publish *p)
{
	rd_kafka_flush(p->kafka, 10000);
}
