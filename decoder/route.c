#include "route.h"

/* Kafka's limit on the length of a topic name. */
#define TOPIC_MAX 249

static bool
legal(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/*
 * One '_' for each UTF-16 unit that is not allowed, as Debezium counts: two
 * for a character beyond the BMP, whose UTF-8 has four bytes.
 */
static size_t
sanitise(char *out, struct span name)
{
	size_t n = 0;

	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (legal(c))
			out[n++] = (char)c;
		else if ((c & 0xc0) != 0x80)
			out[n++] = '_';
		if (c >= 0xf0)
			out[n++] = '_';
	}
	return n;
}

struct span
route_sanitise(struct arena *a, struct span name)
{
	char *out = arena_alloc(a, name.len + 1);
	size_t n;

	if (!out)
		return (struct span){ NULL, 0 };
	n = sanitise(out, name);
	out[n] = '\0';
	return (struct span){ out, n };
}

struct span
route_topic(struct arena *a, struct span prefix, struct span delimiter,
	struct span schema, struct span table)
{
	struct span whole = arena_printf(a, "%.*s%.*s%.*s%.*s%.*s",
		SPAN_ARG(prefix), SPAN_ARG(delimiter), SPAN_ARG(schema),
		SPAN_ARG(delimiter), SPAN_ARG(table));
	struct span topic;

	if (!whole.p)
		return whole;
	topic = route_sanitise(a, whole);
	if (topic.len > TOPIC_MAX)
		topic.len = TOPIC_MAX;
	return topic;
}
