#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "identity_rule.h"

static struct span
trim(struct span s)
{
	while (s.len && isspace((unsigned char)s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && isspace((unsigned char)s.p[s.len - 1]))
		s.len--;
	return s;
}

static bool
is_word(struct span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

/* "INDEX name", in the case that it is written in. */
static int
parse_index(struct identity_rule *r, struct span text, struct fail *f)
{
	static const char word[] = "INDEX";
	struct span name;

	if (text.len < sizeof(word) || strncasecmp(text.p, word, sizeof(word) - 1) != 0 ||
	    !isspace((unsigned char)text.p[sizeof(word) - 1]))
		return fail_set(f, FAIL_CONFIG, "\"%.*s\": must be DEFAULT, "
			"FULL, NOTHING, or INDEX and a name", SPAN_ARG(text));
	name = trim((struct span){ text.p + sizeof(word) - 1,
		text.len - sizeof(word) + 1 });
	r->index = strndup(name.p, name.len);
	if (!r->index)
		return fail_set(f, FAIL_FATAL, "out of memory");
	r->identity = 'i';
	return 0;
}

static int
parse_identity(struct identity_rule *r, struct span text, struct fail *f)
{
	if (is_word(text, "DEFAULT"))
		r->identity = 'd';
	else if (is_word(text, "FULL"))
		r->identity = 'f';
	else if (is_word(text, "NOTHING"))
		r->identity = 'n';
	else
		return parse_index(r, text, f);
	return 0;
}

int
identity_rule_parse(struct identity_rule *r, const char *text, struct fail *f)
{
	const char *colon = strrchr(text, ':');
	struct span pattern;

	*r = (struct identity_rule){ .identity = 'd' };
	if (!colon)
		return fail_set(f, FAIL_CONFIG, "\"%s\": a colon must stand "
			"between table and identity, as in public.orders:FULL", text);
	pattern = trim((struct span){ text, (size_t)(colon - text) });
	if (!pattern.len || pattern.p[0] == '!')
		return fail_set(f, FAIL_CONFIG, "\"%s\": must begin with a "
			"pattern on schema.table", text);
	if (parse_identity(r, trim(span_of(colon + 1)), f) == -1)
		return -1;
	r->tables = filter_new(&pattern, 1, f);
	if (r->tables)
		return 0;
	identity_rule_release(r);
	return -1;
}

void
identity_rule_release(struct identity_rule *r)
{
	filter_free(r->tables);
	free(r->index);
	*r = (struct identity_rule){ .identity = 'd' };
}

bool
identity_rule_holds(const struct identity_rule *r, char identity,
	const char *index)
{
	return r->identity == identity &&
		(identity != 'i' || strcmp(r->index, index) == 0);
}
