/*
 * cmd_import: a Debezium connector's configuration as one of ours.
 *
 * Reads JSON as posted to Kafka Connect (with or without "config" around it)
 * or a Java properties file, "-" being standard input. What has no equivalent
 * stays as a comment that says what is lost.
 */
#ifndef CMD_IMPORT_H
#define CMD_IMPORT_H

#include <stdbool.h>

#include "buf.h"
#include "fail.h"

/*
 * Prints the configuration to standard output; notes for the reader go to
 * standard error. The exit code 0, or -1: FAIL_CONFIG if the file cannot be
 * read, or if it has options without which events would differ (all of them
 * are listed) and `force` is false.
 */
int cmd_import(const char *path, bool force, struct fail *f);

/*
 * The same from memory: the configuration into `out`. `name` is the file's,
 * for messages. -1 as above; with FAIL_CONFIG for options that would change
 * events, `refused` holds a line for each, otherwise nothing.
 */
int cmd_import_text(struct buf *out, struct buf *refused, const char *text,
	size_t len, const char *name, bool force, struct fail *f);

#endif
