#include "cmd_lag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "lag_history.h"
#include "lag_json.h"
#include "lag_print.h"
#include "lag_query.h"

enum { INTERVAL_US = 2000000, OUTPUT_CAP = 64 << 20, EXIT_PROBLEM = 4 };

struct lag_view {
	const struct config *config;
	const struct lag_options *options;
	const char *slot;		/* NULL: all */
	struct loop loop;
	struct lag_query *query;
	struct lag_history *history;
	struct buf text;
	bool tty;
	bool shown;			/* something has been printed */
	int code;			/* of what was printed last */
};

static int
view_init(struct lag_view *v, const struct config *c,
	const struct lag_options *o, struct fail *f)
{
	*v = (struct lag_view){ .config = c, .options = o };
	v->slot = o->all ? NULL : c->postgres.slot;
	v->tty = isatty(STDOUT_FILENO);
	buf_init(&v->text, OUTPUT_CAP);
	if (loop_init(&v->loop, f))
		return -1;
	v->query = lag_query_new(c, &v->loop);
	v->history = lag_history_new();
	if (!v->query || !v->history)
		return fail_set(f, FAIL_FATAL, "out of memory");
	return 0;
}

static void
view_release(struct lag_view *v)
{
	buf_release(&v->text);
	lag_history_free(v->history);
	lag_query_free(v->query);
}

static int
judge(const struct lag_view *v, const struct lag_report *r)
{
	if (v->slot && !r->nslots)
		return EXIT_PROBLEM;
	for (size_t i = 0; i < r->nslots; i++)
		if (lag_problem(r, &r->slots[i], v->options->max_lag_bytes))
			return EXIT_PROBLEM;
	return 0;
}

/* A block that follows another: over it on a terminal, after a blank line elsewhere. */
static void
begin_block(struct lag_view *v)
{
	buf_reset(&v->text);
	if (!v->options->watch || v->options->json)
		return;
	if (v->tty)
		buf_put_str(&v->text, "\033[H\033[J");
	else if (v->shown)
		buf_putc(&v->text, '\n');
}

static int
show_block(struct lag_view *v, struct fail *f)
{
	const char *p = v->text.p;
	size_t left = v->text.len;
	ssize_t n;

	if (v->text.failed)
		return fail_set(f, FAIL_FATAL, "out of memory");
	while (left) {
		n = write(STDOUT_FILENO, p, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_set(f, FAIL_FATAL, "standard output: %s",
				strerror(errno));
		p += n;
		left -= (size_t)n;
	}
	v->shown = true;
	return 0;
}

static int
show_report(struct lag_view *v, struct lag_report *r, struct fail *f)
{
	const struct lag_options *o = v->options;

	if (o->watch && !lag_history_add(v->history, r))
		return fail_set(f, FAIL_FATAL, "out of memory");
	v->code = judge(v, r);
	begin_block(v);
	if (o->json)
		lag_json(r, v->slot, o->max_lag_bytes, !o->watch, &v->text);
	else
		lag_print(r, v->slot, o->max_lag_bytes, o->watch, &v->text);
	return show_block(v, f);
}

/* The server went away while it was watched: say so and look again later. */
static int
show_outage(struct lag_view *v, const struct fail *why, struct fail *f)
{
	v->code = EXIT_PROBLEM;
	begin_block(v);
	if (v->options->json)
		lag_json_outage(why->text, &v->text);
	else
		buf_printf(&v->text, "problem: %s; trying again\n", why->text);
	return show_block(v, f);
}

/* 1: shown; 0: a signal came first; -1: failed. */
static int
look(struct lag_view *v, struct fail *f)
{
	struct fail why = FAIL_INIT;
	struct lag_report report;
	int result = lag_query_read(v->query, v->slot, &report, &why);

	if (result == 0)
		return 0;
	if (result < 0 && v->shown && why.kind != FAIL_CONFIG)
		return show_outage(v, &why, f) ? -1 : 1;
	if (result < 0)
		return fail_set(f, why.kind, "%s", why.text);
	return show_report(v, &report, f) ? -1 : 1;
}

static int
pause_between(struct lag_view *v, struct fail *f)
{
	int64_t until;

	loop_tick(&v->loop);
	until = v->loop.now_us + INTERVAL_US;
	while (!v->loop.stop && v->loop.now_us < until)
		if (loop_wait(&v->loop, NULL, 0, until, f))
			return -1;
	return 0;
}

int
cmd_lag(const struct config *c, const struct lag_options *o, struct fail *f)
{
	struct lag_view v;
	int result = view_init(&v, c, o, f);

	while (result == 0 && !v.loop.stop) {
		result = look(&v, f) < 0 ? -1 : 0;
		if (!o->watch)
			break;
		if (result == 0)
			result = pause_between(&v, f);
	}
	view_release(&v);
	return result ? -1 : v.code;
}
