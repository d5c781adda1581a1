/*
 * check_server: the server, our role in it, and the slot.
 *
 * The replication connection is really opened, and closed again before
 * anything is made through it.
 */
#ifndef CHECK_SERVER_H
#define CHECK_SERVER_H

#include "check.h"

/*
 * Connects; what the server is like, whether it lets us stream (fills server).
 * 1; 0: there is none to ask more of; -1.
 */
int check_server(struct check *c, struct fail *f);
/* Fills slot. 0 or -1. */
int check_server_slot(struct check *c, struct fail *f);

#endif
