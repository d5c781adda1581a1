/*
 * main: argv to a command; the only place that calls exit.
 *
 * Exit codes: 0 fine, 1 failed at run time, 2 usage or configuration, 3
 * history lost, 4 a problem found by --check or --lag.
 */
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "cmd_check.h"
#include "cmd_import.h"
#include "cmd_lag.h"
#include "cmd_run.h"
#include "cmd_snapshot.h"
#include "config.h"
#include "config_file.h"
#include "log.h"
#include "usage.h"

extern char **environ;

enum { EXIT_FAILED = 1, EXIT_CONFIG = 2, EXIT_LOST = 3 };

#define TEXT_MAX_BYTES (1 << 20)
#define CHECK_MAX_BYTES (64 << 20)	/* a few lines for each table */

static int
exit_code(const struct fail *f)
{
	switch (f->kind) {
	case FAIL_CONFIG:
		return EXIT_CONFIG;
	case FAIL_LOST:
		return EXIT_LOST;
	default:
		return EXIT_FAILED;
	}
}

/*
 * A message that names no file or key begins with the program; one that does
 * begins with the place, "FILE:LINE: ...", for editors.
 */
static int
own(int rc, struct fail *f)
{
	return rc < 0 ? fail_context(f, "pgwake") : rc;
}

/* Everything written must have arrived: a full disk is not success. */
static int
print(const struct buf *b, struct fail *f)
{
	if (b->failed)
		return own(fail_set(f, FAIL_FATAL, "out of memory"), f);
	if (fwrite(b->p, 1, b->len, stdout) != b->len || fflush(stdout) != 0)
		return own(fail_set(f, FAIL_FATAL, "standard output: %m"), f);
	return 0;
}

static int
print_text(void (*put)(struct buf *out), struct fail *f)
{
	struct buf b;
	int rc;

	buf_init(&b, TEXT_MAX_BYTES);
	put(&b);
	rc = print(&b, f);
	buf_release(&b);
	return rc;
}

static int
print_config(struct config *c, struct fail *f)
{
	struct buf b;
	int rc;

	buf_init(&b, TEXT_MAX_BYTES);
	usage_config(&b, c);
	rc = print(&b, f);
	buf_release(&b);
	return rc < 0 ? -1 : config_finish(c, f);
}

static int
read_settings(struct config *c, const struct args *a, struct fail *f)
{
	if (a->file && config_file_read(c, a->file, f) < 0)
		return -1;
	if (config_environment(c, environ, f) < 0)
		return -1;
	for (size_t i = 0; i < a->nsettings; i++)
		if (config_set(c, a->settings[i], "-o", f) < 0)
			return -1;
	c->to_stdout = a->to_stdout;
	log_set_level((enum log_level)c->log.level);
	return 0;
}

static int
check(struct config *c, struct fail *f)
{
	struct buf b;
	int rc;

	if (config_finish(c, f) < 0)
		return -1;
	buf_init(&b, CHECK_MAX_BYTES);
	rc = cmd_check(c, &b, f);
	if (rc >= 0 && print(&b, f) < 0)
		rc = -1;
	else if (rc < 0 && f->kind != FAIL_CONFIG)
		own(rc, f);
	buf_release(&b);
	return rc;
}

/* From here on a failure is a line of the log. */
static int
run(struct config *c, struct fail *f)
{
	int rc;

	if (config_finish(c, f) < 0)
		return -1;
	rc = c->snapshot.mode == SNAPSHOT_INITIAL_ONLY ? cmd_snapshot(c, f) :
		cmd_run(c, f);
	if (rc == 0)
		return 0;
	log_error(f->text, LOG_STR("kind", fail_kind_name(f->kind)),
		LOG_INT("exit", exit_code(f)));
	return exit_code(f);
}

static int
with_config(const struct args *a, struct fail *f)
{
	struct config *c = config_new();
	int rc = -1;

	if (!c)
		return fail_set(f, FAIL_FATAL, "out of memory");
	if (read_settings(c, a, f) < 0)
		goto out;
	if (a->command == ARGS_PRINT_CONFIG)
		rc = print_config(c, f);
	else if (a->command == ARGS_RUN)
		rc = run(c, f);
	else if (a->command == ARGS_CHECK)
		rc = check(c, f);
	else if (config_finish_connection(c, f) == 0)
		rc = own(cmd_lag(c, &a->lag, f), f);
out:
	config_free(c);
	return rc;
}

static int
dispatch(const struct args *a, struct fail *f)
{
	switch (a->command) {
	case ARGS_HELP:
		return print_text(usage_help, f);
	case ARGS_VERSION:
		return print_text(usage_version, f);
	case ARGS_PRINT_REFERENCE:
		return print_text(usage_reference, f);
	case ARGS_IMPORT:
		return cmd_import(a->connector, a->force, f);
	case ARGS_RUN:
	case ARGS_CHECK:
	case ARGS_LAG:
	case ARGS_PRINT_CONFIG:
		break;
	}
	return with_config(a, f);
}

/*
 * librdkafka allocates each batch anew, 1 MB and more. By default the C library
 * gives such pieces back to the system, which clears their pages again for the
 * next one: half the time of librdkafka's thread with schemas, a third of the rate.
 */
static void
keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 32 << 20);	/* the most that is allowed */
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

int
main(int argc, char **argv)
{
	struct fail f = FAIL_INIT;
	struct args a;
	int rc;

	keep_memory();
	setlocale(LC_CTYPE, "");	/* how wide characters are on this terminal */
	rc = own(args_parse(&a, argc, argv, &f), &f);
	if (rc == 0)
		rc = dispatch(&a, &f);
	args_release(&a);
	if (rc >= 0)
		exit(rc);
	fprintf(stderr, "%s\n", f.text);
	exit(exit_code(&f));
}
