#include "part.h"

#include <stdlib.h>

void
part_list_init(struct part_list *l, struct track *track,
	struct progress *progress, uint32_t xmin)
{
	*l = (struct part_list){ .track = track, .progress = progress,
		.xmin = xmin };
	l->last = &l->first;
}

void
part_list_release(struct part_list *l)
{
	while (l->first) {
		struct part *p = l->first;

		l->first = p->next;
		free(p);
	}
	l->last = &l->first;
}

struct part *
part_new(struct part_list *l, const struct snapshot_file *files, size_t nfiles,
	uint64_t from)
{
	struct part *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->base.unit = TRACK_NONE;
	p->files = files;
	p->nfiles = nfiles;
	p->from = from;
	*l->last = p;
	l->last = &p->next;
	return p;
}

int
part_open(struct part_list *l, struct part *p, struct fail *f)
{
	if (p->opened)
		return 0;
	p->base.unit = track_open(l->track);
	p->opened = p->base.unit != TRACK_NONE;
	return p->opened ? 0 : fail_set(f, FAIL_FATAL, "out of memory for a unit");
}

static bool
is_done(const struct part_list *l, const struct part *p)
{
	if (!p->base.ended)
		return false;
	return !p->opened || (p->base.closed &&
		track_done(l->track, p->base.unit));
}

static int
add(struct part_list *l, const struct part *p)
{
	if (p->moved)
		--*p->moved;
	if (p->void_ || p->from >= p->to)
		return 0;
	for (size_t i = 0; i < p->nfiles; i++)
		if (progress_add(l->progress, &p->files[i].id, p->keyed,
				l->xmin, p->from, p->to) == -1)
			return -1;
	return 0;
}

int
part_collect(struct part_list *l, struct fail *f)
{
	struct part **at = &l->first;
	int any = 0;

	while (*at) {
		struct part *p = *at;

		if (!is_done(l, p)) {
			at = &p->next;
			continue;
		}
		if (add(l, p) == -1)
			return fail_set(f, FAIL_FATAL,
				"out of memory for the progress of a snapshot");
		any = 1;
		stamp_forget_part(&p->base);
		*at = p->next;
		if (!p->next)
			l->last = at;
		free(p);
	}
	return any;
}
