#include "reader.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "catalog_facts.h"
#include "copy_text.h"
#include "envelope.h"
#include "loop.h"
#include "reader_sql.h"

#define SQL_MAX ((size_t)16 << 20)
#define FACTS_MAX ((size_t)256 << 20)
/* Plans that a reader keeps: it is mostly at one table. */
#define PLANS 4
#define TICK_MS 1000

struct reader {
	const struct reader_setup *setup;
	struct batch_queue *queue;
	struct conn *conn;
	struct relation_set *relations;
	struct envelope *envelope;
	struct arena facts_memory;
	struct transaction tx;

	/* What the thread is at. */
	struct reader_job job;
	struct relation *relation;
	struct batch *batch;
	int64_t now_ns;			/* since this batch: the clock is not asked for each row */
	uint64_t place;			/* behind the last row */
	struct pgoutput_value values[PGOUTPUT_MAX_COLUMNS + 1];

	/* Between the two sides. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t given;
	bool has_job;
	atomic_bool stop, cut;
	int stop_fd;
	bool idle;			/* the loop's own view */
};

/* Wakes the loop. */
static void
ring(const struct reader *r)
{
	static const uint64_t one = 1;

	if (write(r->setup->wake, &one, sizeof(one)) != sizeof(one))
		return;		/* the counter is at its limit: it is awake */
}

/* Waits for the connection, or to be stopped. 0 or -1. */
static int
wait_io(struct reader *r, struct fail *f)
{
	struct pollfd fds[2] = { conn_wait(r->conn),
		{ .fd = r->stop_fd, .events = POLLIN } };

	poll(fds, 2, TICK_MS);
	return atomic_load(&r->stop) ?
		fail_set(f, FAIL_RETRY, "stopped") : 0;
}

/* Until what was begun on the connection is done. */
static int
await(struct reader *r, struct fail *f)
{
	int rc;

	while ((rc = conn_step(r->conn, loop_monotonic_us(), f)) == 0)
		if (wait_io(r, f) == -1)
			return -1;
	return rc == 1 ? 0 : -1;
}

static int
run_sql(struct reader *r, struct buf *sql, struct fail *f)
{
	int rc;

	buf_putc(sql, '\0');
	conn_error(r->conn)->doing = PGERROR_QUERY;
	rc = sql->failed ? fail_set(f, FAIL_FATAL, "out of memory for a query") :
		conn_query(r->conn, sql->p, NULL, 0, 0, loop_monotonic_us(), f);
	buf_release(sql);
	return rc == -1 ? -1 : await(r, f);
}

static int
connect(struct reader *r, struct fail *f)
{
	if (conn_is_open(r->conn))
		return 0;
	return conn_open(r->conn, &r->setup->peer, loop_monotonic_us(), f) == -1 ?
		-1 : await(r, f);
}

static bool
is_state(const struct reader *r, const char *code)
{
	const char *state = conn_error(r->conn)->sqlstate;

	return state && !strncmp(state, code, strlen(code));
}

/*
 * What a failed statement means for the job: 42P01, 42703 and their kin are a
 * table that is not what it was; a snapshot that cannot be imported is gone.
 */
static enum batch_end
judge(const struct reader *r, const struct fail *f)
{
	static const char *const again[] = { "57", "55P03", "53", "40", "58030", "08" };

	if (is_state(r, "42P01") || is_state(r, "42703") || is_state(r, "3F000"))
		return BATCH_MOVED;
	if (is_state(r, "72000"))	/* old_snapshot_threshold */
		return BATCH_GONE;
	for (size_t i = 0; i < sizeof(again) / sizeof(*again); i++)
		if (is_state(r, again[i]))
			return BATCH_AGAIN;
	return f->kind == FAIL_RETRY ? BATCH_AGAIN : BATCH_FAILED;
}

static enum batch_end
begin(struct reader *r, struct fail *f)
{
	struct buf sql;

	if (connect(r, f) == -1)
		return f->kind == FAIL_RETRY ? BATCH_AGAIN : BATCH_FAILED;
	buf_init(&sql, SQL_MAX);
	reader_sql_begin(&sql, r->setup->snapshot, &r->job);
	if (run_sql(r, &sql, f) == -1)
		return pgerror_no_snapshot(conn_error(r->conn)) ? BATCH_GONE :
			judge(r, f);
	if ((size_t)PQntuples(conn_result(r->conn)) == reader_sql_files(&r->job))
		return BATCH_DONE;
	fail_set(f, FAIL_RETRY, "it was renamed, truncated or rewritten "
		"since the snapshot");
	return BATCH_MOVED;
}

static int
compile(struct reader *r, const struct facts *facts, struct fail *f)
{
	const struct reader_setup *s = r->setup;
	int rc;

	pthread_mutex_lock(s->compile);
	rc = relation_facts(r->relations, r->relation, s->plan, facts, f);
	if (rc == 1 && s->on_plan)
		s->on_plan(s->self, r->relation->plan, s->position);
	pthread_mutex_unlock(s->compile);
	return rc == -1 ? -1 : 0;
}

/* The table's plan, from the facts of the snapshot's own transaction. */
static int
prepare(struct reader *r, struct fail *f)
{
	const struct pgoutput_relation *def = &r->job.table->relation;
	uint32_t types[PGOUTPUT_MAX_COLUMNS];
	struct facts facts;
	struct buf sql;

	relation_set_trim(r->relations);
	r->relation = relation_tell(r->relations, def, f);
	if (!r->relation || r->relation->plan)
		return r->relation ? 0 : -1;
	for (uint16_t i = 0; i < def->ncols; i++)
		types[i] = def->cols[i].type;
	buf_init(&sql, SQL_MAX);
	catalog_facts_sql(&sql, def->relid, types, def->ncols);
	if (run_sql(r, &sql, f) == -1)
		return -1;
	arena_reset(&r->facts_memory);
	if (catalog_facts_read(conn_result(r->conn), def->relid,
			&r->facts_memory, &facts, f) == -1)
		return -1;
	return compile(r, &facts, f);
}

static int
render(struct reader *r, const struct pgoutput_tuple *row, struct record *out,
	struct fail *f)
{
	struct event event = { .op = EVENT_READ, .after = row, .key = row,
		.lsn = r->setup->position, .tx = &r->tx, .in_tx = true };

	for (;;) {
		uint16_t column = 0;
		int rc;

		event.plan = r->relation->plan;
		rc = envelope_record(r->envelope, &event, r->now_ns, out,
			&column, f);
		if (rc != PLAN_RELAX)
			return rc;
		pthread_mutex_lock(r->setup->compile);
		rc = relation_relax(r->relation, r->setup->plan, column, f);
		pthread_mutex_unlock(r->setup->compile);
		if (rc == -1)
			return -1;
	}
}

/* -1: stopped. */
static int
take_batch(struct reader *r)
{
	r->batch = batch_take(r->queue);
	r->now_ns = loop_unix_ns();
	return r->batch ? 0 : -1;
}

/* The batch at hand is full, or the job ends. -1: stopped. */
static int
hand_over(struct reader *r, enum batch_end end)
{
	r->batch->end = end;
	r->batch->place = r->job.places ? r->place : 0;
	r->batch->has_key = r->relation && r->relation->plan &&
		r->relation->plan->nkey > 0;
	batch_give(r->queue, r->batch);
	ring(r);
	r->batch = NULL;
	return end == BATCH_MORE ? take_batch(r) : 0;
}

static int
put(struct reader *r, const struct record *record, size_t bytes, struct fail *f)
{
	if (!batch_put(r->queue, r->batch, record)) {
		if (hand_over(r, BATCH_MORE) == -1)
			return fail_set(f, FAIL_RETRY, "stopped");
		batch_put(r->queue, r->batch, record);
	}
	r->batch->rows_bytes += bytes;
	return r->batch->bytes.failed ?
		fail_set(f, FAIL_FATAL, "out of memory for a record") : 0;
}

/* "(page,offset)": the place behind it. */
static uint64_t
behind(const struct pgoutput_value *ctid)
{
	char text[32] = "";
	unsigned long page = 0;
	unsigned offset = 0;

	memcpy(text, ctid->p, ctid->len < sizeof(text) ? ctid->len : 0);
	sscanf(text, "(%lu,%u)", &page, &offset);
	return ((uint64_t)page << 16 | offset) + 1;
}

static int
take_row(struct reader *r, char *line, size_t len, struct fail *f)
{
	const struct pgoutput_relation *def = &r->job.table->relation;
	uint16_t first = r->job.places;
	struct pgoutput_tuple row = { PGOUTPUT_NEW, def->ncols, r->values + first };
	struct record record;

	if (copy_text_row(line, len, (uint16_t)(def->ncols + first),
			r->values, f) == -1 ||
	    render(r, &row, &record, f) == -1 ||
	    put(r, &record, len, f) == -1)
		return -1;
	if (first)
		r->place = behind(&r->values[0]);
	return 0;
}

enum { COPY_MORE, COPY_END, COPY_FAILED = -1 };

/* Rows that libpq has. */
static int
take_rows(struct reader *r, struct fail *f)
{
	PGconn *pg = conn_handle(r->conn);
	char *line;
	int n;

	while ((n = PQgetCopyData(pg, &line, 1)) > 0) {
		int rc = take_row(r, line, (size_t)n, f);

		PQfreemem(line);
		if (rc == -1)
			return COPY_FAILED;
		if (atomic_load_explicit(&r->cut, memory_order_relaxed))
			return COPY_END;
	}
	return n == 0 ? COPY_MORE : COPY_END;
}

/* BATCH_FAILED also for a row that cannot be made into a record. */
static enum batch_end
copy(struct reader *r, struct fail *f)
{
	struct buf sql;
	int rc;

	buf_init(&sql, SQL_MAX);
	reader_sql_copy(&sql, &r->job);
	if (run_sql(r, &sql, f) == -1)	/* a statement of the user's own may be wrong */
		return !r->job.file && is_state(r, "42") ? BATCH_FAILED :
			judge(r, f);
	if (PQresultStatus(conn_result(r->conn)) != PGRES_COPY_OUT) {
		fail_set(f, FAIL_PROTOCOL, "COPY: unexpected answer of the server");
		return BATCH_FAILED;
	}
	while ((rc = take_rows(r, f)) == COPY_MORE) {
		if (wait_io(r, f) == -1)
			return BATCH_AGAIN;
		if (!conn_consume(r->conn)) {
			conn_broken(r->conn, f);
			return BATCH_AGAIN;
		}
	}
	if (rc == COPY_FAILED)
		return f->kind == FAIL_RETRY ? BATCH_AGAIN : BATCH_FAILED;
	if (atomic_load(&r->cut)) {
		conn_close(r->conn);
		return BATCH_DONE;
	}
	conn_copied(r->conn);
	return await(r, f) == -1 ? judge(r, f) : BATCH_DONE;
}

static enum batch_end
read_job(struct reader *r, struct fail *f)
{
	enum batch_end end = begin(r, f);
	struct buf sql;

	if (end == BATCH_DONE && prepare(r, f) == -1)
		end = judge(r, f);
	if (end == BATCH_DONE)
		end = copy(r, f);
	if (end != BATCH_DONE) {
		conn_close(r->conn);
		return end;
	}
	if (!atomic_load(&r->cut))
		r->place = r->job.to;
	buf_init(&sql, 64);
	buf_put_str(&sql, "COMMIT");
	if (conn_is_open(r->conn) && run_sql(r, &sql, f) == -1)
		conn_close(r->conn);	/* it was only read: nothing is lost */
	return BATCH_DONE;
}

/* False: stopped. */
static bool
await_job(struct reader *r)
{
	pthread_mutex_lock(&r->lock);
	while (!r->has_job && !atomic_load(&r->stop))
		pthread_cond_wait(&r->given, &r->lock);
	r->has_job = false;
	pthread_mutex_unlock(&r->lock);
	return !atomic_load(&r->stop);
}

static void *
run(void *self)
{
	struct reader *r = self;

	while (await_job(r)) {
		struct fail f = FAIL_INIT;
		enum batch_end end;

		r->relation = NULL;
		r->place = 0;
		if (take_batch(r) == -1)
			break;
		end = read_job(r, &f);
		if (!r->batch)
			break;		/* stopped while it waited for room */
		r->batch->why = f;
		hand_over(r, end);
	}
	return NULL;
}

static int
make(struct reader *r, struct fail *f)
{
	const struct reader_setup *s = r->setup;

	arena_init(&r->facts_memory, FACTS_MAX);
	r->queue = batch_queue_new(s->batches, s->batch_bytes);
	r->conn = conn_new(s->config, CONN_PLAIN, NULL, NULL);
	r->relations = relation_set_new(PLANS);
	r->envelope = envelope_new(s->plan, s->record_cap);
	r->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r->tx = (struct transaction){ .snapshot = true, .open = true,
		.xid = s->xid, .commit_us = s->time_us };
	r->idle = true;
	if (!r->queue || !r->conn || !r->relations || !r->envelope ||
	    r->stop_fd < 0)
		return fail_set(f, FAIL_FATAL, "out of memory for a snapshot reader");
	/* Others got in with the same settings: a refusal will pass. */
	conn_error(r->conn)->streamed = true;
	return 0;
}

static void
release(struct reader *r)
{
	batch_queue_free(r->queue);
	conn_free(r->conn);
	relation_set_free(r->relations);
	envelope_free(r->envelope);
	arena_release(&r->facts_memory);
	if (r->stop_fd >= 0)
		close(r->stop_fd);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->given);
	free(r);
}

struct reader *
reader_new(const struct reader_setup *setup, struct fail *f)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r) {
		fail_set(f, FAIL_FATAL, "out of memory for a snapshot reader");
		return NULL;
	}
	r->setup = setup;
	r->stop_fd = -1;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->given, NULL);
	if (make(r, f) == 0) {
		if (pthread_create(&r->thread, NULL, run, r) == 0)
			return r;
		fail_set(f, FAIL_FATAL, "no thread for a snapshot reader; "
			"lower snapshot.threads");
	}
	release(r);
	return NULL;
}

void
reader_free(struct reader *r)
{
	static const uint64_t one = 1;

	if (!r)
		return;
	atomic_store(&r->stop, true);
	if (write(r->stop_fd, &one, sizeof(one)) < 0)
		(void)0;	/* it looks at the flag each second as well */
	batch_stop(r->queue);
	pthread_mutex_lock(&r->lock);
	pthread_cond_signal(&r->given);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	release(r);
}

bool
reader_idle(const struct reader *r)
{
	return r->idle;
}

void
reader_give(struct reader *r, const struct reader_job *job)
{
	r->idle = false;
	atomic_store(&r->cut, false);
	pthread_mutex_lock(&r->lock);
	r->job = *job;
	r->has_job = true;
	pthread_cond_signal(&r->given);
	pthread_mutex_unlock(&r->lock);
}

void
reader_cut(struct reader *r)
{
	if (!r->idle)
		atomic_store(&r->cut, true);
}

struct batch *
reader_batch(struct reader *r)
{
	return batch_first(r->queue);
}

void
reader_return(struct reader *r, struct batch *b)
{
	r->idle = b->end != BATCH_MORE;
	batch_return(r->queue, b);
}

const struct record_header *
reader_headers(const struct reader *r, size_t *count)
{
	return envelope_headers(r->envelope, count);
}
