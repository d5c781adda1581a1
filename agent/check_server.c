#include "check_server.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "lineage.h"
#include "repl.h"

enum { DECODING_STANDBY = 160000 };

/* Nothing can be written, and a large catalogue is read by other plans. */
static const char session_sql[] =
	"SET default_transaction_read_only = on; SET enable_hashjoin = on;"
	" SET enable_mergejoin = on";

static const char room_sql[] =
	"SELECT pg_catalog.current_setting('max_replication_slots'),"
	" (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots),"
	" pg_catalog.current_setting('max_slot_wal_keep_size')";

static int
check_settings(struct check *c, struct fail *f)
{
	struct check_subject subject = { c, "PostgreSQL", span_of("") };
	int version = conn_server_version(c->sql.conn);
	const struct pg_result *res;
	struct fail why = FAIL_INIT;

	if (check_ask(c, server_check_sql, NULL, &res, f) == -1)
		return -1;
	if (server_check_read(res, &c->server, &why) == -1) {
		check_fail(c, CHECK_BAD, "PostgreSQL", &why);
		return c->server.version / 10000 < 14 ? 0 : 1;
	}
	check_say(c, CHECK_OK, "PostgreSQL", "%d.%d at %s, database %s, role %s, "
		"wal_level logical%s",
		version / 10000, version % 10000, conn_peer(c->sql.conn)->host,
		c->server.database, c->server.role,
		c->server.standby ? ", a standby" : "");
	if (c->server.standby && version < DECODING_STANDBY) {
		check_say(c, CHECK_BAD, "PostgreSQL", "a standby decodes from "
			"PostgreSQL 16 on only");
		check_remedy(c, "connect to the primary");
	}
	finding_server(&c->server, check_finding, &subject);
	return 1;
}

/* Waits for what was begun. 1; 0: a signal came first; -1. */
static int
finish(struct check *c, struct repl *r, struct fail *f)
{
	int rc;

	while ((rc = repl_step(r, c->loop.now_us, f)) == 0) {
		struct pollfd fd = repl_wait(r);

		if (loop_wait(&c->loop, &fd, 1, repl_deadline(r), f) == -1)
			return -1;
		if (c->loop.stop)
			return 0;
	}
	return rc;
}

/* Whether it may and can: rights, pg_hba.conf, max_wal_senders. */
static int
check_replication(struct check *c, struct fail *f)
{
	struct repl *r = repl_new(c->config);
	struct fail why = FAIL_INIT;
	int rc;

	if (!r)
		return fail_set(f, FAIL_FATAL, "out of memory");
	rc = repl_open(r, conn_peer(c->sql.conn), c->loop.now_us, &why) == -1 ?
		-1 : finish(c, r, &why);
	if (rc == 1)
		rc = repl_identify(r, c->loop.now_us, &why) == -1 ? -1 :
			finish(c, r, &why);
	if (rc == 1)
		check_say(c, CHECK_OK, "replication", "role %s may stream; system %s, "
			"timeline %u", c->server.role, repl_identity(r)->system_id,
			repl_identity(r)->timeline);
	else if (rc == -1)
		check_fail(c, CHECK_BAD, "replication", &why);
	repl_free(r);
	return rc ? 0 : check_interrupted(f);
}

int
check_server(struct check *c, struct fail *f)
{
	const struct pg_result *ignored;
	struct fail why = FAIL_INIT;
	int rc = inquiry_open(&c->sql, &why);

	if (rc == 0)
		return check_interrupted(f);
	if (rc == -1) {
		check_fail(c, CHECK_BAD, "PostgreSQL", &why);
		return 0;
	}
	if (check_ask(c, session_sql, NULL, &ignored, f) == -1)
		return -1;
	rc = check_settings(c, f);
	if (rc == 1 && check_replication(c, f) == -1)
		return -1;
	return rc;
}

static int
check_room(struct check *c, bool slot_needed, struct fail *f)
{
	const struct pg_result *res;
	const char *keep;
	int max, used;

	if (check_ask(c, room_sql, NULL, &res, f) == -1)
		return -1;
	max = atoi(PQgetvalue(res, 0, 0));
	used = atoi(PQgetvalue(res, 0, 1));
	keep = PQgetvalue(res, 0, 2);
	check_say(c, max - used < slot_needed ? CHECK_BAD : CHECK_OK, "slots",
		"%d of %d replication slots are used; max_slot_wal_keep_size is %s",
		used, max, strcmp(keep, "-1") ? keep :
		"not set, so nothing limits what a slot holds back");
	if (max - used < slot_needed)
		check_remedy(c, "drop a slot that is not used, or raise "
			"max_replication_slots and restart the server");
	return 0;
}

static void
tell_absent(struct check *c)
{
	const char *slot = c->config->postgres.slot;
	const struct state_record *r = &c->works.record;
	struct fail why = FAIL_INIT;

	if (check_known(c))
		lineage_slot_gone(slot, r->last_commit ? r->last_commit :
			r->confirmed, &why);
	else if (!c->config->postgres.create_slot)
		server_slot_absent(slot, c->server.database, &why);
	if (why.kind)
		check_fail(c, check_severity(c, &why), "slot", &why);
	else
		check_say(c, CHECK_OK, "slot", "%s does not exist yet: the start "
			"creates it", slot);
}

static void
tell_slot(struct check *c)
{
	struct check_subject subject = { c, "slot", span_of("") };
	const char *slot = c->config->postgres.slot;

	if (c->slot.active_pid) {
		check_say(c, CHECK_WARN, "slot", "%s is in use by pid %d (%s%s%s)", slot,
			c->slot.active_pid, c->slot.application,
			*c->slot.address ? " from " : "", c->slot.address);
		check_remedy(c, "if that is another agent: this one would wait until "
			"the slot is free");
	} else
		check_say(c, CHECK_OK, "slot", "%s, confirmed up to " LSN_FMT, slot,
			LSN_ARG(c->slot.confirmed));
	finding_slot(&c->slot, check_finding, &subject);
}

int
check_server_slot(struct check *c, struct fail *f)
{
	const struct pg_result *res;
	struct fail why = FAIL_INIT;

	if (c->config->snapshot.mode == SNAPSHOT_INITIAL_ONLY) {
		check_say(c, CHECK_SKIP, "slot", "not needed with snapshot.mode = "
			"initial_only");
		return check_room(c, true, f);	/* a temporary one */
	}
	if (check_ask(c, server_slot_sql, c->config->postgres.slot, &res, f) == -1)
		return -1;
	if (server_slot_read(res, c->config->postgres.slot, &c->slot, &why) == -1)
		check_fail(c, check_severity(c, &why), "slot", &why);
	else if (c->slot.found)
		tell_slot(c);
	else
		tell_absent(c);
	return check_room(c, !c->slot.found, f);
}
