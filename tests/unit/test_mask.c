#include "conv_test.h"

#include "mask.h"

enum { BYTEA = 17, TEXT = 25, INT4 = 23, CITEXT = 60000, MOOD = 60001, VARBIT = 1562,
	NUMERIC = 1700, TSTZ = 1184 };

static const struct span labels[] = { SPAN("sad"), SPAN("ok") };
static const struct type_fact type_facts[] = {
	{ .oid = CITEXT, .schema = SPAN("public"), .name = SPAN("citext"), .type = 'b',
	  .category = 'S' },
	{ .oid = MOOD, .schema = SPAN("public"), .name = SPAN("mood"), .type = 'e',
	  .category = 'E', .labels = labels, .nlabels = 2 },
};
static const struct facts facts = { .found = true, .types = type_facts, .ntypes = 2 };
static const struct type_modes modes = { .money_digits = 2, .include_unknown = true,
	.unavailable = SPAN("__unavailable") };

struct result {
	struct arena arena;
	struct type_mapping mapping;
	struct value missing, null;
	bool masked;
};

static void
mask_with(struct result *r, const struct mask *mask, uint32_t oid, int32_t length)
{
	struct fail f = FAIL_INIT;

	arena_init(&r->arena, 1 << 20);
	assert_int_equal(types_map(&modes, &facts, oid, -1, false, &r->arena,
		&r->mapping, &f), 1);
	r->missing = r->mapping.missing;
	r->null = value_null();
	r->masked = mask_apply(mask, length, &r->arena, &r->mapping, &r->missing, &r->null);
}

static void
assert_param(const struct result *r, const char *name, const char *value)
{
	const struct schema *s = r->mapping.schema;

	for (size_t i = 0; i < s->nparams; i++)
		if (span_is(s->params[i].name, name)) {
			assert_non_null(value);
			assert_true(span_is(s->params[i].value, value));
			return;
		}
	assert_null(value);
}

static void
stars_hide_everything(void **state)
{
	const struct mask five = { .kind = MASK_STARS, .length = 5 };
	const struct mask none = { .kind = MASK_STARS, .length = 0 };
	struct result r;

	(void)state;
	mask_with(&r, &five, TEXT, INT32_MAX);
	assert_true(r.masked);
	assert_param(&r, "masked", "true");
	check(r.mapping.conv, "a secret", "\"*****\"");
	check(r.mapping.conv, "", "\"*****\"");
	shows_as(&r.null, "\"*****\"");
	shows_as(&r.missing, "\"*****\"");
	shows_as(&r.mapping.unavailable, "\"*****\"");
	arena_release(&r.arena);
	mask_with(&r, &none, MOOD, INT32_MAX);
	check(r.mapping.conv, "ok", "\"\"");
	assert_param(&r, "allowed", "sad,ok");
	arena_release(&r.arena);
}

static void
only_character_types_and_enums_are_masked(void **state)
{
	static const uint32_t others[] = { INT4, BYTEA, CITEXT, TSTZ, NUMERIC };
	const struct mask stars = { .kind = MASK_STARS, .length = 2 };
	const struct mask hash = { .kind = MASK_HASH, .digest = mask_digest("md5"),
		.salt = SPAN("s") };

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct result r;

		mask_with(&r, i % 2 ? &stars : &hash, others[i], INT32_MAX);
		assert_false(r.masked);
		assert_param(&r, "masked", "true");
		shows_as(&r.null, "null");
		if (others[i] == CITEXT)
			check(r.mapping.conv, "open", "\"open\"");
		arena_release(&r.arena);
	}
}

static void
text_is_cut_by_utf16_units(void **state)
{
	const struct mask two = { .kind = MASK_TRUNCATE, .length = 2 };
	struct result r;

	(void)state;
	mask_with(&r, &two, TEXT, INT32_MAX);
	assert_true(r.masked);
	assert_param(&r, "truncateLength", "2");
	check(r.mapping.conv, "", "\"\"");
	check(r.mapping.conv, "ab", "\"ab\"");
	check(r.mapping.conv, "abc", "\"ab\"");
	check(r.mapping.conv, "日本語", "\"日本\"");
	check(r.mapping.conv, "é", "\"é\"");
	check(r.mapping.conv, "\U0001F600", "\"\U0001F600\"");
	check(r.mapping.conv, "\U0001F600b", "\"\U0001F600\"");
	/* Half a character is none. */
	check(r.mapping.conv, "a\U0001F600b", "\"a\"");
	check(r.mapping.conv, "ab\U0001F600", "\"ab\"");
	shows_as(&r.null, "null");
	shows_as(&r.missing, "\"\"");
	shows_as(&r.mapping.unavailable, "\"__\"");
	arena_release(&r.arena);
}

static void
what_becomes_text_or_bytes_is_cut(void **state)
{
	const struct mask two = { .kind = MASK_TRUNCATE, .length = 2 };
	struct result r;

	(void)state;
	mask_with(&r, &two, BYTEA, INT32_MAX);
	check(r.mapping.conv, "\\x0a0b0c", "x'0a0b'");
	check(r.mapping.conv, "\\x0a", "x'0a'");
	shows_as(&r.mapping.unavailable, "x'5f5f756e617661696c61626c65'");
	arena_release(&r.arena);
	mask_with(&r, &two, TSTZ, 35);
	check(r.mapping.conv, "2020-01-02 03:04:05+00", "\"20\"");
	shows_as(&r.missing, "\"19\"");
	arena_release(&r.arena);
	/* Bits and decimals are bytes to nobody. */
	mask_with(&r, &two, VARBIT, INT32_MAX);
	assert_false(r.masked);
	assert_param(&r, "truncateLength", "2");
	check(r.mapping.conv, "111111111111111111111111", "x'ffffff'");
	arena_release(&r.arena);
}

static void
a_short_column_is_not_cut(void **state)
{
	const struct mask four = { .kind = MASK_TRUNCATE, .length = 4 };
	struct result r;

	(void)state;
	mask_with(&r, &four, TEXT, 4);
	assert_false(r.masked);
	assert_param(&r, "truncateLength", NULL);
	arena_release(&r.arena);
	mask_with(&r, &four, INT4, 10);
	assert_false(r.masked);
	assert_param(&r, "truncateLength", "4");
	check(r.mapping.conv, "12345", "12345");
	arena_release(&r.arena);
}

/* As the connector hashes them. */
static void
hashes_of_version_2(void **state)
{
	const struct mask md5 = { .kind = MASK_HASH, .digest = mask_digest("MD5"),
		.salt = SPAN("a.b:c") };
	const struct mask sha = { .kind = MASK_HASH, .digest = mask_digest("sha-1"),
		.salt = SPAN("xyz") };
	struct result r;

	(void)state;
	mask_with(&r, &md5, TEXT, INT32_MAX);
	assert_param(&r, "masked", "true");
	check(r.mapping.conv, "a text", "\"d41b098aa0ba3950c003b216cf16ddbc\"");
	shows_as(&r.missing, "\"50c3045e3ccfb7812e7f2407bbcb64f5\"");
	shows_as(&r.null, "null");
	arena_release(&r.arena);
	mask_with(&r, &md5, TEXT, 5);
	check(r.mapping.conv, "five5", "\"12235\"");
	arena_release(&r.arena);
	mask_with(&r, &sha, TEXT, 40);
	check(r.mapping.conv, "abcdefghij", "\"0e7bdea9b0bbcd5ccf2e588734e8f842ab927bfc\"");
	arena_release(&r.arena);
}

static void
hashes_of_version_1(void **state)
{
	const struct mask sha = { .kind = MASK_HASH, .digest = mask_digest("SHA-512"),
		.salt = SPAN("s"), .serialized = true };
	struct result r;
	struct buf text;

	(void)state;
	mask_with(&r, &sha, TEXT, INT32_MAX);
	check(r.mapping.conv, "é日本", "\"cb1db3564a5514f8dc1bb4685cd53ae9560d3de6e23e6a02b53a"
		"662e1c3753183a70f42fac3cf0ac8686dfc6ab4f772b0b1fd3d71c6415e98509ac174a601b96\"");
	/* Java writes the two halves of a character one by one. */
	check(r.mapping.conv, "a\U0001F600b", "\"68e730d763af559acb3a17285b557efac9328a72466c"
		"5f5c2d1cdd2a2f37f59fbb9d5f3076925a0d28b1a536ad442af402d5044cb702200c411841"
		"c308fbbaa1\"");
	/* More than 65535 bytes have a longer head. */
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 40000; i++)
		buf_put_str(&text, "é日");
	buf_putc(&text, '\0');
	check(r.mapping.conv, text.p, "\"cca30ed2f18287ed3124ca0af1f2276aeb28d824fcf42b641d961"
		"9708dbc3e52038dbba339595ee505f6cda7dfb97f5e7768ff561be45802d2f353dff968e276\"");
	buf_release(&text);
	arena_release(&r.arena);
}

static void
digests_have_javas_names(void **state)
{
	(void)state;
	assert_ptr_equal(mask_digest("SHA"), mask_digest("sha1"));
	assert_non_null(mask_digest("SHA-512/256"));
	assert_non_null(mask_digest("SHA3-384"));
	assert_null(mask_digest("WHIRLPOOL"));
	assert_null(mask_digest(""));
	assert_non_null(strstr(mask_digest_names(), "SHA-256"));
}

static void
a_value_that_is_wrong_stays_an_error(void **state)
{
	const struct mask two = { .kind = MASK_TRUNCATE, .length = 2 };
	struct fail f = FAIL_INIT;
	struct result r;
	struct value v;

	(void)state;
	mask_with(&r, &two, BYTEA, INT32_MAX);
	assert_int_equal(r.mapping.conv->fn(r.mapping.conv, span_of("0a"), &r.arena, &v, &f), -1);
	assert_int_equal(f.kind, FAIL_FATAL);
	arena_release(&r.arena);
}

static void
without_memory(void **state)
{
	const struct mask md5 = { .kind = MASK_HASH, .digest = mask_digest("MD5"),
		.salt = SPAN("s"), .serialized = true };
	struct fail f = FAIL_INIT;
	struct arena small;
	struct result r;
	struct value v;

	(void)state;
	mask_with(&r, &md5, TEXT, INT32_MAX);
	arena_init(&small, 0);
	assert_int_equal(r.mapping.conv->fn(r.mapping.conv, span_of("x"), &small, &v, &f), -1);
	assert_string_equal(f.text, "a hash: no memory left");
	starve(r.mapping.conv, "a\U0001F600");
	assert_false(mask_apply(&md5, 1, &small, &r.mapping, &r.missing, &r.null));
	arena_release(&small);
	arena_release(&r.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stars_hide_everything),
		cmocka_unit_test(only_character_types_and_enums_are_masked),
		cmocka_unit_test(text_is_cut_by_utf16_units),
		cmocka_unit_test(what_becomes_text_or_bytes_is_cut),
		cmocka_unit_test(a_short_column_is_not_cut),
		cmocka_unit_test(hashes_of_version_2),
		cmocka_unit_test(hashes_of_version_1),
		cmocka_unit_test(digests_have_javas_names),
		cmocka_unit_test(a_value_that_is_wrong_stays_an_error),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
