/* cmd_run: follow the slot and publish, until told to stop. */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include "config.h"

/* Runs in the foreground. The exit code 0, or -1 with `f` filled. */
int cmd_run(const struct config *c, struct fail *f);

#endif
