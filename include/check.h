/*
 * check: what `--check` has found so far, and how it reads.
 *
 * A line for each thing looked at: how it is, its name, what there is; below
 * one that is not well, what to do. Names from outside cannot rewrite a
 * terminal. The checks share one connection, which cannot write.
 */
#ifndef CHECK_H
#define CHECK_H

#include "finding.h"
#include "inquiry.h"
#include "works.h"

enum check_status {
	CHECK_OK, CHECK_SKIP,
	CHECK_WARN,		/* it works, perhaps not as expected */
	CHECK_BAD,		/* a start would fail, or rows be missing */
	CHECK_STATUSES
};

struct check {
	const struct config *config;
	struct loop loop;
	struct inquiry sql;
	/* Filled by the checks; each says which. */
	struct works works;		/* tables, profile, record and its progress only */
	enum works_start start;		/* what the record asks for */
	struct server_info server;
	struct server_slot slot;
	bool changes;			/* updates or deletes are published */
	struct buf topics;		/* that records will go to, each with its NUL */
	/* What is printed. */
	struct buf *text;
	unsigned counts[CHECK_STATUSES];
};

/* The record is of the configured slot. */
bool check_known(const struct check *c);
/* How bad a failure is: a start that may reads every table again when history is lost. */
enum check_status check_severity(struct check *c, const struct fail *why);

/* Adds a line. */
void check_say(struct check *c, enum check_status status, const char *name,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* What to do, below the last line. */
void check_remedy(struct check *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A failure: what is wrong stands before its first ": ", what to do behind. */
void check_fail(struct check *c, enum check_status status, const char *name,
	const struct fail *why);
/* Tells findings about one object. */
struct check_subject {
	struct check *check;
	const char *name;		/* of the line */
	struct span object;		/* "schema.table"; absent: none */
};
finding_fn check_finding;		/* `self` is a struct check_subject */
/* The last line: how many of each. */
void check_end(struct check *c);

/*
 * Asks the server. `sql` NULL-terminated, with one parameter unless that is
 * NULL. 0; -1, also when a signal came first.
 */
int check_ask(struct check *c, const char *sql, const char *param,
	const struct pg_result **out, struct fail *f);
/* The same for a text that was put together, which is released. */
int check_ask_text(struct check *c, struct buf *sql,
	const struct pg_result **out, struct fail *f);
/* After a wait that a signal ended. Returns -1. */
int check_interrupted(struct fail *f);

/* Publications are compared with the tables that exist: see table_list.h. */
#define CHECK_SQL_MAX ((size_t)64 << 20)

#endif
