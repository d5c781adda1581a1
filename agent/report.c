#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "units.h"

#define SECOND_US INT64_C(1000000)
#define LOG_EVERY_US (10 * SECOND_US)
#define DRAW_EVERY_US (SECOND_US / 5)
#define CELLS 24

struct report {
	bool bar, drawn;
	int64_t began_us, next_us;
	struct seen { int64_t began_us; bool ended; } *tables;
	size_t count;
};

struct report *
report_new(bool bar)
{
	struct report *r = calloc(1, sizeof(*r));

	if (r)
		r->bar = bar;
	return r;
}

void
report_free(struct report *r)
{
	if (!r)
		return;
	free(r->tables);
	free(r);
}

void
report_begin(struct report *r, const struct round *round, int64_t now_us)
{
	free(r->tables);
	r->count = round_count(round);
	r->tables = calloc(r->count + 1, sizeof(*r->tables));
	if (!r->tables)
		r->count = 0;	/* it is only talk */
	r->began_us = now_us;
	r->next_us = now_us + (r->bar ? DRAW_EVERY_US : LOG_EVERY_US);
}

/* Of the time; -1: not to be said yet. */
static int64_t
left_s(uint64_t done, uint64_t all, int64_t elapsed_us)
{
	if (!done || all <= done)
		return done ? 0 : -1;
	return (int64_t)((double)elapsed_us / (double)done *
		(double)(all - done) / 1e6);
}

static uint64_t
percent(uint64_t done, uint64_t all)
{
	return all ? done * 100 / all : 100;
}

void
report_bar(struct buf *out, uint64_t done, uint64_t all, uint64_t rows,
	uint64_t bytes, int64_t elapsed_us)
{
	uint64_t full = all ? done * CELLS / all : CELLS;
	double seconds = (double)(elapsed_us > 0 ? elapsed_us : 1) / 1e6;
	int64_t left = left_s(done, all, elapsed_us);

	buf_putc(out, '[');
	for (uint64_t i = 0; i < CELLS; i++)
		buf_putc(out, i < full ? '#' : '.');
	buf_printf(out, "] %3llu %%  %llu rows  %.0f rows/s  %.1f MB/s",
		(unsigned long long)percent(done, all), (unsigned long long)rows,
		(double)rows / seconds, (double)bytes / seconds / 1e6);
	if (left >= 0)
		buf_printf(out, "  %lld:%02d:%02d left", (long long)left / 3600,
			(int)(left / 60 % 60), (int)(left % 60));
}

static void
draw(struct report *r, const struct round *round, int64_t now_us)
{
	uint64_t done = 0, all = 0, rows = 0, bytes = 0;
	struct round_table t;
	struct buf b;

	for (size_t i = 0; i < round_count(round); i++) {
		round_table(round, i, &t);
		all += t.pages;
		done += t.ended ? t.pages : t.pages_done;
		rows += t.rows;
		bytes += t.bytes;
	}
	buf_init(&b, 1024);
	buf_put_str(&b, "\r\033[K");
	report_bar(&b, done, all, rows, bytes, now_us - r->began_us);
	if (write(STDERR_FILENO, b.p, b.len) < 0)
		r->bar = false;
	buf_release(&b);
	r->drawn = true;
}

static void
say_ended(const struct round_table *t, int64_t elapsed_us)
{
	log_info("table read", LOG_SPAN("table", t->table->name),
		LOG_UINT("rows", t->rows), LOG_UINT("bytes", t->bytes),
		LOG_INT("ms", elapsed_us / 1000));
}

static void
say_reading(const struct round_table *t, int64_t elapsed_us)
{
	log_info("reading a table", LOG_SPAN("table", t->table->name),
		LOG_UINT("rows", t->rows), LOG_UINT("bytes", t->bytes),
		LOG_UINT("percent", percent(t->pages_done, t->pages)),
		LOG_INT("seconds_left", left_s(t->pages_done, t->pages, elapsed_us)));
}

/* Tables that have ended since, and if it is due those that are being read. */
static void
say(struct report *r, const struct round *round, int64_t now_us, bool due)
{
	struct round_table t;

	for (size_t i = 0; i < r->count; i++) {
		struct seen *seen = &r->tables[i];

		if (seen->ended)
			continue;
		round_table(round, i, &t);
		if (!seen->began_us && t.rows)
			seen->began_us = now_us;
		seen->ended = t.ended;
		if (t.ended && seen->began_us)
			say_ended(&t, now_us - seen->began_us);
		else if (due && t.rows)
			say_reading(&t, now_us - seen->began_us);
	}
}

void
report_step(struct report *r, const struct round *round, int64_t now_us)
{
	bool due = now_us >= r->next_us;

	if (!r->bar)
		say(r, round, now_us, due);
	else if (due)
		draw(r, round, now_us);
	if (due)
		r->next_us = now_us + (r->bar ? DRAW_EVERY_US : LOG_EVERY_US);
}

void
report_end(struct report *r, const struct round *round, int64_t now_us)
{
	struct round_table t;
	uint64_t rows = 0, bytes = 0;

	for (size_t i = 0; i < round_count(round); i++) {
		round_table(round, i, &t);
		rows += t.rows;
		bytes += t.bytes;
	}
	if (r->bar)
		draw(r, round, now_us);
	if (r->drawn && write(STDERR_FILENO, "\n", 1) < 0)
		r->bar = false;
	r->drawn = false;
	if (!r->bar)
		say(r, round, now_us, false);
	log_info("rows of the snapshot read", LOG_UINT("tables", round_count(round)),
		LOG_UINT("rows", rows), LOG_UINT("bytes", bytes),
		LOG_INT("ms", (now_us - r->began_us) / 1000));
}
