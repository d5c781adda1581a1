-- The roles of the example. Run as a superuser, in the database to capture.
--
-- pgwake    reads the changes, for which REPLICATION is enough, and before them
--           the rows that are there already, for which it needs SELECT (see
--           02-schema.sql).
-- inventory owns the tables and writes to them, as an application does.

CREATE ROLE pgwake LOGIN REPLICATION;
CREATE ROLE inventory LOGIN;

-- With it, pgwake --lag also tells the age of the transaction that holds a
-- slot back and the state of the walsender.
GRANT pg_monitor TO pgwake;

-- Since PostgreSQL 15 nobody but its owner may create in the public schema.
GRANT CREATE, USAGE ON SCHEMA public TO inventory;
GRANT USAGE ON SCHEMA public TO pgwake;

-- Passwords, where the environment of psql names them (docker-compose.yml).
\getenv pgwake_password PGWAKE_PASSWORD
\if :{?pgwake_password}
ALTER ROLE pgwake PASSWORD :'pgwake_password';
\endif
\getenv inventory_password INVENTORY_PASSWORD
\if :{?inventory_password}
ALTER ROLE inventory PASSWORD :'inventory_password';
\endif
