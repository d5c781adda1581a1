/*
 * pgerror: what the program must do about an error of PostgreSQL.
 *
 * A pure function of the error's fields and of what was being done. The rule
 * for a code that no row of the table knows: a server that answered a command
 * of ours with an error will answer so again (FAIL_FATAL), a connection that
 * broke will come back (FAIL_RETRY).
 */
#ifndef PGERROR_H
#define PGERROR_H

#include <stdbool.h>

#include "fail.h"

enum pgerror_doing {		/* what the error answers */
	PGERROR_CONNECT,
	PGERROR_IDENTIFY,
	PGERROR_CREATE_SLOT,
	PGERROR_START,		/* START_REPLICATION */
	PGERROR_STREAM,		/* afterwards */
	PGERROR_QUERY,		/* SQL on the plain connection */
	PGERROR_IDLE		/* nothing: the server ended an idle connection */
};

struct pgerror {
	enum pgerror_doing doing;
	const char *sqlstate;	/* "" or NULL: no answer of the server, the connection broke */
	const char *message;	/* primary message */
	const char *detail, *hint, *context;	/* NULL if none */
	const char *slot, *publication;		/* as configured, for the text */
	const char *role, *database, *host;	/* NULL if not known */
	bool replication;	/* a replication connection */
	bool streamed;		/* it has streamed before: the settings were right once */
	bool slot_known;	/* this slot had been used before */
};

/* Fills `f` with kind and text: what happened, to which object, the remedy. Returns -1. */
int pgerror_classify(const struct pgerror *e, struct fail *f);

/* 55006 on START: somebody else streams from the slot. */
bool pgerror_slot_in_use(const struct pgerror *e);
/* Worth a long pause before the next try: passwords, exhausted connections or slots. */
bool pgerror_slow(const struct pgerror *e);
/* The server stops or has stopped by order: 57P01, 57P02, 57P03 while shutting down. */
bool pgerror_stopping(const struct pgerror *e);
/* While one was imported: the snapshot, or who exported it, is not there any more. */
bool pgerror_no_snapshot(const struct pgerror *e);

/*
 * A notice that must not be overlooked: a publication that the server skips
 * (18 and later) means rows that never come. -1 with FAIL_LOST; 0: harmless.
 */
int pgerror_notice(const char *sqlstate, const char *text,
	const char *publication, struct fail *f);

#endif
