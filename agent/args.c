#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "nearest.h"
#include "units.h"

enum flag {
	FLAG_FILE, FLAG_SETTING, FLAG_STDOUT, FLAG_CHECK, FLAG_LAG, FLAG_WATCH, FLAG_JSON,
	FLAG_MAX_LAG, FLAG_ALL, FLAG_IMPORT, FLAG_FORCE, FLAG_PRINT_CONFIG,
	FLAG_PRINT_REFERENCE, FLAG_HELP, FLAG_VERSION, FLAGS
};

const struct args_flag args_flags[FLAGS] = {
	[FLAG_FILE] = { "-c", "FILE", "read the configuration from FILE" },
	[FLAG_SETTING] = { "-o", "KEY=VALUE", "set one option; wins over file and environment" },
	[FLAG_STDOUT] = { "--stdout", NULL, "print events as JSON lines; needs no Kafka" },
	[FLAG_CHECK] = { "--check", NULL,
		"look whether a start would work, and what it would do; changes nothing" },
	[FLAG_LAG] = { "--lag", NULL, "show what the slot holds back, and why" },
	[FLAG_WATCH] = { "--watch", NULL, "with --lag: again and again, with rates" },
	[FLAG_JSON] = { "--json", NULL, "with --lag: for machines" },
	[FLAG_MAX_LAG] = { "--max-lag", "SIZE", "with --lag: exit 4 above SIZE, as 500MB or 1GB" },
	[FLAG_ALL] = { "--all", NULL, "with --lag: every slot of the server" },
	[FLAG_IMPORT] = { "--import-debezium", "FILE",
		"translate a connector's configuration (JSON or .properties) to standard output" },
	[FLAG_FORCE] = { "--force", NULL,
		"with --import-debezium: also if events would differ" },
	[FLAG_PRINT_CONFIG] = { "--print-config", NULL,
		"print every option with its value and where it was set" },
	[FLAG_PRINT_REFERENCE] = { "--print-reference", NULL, NULL },
	[FLAG_HELP] = { "--help", NULL, "print this" },
	[FLAG_VERSION] = { "--version", NULL, "print the versions of pgwake and its libraries" },
};
const size_t args_nflags = FLAGS;

/* What each flag needs to be given with; FLAGS: nothing. */
static const enum flag needs[FLAGS] = {
	[FLAG_FILE] = FLAGS, [FLAG_SETTING] = FLAGS, [FLAG_STDOUT] = FLAGS,
	[FLAG_CHECK] = FLAGS,
	[FLAG_LAG] = FLAGS, [FLAG_WATCH] = FLAG_LAG, [FLAG_JSON] = FLAG_LAG,
	[FLAG_MAX_LAG] = FLAG_LAG, [FLAG_ALL] = FLAG_LAG, [FLAG_IMPORT] = FLAGS,
	[FLAG_FORCE] = FLAG_IMPORT, [FLAG_PRINT_CONFIG] = FLAGS,
	[FLAG_PRINT_REFERENCE] = FLAGS, [FLAG_HELP] = FLAGS, [FLAG_VERSION] = FLAGS,
};

/* Flags of which at most one can be given. */
static const struct {
	enum flag flag;
	enum args_command command;
} commands[] = {
	{ FLAG_STDOUT, ARGS_RUN }, { FLAG_CHECK, ARGS_CHECK }, { FLAG_LAG, ARGS_LAG },
	{ FLAG_IMPORT, ARGS_IMPORT }, { FLAG_PRINT_CONFIG, ARGS_PRINT_CONFIG },
	{ FLAG_PRINT_REFERENCE, ARGS_PRINT_REFERENCE },
};

static int
unknown_flag(const char *given, size_t len, struct fail *f)
{
	char name[NEAREST_NAME_MAX];
	struct nearest n;

	if (len >= sizeof(name))
		len = sizeof(name) - 1;
	memcpy(name, given, len);
	name[len] = '\0';
	nearest_init(&n, name);
	for (size_t i = 0; i < FLAGS; i++)
		if (args_flags[i].help)
			nearest_offer(&n, args_flags[i].name, 0, args_flags[i].name);
	if (n.name[0])
		return fail_set(f, FAIL_CONFIG, "there is no flag %s; did you mean %s?",
			name, n.name);
	return fail_set(f, FAIL_CONFIG, "there is no flag %s; pgwake --help lists them", name);
}

/* FLAGS if there is none of that name. */
static enum flag
find_flag(const char *name, size_t len)
{
	for (size_t i = 0; i < FLAGS; i++)
		if (strlen(args_flags[i].name) == len &&
		    memcmp(args_flags[i].name, name, len) == 0)
			return (enum flag)i;
	return FLAGS;
}

static int
take(struct args *a, enum flag flag, const char *value, struct fail *f)
{
	switch (flag) {
	case FLAG_FILE:
		a->file = value;
		break;
	case FLAG_SETTING:
		a->settings[a->nsettings++] = value;
		break;
	case FLAG_STDOUT:
		a->to_stdout = true;
		break;
	case FLAG_WATCH:
		a->lag.watch = true;
		break;
	case FLAG_JSON:
		a->lag.json = true;
		break;
	case FLAG_ALL:
		a->lag.all = true;
		break;
	case FLAG_MAX_LAG:
		if (!units_parse_size(value, &a->lag.max_lag_bytes))
			return fail_set(f, FAIL_CONFIG,
				"--max-lag %s is not a size; write it as 500MB or 1GB", value);
		break;
	case FLAG_IMPORT:
		a->connector = value;
		break;
	case FLAG_FORCE:
		a->force = true;
		break;
	default:
		break;
	}
	return 0;
}

/* Takes argv[*at], and the argument behind it if the flag wants a value. */
static int
parse_one(struct args *a, int argc, char **argv, int *at, bool given[FLAGS], struct fail *f)
{
	const char *arg = argv[*at], *equals = strncmp(arg, "--", 2) == 0 ? strchr(arg, '=') : NULL;
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
	enum flag flag = find_flag(arg, len);
	const char *value = equals ? equals + 1 : NULL;

	if (arg[0] != '-')
		return fail_set(f, FAIL_CONFIG,
			"\"%s\" is not a flag; a configuration file is given with -c", arg);
	if (flag == FLAGS)
		return unknown_flag(arg, len, f);
	given[flag] = true;
	if (!args_flags[flag].value) {
		if (value)
			return fail_set(f, FAIL_CONFIG, "%s takes no value", args_flags[flag].name);
		return take(a, flag, NULL, f);
	}
	if (!value && *at + 1 < argc &&
	    find_flag(argv[*at + 1], strlen(argv[*at + 1])) == FLAGS)
		value = argv[++*at];
	if (!value || !*value)
		return fail_set(f, FAIL_CONFIG, "%s needs a value: %s %s", args_flags[flag].name,
			args_flags[flag].name, args_flags[flag].value);
	return take(a, flag, value, f);
}

static int
choose_command(struct args *a, const bool given[FLAGS], struct fail *f)
{
	const char *chosen = NULL;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		enum flag flag = commands[i].flag;

		/* A check of a run that prints. */
		if (!given[flag] || (flag == FLAG_STDOUT && given[FLAG_CHECK]))
			continue;
		if (chosen)
			return fail_set(f, FAIL_CONFIG, "%s and %s cannot be used together",
				chosen, args_flags[flag].name);
		chosen = args_flags[flag].name;
		a->command = commands[i].command;
	}
	for (size_t i = 0; i < FLAGS; i++)
		if (given[i] && needs[i] != FLAGS && !given[needs[i]])
			return fail_set(f, FAIL_CONFIG, "%s goes with %s only",
				args_flags[i].name, args_flags[needs[i]].name);
	return 0;
}

int
args_parse(struct args *a, int argc, char **argv, struct fail *f)
{
	bool given[FLAGS] = { false };

	*a = (struct args){ .command = ARGS_RUN, .lag.max_lag_bytes = -1 };
	a->settings = calloc((size_t)argc + 1, sizeof(*a->settings));
	if (!a->settings)
		return fail_set(f, FAIL_FATAL, "out of memory");
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "-h") == 0)
			given[FLAG_HELP] = true;
		else if (parse_one(a, argc, argv, &i, given, f) < 0)
			return -1;
	/* Whoever asks for help gets it, whatever else is there. */
	if (given[FLAG_HELP] || given[FLAG_VERSION]) {
		a->command = given[FLAG_HELP] ? ARGS_HELP : ARGS_VERSION;
		return 0;
	}
	return choose_command(a, given, f);
}

void
args_release(struct args *a)
{
	free(a->settings);
	a->settings = NULL;
	a->nsettings = 0;
}
