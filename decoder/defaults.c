#include "defaults.h"

#include "real.h"

/* Parentheses within parentheses; deeper expressions give no default. */
#define DEPTH_MAX 32

struct scan {
	const char *p, *end;
};

enum kind {
	OTHER,		/* operators and the like: nothing is known */
	CALL,		/* begins with a function, or CURRENT_DATE and its kin */
	LITERAL,
	NOTHING		/* NULL */
};

struct expression {
	enum kind kind;
	struct span text;	/* of a literal, in its quotes if it has any */
	bool cast;		/* ::type follows */
	bool nested;		/* in parentheses */
};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		(unsigned char)c >= 0x80;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
at(const struct scan *s, char c)
{
	return s->p < s->end && *s->p == c;
}

static void
skip_spaces(struct scan *s)
{
	while (at(s, ' ') || at(s, '\n'))
		s->p++;
}

/* Past 'text' or "name", in which the quote is doubled. */
static bool
skip_quoted(struct scan *s)
{
	char quote = *s->p++;

	while (s->p < s->end) {
		if (*s->p++ != quote)
			continue;
		if (!at(s, quote))
			return true;
		s->p++;
	}
	return false;
}

/* Past a balanced pair of parentheses, the first of which is next. */
static bool
skip_parentheses(struct scan *s)
{
	size_t depth = 0;

	while (s->p < s->end) {
		if (*s->p == '\'' || *s->p == '"') {
			if (!skip_quoted(s))
				return false;
			continue;
		}
		if (*s->p == '(')
			depth++;
		else if (*s->p == ')')
			depth--;
		s->p++;
		if (depth == 0)
			return true;
	}
	return false;
}

/* Past a name, qualified or not: s."Odd name" */
static bool
skip_name(struct scan *s)
{
	for (;;) {
		if (at(s, '"')) {
			if (!skip_quoted(s))
				return false;
		} else if (s->p < s->end && is_letter(*s->p)) {
			while (s->p < s->end &&
			    (is_letter(*s->p) || is_digit(*s->p)))
				s->p++;
		} else {
			return false;
		}
		if (!at(s, '.'))
			return true;
		s->p++;
	}
}

static void
skip_number(struct scan *s)
{
	while (s->p < s->end && (is_digit(*s->p) || *s->p == '.'))
		s->p++;
	if (at(s, 'e') || at(s, 'E')) {
		s->p++;
		if (at(s, '+') || at(s, '-'))
			s->p++;
		while (s->p < s->end && is_digit(*s->p))
			s->p++;
	}
}

/*
 * Past the ::types that follow. An unquoted capital is no part of a type's
 * name, but of something like IS NULL.
 */
static bool
skip_casts(struct scan *s)
{
	skip_spaces(s);
	while (s->end - s->p >= 2 && s->p[0] == ':' && s->p[1] == ':') {
		s->p += 2;
		while (s->p < s->end && *s->p != ':') {
			if (*s->p == '"') {
				if (!skip_quoted(s))
					return false;
			} else if (*s->p == '(') {	/* numeric(3,-2) */
				if (!skip_parentheses(s))
					return false;
			} else if ((is_letter(*s->p) &&
			    !(*s->p >= 'A' && *s->p <= 'Z')) ||
			    is_digit(*s->p) || strchr(" .[]", *s->p)) {
				s->p++;
			} else {
				return false;
			}
		}
	}
	return s->p == s->end;
}

static struct expression
parse_word(struct scan *s)
{
	static const char *const calls[] = {
		"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP",
		"LOCALTIME", "LOCALTIMESTAMP", "CURRENT_USER", "SESSION_USER",
		"CURRENT_ROLE", "USER", "CURRENT_CATALOG", "CURRENT_SCHEMA",
	};
	struct expression e = { .kind = OTHER, .text = { s->p, 0 } };

	if (!skip_name(s))
		return e;
	e.text.len = (size_t)(s->p - e.text.p);
	if (span_is(e.text, "true") || span_is(e.text, "false"))
		e.kind = LITERAL;
	else if (span_is(e.text, "NULL"))
		e.kind = NOTHING;
	else if (at(s, '(') && skip_parentheses(s))
		e.kind = CALL;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		if (span_is(e.text, calls[i]))
			e.kind = CALL;
	}
	return e;
}

static bool
starts_string(const struct scan *s)
{
	return at(s, '\'') || (s->end - s->p >= 2 && s->p[1] == '\'' &&
		(*s->p == 'E' || *s->p == 'B'));
}

static struct expression parse(struct scan s, int depth);

static struct expression
parse_primary(struct scan *s, int depth)
{
	struct expression e = { .kind = LITERAL, .text = { s->p, 0 } };
	struct scan inner;

	if (at(s, '(')) {
		inner.p = s->p + 1;
		if (depth == DEPTH_MAX || !skip_parentheses(s))
			return (struct expression){ .kind = OTHER };
		inner.end = s->p - 1;
		e = parse(inner, depth + 1);
		e.nested = true;
		return e;
	}
	if (starts_string(s)) {
		s->p += *s->p != '\'';
		if (!skip_quoted(s))
			e.kind = OTHER;
	} else if (s->p < s->end && (is_digit(*s->p) || *s->p == '-')) {
		s->p++;
		skip_number(s);
	} else {
		return parse_word(s);
	}
	e.text.len = (size_t)(s->p - e.text.p);
	return e;
}

static struct expression
parse(struct scan s, int depth)
{
	struct expression e;
	const char *rest;

	skip_spaces(&s);
	e = parse_primary(&s, depth);
	skip_spaces(&s);
	rest = s.p;
	if (!skip_casts(&s)) {
		/* now() + x is still a call, as for Debezium. */
		if (e.kind != CALL)
			e.kind = OTHER;
	} else if (s.p != rest) {
		e.cast = true;
	}
	return e;
}

/* Without its quotes and escapes, in `a`. */
static struct span
literal_text(struct span s, struct arena *a)
{
	bool escapes = s.len && s.p[0] == 'E';
	char *to = arena_alloc(a, s.len + 1);
	size_t n = 0, from = 0;

	if (!to)
		return (struct span){ NULL, 0 };
	if (s.len < 2 || s.p[s.len - 1] != '\'') {
		memcpy(to, s.p, s.len);
		return (struct span){ to, s.len };
	}
	from = s.p[0] == '\'' ? 1 : 2;
	for (size_t i = from; i < s.len - 1; i++) {
		if (s.p[i] == '\'' || (escapes && s.p[i] == '\\'))
			i++;
		to[n++] = s.p[i];
	}
	return (struct span){ to, n };
}

enum {
	BOOL = 16, INT8 = 20, INT2 = 21, INT4 = 23, TEXT = 25, JSON = 114,
	XML = 142, FLOAT4 = 700, FLOAT8 = 701, BPCHAR = 1042, VARCHAR = 1043,
	DATE = 1082, TIME = 1083, TIMESTAMP = 1114, TIMESTAMPTZ = 1184,
	INTERVAL = 1186, BIT = 1560, VARBIT = 1562, NUMERIC = 1700,
	UUID = 2950, JSONB = 3802
};

static bool
is_enum(const struct facts *facts, uint32_t oid)
{
	const struct type_fact *fact = facts_type(facts, oid);

	return fact && fact->type == 'e';
}

/* For the other types, and for domains, Debezium gives no default. */
static bool
has_default(const struct facts *facts, uint32_t oid,
	const struct schema *schema)
{
	switch (oid) {
	case BOOL: case INT8: case INT2: case INT4: case TEXT: case JSON:
	case XML: case FLOAT4: case FLOAT8: case BPCHAR: case VARCHAR:
	case DATE: case TIME: case TIMESTAMP: case TIMESTAMPTZ:
	case INTERVAL: case BIT: case VARBIT: case NUMERIC: case UUID:
	case JSONB:
		return schema->type != SCHEMA_STRUCT;
	default:
		return is_enum(facts, oid);
	}
}

/* What stands for a value that only the server can compute. */
static int
computed(const struct facts *facts, uint32_t oid, int32_t typmod,
	const struct type_mapping *mapping, struct arena *a,
	struct value *out, struct fail *f)
{
	if (is_enum(facts, oid))
		return 0;
	*out = mapping->missing;
	if (oid == JSON || oid == JSONB)
		*out = value_text(VALUE_STRING, (struct span)SPAN("{}"));
	if (oid == UUID)
		*out = value_text(VALUE_STRING, (struct span)
			SPAN("00000000-0000-0000-0000-000000000000"));
	if (oid == NUMERIC && typmod < 4 &&
	    mapping->schema->type == SCHEMA_STRING)
		*out = value_text(VALUE_STRING, (struct span)SPAN("0.0"));
	if (oid == TIMESTAMPTZ && mapping->conv->fn(mapping->conv,
	    (struct span)SPAN("1970-01-01 00:00:00+00"), a, out, f))
		return -1;
	return 1;
}

/* Whether some of the digits from `from` on, past a point, is not zero. */
static bool
more_digits(struct span text, size_t from)
{
	for (size_t i = from; i < text.len; i++)
		if (text.p[i] >= '1' && text.p[i] <= '9')
			return true;
	return false;
}

static size_t
point_of(struct span text)
{
	const char *point = text.len ? memchr(text.p, '.', text.len) : NULL;

	return point ? (size_t)(point - text.p) : text.len;
}

/* The scale of a numeric, below zero too, is a signed number of 11 bits. */
static int32_t
scale_of(int32_t typmod)
{
	return (((typmod - 4) & 0x7ff) ^ 1024) - 1024;
}

/* Where the digits begin that a numeric of this type has no room for. */
static size_t
digits_end(struct span text, int32_t typmod)
{
	int64_t end = (int64_t)point_of(text) + scale_of(typmod);

	if (scale_of(typmod) > 0)
		end++;
	return end < 0 ? 0 : (size_t)end < text.len ? (size_t)end : text.len;
}

static bool
is_rounded_time(int32_t typmod, struct span text)
{
	size_t digits = 0, at = point_of(text) + 1;

	while (at + digits < text.len && is_digit(text.p[at + digits]))
		digits++;
	return typmod >= 0 && digits > (size_t)typmod;
}

/* The server would round the literal, a time with a carry into the next day. */
static bool
is_rounded(uint32_t oid, int32_t typmod, struct span text)
{
	switch (oid) {
	case TIME: case TIMESTAMP: case TIMESTAMPTZ:
		return is_rounded_time(typmod, text);
	case NUMERIC:
		return typmod >= 4 &&
			more_digits(text, digits_end(text, typmod));
	default:
		return false;
	}
}

/* A literal of one of date and timestamp may stand where another is wanted. */
static struct span
as_moment(uint32_t oid, struct span s, struct arena *a)
{
	static const struct span midnight = SPAN("00:00:00");
	struct span date = s, clock = midnight, zone = { "+00", 3 };
	bool bc = s.len > 3 && memcmp(s.p + s.len - 3, " BC", 3) == 0;
	const char *space;

	date.len -= bc ? 3 : 0;
	space = date.len ? memchr(date.p, ' ', date.len) : NULL;
	if (space) {
		clock = (struct span){ space + 1,
			(size_t)(date.p + date.len - space) - 1 };
		date.len = (size_t)(space - date.p);
	} else if (oid == DATE || !date.len || !is_digit(*date.p)) {
		return s;
	}
	for (size_t i = 0; i < clock.len; i++) {
		if (clock.p[i] == '+' || clock.p[i] == '-') {
			zone = (struct span){ clock.p + i, clock.len - i };
			clock.len = i;
		}
	}
	if (oid == DATE)
		clock.len = 0;
	if (oid != TIMESTAMPTZ)
		zone.len = 0;
	return arena_printf(a, "%.*s%s%.*s%.*s%s", SPAN_ARG(date),
		clock.len ? " " : "", SPAN_ARG(clock), SPAN_ARG(zone),
		bc ? " BC" : "");
}

static bool
is_number(uint32_t oid)
{
	return oid == INT2 || oid == INT4 || oid == INT8 || oid == FLOAT4 ||
		oid == FLOAT8 || oid == NUMERIC;
}

/* A literal that PostgreSQL would refuse when it is used. */
static bool
is_out_of_range(uint32_t oid, struct span text)
{
	int64_t limit = oid == INT2 ? INT16_MAX : INT32_MAX, n = 0;
	bool negative = text.len && text.p[0] == '-';

	if (oid != INT2 && oid != INT4)
		return false;
	for (size_t i = negative; i < text.len && n <= limit + 1; i++)
		n = n * 10 + (text.p[i] - '0');
	return n > limit + negative;
}

/*
 * The literal as the type's output would be, in `a`; NULL if Debezium has no
 * default for it: a number to be rounded or cast, a label out of parentheses.
 */
static struct span
type_text(const struct facts *facts, uint32_t oid, int32_t typmod,
	const struct expression *e, struct arena *a)
{
	static const struct span none = { NULL, 0 };
	struct span text = literal_text(e->text, a);
	bool quoted = e->text.len && e->text.p[e->text.len - 1] == '\'';

	if (!text.p)
		return none;
	if (oid == DATE || oid == TIMESTAMP || oid == TIMESTAMPTZ)
		text = as_moment(oid, text, a);
	if ((is_number(oid) && !quoted && e->cast) ||
	    (is_enum(facts, oid) && e->nested) ||
	    (oid == NUMERIC && real_is_special(text)) ||
	    is_rounded(oid, typmod, text) || is_out_of_range(oid, text))
		return none;
	/* 1.100 in numeric(5,2) */
	if (oid == NUMERIC && typmod >= 4 && scale_of(typmod) >= 0)
		text.len = digits_end(text, typmod);
	return text;
}

int
defaults_value(const struct type_modes *modes, const struct facts *facts,
	uint32_t oid, int32_t typmod, const struct type_mapping *mapping,
	struct span expression, struct arena *a, struct value *out,
	struct fail *f)
{
	struct expression e;
	struct span text;
	int failed;

	(void)modes;
	if (!expression.p || !has_default(facts, oid, mapping->schema))
		return 0;
	e = parse((struct scan){ expression.p, expression.p + expression.len },
		0);
	if (e.kind == CALL)
		return computed(facts, oid, typmod, mapping, a, out, f);
	if (e.kind != LITERAL)
		return 0;
	text = type_text(facts, oid, typmod, &e, a);
	failed = text.p ? mapping->conv->fn(mapping->conv, text, a, out, NULL)
		: 0;
	if (arena_failed(a))
		return fail_set(f, FAIL_FATAL, "a default: no memory left");
	if (!text.p)
		return 0;
	/* (5)::bit(8), (1)::boolean: the cast is a function. */
	if (failed)
		return e.cast && (oid == BIT || oid == VARBIT || oid == BOOL) ?
			computed(facts, oid, typmod, mapping, a, out, f) : 0;
	return out->kind != VALUE_NULL;
}
