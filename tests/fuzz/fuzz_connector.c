/*
 * Any bytes as the configuration of a connector. What is translated must be
 * accepted as a configuration of pgwake; what is refused says why.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_import.h"
#include "config.h"
#include "config_file.h"

#define CAP (8u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool fact)
{
	if (!fact)
		abort();
}

static void
check_translated(const struct buf *out)
{
	struct config *c = config_new();
	struct fail f = FAIL_INIT;

	require(c && !strstr(out->p, "\n@include"));
	require(config_file_text(c, out->p, "translated", &f) == 0);
	config_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct buf out, refused;
	struct fail f = FAIL_INIT;

	require(text);
	memcpy(text, data, size);
	text[size] = '\0';
	buf_init(&out, CAP);
	buf_init(&refused, CAP);
	/* Code to load is not for a fuzzer to name. */
	if (!memmem(data, size, "plugin", 6)) {
		if (cmd_import_text(&out, &refused, text, size, "fuzz", true, &f) == 0) {
			buf_putc(&out, '\0');
			check_translated(&out);
		} else {
			require(f.kind == FAIL_CONFIG && strncmp(f.text, "fuzz", 4) == 0);
		}
	}
	buf_release(&out);
	buf_release(&refused);
	free(text);
	return 0;
}
