#include "progress.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)64 << 20)

struct range {
	uint64_t from, to;
};

struct entry {
	struct progress_file file;
	bool whole;
	bool keyed;
	bool owed;			/* rows of finished ranges are to be read again */
	uint32_t xmin;
	struct range *ranges;		/* apart, in order; none if whole */
	size_t nranges;
};

struct progress {
	bool exists, finished;
	struct entry *entries;		/* by OID */
	size_t count, size;
};

struct progress *
progress_new(void)
{
	return calloc(1, sizeof(struct progress));
}

static void
forget_all(struct progress *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->entries[i].ranges);
	p->count = 0;
}

void
progress_free(struct progress *p)
{
	if (!p)
		return;
	forget_all(p);
	free(p->entries);
	free(p);
}

void
progress_clear(struct progress *p)
{
	forget_all(p);
	p->exists = p->finished = false;
}

void
progress_begin(struct progress *p)
{
	progress_clear(p);
	p->exists = true;
}

void
progress_finish(struct progress *p)
{
	forget_all(p);
	p->exists = p->finished = true;
}

bool
progress_exists(const struct progress *p)
{
	return p->exists;
}

bool
progress_unfinished(const struct progress *p)
{
	return p->exists && !p->finished;
}

bool
progress_finished(const struct progress *p)
{
	return p->exists && p->finished;
}

bool
progress_any(const struct progress *p)
{
	return p->count > 0;
}

/* Where the OID is, or would be. */
static size_t
position(const struct progress *p, uint32_t oid)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->entries[middle].file.oid < oid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct entry *
find(const struct progress *p, uint32_t oid)
{
	size_t i = position(p, oid);

	return i < p->count && p->entries[i].file.oid == oid ?
		&p->entries[i] : NULL;
}

static void
forget(struct progress *p, struct entry *e)
{
	size_t i = (size_t)(e - p->entries);

	free(e->ranges);
	memmove(e, e + 1, (p->count - i - 1) * sizeof(*e));
	p->count--;
}

static struct entry *
insert(struct progress *p, const struct progress_file *file)
{
	size_t i = position(p, file->oid);

	if (p->count == p->size) {
		size_t size = p->size ? 2 * p->size : 16;
		struct entry *entries = realloc(p->entries,
			size * sizeof(*entries));

		if (!entries)
			return NULL;
		p->entries = entries;
		p->size = size;
	}
	memmove(&p->entries[i + 1], &p->entries[i],
		(p->count - i) * sizeof(*p->entries));
	p->entries[i] = (struct entry){ .file = *file };
	p->count++;
	return &p->entries[i];
}

size_t
progress_keep_whole(struct progress *p)
{
	size_t before = p->count;

	for (size_t i = p->count; i-- > 0;)
		if (!p->entries[i].whole)
			forget(p, &p->entries[i]);
	return before - p->count;
}

enum progress_fit
progress_meet(struct progress *p, const struct progress_file *file)
{
	struct entry *e = find(p, file->oid);

	if (!e)
		return PROGRESS_FRESH;
	/* What happened to it since is in the stream. */
	if (e->whole)
		return PROGRESS_WHOLE;
	if (e->keyed && e->file.filenode == file->filenode &&
	    e->file.columns == file->columns)
		return PROGRESS_PARTLY;
	forget(p, e);
	return PROGRESS_ANEW;
}

bool
progress_gap(const struct progress *p, uint32_t oid, uint64_t at,
	uint64_t *from, uint64_t *to)
{
	const struct entry *e = find(p, oid);

	*from = at;
	*to = PROGRESS_END;
	if (e && e->whole)
		return false;
	for (size_t i = 0; e && i < e->nranges; i++) {
		if (e->ranges[i].from > *from) {
			*to = e->ranges[i].from;
			break;
		}
		if (e->ranges[i].to > *from)
			*from = e->ranges[i].to;
	}
	return *from < PROGRESS_END;
}

bool
progress_range(const struct progress *p, uint32_t oid, size_t i,
	uint64_t *from, uint64_t *to)
{
	const struct entry *e = find(p, oid);

	if (!e || i >= e->nranges)
		return false;
	*from = e->ranges[i].from;
	*to = e->ranges[i].to;
	return true;
}

/* Joined with those it touches. */
static bool
add_range(struct entry *e, uint64_t from, uint64_t to)
{
	size_t first = 0, end;
	struct range *ranges;

	while (first < e->nranges && e->ranges[first].to < from)
		first++;
	for (end = first; end < e->nranges && e->ranges[end].from <= to; end++) {
		if (e->ranges[end].from < from)
			from = e->ranges[end].from;
		if (e->ranges[end].to > to)
			to = e->ranges[end].to;
	}
	if (end == first) {
		ranges = realloc(e->ranges, (e->nranges + 1) * sizeof(*ranges));
		if (!ranges)
			return false;
		e->ranges = ranges;
		memmove(&ranges[first + 1], &ranges[first],
			(e->nranges - first) * sizeof(*ranges));
		e->nranges++;
	} else {
		memmove(&e->ranges[first + 1], &e->ranges[end],
			(e->nranges - end) * sizeof(*ranges));
		e->nranges -= end - first - 1;
	}
	e->ranges[first] = (struct range){ from, to };
	return true;
}

static void
note_whole(struct entry *e)
{
	if (e->owed || e->nranges != 1 || e->ranges[0].from != 0 ||
	    e->ranges[0].to != PROGRESS_END)
		return;
	e->whole = true;
	free(e->ranges);
	e->ranges = NULL;
	e->nranges = 0;
}

int
progress_add(struct progress *p, const struct progress_file *file, bool keyed,
	uint32_t xmin, uint64_t from, uint64_t to)
{
	struct entry *e = find(p, file->oid);

	if (!e) {
		e = insert(p, file);
		if (!e)
			return -1;
		e->keyed = keyed;
		e->xmin = xmin;
	}
	if (e->whole)
		return 0;
	if (!add_range(e, from, to))
		return -1;
	note_whole(e);
	return 0;
}

uint32_t
progress_owe(struct progress *p, uint32_t oid)
{
	struct entry *e = find(p, oid);

	if (!e || e->whole)
		return 0;
	e->owed = true;
	return e->xmin;
}

void
progress_settle(struct progress *p, uint32_t oid, uint32_t xmin)
{
	struct entry *e = find(p, oid);

	if (!e)
		return;
	e->owed = false;
	e->xmin = xmin;
	note_whole(e);
}

/* "16384,6,12": the first OID, then by how much each is larger than the one before. */
static void
put_whole(const struct progress *p, struct buf *b)
{
	uint32_t last = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct entry *e = &p->entries[i];

		if (!e->whole)
			continue;
		if (b->len)
			buf_putc(b, ',');
		buf_put_u64(b, e->file.oid - last);
		last = e->file.oid;
	}
}

/* "0-8192.1,9000-": pages, with the offset if it is not 0; an open end. */
static void
put_ranges(const struct entry *e, struct buf *b)
{
	for (size_t i = 0; i < e->nranges; i++) {
		const uint64_t ends[2] = { e->ranges[i].from, e->ranges[i].to };

		if (i)
			buf_putc(b, ',');
		for (int k = 0; k < 2; k++) {
			if (k)
				buf_putc(b, '-');
			if (ends[k] == PROGRESS_END)
				break;
			buf_put_u64(b, ends[k] >> 16);
			if (ends[k] & 0xffff)
				buf_printf(b, ".%u", (unsigned)(ends[k] & 0xffff));
		}
	}
}

static struct json_object *
text(const struct buf *b)
{
	return json_object_new_string_len(buf_span(b).p, (int)b->len);
}

/* NULL without memory. */
static struct json_object *
entry_to_json(const struct entry *e, struct buf *b)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "oid", json_object_new_int64(e->file.oid));
	json_object_object_add(o, "filenode",
		json_object_new_int64(e->file.filenode));
	buf_reset(b);
	buf_printf(b, "%016llx", (unsigned long long)e->file.columns);
	json_object_object_add(o, "columns", text(b));
	json_object_object_add(o, "keyed", json_object_new_boolean(e->keyed));
	json_object_object_add(o, "xmin", json_object_new_int64(e->xmin));
	buf_reset(b);
	put_ranges(e, b);
	json_object_object_add(o, "finished", text(b));
	if (!b->failed)
		return o;
	json_object_put(o);
	return NULL;
}

/* A list that was cut would say something else. */
static bool
tables_to_json(const struct progress *p, struct json_object *o, struct buf *b)
{
	struct json_object *tables = json_object_new_array();

	put_whole(p, b);
	json_object_object_add(o, "whole", text(b));
	json_object_object_add(o, "tables", tables);
	if (b->failed)
		return false;
	for (size_t i = 0; i < p->count; i++) {
		struct json_object *entry;

		if (p->entries[i].whole)
			continue;
		entry = entry_to_json(&p->entries[i], b);
		if (!entry)
			return false;
		json_object_array_add(tables, entry);
	}
	return true;
}

struct json_object *
progress_to_json(const struct progress *p)
{
	struct json_object *o;
	struct buf b;

	if (!p->exists)
		return NULL;
	buf_init(&b, TEXT_MAX);
	o = json_object_new_object();
	json_object_object_add(o, "finished", json_object_new_boolean(p->finished));
	if (!p->finished && !tables_to_json(p, o, &b)) {
		json_object_put(o);
		o = NULL;
	}
	buf_release(&b);
	return o;
}

/* Digits, and nothing before them. False: there are none, or too large a number. */
static bool
read_digits(const char **s, uint64_t most, uint64_t *out)
{
	const char *p = *s;

	for (*out = 0; *p >= '0' && *p <= '9' && *out <= most; p++)
		*out = *out * 10 + (uint64_t)(*p - '0');
	if (p == *s || *out > most)
		return false;
	*s = p;
	return true;
}

/* Behind an item of a list: at its end, or at the next one. */
static bool
read_comma(const char **s)
{
	return !**s || (*(*s)++ == ',' && **s);
}

static bool
read_whole(struct progress *p, const char *s)
{
	uint64_t oid = 0, more;

	while (*s) {
		struct entry *e;

		if (!read_digits(&s, UINT32_MAX - oid, &more) || !more ||
		    !read_comma(&s))
			return false;
		oid += more;
		e = insert(p, &(struct progress_file){ .oid = (uint32_t)oid });
		if (!e)
			return false;
		e->whole = true;
	}
	return true;
}

/* A page, and the offset in it if it is not 0. */
static bool
read_place(const char **s, uint64_t *out)
{
	uint64_t page, offset = 0;

	if (!read_digits(s, UINT32_MAX, &page))
		return false;
	if (**s == '.') {
		++*s;
		if (!read_digits(s, 0xffff, &offset))
			return false;
	}
	*out = page << 16 | offset;
	return true;
}

static bool
read_ranges(struct entry *e, const char *s)
{
	while (*s) {
		uint64_t from, to = PROGRESS_END;

		if (!read_place(&s, &from) || *s++ != '-' ||
		    (*s && !read_place(&s, &to)) || !read_comma(&s) ||
		    from >= to || !add_range(e, from, to))
			return false;
	}
	return true;
}

static bool
read_hash(const char *s, uint64_t *out)
{
	*out = strtoull(s, NULL, 16);
	return strlen(s) == 16 && strspn(s, "0123456789abcdef") == 16;
}

static struct json_object *
member(struct json_object *o, const char *name, enum json_type type)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, name, &v);
	return v && json_object_is_type(v, type) ? v : NULL;
}

static bool
read_number(struct json_object *o, const char *name, uint32_t *out)
{
	struct json_object *v = member(o, name, json_type_int);
	int64_t n = v ? json_object_get_int64(v) : -1;

	*out = (uint32_t)n;
	return n >= 0 && n <= UINT32_MAX;
}

static bool
read_entry(struct progress *p, struct json_object *o)
{
	struct json_object *columns = member(o, "columns", json_type_string);
	struct json_object *keyed = member(o, "keyed", json_type_boolean);
	struct json_object *ranges = member(o, "finished", json_type_string);
	struct progress_file file = { 0 };
	struct entry *e;
	uint32_t xmin;

	if (!columns || !keyed || !ranges || !read_number(o, "oid", &file.oid) ||
	    !read_number(o, "filenode", &file.filenode) ||
	    !read_number(o, "xmin", &xmin))
		return false;
	if (!read_hash(json_object_get_string(columns), &file.columns) ||
	    find(p, file.oid) || !(e = insert(p, &file)))
		return false;
	e->keyed = json_object_get_boolean(keyed);
	e->xmin = xmin;
	return read_ranges(e, json_object_get_string(ranges));
}

static bool
read_members(struct progress *p, struct json_object *o)
{
	struct json_object *finished = member(o, "finished", json_type_boolean);
	struct json_object *whole = member(o, "whole", json_type_string);
	struct json_object *tables = member(o, "tables", json_type_array);

	if (!finished)
		return false;
	p->exists = true;
	p->finished = json_object_get_boolean(finished);
	if (p->finished)
		return true;
	if (!whole || !tables || !read_whole(p, json_object_get_string(whole)))
		return false;
	for (size_t i = 0; i < json_object_array_length(tables); i++)
		if (!read_entry(p, json_object_array_get_idx(tables, i)))
			return false;
	return true;
}

bool
progress_from_json(struct progress *p, struct json_object *o)
{
	progress_clear(p);
	if (json_object_is_type(o, json_type_object) && read_members(p, o))
		return true;
	progress_clear(p);
	return false;
}
