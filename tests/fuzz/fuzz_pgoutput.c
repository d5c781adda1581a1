/*
 * A sequence of pgoutput messages, each behind its length in two bytes.
 *
 * Every message is parsed outside and inside a streamed transaction, from a
 * block of exactly its size, and every byte of every view is read.
 */
#include <stdint.h>
#include <stdlib.h>

#include "pgoutput.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pgoutput_scratch scratch;
static volatile unsigned sum;

static void
require(bool fact)
{
	if (!fact)
		abort();
}

static void
touch(struct span s)
{
	require(s.p || s.len == 0);
	for (size_t i = 0; i < s.len; i++)
		sum += (unsigned char)s.p[i];
}

static void
touch_text(struct span s)
{
	require(s.p != NULL);
	touch(s);
	require(!memchr(s.p, 0, s.len));
}

static void
touch_tuple(const struct pgoutput_tuple *t)
{
	require(t->ncols <= PGOUTPUT_MAX_COLUMNS);
	for (uint16_t i = 0; i < t->ncols; i++) {
		const struct pgoutput_value *v = &t->cols[i];
		bool sent = v->kind == PGOUTPUT_TEXT || v->kind == PGOUTPUT_BINARY;

		require(sent || v->kind == PGOUTPUT_NULL
			|| v->kind == PGOUTPUT_UNCHANGED);
		require(sent == (v->p != NULL));
		touch((struct span){ v->p, v->len });
	}
}

static void
touch_row(const struct pgoutput_message *m)
{
	enum pgoutput_image old = m->row.old_row.image;
	enum pgoutput_image new = m->row.new_row.image;

	require(old == PGOUTPUT_NONE || old == PGOUTPUT_OLD || old == PGOUTPUT_KEY);
	require((old == PGOUTPUT_NONE) <= (m->type != PGOUTPUT_DELETE));
	require((new == PGOUTPUT_NEW) == (m->type != PGOUTPUT_DELETE));
	touch_tuple(&m->row.old_row);
	touch_tuple(&m->row.new_row);
}

static void
touch_relation(const struct pgoutput_relation *r)
{
	touch_text(r->schema);
	touch_text(r->name);
	require(r->schema.len > 0);
	require(r->ncols <= PGOUTPUT_MAX_COLUMNS);
	for (uint16_t i = 0; i < r->ncols; i++) {
		touch_text(r->cols[i].name);
		sum += r->cols[i].type + (unsigned)r->cols[i].typmod;
	}
}

static void
touch_truncate(const struct pgoutput_message *m)
{
	for (uint32_t i = 0; i < m->truncate.nrels; i++)
		sum += pgoutput_truncate_relid(m, i);
}

static void
touch_message(const struct pgoutput_message *m)
{
	switch (m->type) {
	case PGOUTPUT_BEGIN_PREPARE:
		touch_text(m->begin.gid);
		break;
	case PGOUTPUT_PREPARE:
	case PGOUTPUT_STREAM_PREPARE:
	case PGOUTPUT_COMMIT_PREPARED:
	case PGOUTPUT_ROLLBACK_PREPARED:
		touch_text(m->commit.gid);
		break;
	case PGOUTPUT_ORIGIN:
		touch_text(m->origin.name);
		break;
	case PGOUTPUT_RELATION:
		touch_relation(&m->relation);
		break;
	case PGOUTPUT_TYPE:
		touch_text(m->type_name.schema);
		touch_text(m->type_name.name);
		break;
	case PGOUTPUT_INSERT:
	case PGOUTPUT_UPDATE:
	case PGOUTPUT_DELETE:
		touch_row(m);
		break;
	case PGOUTPUT_TRUNCATE:
		touch_truncate(m);
		break;
	case PGOUTPUT_MESSAGE:
		touch_text(m->logical.prefix);
		touch(m->logical.content);
		break;
	case PGOUTPUT_BEGIN:
	case PGOUTPUT_COMMIT:
	case PGOUTPUT_STREAM_START:
	case PGOUTPUT_STREAM_STOP:
	case PGOUTPUT_STREAM_COMMIT:
	case PGOUTPUT_STREAM_ABORT:
		break;
	}
}

static void
parse(struct span message, bool in_stream)
{
	struct pgoutput_message m;
	struct fail f = FAIL_INIT;

	if (pgoutput_parse(message, in_stream, &scratch, &m, &f) != 0) {
		require(f.kind == FAIL_PROTOCOL && f.text[0]);
		return;
	}
	require(f.kind == FAIL_NONE);
	require(in_stream || m.stream_xid == 0);
	touch_message(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	while (size >= 2) {
		size_t len = (size_t)data[0] << 8 | data[1];
		char *p;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		p = malloc(len);
		if (!p)
			return 0;
		memcpy(p, data, len);
		parse((struct span){ p, len }, false);
		parse((struct span){ p, len }, true);
		free(p);
		data += len;
		size -= len;
	}
	return 0;
}
