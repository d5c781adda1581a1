#include "conv_misc.h"

struct scan {
	const char *p, *end;
};

static int
bad(struct fail *f, const char *type, struct span text)
{
	int len = text.len > 64 ? 64 : (int)text.len;

	return fail_set(f, FAIL_FATAL, "not a %s: \"%.*s\"", type, len, text.p);
}

static int
no_memory(struct fail *f, const char *type)
{
	return fail_set(f, FAIL_FATAL, "a %s: no memory left", type);
}

static bool
skip(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

/* A quoted string with its escapes, without its quotes. */
static bool
quoted(struct scan *s, struct span *out)
{
	if (!skip(s, "\""))
		return false;
	out->p = s->p;
	while (s->p < s->end && *s->p != '"') {
		if (*s->p == '\\' && ++s->p == s->end)
			return false;
		s->p++;
	}
	out->len = (size_t)(s->p - out->p);
	return skip(s, "\"");
}

/* The next pair, still escaped; an absent value is NULL. */
static bool
next_pair(struct scan *s, struct span *key, struct span *value)
{
	*value = (struct span){ NULL, 0 };
	return quoted(s, key) && skip(s, "=>") &&
		(skip(s, "NULL") || quoted(s, value));
}

static bool
count_pairs(struct scan s, size_t *count)
{
	struct span key, value;

	*count = 0;
	if (s.p == s.end)
		return true;
	do {
		if (!next_pair(&s, &key, &value))
			return false;
		++*count;
	} while (skip(&s, ", "));
	return s.p == s.end;
}

/* Counts while `to` is NULL, and writes when it is not. */
struct writer {
	char *to;
	size_t len;
};

static void
put(struct writer *w, const char *text, size_t n)
{
	if (w->to)
		memcpy(w->to + w->len, text, n);
	w->len += n;
}

static void
put_control(struct writer *w, char c)
{
	static const char shorts[] = "\bb\tt\nn\ff\rr";
	static const char hex[] = "0123456789ABCDEF";
	char text[6] = { '\\', 'u', '0', '0', hex[c >> 4 & 15], hex[c & 15] };

	for (size_t i = 0; i < sizeof shorts - 1; i += 2) {
		if (shorts[i] == c) {
			text[1] = shorts[i + 1];
			put(w, text, 2);
			return;
		}
	}
	put(w, text, 6);
}

/* A JSON string out of one that is still escaped the hstore way. */
static void
put_json(struct writer *w, struct span s)
{
	put(w, "\"", 1);
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		if (s.p[i] == '"' || s.p[i] == '\\')
			put(w, "\\", 1);
		if ((unsigned char)s.p[i] < 0x20)
			put_control(w, s.p[i]);
		else
			put(w, s.p + i, 1);
	}
	put(w, "\"", 1);
}

static void
put_object(struct writer *w, struct scan s, size_t count)
{
	struct span key, value;

	put(w, "{", 1);
	for (size_t i = 0; i < count; i++) {
		if (i) {
			skip(&s, ", ");
			put(w, ",", 1);
		}
		next_pair(&s, &key, &value);
		put_json(w, key);
		put(w, ":", 1);
		if (value.p)
			put_json(w, value);
		else
			put(w, "null", 4);
	}
	put(w, "}", 1);
}

int
conv_misc_hstore_json(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct scan s = { text.p, text.p + text.len };
	struct writer w = { NULL, 0 };
	size_t count;

	(void)c;
	if (!count_pairs(s, &count))
		return bad(f, "hstore", text);
	put_object(&w, s, count);
	w.to = arena_alloc(a, w.len);
	if (!w.to)
		return no_memory(f, "hstore");
	w.len = 0;
	put_object(&w, s, count);
	*out = value_text(VALUE_STRING, (struct span){ w.to, w.len });
	return 0;
}

/* A view where nothing is escaped, else a copy. */
static bool
unescape(struct span s, struct arena *a, struct value *out)
{
	char *to;
	size_t n = 0;

	if (!s.len || !memchr(s.p, '\\', s.len)) {
		*out = value_text(VALUE_STRING, s);
		return true;
	}
	to = arena_alloc(a, s.len);
	if (!to)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		to[n++] = s.p[i];
	}
	*out = value_text(VALUE_STRING, (struct span){ to, n });
	return true;
}

int
conv_misc_hstore_map(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct scan s = { text.p, text.p + text.len };
	struct span key, value;
	struct value *items;
	size_t count;

	(void)c;
	if (!count_pairs(s, &count))
		return bad(f, "hstore", text);
	items = arena_zero(a, 2 * count + 1, sizeof *items);
	if (!items)
		return no_memory(f, "hstore");
	for (size_t i = 0; i < count; i++) {
		skip(&s, ", ");
		next_pair(&s, &key, &value);
		if (!unescape(key, a, &items[2 * i]) ||
		    (value.p && !unescape(value, a, &items[2 * i + 1])))
			return no_memory(f, "hstore");
	}
	*out = value_items(VALUE_MAP, items, count);
	return 0;
}

/* How many pieces `s` has between separators; none if it is empty. */
static size_t
count_pieces(struct span s, char separator)
{
	size_t n = s.len > 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == separator;
	return n;
}

/* Cuts the piece before the next separator off `s`. */
static struct span
next_piece(struct span *s, char separator)
{
	const char *comma = s->len ? memchr(s->p, separator, s->len) : NULL;
	size_t n = comma ? (size_t)(comma - s->p) : s->len;
	struct span piece = { s->p, n };

	n += comma != NULL;
	s->p += n;
	s->len -= n;
	return piece;
}

static int
list(const struct conv *c, struct span inner, char separator, struct arena *a,
	struct value *out, struct fail *f)
{
	size_t count = count_pieces(inner, separator);
	struct value *items = arena_zero(a, count + 1, sizeof *items);

	if (!items)
		return no_memory(f, "vector");
	for (size_t i = 0; i < count; i++) {
		if (c->item->fn(c->item, next_piece(&inner, separator), a,
		    &items[i], f))
			return -1;
	}
	*out = value_items(VALUE_ARRAY, items, count);
	return 0;
}

int
conv_misc_vector(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	if (text.len < 2 || text.p[0] != '[' || text.p[text.len - 1] != ']')
		return bad(f, "vector", text);
	return list(c, (struct span){ text.p + 1, text.len - 2 }, ',', a, out,
		f);
}

int
conv_misc_integers(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	return list(c, text, ' ', a, out, f);
}

/* An unsigned number that ends where `s` does. */
static bool
whole(struct span s, int64_t *out)
{
	*out = 0;
	if (s.len == 0 || s.len > 10)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*out = *out * 10 + (s.p[i] - '0');
	}
	return true;
}

static bool
sparse_item(const struct conv *c, struct span piece, struct arena *a,
	struct value *pair, struct fail *f)
{
	const char *colon = piece.len ? memchr(piece.p, ':', piece.len) : NULL;
	struct span value;
	int64_t at;

	if (!colon || !whole((struct span){ piece.p,
	    (size_t)(colon - piece.p) }, &at))
		return false;
	value = (struct span){ colon + 1,
		(size_t)(piece.p + piece.len - colon) - 1 };
	pair[0] = value_int(at);
	return c->item->fn(c->item, value, a, &pair[1], f) == 0;
}

static bool
sparse_parts(struct span text, struct span *inner, int64_t *dimensions)
{
	const char *slash = text.len ? memchr(text.p, '/', text.len) : NULL;

	if (!slash || slash - text.p < 2 || text.p[0] != '{' ||
	    slash[-1] != '}')
		return false;
	*inner = (struct span){ text.p + 1, (size_t)(slash - text.p) - 2 };
	return whole((struct span){ slash + 1,
		(size_t)(text.p + text.len - slash) - 1 }, dimensions);
}

int
conv_misc_sparsevec(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct value *fields, *items;
	struct span inner;
	int64_t dimensions;
	size_t count;

	if (!sparse_parts(text, &inner, &dimensions))
		return bad(f, "sparsevec", text);
	if (dimensions > INT16_MAX) {
		*out = value_null();
		return 0;
	}
	count = count_pieces(inner, ',');
	fields = arena_zero(a, 2, sizeof *fields);
	items = arena_zero(a, 2 * count + 1, sizeof *items);
	if (!fields || !items)
		return no_memory(f, "sparsevec");
	for (size_t i = 0; i < count; i++) {
		if (!sparse_item(c, next_piece(&inner, ','), a,
		    &items[2 * i], f))
			return arena_failed(a) ? no_memory(f, "sparsevec") :
				bad(f, "sparsevec", text);
	}
	fields[0] = value_int(dimensions);
	fields[1] = value_items(VALUE_MAP, items, count);
	*out = value_items(VALUE_STRUCT, fields, 2);
	return 0;
}
