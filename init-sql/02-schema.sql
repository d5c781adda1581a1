-- The tables of the example: customers buy products, invoices say so.

SET ROLE inventory;

CREATE TABLE customers (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL CHECK (name <> ''),
	email text NOT NULL UNIQUE CHECK (email LIKE '%_@_%'),
	vip boolean NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE products (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	name text NOT NULL UNIQUE,
	weight_kg float CHECK (weight_kg > 0),
	price numeric(10, 2) NOT NULL CHECK (price >= 0),
	stock integer NOT NULL DEFAULT 0,
	updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE invoices (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	number varchar(20) NOT NULL,
	customer_id bigint NOT NULL REFERENCES customers,
	product_id uuid NOT NULL REFERENCES products,
	quantity integer NOT NULL CHECK (quantity > 0),
	total numeric(12, 2) NOT NULL,
	status text NOT NULL DEFAULT 'open'
		CHECK (status IN ('open', 'paid', 'cancelled')),
	issued_on date NOT NULL DEFAULT current_date,
	paid_at timestamptz,
	CHECK ((status = 'paid') = (paid_at IS NOT NULL))
);
CREATE UNIQUE INDEX invoices_number ON invoices (number);
CREATE INDEX ON invoices (customer_id);

-- What the log keeps of a row that is updated or deleted:
--   customers  DEFAULT, the primary key: "before" is null or the key alone;
--   products   FULL, the whole row: "before" is complete, at the price of
--              more WAL;
--   invoices   the columns of an index: the key of a record is the number that
--              people know, not the id.
ALTER TABLE products REPLICA IDENTITY FULL;
ALTER TABLE invoices REPLICA IDENTITY USING INDEX invoices_number;

RESET ROLE;

-- For the snapshot: the rows that are there when pgwake starts for the first time.
GRANT SELECT ON customers, products, invoices TO pgwake;
