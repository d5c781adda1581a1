#include <stdlib.h>
#include <string.h>

#include "finding.h"
#include "log.h"
#include "loop.h"
#include "watch.h"

enum watch_phase { WATCH_OFF, WATCH_WAIT, WATCH_SLOT, WATCH_PUBLICATION };

struct watch {
	const struct config *config;
	struct catalog *catalog;
	struct publication *publication;
	enum watch_phase phase;
	int64_t slot_at, publication_at;	/* of the next looks */
	bool looked;			/* at the slot, in this process */
	uint32_t xmin;
	bool unreserved;		/* warned of */
	struct fail said;		/* logged last: not again at each look */
};

struct watch *
watch_new(const struct config *c, struct catalog *catalog,
	struct publication *publication)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->config = c;
	w->catalog = catalog;
	w->publication = publication;
	return w;
}

void
watch_free(struct watch *w)
{
	free(w);
}

void
watch_start(struct watch *w, int64_t now_us)
{
	int64_t poll = w->config->postgres.poll_interval_ms * 1000;

	w->phase = WATCH_WAIT;
	w->publication_at = now_us + poll;
	w->slot_at = w->config->postgres.xmin_interval_ms ? now_us : now_us + poll;
}

static void
wait_again(struct watch *w, int64_t now_us)
{
	int64_t interval = w->config->postgres.poll_interval_ms;
	int64_t xmin = w->config->postgres.xmin_interval_ms;

	w->phase = WATCH_WAIT;
	w->slot_at = now_us + 1000 * (xmin && xmin < interval ? xmin : interval);
}

void
watch_stop(struct watch *w)
{
	if (w->phase == WATCH_SLOT || w->phase == WATCH_PUBLICATION)
		catalog_query_cancel(w->catalog);
	w->phase = WATCH_OFF;
}

static void
warn_unreserved(struct watch *w, const struct server_slot *slot)
{
	struct log_field name[] = {
		LOG_STR("slot", w->config->postgres.slot), { .key = NULL }
	};

	if (!w->unreserved)
		finding_slot(slot, finding_log, name);
	w->unreserved = slot->unreserved;
}

static int
take_slot(struct watch *w, const struct pg_result *res, int64_t now_us,
	struct fail *f)
{
	struct server_slot slot;

	if (server_slot_read(res, w->config->postgres.slot, &slot, f))
		return -1;
	warn_unreserved(w, &slot);
	w->looked = true;
	w->xmin = slot.catalog_xmin;
	if (now_us < w->publication_at) {
		catalog_query_cancel(w->catalog);
		wait_again(w, now_us);
		return 0;
	}
	w->publication_at = now_us + w->config->postgres.poll_interval_ms * 1000;
	publication_refresh(w->publication);
	w->phase = WATCH_PUBLICATION;
	return 0;
}

/* A look that fails ends nothing: the stream itself would say what matters. */
static void
give_up(struct watch *w, const struct fail *f, int64_t now_us)
{
	if (strcmp(w->said.text, f->text) != 0)
		log_warn("cannot look at slot and publication, trying again",
			LOG_STR("reason", f->text));
	w->said = *f;
	w->looked = true;	/* nobody waits for it longer */
	wait_again(w, now_us);
}

static void
look(struct watch *w)
{
	const char *slot = w->config->postgres.slot;

	catalog_query(w->catalog, server_slot_sql, &slot, 1);
	w->phase = WATCH_SLOT;
}

int
watch_step(struct watch *w, int64_t now_us, struct fail *f)
{
	const struct pg_result *res;
	int rc;

	if (w->phase == WATCH_WAIT && now_us >= w->slot_at)
		look(w);
	if (w->phase == WATCH_SLOT) {
		rc = catalog_query_step(w->catalog, &res, f);
		if (rc < 0)
			give_up(w, f, now_us);
		else if (rc > 0 && take_slot(w, res, now_us, f))
			return -1;
	}
	if (w->phase == WATCH_PUBLICATION) {
		rc = publication_step(w->publication, f);
		if (rc < 0)
			give_up(w, f, now_us);
		else if (rc > 0)
			wait_again(w, now_us);
	}
	return 0;
}

int64_t
watch_deadline(const struct watch *w)
{
	return w->phase == WATCH_WAIT ? w->slot_at : LOOP_NEVER;
}

bool
watch_xmin(const struct watch *w, uint32_t *xmin)
{
	bool wanted = w->config->postgres.xmin_interval_ms != 0;

	*xmin = wanted ? w->xmin : 0;
	return w->looked || !wanted;
}
