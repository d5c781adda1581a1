/*
 * decoder: what a row costs in the decoder alone.
 *
 *   decoder DIR
 *
 * Replays the recordings of DIR, stage by stage, and prints a line for each
 * case and stage: the stage's name, nanoseconds per row with all stages before
 * it, and bytes written per row. Under callgrind it counts instead: each stage
 * is a dump that is called "CASE STAGE ROWS".
 */
#include <time.h>

#include <valgrind/callgrind.h>

#include "replay.h"

#define ROUND_NS 50000000	/* at least, so that the clock does not matter */
#define ROUNDS 7		/* the quickest counts */
#define COUNTED_PASSES 4

static const struct {
	const char *name, *file;
	bool schemas;
} cases[] = {
	{ "mix", "mix", false },
	{ "mix-schemas", "mix", true },
	{ "narrow-full", "narrow", false },
	{ "100-columns", "wide", false },
};

static const char *const stages[] = { "parse", "change", "values", "record" };

/* Of the processor: what else runs on the machine matters less. */
static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double
ns_per_row(struct replay *r, enum replay_stage stage)
{
	double best = 0;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t began = now_ns(), spent;
		size_t rows = 0;

		do {
			replay_pass(r, stage);
			rows += r->rows;
			spent = now_ns() - began;
		} while (spent < ROUND_NS);
		if (i == 0 || (double)spent / (double)rows < best)
			best = (double)spent / (double)rows;
	}
	return best;
}

static void
count(struct replay *r, const char *name, enum replay_stage stage)
{
	char title[64];

	snprintf(title, sizeof(title), "%s %s %zu", name, stages[stage],
		r->rows * COUNTED_PASSES);
	CALLGRIND_TOGGLE_COLLECT;
	for (int i = 0; i < COUNTED_PASSES; i++)
		replay_pass(r, stage);
	CALLGRIND_TOGGLE_COLLECT;
	CALLGRIND_DUMP_STATS_AT(title);
}

static void
measure(struct replay *r, const char *name, enum replay_stage stage)
{
	double ns = ns_per_row(r, stage);

	r->written = 0;
	replay_pass(r, stage);
	printf("%s %s %.1f %.0f\n", name, stages[stage], ns,
		(double)r->written / (double)r->rows);
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		replay_die("usage", "decoder DIR");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char path[4096];
		struct replay *r;

		snprintf(path, sizeof(path), "%s/%s", argv[1], cases[i].file);
		r = replay_new(path, cases[i].schemas);
		for (enum replay_stage s = REPLAY_PARSE; s <= REPLAY_RECORD; s++)
			(RUNNING_ON_VALGRIND ? count : measure)(r, cases[i].name, s);
		replay_free(r);
	}
	return 0;
}
