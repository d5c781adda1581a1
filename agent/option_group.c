#include "option_group.h"

#include <stdio.h>

#include "nearest.h"

#define PLACE_MAX 512
#define TEXT_MAX_BYTES (1 << 20)
#define NUMBER_MAX 32

/* What is being read. Errors name item and key; where that is, is kept beside. */
struct where {
	const struct option *option;
	const char *file;
	char place[PLACE_MAX];
	int item;		/* from 1 */
};

static void
set_place(struct where *w, const config_setting_t *s)
{
	const char *source = config_setting_source_file(s);

	snprintf(w->place, sizeof(w->place), "%.*s:%u", PLACE_MAX - 16,
		source ? source : w->file, config_setting_source_line(s));
}

static int
wrong(const struct where *w, const char *key, const char *what, struct fail *f)
{
	return fail_set(f, FAIL_CONFIG, "item %d: %s %s", w->item, key, what);
}

static int
unknown(const struct where *w, const char *key, struct fail *f)
{
	const struct option *o = w->option;
	struct nearest n;

	nearest_init(&n, key);
	for (size_t i = 0; i < o->nfields; i++)
		nearest_offer(&n, o->fields[i].key, 0, o->fields[i].key);
	if (n.name[0])
		return fail_set(f, FAIL_CONFIG,
			"item %d: %s is unknown; did you mean %s?",
			w->item, key, n.name);
	return wrong(w, key, "is unknown", f);
}

static int
wrong_type(const struct where *w, const struct option *field, struct fail *f)
{
	struct buf what;

	buf_init(&what, 512);
	buf_put_str(&what, "must be ");
	option_value_put_domain(&what, field);
	buf_putc(&what, '\0');
	wrong(w, field->key, what.failed ? "is of the wrong type" : what.p, f);
	buf_release(&what);
	return -1;
}

static int
set_text(const struct where *w, void *group, const struct option *field,
	const char *text, struct fail *f)
{
	struct fail why = FAIL_INIT;

	if (option_value_set_field(group, field, text, &why) == 0)
		return 0;
	if (why.kind != FAIL_CONFIG)
		return fail_set(f, why.kind, "%s", why.text);
	return wrong(w, field->key, why.text, f);
}

/* As one text, which is then split again at the commas between the items. */
static int
set_list(const struct where *w, void *group, const struct option *field,
	const config_setting_t *list, struct fail *f)
{
	struct buf text;
	int rc = 0;

	buf_init(&text, TEXT_MAX_BYTES);
	for (int i = 0; i < config_setting_length(list) && rc == 0; i++) {
		const char *item = config_setting_get_string_elem(list, i);

		if (!item)
			rc = wrong_type(w, field, f);
		else
			buf_printf(&text, "%s%s", i ? "," : "", item);
	}
	buf_putc(&text, '\0');
	if (rc == 0)
		rc = text.failed ? fail_set(f, FAIL_FATAL, "out of memory") :
			set_text(w, group, field, text.p, f);
	buf_release(&text);
	return rc;
}

static int
set_field(const struct where *w, void *group, const struct option *field,
	const config_setting_t *s, struct fail *f)
{
	char number[NUMBER_MAX];
	int type = config_setting_type(s);

	if (field->type == OPTION_LIST && (config_setting_is_list(s) ||
	    config_setting_is_array(s)))
		return set_list(w, group, field, s, f);
	if (field->type == OPTION_INT && (type == CONFIG_TYPE_INT ||
	    type == CONFIG_TYPE_INT64)) {
		snprintf(number, sizeof(number), "%lld", config_setting_get_int64(s));
		return set_text(w, group, field, number, f);
	}
	if (field->type == OPTION_INT || type != CONFIG_TYPE_STRING)
		return wrong_type(w, field, f);
	return set_text(w, group, field, config_setting_get_string(s), f);
}

static const struct option *
find_field(const struct option *o, const char *key)
{
	for (size_t i = 0; i < o->nfields; i++)
		if (strcmp(o->fields[i].key, key) == 0)
			return &o->fields[i];
	return NULL;
}

static int
check_mandatory(const struct where *w, const config_setting_t *s, struct fail *f)
{
	const struct option *o = w->option;

	for (size_t i = 0; i < o->nfields; i++)
		if (o->fields[i].flags & OPTION_MANDATORY &&
		    !config_setting_get_member(s, o->fields[i].key))
			return wrong(w, o->fields[i].key, "is missing", f);
	return 0;
}

static int
read_group(struct config *c, struct where *w, const config_setting_t *s, struct fail *f)
{
	void *group;

	set_place(w, s);
	if (!config_setting_is_group(s))
		return fail_set(f, FAIL_CONFIG, "item %d must be a group: { ... }",
			w->item);
	if (check_mandatory(w, s, f) < 0)
		return -1;
	group = option_value_add_group(c, w->option, f);
	for (int i = 0; group && i < config_setting_length(s); i++) {
		const config_setting_t *member = config_setting_get_elem(s, (unsigned)i);
		const char *key = config_setting_name(member);
		const struct option *field = find_field(w->option, key);

		set_place(w, member);
		if (!field)
			return unknown(w, key, f);
		if (set_field(w, group, field, member, f) < 0)
			return -1;
	}
	return group ? 0 : -1;
}

static int
read_list(struct config *c, struct where *w, const config_setting_t *list,
	const char *origin, struct fail *f)
{
	int count = config_setting_length(list);

	if (option_value_clear_groups(c, w->option, origin, f) < 0)
		return -1;
	for (w->item = 1; w->item <= count; w->item++)
		if (read_group(c, w, config_setting_get_elem(list,
				(unsigned)w->item - 1), f) < 0)
			return -1;
	return 0;
}

int
option_group_read(struct config *c, const struct option *o,
	const config_setting_t *list, const char *file, struct fail *f)
{
	struct where w = { .option = o, .file = file };
	char origin[PLACE_MAX], name[OPTIONS_NAME_MAX];
	struct fail why = FAIL_INIT;

	set_place(&w, list);
	memcpy(origin, w.place, sizeof(origin));
	if (read_list(c, &w, list, origin, &why) == 0)
		return 0;
	return fail_set(f, why.kind, "%s: %s %s", w.place,
		options_name(o, name), why.text);
}

int
option_group_parse(struct config *c, const struct option *o,
	const char *text, const char *origin, struct fail *f)
{
	struct where w = { .option = o, .file = origin };
	const config_setting_t *list;
	struct buf whole;
	config_t parsed;
	int rc;

	buf_init(&whole, TEXT_MAX_BYTES);
	buf_printf(&whole, "v = %s;", text);
	buf_putc(&whole, '\0');
	config_init(&parsed);
	if (!whole.failed && config_read_string(&parsed, whole.p) &&
	    (list = config_lookup(&parsed, "v")) && config_setting_is_list(list))
		rc = read_list(c, &w, list, origin, f);
	else
		rc = fail_set(f, FAIL_CONFIG,
			"must be written as in a file: ( { key = value; }, ... )");
	config_destroy(&parsed);
	buf_release(&whole);
	return rc;
}
