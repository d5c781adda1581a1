#include "lag_text.h"

#include <inttypes.h>

#include "table.h"
#include "units.h"

void
lag_text_size(struct buf *b, int64_t bytes)
{
	char text[UNITS_TEXT_MAX];

	buf_put_str(b, bytes == LAG_UNKNOWN ? "-" : units_size(bytes, text));
}

void
lag_text_duration(struct buf *b, int64_t milliseconds)
{
	char text[UNITS_TEXT_MAX];

	buf_put_str(b, milliseconds == LAG_UNKNOWN ? "-" :
		units_duration(milliseconds, text));
}

/* One of the things in parentheses: ", " in front but for the first. */
static void
put_fact(struct buf *b, bool *first, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	buf_put_str(b, *first ? " (" : ", ");
	*first = false;
	buf_put_str(b, label);
	table_put_clean(b, text);
}

void
lag_text_session(struct buf *b, const struct lag_holder *h)
{
	bool first = true;

	buf_printf(b, "transaction of pid %" PRId64, h->pid);
	put_fact(b, &first, "", h->user);
	put_fact(b, &first, "", h->application);
	put_fact(b, &first, "database ", h->database);
	put_fact(b, &first, "", h->state);
	if (!first)
		buf_putc(b, ')');
	if (h->age_ms != LAG_UNKNOWN) {
		buf_put_str(b, ", open for ");
		lag_text_duration(b, h->age_ms);
	} else {
		buf_printf(b, ", %" PRId64 " transactions old (its time is"
			" hidden)", h->xids);
	}
}

void
lag_text_prepared(struct buf *b, const struct lag_holder *h)
{
	bool first = true;

	buf_put_str(b, "prepared transaction \"");
	table_put_clean(b, h->gid);
	buf_putc(b, '"');
	put_fact(b, &first, "", h->user);
	put_fact(b, &first, "database ", h->database);
	if (!first)
		buf_putc(b, ')');
	buf_put_str(b, ", prepared ");
	lag_text_duration(b, h->age_ms);
	buf_put_str(b, " ago");
}

static void
put_reader(struct buf *b, const struct lag_report *r, const struct lag_slot *s)
{
	lag_text_size(b, lag_unconfirmed(r, s));
	if (s->active)
		buf_put_str(b, " that its reader has not confirmed");
	else
		buf_put_str(b, " that nobody reads");
}

void
lag_text_held(struct buf *b, const struct lag_report *r,
	const struct lag_slot *s)
{
	struct lag_held held = lag_held(r, s);
	const char *comma = "";

	if (lag_lost(s)) {
		buf_putc(b, '-');
		return;
	}
	if (held.reader) {
		put_reader(b, r, s);
		comma = "; ";
	}
	if (held.session) {
		buf_put_str(b, comma);
		lag_text_session(b, &r->session);
		comma = "; ";
	}
	if (held.prepared) {
		buf_put_str(b, comma);
		lag_text_prepared(b, &r->prepared);
		comma = "; ";
	}
	if (!*comma)
		buf_put_str(b, r->standby && s->logical ? "nothing that a standby"
			" can see: transactions are the primary's" :
			"nothing unusual");
}

static void
put_watched_move(struct buf *b, const struct lag_slot *s)
{
	if (s->moved_ms == LAG_UNKNOWN) {
		buf_put_str(b, "not in ");
		lag_text_duration(b, s->watched_ms);
	} else {
		lag_text_duration(b, s->moved_ms);
		buf_put_str(b, " ago");
	}
}

void
lag_text_moved(struct buf *b, const struct lag_report *r,
	const struct lag_slot *s)
{
	if (lag_lost(s)) {
		buf_putc(b, '-');
	} else if (s->moved_ms != LAG_UNKNOWN) {
		put_watched_move(b, s);
	} else if (lag_unconfirmed(r, s) == 0) {
		buf_put_str(b, "up to date");
	} else if (!s->active && s->inactive_ms != LAG_UNKNOWN) {
		buf_put_str(b, "unread for ");
		lag_text_duration(b, s->inactive_ms);
	} else if (s->watched_ms != LAG_UNKNOWN && s->watched_ms > 0) {
		put_watched_move(b, s);
	} else if (s->active && s->reader.reply_ms != LAG_UNKNOWN) {
		buf_put_str(b, "reply ");
		lag_text_duration(b, s->reader.reply_ms);
		buf_put_str(b, " ago");
	} else {
		buf_putc(b, '-');
	}
}

void
lag_text_catch_up(struct buf *b, const struct lag_slot *s)
{
	if (lag_lost(s))
		buf_put_str(b, "lost");
	else if (!s->active)
		buf_put_str(b, "nobody reads");
	else if (s->read_rate == LAG_UNKNOWN)
		buf_put_str(b, "measuring");
	else if (s->catch_up_ms == LAG_UNKNOWN)
		buf_put_str(b, "not at this rate");
	else if (s->catch_up_ms == 0)
		buf_put_str(b, "caught up");
	else
		lag_text_duration(b, s->catch_up_ms);
}

static void
put_lost(struct buf *b, const struct lag_slot *s)
{
	buf_put_str(b, " is lost");
	if (s->invalidation) {
		buf_put_str(b, " (");
		table_put_clean(b, s->invalidation);
		buf_putc(b, ')');
	}
	buf_put_str(b, s->logical ?
		": the server no longer has what it needs; drop it and begin"
		" again with a new slot and a snapshot" :
		": the server no longer has what it needs; drop it and build"
		" its standby again");
}

static void
put_behind(struct buf *b, const struct lag_report *r, const struct lag_slot *s,
	int64_t limit)
{
	buf_put_str(b, " is ");
	lag_text_size(b, lag_unconfirmed(r, s));
	buf_put_str(b, " behind, more than ");
	lag_text_size(b, limit);
	if (!s->active)
		buf_put_str(b, ": nobody reads it");
}

static void
put_kept(struct buf *b, const struct lag_report *r, const struct lag_slot *s,
	int64_t limit)
{
	buf_put_str(b, " keeps ");
	lag_text_size(b, lag_retained(r, s));
	buf_put_str(b, " of WAL, more than ");
	lag_text_size(b, limit);
	buf_put_str(b, ", because of ");
	lag_text_held(b, r, s);
}

void
lag_text_problem(struct buf *b, const struct lag_report *r,
	const struct lag_slot *s, int64_t limit)
{
	enum lag_problem problem = lag_problem(r, s, limit);

	if (problem == LAG_FINE)
		return;
	buf_printf(b, "slot %s", s->name);
	switch (problem) {
	case LAG_FINE:
		break;
	case LAG_LOST:
		put_lost(b, s);
		break;
	case LAG_UNRESERVED:
		buf_put_str(b, " will be lost at the next checkpoint: raise"
			" max_slot_wal_keep_size, or let its reader catch up");
		break;
	case LAG_UNREAD:
		put_behind(b, r, s, limit);
		break;
	case LAG_HELD:
		put_kept(b, r, s, limit);
		break;
	}
}

void
lag_text_missing(struct buf *b, const char *slot)
{
	buf_put_str(b, "slot ");
	table_put_clean(b, slot);
	buf_put_str(b, " does not exist on this server: pgwake creates it when"
		" it starts");
}

/* pg_stat_replication and pg_stat_activity hide something that matters here. */
static bool
is_hidden(const struct lag_report *r)
{
	if (r->session.found && r->session.age_ms == LAG_UNKNOWN)
		return true;
	for (size_t i = 0; i < r->nslots; i++)
		if (r->slots[i].active && !r->slots[i].reader.state)
			return true;
	return false;
}

void
lag_text_hidden(struct buf *b, const struct lag_report *r)
{
	if (!r->details_hidden || !r->role || !is_hidden(r))
		return;
	buf_put_str(b, "role ");
	table_put_clean(b, r->role);
	buf_put_str(b, " may not see the state of other sessions; GRANT"
		" pg_monitor TO ");
	table_put_clean(b, r->role);
	buf_put_str(b, " would show more");
}
