#include <stdio.h>
#include <time.h>

#include "kafka_conf.h"
#include "kafka_error.h"
#include "kafka_link.h"
#include "log.h"

#define GRACE_MS 1000		/* an idle connection that is closed comes back at once */
#define REPEAT_MS 30000
#define ASK_TIMEOUT_MS 10000
#define ASK_PAUSE_MS 1000

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
kafka_link_init(struct kafka_link *l, rd_kafka_t *rk, rd_kafka_queue_t *queue,
	const char *topic)
{
	*l = (struct kafka_link){ .rk = rk, .queue = queue, .topic = topic };
	kafka_conf_text(rk, "bootstrap.servers", l->servers, sizeof(l->servers));
	l->now_ms = l->since_ms = l->progress_ms = clock_ms();
}

static void
down(struct kafka_link *l)
{
	if (l->state == KAFKA_LINK_DOWN)
		return;
	l->state = KAFKA_LINK_DOWN;
	l->since_ms = l->now_ms;
	l->next_log_ms = l->now_ms + GRACE_MS;
}

void
kafka_link_alive(struct kafka_link *l, bool progress)
{
	if (progress)
		l->progress_ms = l->now_ms;
	if (l->state == KAFKA_LINK_UP)
		return;
	if (l->told)
		log_info("Kafka can be reached again", LOG_STR("servers", l->servers),
			LOG_INT("seconds", (l->now_ms - l->since_ms) / 1000));
	l->state = KAFKA_LINK_UP;
	l->ever_up = true;
	l->told = false;
	l->progress_ms = l->now_ms;
	*l->reason = '\0';
}

/*
 * Refused for good, not merely interrupted: a broker that is just stopping
 * also ends handshakes, and that passes.
 */
static bool
refused(rd_kafka_resp_err_t err, const char *text)
{
	return err == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
		(err == RD_KAFKA_RESP_ERR__SSL && (strstr(text, "certificate") ||
			strstr(text, "alert") || strstr(text, "wrong version")));
}

static int
fatal(struct kafka_link *l, struct fail *f)
{
	char why[512] = "";
	rd_kafka_resp_err_t err = rd_kafka_fatal_error(l->rk, why, sizeof(why));

	return kafka_error_fatal(err, why, f);
}

int
kafka_link_error(struct kafka_link *l, rd_kafka_resp_err_t err,
	const char *text, struct fail *f)
{
	if (err == RD_KAFKA_RESP_ERR__FATAL)
		return fatal(l, f);
	if (refused(err, text) && !l->ever_up) {
		char protocol[32], mechanism[64];

		kafka_conf_text(l->rk, "security.protocol", protocol, sizeof(protocol));
		kafka_conf_text(l->rk, "sasl.mechanisms", mechanism, sizeof(mechanism));
		return kafka_error_login(text, protocol, mechanism, f);
	}
	if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
		down(l);
	else
		snprintf(l->reason, sizeof(l->reason), "%s", text);
	log_debug("Kafka client", LOG_STR("error", rd_kafka_err2name(err)),
		LOG_STR("text", text));
	return 0;
}

/* Any answer will do, "no such topic" and "not authorised" included. */
static void
ask(struct kafka_link *l)
{
	rd_kafka_ConfigResource_t *topic = rd_kafka_ConfigResource_new(
		RD_KAFKA_RESOURCE_TOPIC, l->topic);
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(l->rk,
		RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	char why[64];

	rd_kafka_AdminOptions_set_request_timeout(options, ASK_TIMEOUT_MS, why,
		sizeof(why));
	rd_kafka_DescribeConfigs(l->rk, &topic, 1, options, l->queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_ConfigResource_destroy(topic);
	l->asking = true;
	l->next_ask_ms = l->now_ms + ASK_PAUSE_MS;
}

void
kafka_link_answer(struct kafka_link *l, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t err = rd_kafka_event_error(event);

	l->asking = false;
	/* Negative codes are librdkafka's own: no broker has said anything. */
	if (err >= 0 || err == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
		kafka_link_alive(l, false);
	else
		down(l);
}

static void
tell(struct kafka_link *l)
{
	log_warn("Kafka cannot be reached, still trying; the slot does not move",
		LOG_STR("servers", l->servers),
		LOG_INT("seconds", (l->now_ms - l->since_ms) / 1000),
		LOG_STR("reason", *l->reason ? l->reason : "no answer"));
	l->told = true;
	l->next_log_ms = l->now_ms + REPEAT_MS;
}

/* Connected, but nothing is acknowledged: no leader, too few replicas, a frozen broker. */
static void
watch_progress(struct kafka_link *l, uint64_t pending)
{
	if (!pending)
		l->progress_ms = l->now_ms;
	if (l->now_ms - l->progress_ms < REPEAT_MS || l->now_ms < l->next_log_ms)
		return;
	log_warn("Kafka does not acknowledge, still waiting; the slot does not move",
		LOG_STR("servers", l->servers), LOG_UINT("records", pending),
		LOG_INT("seconds", (l->now_ms - l->progress_ms) / 1000),
		LOG_STR("reason", *l->reason ? l->reason : "no answer"));
	l->next_log_ms = l->now_ms + REPEAT_MS;
}

void
kafka_link_tick(struct kafka_link *l, uint64_t pending)
{
	l->now_ms = clock_ms();
	if (l->state == KAFKA_LINK_UP) {
		watch_progress(l, pending);
		return;
	}
	if (l->queue && !l->asking && l->now_ms >= l->next_ask_ms)
		ask(l);
	if (l->state == KAFKA_LINK_DOWN && l->now_ms >= l->next_log_ms)
		tell(l);
}
