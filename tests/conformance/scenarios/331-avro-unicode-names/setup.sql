create schema "1schema"; create table "1schema"."_t-é" ("9id" int primary key, "_" text, "__x" text, "é1" text, "日本y" text, "a_b" text, "A9_" text, "$y" text, n numeric, "a😀" text);
create table "α" ("αβ" int primary key, E text);
