#include "agenda.h"

#include <stdlib.h>

#include "log.h"

static int
by_size(const void *a, const void *b)
{
	const struct agenda_table *x = *(struct agenda_table *const *)a;
	const struct agenda_table *y = *(struct agenda_table *const *)b;

	if (x->table->bytes != y->table->bytes)
		return x->table->bytes > y->table->bytes ? -1 : 1;
	return x->table < y->table ? -1 : 1;
}

static void
say_anew(const struct snapshot_file *file)
{
	log_warn("a table of the snapshot is read from its beginning again: its name, "
		"its file or its columns have changed, or it has no key",
		LOG_SPAN("schema", file->schema), LOG_SPAN("table", file->table));
}

/* About as many pages as hold a chunk, with what they have in TOAST. */
static uint64_t
chunk_pages(const struct agenda *a, const struct snapshot_file *file)
{
	uint64_t per_page = file->pages ? file->bytes / file->pages : 0;
	uint64_t pages = a->chunk_bytes / (per_page ? per_page : 1);

	return pages ? pages : 1;
}

static uint64_t
pages_left(const struct agenda *a, const struct snapshot_file *file)
{
	uint64_t from, to, at = 0, left = 0;

	while (progress_gap(a->progress, file->id.oid, at, &from, &to)) {
		uint64_t first = from >> 16, end = to == PROGRESS_END ?
			file->pages : to >> 16;

		if (end > file->pages)
			end = file->pages;
		if (end > first)
			left += end - first;
		if (to == PROGRESS_END)
			break;
		at = to;
	}
	return left;
}

static void
meet(struct agenda *a, struct agenda_table *t, struct agenda_file *f,
	const struct snapshot_file *file)
{
	enum progress_fit fit = progress_meet(a->progress, &file->id);

	f->file = file;
	f->chunk_pages = chunk_pages(a, file);
	f->given = fit == PROGRESS_WHOLE;
	f->pages = pages_left(a, file);
	t->stamp.begun |= fit != PROGRESS_FRESH;
	if (fit == PROGRESS_ANEW) {
		say_anew(file);
		a->changed = true;
	}
	if (fit == PROGRESS_PARTLY && file->toasted) {
		f->owed = progress_owe(a->progress, file->id.oid);
		f->owed_left = 1;
	}
}

/* More than one reader may be at it. */
static bool
is_wide(const struct agenda_table *t)
{
	const struct agenda_file *f = t->files;

	if (t->table->statement.p)
		return false;
	return t->nfiles > 1 || (t->nfiles == 1 && f->file->ranges &&
		f->pages > f->chunk_pages);
}

static int
meet_table(struct agenda *a, struct agenda_table *t,
	const struct snapshot_table *table)
{
	t->table = table;
	t->nfiles = table->nfiles;
	t->files = calloc(t->nfiles + 1, sizeof(*t->files));
	if (!t->files)
		return -1;
	t->given = true;
	for (size_t i = 0; i < t->nfiles; i++) {
		meet(a, t, &t->files[i], &table->files[i]);
		t->given &= t->files[i].given;
	}
	t->ended = t->given;
	return 0;
}

int
agenda_init(struct agenda *a, const struct snapshot_tables *tables,
	struct progress *progress, uint64_t chunk_bytes, bool parallel,
	struct fail *f)
{
	*a = (struct agenda){ .progress = progress, .chunk_bytes = chunk_bytes };
	a->tables = calloc(tables->count + 1, sizeof(*a->tables));
	a->order = calloc(tables->count + 1, sizeof(*a->order));
	if (!a->tables || !a->order)
		return fail_set(f, FAIL_FATAL, "out of memory for a snapshot");
	for (; a->count < tables->count; a->count++) {
		struct agenda_table *t = &a->tables[a->count];

		if (meet_table(a, t, &tables->tables[a->count]) == -1)
			return fail_set(f, FAIL_FATAL, "out of memory for a snapshot");
		t->stamp.wide = parallel && is_wide(t);
		a->order[a->count] = t;
	}
	if (parallel)
		qsort(a->order, a->count, sizeof(*a->order), by_size);
	if (a->count)
		a->order[0]->stamp.leads = true;
	return 0;
}

void
agenda_release(struct agenda *a)
{
	for (size_t i = 0; i < a->count; i++) {
		stamp_release_table(&a->tables[i].stamp);
		free(a->tables[i].files);
	}
	free(a->order);
	free(a->tables);
	*a = (struct agenda){ 0 };
}

/* The next range of what is to be read again. */
static bool
next_owed(struct agenda *a, struct agenda_file *f, struct reader_job *job)
{
	if (!f->owed)
		return false;
	if (progress_range(a->progress, f->file->id.oid, f->owed_given,
			&job->from, &job->to)) {
		f->owed_given++;
		f->owed_left++;
		job->moved_since = f->owed;
		return true;
	}
	f->owed = 0;
	f->owed_left--;
	return false;
}

static bool
next_range(struct agenda *a, struct agenda_file *f, struct reader_job *job)
{
	uint64_t end;

	if (f->given || !progress_gap(a->progress, f->file->id.oid,
			f->cursor, &job->from, &job->to)) {
		f->given = true;
		return false;
	}
	end = ((job->from >> 16) + f->chunk_pages) << 16;
	/* The last one is open: pages may have come since they were counted. */
	if (f->file->ranges && end < job->to && end >> 16 < f->file->pages)
		job->to = end;
	job->places = f->file->toasted && f->file->ranges;
	f->cursor = job->to;
	f->given = f->cursor == PROGRESS_END;
	return true;
}

/*
 * All of what is to be read again is given before new ranges are finished: the
 * list of finished ranges then stands still.
 */
static bool
next_of_file(struct agenda *a, struct agenda_table *t, struct agenda_file *f,
	struct reader_job *job)
{
	*job = (struct reader_job){ .table = t->table, .file = f->file };
	return next_owed(a, f, job) || next_range(a, f, job);
}

static bool
next_of_table(struct agenda *a, struct agenda_table *t, struct agenda_file **file,
	struct reader_job *job)
{
	if (t->given)
		return false;
	if (t->table->statement.p) {
		*job = (struct reader_job){ .table = t->table, .to = PROGRESS_END };
		*file = NULL;
		t->given = true;
		return true;
	}
	for (; t->next_file < t->nfiles; t->next_file++) {
		*file = &t->files[t->next_file];
		if (!t->moved && next_of_file(a, t, *file, job))
			return true;
	}
	t->given = true;
	return false;
}

bool
agenda_next(struct agenda *a, struct agenda_table **table,
	struct agenda_file **file, struct reader_job *job)
{
	for (; a->next < a->count; a->next++) {
		struct agenda_table *t = a->order[a->next];

		if (!next_of_table(a, t, file, job))
			continue;
		t->running++;
		*table = t;
		return true;
	}
	return false;
}

static bool
settle_file(struct agenda *a, struct agenda_file *f, uint32_t xmin)
{
	if (f->settled || !f->owed_given || f->owed_left)
		return false;
	f->settled = true;
	progress_settle(a->progress, f->file->id.oid, xmin);
	return true;
}

bool
agenda_settle(struct agenda *a, uint32_t xmin)
{
	bool any = false;

	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < a->tables[i].nfiles; k++)
			any |= settle_file(a, &a->tables[i].files[k], xmin);
	return any;
}

bool
agenda_complete(const struct agenda *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (!a->tables[i].given || a->tables[i].moved)
			return false;
	return true;
}
