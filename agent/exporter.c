#include "exporter.h"

#include <stdlib.h>

#include "catalog.h"
#include "loop.h"
#include "slot_creation.h"

enum phase { OFF, CONNECT, IDENTIFY, CREATE, EXPORTED };

struct exporter {
	struct repl *repl;
	struct catalog *catalog;
	struct slot_creation *creation;
	enum phase phase;
	int64_t timeout_ms;
};

struct exporter *
exporter_new(const struct config *c)
{
	struct exporter *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->repl = repl_new(c);
	e->catalog = catalog_new(c, CONN_PLAIN);
	if (e->repl && e->catalog)
		e->creation = slot_creation_new(c, e->repl, e->catalog);
	if (e->creation)
		return e;
	exporter_free(e);
	return NULL;
}

void
exporter_free(struct exporter *e)
{
	if (!e)
		return;
	slot_creation_free(e->creation);
	repl_free(e->repl);
	catalog_free(e->catalog);
	free(e);
}

int
exporter_begin(struct exporter *e, const struct conn_peer *peer,
	int64_t timeout_ms, int64_t now_us, struct fail *f)
{
	e->timeout_ms = timeout_ms;
	e->phase = CONNECT;
	catalog_set_peer(e->catalog, peer);
	return repl_open(e->repl, peer, now_us, f);
}

void
exporter_end(struct exporter *e)
{
	repl_abort(e->repl);
	/* Nobody looks after it meanwhile, and it would wake the loop for ever. */
	catalog_close(e->catalog);
	e->phase = OFF;
}

static int
go_on(struct exporter *e, int64_t now_us, struct fail *f)
{
	int rc = e->phase == CREATE ? slot_creation_step(e->creation, now_us, f) :
		repl_step(e->repl, now_us, f);

	if (rc <= 0)
		return rc;
	switch (e->phase) {
	case CONNECT:
		e->phase = IDENTIFY;
		return repl_identify(e->repl, now_us, f);
	case IDENTIFY:
		e->phase = CREATE;
		return slot_creation_begin(e->creation, SLOT_TEMPORARY,
			e->timeout_ms, now_us, f);
	default:
		e->phase = EXPORTED;
		return 1;
	}
}

int
exporter_step(struct exporter *e, int64_t now_us, struct fail *f)
{
	int rc = catalog_step(e->catalog, now_us, f);

	if (rc == 0 && e->phase == EXPORTED)
		return 1;
	if (rc == 0 && e->phase != OFF)
		rc = go_on(e, now_us, f);
	if (rc == -1)
		exporter_end(e);
	return rc;
}

const char *
exporter_snapshot(const struct exporter *e)
{
	return repl_snapshot(e->repl);
}

lsn_t
exporter_position(const struct exporter *e)
{
	return repl_consistent_point(e->repl);
}

const struct repl_identity *
exporter_identity(const struct exporter *e)
{
	return repl_identity(e->repl);
}

const struct conn_peer *
exporter_peer(const struct exporter *e)
{
	return repl_peer(e->repl);
}

int
exporter_fds(const struct exporter *e, struct pollfd *fds, int max)
{
	int n = 0;

	if (n < max)
		fds[n++] = repl_wait(e->repl);
	if (n < max)
		fds[n++] = catalog_wait(e->catalog);
	return n;
}

int64_t
exporter_deadline(const struct exporter *e)
{
	int64_t at = loop_sooner(repl_deadline(e->repl),
		catalog_deadline(e->catalog));

	return e->phase == CREATE ?
		loop_sooner(at, slot_creation_deadline(e->creation)) : at;
}
