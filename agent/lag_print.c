#include "lag_print.h"

#include <inttypes.h>

#include "lag_text.h"
#include "table.h"
#include "units.h"

/* A cell is put together in `text` and then moved to the table. */
struct sheet {
	struct table *table;
	struct buf text;
};

static int
sheet_init(struct sheet *s, const struct table_column *columns, size_t count)
{
	buf_init(&s->text, 1 << 20);
	s->table = table_new(columns, count);
	return s->table ? 0 : -1;
}

static void
sheet_cell(struct sheet *s)
{
	buf_putc(&s->text, '\0');
	table_put(s->table, s->text.failed ? "?" : s->text.p);
	buf_reset(&s->text);
}

static void
sheet_size(struct sheet *s, int64_t bytes)
{
	lag_text_size(&s->text, bytes);
	sheet_cell(s);
}

static void
sheet_finish(struct sheet *s, struct buf *out)
{
	if (s->table)
		table_print(s->table, out);
	else
		out->failed = true;
	table_free(s->table);
	buf_release(&s->text);
}

static void
put_known(struct buf *b, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	if (b->len)
		buf_put_str(b, ", ");
	buf_put_str(b, label);
	buf_put_str(b, text);
}

static void
reader_row(struct sheet *s, const struct lag_slot *slot)
{
	const struct lag_reader *r = &slot->reader;

	table_put(s->table, "reader");
	if (r->pid != LAG_UNKNOWN)
		buf_printf(&s->text, "pid %" PRId64, r->pid);
	else
		buf_put_str(&s->text, "nobody");
	sheet_cell(s);
	put_known(&s->text, "", r->application);
	put_known(&s->text, "user ", r->user);
	put_known(&s->text, "from ", r->client);
	put_known(&s->text, "", r->state);
	sheet_cell(s);
}

/* Why it is not said when the position moved. */
static void
move_hint(struct sheet *s, const struct lag_report *r,
	const struct lag_slot *slot)
{
	if (slot->watched_ms == LAG_UNKNOWN && !lag_lost(slot) &&
		lag_unconfirmed(r, slot) != 0) {
		if (slot->active)
			buf_put_str(&s->text, "--watch measures it");
		else if (slot->inactive_ms == LAG_UNKNOWN)
			buf_put_str(&s->text, "known from PostgreSQL 17 on");
	}
	sheet_cell(s);
}

static void
position_rows(struct sheet *s, const struct lag_report *r,
	const struct lag_slot *slot)
{
	table_put(s->table, "retained WAL");
	sheet_size(s, lag_retained(r, slot));
	if (slot->restart)
		buf_printf(&s->text, "restart_lsn " LSN_FMT " of " LSN_FMT,
			LSN_ARG(slot->restart), LSN_ARG(r->current));
	sheet_cell(s);
	table_put(s->table, "unconfirmed");
	sheet_size(s, lag_unconfirmed(r, slot));
	if (slot->logical)
		buf_printf(&s->text, "confirmed_flush_lsn " LSN_FMT,
			LSN_ARG(slot->confirmed));
	sheet_cell(s);
	table_put(s->table, "last moved");
	lag_text_moved(&s->text, r, slot);
	sheet_cell(s);
	move_hint(s, r, slot);
}

static void
status_rows(struct sheet *s, const struct lag_report *r,
	const struct lag_slot *slot)
{
	table_put(s->table, "WAL status");
	table_put(s->table, slot->wal_status ? slot->wal_status : "-");
	table_put(s->table, slot->invalidation);
	table_put(s->table, "room left");
	if (slot->safe_bytes == LAG_UNKNOWN && !r->max_keep)
		buf_put_str(&s->text, "no limit");
	else
		lag_text_size(&s->text, slot->safe_bytes);
	sheet_cell(s);
	if (r->max_keep)
		buf_printf(&s->text, "max_slot_wal_keep_size %s", r->max_keep);
	else
		buf_put_str(&s->text, "max_slot_wal_keep_size is not set");
	sheet_cell(s);
}

static void
spill_row(struct sheet *s, const struct lag_slot *slot)
{
	table_put(s->table, "spilled");
	sheet_size(s, slot->spill_bytes);
	if (slot->spill_bytes != LAG_UNKNOWN)
		buf_printf(&s->text, "%" PRId64 " transactions, %" PRId64
			" times", slot->spill_txns, slot->spill_count);
	sheet_cell(s);
}

static void
rate_row(struct sheet *s, const struct lag_slot *slot)
{
	char read[UNITS_TEXT_MAX], write[UNITS_TEXT_MAX];

	table_put(s->table, "catch-up");
	lag_text_catch_up(&s->text, slot);
	sheet_cell(s);
	if (slot->read_rate != LAG_UNKNOWN && slot->write_rate != LAG_UNKNOWN)
		buf_printf(&s->text, "confirms %s, server writes %s",
			units_rate(slot->read_rate, read),
			units_rate(slot->write_rate, write));
	sheet_cell(s);
}

static void
put_heading(struct buf *out, const struct lag_report *r,
	const struct lag_slot *s)
{
	buf_printf(out, "slot %s: %s", s->name, s->logical ? s->plugin :
		"physical");
	if (s->database) {
		buf_put_str(out, ", database ");
		table_put_clean(out, s->database);
	}
	buf_printf(out, ", PostgreSQL %s%s\n", r->version_text,
		r->standby ? " standby" : "");
}

static void
print_sheet(const struct lag_report *r, const struct lag_slot *slot,
	bool watched, struct buf *out)
{
	static const struct table_column columns[] = {
		{ NULL, false }, { NULL, false }, { NULL, false },
	};
	struct sheet s;

	put_heading(out, r, slot);
	if (sheet_init(&s, columns, 3) == 0) {
		reader_row(&s, slot);
		position_rows(&s, r, slot);
		status_rows(&s, r, slot);
		spill_row(&s, slot);
		if (watched)
			rate_row(&s, slot);
	}
	sheet_finish(&s, out);
	buf_put_str(out, "held back by  ");
	lag_text_held(out, r, slot);
	buf_putc(out, '\n');
}

static void
print_row(struct sheet *s, const struct lag_report *r,
	const struct lag_slot *slot, bool watched)
{
	table_put(s->table, slot->name);
	table_put(s->table, slot->logical ? slot->database : "(physical)");
	if (slot->reader.pid != LAG_UNKNOWN)
		buf_printf(&s->text, "%" PRId64, slot->reader.pid);
	else
		buf_putc(&s->text, '-');
	sheet_cell(s);
	table_put(s->table, slot->reader.application);
	table_put(s->table, slot->wal_status ? slot->wal_status : "-");
	sheet_size(s, lag_retained(r, slot));
	sheet_size(s, lag_unconfirmed(r, slot));
	if (slot->safe_bytes == LAG_UNKNOWN && !r->max_keep)
		buf_put_str(&s->text, "no limit");
	else
		lag_text_size(&s->text, slot->safe_bytes);
	sheet_cell(s);
	sheet_size(s, slot->spill_bytes);
	lag_text_moved(&s->text, r, slot);
	sheet_cell(s);
	if (watched) {
		lag_text_catch_up(&s->text, slot);
		sheet_cell(s);
	}
}

static void
print_table(const struct lag_report *r, bool watched, struct buf *out)
{
	static const struct table_column columns[] = {
		{ "SLOT", false }, { "DATABASE", false }, { "PID", true },
		{ "READER", false }, { "WAL", false }, { "RETAINED", true },
		{ "UNCONFIRMED", true }, { "ROOM LEFT", true },
		{ "SPILLED", true }, { "LAST MOVED", false },
		{ "CATCH-UP", false },
	};
	size_t count = sizeof(columns) / sizeof(*columns) - !watched;
	struct sheet s;

	if (sheet_init(&s, columns, count) == 0)
		for (size_t i = 0; i < r->nslots; i++)
			print_row(&s, r, &r->slots[i], watched);
	sheet_finish(&s, out);
	for (size_t i = 0; i < r->nslots; i++) {
		struct lag_held held = lag_held(r, &r->slots[i]);

		if (!held.reader && !held.session && !held.prepared)
			continue;
		buf_printf(out, "%s is held back by ", r->slots[i].name);
		lag_text_held(out, r, &r->slots[i]);
		buf_putc(out, '\n');
	}
}

static void
print_problems(const struct lag_report *r, int64_t limit, struct buf *out)
{
	for (size_t i = 0; i < r->nslots; i++) {
		if (lag_problem(r, &r->slots[i], limit) == LAG_FINE)
			continue;
		buf_put_str(out, "problem: ");
		lag_text_problem(out, r, &r->slots[i], limit);
		buf_putc(out, '\n');
	}
}

static void
print_hidden(const struct lag_report *r, struct buf *out)
{
	size_t before = out->len;

	lag_text_hidden(out, r);
	if (out->len > before)
		buf_putc(out, '\n');
}

void
lag_print(const struct lag_report *r, const char *slot, int64_t limit,
	bool watched, struct buf *out)
{
	if (slot && !r->nslots) {
		buf_put_str(out, "problem: ");
		lag_text_missing(out, slot);
		buf_putc(out, '\n');
		return;
	}
	if (slot)
		print_sheet(r, r->slots, watched, out);
	else if (r->nslots)
		print_table(r, watched, out);
	else
		buf_put_str(out, "the server has no replication slots\n");
	print_problems(r, limit, out);
	print_hidden(r, out);
}
