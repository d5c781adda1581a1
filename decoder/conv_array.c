#include "conv_array.h"

#include "conv_number.h"
#include "json.h"

struct scan {
	const char *p, *end;
	char delimiter;
};

static int
bad(struct fail *f, struct span text)
{
	int len = text.len > 64 ? 64 : (int)text.len;

	return fail_set(f, FAIL_FATAL, "not an array: \"%.*s\"", len, text.p);
}

static bool
skip(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* "[0:2]=" or "[1:2][-3:4]=" */
static bool
skip_bounds(struct scan *s)
{
	if (s->p < s->end && *s->p != '[')
		return true;
	while (s->p < s->end && *s->p != '=')
		s->p++;
	return skip(s, '=');
}

/* Past a quoted element, whose opening quote is next. */
static bool
skip_quoted(struct scan *s, bool *escaped)
{
	*escaped = false;
	s->p++;
	while (s->p < s->end && *s->p != '"') {
		if (*s->p == '\\') {
			*escaped = true;
			s->p++;
			if (s->p == s->end)
				return false;
		}
		s->p++;
	}
	return skip(s, '"');
}

/* Past a whole inner array, whose opening brace is next. */
static bool
skip_nested(struct scan *s)
{
	size_t depth = 0;
	bool escaped;

	do {
		if (s->p == s->end)
			return false;
		if (*s->p == '"') {
			if (!skip_quoted(s, &escaped))
				return false;
			continue;
		}
		if (*s->p == '{')
			depth++;
		else if (*s->p == '}')
			depth--;
		s->p++;
	} while (depth);
	return true;
}

struct element {
	struct span text;
	bool quoted, escaped, nested;
};

static bool
next_element(struct scan *s, struct element *e)
{
	const char *start = s->p;

	*e = (struct element){ .text = { start, 0 } };
	if (s->p == s->end)
		return false;
	if (*s->p == '{') {
		e->nested = true;
		return skip_nested(s);
	}
	if (*s->p == '"') {
		e->quoted = true;
		if (!skip_quoted(s, &e->escaped))
			return false;
		e->text = (struct span){ start + 1,
			(size_t)(s->p - start - 2) };
		return true;
	}
	while (s->p < s->end && *s->p != s->delimiter && *s->p != '}') {
		if (*s->p == '"' || *s->p == '{' || *s->p == '\\')
			return false;
		s->p++;
	}
	e->text.len = (size_t)(s->p - start);
	return e->text.len > 0;
}

/* Counts, and so checks the whole text before anything is allocated. */
static bool
count_elements(struct scan s, size_t *count)
{
	struct element e;

	*count = 0;
	if (!skip(&s, '{'))
		return false;
	if (skip(&s, '}'))
		return s.p == s.end;
	do {
		if (!next_element(&s, &e))
			return false;
		++*count;
	} while (skip(&s, s.delimiter));
	return skip(&s, '}') && s.p == s.end;
}

static bool
is_null(const struct element *e)
{
	static const char word[] = "NULL";

	if (e->nested)
		return true;
	if (e->quoted || e->text.len != 4)
		return false;
	for (int i = 0; i < 4; i++) {
		if ((e->text.p[i] & ~0x20) != word[i])
			return false;
	}
	return true;
}

static bool
unescape(struct span *text, struct arena *a)
{
	char *to = arena_alloc(a, text->len);
	size_t n = 0;

	if (!to)
		return false;
	for (size_t i = 0; i < text->len; i++) {
		if (text->p[i] == '\\')
			i++;
		to[n++] = text->p[i];
	}
	*text = (struct span){ to, n };
	return true;
}

static int
convert(const struct conv *item, struct element *e, struct arena *a,
	struct value *out, struct fail *f)
{
	if (is_null(e)) {
		*out = value_null();
		return 0;
	}
	if (e->escaped && !unescape(&e->text, a))
		return fail_set(f, FAIL_FATAL, "an array: no memory left");
	return item->fn(item, e->text, a, out, f);
}

int
conv_array(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct scan s = { text.p, text.p + text.len, c->delimiter };
	struct value *items;
	struct element e;
	size_t count;

	if (!skip_bounds(&s) || !count_elements(s, &count))
		return bad(f, text);
	items = arena_zero(a, count ? count : 1, sizeof *items);
	if (!items)
		return fail_set(f, FAIL_FATAL, "an array: no memory left");
	for (size_t i = 0; i < count; i++) {
		s.p++;
		next_element(&s, &e);
		if (convert(c->item, &e, a, &items[i], f))
			return fail_context(f, "element %zu of the array",
				i + 1);
	}
	*out = value_items(VALUE_ARRAY, items, count);
	return 0;
}

/* PostgreSQL's own limit is 6. */
#define DEPTH_MAX 16
/* Of a value below 1 GiB, escaped and with its brackets. */
#define JSON_MAX ((size_t)4 << 30)

/* Without a fixed scale a number is its own text; NaN and the infinities are no numbers. */
static int
put_number(struct buf *b, struct span text, struct fail *f)
{
	char c = text.len ? text.p[text.len - 1] : 'N';

	if (c < '0' || c > '9')
		return json_string(b, text, f);
	buf_put_span(b, text);
	return 0;
}

static int
put_leaf(const struct conv *item, struct element *e, struct arena *a,
	struct buf *b, struct fail *f)
{
	static const struct json_options o = { .decimal_numeric = true,
		.keep_null = true };
	struct value v;

	if (!is_null(e) && item->fn == conv_number_variable)
		return put_number(b, e->text, f);
	return convert(item, e, a, &v, f) ? -1 :
		json_value(b, &o, item->schema, &v, f);
}

/* An array whose text has been checked, at its opening brace. */
static int
put_array(const struct conv *array, struct scan *s, int depth, struct arena *a,
	struct buf *b, struct fail *f)
{
	struct element e;

	if (depth == DEPTH_MAX)
		return fail_set(f, FAIL_FATAL, "an array of more than %d "
			"dimensions", DEPTH_MAX);
	buf_putc(b, '[');
	s->p++;
	while (s->p < s->end && *s->p != '}') {
		if (*s->p == s->delimiter) {
			buf_putc(b, ',');
			s->p++;
		}
		if (s->p < s->end && *s->p == '{') {
			if (put_array(array, s, depth + 1, a, b, f))
				return -1;
			continue;
		}
		if (!next_element(s, &e))
			return fail_set(f, FAIL_FATAL, "not an array");
		if (put_leaf(array->item, &e, a, b, f))
			return -1;
	}
	buf_putc(b, ']');
	return skip(s, '}') ? 0 : fail_set(f, FAIL_FATAL, "not an array");
}

int
conv_array_json(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	const struct conv *array = c->item;
	struct scan s = { text.p, text.p + text.len, array->delimiter };
	struct span copy;
	struct buf b;
	size_t count;
	int rc;

	if (!skip_bounds(&s) || !count_elements(s, &count))
		return bad(f, text);
	buf_init(&b, JSON_MAX);
	rc = put_array(array, &s, 0, a, &b, f);
	if (rc == 0) {
		copy = arena_copy(a, buf_span(&b));
		*out = value_text(VALUE_STRING, copy);
		if (b.failed || !copy.p)
			rc = fail_set(f, FAIL_FATAL, "an array: no memory left");
	}
	buf_release(&b);
	return rc;
}
