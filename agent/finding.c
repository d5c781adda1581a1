#include "finding.h"

enum { FIELDS_MAX = 8 };

static void
tell_key(const struct plan *plan, finding_fn *tell, void *self)
{
	struct buf key;

	buf_init(&key, 4096);
	for (size_t i = 0; i < plan->nkey; i++)
		buf_printf(&key, "%s%.*s", i ? ", " : "", SPAN_ARG(plan->key[i].name));
	tell(self, &(struct finding){
		.what = "the key is that of REPLICA IDENTITY USING INDEX, not "
			"the primary key: of an old row the log has nothing else",
		.remedy = "with REPLICA IDENTITY DEFAULT or FULL the key is "
			"the primary key",
		.about = { LOG_SPAN("key", buf_span(&key)) } });
	buf_release(&key);
}

void
finding_plan(const struct plan *plan, finding_fn *tell, void *self)
{
	for (size_t i = 0; i < plan->nleft_out; i++)
		tell(self, &(struct finding){
			.what = "column left out: its type has no mapping",
			.remedy = "format.include_unknown_datatypes includes it as "
				"bytes, format.include_geometric_types geometric types",
			.about = { LOG_SPAN("column", plan->left_out[i].column),
				LOG_SPAN("type", plan->left_out[i].type) } });
	for (size_t i = 0; i < plan->ncolumns; i++)
		if (plan->columns[i].unmasked)
			tell(self, &(struct finding){
				.what = "column is not masked: only columns of "
					"character types and enums are",
				.remedy = "format.column_exclude_list leaves it out",
				.about = { LOG_SPAN("column", plan->columns[i].name) } });
	if (plan->key_not_primary)
		tell_key(plan, tell, self);
	if (plan->key_incomplete)
		tell(self, &(struct finding){
			.what = "the key lacks columns whose types have no mapping: "
				"different rows may have the same key",
			.remedy = "format.message_key_columns names other columns",
			.about = { LOG_UINT("key_columns", plan->nkey) } });
}

/* A partitioned table has an identity, but those of its partitions count. */
void
finding_identity(const struct facts *f, finding_fn *tell, void *self)
{
	bool nothing = f->replica_identity == 'n' ||
		(f->replica_identity == 'i' && !f->identity.count);

	if (f->kind == 'p')
		return;
	if (nothing)
		tell(self, &(struct finding){
			.what = "its replica identity is NOTHING: the server refuses "
				"every UPDATE and DELETE while it is published",
			.remedy = "ALTER TABLE ... REPLICA IDENTITY DEFAULT (its "
				"primary key), FULL, or USING INDEX" });
	else if (f->replica_identity == 'd' && !f->primary_key.count)
		tell(self, &(struct finding){
			.what = "it has no primary key and no other replica identity: "
				"the server refuses every UPDATE and DELETE while it "
				"is published",
			.remedy = "add a primary key, or ALTER TABLE ... REPLICA "
				"IDENTITY FULL or USING INDEX" });
}

void
finding_server(const struct server_info *s, finding_fn *tell, void *self)
{
	if (s->gates_commits)
		tell(self, &(struct finding){
			.what = "synchronous_standby_names matches our "
				"application_name: commits wait until their records "
				"are acknowledged",
			.remedy = "set another application_name in postgres.dsn" });
	if (s->unsafe_encoding)
		tell(self, &(struct finding){
			.what = "the database has the encoding SQL_ASCII: a value "
				"that is not UTF-8 will stop the stream",
			.remedy = "a database with the encoding UTF8 has no such "
				"values" });
}

void
finding_slot(const struct server_slot *s, finding_fn *tell, void *self)
{
	if (s->unreserved)
		tell(self, &(struct finding){
			.what = "the slot holds more log than max_slot_wal_keep_size "
				"allows: it is lost at the server's next checkpoint",
			.remedy = "let its reader catch up, or raise the limit",
			.about = { LOG_LSN("restart_lsn", s->restart) } });
}

void
finding_log(void *self, const struct finding *f)
{
	const struct log_field *first = self;
	struct log_field fields[FIELDS_MAX];
	size_t n = 0;

	for (; first && first->key; first++)
		fields[n++] = *first;
	for (first = f->about; first->key; first++)
		fields[n++] = *first;
	fields[n++] = LOG_STR("remedy", f->remedy);
	fields[n] = (struct log_field){ .key = NULL };
	log_write(LOG_LEVEL_WARN, f->what, fields);
}
