/*
 * args: the command line, as a command and what goes with it.
 *
 * Flags, not subcommands; their names and the exit codes are a fixed
 * interface. The table is also what --help shows.
 */
#ifndef ARGS_H
#define ARGS_H

#include "cmd_lag.h"

enum args_command {
	ARGS_RUN, ARGS_CHECK, ARGS_LAG, ARGS_IMPORT, ARGS_PRINT_CONFIG,
	ARGS_PRINT_REFERENCE, ARGS_HELP, ARGS_VERSION
};

struct args {			/* strings are those of argv */
	enum args_command command;
	const char *file;	/* -c, NULL if not given */
	const char **settings;	/* of each -o, in order; owned */
	size_t nsettings;
	bool to_stdout;
	struct lag_options lag;
	const char *connector;	/* of --import-debezium */
	bool force;
};

struct args_flag {
	const char *name;	/* with its dashes */
	const char *value;	/* what follows it; NULL: nothing */
	const char *help;	/* NULL: not shown */
};

extern const struct args_flag args_flags[];
extern const size_t args_nflags;

/* 0, or -1 with FAIL_CONFIG: a flag that there is not, or flags that do not go together. */
int args_parse(struct args *a, int argc, char **argv, struct fail *f);
void args_release(struct args *a);

#endif
