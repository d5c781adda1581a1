#include "conv_number.h"
#include "decimal.h"
#include "real.h"

static int
bad_text(struct fail *f, const char *type, struct span text)
{
	return fail_set(f, FAIL_FATAL, "not a value of type %s: \"%.*s\"", type,
		text.len < 40 ? (int)text.len : 40, text.p);
}

static int
no_memory(struct fail *f)
{
	return fail_set(f, FAIL_FATAL,
		"a value needs more memory than a message may take");
}

int
conv_number_int(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	size_t first = text.len && text.p[0] == '-';

	(void)c, (void)a;
	/* The text goes into JSON as it is, so it must be a JSON number. */
	if (text.len == first || text.len - first > 20 ||
	    (text.p[first] == '0' && text.len > 1))
		return bad_text(f, "integer", text);
	for (size_t i = first; i < text.len; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return bad_text(f, "integer", text);
	*out = value_text(VALUE_DIGITS, text);
	return 0;
}

int
conv_number_bool(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	bool yes = span_is(text, "t") || span_is(text, "true");

	(void)c, (void)a;
	if (!yes && !span_is(text, "f") && !span_is(text, "false"))
		return bad_text(f, "boolean", text);
	*out = value_bool(yes);
	return 0;
}

int
conv_number_float4(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	(void)c;
	return real_value(text, REAL_SINGLE, a, out, f);
}

int
conv_number_float8(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	(void)c;
	return real_value(text, REAL_DOUBLE, a, out, f);
}

int
conv_number_double(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	(void)c;
	return real_value(text, REAL_EXACT, a, out, f);
}

int
conv_number_decimal(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct decimal d;

	if (real_is_special(text)) {
		*out = value_null();
		return 0;
	}
	if (!decimal_parse(text, &d))
		return bad_text(f, "numeric", text);
	if (d.fraction.len != (size_t)c->scale) {
		text = decimal_text(&d, c->scale, a);
		if (!text.p)
			return no_memory(f);
	}
	*out = value_text(VALUE_DECIMAL, text);
	return 0;
}

int
conv_number_variable(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct decimal d;
	struct value *items;
	unsigned char *bytes;
	size_t n;

	(void)c;
	if (real_is_special(text)) {
		*out = value_null();
		return 0;
	}
	if (!decimal_parse(text, &d))
		return bad_text(f, "numeric", text);
	decimal_strip(&d);
	items = arena_alloc(a, 2 * sizeof(*items));
	bytes = arena_alloc(a, decimal_room(&d));
	if (!items || !bytes)
		return no_memory(f);
	n = decimal_bytes(&d, bytes);
	items[0] = value_int((int64_t)d.fraction.len);
	items[1] = value_text(VALUE_BYTES, (struct span){ (char *)bytes, n });
	*out = value_items(VALUE_STRUCT, items, 2);
	return 0;
}

int
conv_number_string(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct decimal d;

	if (real_is_special(text)) {
		text = span_of(text.p[0] == 'N' ? "NAN" : text.p[0] == 'I'
			? "POSITIVE_INFINITY" : "NEGATIVE_INFINITY");
	} else if (!decimal_parse(text, &d)) {
		return bad_text(f, "numeric", text);
	} else if (d.fraction.len < (size_t)c->scale) {
		text = decimal_text(&d, c->scale, a);
		if (!text.p)
			return no_memory(f);
	}
	*out = value_text(VALUE_STRING, text);
	return 0;
}

/* The digits of a money text, and the last two separators between them. */
struct money {
	char *digits;
	size_t ndigits, mark;	/* mark: digits before the last separator */
	struct span last, previous;
	bool negative;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
scan_money(struct span text, struct money *m)
{
	for (size_t i = 0, start; i < text.len;) {
		if (is_digit(text.p[i])) {
			m->digits[m->ndigits++] = text.p[i++];
			continue;
		}
		for (start = i; i < text.len && !is_digit(text.p[i]); i++)
			if (text.p[i] == '-' || text.p[i] == '(')
				m->negative = true;
		if (m->ndigits && i < text.len) {
			m->previous = m->last;
			m->last = (struct span){ text.p + start, i - start };
			m->mark = m->ndigits;
		}
	}
}

/*
 * The last separator is the decimal point if it differs from the one before.
 * A lone one is, unless it stands before three digits as a group's does; a
 * currency with three fraction digits is known by the wanted scale.
 */
static bool
has_fraction(const struct money *m, int32_t scale)
{
	if (!m->last.p)
		return false;
	if (m->previous.p)
		return !span_eq(m->last, m->previous);
	return m->ndigits - m->mark != 3 || scale == 3;
}

/* Plain text with `scale` digits, or with those that it has. */
static int
money_text(struct span text, int32_t scale, bool rounded, struct arena *a,
	struct span *out, struct fail *f)
{
	struct money m = { .digits = arena_alloc(a, text.len) };
	struct decimal d;

	if (!m.digits)
		return no_memory(f);
	scan_money(text, &m);
	if (m.ndigits == 0)
		return bad_text(f, "money", text);
	if (!has_fraction(&m, scale))
		m.mark = m.ndigits;
	d.whole = (struct span){ m.digits, m.mark };
	d.fraction = (struct span){ m.digits + m.mark, m.ndigits - m.mark };
	while (d.whole.len && d.whole.p[0] == '0') {
		d.whole.p++;
		d.whole.len--;
	}
	d.negative = m.negative;
	if (!rounded)
		scale = (int32_t)d.fraction.len;
	*out = decimal_text(&d, scale, a);
	return out->p ? 0 : no_memory(f);
}

int
conv_number_money(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct span plain;

	if (money_text(text, c->scale, true, a, &plain, f) != 0)
		return -1;
	*out = value_text(VALUE_DECIMAL, plain);
	return 0;
}

int
conv_number_money_double(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f)
{
	struct span plain;

	if (money_text(text, c->scale, false, a, &plain, f) != 0)
		return -1;
	return conv_number_double(c, plain, a, out, f);
}

int
conv_number_money_string(const struct conv *c, struct span text,
	struct arena *a, struct value *out, struct fail *f)
{
	struct span plain;

	if (money_text(text, c->scale, false, a, &plain, f) != 0)
		return -1;
	*out = value_text(VALUE_STRING, plain);
	return 0;
}
