/*
 * Any text as a configuration file. What is refused has a message of one line
 * that begins with the place; what is accepted, printed as --print-config
 * does, must be accepted again and print the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "config_file.h"
#include "usage.h"

#define CAP (8u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig forgets the text of a string that is not closed. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void
require(bool fact)
{
	if (!fact)
		abort();
}

/* Files of this machine, and code to load, are not for a fuzzer to name. */
static bool
is_dangerous(const char *text)
{
	return strstr(text, "@include") || strstr(text, "plugin") ||
		strstr(text, "sasl_password_file");
}

/* Without origins, which name the file. */
static void
print(struct buf *out, const struct config *c)
{
	struct buf text;

	buf_init(&text, CAP);
	buf_init(out, CAP);
	usage_config(&text, c);
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '#')
			while (i + 1 < text.len && text.p[i + 1] != '\n')
				i++;
		else
			buf_putc(out, text.p[i]);
	}
	buf_putc(out, '\0');
	require(!text.failed && !out->failed);
	buf_release(&text);
}

static void
check_accepted(struct config *c)
{
	struct config *again = config_new();
	struct buf whole, first, second;
	struct fail f = FAIL_INIT;

	require(again);
	buf_init(&whole, CAP);
	usage_config(&whole, c);
	buf_putc(&whole, '\0');
	require(config_file_text(again, whole.p, "printed", &f) == 0);
	print(&first, c);
	print(&second, again);
	/* A value with '#' inside is cut in both, and so is what follows it. */
	require(strcmp(first.p, second.p) == 0);
	buf_release(&whole);
	buf_release(&first);
	buf_release(&second);
	config_free(again);
	(void)config_finish(c, &f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *c = config_new();
	char *text = malloc(size + 1);
	struct fail f = FAIL_INIT;

	require(c && text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (is_dangerous(text)) {
		/* not read */
	} else if (config_file_text(c, text, "fuzz", &f) == 0) {
		check_accepted(c);
	} else {
		require(f.kind == FAIL_CONFIG && strncmp(f.text, "fuzz:", 5) == 0);
		require(!strchr(f.text, '\n'));
	}
	config_free(c);
	free(text);
	return 0;
}
