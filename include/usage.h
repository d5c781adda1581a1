/*
 * usage: what the program says about itself, drawn from its tables.
 *
 * Text for a terminal is at most 80 columns wide.
 */
#ifndef USAGE_H
#define USAGE_H

#include "buf.h"
#include "settings.h"

/* --help: flags, examples, exit codes and every option. */
void usage_help(struct buf *out);
/* --version: pgwake and the libraries it runs on. */
void usage_version(struct buf *out);
/* --print-config: a configuration file of what is set, each value with its origin. */
void usage_config(struct buf *out, const struct config *c);
/* docs/OPTIONS.md. */
void usage_reference(struct buf *out);

#endif
