#include "patterns.h"

#include <stdio.h>
#include <stdlib.h>

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
patterns_filter(const struct config_list *list, const char *key,
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

/* An excluded list is a filter of '!' patterns. */
int
patterns_filter_of_two(const struct config_list *include, const char *include_key,
	const struct config_list *exclude, const char *exclude_key,
	struct filter **out, struct fail *f)
{
	struct config_list negated = { NULL, 0 };
	int rc = -1;

	if (include->count)
		return patterns_filter(include, include_key, out, f);
	negated.items = calloc(exclude->count + 1, sizeof *negated.items);
	if (!negated.items)
		return fail_set(f, FAIL_FATAL, "out of memory");
	for (; negated.count < exclude->count; negated.count++)
		if (asprintf(&negated.items[negated.count], "!%s",
				exclude->items[negated.count]) == -1) {
			fail_set(f, FAIL_FATAL, "out of memory");
			goto out;
		}
	rc = patterns_filter(&negated, exclude_key, out, f);
out:
	while (negated.count)
		free(negated.items[--negated.count]);
	free(negated.items);
	return rc;
}
