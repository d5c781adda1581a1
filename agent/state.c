#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "kafka_conf.h"
#include "state.h"
#include "state_file.h"
#include "state_topic.h"

#define VERSION 1
#define TEXT_MAX ((size_t)64 << 20)

struct state {
	const char *path;		/* a file; NULL: none */
	bool volatile_;			/* kept nowhere */
	struct state_topic *reader;	/* until the record is loaded */
	char topic[250];
	char *key;
	struct buf text;
};

static char *
key_of(const struct config *c)
{
	char *key = NULL;

	return asprintf(&key, "%s/%s", c->prefix, c->postgres.slot) < 0 ? NULL : key;
}

struct state *
state_new(const struct config *c, struct fail *f)
{
	struct state *s = calloc(1, sizeof(*s));

	if (!s)
		goto no_memory;
	buf_init(&s->text, TEXT_MAX);
	s->path = c->state.file;
	s->volatile_ = c->to_stdout && !s->path;
	s->key = key_of(c);
	if (!s->key)
		goto no_memory;
	kafka_conf_state_topic(c, s->topic);
	if (s->path || s->volatile_)
		return s;
	s->reader = state_topic_new(c, s->topic, s->key, f);
	if (s->reader)
		return s;
	state_free(s);
	return NULL;
no_memory:
	fail_set(f, FAIL_FATAL, "out of memory");
	state_free(s);
	return NULL;
}

void
state_free(struct state *s)
{
	if (!s)
		return;
	state_topic_free(s->reader);
	buf_release(&s->text);
	free(s->key);
	free(s);
}

static const char *
text_of(struct json_object *o, const char *name)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, name, &v) ||
			!json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

static int64_t
number_of(struct json_object *o, const char *name)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, name, &v) ||
			!json_object_is_type(v, json_type_int))
		return -1;
	return json_object_get_int64(v);
}

static bool
copy(char *out, size_t size, const char *text)
{
	if (!text || strlen(text) >= size)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static bool
read_progress(struct json_object *o, struct progress *p)
{
	struct json_object *v;

	if (!p || !json_object_object_get_ex(o, "snapshot", &v))
		return true;
	return progress_from_json(p, v);
}

static bool
read_members(struct json_object *o, struct state_record *out)
{
	const char *last = text_of(o, "last_commit");
	const char *confirmed = text_of(o, "confirmed");
	int64_t timeline = number_of(o, "timeline");

	if (timeline < 0 || timeline > UINT32_MAX)
		return false;
	out->timeline = (uint32_t)timeline;
	return copy(out->system_id, sizeof(out->system_id), text_of(o, "system_id")) &&
		copy(out->slot, sizeof(out->slot), text_of(o, "slot")) &&
		last && lsn_parse(span_of(last), &out->last_commit) &&
		confirmed && lsn_parse(span_of(confirmed), &out->confirmed) &&
		read_progress(o, out->progress);
}

/* `where` names the place for messages. 1 or -1. */
static int
parse(struct span text, const char *where, struct state_record *out, struct fail *f)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o = NULL;
	int64_t version = -1;
	bool good = false;

	if (!tokener)
		return fail_set(f, FAIL_FATAL, "out of memory");
	o = json_tokener_parse_ex(tokener, text.p, (int)text.len);
	if (o && json_object_is_type(o, json_type_object)) {
		version = number_of(o, "version");
		good = version == VERSION && read_members(o, out);
	}
	json_object_put(o);
	json_tokener_free(tokener);
	if (good) {
		out->known = true;
		return 1;
	}
	if (version > VERSION)
		return fail_set(f, FAIL_CONFIG, "%s: the state record was written by "
			"a newer pgwake (its version is %lld); run that one", where,
			(long long)version);
	return fail_set(f, FAIL_CONFIG, "%s: this is not a state record. If nothing "
		"else may be writing there, remove it: the slot is then taken for "
		"one that is started for the first time", where);
}

/* The record's text and a name of its place. As state_load. */
static int
read_text(struct state *s, char *where, size_t size, struct fail *f)
{
	int64_t offset = 0;
	int rc;

	if (s->path) {
		snprintf(where, size, "%s", s->path);
		return state_file_read(s->path, &s->text, f);
	}
	rc = state_topic_read(s->reader, &s->text, &offset, f);
	snprintf(where, size, "topic %s, partition 0, offset %lld", s->topic,
		(long long)offset);
	return rc;
}

int
state_try(const struct state *s, struct fail *f)
{
	return s->path ? state_file_try(s->path, f) : 0;
}

int
state_load(struct state *s, struct state_record *out, struct fail *f)
{
	char where[512];
	int rc;

	*out = (struct state_record){ .progress = out->progress };
	if (s->volatile_)
		return 1;
	rc = read_text(s, where, sizeof(where), f);
	if (rc <= 0)
		return rc;
	state_topic_free(s->reader);
	s->reader = NULL;
	return s->text.len ? parse(buf_span(&s->text), where, out, f) : 1;
}

static int
render(struct buf *b, const struct state_record *r, struct fail *f)
{
	struct json_object *o = json_object_new_object(), *snapshot;
	char lsn[24], confirmed[24];

	snapshot = r->progress ? progress_to_json(r->progress) : NULL;
	/* A record without it would say that there never was a snapshot. */
	if (!o || (!snapshot && r->progress && progress_exists(r->progress))) {
		json_object_put(o);
		json_object_put(snapshot);
		return fail_set(f, FAIL_FATAL, "out of memory for the state record");
	}
	snprintf(lsn, sizeof(lsn), LSN_FMT, LSN_ARG(r->last_commit));
	snprintf(confirmed, sizeof(confirmed), LSN_FMT, LSN_ARG(r->confirmed));
	json_object_object_add(o, "version", json_object_new_int(VERSION));
	json_object_object_add(o, "system_id", json_object_new_string(r->system_id));
	json_object_object_add(o, "timeline", json_object_new_int64(r->timeline));
	json_object_object_add(o, "slot", json_object_new_string(r->slot));
	json_object_object_add(o, "last_commit", json_object_new_string(lsn));
	json_object_object_add(o, "confirmed", json_object_new_string(confirmed));
	if (snapshot)
		json_object_object_add(o, "snapshot", snapshot);
	buf_reset(b);
	buf_put_str(b, json_object_to_json_string_ext(o,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return b->failed ? fail_set(f, FAIL_FATAL, "out of memory") : 0;
}

bool
state_tracked(const struct state *s)
{
	return !s->volatile_ && !s->path;
}

enum sink_result
state_save(struct state *s, struct sink *sink, const struct state_record *r,
	uint64_t unit, struct fail *f)
{
	struct record record = RECORD_INIT;

	if (s->volatile_)
		return SINK_OK;
	if (render(&s->text, r, f))
		return SINK_FAILED;
	if (s->path)
		return state_file_write(s->path, buf_span(&s->text), f)
			? SINK_FAILED : SINK_OK;
	record.topic = span_of(s->topic);
	record.key = span_of(s->key);
	record.value = buf_span(&s->text);
	record.partition = 0;
	record.compacted = true;
	return sink->ops->send(sink, &record, unit, f);
}
