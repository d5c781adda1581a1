#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_import.h"
#include "option_value.h"
#include "translation.h"

#define TEXT_MAX_BYTES (1 << 20)
enum { REMARK_COLUMN = 48 };

static void
put_remark(struct buf *out, size_t line, const char *remark)
{
	do
		buf_putc(out, ' ');
	while (!out->failed && out->len - line < REMARK_COLUMN);
	buf_printf(out, "# %s\n", remark);
}

/* Each line of `notes` behind `start`. */
static void
put_notes(struct buf *out, const char *start, const struct buf *notes)
{
	struct span text = buf_span(notes);
	const char *p = text.p, *end = p + text.len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		buf_printf(out, "%s%.*s\n", start, (int)(nl - p), p);
		p = nl + 1;
	}
}

static void
put_setting(struct buf *out, const struct translation *t, const struct option *o)
{
	const char *origin = option_value_origin(t->to, o);
	size_t line = out->len;

	if (!origin)
		return;
	buf_printf(out, "%s%s = ", o->group ? "  " : "", o->key);
	/* The way of --print-config would show no password and no salt. */
	if (o->flags & OPTION_CONNECTION)
		option_value_put_string(out, t->to->postgres.dsn);
	else if (o->type == OPTION_GROUPS)
		option_value_put_groups(out, t->to, o, true);
	else
		option_value_put(out, t->to, o);
	buf_putc(out, ';');
	put_remark(out, line, origin);
	if (o->flags & OPTION_CONNECTION)
		put_notes(out, "  # ", &t->dsn_notes);
}

/* What came as producer.override. */
static void
put_properties(struct buf *out, const struct translation *t)
{
	for (size_t i = 0; i < t->to->kafka.nproperties; i++) {
		const struct config_pair *pair = &t->to->kafka.properties[i];
		size_t line = out->len;

		if (!pair->origin)
			continue;
		buf_put_str(out, "  ");
		for (const char *p = pair->key; *p; p++)
			buf_putc(out, *p == '.' ? '_' : *p);
		buf_put_str(out, " = ");
		option_value_put_property(out, pair->value);
		buf_putc(out, ';');
		put_remark(out, line, pair->origin);
	}
}

static bool
in_group(const struct option *o, const char *group)
{
	return !o->group == !group && (!group || strcmp(o->group, group) == 0);
}

static void
put_group(struct buf *out, const struct translation *t, const char *group)
{
	size_t before = out->len, empty;

	if (group)
		buf_printf(out, "\n%s: {\n", group);
	empty = out->len;
	for (size_t i = 0; i < options_count; i++)
		if (in_group(&options[i], group) && options[i].type != OPTION_PROPERTY)
			put_setting(out, t, &options[i]);
	if (group && strcmp(group, "kafka") == 0)
		put_properties(out, t);
	if (out->len == empty)
		out->len = before;
	else if (group)
		buf_put_str(out, "};\n");
}

static void
put_configuration(struct buf *out, const struct translation *t, const char *file)
{
	buf_printf(out, "# Translated by pgwake %s from %s.\n"
		"# Behind each value: the option it comes from.\n\n", PGWAKE_VERSION, file);
	for (size_t g = 0; g < options_ngroups; g++)
		put_group(out, t, options_groups[g].name);
	if (t->differs.len) {
		buf_put_str(out, "\n# Events differ from the connector's for want of:\n");
		put_notes(out, "#   ", &t->differs);
	}
	if (t->lost.len) {
		buf_put_str(out, "\n# Not taken over:\n");
		put_notes(out, "#   ", &t->lost);
	}
}

static int
count_lines(const struct buf *b)
{
	int n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->p[i] == '\n';
	return n;
}

static int
finish(const struct translation *t, struct buf *out, struct buf *refused,
	const char *name, bool force, struct fail *f)
{
	int n = count_lines(&t->differs);

	if (refused)
		buf_put_span(refused, buf_span(&t->differs));
	if (n && !force)
		return fail_set(f, FAIL_CONFIG,
			"%s: %d option%s would change events; with --force the rest "
			"is translated and the file says what differs",
			name, n, n > 1 ? "s" : "");
	put_configuration(out, t, name);
	return out->failed ? fail_set(f, FAIL_FATAL, "out of memory") : 0;
}

int
cmd_import_text(struct buf *out, struct buf *refused, const char *text,
	size_t len, const char *name, bool force, struct fail *f)
{
	struct connector from;
	struct translation t;
	int rc;

	if (connector_parse(&from, text, len, name, f) < 0)
		return -1;
	rc = translation_init(&t, &from, name, f);
	if (rc == 0)
		rc = finish(&t, out, refused, name, force, f);
	translation_release(&t);
	connector_release(&from);
	return rc;
}

static int
read_file(const char *path, struct buf *out, struct fail *f)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdin : fopen(path, "re");
	char chunk[8192];
	size_t n;
	int rc = 0;

	if (!file)
		return fail_set(f, FAIL_CONFIG, "%s: %s", path, strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_put(out, chunk, n);
	if (ferror(file))
		rc = fail_set(f, FAIL_CONFIG, "%s: %s", path, strerror(errno));
	else if (out->failed)
		rc = fail_set(f, FAIL_CONFIG, "%s: more than a megabyte", path);
	if (!standard)
		fclose(file);
	return rc;
}

int
cmd_import(const char *path, bool force, struct fail *f)
{
	struct buf text, out, refused;
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
	int rc;

	buf_init(&text, TEXT_MAX_BYTES);
	buf_init(&out, 4 * TEXT_MAX_BYTES);
	buf_init(&refused, TEXT_MAX_BYTES);
	rc = read_file(path, &text, f);
	if (rc == 0)
		rc = cmd_import_text(&out, &refused, buf_span(&text).p, text.len, name, force, f);
	if (refused.len)
		fwrite(refused.p, 1, refused.len, stderr);
	if (rc == 0 && (fwrite(out.p, 1, out.len, stdout) != out.len || fflush(stdout) != 0))
		rc = fail_set(f, FAIL_FATAL, "standard output: %s", strerror(errno));
	buf_release(&refused);
	buf_release(&out);
	buf_release(&text);
	return rc;
}
