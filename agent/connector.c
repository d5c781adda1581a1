#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "connector.h"

#define VALUE_MAX_BYTES (1 << 20)

static int
no_memory(struct fail *f)
{
	return fail_set(f, FAIL_FATAL, "out of memory");
}

static struct connector_option *
find(struct connector *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->options[i].name, name) == 0)
			return &c->options[i];
	return NULL;
}

static int
put(struct connector *c, const char *name, const char *value, struct fail *f)
{
	struct connector_option *o = find(c, name), *grown;
	char *copy = strdup(value);

	if (!copy)
		return no_memory(f);
	if (o) {
		free(o->value);
		o->value = copy;
		return 0;
	}
	grown = realloc(c->options, (c->count + 1) * sizeof(*grown));
	if (grown)
		c->options = grown;
	if (!grown || !(grown[c->count].name = strdup(name))) {
		free(copy);
		return no_memory(f);
	}
	grown[c->count].value = copy;
	grown[c->count++].used = false;
	return 0;
}

void
connector_release(struct connector *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->options[i].name);
		free(c->options[i].value);
	}
	free(c->options);
	*c = (struct connector){ NULL, 0 };
}

const char *
connector_take(struct connector *c, const char *name)
{
	struct connector_option *o = find(c, name);

	if (!o)
		return NULL;
	o->used = true;
	return o->value;
}

static int
line_of(const char *text, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

static int
put_members(struct connector *c, json_object *object, const char *file, struct fail *f)
{
	json_object_object_foreach(object, name, value) {
		if (json_object_is_type(value, json_type_object) ||
		    json_object_is_type(value, json_type_array))
			return fail_set(f, FAIL_CONFIG,
				"%s: \"%s\" must be a string, a number, true or false",
				file, name);
		if (value && put(c, name, json_object_get_string(value), f) < 0)
			return -1;
	}
	return 0;
}

/* Of a Kubernetes resource, where Strimzi has the class outside of "config". */
static int
put_class(struct connector *c, json_object *spec, struct fail *f)
{
	json_object *class;

	if (!json_object_object_get_ex(spec, "class", &class))
		return 0;
	return put(c, "connector.class", json_object_get_string(class), f);
}

/* The options are in "config", as posted to Connect, or are the whole. */
static int
put_json(struct connector *c, json_object *root, const char *file, struct fail *f)
{
	json_object *config = NULL, *spec;

	if (json_object_object_get_ex(root, "spec", &spec) &&
	    json_object_is_type(spec, json_type_object)) {
		if (put_class(c, spec, f) < 0)
			return -1;
		root = spec;
	}
	if (json_object_object_get_ex(root, "config", &config)) {
		if (!json_object_is_type(config, json_type_object))
			return fail_set(f, FAIL_CONFIG, "%s: \"config\" must be an object", file);
		root = config;
	}
	return put_members(c, root, file, f);
}

static int
parse_json(struct connector *c, const char *text, size_t len, const char *file, struct fail *f)
{
	json_tokener *tokener = json_tokener_new();
	json_object *root;
	int rc;

	if (!tokener)
		return no_memory(f);
	root = json_tokener_parse_ex(tokener, text, (int)len);
	if (root && json_object_is_type(root, json_type_object))
		rc = put_json(c, root, file, f);
	else
		rc = fail_set(f, FAIL_CONFIG, "%s:%d: not JSON: %s", file,
			line_of(text, json_tokener_get_parse_end(tokener)),
			json_tokener_get_error(tokener) == json_tokener_continue ?
			"it ends too early" :
			json_tokener_error_desc(json_tokener_get_error(tokener)));
	json_object_put(root);
	json_tokener_free(tokener);
	return rc;
}

struct reader {			/* of a properties file */
	const char *p, *end;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f';
}

static bool
is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

static void
skip_line_end(struct reader *r)
{
	if (r->p < r->end && *r->p == '\r')
		r->p++;
	if (r->p < r->end && *r->p == '\n')
		r->p++;
}

static void
skip_blanks(struct reader *r)
{
	while (r->p < r->end && is_blank(*r->p))
		r->p++;
}

static void
put_utf8(struct buf *b, unsigned long c)
{
	if (c < 0x80) {
		buf_putc(b, (char)c);
	} else if (c < 0x800) {
		buf_putc(b, (char)(0xc0 | c >> 6));
		buf_putc(b, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_putc(b, (char)(0xe0 | c >> 12));
		buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(b, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_putc(b, (char)(0xf0 | c >> 18));
		buf_putc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(b, (char)(0x80 | (c & 0x3f)));
	}
}

/* Four hexadecimal digits at `p`. False if they are not there. */
static bool
read_hex4(const struct reader *r, const char *p, unsigned long *out)
{
	char digits[5] = "";

	if (r->end - p < 4)
		return false;
	memcpy(digits, p, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return false;
	*out = strtoul(digits, NULL, 16);
	return true;
}

/* What follows "\u": one UTF-16 unit, or a pair of them. False if malformed. */
static bool
read_unicode(struct reader *r, struct buf *b)
{
	unsigned long high, low;

	if (!read_hex4(r, r->p, &high) || high == 0)
		return false;
	r->p += 4;
	if (high >= 0xd800 && high < 0xdc00 && r->end - r->p >= 6 &&
	    r->p[0] == '\\' && r->p[1] == 'u' && read_hex4(r, r->p + 2, &low) &&
	    low >= 0xdc00 && low < 0xe000) {
		r->p += 6;
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	} else if (high >= 0xd800 && high < 0xe000) {
		return false;
	}
	put_utf8(b, high);
	return true;
}

/* What follows a backslash. False if malformed. */
static bool
read_escape(struct reader *r, struct buf *b)
{
	static const char from[] = "tnrf", to[] = "\t\n\r\f";
	const char *known;

	if (r->p == r->end)
		return true;
	if (is_line_end(*r->p)) {		/* the line goes on */
		skip_line_end(r);
		skip_blanks(r);
		return true;
	}
	if (*r->p == 'u') {
		r->p++;
		return read_unicode(r, b);
	}
	known = strchr(from, *r->p);
	buf_putc(b, known && *r->p ? to[known - from] : *r->p);
	r->p++;
	return true;
}

/* A name (up to a separator) or a value (up to the end of the line). */
static bool
read_part(struct reader *r, bool name, struct buf *b)
{
	buf_reset(b);
	while (r->p < r->end && !is_line_end(*r->p)) {
		if (name && (*r->p == '=' || *r->p == ':' || is_blank(*r->p)))
			break;
		if (*r->p == '\\') {
			r->p++;
			if (!read_escape(r, b))
				return false;
		} else {
			buf_putc(b, *r->p++);
		}
	}
	buf_putc(b, '\0');
	return true;
}

static void
skip_separator(struct reader *r)
{
	skip_blanks(r);
	if (r->p < r->end && (*r->p == '=' || *r->p == ':'))
		r->p++;
	skip_blanks(r);
}

/* Java trims nothing behind a value; Connect trims what it parses. */
static void
trim_end(struct buf *b)
{
	size_t len = b->len - 1;	/* without the NUL */

	while (len > 0 && is_blank(b->p[len - 1]))
		len--;
	b->p[len] = '\0';
}

static int
read_option(struct connector *c, struct reader *r, struct buf *name, struct buf *value,
	struct fail *f)
{
	if (!read_part(r, true, name))
		return fail_set(f, FAIL_CONFIG, "\\u needs the four digits of a character");
	skip_separator(r);
	if (!read_part(r, false, value))
		return fail_set(f, FAIL_CONFIG, "\\u needs the four digits of a character");
	if (name->failed || value->failed)
		return fail_set(f, FAIL_CONFIG, "more than a megabyte in one line");
	trim_end(value);
	return put(c, name->p, value->p, f);
}

static int
parse_properties(struct connector *c, const char *text, size_t len, const char *file,
	struct fail *f)
{
	struct reader r = { text, text + len };
	struct buf name, value;
	int rc = 0;

	buf_init(&name, VALUE_MAX_BYTES);
	buf_init(&value, VALUE_MAX_BYTES);
	while (r.p < r.end && rc == 0) {
		const char *start = r.p;

		skip_blanks(&r);
		if (r.p < r.end && (*r.p == '#' || *r.p == '!')) {
			while (r.p < r.end && !is_line_end(*r.p))
				r.p++;
		} else if (r.p < r.end && !is_line_end(*r.p)) {
			rc = read_option(c, &r, &name, &value, f);
			if (rc < 0)
				fail_context(f, "%s:%d", file,
					line_of(text, (size_t)(start - text)));
		}
		skip_line_end(&r);
	}
	buf_release(&name);
	buf_release(&value);
	return rc;
}

int
connector_parse(struct connector *c, const char *text, size_t len,
	const char *file, struct fail *f)
{
	const char *p = text, *end = text + len;
	int rc;

	*c = (struct connector){ NULL, 0 };
	while (p < end && strchr(" \t\r\n\f", *p) && *p)
		p++;
	if (memchr(text, '\0', len))
		rc = fail_set(f, FAIL_CONFIG, "%s: not a text file", file);
	else if (p < end && *p == '{')
		rc = parse_json(c, text, len, file, f);
	else
		rc = parse_properties(c, text, len, file, f);
	if (rc < 0)
		connector_release(c);
	return rc;
}
