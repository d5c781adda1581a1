#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"

/* A text that was cut at its end must not end within a UTF-8 character. */
static void
drop_partial_character(char text[FAIL_TEXT_MAX])
{
	size_t len = FAIL_TEXT_MAX - 1, at = len;
	unsigned char lead;
	size_t want;

	while (len - at < 3 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
		at--;
	lead = (unsigned char)text[at - 1];
	want = lead < 0x80 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (len - at + 1 < want)
		text[at - 1] = '\0';
}

/* One line: messages of libraries come with line breaks inside and behind. */
static void
make_one_line(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ')
			text[i] = ' ';
}

__attribute__((format(printf, 2, 0)))
static void
format_text(char out[FAIL_TEXT_MAX], const char *format, va_list args)
{
	int n = vsnprintf(out, FAIL_TEXT_MAX, format, args);

	if (n < 0)
		out[0] = '\0';
	else if (n >= FAIL_TEXT_MAX)
		drop_partial_character(out);
	make_one_line(out);
}

int
fail_set(struct fail *f, enum fail_kind kind, const char *format, ...)
{
	/* Not formatted in place: an argument may be the old text. */
	char text[FAIL_TEXT_MAX];
	va_list args;

	if (!f)
		return -1;
	va_start(args, format);
	format_text(text, format, args);
	va_end(args);
	f->kind = kind;
	memcpy(f->text, text, strlen(text) + 1);
	return -1;
}

int
fail_context(struct fail *f, const char *format, ...)
{
	char context[FAIL_TEXT_MAX];
	char whole[2 * FAIL_TEXT_MAX + 2];
	va_list args;
	int n;

	if (!f)
		return -1;
	va_start(args, format);
	format_text(context, format, args);
	va_end(args);
	n = snprintf(whole, sizeof(whole), "%s: %s", context, f->text);
	if (n >= FAIL_TEXT_MAX) {
		whole[FAIL_TEXT_MAX - 1] = '\0';
		drop_partial_character(whole);
	}
	memcpy(f->text, whole, strlen(whole) + 1);
	return -1;
}

const char *
fail_kind_name(enum fail_kind kind)
{
	switch (kind) {
	case FAIL_NONE:
		break;
	case FAIL_RETRY:
		return "retry";
	case FAIL_FATAL:
		return "fatal";
	case FAIL_PROTOCOL:
		return "protocol";
	case FAIL_CONFIG:
		return "config";
	case FAIL_LOST:
		return "lost";
	}
	return "none";
}
