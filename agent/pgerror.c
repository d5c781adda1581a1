#include <stdbool.h>
#include <string.h>

#include "buf.h"
#include "pgerror.h"

/*
 * One row is one situation. The first row that fits decides; a row fits if
 * what was being done is in `doing`, the SQLSTATE begins with `state` (NULL:
 * any; "-": the server gave none), and `text` (NULL: any) is part of the
 * message or its detail. Servers may speak another language: rows that need a
 * text stand before one that does without.
 */
struct row {
	unsigned doing;
	const char *state, *text;
	enum fail_kind kind;
	unsigned flags;
	const char *remedy;	/* behind the server's words; see expand() */
};

#define CONNECT (1u << PGERROR_CONNECT)
#define IDENTIFY (1u << PGERROR_IDENTIFY)
#define CREATE (1u << PGERROR_CREATE_SLOT)
#define START (1u << PGERROR_START)
#define STREAM (1u << PGERROR_STREAM)
#define QUERY (1u << PGERROR_QUERY)
#define IDLE (1u << PGERROR_IDLE)
#define READING (START | STREAM)
#define COMMANDS (CONNECT | IDENTIFY | CREATE | START)
#define ANY (COMMANDS | STREAM | QUERY | IDLE)

enum {
	TRANSIENT_ONCE_STREAMED = 1,	/* the setting was right before: FAIL_RETRY */
	SLOW = 2,
	LOST_IF_KNOWN = 4,		/* FAIL_LOST if the slot had been used before */
	REPLICATION_ONLY = 8
};

#define LOST_REMEDY \
	"changes are missing from here on and no restart brings them back: " \
	"drop the slot with SELECT pg_drop_replication_slot('{slot}'), " \
	"clear the state record, and start anew with a snapshot"
#define WAL_LEVEL_REMEDY \
	"set wal_level = logical in postgresql.conf and restart the server"
#define CHECK_DSN "check postgres.dsn"
#define REPLICATION_REMEDY \
	"a superuser must run: ALTER ROLE {role} REPLICATION " \
	"(on managed servers: grant the provider's replication role)"

static const struct row rows[] = {
	/* The slot. */
	{ READING, "55006", NULL, FAIL_RETRY, 0,
		"somebody else streams from it; waiting" },
	{ READING, "42704", "replication slot", FAIL_CONFIG, LOST_IF_KNOWN,
		"postgres.create_slot = true lets pgwake create it" },
	{ READING, "55000", "was not created in this database", FAIL_CONFIG, 0,
		"the slot belongs to another database than {database}: name "
		"that database in postgres.dsn, or another slot in postgres.slot" },
	{ READING, "55000", "synchronized from the primary", FAIL_RETRY, SLOW,
		"the slot can be read here after a promotion only" },
	{ READING, "55000", "synced from the primary", FAIL_RETRY, SLOW,
		"the slot can be read here after a promotion only" },
	{ CREATE | READING, "55000", "wal_level", FAIL_CONFIG, 0,
		WAL_LEVEL_REMEDY },
	{ READING, "55000", "exceeded the maximum reserved size", FAIL_LOST, 0,
		LOST_REMEDY },
	{ READING, "55000", "cannot read from logical replication slot",
		FAIL_LOST, 0, LOST_REMEDY },
	{ READING, "55000", "no longer", FAIL_LOST, 0, LOST_REMEDY },
	{ READING, "55000", "invalidated", FAIL_LOST, 0, LOST_REMEDY },
	{ READING, "58P01", "has already been removed", FAIL_LOST, 0,
		LOST_REMEDY },
	{ READING, NULL, "physical replication slot", FAIL_CONFIG, 0,
		"pgwake needs a logical slot: name another one in postgres.slot" },
	{ CREATE | READING, "55000", "in recovery", FAIL_CONFIG, 0,
		"a standby decodes from PostgreSQL 16 on only: connect to the "
		"primary" },
	{ CREATE, "42710", NULL, FAIL_RETRY, 0, "looking at it again" },
	{ CREATE, "42602", NULL, FAIL_CONFIG, 0,
		"postgres.slot may have lower-case letters, digits and "
		"underscores, at most 63" },
	{ CREATE, "53400", NULL, FAIL_RETRY, SLOW,
		"drop a slot that is not used, or raise max_replication_slots "
		"and restart the server" },

	/* The publication. */
	{ READING, "42704", "publication", FAIL_LOST, 0,
		"publication {publication} was not there at this point of the "
		"log, and creating it now does not change that: advance the "
		"slot past this point with pg_replication_slot_advance() and "
		"take a snapshot, or drop the slot and start anew" },
	{ READING, "0A000", "column lists", FAIL_CONFIG, 0,
		"publications in postgres.publication give different column "
		"lists for this table: give it the same list in all of them, "
		"or read one of them only" },
	{ READING, "42704", NULL, FAIL_LOST, 0,
		"slot {slot} or publication {publication} is missing at this "
		"point of the log" },

	/* Privileges and the way in. */
	{ COMMANDS, "42501", NULL, FAIL_CONFIG,
		TRANSIENT_ONCE_STREAMED | SLOW | REPLICATION_ONLY,
		REPLICATION_REMEDY },
	{ CONNECT, "42501", NULL, FAIL_CONFIG, TRANSIENT_ONCE_STREAMED | SLOW,
		"a superuser must run: GRANT CONNECT ON DATABASE {database} "
		"TO {role}" },
	{ QUERY, "42501", NULL, FAIL_CONFIG, 0,
		"role {role} lacks this privilege" },
	{ CONNECT, "28P01", NULL, FAIL_CONFIG, TRANSIENT_ONCE_STREAMED | SLOW,
		"check the password in ~/.pgpass, postgres.password_file, "
		"PGPASSWORD or postgres.dsn" },
	{ CONNECT, "28000", "pg_hba.conf", FAIL_CONFIG,
		TRANSIENT_ONCE_STREAMED | SLOW,
		"add a line for database {database} and role {role} to "
		"pg_hba.conf (the word \"replication\" there does not cover "
		"logical replication) and reload the server" },
	{ CONNECT, "28", NULL, FAIL_CONFIG, TRANSIENT_ONCE_STREAMED | SLOW,
		"check user and authentication in postgres.dsn and pg_hba.conf" },
	{ CONNECT, "3D000", NULL, FAIL_CONFIG, TRANSIENT_ONCE_STREAMED | SLOW,
		"check dbname in postgres.dsn" },
	{ CONNECT, "42704", NULL, FAIL_CONFIG, 0,
		"check the settings in postgres.replication_options and in "
		"options of postgres.dsn; the server must be 14 or later" },
	{ CONNECT, "22023", NULL, FAIL_CONFIG, 0,
		"check the settings in postgres.replication_options and in "
		"options of postgres.dsn" },
	{ CONNECT, "-", "no password supplied", FAIL_CONFIG,
		TRANSIENT_ONCE_STREAMED | SLOW,
		"give the password in ~/.pgpass, postgres.password_file, "
		"PGPASSWORD or postgres.dsn" },
	{ CONNECT, "-", "does not support SSL", FAIL_CONFIG,
		TRANSIENT_ONCE_STREAMED | SLOW,
		"turn on ssl at the server, or change sslmode in postgres.dsn" },
	{ CONNECT, "-", "certificate", FAIL_CONFIG,
		TRANSIENT_ONCE_STREAMED | SLOW,
		"check sslmode, sslrootcert, sslcert and sslkey in postgres.dsn" },
	{ CONNECT, "-", "private key", FAIL_CONFIG,
		TRANSIENT_ONCE_STREAMED | SLOW,
		"check sslkey in postgres.dsn" },
	{ CONNECT, "-", "could not match", FAIL_CONFIG, 0, CHECK_DSN },
	{ CONNECT, "-", "invalid", FAIL_CONFIG, 0, CHECK_DSN },
	{ CONNECT, "-", "definition of service", FAIL_CONFIG, 0, CHECK_DSN },
	{ CONNECT, "-", "channel binding", FAIL_CONFIG,
		TRANSIENT_ONCE_STREAMED | SLOW,
		"check channel_binding in postgres.dsn" },

	/* Values that have no UTF-8 form. */
	{ READING, "22P05", NULL, FAIL_CONFIG, 0,
		"a value has no equivalent in UTF-8: correct the row in the "
		"database, then advance the slot past this change" },
	{ READING, "22021", NULL, FAIL_CONFIG, 0,
		"a value is not valid in the encoding of the database: correct "
		"the row, then advance the slot past this change" },

	/* What time cures. */
	{ CONNECT, "53300", "max_wal_senders", FAIL_RETRY, SLOW,
		"raise max_wal_senders and restart the server" },
	{ ANY, "53300", NULL, FAIL_RETRY, SLOW,
		"raise max_connections, or end other connections" },
	{ ANY, "53", NULL, FAIL_RETRY, SLOW, NULL },
	{ ANY, "08", NULL, FAIL_RETRY, 0, NULL },
	{ ANY, "40", NULL, FAIL_RETRY, 0, NULL },
	{ ANY, "57", NULL, FAIL_RETRY, 0, NULL },
	/* Timeouts of sessions and transactions. */
	{ ANY, "25P", NULL, FAIL_RETRY, 0, NULL },
	{ ANY, "58", NULL, FAIL_RETRY, SLOW, NULL },
	{ ANY, "55P03", NULL, FAIL_RETRY, 0, NULL },
	{ QUERY, "42710", NULL, FAIL_RETRY, 0, NULL },	/* somebody was faster */
	{ QUERY, "42P01", NULL, FAIL_RETRY, 0, NULL },	/* dropped in between */
	{ QUERY, "3F000", NULL, FAIL_RETRY, 0, NULL },
	{ QUERY, "25006", NULL, FAIL_CONFIG, 0,
		"{host} is a standby: the publication must be created on its "
		"primary" },
	{ ANY, "-", NULL, FAIL_RETRY, 0, NULL },
};

static bool
contains(const char *text, const char *part)
{
	return text && strstr(text, part);
}

static bool
fits(const struct row *r, const struct pgerror *e)
{
	const char *state = e->sqlstate ? e->sqlstate : "";

	if (!(r->doing & (1u << e->doing)))
		return false;
	if ((r->flags & REPLICATION_ONLY) && !e->replication)
		return false;
	if (r->state && !strcmp(r->state, "-")) {
		if (*state)
			return false;
	} else if (r->state && strncmp(state, r->state, strlen(r->state)))
		return false;
	return !r->text || contains(e->message, r->text) ||
		contains(e->detail, r->text);
}

static const struct row *
find(const struct pgerror *e)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fits(&rows[i], e))
			return &rows[i];
	return NULL;
}

static enum fail_kind
kind_of(const struct row *r, const struct pgerror *e)
{
	if (!r)
		return FAIL_FATAL;
	if ((r->flags & TRANSIENT_ONCE_STREAMED) && e->streamed)
		return FAIL_RETRY;
	if ((r->flags & LOST_IF_KNOWN) && e->slot_known)
		return FAIL_LOST;
	return r->kind;
}

static const char *
value_of(const struct pgerror *e, const char *name, size_t len)
{
	const struct {
		const char *name, *value, *unknown;
	} names[] = {
		{ "slot", e->slot, "the slot" },
		{ "publication", e->publication, "the publication" },
		{ "role", e->role, "the role of postgres.dsn" },
		{ "database", e->database, "the one of postgres.dsn" },
		{ "host", e->host, "the server" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == len &&
		    !memcmp(names[i].name, name, len))
			return names[i].value ? names[i].value : names[i].unknown;
	return "";
}

/* Puts the objects' names in place of {slot}, {publication}, {role}, ... */
static void
expand(struct buf *out, const char *remedy, const struct pgerror *e)
{
	for (;;) {
		size_t n = strcspn(remedy, "{");

		buf_put(out, remedy, n);
		remedy += n;
		if (!*remedy)
			return;
		n = strcspn(++remedy, "}");
		buf_put_str(out, value_of(e, remedy, n));
		remedy += n + (remedy[n] == '}');
	}
}

static const char *const doing_names[] = {
	[PGERROR_CONNECT] = "cannot connect to PostgreSQL",
	[PGERROR_IDENTIFY] = "cannot identify the server",
	[PGERROR_CREATE_SLOT] = "cannot create slot {slot}",
	[PGERROR_START] = "cannot stream from slot {slot}",
	[PGERROR_STREAM] = "the stream of slot {slot} broke off",
	[PGERROR_QUERY] = "a query failed",
	[PGERROR_IDLE] = "the server ended an idle connection"
};

int
pgerror_classify(const struct pgerror *e, struct fail *f)
{
	const struct row *r = find(e);
	enum fail_kind kind = kind_of(r, e);
	struct buf text;

	buf_init(&text, 64 << 10);
	expand(&text, doing_names[e->doing], e);
	if (e->message && *e->message)
		buf_printf(&text, ": %s", e->message);
	if (e->detail)
		buf_printf(&text, " (%s)", e->detail);
	if (e->context && e->doing != PGERROR_QUERY)
		buf_printf(&text, " (%s)", e->context);
	if (e->sqlstate && *e->sqlstate)
		buf_printf(&text, " [%s]", e->sqlstate);
	if (kind == FAIL_LOST && r->kind != FAIL_LOST) {
		buf_put_str(&text, "; ");
		expand(&text, "slot {slot} had been used before and was "
			"dropped: " LOST_REMEDY, e);
	} else if (r && r->remedy) {
		buf_put_str(&text, "; ");
		expand(&text, r->remedy, e);
	} else if (e->hint)
		buf_printf(&text, "; %s", e->hint);
	fail_set(f, kind, "%.*s", SPAN_ARG(buf_span(&text)));
	buf_release(&text);
	return -1;
}

bool
pgerror_slot_in_use(const struct pgerror *e)
{
	return e->doing == PGERROR_START && e->sqlstate &&
		!strcmp(e->sqlstate, "55006");
}

bool
pgerror_slow(const struct pgerror *e)
{
	const struct row *r = find(e);

	return r && (r->flags & SLOW);
}

static bool
is_one_of(const struct pgerror *e, const char *const *states, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (e->sqlstate && !strcmp(e->sqlstate, states[i]))
			return true;
	return false;
}

#define ONE_OF(e, ...) is_one_of(e, (const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

bool
pgerror_stopping(const struct pgerror *e)
{
	return ONE_OF(e, "57P01", "57P02", "57P03");
}

/* Its file is gone (before 17 and since); its process is; it is too old. */
bool
pgerror_no_snapshot(const struct pgerror *e)
{
	return ONE_OF(e, "22023", "42704", "55000", "72000");
}

int
pgerror_notice(const char *sqlstate, const char *text,
	const char *publication, struct fail *f)
{
	/* By its code too: the server's language may not be ours. */
	if (strcmp(sqlstate, "55000") != 0 &&
	    !contains(text, "skipped loading publication"))
		return 0;
	return fail_set(f, FAIL_LOST,
		"%s: publication %s was not there at this point of the log, so "
		"the server leaves its rows out of the stream, and creating it "
		"now does not change that: advance the slot past this point and "
		"take a snapshot, or drop the slot and start anew",
		text, publication);
}
