#include "profile.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "column_options.h"
#include "loop.h"
#include "patterns.h"

struct profile {
	struct plan_options plan;
	struct change_options change;
	struct column_options *columns;
	struct filter *prefixes;
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
make_filters(struct profile *p, const struct config *c, struct fail *f)
{
	p->columns = column_options_new(c, f);
	if (!p->columns)
		return -1;
	return patterns_filter_of_two(&c->postgres.message_prefix_include_list,
		"postgres.message_prefix_include_list",
		&c->postgres.message_prefix_exclude_list,
		"postgres.message_prefix_exclude_list", &p->prefixes, f);
}

static struct json_options
json_options(int decimal_format, bool replace_null)
{
	return (struct json_options){
		.decimal_numeric = decimal_format == DECIMAL_NUMERIC,
		.keep_null = !replace_null,
	};
}

static void
fill(struct profile *p, const struct config *c, const struct filter *tables)
{
	p->plan = (struct plan_options){
		.types = c->format.types,
		.json = json_options(c->format.decimal_format,
			c->format.replace_null_with_default),
		.key_json = json_options(c->format.key_decimal_format,
			c->format.key_replace_null_with_default),
		/* Connect's simple converter knows no other way. */
		.link_json = c->format.headers == HEADERS_SIMPLE ?
			json_options(DECIMAL_NUMERIC, true) :
			json_options(c->format.header_decimal_format,
				c->format.header_replace_null_with_default),
		.prefix = span_of(c->prefix),
		.delimiter = span_of(c->format.topic_delimiter),
		.version = span_of(PGWAKE_VERSION),
		.run_id = span_of(p->run_id),
		.transaction_topic = span_of(c->format.topic_transaction),
		.key_schemas = c->format.key_schemas,
		.value_schemas = c->format.value_schemas,
		.headers_json = c->format.headers == HEADERS_JSON,
		.header_schemas = c->format.header_schemas,
		.extended_headers = c->format.extended_headers_enabled,
		.tombstones = c->format.tombstones_on_delete,
		.comments = c->format.include_schema_comments,
		.schema_names = (enum naming)c->format.schema_name_adjustment_mode,
		.field_names = (enum naming)c->format.field_name_adjustment_mode,
	};
	column_options_fill(p->columns, &p->plan);
	p->change = (struct change_options){
		.plan = &p->plan,
		.tables = tables,
		.prefixes = p->prefixes,
		.boundaries = c->format.provide_transaction_metadata,
		.skip_unchanged = c->format.skip_messages_without_change,
		.skipped = strcmp(c->format.skipped_operations, "none") == 0 ?
			"" : c->format.skipped_operations,
	};
}

struct profile *
profile_new(const struct config *c, const struct filter *tables, struct fail *f)
{
	struct profile *p = calloc(1, sizeof *p);

	if (!p) {
		fail_set(f, FAIL_FATAL, "out of memory");
		return NULL;
	}
	if (draw_run_id(p->run_id, f) == -1 || make_filters(p, c, f) == -1) {
		profile_free(p);
		return NULL;
	}
	fill(p, c, tables);
	return p;
}

int
profile_set_database(struct profile *p, const char *database, struct fail *f)
{
	p->database = strdup(database);
	if (!p->database)
		return fail_set(f, FAIL_FATAL, "out of memory");
	p->plan.database = span_of(p->database);
	return 0;
}

void
profile_free(struct profile *p)
{
	if (!p)
		return;
	column_options_free(p->columns);
	filter_free(p->prefixes);
	free(p->database);
	free(p);
}

const struct change_options *
profile_change(const struct profile *p)
{
	return &p->change;
}
