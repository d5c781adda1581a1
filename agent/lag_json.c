#include "lag_json.h"

#include <json-c/json.h>
#include <stdio.h>

#include "lag_text.h"
#include "table.h"

/*
 * json-c answers NULL without memory, which is also its null: a key would be
 * null, not wrong; the object itself is checked.
 */
static void
put(struct json_object *o, const char *key, struct json_object *value)
{
	if (json_object_object_add(o, key, value))
		json_object_put(value);
}

static void
put_bool(struct json_object *o, const char *key, bool value)
{
	put(o, key, json_object_new_boolean(value));
}

static void
put_number(struct json_object *o, const char *key, int64_t value)
{
	put(o, key, value == LAG_UNKNOWN ? NULL : json_object_new_int64(value));
}

/* A database without encoding may hold names that are not UTF-8; JSON may not. */
static struct json_object *
clean_string(const char *text)
{
	struct json_object *o = NULL;
	struct buf clean;

	buf_init(&clean, 1 << 16);
	table_put_clean(&clean, text);
	if (!clean.failed)
		o = json_object_new_string_len(clean.p, (int)clean.len);
	buf_release(&clean);
	return o;
}

static void
put_text(struct json_object *o, const char *key, const char *text)
{
	put(o, key, !text ? NULL : table_is_utf8(text) ?
		json_object_new_string(text) : clean_string(text));
}

static void
put_lsn(struct json_object *o, const char *key, lsn_t lsn)
{
	char text[32];

	snprintf(text, sizeof(text), LSN_FMT, LSN_ARG(lsn));
	put_text(o, key, lsn ? text : NULL);
}

static struct json_object *
server_object(const struct lag_report *r)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "version", r->version_text);
	put_number(o, "version_num", r->version);
	put_bool(o, "standby", r->standby);
	put_lsn(o, "current_lsn", r->current);
	put_number(o, "time_ms", r->time_ms);
	put_text(o, "max_slot_wal_keep_size", r->max_keep);
	return o;
}

static struct json_object *
held_array(const struct lag_report *r, const struct lag_slot *s)
{
	struct json_object *a = json_object_new_array();
	struct lag_held held = lag_held(r, s);

	if (held.reader)
		json_object_array_add(a, json_object_new_string("reader"));
	if (held.session)
		json_object_array_add(a, json_object_new_string("transaction"));
	if (held.prepared)
		json_object_array_add(a,
			json_object_new_string("prepared_transaction"));
	return a;
}

static const char *
problem_name(enum lag_problem problem)
{
	switch (problem) {
	case LAG_FINE:
		return NULL;
	case LAG_LOST:
		return "lost";
	case LAG_UNRESERVED:
		return "unreserved";
	case LAG_UNREAD:
		return "unread";
	case LAG_HELD:
		return "held";
	}
	return NULL;
}

static void
put_reader(struct json_object *o, const struct lag_slot *s)
{
	put_bool(o, "active", s->active);
	put_number(o, "active_pid", s->reader.pid);
	put_text(o, "application_name", s->reader.application);
	put_text(o, "user", s->reader.user);
	put_text(o, "client", s->reader.client);
	put_text(o, "state", s->reader.state);
	put_number(o, "reply_ms", s->reader.reply_ms);
	put_number(o, "flush_lag_ms", s->reader.flush_lag_ms);
}

static void
put_counters(struct json_object *o, const struct lag_slot *s)
{
	put_number(o, "spill_txns", s->spill_txns);
	put_number(o, "spill_count", s->spill_count);
	put_number(o, "spill_bytes", s->spill_bytes);
	put_number(o, "stream_txns", s->stream_txns);
	put_number(o, "stream_count", s->stream_count);
	put_number(o, "stream_bytes", s->stream_bytes);
	put_number(o, "total_txns", s->total_txns);
	put_number(o, "total_bytes", s->total_bytes);
	put_number(o, "catalog_xmin_age", s->catalog_xmin_age);
}

static struct json_object *
slot_object(const struct lag_report *r, const struct lag_slot *s, int64_t limit)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "slot_name", s->name);
	put_text(o, "slot_type", s->logical ? "logical" : "physical");
	put_text(o, "plugin", s->plugin);
	put_text(o, "database", s->database);
	put_bool(o, "temporary", s->temporary);
	put_bool(o, "synced", s->synced);
	put_reader(o, s);
	put_text(o, "wal_status", s->wal_status);
	put_text(o, "invalidation_reason", s->invalidation);
	put_number(o, "safe_wal_size", s->safe_bytes);
	put_lsn(o, "restart_lsn", s->restart);
	put_lsn(o, "confirmed_flush_lsn", s->confirmed);
	put_number(o, "retained_bytes", lag_retained(r, s));
	put_number(o, "unconfirmed_bytes", lag_unconfirmed(r, s));
	put_number(o, "inactive_ms", s->inactive_ms);
	put_counters(o, s);
	put(o, "held_back_by", held_array(r, s));
	put_number(o, "watched_ms", s->watched_ms);
	put_number(o, "moved_ms", s->moved_ms);
	put_number(o, "read_bytes_per_second", s->read_rate);
	put_number(o, "write_bytes_per_second", s->write_rate);
	put_number(o, "catch_up_ms", s->catch_up_ms);
	put_text(o, "problem", problem_name(lag_problem(r, s, limit)));
	return o;
}

static struct json_object *
holder_object(const struct lag_holder *h, bool prepared)
{
	struct json_object *o;

	if (!h->found)
		return NULL;
	o = json_object_new_object();
	if (prepared)
		put_text(o, "gid", h->gid);
	else
		put_number(o, "pid", h->pid);
	put_text(o, "user", h->user);
	if (!prepared)
		put_text(o, "application_name", h->application);
	put_text(o, "database", h->database);
	if (!prepared)
		put_text(o, "state", h->state);
	put_number(o, "age_ms", h->age_ms);
	put_number(o, "xids", h->xids);
	return o;
}

static void
add_sentence(struct json_object *a, struct buf *text)
{
	if (text->len && !text->failed)
		json_object_array_add(a, json_object_new_string_len(text->p,
			(int)text->len));
	buf_reset(text);
}

static struct json_object *
problems_array(const struct lag_report *r, const char *slot, int64_t limit)
{
	struct json_object *a = json_object_new_array();
	struct buf text;

	buf_init(&text, 1 << 16);
	if (slot && !r->nslots) {
		lag_text_missing(&text, slot);
		add_sentence(a, &text);
	}
	for (size_t i = 0; i < r->nslots; i++) {
		lag_text_problem(&text, r, &r->slots[i], limit);
		add_sentence(a, &text);
	}
	buf_release(&text);
	return a;
}

static void
print_object(struct json_object *o, bool pretty, struct buf *out)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
		(pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : 0);
	const char *text = json_object_to_json_string_ext(o, flags);

	if (text)
		buf_put_str(out, text);
	else
		out->failed = true;
	buf_putc(out, '\n');
	json_object_put(o);
}

void
lag_json(const struct lag_report *r, const char *slot, int64_t limit,
	bool pretty, struct buf *out)
{
	struct json_object *o = json_object_new_object();
	struct json_object *slots = json_object_new_array();

	for (size_t i = 0; i < r->nslots; i++)
		json_object_array_add(slots,
			slot_object(r, &r->slots[i], limit));
	put(o, "server", server_object(r));
	put(o, "slots", slots);
	put(o, "oldest_transaction", holder_object(&r->session, false));
	put(o, "oldest_prepared_transaction",
		holder_object(&r->prepared, true));
	put_bool(o, "details_hidden", r->details_hidden);
	put(o, "problems", problems_array(r, slot, limit));
	print_object(o, pretty, out);
}

void
lag_json_outage(const char *why, struct buf *out)
{
	struct json_object *o = json_object_new_object();
	struct json_object *problems = json_object_new_array();

	json_object_array_add(problems, json_object_new_string(why));
	put(o, "server", NULL);
	put(o, "slots", json_object_new_array());
	put(o, "problems", problems);
	print_object(o, false, out);
}
