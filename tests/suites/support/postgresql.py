"""A PostgreSQL database on a server of the fleet: filled with all kinds of things, and read back row by row."""

import json

SCHEMA = r"""
create extension if not exists plpgsql;
create type mood as enum ('glad', 'sad', 'it''s complicated');
create schema "Odd schema";
create sequence ticket start 1000;
create table customers (
    id bigint primary key,
    name text not null,
    feeling mood not null default 'glad',
    tags text[] not null,
    data jsonb,
    raw bytea,
    price numeric(12, 4),
    born timestamptz,
    note text generated always as (upper(name)) stored
);
create table orders (
    id bigserial primary key,
    customer bigint not null references customers,
    ticket bigint not null default nextval('ticket'),
    text varchar(4000)
);
create index on orders (customer);
create table "Odd schema"."Odd ""table" (id int primary key, "a column" text);
create view rich as select * from customers where price > 500;
create materialized view counted as select customer, count(*) as orders from orders group by customer;
create function orders_of(who bigint) returns bigint language sql stable
    as 'select count(*) from orders where customer = who';
create function noticed() returns trigger language plpgsql as $$ begin new.text := new.text || '!'; return new; end $$;
create trigger notice before update on orders for each row execute function noticed();
comment on table customers is 'who pays';
"""

ROWS = r"""
insert into customers (id, name, feeling, tags, data, raw, price, born)
    select n, 'name ' || n || E' \\ \t \n ''"\u00e9\u4e2d',
           (array['glad', 'sad', 'it''s complicated'])[1 + n % 3]::mood, array['a', null, n::text],
           jsonb_build_object('n', n, 'nothing', null),
           decode(md5(n::text || '{seed}'), 'hex') || '\x00ff'::bytea, n * 1.2345,
           timestamptz '2001-02-03 04:05:06.789+02' + n * interval '1 hour'
    from generate_series({first}, {last}) n;
insert into orders (customer, text)
    select {first} + n % (1 + {last} - {first}), md5(n::text || '{seed}') from generate_series(1, {orders}) n;
insert into "Odd schema"."Odd ""table" select n, null from generate_series({first}, {last}) n;
refresh materialized view counted;
"""

# One line per table: its name and a query of its rows, each as text.
TABLES = """
select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1
"""

OBJECTS = """
select 'sequence ' || schemaname || '.' || sequencename || ' ' || coalesce(last_value, -1) from pg_sequences
union all select 'view ' || schemaname || '.' || viewname || ' ' || md5(definition) from pg_views
    where schemaname not in ('pg_catalog', 'information_schema')
union all select 'materialized ' || matviewname || ' ' || md5(definition) || ' ' || ispopulated from pg_matviews
union all select 'function ' || p.oid::regprocedure || ' ' || md5(pg_get_functiondef(p.oid)) from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'
union all select 'trigger ' || tgname || ' ' || md5(pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
union all select 'constraint ' || conname || ' ' || md5(pg_get_constraintdef(oid)) from pg_constraint
    where connamespace = 'public'::regnamespace
union all select 'index ' || indexname || ' ' || md5(indexdef) from pg_indexes where schemaname = 'public'
union all select 'comment ' || description from pg_description where objoid = to_regclass('customers')
union all select 'large object ' || loid || ' ' || md5(string_agg(data, '' order by pageno)) from pg_largeobject
    group by loid
order by 1
"""


class PostgreSQL:
    def __init__(self, fleet, server, name):
        self.fleet, self.server, self.name = fleet, server, name

    def sql(self, text, database=None):
        """Runs it as the administrator; the rows, a list of columns each."""
        out = self.fleet.inside(self.server, "runuser", "-u", "postgres", "--", "psql", "--no-psqlrc", "--quiet",
                                "--set", "ON_ERROR_STOP=1", "--tuples-only", "--no-align", "--field-separator", "\t",
                                database or self.name, input=text)
        return [line.split("\t") for line in out.splitlines() if line]

    def create(self, customers=500, orders=5000, seed="first"):
        self.sql(f'create database "{self.name}" template template0 encoding \'UTF8\'', "postgres")
        self.sql(SCHEMA)
        self.add(1, customers, orders, seed)
        self.sql("select lo_from_bytea(4711, decode(repeat('00ff10', 3000), 'hex'))")

    def add(self, first, last, orders, seed):
        self.sql(ROWS.format(first=first, last=last, orders=orders, seed=seed))

    def change(self):
        """Rows are new, altered and gone; a table is new, one has a column more."""
        self.add(100_001, 100_050, 100, "second")
        self.sql("update orders set text = 'altered' where id % 7 = 0; delete from orders where id % 11 = 0;"
                 "update customers set data = '{}' where id = 3;"
                 "alter table orders add column paid boolean default true;"
                 "create table later (id int primary key); insert into later values (1);")

    def content(self, database=None):
        """Every row of every table and what stands around them; equal only if nothing was lost."""
        found = {}
        for (table,) in self.sql(TABLES, database):
            found[table] = self.sql(f"select to_json(t)::text from {table} t order by 1", database)
        found["objects"] = self.sql(OBJECTS, database)
        return found

    def drop(self, database=None):
        self.sql(f'drop database "{database or self.name}" with (force)', "postgres")

    def databases(self):
        return [row[0] for row in self.sql("select datname from pg_database where not datistemplate", "postgres")]

    def roles(self):
        return json.loads(self.sql("select json_agg(rolname order by rolname) from pg_roles "
                                   "where rolname !~ '^pg_'", "postgres")[0][0])
