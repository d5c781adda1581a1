/*
 * config: the settings of a run, from file, environment and -o, checked.
 *
 * Sources are read in the order of their rank, file < environment < -o; what
 * is read later replaces what was read before, list by list, not item by item.
 * A file is read by config_file.h. Errors are FAIL_CONFIG and name the place,
 * what is wrong and the nearest valid key.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "fail.h"
#include "settings.h"

/* Defaults only. NULL without memory. */
struct config *config_new(void);
void config_free(struct config *c);

/* One "group.key=value"; `where` ("-o") becomes its origin and opens the message. */
int config_set(struct config *c, const char *assignment, const char *where, struct fail *f);
/*
 * PGWAKE_GROUP_KEY for each option. An empty variable counts as not set; one
 * that begins like a group but is no option is an error, unless Kubernetes has
 * set it for a service of that name.
 */
int config_environment(struct config *c, char **environ, struct fail *f);

/*
 * After everything is read, before a run: mandatory keys, values that exclude
 * each other, content of *_file secrets, and what is derived from other keys.
 */
int config_finish(struct config *c, struct fail *f);
/* For a command that only looks at the server: asks for no more than the connection. */
int config_finish_connection(struct config *c, struct fail *f);

#endif
