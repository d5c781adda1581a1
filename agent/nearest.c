#include <stdio.h>
#include <string.h>

#include "nearest.h"

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Three rows of the usual matrix: the current one and the two before it. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned rows[3][NEAREST_NAME_MAX];
	size_t la = strlen(a), lb = strlen(b);

	if (la >= NEAREST_NAME_MAX || lb >= NEAREST_NAME_MAX)
		return NEAREST_NAME_MAX;
	for (unsigned j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= lb; j++) {
			row[j] = least(up[j] + 1, row[j - 1] + 1,
				up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && up2[j - 2] + 1 < row[j])
				row[j] = up2[j - 2] + 1;
		}
	}
	return rows[la % 3][lb];
}

void
nearest_init(struct nearest *n, const char *wanted)
{
	size_t len = strlen(wanted);

	n->wanted = wanted;
	n->name[0] = '\0';
	/* A third of the letters may be wrong, two of a short name, none of two. */
	n->distance = len < 3 ? 1 : len < 6 ? 3 : (unsigned)(len / 3) + 1;
}

void
nearest_offer(struct nearest *n, const char *candidate, unsigned handicap,
	const char *name)
{
	unsigned d = distance(n->wanted, candidate) + handicap;

	/* A name of which nothing remains is not near. */
	if (d >= n->distance || d >= strlen(candidate))
		return;
	n->distance = d;
	snprintf(n->name, sizeof(n->name), "%s", name);
}
