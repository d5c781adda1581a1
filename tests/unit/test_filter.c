#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filter.h"

static struct filter *
filter_of(const char *const *patterns, size_t n)
{
	struct span spans[8];
	struct fail f = FAIL_INIT;
	struct filter *filter;

	for (size_t i = 0; i < n; i++)
		spans[i] = span_of(patterns[i]);
	filter = filter_new(spans, n, &f);
	assert_non_null(filter);
	return filter;
}

static void
assert_passes(const char *const *patterns, size_t n, const char *subject, bool expected)
{
	struct filter *filter = filter_of(patterns, n);

	assert_int_equal(filter_pass(filter, span_of(subject)), expected);
	filter_free(filter);
}

#define P(...) (const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)

static void
nothing_passes_everything(void **state)
{
	(void)state;
	assert_true(filter_pass(NULL, span_of("public.t")));
	assert_passes(NULL, 0, "public.t", true);
	filter_free(NULL);
}

static void
patterns_are_anchored_and_fold_case(void **state)
{
	(void)state;
	assert_passes(P("public[.]t"), "public.t", true);
	assert_passes(P("public[.]t"), "PUBLIC.T", true);
	assert_passes(P("public[.]t"), "public.t2", false);
	assert_passes(P("public[.]t"), "xpublic.t", false);
	assert_passes(P("public[.]ä"), "public.Ä", true);
	/* Alternatives must be anchored as a whole. */
	assert_passes(P("a|public[.]t"), "public.t2", false);
}

static void
exclusion_wins(void **state)
{
	(void)state;
	assert_passes(P("public[.].*", "!public[.]audit_.*"), "public.t", true);
	assert_passes(P("public[.].*", "!public[.]audit_.*"), "public.audit_x", false);
	assert_passes(P("!public[.]audit_.*", "public[.].*"), "public.audit_x", false);
	/* Only exclusions: everything else passes. */
	assert_passes(P("!public[.]audit_.*"), "s.t", true);
	assert_passes(P("a", "b"), "b", true);
	assert_passes(P("a", "b"), "c", false);
}

static void
invalid_utf8_does_not_match_by_accident(void **state)
{
	(void)state;
	assert_passes(P("public[.]t"), "public.t\xff", false);
	assert_passes(P("!public[.]t"), "public.t\xff", true);
}

static void
invalid_utf8_is_matched_in_an_escaped_form(void **state)
{
	(void)state;
	assert_passes(P("public[.].*"), "public.t\xff", true);
	assert_passes(P("public[.].*", "!public[.]t.xFF"), "public.t\xff", false);
	assert_passes(P("public[.]t\\\\xC3\\\\x09"), "public.t\xc3\t", true);
}

/* Exponential: PCRE2 stops it. That is no reason to leave a table out in silence. */
static void
a_pattern_that_is_too_much_work(void **state)
{
	struct span patterns[] = { SPAN("x"), SPAN("(a+)+(b|c)") };
	struct span subject = SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad");
	struct fail f = FAIL_INIT;
	struct filter *filter = filter_new(patterns, 2, &f);

	(void)state;
	assert_int_equal(filter_try(filter, subject, &f), -1);
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(f.text,
		"pattern 2 of the list cannot be tried: match limit exceeded");
	assert_false(filter_pass(filter, subject));
	assert_int_equal(filter_try(filter, span_of("x"), &f), 1);
	assert_int_equal(filter_try(filter, span_of("y"), &f), 0);
	assert_int_equal(filter_try(NULL, subject, &f), 1);
	filter_free(filter);
}

static void
rank_of(const char *const *patterns, size_t n, const char *subject, size_t expected)
{
	struct filter *filter = filter_of(patterns, n);

	assert_int_equal(filter_rank(filter, span_of(subject)), expected);
	filter_free(filter);
}

static void
the_first_pattern_that_matches(void **state)
{
	(void)state;
	rank_of(P("b", "!c", "[ab]", "a"), "b", 0);
	rank_of(P("b", "!c", "[ab]", "a"), "a", 2);
	rank_of(P("b", "!c", "[ab]", "a"), "x", 4);
	/* Only exclusions, or nothing: all are the same. */
	rank_of(P("!c", "!d"), "a", 0);
	assert_int_equal(filter_rank(NULL, span_of("a")), 0);
}

static void
a_bad_pattern_is_named(void **state)
{
	struct span bad[] = { SPAN("ok"), SPAN("public.(t") };
	struct span excluded[] = { SPAN("![") };
	struct fail f = FAIL_INIT;

	(void)state;
	assert_null(filter_new(bad, 2, &f));
	assert_int_equal(f.kind, FAIL_CONFIG);
	assert_string_equal(f.text, "pattern \"public.(t\": missing closing parenthesis at character 10");
	assert_null(filter_new(excluded, 1, &f));
	assert_non_null(strstr(f.text, "pattern \"[\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_passes_everything),
		cmocka_unit_test(patterns_are_anchored_and_fold_case),
		cmocka_unit_test(exclusion_wins),
		cmocka_unit_test(invalid_utf8_does_not_match_by_accident),
		cmocka_unit_test(invalid_utf8_is_matched_in_an_escaped_form),
		cmocka_unit_test(a_pattern_that_is_too_much_work),
		cmocka_unit_test(the_first_pattern_that_matches),
		cmocka_unit_test(a_bad_pattern_is_named),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
