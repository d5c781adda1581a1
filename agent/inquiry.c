#include "inquiry.h"

enum { TIMEOUT_US = 15000000 };

bool
inquiry_init(struct inquiry *q, const struct config *c, struct loop *l)
{
	q->loop = l;
	q->conn = conn_new(c, CONN_PLAIN, NULL, NULL);
	return q->conn != NULL;
}

void
inquiry_release(struct inquiry *q)
{
	conn_free(q->conn);
}

/* Waits for what was begun on the connection. */
static int
finish(struct inquiry *q, struct fail *f)
{
	struct pollfd fd;
	int result;

	while ((result = conn_step(q->conn, q->loop->now_us, f)) == 0) {
		fd = conn_wait(q->conn);
		if (loop_wait(q->loop, &fd, 1, conn_deadline(q->conn), f))
			return -1;
		if (q->loop->stop)
			return 0;
	}
	return result;
}

int
inquiry_open(struct inquiry *q, struct fail *f)
{
	int result;

	if (conn_is_idle(q->conn))
		return 1;
	if (conn_open(q->conn, NULL, q->loop->now_us, f))
		return -1;
	result = finish(q, f);
	conn_error(q->conn)->doing = PGERROR_QUERY;
	return result;
}

int
inquiry_ask(struct inquiry *q, const char *sql, const char *const *params,
	int nparams, const struct pg_result **out, struct fail *f)
{
	int result;

	if (conn_query(q->conn, sql, params, nparams, TIMEOUT_US,
		q->loop->now_us, f))
		return -1;
	result = finish(q, f);
	if (result == 1)
		*out = conn_result(q->conn);
	return result;
}
