/* Connectors' configurations, translated and read back. After cmocka's headers. */
#ifndef IMPORT_H
#define IMPORT_H

#include <stdio.h>
#include <string.h>

#include "cmd_import.h"
#include "config.h"
#include "config_file.h"

static struct buf out, refused;

/* Translates; the result is in `out`, ending with NUL. */
static inline int
import(const char *text, bool force, struct fail *f)
{
	int rc;

	buf_reset(&out);
	buf_reset(&refused);
	rc = cmd_import_text(&out, &refused, text, strlen(text), "c.json", force, f);
	buf_putc(&out, '\0');
	buf_putc(&refused, '\0');
	return rc;
}

/* The translation of a properties file, read back as pgwake would. */
static inline struct config *
imported(const char *more)
{
	struct fail f = FAIL_INIT;
	struct config *c = config_new();
	char text[4000];

	snprintf(text, sizeof(text), "topic.prefix=app\ndatabase.hostname=db\n%s", more);
	if (import(text, false, &f) < 0)
		fail_msg("%s\n%s", f.text, refused.p);
	if (config_file_text(c, out.p, "pgwake.conf", &f) < 0)
		fail_msg("%s\n%s", f.text, out.p);
	return c;
}

static inline void
has(const char *text)
{
	if (!strstr(out.p, text))
		fail_msg("no \"%s\" in\n%s", text, out.p);
}

static inline int
import_setup(void **state)
{
	(void)state;
	buf_init(&out, 1 << 20);
	buf_init(&refused, 1 << 20);
	return 0;
}

static inline int
import_teardown(void **state)
{
	(void)state;
	buf_release(&out);
	buf_release(&refused);
	return 0;
}

#endif
