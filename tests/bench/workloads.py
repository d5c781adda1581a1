"""The backlogs: each a database with a table and a slot at the start of its changes."""

COLUMNS = ("id bigint primary key, a int, b int, c bigint, d numeric(12,2), e timestamptz,"
           " f text, g text, h uuid, i bool")
# About 180 bytes as text.
ROW = ("g, g % 1000, g % 77, g::bigint * 7919, ((g % 100000) / 100.0)::numeric(12,2),"
       " timestamptz '2026-01-01' + g * interval '1 s', md5(g::text), 'customer name ' || g,"
       " md5((g * 7)::text)::uuid, g % 2 = 0")


class Workload:
    """`rows` changes come out of `changes`, `deletes` of them deletes."""

    def __init__(self, about, rows, deletes, seeded, changes):
        self.about = about
        self.rows, self.deletes = rows, deletes
        self.seeded = seeded
        self.changes = changes

    def build(self, db):
        db.sql(f"create table t10({COLUMNS})")
        if self.seeded:
            db.sql(f"insert into t10 select {ROW} from generate_series(1, {self.seeded}) g")
            db.sql("vacuum analyze t10")
        db.sql("create publication bench for table t10")
        db.create_slot("base_" + db.name)
        db.sql(self.changes)
        db.sql("checkpoint")


MIX = f"""do $$ begin
    for k in 0..999 loop
        insert into t10 select {ROW}
            from generate_series(1000001 + k * 600, 1000600 + k * 600) g;
        update t10 set a = a + 1, e = e + interval '1 day'
            where id between k * 300 + 1 and k * 300 + 300;
        delete from t10 where id between 300001 + k * 100 and 300100 + k * 100;
        commit;
    end loop;
end $$"""

ONE = """do $$ begin
    for k in 1..200000 loop
        update t10 set a = a + 1, e = e + interval '1 day' where id = k;
        commit;
    end loop;
end $$"""

WORKLOADS = {
    "mix": Workload("1,000,000 changes in 1,000-row transactions: 60 % insert, 30 % update,"
                    " 10 % delete", 1_000_000, 100_000, 400_000, MIX),
    "big": Workload("one transaction of 1,000,000 inserts", 1_000_000, 0, 0,
                    f"insert into t10 select {ROW} from generate_series(1, 1000000) g"),
    "one": Workload("200,000 transactions of one update each", 200_000, 0, 200_000, ONE),
}
