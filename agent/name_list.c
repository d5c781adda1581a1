#include <stdbool.h>
#include <string.h>

#include "name_list.h"

struct name {
	char *out;
	size_t len;
	bool too_long;
};

static void
put(struct name *n, char c)
{
	if (n->len + 1 < NAME_LIST_NAME_MAX)
		n->out[n->len++] = c;
	else
		n->too_long = true;
}

/* From behind the opening quote to behind the closing one; NULL if it is not there. */
static const char *
quoted(const char *p, struct name *n)
{
	for (; *p; p++) {
		if (*p == '"' && *++p != '"')
			return p;
		put(n, *p);
	}
	return NULL;
}

static const char *
plain(const char *p, struct name *n)
{
	for (; *p && *p != ','; p++)
		put(n, *p);
	while (n->len && n->out[n->len - 1] == ' ')
		n->len--;
	return p;
}

int
name_list_next(const char **rest, char out[NAME_LIST_NAME_MAX], struct fail *f)
{
	struct name n = { .out = out };
	const char *p = *rest + strspn(*rest, " "), *name = p;

	if (!*p)
		return 0;
	p = *p == '"' ? quoted(p + 1, &n) : plain(p, &n);
	if (!p)
		return fail_set(f, FAIL_CONFIG, "a double quote is not closed: %s",
			name);
	p += strspn(p, " ");
	if (*p && *p != ',')
		return fail_set(f, FAIL_CONFIG,
			"a comma is missing before: %s", p);
	if (!n.len || n.too_long)
		return fail_set(f, FAIL_CONFIG, n.len ?
			"a name is longer than 63 bytes: %s" :
			"a name is empty: %s", name);
	if (*p && !p[1 + strspn(p + 1, " ")])
		return fail_set(f, FAIL_CONFIG, "a name is missing behind the "
			"last comma: %s", name);
	out[n.len] = '\0';
	*rest = *p ? p + 1 : p;
	return 1;
}
