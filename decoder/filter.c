#define PCRE2_CODE_UNIT_WIDTH 8
#include "filter.h"

#include <pcre2.h>
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

bool
filter_pass(const struct filter *filter, struct span subject)
{
	bool pass;

	if (!filter)
		return true;
	pass = !filter->includes;
	for (size_t i = 0; i < filter->count; i++) {
		const struct pattern *p = &filter->patterns[i];

		/* Any error (not UTF-8, a limit) is no match, as -1 is. */
		if (pcre2_match(p->code, (PCRE2_SPTR)subject.p, subject.len, 0,
				0, filter->match, NULL) < 0)
			continue;
		if (p->exclude)
			return false;
		pass = true;
	}
	return pass;
}
