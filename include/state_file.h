/* state_file: a small text that is replaced as a whole or not at all. */
#ifndef STATE_FILE_H
#define STATE_FILE_H

#include "buf.h"
#include "fail.h"

/* 1: read into `out`, which stays empty if there is no such file; -1 with FAIL_CONFIG. */
int state_file_read(const char *path, struct buf *out, struct fail *f);

/* That a file can be made beside it: before anything relies on it. As state_file_write. */
int state_file_try(const char *path, struct fail *f);
/*
 * Written beside `path`, synced, renamed, and the directory synced: after a
 * crash there is the old text or the new one. 0, or -1 with FAIL_CONFIG
 * (FAIL_FATAL where the disk is at fault).
 */
int state_file_write(const char *path, struct span text, struct fail *f);

#endif
