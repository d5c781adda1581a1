-- What the shop has before pgwake comes: the rows of the snapshot.

SET ROLE inventory;

INSERT INTO products (name, weight_kg, price, stock) VALUES
	('lantern', 0.85, 19.90, 40), ('anchor', 12.5, 149.00, 5),
	('rope, 10 m', 1.2, 24.50, 30), ('compass "Nord"', 0.15, 59.00, 12),
	('Fernglas 7×50', 0.9, 189.00, 8);

INSERT INTO customers (name, email) VALUES
	('Ada', 'ada@example.com'), ('Zoë', 'zoe@example.com'),
	('小林', 'kobayashi@example.com');

INSERT INTO invoices (number, customer_id, product_id, quantity, total)
	SELECT 'R000001', c.id, p.id, 2, 2 * p.price
	FROM customers c, products p
	WHERE c.name = 'Ada' AND p.name = 'lantern';

RESET ROLE;
