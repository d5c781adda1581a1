insert into t values (1, '12.55', '-0.05', '2'), (2, null, '1.45', '-92233720368547758.08');
insert into k values ('12.55', 1), ('1.50', 2);
delete from t;
delete from k;
