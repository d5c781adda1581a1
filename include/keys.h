/*
 * keys: which columns are the key of a table's records.
 *
 * What message_key_columns names; otherwise, with REPLICA IDENTITY USING INDEX,
 * that index, for the server sends nothing else of an old row; otherwise the
 * primary key, then a unique index. Under DEFAULT and INDEX the relation
 * message says which columns, the catalogue only their order.
 */
#ifndef KEYS_H
#define KEYS_H

#include "facts.h"
#include "filter.h"
#include "pgoutput.h"

struct keys {
	const uint16_t *columns;	/* of the relation, in the order of the key */
	size_t count;			/* 0: no key */
	bool not_primary;		/* an identity's index beside another primary key */
};

/*
 * Chooses, in `a`, whose failure leaves the key empty. Each of `patterns` is
 * one column of message_key_columns, on schema.table.column; a table of which
 * none matches a column keeps its own key.
 */
void keys_choose(const struct filter *const *patterns, size_t npatterns,
	const struct pgoutput_relation *relation, const struct facts *facts,
	struct arena *a, struct keys *out);

#endif
