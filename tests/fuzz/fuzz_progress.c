/*
 * Any JSON as the progress of a snapshot. What is refused leaves nothing; what is
 * accepted is the same when it is written and read again, its gaps lie between
 * its ranges, and all that is missing makes a table whole.
 */
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool fact)
{
	if (!fact)
		abort();
}

static void
check_same(const struct progress *p)
{
	struct progress *again = progress_new();
	struct json_object *o = progress_to_json(p), *second;

	require(again && o && progress_from_json(again, o));
	second = progress_to_json(again);
	require(second && json_object_equal(o, second));
	json_object_put(o);
	json_object_put(second);
	progress_free(again);
}

static void
check_table(struct progress *p, uint32_t oid)
{
	const struct progress_file file = { .oid = oid };
	uint64_t from, to, a, b, last = 0;
	size_t i;

	for (i = 0; progress_range(p, oid, i, &from, &to); i++) {
		require(from < to && (i == 0 || from > last));
		if (i > 0) {
			require(progress_gap(p, oid, last, &a, &b));
			require(a == last && b == from);
		}
		last = to;
	}
	for (uint64_t at = 0; progress_gap(p, oid, at, &a, &b); at = b) {
		require(a >= at && a < b);
		require(progress_add(p, &file, true, 1, a, b) == 0);
	}
	progress_settle(p, oid, 1);
	require(progress_meet(p, &file) == PROGRESS_WHOLE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_tokener *tokener = json_tokener_new();
	struct progress *p = progress_new();
	struct json_object *o;

	require(tokener && p);
	o = json_tokener_parse_ex(tokener, (const char *)data, (int)size);
	progress_begin(p);
	if (progress_from_json(p, o)) {
		check_same(p);
		for (uint32_t oid = 1; oid < 4 && progress_unfinished(p); oid++)
			check_table(p, oid);
		if (progress_unfinished(p))
			check_same(p);
	} else {
		require(!progress_exists(p) && !progress_any(p));
	}
	json_object_put(o);
	json_tokener_free(tokener);
	progress_free(p);
	return 0;
}
