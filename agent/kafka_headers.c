#include <stdlib.h>

#include "kafka_headers.h"

#define USUAL_MAX 65536		/* longer headers are not worth comparing */
#define MISSES_MAX 64		/* then the newest ones become the usual ones */

void
kafka_headers_init(struct kafka_headers *kh)
{
	*kh = (struct kafka_headers){ .misses = MISSES_MAX };
	buf_init(&kh->usual, USUAL_MAX);
}

static void
drop_spare(struct kafka_headers *kh)
{
	while (kh->count)
		rd_kafka_headers_destroy(kh->spare[--kh->count]);
}

void
kafka_headers_release(struct kafka_headers *kh)
{
	drop_spare(kh);
	free(kh->spare);
	buf_release(&kh->usual);
}

static void
put_text(struct buf *b, struct span s)
{
	size_t len = s.p ? s.len : SIZE_MAX;

	buf_put(b, &len, sizeof(len));
	if (s.p)
		buf_put_span(b, s);
}

/* Passes over `s` in the text of the usual headers. False if something else is there. */
static bool
same_text(struct span *usual, struct span s)
{
	size_t len = s.p ? s.len : SIZE_MAX, there;

	memcpy(&there, usual->p, sizeof(there));
	if (there != len)
		return false;
	usual->p += sizeof(there);
	if (s.p && memcmp(usual->p, s.p, s.len))
		return false;
	usual->p += s.p ? s.len : 0;
	return true;
}

static bool
is_usual(const struct kafka_headers *kh, const struct record *r)
{
	struct span text = buf_span(&kh->usual);

	if (r->nheaders != kh->nusual)
		return false;
	for (size_t i = 0; i < r->nheaders; i++)
		if (!same_text(&text, r->headers[i].name) ||
				!same_text(&text, r->headers[i].value))
			return false;
	return true;
}

static void
set_usual(struct kafka_headers *kh, const struct record *r)
{
	drop_spare(kh);
	buf_reset(&kh->usual);
	for (size_t i = 0; i < r->nheaders; i++) {
		put_text(&kh->usual, r->headers[i].name);
		put_text(&kh->usual, r->headers[i].value);
	}
	kh->nusual = kh->usual.failed ? 0 : r->nheaders;
	kh->misses = 0;
	if (++kh->set == KAFKA_HEADERS_OTHER)
		kh->set++;
}

/* Names need not be NUL-terminated here, as they would for RD_KAFKA_V_HEADER. */
static rd_kafka_headers_t *
build(const struct record *r)
{
	rd_kafka_headers_t *list = rd_kafka_headers_new(r->nheaders);

	for (size_t i = 0; list && i < r->nheaders; i++) {
		const struct record_header *h = &r->headers[i];

		if (rd_kafka_header_add(list, h->name.p, (ssize_t)h->name.len,
				h->value.p, (ssize_t)h->value.len)) {
			rd_kafka_headers_destroy(list);
			return NULL;
		}
	}
	return list;
}

rd_kafka_headers_t *
kafka_headers_get(struct kafka_headers *kh, const struct record *r, uint32_t *set)
{
	if (is_usual(kh, r)) {
		kh->misses = 0;
		*set = kh->set;
		return kh->count ? kh->spare[--kh->count] : build(r);
	}
	*set = KAFKA_HEADERS_OTHER;
	if (++kh->misses > MISSES_MAX) {
		set_usual(kh, r);
		*set = kh->set;
	}
	return build(r);
}

static bool
grow(struct kafka_headers *kh)
{
	size_t size = kh->size ? 2 * kh->size : 256;
	rd_kafka_headers_t **spare = realloc(kh->spare, size * sizeof(*spare));

	if (!spare)
		return false;
	kh->spare = spare;
	kh->size = size;
	return true;
}

void
kafka_headers_put(struct kafka_headers *kh, uint32_t set, rd_kafka_headers_t *list)
{
	if (set == KAFKA_HEADERS_OTHER || set != kh->set ||
			(kh->count == kh->size && !grow(kh)))
		rd_kafka_headers_destroy(list);
	else
		kh->spare[kh->count++] = list;
}
