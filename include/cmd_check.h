/* cmd_check: would a start work, and do what was meant? Changes nothing. */
#ifndef CMD_CHECK_H
#define CMD_CHECK_H

#include "buf.h"
#include "config.h"

/*
 * Appends a line for each thing looked at. The exit code: 4 if one of them is
 * bad, else 0; or -1 with `f` filled.
 */
int cmd_check(const struct config *c, struct buf *out, struct fail *f);

#endif
