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

int
lineage_slot_gone(const char *slot, lsn_t published, struct fail *f)
{
	if (published)
		return fail_set(f, FAIL_LOST, "slot %s does not exist, but records "
			"up to " LSN_FMT " have been published from it: it was "
			"dropped, or the server was replaced, and changes since "
			"then are lost; to start anew, remove the state record "
			"and take a snapshot", slot, LSN_ARG(published));
	return fail_set(f, FAIL_LOST, "slot %s was dropped while pgwake "
		"was running: changes since then are lost; to start "
		"anew, remove the state record and take a snapshot", slot);
}

int
lineage_slot_moved(const char *slot, lsn_t stands, lsn_t confirmed,
	struct fail *f)
{
	return fail_set(f, FAIL_LOST, "slot %s stands at " LSN_FMT ", but no more "
		"than " LSN_FMT " was ever confirmed: it was made anew or moved by "
		"somebody else, and changes in between are not published; to go "
		"on without them, remove the state record", slot,
		LSN_ARG(stands), LSN_ARG(confirmed));
}
