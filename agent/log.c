#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"

#define LINE_MAX_BYTES 16384
#define VALUE_MAX_BYTES 2048

static enum log_level threshold = LOG_LEVEL_INFO;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void
log_set_level(enum log_level level)
{
	threshold = level;
}

bool
log_enabled(enum log_level level)
{
	return level >= threshold;
}

static bool
is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
			return false;
	}
	return s.len > 0;
}

static void
put_quoted(struct buf *b, struct span s)
{
	buf_putc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c == '\n')
			buf_put_str(b, "\\n");
		else if (c == '\t')
			buf_put_str(b, "\\t");
		else if (c < ' ' || c == 0x7f)
			buf_printf(b, "\\x%02x", c);
		else
			buf_putc(b, (char)c);
	}
	buf_putc(b, '"');
}

/* A value that is too long loses its end, but never half a character. */
static struct span
cut(struct span s)
{
	if (s.len <= VALUE_MAX_BYTES)
		return s;
	s.len = VALUE_MAX_BYTES;
	while (s.len > 0 && ((unsigned char)s.p[s.len] & 0xc0) == 0x80)
		s.len--;
	return s;
}

static void
put_text(struct buf *b, struct span s)
{
	s = cut(s);
	if (is_plain(s))
		buf_put_span(b, s);
	else
		put_quoted(b, s);
}

void
log_put_value(struct buf *b, const struct log_field *field)
{
	switch (field->type) {
	case LOG_FIELD_TEXT:
		put_text(b, span_of(field->text ? field->text : ""));
		break;
	case LOG_FIELD_SPAN:
		put_text(b, field->span.p ? field->span : span_of(""));
		break;
	case LOG_FIELD_INT:
		buf_put_i64(b, field->i);
		break;
	case LOG_FIELD_UINT:
		buf_put_u64(b, field->u);
		break;
	case LOG_FIELD_LSN:
		buf_printf(b, "%X/%X", (unsigned)(field->u >> 32), (unsigned)field->u);
		break;
	}
}

/* A field that does not fit is left out whole. */
static void
put_field(struct buf *b, const struct log_field *field)
{
	size_t before = b->len;

	buf_printf(b, " %s=", field->key);
	log_put_value(b, field);
	if (b->failed) {
		b->failed = false;
		b->len = before;
	}
}

static void
put_time(struct buf *b)
{
	struct timespec now;
	struct tm utc;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	buf_printf(b, "time=%s.%03ldZ", text, now.tv_nsec / 1000000);
}

/* One write if it can be, so that lines of several processes do not mix. */
static void
write_line(const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, p, len);

		if (n <= 0)
			return;		/* nowhere left to complain */
		p += n;
		len -= (size_t)n;
	}
}

void
log_write(enum log_level level, const char *message, const struct log_field *fields)
{
	struct buf b;

	if (!log_enabled(level))
		return;
	buf_init(&b, LINE_MAX_BYTES);
	put_time(&b);
	buf_printf(&b, " level=%s msg=", level_names[level]);
	put_quoted(&b, cut(span_of(message)));
	for (; fields && fields->key; fields++)
		put_field(&b, fields);
	b.cap++;
	buf_putc(&b, '\n');
	write_line(b.p, b.len);
	buf_release(&b);
}

static void
put_conninfo_value(struct buf *b, const char *value)
{
	if (value[0] && !strpbrk(value, " '\\\t\n")) {
		buf_put_str(b, value);
		return;
	}
	buf_putc(b, '\'');
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *value);
	}
	buf_putc(b, '\'');
}

void
log_conninfo(struct buf *out, const char *dsn)
{
	PQconninfoOption *options = PQconninfoParse(dsn, NULL);
	bool first = true;

	if (!options) {
		buf_put_str(out, "(not a valid connection string)");
		return;
	}
	for (const PQconninfoOption *o = options; o->keyword; o++) {
		if (!o->val)
			continue;
		buf_printf(out, "%s%s=", first ? "" : " ", o->keyword);
		/* libpq marks what a dialogue would not show. */
		if (o->dispchar[0] == '*')
			buf_put_str(out, "***");
		else
			put_conninfo_value(out, o->val);
		first = false;
	}
	PQconninfoFree(options);
}
