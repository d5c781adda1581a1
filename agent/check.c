#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "table.h"

enum { NAME_WIDTH = 14, TEXT_COLUMN = 6 + NAME_WIDTH + 2 };

static const char *const words[CHECK_STATUSES] = { "ok", "skip", "warn", "bad" };

bool
check_known(const struct check *c)
{
	const struct state_record *r = &c->works.record;

	return r->known && !strcmp(r->slot, c->config->postgres.slot);
}

enum check_status
check_severity(struct check *c, const struct fail *why)
{
	if (why->kind != FAIL_LOST ||
	    c->config->snapshot.mode != SNAPSHOT_WHEN_NEEDED)
		return CHECK_BAD;
	c->start = WORKS_FRESH;
	return CHECK_WARN;
}

static void
put_format(struct check *c, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0) {
		c->text->failed = true;
		return;
	}
	table_put_clean(c->text, text);
	buf_putc(c->text, '\n');
	free(text);
}

void
check_say(struct check *c, enum check_status status, const char *name,
	const char *format, ...)
{
	va_list args;

	c->counts[status]++;
	buf_printf(c->text, "%-6s%-*s  ", words[status], NAME_WIDTH, name);
	va_start(args, format);
	put_format(c, format, args);
	va_end(args);
}

void
check_remedy(struct check *c, const char *format, ...)
{
	va_list args;

	buf_printf(c->text, "%*s", TEXT_COLUMN, "");
	va_start(args, format);
	put_format(c, format, args);
	va_end(args);
}

void
check_fail(struct check *c, enum check_status status, const char *name,
	const struct fail *why)
{
	const char *colon = strstr(why->text, ": ");

	check_say(c, status, name, "%.*s",
		colon ? (int)(colon - why->text) : FAIL_TEXT_MAX, why->text);
	if (colon)
		check_remedy(c, "%s", colon + 2);
}

void
check_finding(void *self, const struct finding *f)
{
	const struct check_subject *s = self;
	struct buf about;

	buf_init(&about, 4096);
	for (const struct log_field *field = f->about; field->key; field++) {
		buf_printf(&about, "%s%s ", about.len ? ", " : " (", field->key);
		log_put_value(&about, field);
	}
	if (about.len)
		buf_putc(&about, ')');
	check_say(s->check, CHECK_WARN, s->name, "%.*s%s%s%.*s",
		SPAN_ARG(s->object), s->object.len ? ": " : "", f->what,
		SPAN_ARG(buf_span(&about)));
	check_remedy(s->check, "%s", f->remedy);
	buf_release(&about);
}

void
check_end(struct check *c)
{
	unsigned warnings = c->counts[CHECK_WARN], problems = c->counts[CHECK_BAD];

	buf_printf(c->text, "\n%u ok, %u warning%s, %u problem%s",
		c->counts[CHECK_OK], warnings, warnings == 1 ? "" : "s",
		problems, problems == 1 ? "" : "s");
	if (c->counts[CHECK_SKIP])
		buf_printf(c->text, ", %u not looked at", c->counts[CHECK_SKIP]);
	buf_putc(c->text, '\n');
}

int
check_interrupted(struct fail *f)
{
	return fail_set(f, FAIL_FATAL, "stopped by a signal before everything was "
		"looked at");
}

int
check_ask(struct check *c, const char *sql, const char *param,
	const struct pg_result **out, struct fail *f)
{
	int rc = inquiry_ask(&c->sql, sql, &param, param ? 1 : 0, out, f);

	return rc == 1 ? 0 : rc == 0 ? check_interrupted(f) : -1;
}

int
check_ask_text(struct check *c, struct buf *sql,
	const struct pg_result **out, struct fail *f)
{
	int rc = -1;

	buf_putc(sql, '\0');
	if (sql->failed)
		fail_set(f, FAIL_FATAL, "out of memory for a query");
	else
		rc = check_ask(c, sql->p, NULL, out, f);
	buf_release(sql);
	return rc;
}
