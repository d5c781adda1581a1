#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "lag_json.h"
#include "lag_print.h"
#include "lag_text.h"

#define U LAG_UNKNOWN

/* An active slot of a superuser's view; tests change what they are about. */
static struct lag_slot
a_slot(void)
{
	return (struct lag_slot){
		.name = "pgwake", .plugin = "pgoutput", .database = "shop",
		.logical = true, .active = true, .wal_status = "reserved",
		.restart = 0x10000000, .confirmed = 0x10100000,
		.safe_bytes = U, .inactive_ms = U,
		.spill_txns = 2, .spill_count = 3, .spill_bytes = 4096,
		.catalog_xmin_age = 7,
		.reader = { .pid = 42, .application = "pgwake", .user = "u",
			.state = "streaming", .reply_ms = 900,
			.flush_lag_ms = U },
		.watched_ms = U, .moved_ms = U, .read_rate = U,
		.write_rate = U, .catch_up_ms = U,
	};
}

static struct lag_report
a_report(struct lag_slot *slots, size_t count)
{
	return (struct lag_report){
		.version = 150020, .version_text = "15.20", .role = "u",
		.current = 0x10200000, .time_ms = 5000,
		.slots = slots, .nslots = count,
	};
}

/* The printed text; free() it. */
static char *
printed(const struct lag_report *r, const char *slot, int64_t limit,
	bool watched)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	lag_print(r, slot, limit, watched, &out);
	buf_putc(&out, '\0');
	assert_false(out.failed);
	return out.p;
}

#define assert_prints(r, slot, limit, watched, text) do { \
	char *actual_ = printed((r), (slot), (limit), (watched)); \
	assert_string_equal(actual_, (text)); \
	free(actual_); \
} while (0)

static void
prints_a_sheet(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s, 1);

	(void)state;
	assert_prints(&r, "pgwake", -1, false,
		"slot pgwake: pgoutput, database shop, PostgreSQL 15.20\n"
		"reader        pid 42           pgwake, user u, streaming\n"
		"retained WAL  2.00 MB          restart_lsn 0/10000000 of 0/10200000\n"
		"unconfirmed   1.00 MB          confirmed_flush_lsn 0/10100000\n"
		"last moved    reply 0.9 s ago  --watch measures it\n"
		"WAL status    reserved\n"
		"room left     no limit         max_slot_wal_keep_size is not set\n"
		"spilled       4.00 kB          2 transactions, 3 times\n"
		"held back by  nothing unusual\n");
}

static void
prints_a_watched_sheet(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s, 1);
	char *text;

	(void)state;
	s.watched_ms = 4000;
	s.moved_ms = 2000;
	s.read_rate = 4 << 20;
	s.write_rate = 1 << 20;
	s.catch_up_ms = 45000;
	s.safe_bytes = 1 << 30;
	r.max_keep = "2GB";
	text = printed(&r, "pgwake", 1000, true);
	assert_non_null(strstr(text, "last moved    2.0 s ago\n"));
	assert_non_null(strstr(text,
		"room left     1.00 GB    max_slot_wal_keep_size 2GB\n"));
	assert_non_null(strstr(text,
		"catch-up      45 s       confirms 4.00 MB/s, server writes 1.00 MB/s\n"));
	assert_non_null(strstr(text, "problem: slot pgwake is 1.00 MB behind, "
		"more than 1000 B\n"));
	free(text);
}

static void
prints_a_table(void **state)
{
	struct lag_slot s[3] = { a_slot(), a_slot(), a_slot() };
	struct lag_report r = a_report(s, 3);

	(void)state;
	s[1].name = "idle";
	s[1].active = false;
	s[1].reader = (struct lag_reader){ U, NULL, NULL, NULL, NULL, U, U };
	s[1].confirmed -= 32 << 20;
	s[1].inactive_ms = 61000;
	s[2].name = "standby_1";
	s[2].logical = false;
	s[2].database = s[2].plugin = NULL;
	s[2].spill_bytes = U;
	s[2].restart = r.current;
	assert_prints(&r, NULL, -1, false,
		"SLOT       DATABASE    PID  READER  WAL       RETAINED  UNCONFIRMED"
		"  ROOM LEFT  SPILLED  LAST MOVED\n"
		"pgwake     shop         42  pgwake  reserved   2.00 MB      1.00 MB"
		"   no limit  4.00 kB  reply 0.9 s ago\n"
		"idle       shop          -          reserved   2.00 MB      33.0 MB"
		"   no limit  4.00 kB  unread for 1 min 1 s\n"
		"standby_1  (physical)   42  pgwake  reserved       0 B          0 B"
		"   no limit        -  up to date\n"
		"idle is held back by 33.0 MB that nobody reads\n");
	r.nslots = 0;
	assert_prints(&r, NULL, -1, false, "the server has no replication slots\n");
	assert_prints(&r, "pgwake", -1, false,
		"problem: slot pgwake does not exist on this server: pgwake creates"
		" it when it starts\n");
}

/* What is not known is said, with the reason where a privilege would help. */
static void
says_what_is_hidden(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s, 1);
	char *text;

	(void)state;
	s.reader.state = NULL;
	s.reader.reply_ms = U;
	text = printed(&r, "pgwake", -1, false);
	assert_null(strstr(text, "GRANT"));
	free(text);
	r.details_hidden = true;
	text = printed(&r, "pgwake", -1, false);
	assert_non_null(strstr(text, "last moved    -         --watch measures it\n"));
	assert_non_null(strstr(text, "role u may not see the state of other"
		" sessions; GRANT pg_monitor TO u would show more\n"));
	free(text);
}

static void
names_problems(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s, 1);
	char *text;

	(void)state;
	r.session = (struct lag_holder){ .found = true, .pid = 7, .user = "al\033ice",
		.application = "psql", .database = "d", .state = "idle in transaction",
		.age_ms = 302000 };
	r.prepared = (struct lag_holder){ .found = true, .gid = "a \"b\"\n",
		.user = "bob", .database = "d", .age_ms = 60000 };
	text = printed(&r, "pgwake", 1 << 20, false);
	assert_non_null(strstr(text, "\nproblem: slot pgwake keeps 2.00 MB of WAL,"
		" more than 1.00 MB, because of transaction of pid 7 (al?ice, psql,"
		" database d, idle in transaction), open for 5 min 2 s; prepared"
		" transaction \"a \"b\"?\" (bob, database d), prepared 1 min 0 s ago\n"));
	free(text);
	s.wal_status = "unreserved";
	text = printed(&r, "pgwake", -1, false);
	assert_non_null(strstr(text, "\nproblem: slot pgwake will be lost at the"
		" next checkpoint: "));
	free(text);
	s.wal_status = "lost";
	s.invalidation = "wal_removed";
	s.restart = 0;
	text = printed(&r, "pgwake", -1, true);
	assert_non_null(strstr(text, "\nproblem: slot pgwake is lost (wal_removed): "));
	assert_non_null(strstr(text, "retained WAL  -\n"));
	assert_non_null(strstr(text, "held back by  -\n"));
	assert_non_null(strstr(text, "catch-up      lost\n"));
	free(text);
}

static void
words_of_catching_up(void **state)
{
	struct { bool active; int64_t rate, eta; const char *text; } cases[] = {
		{ true, U, U, "measuring" }, { true, 5, U, "not at this rate" },
		{ true, 5, 0, "caught up" }, { true, 5, 90000, "1 min 30 s" },
		{ false, 5, U, "nobody reads" },
	};
	struct lag_slot s = a_slot();
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		s.active = cases[i].active;
		s.read_rate = cases[i].rate;
		s.catch_up_ms = cases[i].eta;
		buf_reset(&b);
		lag_text_catch_up(&b, &s);
		assert_true(span_is(buf_span(&b), cases[i].text));
	}
	buf_release(&b);
}

static struct json_object *
as_json(const struct lag_report *r, const char *slot, int64_t limit, bool pretty)
{
	struct json_object *o;
	struct buf out;

	buf_init(&out, 1 << 20);
	lag_json(r, slot, limit, pretty, &out);
	assert_int_equal(out.p[out.len - 1], '\n');
	if (!pretty)
		assert_ptr_equal(memchr(out.p, '\n', out.len), out.p + out.len - 1);
	buf_putc(&out, '\0');
	o = json_tokener_parse(out.p);
	assert_non_null(o);
	buf_release(&out);
	return o;
}

static struct json_object *
member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(o, key, &value));
	return value;
}

static void
writes_json(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s, 1);
	struct json_object *o, *slot;

	(void)state;
	s.database = "\xff" "bad";
	s.spill_bytes = INT64_MAX;
	o = as_json(&r, "pgwake", 100, false);
	assert_int_equal(json_object_array_length(member(o, "slots")), 1);
	slot = json_object_array_get_idx(member(o, "slots"), 0);
	assert_string_equal(json_object_get_string(member(slot, "slot_name")), "pgwake");
	assert_string_equal(json_object_get_string(member(slot, "database")), "?bad");
	assert_true(json_object_is_type(member(slot, "retained_bytes"), json_type_int));
	assert_int_equal(json_object_get_int64(member(slot, "retained_bytes")), 2 << 20);
	assert_int_equal(json_object_get_int64(member(slot, "unconfirmed_bytes")), 1 << 20);
	assert_true(json_object_get_int64(member(slot, "spill_bytes")) == INT64_MAX);
	assert_null(member(slot, "safe_wal_size"));
	assert_null(member(slot, "catch_up_ms"));
	assert_string_equal(json_object_get_string(member(slot, "restart_lsn")), "0/10000000");
	assert_string_equal(json_object_get_string(member(slot, "problem")), "unread");
	assert_int_equal(json_object_array_length(member(o, "problems")), 1);
	assert_null(member(o, "oldest_transaction"));
	assert_string_equal(json_object_get_string(member(member(o, "server"),
		"current_lsn")), "0/10200000");
	json_object_put(o);
}

static void
writes_json_of_trouble(void **state)
{
	struct lag_slot s = a_slot();
	struct lag_report r = a_report(&s, 0);
	struct json_object *o;
	struct buf out;

	(void)state;
	r.prepared = (struct lag_holder){ .found = true, .gid = "g", .age_ms = 5 };
	o = as_json(&r, "gone", -1, true);
	assert_int_equal(json_object_array_length(member(o, "slots")), 0);
	assert_int_equal(json_object_array_length(member(o, "problems")), 1);
	assert_string_equal(json_object_get_string(member(member(o,
		"oldest_prepared_transaction"), "gid")), "g");
	json_object_put(o);
	buf_init(&out, 1 << 16);
	lag_json_outage("cannot \"connect\"", &out);
	assert_true(span_is(buf_span(&out), "{\"server\":null,\"slots\":[],"
		"\"problems\":[\"cannot \\\"connect\\\"\"]}\n"));
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_a_sheet),
		cmocka_unit_test(prints_a_watched_sheet),
		cmocka_unit_test(prints_a_table),
		cmocka_unit_test(says_what_is_hidden),
		cmocka_unit_test(names_problems),
		cmocka_unit_test(words_of_catching_up),
		cmocka_unit_test(writes_json),
		cmocka_unit_test(writes_json_of_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
