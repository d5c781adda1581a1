#include <stdlib.h>
#include <string.h>

#include "heartbeat.h"
#include "log.h"
#include "loop.h"
#include "plan_schema.h"
#include "route.h"

#define TEXTS_MAX (64u << 10)

struct heartbeat {
	const struct config *config;
	struct arena texts;
	struct span topic, key, value_head, value_tail;
	struct buf value;
	int64_t next_at;		/* 0: not begun */
	bool full;			/* the sink had no room for the last one */
	struct catalog *catalog;	/* of the statement; NULL until it is first run */
	struct fail said;		/* why it failed last: not again at each beat */
};

static const struct schema *
key_schema(struct arena *a)
{
	struct schema *s = schema_struct(a, false,
		span_of("io.debezium.connector.common.ServerNameKey"), 1, 1);

	if (s)
		schema_set_field(a, s, 0, span_of("serverName"),
			schema_new(a, SCHEMA_STRING, false));
	return s;
}

static const struct schema *
value_schema(struct arena *a)
{
	struct schema *s = schema_struct(a, false,
		span_of("io.debezium.connector.common.Heartbeat"), 1, 1);

	if (s)
		schema_set_field(a, s, 0, span_of("ts_ms"),
			schema_new(a, SCHEMA_INT64, false));
	return s;
}

struct span
heartbeat_topic(const struct config *c, struct arena *a)
{
	const char *name = c->format.topic_heartbeat_name;

	if (name && *name)
		return span_of(name);
	return route_sanitise(a, arena_printf(a, "%s%s%s",
		c->format.topic_heartbeat_prefix, c->format.topic_delimiter,
		c->prefix));
}

/* All but the time is the same for each. */
static int
render(struct heartbeat *h, const struct plan_options *o, struct fail *f)
{
	struct arena *a = &h->texts;
	struct span head;
	struct buf key;
	int rc;

	h->topic = heartbeat_topic(h->config, a);
	if (plan_schema_head(a, o->key_schemas, &o->json, key_schema(a),
			&head, f) == -1 ||
	    plan_schema_head(a, o->value_schemas, &o->json, value_schema(a),
			&h->value_head, f) == -1)
		return -1;
	h->value_tail = span_of(o->value_schemas ? "}}" : "}");
	buf_init(&key, TEXTS_MAX);
	buf_put_span(&key, head);
	buf_put_str(&key, "{\"serverName\":");
	rc = json_string(&key, o->prefix, f);
	buf_put_str(&key, o->key_schemas ? "}}" : "}");
	h->key = arena_copy(a, buf_span(&key));
	buf_release(&key);
	if (rc == 0 && arena_failed(a))
		rc = fail_set(f, FAIL_FATAL, "out of memory");
	return rc;
}

struct heartbeat *
heartbeat_new(const struct config *c, const struct plan_options *options,
	struct fail *f)
{
	struct heartbeat *h = calloc(1, sizeof(*h));

	if (!h) {
		fail_set(f, FAIL_FATAL, "out of memory");
		return NULL;
	}
	h->config = c;
	arena_init(&h->texts, TEXTS_MAX);
	buf_init(&h->value, TEXTS_MAX);
	if (render(h, options, f) == -1) {
		heartbeat_free(h);
		return NULL;
	}
	if (c->postgres.heartbeat_action_query && !c->postgres.heartbeat_interval_ms)
		log_warn("postgres.heartbeat_action_query is not run, "
			"for postgres.heartbeat_interval_ms is 0");
	return h;
}

void
heartbeat_free(struct heartbeat *h)
{
	if (!h)
		return;
	catalog_free(h->catalog);
	buf_release(&h->value);
	arena_release(&h->texts);
	free(h);
}

static void
say(struct heartbeat *h, const struct fail *why)
{
	if (strcmp(h->said.text, why->text) != 0)
		log_warn("postgres.heartbeat_action_query failed",
			LOG_STR("reason", why->text));
	h->said = *why;
}

/* Begins the statement, unless the last one is still running. */
static void
act(struct heartbeat *h, const struct conn_peer *peer)
{
	const char *sql = h->config->postgres.heartbeat_action_query;

	if (!sql || !*sql)
		return;
	if (!h->catalog)
		h->catalog = catalog_new(h->config, CONN_USER);
	if (!h->catalog || catalog_query_busy(h->catalog))
		return;
	catalog_set_peer(h->catalog, peer);
	catalog_query(h->catalog, sql, NULL, 0);
}

static void
step_action(struct heartbeat *h, int64_t now_us)
{
	const struct pg_result *res;
	struct fail why = FAIL_INIT;
	int rc;

	if (!h->catalog)
		return;
	if (catalog_step(h->catalog, now_us, &why) == -1) {
		say(h, &why);	/* no retry cures it: anew with the next beat */
		catalog_free(h->catalog);
		h->catalog = NULL;
		return;
	}
	rc = catalog_query_step(h->catalog, &res, &why);
	if (rc == -1)
		say(h, &why);
	if (rc == 1) {
		h->said.text[0] = '\0';
		catalog_query_cancel(h->catalog);
	}
}

static enum sink_result
beat(struct heartbeat *h, struct sink *sink, int64_t unix_ms, struct fail *f)
{
	struct record r = RECORD_INIT;

	buf_reset(&h->value);
	buf_put_span(&h->value, h->value_head);
	buf_put_str(&h->value, "{\"ts_ms\":");
	buf_put_i64(&h->value, unix_ms);
	buf_put_span(&h->value, h->value_tail);
	r.topic = h->topic;
	r.key = h->key;
	r.value = buf_span(&h->value);
	r.partition = 0;
	return sink->ops->send(sink, &r, TRACK_NONE, f);
}

int
heartbeat_step(struct heartbeat *h, struct sink *sink, bool streaming,
	const struct conn_peer *peer, int64_t now_us, int64_t unix_ms,
	struct fail *f)
{
	int64_t interval = h->config->postgres.heartbeat_interval_ms * 1000;

	if (!interval)
		return 0;
	step_action(h, now_us);
	if (!h->next_at)
		h->next_at = now_us + interval;
	if (!streaming || now_us < h->next_at)
		return 0;
	switch (beat(h, sink, unix_ms, f)) {
	case SINK_FAILED:
		return fail_context(f, "heartbeat");
	case SINK_FULL:
		h->full = true;	/* its descriptor says when to try again */
		return 0;
	case SINK_OK:
		break;
	}
	h->full = false;
	h->next_at = now_us + interval;
	act(h, peer);
	return 0;
}

struct pollfd
heartbeat_wait(const struct heartbeat *h)
{
	return h->catalog ? catalog_wait(h->catalog) :
		(struct pollfd){ .fd = -1 };
}

int64_t
heartbeat_deadline(const struct heartbeat *h, bool streaming)
{
	int64_t at = h->catalog ? catalog_deadline(h->catalog) : LOOP_NEVER;

	if (!streaming || h->full || !h->next_at)
		return at;
	return h->next_at < at ? h->next_at : at;
}
