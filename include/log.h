/*
 * log: levelled logfmt lines on standard error.
 *
 *   time=2026-01-02T03:04:05.678Z level=info msg="slot created" slot=pgwake
 *
 * The message is a constant sentence, the fields carry what varies; values are
 * quoted when needed. Secrets never come here: who has one does not log it,
 * and log_conninfo() cleans a connection string.
 * The level is the only state, set once by main.
 */
#ifndef LOG_H
#define LOG_H

#include "buf.h"
#include "lsn.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_field {
	const char *key;	/* NULL ends the list */
	enum { LOG_FIELD_TEXT, LOG_FIELD_SPAN, LOG_FIELD_INT, LOG_FIELD_UINT, LOG_FIELD_LSN } type;
	union {
		const char *text;
		struct span span;
		int64_t i;
		uint64_t u;
	};
};

#define LOG_STR(k, v) (struct log_field){ .key = (k), .type = LOG_FIELD_TEXT, .text = (v) }
#define LOG_SPAN(k, v) (struct log_field){ .key = (k), .type = LOG_FIELD_SPAN, .span = (v) }
#define LOG_INT(k, v) (struct log_field){ .key = (k), .type = LOG_FIELD_INT, .i = (v) }
#define LOG_UINT(k, v) (struct log_field){ .key = (k), .type = LOG_FIELD_UINT, .u = (v) }
#define LOG_LSN(k, v) (struct log_field){ .key = (k), .type = LOG_FIELD_LSN, .u = (v) }

void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
/* Use the macros below. Long values are cut at 2 KB, a line holds 16 KB. */
void log_write(enum log_level level, const char *message, const struct log_field *fields);

/* Appends a field's value as a line has it. */
void log_put_value(struct buf *b, const struct log_field *field);

#define log_at(level, msg, ...) \
	log_write((level), (msg), (const struct log_field[]){ \
		__VA_ARGS__ __VA_OPT__(,) { .key = NULL } })
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)

/*
 * Appends a libpq connection string (conninfo or URI) as conninfo with every
 * secret shown as ***. One that does not parse is not repeated at all.
 */
void log_conninfo(struct buf *out, const char *dsn);

#endif
