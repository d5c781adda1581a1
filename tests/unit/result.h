/*
 * result: answers of the server made by hand, for tests. Include cmocka.h first.
 */
#ifndef RESULT_H
#define RESULT_H

#include <libpq-fe.h>
#include <string.h>

/* `nrows` rows of `ncols` texts each, one after the other; NULL is NULL. */
static inline PGresult *
result_of(int nrows, int ncols, const char *const *texts)
{
	PGresult *res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc columns[16];
	char no_name[] = "";

	assert_non_null(res);
	assert_true(ncols <= 16);
	memset(columns, 0, sizeof(columns));
	for (int i = 0; i < ncols; i++)
		columns[i].name = no_name;
	assert_true(PQsetResultAttrs(res, ncols, columns));
	for (int i = 0; i < nrows * ncols; i++) {
		const char *text = texts[i];

		assert_true(PQsetvalue(res, i / ncols, i % ncols, (char *)text,
			text ? (int)strlen(text) : -1));
	}
	return res;
}

#define RESULT(ncols, ...) result_of( \
	(int)(sizeof((const char *const[]){ __VA_ARGS__ }) / \
		sizeof(const char *) / (ncols)), (ncols), \
	(const char *const[]){ __VA_ARGS__ })

#endif
