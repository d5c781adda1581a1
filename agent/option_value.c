#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "log.h"
#include "option_value.h"
#include "property.h"

static void *
member(const struct config *c, const struct option *o)
{
	return (char *)c + o->offset;
}

static size_t
index_of(const struct option *o)
{
	return (size_t)(o - options);
}

static int
no_memory(struct fail *f)
{
	return fail_set(f, FAIL_FATAL, "out of memory");
}

/* "must be WHAT, not "text"". */
static int
refuse(const struct option *o, const char *text, struct fail *f)
{
	struct buf domain;

	buf_init(&domain, 512);
	option_value_put_domain(&domain, o);
	buf_putc(&domain, '\0');
	if (o->flags & OPTION_SECRET)
		fail_set(f, FAIL_CONFIG, "must be %s", domain.p ? domain.p : "");
	else
		fail_set(f, FAIL_CONFIG, "must be %s, not \"%s\"",
			domain.p ? domain.p : "", text);
	buf_release(&domain);
	return -1;
}

static int
set_string(char **at, const char *text, struct fail *f)
{
	char *copy = strdup(text);

	if (!copy)
		return no_memory(f);
	free(*at);
	*at = copy;
	return 0;
}

static int
parse_bool(const char *text)
{
	static const char *const words[] = { "false", "true", "off", "on", "no", "yes", "0", "1" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return i & 1;
	return -1;
}

static int
set_bool(bool *at, const struct option *o, const char *text, struct fail *f)
{
	int b = parse_bool(text);

	if (b < 0)
		return refuse(o, text, f);
	*at = b;
	return 0;
}

static int
set_number(void *at, const struct option *o, const char *text, struct fail *f)
{
	char *end;
	intmax_t n;

	errno = 0;
	n = strtoimax(text, &end, 10);
	if (!*text || *end || errno || strchr(" \t\n+", *text) || n < o->min || n > o->max)
		return refuse(o, text, f);
	if (o->type == OPTION_INT)
		*(int *)at = (int)n;
	else
		*(int64_t *)at = n;
	return 0;
}

static int
set_choice(int *at, const struct option *o, const char *text, struct fail *f)
{
	for (int i = 0; o->choices[i]; i++)
		if (strcasecmp(text, o->choices[i]) == 0) {
			*at = i;
			return 0;
		}
	return refuse(o, text, f);
}

static int
remember(struct config *c, const struct option *o, const char *origin, struct fail *f)
{
	char *copy = NULL;

	if (origin && !(copy = strdup(origin)))
		return no_memory(f);
	free(c->origins[index_of(o)]);
	c->origins[index_of(o)] = copy;
	return 0;
}

static int
set_text(void *at, const struct option *o, const char *text, struct fail *f)
{
	struct config_list list;

	switch (o->type) {
	case OPTION_STRING:
		return set_string(at, text, f);
	case OPTION_BOOL:
		return set_bool(at, o, text, f);
	case OPTION_INT:
	case OPTION_SIZE:
	case OPTION_DURATION:
		return set_number(at, o, text, f);
	case OPTION_CHOICE:
		return set_choice(at, o, text, f);
	case OPTION_LIST:
		if (option_value_split(text, &list) < 0)
			return no_memory(f);
		option_value_free_list(at);
		*(struct config_list *)at = list;
		return 0;
	case OPTION_GROUPS:
	case OPTION_PROPERTY:
		break;
	}
	return -1;
}

int
option_value_set(struct config *c, const struct option *o, const char *text,
	const char *origin, struct fail *f)
{
	if (o->type == OPTION_PROPERTY)
		return property_set(c, o->key, text, origin, f);
	if (set_text(member(c, o), o, text, f) < 0)
		return -1;
	return remember(c, o, origin, f);
}

int
option_value_set_list(struct config *c, const struct option *o,
	const char *const *items, size_t count, const char *origin, struct fail *f)
{
	struct config_list *list = member(c, o), new = { NULL, 0 };

	new.items = calloc(count ? count : 1, sizeof(*new.items));
	if (!new.items)
		return no_memory(f);
	for (; new.count < count; new.count++)
		if (!(new.items[new.count] = strdup(items[new.count]))) {
			option_value_free_list(&new);
			return no_memory(f);
		}
	option_value_free_list(list);
	*list = new;
	return remember(c, o, origin, f);
}

static void
free_fields(void *group, const struct option *o)
{
	for (size_t i = 0; i < o->nfields; i++) {
		void *at = (char *)group + o->fields[i].offset;

		if (o->fields[i].type == OPTION_STRING)
			free(*(char **)at);
		else if (o->fields[i].type == OPTION_LIST)
			option_value_free_list(at);
	}
}

static void
free_groups(struct config_groups *groups, const struct option *o)
{
	for (size_t i = 0; i < groups->count; i++)
		free_fields((char *)groups->items + i * o->size, o);
	free(groups->items);
	*groups = (struct config_groups){ NULL, 0 };
}

int
option_value_clear_groups(struct config *c, const struct option *o,
	const char *origin, struct fail *f)
{
	free_groups(member(c, o), o);
	return remember(c, o, origin, f);
}

void *
option_value_add_group(struct config *c, const struct option *o, struct fail *f)
{
	struct config_groups *groups = member(c, o);
	char *grown = realloc(groups->items, (groups->count + 1) * o->size), *group;

	if (!grown) {
		no_memory(f);
		return NULL;
	}
	groups->items = grown;
	group = grown + groups->count * o->size;
	memset(group, 0, o->size);
	groups->count++;
	for (size_t i = 0; i < o->nfields; i++)
		if (o->fields[i].def && option_value_set_field(group,
				&o->fields[i], o->fields[i].def, f) < 0)
			return NULL;
	return group;
}

int
option_value_set_field(void *group, const struct option *field,
	const char *text, struct fail *f)
{
	return set_text((char *)group + field->offset, field, text, f);
}

int
option_value_set_defaults(struct config *c)
{
	c->origins = calloc(options_count, sizeof(*c->origins));
	if (!c->origins)
		return -1;
	for (size_t i = 0; i < options_count; i++)
		if (options[i].def &&
		    option_value_set(c, &options[i], options[i].def, NULL, NULL) < 0)
			return -1;
	return 0;
}

void
option_value_release(struct config *c)
{
	for (size_t i = 0; i < options_count; i++) {
		if (options[i].type == OPTION_STRING)
			free(*(char **)member(c, &options[i]));
		if (options[i].type == OPTION_LIST)
			option_value_free_list(member(c, &options[i]));
		if (options[i].type == OPTION_GROUPS)
			free_groups(member(c, &options[i]), &options[i]);
		if (c->origins)
			free(c->origins[i]);
	}
	free(c->origins);
	for (size_t i = 0; i < c->kafka.nproperties; i++) {
		free(c->kafka.properties[i].key);
		free(c->kafka.properties[i].value);
		free(c->kafka.properties[i].origin);
	}
	free(c->kafka.properties);
}

/* The property that an option of this type names; NULL if it is not set. */
static const struct config_pair *
property_of(const struct config *c, const struct option *o)
{
	char name[OPTIONS_NAME_MAX];

	if (!property_resolve(o->key, name, sizeof(name)))
		return NULL;
	for (size_t i = 0; i < c->kafka.nproperties; i++)
		if (strcmp(c->kafka.properties[i].key, name) == 0)
			return &c->kafka.properties[i];
	return NULL;
}

const char *
option_value_origin(const struct config *c, const struct option *o)
{
	const struct config_pair *pair;

	if (o->type != OPTION_PROPERTY)
		return c->origins[index_of(o)];
	pair = property_of(c, o);
	return pair ? pair->origin : NULL;
}

void
option_value_put_string(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text; text++) {
		unsigned char ch = (unsigned char)*text;

		if (ch == '"' || ch == '\\')
			buf_putc(out, '\\');
		if (ch < ' ' || ch == 0x7f)
			buf_printf(out, "\\x%02x", ch);
		else
			buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

void
option_value_put_list(struct buf *out, const struct config_list *list)
{
	buf_put_str(out, "(");
	for (size_t i = 0; i < list->count; i++) {
		buf_put_str(out, i ? ", " : " ");
		option_value_put_string(out, list->items[i]);
	}
	buf_put_str(out, list->count ? " )" : ")");
}

/* A property needs no quotes if it reads as a number or a truth value. */
void
option_value_put_property(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
	    (len > 0 && len < 10 && strspn(text, "0123456789") == len &&
	    (text[0] != '0' || len == 1)))
		buf_put_str(out, text);
	else
		option_value_put_string(out, text);
}

static bool
put_text(struct buf *out, const struct option *o, const char *text)
{
	struct buf clean;

	if (!text)
		return false;
	if (o->flags & OPTION_SECRET) {
		buf_put_str(out, "\"***\"");
	} else if (o->flags & OPTION_CONNECTION) {
		buf_init(&clean, out->cap);
		log_conninfo(&clean, text);
		buf_putc(&clean, '\0');
		option_value_put_string(out, clean.failed ? "" : clean.p);
		buf_release(&clean);
	} else if (o->type == OPTION_PROPERTY) {
		option_value_put_property(out, text);
	} else {
		option_value_put_string(out, text);
	}
	return true;
}

static void
put_field(struct buf *out, const struct option *o, const void *at, bool secrets)
{
	switch (o->type) {
	case OPTION_STRING:
		if (secrets)
			option_value_put_string(out, *(char *const *)at);
		else
			put_text(out, o, *(char *const *)at);
		break;
	case OPTION_LIST:
		option_value_put_list(out, at);
		break;
	default:
		buf_put_i64(out, *(const int *)at);
	}
}

void
option_value_put_groups(struct buf *out, const struct config *c,
	const struct option *o, bool secrets)
{
	const struct config_groups *groups = member(c, o);

	buf_put_str(out, "(");
	for (size_t i = 0; i < groups->count; i++) {
		const char *group = (const char *)groups->items + i * o->size;

		buf_put_str(out, i ? ", { " : " { ");
		for (size_t k = 0; k < o->nfields; k++) {
			buf_printf(out, "%s = ", o->fields[k].key);
			put_field(out, &o->fields[k], group + o->fields[k].offset,
				secrets);
			buf_put_str(out, "; ");
		}
		buf_putc(out, '}');
	}
	buf_put_str(out, groups->count ? " )" : ")");
}

bool
option_value_put(struct buf *out, const struct config *c, const struct option *o)
{
	const void *at = member(c, o);
	const struct config_list *list = at;
	const struct config_pair *pair;

	switch (o->type) {
	case OPTION_STRING:
		return put_text(out, o, *(char *const *)at);
	case OPTION_BOOL:
		if (!o->def && !option_value_origin(c, o))
			return false;
		buf_put_str(out, *(const bool *)at ? "true" : "false");
		return true;
	case OPTION_INT:
		buf_put_i64(out, *(const int *)at);
		return true;
	case OPTION_SIZE:
	case OPTION_DURATION:
		buf_put_i64(out, *(const int64_t *)at);
		return true;
	case OPTION_CHOICE:
		if (!o->def && !option_value_origin(c, o))
			return false;
		option_value_put_string(out, o->choices[*(const int *)at]);
		return true;
	case OPTION_LIST:
		if (list->count == 0 && !option_value_origin(c, o))
			return false;
		option_value_put_list(out, list);
		return true;
	case OPTION_GROUPS:
		if (!option_value_origin(c, o))
			return false;
		option_value_put_groups(out, c, o, false);
		return true;
	case OPTION_PROPERTY:
		pair = property_of(c, o);
		return put_text(out, o, pair ? pair->value : NULL);
	}
	return false;
}

void
option_value_put_domain(struct buf *out, const struct option *o)
{
	switch (o->type) {
	case OPTION_STRING:
		buf_put_str(out, "a string");
		break;
	case OPTION_PROPERTY:
		buf_put_str(out, "a string, a number, true or false");
		break;
	case OPTION_BOOL:
		buf_put_str(out, "true or false");
		break;
	case OPTION_INT:
	case OPTION_SIZE:
	case OPTION_DURATION:
		buf_printf(out, "a number from %" PRId64 " to %" PRId64, o->min, o->max);
		break;
	case OPTION_CHOICE:
		buf_put_str(out, o->choices[1] ? "one of " : "");
		for (int i = 0; o->choices[i]; i++)
			buf_printf(out, "%s%s", i ? ", " : "", o->choices[i]);
		break;
	case OPTION_LIST:
		buf_put_str(out, "a list of strings");
		break;
	case OPTION_GROUPS:
		buf_put_str(out, "a list of groups {");
		for (size_t i = 0; i < o->nfields; i++) {
			buf_printf(out, " %s = ", o->fields[i].key);
			option_value_put_domain(out, &o->fields[i]);
			buf_putc(out, ';');
		}
		buf_put_str(out, " }");
		break;
	}
}

/* Behind a character class that begins at `p`; "[]" and "[^]" hold a bracket. */
static const char *
class_end(const char *p)
{
	p += p[1] == '^' ? 2 : 1;
	if (*p == ']')
		p++;
	for (; *p && *p != ']'; p++)
		if (*p == '\\' && p[1])
			p++;
	return p;
}

/* Where the item at `p` ends: its comma, or the end of the text. */
static const char *
item_end(const char *p)
{
	int depth = 0;

	for (; *p && (*p != ',' || depth > 0); p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '[' && !*(p = class_end(p)))
			break;
		else if (*p == '(' || *p == '{')
			depth++;
		else if ((*p == ')' || *p == '}') && depth > 0)
			depth--;
	}
	return p;
}

static int
append(struct config_list *list, const char *p, size_t len)
{
	char **grown = realloc(list->items, (list->count + 1) * sizeof(*grown));

	if (!grown)
		return -1;
	list->items = grown;
	grown[list->count] = strndup(p, len);
	if (!grown[list->count])
		return -1;
	list->count++;
	return 0;
}

int
option_value_split(const char *text, struct config_list *out)
{
	const char *p = text;

	*out = (struct config_list){ NULL, 0 };
	while (*p) {
		const char *end = item_end(p), *next = *end ? end + 1 : end;

		while (p < end && strchr(" \t\r\n", *p))
			p++;
		while (end > p && strchr(" \t\r\n", end[-1]))
			end--;
		if (end > p && append(out, p, (size_t)(end - p)) < 0) {
			option_value_free_list(out);
			return -1;
		}
		p = next;
	}
	return 0;
}

void
option_value_free_list(struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct config_list){ NULL, 0 };
}
