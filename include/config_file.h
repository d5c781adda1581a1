/*
 * config_file: settings from a file in libconfig's form.
 *
 * The first error ends the reading: "FILE:LINE: what is wrong", as a compiler
 * says it. Files named by @include are looked for beside the file itself.
 */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "fail.h"
#include "settings.h"

/* Reads a file over what is set. 0, or -1 with FAIL_CONFIG. */
int config_file_read(struct config *c, const char *path, struct fail *f);
/* The same from memory; messages call it `name`. */
int config_file_text(struct config *c, const char *text, const char *name,
	struct fail *f);

#endif
