#include <string.h>

#include "lineage.h"

#define START_ANEW "remove the state record and start anew with a snapshot"

static int
check_position(const struct lineage *known, const struct repl_identity *now,
	struct fail *f)
{
	if (known->position <= now->position)
		return 0;
	return fail_set(f, FAIL_LOST, "the server's log ends at " LSN_FMT
		", but records up to " LSN_FMT " have been published: the server "
		"was restored from a backup, and its history now differs; "
		START_ANEW, LSN_ARG(now->position), LSN_ARG(known->position));
}

int
lineage_check(const struct lineage *known, const struct repl_identity *now,
	struct fail *f)
{
	if (*known->system_id && strcmp(known->system_id, now->system_id) != 0)
		return fail_set(f, FAIL_LOST, "this is another database cluster: "
			"slot %s was followed on the one with system identifier "
			"%s, this one has %s; go back to that server, or "
			START_ANEW, known->slot, known->system_id,
			now->system_id);
	if (!known->timeline || known->timeline == now->timeline)
		return check_position(known, now, f);
	if (now->timeline < known->timeline)
		return fail_set(f, FAIL_LOST, "the server is on timeline %u, but "
			"timeline %u has been followed: this is not the server "
			"that was promoted; connect to that one", now->timeline,
			known->timeline);
	return LINEAGE_ASK;
}

int
lineage_descends(const struct lineage *known, const struct repl_identity *now,
	lsn_t left, struct fail *f)
{
	if (left && left >= known->position)
		return check_position(known, now, f);
	return fail_set(f, FAIL_LOST, "the server is on timeline %u, which left "
		"timeline %u at " LSN_FMT ", but records up to " LSN_FMT " have "
		"been published from that one: its history differs; " START_ANEW,
		now->timeline, known->timeline, LSN_ARG(left),
		LSN_ARG(known->position));
}
