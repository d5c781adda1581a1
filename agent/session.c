#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backoff.h"
#include "finding.h"
#include "lineage.h"
#include "log.h"
#include "loop.h"
#include "replica_identity.h"
#include "rights.h"
#include "server.h"
#include "session.h"
#include "slot_creation.h"
#include "watch.h"

#define SECOND_US 1000000
#define SLOW_PAUSE_US (10 * SECOND_US)
#define SAY_AGAIN_US (30 * SECOND_US)
/* A slot that somebody else has is looked at this often. */
#define HELD_MIN_US (1 * SECOND_US)
#define HELD_MAX_US (3 * SECOND_US)

enum session_phase {
	SESSION_PAUSE,		/* until wake_at */
	SESSION_SERVER,		/* plain connection: is it fit? */
	SESSION_SLOT,		/* its row; is it free? */
	SESSION_PUBLICATION,
	SESSION_IDENTITIES,	/* of the tables that are captured */
	SESSION_RIGHTS,		/* to read what the snapshot of a new slot has */
	SESSION_OPEN,		/* replication connection */
	SESSION_IDENTIFY,
	SESSION_HISTORY,	/* another timeline: does it descend from ours? */
	SESSION_DROP,		/* a slot that is lost, to make it anew */
	SESSION_CREATE,		/* the slot */
	SESSION_HELD,		/* until its snapshot has been imported */
	SESSION_START,
	SESSION_STREAM
};

struct session {
	const struct config *config;
	const struct state_record *known;
	struct catalog *catalog;
	struct repl *repl;
	struct publication *publication;
	struct replica_identity *identities;
	struct watch *watch;
	struct slot_creation *creation;
	enum session_phase phase;
	struct backoff backoff;
	int64_t wake_at;		/* of PAUSE */
	struct session_info info;
	struct server_info server;
	struct server_slot slot;
	lsn_t restart;
	struct rights *rights;		/* set: a slot that is created exports a snapshot */
	bool prepared;			/* publication seen to */
	bool warned;			/* of the server's settings */
	bool slot_seen;			/* in this process: from now on its absence is a loss */
	int last_pid;			/* our last walsender, which may take a moment to go */
	int held_by;			/* whom we have logged to wait for */
	bool waited;			/* for another agent, which has its own record */
	struct fail said;		/* logged last, and when */
	int64_t said_at;
};

struct session *
session_new(const struct config *c, const struct filter *tables,
	const struct state_record *known)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = c;
	s->known = known;
	backoff_init(&s->backoff, (uint64_t)getpid() << 16);
	s->catalog = catalog_new(c, CONN_PLAIN);
	s->repl = repl_new(c);
	if (s->catalog)
		s->publication = publication_new(c, tables, s->catalog);
	if (s->publication)
		s->watch = watch_new(c, s->catalog, s->publication);
	if (s->catalog)
		s->identities = replica_identity_new(c, tables, s->catalog);
	if (s->catalog && s->repl)
		s->creation = slot_creation_new(c, s->repl, s->catalog);
	if (!s->watch || !s->identities || !s->creation) {
		session_free(s);
		return NULL;
	}
	return s;	/* a pause that is over */
}

void
session_free(struct session *s)
{
	if (!s)
		return;
	slot_creation_free(s->creation);
	rights_free(s->rights);
	watch_free(s->watch);
	replica_identity_free(s->identities);
	publication_free(s->publication);
	repl_free(s->repl);
	catalog_free(s->catalog);
	free(s);
}

/* The record is about this slot, and what it speaks of is not given up. */
static bool
is_known(const struct session *s)
{
	return s->known && !s->info.anew && s->known->known &&
		!strcmp(s->known->slot, s->config->postgres.slot);
}

/* Beginnings. Each sets the phase; -1 as the call that it makes. */

static int
begin_server(struct session *s)
{
	catalog_query(s->catalog, server_check_sql, NULL, 0);
	s->phase = SESSION_SERVER;
	return 0;
}

static int
begin_slot(struct session *s)
{
	const char *slot = s->config->postgres.slot;

	catalog_query(s->catalog, server_slot_sql, &slot, 1);
	s->phase = SESSION_SLOT;
	return 0;
}

static int
begin_open(struct session *s, int64_t now_us, struct fail *f)
{
	s->phase = SESSION_OPEN;
	return repl_open(s->repl, catalog_peer(s->catalog), now_us, f);
}

static int
begin_rights(struct session *s, int64_t now_us, struct fail *f)
{
	if (!s->rights || s->slot.found)
		return begin_open(s, now_us, f);
	s->phase = SESSION_RIGHTS;
	return rights_begin(s->rights, f);
}

static int
begin_identities(struct session *s, int64_t now_us, struct fail *f)
{
	if (!replica_identity_begin(s->identities))
		return begin_rights(s, now_us, f);
	s->phase = SESSION_IDENTITIES;
	return 0;
}

/*
 * Before the slot is created, or the slot could not see the publication; never
 * on a reconnect, and nothing is created for a slot that has been followed.
 */
static int
begin_publication(struct session *s, int64_t now_us, struct fail *f)
{
	if (s->prepared)
		return begin_identities(s, now_us, f);
	publication_prepare(s->publication, !is_known(s));
	s->phase = SESSION_PUBLICATION;
	return 0;
}

static int
begin_start(struct session *s, int64_t now_us, struct fail *f)
{
	s->phase = SESSION_START;
	return repl_start(s->repl, s->restart, now_us, f);
}

static int
begin_create(struct session *s, int64_t now_us, struct fail *f)
{
	s->phase = SESSION_CREATE;
	return slot_creation_begin(s->creation, s->rights ? SLOT_EXPORT : SLOT_PLAIN,
		s->config->postgres.slot_timeout_ms, now_us, f);
}

static void
pause_for(struct session *s, int64_t pause, int64_t now_us)
{
	s->phase = SESSION_PAUSE;
	s->wake_at = now_us + pause;
}

/* Answers. */

static int
take_server(struct session *s, const struct pg_result *res, struct fail *f)
{
	if (server_check_read(res, &s->server, f))
		return -1;
	if (!s->warned)
		finding_server(&s->server, finding_log, NULL);
	s->warned = true;
	return begin_slot(s);
}

/* A gap in history is said out loud, also where it was asked for to be filled. */
static bool
may_start_anew(struct session *s, const struct fail *why)
{
	if (s->config->snapshot.mode != SNAPSHOT_WHEN_NEEDED ||
	    why->kind != FAIL_LOST)
		return false;
	log_warn("history is lost; snapshot.mode = when_needed: every table is "
		"read again, rows deleted in between stay in the topics",
		LOG_STR("reason", why->text));
	s->info.anew = true;
	s->restart = 0;
	s->slot_seen = false;
	return true;
}

static int
slot_absent(struct session *s, struct fail *f)
{
	const char *slot = s->config->postgres.slot;

	if (is_known(s) || s->slot_seen)
		return lineage_slot_gone(slot, !is_known(s) ? 0 :
			s->known->last_commit ? s->known->last_commit :
			s->known->confirmed, f);
	return s->config->postgres.create_slot ? 0 :
		server_slot_absent(slot, s->server.database, f);
}

static void
wait_for_holder(struct session *s, int64_t now_us)
{
	bool own = s->slot.active_pid == s->last_pid;

	s->waited |= !own;
	if (!own && s->held_by != s->slot.active_pid) {
		s->held_by = s->slot.active_pid;
		log_info("the slot is in use, waiting for it",
			LOG_STR("slot", s->config->postgres.slot),
			LOG_INT("pid", s->slot.active_pid),
			LOG_STR("application", s->slot.application),
			LOG_STR("client", s->slot.address));
	}
	pause_for(s, own ? backoff_between(&s->backoff, 100000, 300000) :
		backoff_between(&s->backoff, HELD_MIN_US, HELD_MAX_US), now_us);
}

/* A slot that the server has given up is in the way of a new one. */
static int
begin_drop(struct session *s)
{
	const char *slot = s->config->postgres.slot;

	catalog_query(s->catalog,
		"SELECT pg_catalog.pg_drop_replication_slot($1)", &slot, 1);
	s->phase = SESSION_DROP;
	return 0;
}

static int
take_slot(struct session *s, const struct pg_result *res, int64_t now_us,
	struct fail *f)
{
	if (server_slot_read(res, s->config->postgres.slot, &s->slot, f))
		return may_start_anew(s, f) ? begin_drop(s) : -1;
	if (!s->slot.found)
		return slot_absent(s, f) && !may_start_anew(s, f) ? -1 :
			begin_publication(s, now_us, f);
	s->slot_seen = true;
	if (s->slot.active_pid) {
		wait_for_holder(s, now_us);
		return 0;
	}
	if (s->held_by)
		log_info("the slot is free, taking it over",
			LOG_STR("slot", s->config->postgres.slot));
	s->held_by = 0;
	return begin_publication(s, now_us, f);
}

/* What has been published or streamed: the history of the server must go on from there. */
static struct lineage
followed(const struct session *s)
{
	const struct repl_identity *streamed = &s->info.identity;
	struct lineage l = { .slot = s->config->postgres.slot, .system_id = "" };

	if (is_known(s))
		l = (struct lineage){ l.slot, s->known->system_id,
			s->known->timeline, s->known->last_commit };
	if (streamed->timeline) {
		l.system_id = streamed->system_id;
		l.timeline = streamed->timeline;
	}
	if (is_known(s) && s->known->confirmed > l.position)
		l.position = s->known->confirmed;
	if (s->restart > l.position)
		l.position = s->restart;
	return l;
}

/*
 * The slot never stands beyond what the record says may have been confirmed:
 * the record is written first. While we waited for another agent it moved on.
 */
static int
check_slot_position(const struct session *s, struct fail *f)
{
	if (!s->slot.found || !is_known(s) || s->waited ||
	    s->slot.confirmed <= s->known->confirmed)
		return 0;
	return lineage_slot_moved(s->config->postgres.slot, s->slot.confirmed,
		s->known->confirmed, f);
}

/* The slot is there, or is made now. */
static int
identity_accepted(struct session *s, int64_t now_us, struct fail *f)
{
	if (check_slot_position(s, f) && !may_start_anew(s, f))
		return -1;
	return s->slot.found ? begin_start(s, now_us, f) :
		begin_create(s, now_us, f);
}

static int
take_identity(struct session *s, int64_t now_us, struct fail *f)
{
	const struct repl_identity *now = repl_identity(s->repl);
	struct lineage known = followed(s);

	switch (lineage_check(&known, now, f)) {
	case 0:
		return identity_accepted(s, now_us, f);
	case LINEAGE_ASK:
		s->phase = SESSION_HISTORY;
		return repl_history(s->repl, now->timeline, now_us, f);
	default:
		return -1;
	}
}

static int
take_history(struct session *s, int64_t now_us, struct fail *f)
{
	const struct repl_identity *now = repl_identity(s->repl);
	struct lineage known = followed(s);
	lsn_t left = repl_left_timeline(s->repl, known.timeline);

	if (lineage_descends(&known, now, left, f))
		return -1;
	log_warn("the server was promoted; its history goes on from ours",
		LOG_UINT("timeline", now->timeline),
		LOG_UINT("before", known.timeline), LOG_LSN("since", left));
	return identity_accepted(s, now_us, f);
}

static int
take_creation(struct session *s, int64_t now_us, struct fail *f)
{
	s->slot.found = s->slot_seen = s->info.slot_created = true;
	s->info.consistent_point = repl_consistent_point(s->repl);
	s->slot.confirmed = s->info.consistent_point;
	log_info("slot created", LOG_STR("slot", s->config->postgres.slot),
		LOG_LSN("lsn", s->info.consistent_point));
	if (s->rights) {
		s->phase = SESSION_HELD;
		return 0;
	}
	return begin_start(s, now_us, f);
}

static int
take_start(struct session *s, int64_t now_us)
{
	s->phase = SESSION_STREAM;
	s->said.text[0] = '\0';
	s->last_pid = repl_backend_pid(s->repl);
	s->info.identity = *repl_identity(s->repl);
	s->info.server_version = s->server.version;
	s->info.encoding_unsafe = s->server.unsafe_encoding;
	s->info.confirmed = s->slot.confirmed;
	catalog_set_streamed(s->catalog);
	catalog_set_peer(s->catalog, repl_peer(s->repl));
	watch_start(s->watch, now_us);
	log_info("streaming", LOG_STR("slot", s->config->postgres.slot),
		LOG_LSN("confirmed", s->slot.confirmed),
		LOG_LSN("restart", s->restart),
		LOG_STR("database", s->info.identity.database),
		LOG_INT("server_version", s->info.server_version),
		LOG_STR("system_id", s->info.identity.system_id),
		LOG_UINT("timeline", s->info.identity.timeline));
	return 0;
}

/* Steps. */

static int
step_pause(struct session *s, int64_t now_us)
{
	if (now_us < s->wake_at)
		return 0;
	return s->held_by ? begin_slot(s) : begin_server(s);
}

static int
step_publication(struct session *s, int64_t now_us, struct fail *f)
{
	int rc = publication_step(s->publication, f);

	if (rc <= 0)
		return rc;
	s->prepared = true;
	return begin_identities(s, now_us, f);
}

static int
step_identities(struct session *s, int64_t now_us, struct fail *f)
{
	int rc = replica_identity_step(s->identities, f);

	return rc <= 0 ? rc : begin_rights(s, now_us, f);
}

static int
step_rights(struct session *s, int64_t now_us, struct fail *f)
{
	int rc = rights_step(s->rights, s->server.role, f);

	return rc <= 0 ? rc : begin_open(s, now_us, f);
}

static int
step_create(struct session *s, int64_t now_us, struct fail *f)
{
	int rc = slot_creation_step(s->creation, now_us, f);

	return rc <= 0 ? rc : take_creation(s, now_us, f);
}

/* The phases that wait for the answer to one query. */
static int
step_query(struct session *s, int64_t now_us, struct fail *f)
{
	const struct pg_result *res;
	int rc = catalog_query_step(s->catalog, &res, f);

	if (rc <= 0)
		return rc;
	if (s->phase == SESSION_DROP)
		return begin_server(s);
	return s->phase == SESSION_SERVER ? take_server(s, res, f) :
		take_slot(s, res, now_us, f);
}

/* The phases that wait for the replication connection. */
static int
step_repl(struct session *s, int64_t now_us, struct fail *f)
{
	int rc = repl_step(s->repl, now_us, f);

	if (rc <= 0)
		return rc;
	switch (s->phase) {
	case SESSION_OPEN:
		s->phase = SESSION_IDENTIFY;
		return repl_identify(s->repl, now_us, f);
	case SESSION_IDENTIFY:
		return take_identity(s, now_us, f);
	case SESSION_HISTORY:
		return take_history(s, now_us, f);
	default:
		return take_start(s, now_us);
	}
}

static int
step(struct session *s, int64_t now_us, struct fail *f)
{
	switch (s->phase) {
	case SESSION_PAUSE:
		return step_pause(s, now_us);
	case SESSION_SERVER:
	case SESSION_SLOT:
	case SESSION_DROP:
		return step_query(s, now_us, f);
	case SESSION_PUBLICATION:
		return step_publication(s, now_us, f);
	case SESSION_IDENTITIES:
		return step_identities(s, now_us, f);
	case SESSION_RIGHTS:
		return step_rights(s, now_us, f);
	case SESSION_CREATE:
		return step_create(s, now_us, f);
	case SESSION_HELD:
		return 0;
	case SESSION_STREAM:
		return watch_step(s->watch, now_us, f);
	default:
		return step_repl(s, now_us, f);
	}
}

/* Logged when it begins or changes, then now and then. */
static void
say(struct session *s, const char *what, const struct fail *why,
	int64_t pause, int64_t now_us)
{
	if (!strcmp(s->said.text, why->text) &&
	    now_us - s->said_at < SAY_AGAIN_US)
		return;
	s->said = *why;
	s->said_at = now_us;
	log_warn(what, LOG_STR("reason", why->text),
		LOG_INT("retry_in_ms", pause / 1000));
}

static void
try_again(struct session *s, const struct fail *why, int64_t now_us)
{
	int64_t pause = backoff_next(&s->backoff);

	if (repl_slow_retry(s->repl) && pause < SLOW_PAUSE_US)
		pause = SLOW_PAUSE_US;
	/* Who has the slot is told by its row, after a moment. */
	if (repl_slot_in_use(s->repl))
		pause = backoff_between(&s->backoff, 200000, 500000);
	else
		say(s, "cannot stream, trying again", why, pause, now_us);
	repl_abort(s->repl);
	catalog_query_cancel(s->catalog);
	pause_for(s, pause, now_us);
}

int
session_step(struct session *s, int64_t now_us, struct fail *f)
{
	enum session_phase before;

	do {
		before = s->phase;
		if (catalog_step(s->catalog, now_us, f))
			return -1;
		if (step(s, now_us, f) == 0)
			continue;
		if (f->kind != FAIL_RETRY)
			return -1;
		try_again(s, f, now_us);
	} while (s->phase != before);
	return 0;
}

int
session_want_snapshot(struct session *s, const struct snapshot_rules *rules)
{
	s->rights = rights_new(rules, s->catalog);
	return s->rights ? 0 : -1;
}

bool
session_held(const struct session *s, const char **name)
{
	*name = repl_snapshot(s->repl);
	return s->phase == SESSION_HELD;
}

int
session_release(struct session *s, int64_t now_us, struct fail *f)
{
	return begin_start(s, now_us, f);
}

bool
session_streaming(const struct session *s)
{
	return s->phase == SESSION_STREAM && repl_streaming(s->repl);
}

void
session_restart(struct session *s, lsn_t restart, const struct fail *why,
	int64_t now_us)
{
	struct fail none = { FAIL_RETRY, "closed" };
	int64_t pause = backoff_next(&s->backoff);

	watch_stop(s->watch);
	if (repl_slow_retry(s->repl) && pause < SLOW_PAUSE_US)
		pause = SLOW_PAUSE_US;
	repl_abort(s->repl);
	catalog_set_peer(s->catalog, NULL);
	s->restart = restart;
	say(s, "the replication connection ended, connecting again",
		why ? why : &none, pause, now_us);
	pause_for(s, pause, now_us);
}

void
session_progress(struct session *s)
{
	backoff_reset(&s->backoff);
}

bool
session_server_stopping(const struct session *s)
{
	return catalog_server_stopping(s->catalog);
}

int
session_fds(const struct session *s, struct pollfd *fds, int max, bool read)
{
	int n = 0;

	if (n < max)
		fds[n++] = catalog_wait(s->catalog);
	if (n < max) {
		fds[n] = repl_wait(s->repl);
		/* A closed socket is always ready: nothing to wait for, no poll. */
		if (repl_streaming(s->repl) && !read)
			fds[n].events &= ~POLLIN;
		if (!fds[n].events)
			fds[n].fd = -1;
		n++;
	}
	return n;
}

int64_t
session_deadline(const struct session *s)
{
	int64_t at = loop_sooner(catalog_deadline(s->catalog), repl_deadline(s->repl));

	switch (s->phase) {
	case SESSION_PAUSE:
		return loop_sooner(at, s->wake_at);
	case SESSION_CREATE:
		return loop_sooner(at, slot_creation_deadline(s->creation));
	case SESSION_STREAM:
		return loop_sooner(at, watch_deadline(s->watch));
	default:
		return at;
	}
}

bool
session_xmin(const struct session *s, uint32_t *xmin)
{
	return watch_xmin(s->watch, xmin);
}

struct repl *
session_repl(struct session *s)
{
	return s->repl;
}

struct catalog *
session_catalog(struct session *s)
{
	return s->catalog;
}

const struct session_info *
session_info(const struct session *s)
{
	return &s->info;
}

const char *
session_phase_name(const struct session *s)
{
	switch (s->phase) {
	case SESSION_STREAM:
		return "streaming";
	case SESSION_CREATE:
		return "creating the slot";
	case SESSION_PAUSE:
		return s->held_by ? "waiting for the slot" : "waiting to connect again";
	default:
		return "connecting";
	}
}
