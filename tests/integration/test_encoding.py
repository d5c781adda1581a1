"""Encodings of databases, and session settings that must not reach an event."""
import pytest

from records import afters


@pytest.fixture
def database(server, request):
    """database("LATIN1"): one with that encoding."""
    made = []

    def make(encoding):
        d = server.database(request.node.originalname[5:], encoding=f"'{encoding}'",
                            lc_collate="'C'", lc_ctype="'C'")
        made.append(d)
        d.publish()
        return d
    yield make
    for d in made:
        d.drop()


@pytest.mark.majors
@pytest.mark.scenario(14)
def test_latin1_database(database, starter):
    db = database("LATIN1")
    db.sql('create table "tür"(id int primary key, "größe" text)')
    agent = starter(db)()
    db.sql('insert into "tür" values (1, \'é ÿ ½\')')
    (record,) = agent.delivered()
    assert record.after == {"id": 1, "größe": "é ÿ ½"}
    assert record.source["table"] == "tür"


@pytest.mark.scenario(14)
def test_sql_ascii_database_with_utf8(database, starter):
    db = database("SQL_ASCII")
    db.sql("create table t(id int primary key, v text)")
    agent = starter(db)()
    db.sql("insert into t values (1, convert_from('\\xc3a9'::bytea, 'SQL_ASCII'))")
    assert afters(agent.delivered()) == [{"id": 1, "v": "é"}]


@pytest.mark.scenario(14)
def test_sql_ascii_database_with_other_bytes(database, starter):
    """What is not UTF-8 cannot become a record: stop, name the table, keep the slot."""
    db = database("SQL_ASCII")
    db.sql("create table guilty(id int primary key, v text)")
    agent = starter(db)()
    db.sql("insert into guilty values (1, 'fine')")
    agent.delivered()
    before = db.wal_lsn()
    db.sql("insert into guilty values (2, convert_from('\\xe9'::bytea, 'SQL_ASCII'))")
    log = agent.wait_exit(2)
    assert "public.guilty" in log and "UTF-8" in log
    assert db.confirmed() <= before


@pytest.mark.majors
@pytest.mark.scenario(62)
def test_settings_of_the_role_do_not_reach_events(db, pgwake):
    """Everything that changes the text of a value is set against us."""
    columns = ("id int primary key, d date, ts timestamp, tz timestamptz, b bytea, f float8,"
               " r real, x text, m numeric, a timestamptz[], da date[]")
    values = ("'2024-02-01', '2024-02-01 03:04:05.123456', '2024-02-01 03:04:05+00',"
              " '\\x00ff', 0.1::float8 + 0.2::float8, 1.1::real, 'é€', 1.50,"
              " array['2024-02-01 03:04:05+00'::timestamptz], array['2024-02-01'::date]")
    db.sql(f"create table t({columns})")
    role = f"odd_{db.name}"
    db.sql(f'create role "{role}" superuser login')
    for setting in ("datestyle = 'SQL, DMY'", "intervalstyle = 'iso_8601'",
                    "timezone = 'Asia/Tokyo'", "bytea_output = 'escape'",
                    "extra_float_digits = -5", "client_encoding = 'LATIN1'", "search_path = ''", "quote_all_identifiers = on",
                    "default_transaction_read_only = on", "statement_timeout = '1s'",
                    "standard_conforming_strings = off"):
        db.sql(f'alter role "{role}" set {setting}')
    try:
        plain = pgwake()
        db.sql(f"insert into t select 1, {values}")
        (expected,) = afters(plain.delivered())
        plain.stop()
        odd = pgwake(user=role)
        db.sql(f"insert into t select 2, {values}")
        (got,) = afters(odd.delivered())
        odd.stop()
    finally:
        db.sql(f'drop role "{role}"')
    assert got == {**expected, "id": 2}
    assert got["f"] == 0.30000000000000004
    assert got["x"] == "é€"
    assert got["tz"] == "2024-02-01T03:04:05.000000Z"
