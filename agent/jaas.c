#include "jaas.h"

#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind "key="; NULL if it is not there. */
static const char *
find_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = text; (p = strstr(p, key)) != NULL; p++)
		if (p > text && is_blank(p[-1]) && p[len] == '=')
			return p + len + 1;
	return NULL;
}

bool
jaas_option(const char *text, const char *key, char *out, size_t size)
{
	const char *p = find_value(text, key);
	size_t n = 0;
	char quote;

	if (!p)
		return false;
	quote = *p == '"' || *p == '\'' ? *p++ : '\0';
	while (*p && (quote ? *p != quote : *p != ';' && !is_blank(*p))) {
		if (quote && *p == '\\' && p[1])
			p++;
		if (n + 1 >= size)
			return false;
		out[n++] = *p++;
	}
	out[n] = '\0';
	return true;
}
