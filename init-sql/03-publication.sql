-- What is captured. The publication has to exist before the slot is created:
-- decoding looks it up as it was when a change was made.

CREATE PUBLICATION pgwake FOR TABLE customers, products, invoices;
