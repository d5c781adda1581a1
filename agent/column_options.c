#include "column_options.h"

#include <stdlib.h>

#include "option_value.h"
#include "patterns.h"

#define KEYS_FORM "must be written table:column,column;table:column"

struct column_options {
	struct filter *columns;		/* in the row; NULL: all */
	struct filter *json_arrays;	/* NULL: none */
	struct filter **keys;		/* one for each column of message_key_columns */
	size_t nkeys;
	struct rule *rules;
	size_t nrules;
};

static int
no_memory(struct fail *f)
{
	return fail_set(f, FAIL_FATAL, "out of memory");
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span
trim(struct span s)
{
	while (s.len && is_blank(s.p[0]))
		s.p++, s.len--;
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

/* Cuts the part before the next `c`, or all that is left, off `rest`. */
static struct span
cut(struct span *rest, char c)
{
	const char *at = rest->len ? memchr(rest->p, c, rest->len) : NULL;
	size_t len = at ? (size_t)(at - rest->p) : rest->len;
	struct span part = { rest->p, len };

	len += at != NULL;
	rest->p += len;
	rest->len -= len;
	return trim(part);
}

/* Debezium's way: table, point and column are one pattern. */
static int
add_key(struct column_options *o, struct span table, struct span column,
	struct fail *f)
{
	struct filter **grown = realloc(o->keys, (o->nkeys + 1) * sizeof(*grown));
	struct buf pattern;
	struct span whole;

	if (!grown)
		return no_memory(f);
	o->keys = grown;
	buf_init(&pattern, table.len + column.len + 1);
	buf_put_span(&pattern, table);
	buf_putc(&pattern, '.');
	buf_put_span(&pattern, column);
	whole = buf_span(&pattern);
	grown[o->nkeys] = pattern.failed ? NULL : filter_new(&whole, 1, f);
	if (pattern.failed)
		no_memory(f);
	buf_release(&pattern);
	if (!grown[o->nkeys])
		return -1;
	o->nkeys++;
	return 0;
}

static int
add_table_keys(struct column_options *o, struct span item, struct fail *f)
{
	struct span table = cut(&item, ':');

	if (!table.len || !item.len || memchr(item.p, ':', item.len))
		return fail_set(f, FAIL_CONFIG, KEYS_FORM);
	while (item.len) {
		struct span column = cut(&item, ',');

		if (!column.len)
			return fail_set(f, FAIL_CONFIG, KEYS_FORM);
		if (add_key(o, table, column, f) < 0)
			return -1;
	}
	return 0;
}

static int
make_keys(struct column_options *o, const char *text, struct fail *f)
{
	struct span rest = span_of(text);

	while (rest.len) {
		struct span item = cut(&rest, ';');

		if (item.len && add_table_keys(o, item, f) < 0)
			return fail_context(f, "format.message_key_columns");
	}
	return 0;
}

/* The next rule, with the patterns of `list`; NULL on failure. */
static struct rule *
add_rule(struct column_options *o, const struct config_list *list,
	const char *key, struct fail *f)
{
	struct rule *r = &o->rules[o->nrules];
	struct filter *filter;

	if (list->count == 0) {
		fail_set(f, FAIL_CONFIG, "%s: columns is empty", key);
		return NULL;
	}
	if (patterns_filter(list, key, &filter, f) < 0)
		return NULL;
	*r = (struct rule){ .columns = filter };
	o->nrules++;
	return r;
}

static int
add_masks(struct column_options *o, const struct config_groups *groups,
	enum mask_kind kind, const char *key, struct fail *f)
{
	const struct config_mask *masks = groups->items;

	for (size_t i = 0; i < groups->count; i++) {
		struct rule *r = add_rule(o, &masks[i].columns, key, f);

		if (!r)
			return -1;
		r->mask.kind = kind;
		r->mask.length = (uint32_t)masks[i].chars;
	}
	return 0;
}

static int
add_source_types(struct column_options *o, const struct config_list *list,
	bool by_type, const char *key, struct fail *f)
{
	struct rule *r;

	if (list->count == 0)
		return 0;
	r = add_rule(o, list, key, f);
	if (!r)
		return -1;
	r->source_type = true;
	r->by_type = by_type;
	return 0;
}

static int
add_hash(struct column_options *o, const struct config_hash *hash, struct fail *f)
{
	static const char key[] = "format.column_mask_hash";
	struct rule *r = add_rule(o, &hash->columns, key, f);

	if (!r)
		return -1;
	r->mask = (struct mask){
		.kind = MASK_HASH,
		.digest = mask_digest(hash->algorithm),
		.salt = span_of(hash->salt),
		.serialized = hash->version == 1,
	};
	return r->mask.digest ? 0 : fail_set(f, FAIL_CONFIG,
		"%s: algorithm must be one of %s, not \"%s\"", key,
		mask_digest_names(), hash->algorithm);
}

static int
add_hashes(struct column_options *o, const struct config_groups *groups,
	int version, struct fail *f)
{
	const struct config_hash *hashes = groups->items;

	for (size_t i = 0; i < groups->count; i++)
		if (hashes[i].version == version && add_hash(o, &hashes[i], f) < 0)
			return -1;
	return 0;
}

/* The order is Debezium's: the first rule that fits a column is the only one. */
static int
make_rules(struct column_options *o, const struct config *c, struct fail *f)
{
	size_t most = c->format.column_truncate.count + c->format.column_mask.count +
		c->format.column_mask_hash.count + 2;

	o->rules = calloc(most, sizeof(*o->rules));
	if (!o->rules)
		return no_memory(f);
	if (add_masks(o, &c->format.column_truncate, MASK_TRUNCATE,
			"format.column_truncate", f) < 0 ||
	    add_masks(o, &c->format.column_mask, MASK_STARS,
			"format.column_mask", f) < 0 ||
	    add_source_types(o, &c->format.column_propagate_source_type, false,
			"format.column_propagate_source_type", f) < 0 ||
	    add_source_types(o, &c->format.datatype_propagate_source_type, true,
			"format.datatype_propagate_source_type", f) < 0 ||
	    add_hashes(o, &c->format.column_mask_hash, 1, f) < 0)
		return -1;
	return add_hashes(o, &c->format.column_mask_hash, 2, f);
}

struct column_options *
column_options_new(const struct config *c, struct fail *f)
{
	struct column_options *o = calloc(1, sizeof(*o));
	const char *keys = c->format.message_key_columns;

	if (!o) {
		no_memory(f);
		return NULL;
	}
	if (patterns_filter_of_two(&c->format.column_include_list,
			"format.column_include_list",
			&c->format.column_exclude_list,
			"format.column_exclude_list", &o->columns, f) < 0 ||
	    patterns_filter(&c->format.json_array_columns,
			"format.json_array_columns", &o->json_arrays, f) < 0 ||
	    make_keys(o, keys ? keys : "", f) < 0 || make_rules(o, c, f) < 0) {
		column_options_free(o);
		return NULL;
	}
	return o;
}

void
column_options_free(struct column_options *o)
{
	if (!o)
		return;
	while (o->nrules)
		filter_free((struct filter *)o->rules[--o->nrules].columns);
	free(o->rules);
	while (o->nkeys)
		filter_free(o->keys[--o->nkeys]);
	free(o->keys);
	filter_free(o->json_arrays);
	filter_free(o->columns);
	free(o);
}

void
column_options_fill(const struct column_options *o, struct plan_options *plan)
{
	plan->columns = o->columns;
	plan->json_arrays = o->json_arrays;
	plan->keys = (const struct filter *const *)o->keys;
	plan->nkeys = o->nkeys;
	plan->rules = (struct rule_set){ o->rules, o->nrules };
}
