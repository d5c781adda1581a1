#include "profile.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "loop.h"

struct profile {
	struct plan_options plan;
	struct change_options change;
	struct filter *columns, *prefixes;
	char *database;
	char run_id[37];
};

/* RFC 9562: 48 bits of Unix milliseconds, version 7, variant 2, the rest random. */
static int
draw_run_id(char out[37], struct fail *f)
{
	uint64_t ms = (uint64_t)loop_unix_ns() / 1000000;
	uint8_t r[10];

	if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r)
		return fail_set(f, FAIL_FATAL, "random numbers: %s", strerror(errno));
	snprintf(out, 37, "%08x-%04x-7%01x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		(unsigned)(ms >> 16 & 0xffffffff), (unsigned)(ms & 0xffff),
		r[0] & 0x0f, r[1], (r[2] & 0x3f) | 0x80, r[3],
		r[4], r[5], r[6], r[7], r[8], r[9]);
	return 0;
}

static int
make_filter(const struct span *patterns, size_t count, const char *key,
	struct filter **out, struct fail *f)
{
	*out = NULL;
	if (count == 0)
		return 0;
	*out = filter_new(patterns, count, f);
	return *out ? 0 : fail_context(f, "%s", key);
}

int
profile_filter(const struct config_list *list, const char *key,
	struct filter **out, struct fail *f)
{
	struct span *patterns = calloc(list->count + 1, sizeof *patterns);
	int rc;

	if (!patterns)
		return fail_set(f, FAIL_FATAL, "out of memory");
	for (size_t i = 0; i < list->count; i++)
		patterns[i] = span_of(list->items[i]);
	rc = make_filter(patterns, list->count, key, out, f);
	free(patterns);
	return rc;
}

/* Debezium's two lists exclude each other; an excluded one is a filter of '!' patterns. */
static int
filter_of_two(const struct config_list *include, const char *include_key,
	const struct config_list *exclude, const char *exclude_key,
	struct filter **out, struct fail *f)
{
	struct config_list negated = { NULL, 0 };
	int rc = -1;

	if (include->count)
		return profile_filter(include, include_key, out, f);
	negated.items = calloc(exclude->count + 1, sizeof *negated.items);
	if (!negated.items)
		return fail_set(f, FAIL_FATAL, "out of memory");
	for (; negated.count < exclude->count; negated.count++)
		if (asprintf(&negated.items[negated.count], "!%s",
				exclude->items[negated.count]) == -1) {
			fail_set(f, FAIL_FATAL, "out of memory");
			goto out;
		}
	rc = profile_filter(&negated, exclude_key, out, f);
out:
	while (negated.count)
		free(negated.items[--negated.count]);
	free(negated.items);
	return rc;
}

static int
make_filters(struct profile *p, const struct config *c, struct fail *f)
{
	if (filter_of_two(&c->format.column_include_list,
			"format.column_include_list",
			&c->format.column_exclude_list,
			"format.column_exclude_list", &p->columns, f) == -1)
		return -1;
	return filter_of_two(&c->postgres.message_prefix_include_list,
		"postgres.message_prefix_include_list",
		&c->postgres.message_prefix_exclude_list,
		"postgres.message_prefix_exclude_list", &p->prefixes, f);
}

static void
fill(struct profile *p, const struct config *c, const struct filter *tables)
{
	p->plan = (struct plan_options){
		.types = c->format.types,
		.json = {
			.decimal_numeric = c->format.decimal_format == DECIMAL_NUMERIC,
			.keep_null = !c->format.replace_null_with_default,
		},
		.prefix = span_of(c->prefix),
		.delimiter = span_of(c->format.topic_delimiter),
		.database = span_of(p->database),
		.version = span_of(PGWAKE_VERSION),
		.run_id = span_of(p->run_id),
		.transaction_topic = span_of(c->format.topic_transaction),
		.key_schemas = c->format.key_schemas,
		.value_schemas = c->format.value_schemas,
		.headers_json = c->format.headers == HEADERS_JSON,
		.header_schemas = c->format.header_schemas,
		.extended_headers = c->format.extended_headers_enabled,
		.tombstones = c->format.tombstones_on_delete,
		.columns = p->columns,
	};
	p->change = (struct change_options){
		.plan = &p->plan,
		.tables = tables,
		.prefixes = p->prefixes,
		.boundaries = c->format.provide_transaction_metadata,
		.skipped = strcmp(c->format.skipped_operations, "none") == 0 ?
			"" : c->format.skipped_operations,
	};
}

struct profile *
profile_new(const struct config *c, const struct filter *tables,
	const char *database, struct fail *f)
{
	struct profile *p = calloc(1, sizeof *p);

	if (p)
		p->database = strdup(database);
	if (!p || !p->database) {
		fail_set(f, FAIL_FATAL, "out of memory");
		goto failed;
	}
	if (draw_run_id(p->run_id, f) == -1 || make_filters(p, c, f) == -1)
		goto failed;
	fill(p, c, tables);
	return p;
failed:
	profile_free(p);
	return NULL;
}

void
profile_free(struct profile *p)
{
	if (!p)
		return;
	filter_free(p->columns);
	filter_free(p->prefixes);
	free(p->database);
	free(p);
}

const struct change_options *
profile_change(const struct profile *p)
{
	return &p->change;
}
