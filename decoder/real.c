#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#include "real.h"

/* Significant digits that tell any two doubles apart. */
#define DIGITS_MAX DBL_DECIMAL_DIG

/* Largest decimal exponent that is read; anything beyond overflows a double. */
#define EXPONENT_MAX 99999

static int
bad_text(struct fail *f, struct span text)
{
	return fail_set(f, FAIL_FATAL, "not a floating-point number: \"%.*s\"",
		text.len < 40 ? (int)text.len : 40, text.p);
}

static int
no_memory(struct fail *f)
{
	return fail_set(f, FAIL_FATAL,
		"a value needs more memory than a message may take");
}

/*
 * A floating-point text taken apart: digits[0].digits[1]... times ten to
 * `exponent`. Zeros on either side are not digits; zero has none.
 */
struct scientific {
	bool negative;
	char digits[DIGITS_MAX];
	size_t ndigits;		/* may be more than were kept */
	int exponent;
};

/* Reads "e+10" up to `end` into `*exponent`. */
static bool
parse_exponent(const char *p, const char *end, int *exponent)
{
	bool negative = false;
	int n = 0;

	p++;
	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	if (p == end)
		return false;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return false;
		if (n < EXPONENT_MAX)
			n = n * 10 + (*p - '0');
	}
	*exponent = negative ? -n : n;
	return true;
}

static bool
parse_scientific(struct span s, struct scientific *out)
{
	const char *p = s.p, *end = s.p + s.len;
	size_t n = 0;		/* digits after the first that is not 0 */
	int point = 0, exponent = 0;
	bool seen_point = false, seen_digit = false;

	out->ndigits = 0;
	out->negative = p < end && *p == '-';
	if (out->negative)
		p++;
	for (; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.' && !seen_point) {
			seen_point = true;
			continue;
		}
		if (*p < '0' || *p > '9')
			return false;
		seen_digit = true;
		if (n || *p != '0') {
			if (n < DIGITS_MAX)
				out->digits[n] = *p;
			n++;
			if (*p != '0')
				out->ndigits = n;
			point += !seen_point;
		} else {
			point -= seen_point;
		}
	}
	if (!seen_digit || (p < end && !parse_exponent(p, end, &exponent)))
		return false;
	out->exponent = point - 1 + exponent;
	return true;
}

/* Digits from..to of the number, "0" if there are none, zeros beyond the last. */
static char *
put_digits(char *at, const struct scientific *n, size_t from, size_t to)
{
	if (from >= to)
		*at++ = '0';
	for (size_t i = from; i < to; i++)
		*at++ = i < n->ndigits ? n->digits[i] : '0';
	return at;
}

/*
 * java.lang.Double.toString: plain from 1E-3 to below 1E7, else with an
 * exponent; always a digit on either side of the point.
 */
static int
put_java(const struct scientific *n, struct arena *a, struct value *out,
	struct fail *f)
{
	size_t room = DIGITS_MAX + 16, whole;
	char *text = arena_alloc(a, room), *at = text;

	if (!text)
		return no_memory(f);
	if (n->negative)
		*at++ = '-';
	if (n->ndigits == 0) {
		memcpy(at, "0.0", 3);
		at += 3;
	} else if (n->exponent >= 7 || n->exponent < -3) {
		at = put_digits(at, n, 0, 1);
		*at++ = '.';
		at = put_digits(at, n, 1, n->ndigits);
		at += snprintf(at, room - (size_t)(at - text), "E%d",
			n->exponent);
	} else {
		whole = n->exponent < 0 ? 0 : (size_t)n->exponent + 1;
		at = put_digits(at, n, 0, whole);
		*at++ = '.';
		for (int i = -1; i > n->exponent; i--)
			*at++ = '0';
		at = put_digits(at, n, whole, n->ndigits);
	}
	*out = value_text(VALUE_FLOAT, (struct span){ text, (size_t)(at - text) });
	return 0;
}

/*
 * The shortest text, of at least two digits as Java's, that reads back as `x`.
 * DBL_DIG digits always tell normal numbers apart from a shorter text's
 * neighbours, so the search starts there; the zeros this leaves are dropped.
 */
static int
put_double(double x, bool single, struct arena *a, struct value *out,
	struct fail *f)
{
	double magnitude = x < 0 ? -x : x;
	bool normal = magnitude >= (single ? FLT_MIN : DBL_MIN);
	int n = !normal ? 2 : single ? FLT_DIG : DBL_DIG;
	char text[DIGITS_MAX + 16];
	struct scientific parsed;
	const char *special = x != x ? "NaN" : magnitude <= DBL_MAX ? NULL
		: x < 0 ? "-Infinity" : "Infinity";

	if (special) {
		*out = value_text(VALUE_FLOAT, span_of(special));
		return 0;
	}
	for (;; n++) {
		snprintf(text, sizeof(text), "%.*e", n - 1, x);
		if (n >= DIGITS_MAX ||
		    (single ? (double)strtof(text, NULL) : strtod(text, NULL)) == x)
			break;
	}
	if (!parse_scientific(span_of(text), &parsed))
		return bad_text(f, span_of(text));
	return put_java(&parsed, a, out, f);
}

/* Rounds a text to the type. */
static int
put_rounded(struct span text, bool single, struct arena *a, struct value *out,
	struct fail *f)
{
	struct span copy = arena_copy(a, text);

	if (!copy.p)
		return no_memory(f);
	return put_double(single ? (double)strtof(copy.p, NULL)
		: strtod(copy.p, NULL), single, a, out, f);
}

bool
real_is_special(struct span text)
{
	return span_is(text, "NaN") || span_is(text, "Infinity") ||
		span_is(text, "-Infinity");
}

/* Digits that a text of this source may have and still be the shortest. */
static size_t
digits_trusted(enum real_source source)
{
	switch (source) {
	case REAL_SINGLE:
		return FLT_DECIMAL_DIG;
	case REAL_DOUBLE:
		return DBL_DECIMAL_DIG;
	default:
		return DBL_DIG;
	}
}

/*
 * Near the edges of the type one digit may be the shortest, where Java wants
 * the nearest two (5e-324 is 4.9E-324), or the number may not fit at all.
 */
static bool
near_edge(const struct scientific *n, bool single)
{
	if (n->ndigits == 0)
		return false;
	return n->exponent <= (single ? FLT_MIN_10_EXP : DBL_MIN_10_EXP) ||
		n->exponent >= (single ? FLT_MAX_10_EXP : DBL_MAX_10_EXP);
}

int
real_value(struct span text, enum real_source source, struct arena *a,
	struct value *out, struct fail *f)
{
	bool single = source == REAL_SINGLE;
	struct scientific n;

	if (real_is_special(text)) {
		*out = value_text(VALUE_FLOAT, text);
		return 0;
	}
	if (!parse_scientific(text, &n))
		return bad_text(f, text);
	if (n.ndigits > digits_trusted(source) || near_edge(&n, single))
		return put_rounded(text, single, a, out, f);
	return put_java(&n, a, out, f);
}

struct value
real_of_double(double x, struct arena *a)
{
	struct value v;

	return put_double(x, false, a, &v, NULL) == 0 ? v : value_null();
}
