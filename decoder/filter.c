#define PCRE2_CODE_UNIT_WIDTH 8
#include "filter.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

struct pattern {
	pcre2_code *code;
	bool exclude;
};

struct filter {
	struct pattern *patterns;
	size_t count;
	bool includes;			/* there is a pattern without '!' */
	pcre2_match_data *match;
};

static int
compile(struct pattern *out, struct span text, struct fail *f)
{
	uint32_t flags = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_CASELESS |
		PCRE2_UTF;
	PCRE2_SIZE at;
	int code;

	out->exclude = text.len && text.p[0] == '!';
	if (out->exclude) {
		text.p++;
		text.len--;
	}
	out->code = pcre2_compile((PCRE2_SPTR)text.p, text.len, flags, &code,
		&at, NULL);
	if (!out->code) {
		PCRE2_UCHAR why[128];

		pcre2_get_error_message(code, why, sizeof why);
		return fail_set(f, FAIL_CONFIG,
			"pattern \"%.*s\": %s at character %zu",
			SPAN_ARG(text), (char *)why, (size_t)at + 1);
	}
	return 0;
}

struct filter *
filter_new(const struct span *patterns, size_t count, struct fail *f)
{
	struct filter *filter = calloc(1, sizeof *filter);

	if (!filter)
		goto nomem;
	filter->patterns = calloc(count ? count : 1, sizeof *filter->patterns);
	/* Only whether it matched is asked: one pair is enough. */
	filter->match = pcre2_match_data_create(1, NULL);
	if (!filter->patterns || !filter->match)
		goto nomem;
	for (size_t i = 0; i < count; i++) {
		if (compile(&filter->patterns[i], patterns[i], f) == -1)
			goto failed;
		filter->count++;
		filter->includes |= !filter->patterns[i].exclude;
	}
	return filter;
nomem:
	fail_set(f, FAIL_FATAL, "out of memory for the patterns");
failed:
	filter_free(filter);
	return NULL;
}

void
filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (size_t i = 0; i < filter->count; i++)
		pcre2_code_free(filter->patterns[i].code);
	free(filter->patterns);
	pcre2_match_data_free(filter->match);
	free(filter);
}

void
filter_escape(struct buf *b, struct span s)
{
	char text[8];

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		snprintf(text, sizeof text, c > ' ' && c < 0x7f ? "%c" : "\\x%02X", c);
		buf_put_str(b, text);
	}
}

/* As pcre2_match: negative if it does not match, or cannot be tried. */
static int
match(const struct filter *filter, const struct pattern *p, struct span subject)
{
	int rc = pcre2_match(p->code, (PCRE2_SPTR)subject.p, subject.len, 0, 0,
		filter->match, NULL);
	struct buf escaped;

	if (rc > PCRE2_ERROR_UTF8_ERR1 || rc < PCRE2_ERROR_UTF8_ERR21)
		return rc;
	buf_init(&escaped, 4 * subject.len + 16);
	filter_escape(&escaped, subject);
	rc = escaped.failed ? PCRE2_ERROR_NOMEMORY : pcre2_match(p->code,
		(PCRE2_SPTR)escaped.p, escaped.len, 0, 0, filter->match, NULL);
	buf_release(&escaped);
	return rc;
}

static int
give_up(int error, size_t pattern, struct fail *f)
{
	PCRE2_UCHAR why[128];

	pcre2_get_error_message(error, why, sizeof why);
	return fail_set(f, FAIL_CONFIG, "pattern %zu of the list cannot be tried: %s",
		pattern + 1, (char *)why);
}

/* With `f` NULL an error is no match. */
static int
pass(const struct filter *filter, struct span subject, struct fail *f)
{
	int passes = !filter->includes;

	for (size_t i = 0; i < filter->count; i++) {
		const struct pattern *p = &filter->patterns[i];
		int rc = match(filter, p, subject);

		if (rc < 0 && rc != PCRE2_ERROR_NOMATCH && f)
			return give_up(rc, i, f);
		if (rc < 0)
			continue;
		if (p->exclude)
			return 0;
		passes = 1;
	}
	return passes;
}

int
filter_try(const struct filter *filter, struct span subject, struct fail *f)
{
	return filter ? pass(filter, subject, f) : 1;
}

bool
filter_pass(const struct filter *filter, struct span subject)
{
	return !filter || pass(filter, subject, NULL) == 1;
}

size_t
filter_rank(const struct filter *filter, struct span subject)
{
	size_t i = 0;

	if (!filter || !filter->includes)
		return 0;
	while (i < filter->count && (filter->patterns[i].exclude ||
			match(filter, &filter->patterns[i], subject) < 0))
		i++;
	return i;
}
