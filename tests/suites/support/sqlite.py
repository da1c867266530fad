"""An SQLite database on a server of the fleet, seen through the server's root directory as this machine has it."""

import contextlib
import pathlib
import sqlite3

SCHEMA = """
pragma journal_mode = wal;
create table customers (id integer primary key, name text not null, raw blob, price real);
create table orders (id integer primary key autoincrement, customer integer references customers, text text);
create index orders_of on orders (customer);
create view rich as select * from customers where price > 500;
create trigger notice after update on orders begin update customers set price = price + 1 where id = new.customer; end;
"""


class SQLite:
    def __init__(self, server, path):
        self.path = path
        self.outside = pathlib.Path(server["rootfs"]) / path.lstrip("/")

    @contextlib.contextmanager
    def open(self):
        with contextlib.closing(sqlite3.connect(self.outside, timeout=30)) as connection, connection:
            yield connection

    def create(self, customers=500, orders=5000):
        self.outside.parent.mkdir(parents=True, exist_ok=True)
        with self.open() as connection:
            connection.executescript(SCHEMA)
            connection.executemany("insert into customers values (?, ?, ?, ?)",
                                   [(n, f"name {n} \\ \n '\" é", bytes(range(n % 256)), n * 1.5)
                                    for n in range(1, customers + 1)])
            connection.executemany("insert into orders (customer, text) values (?, ?)",
                                   [(1 + n % customers, f"order {n}") for n in range(orders)])

    def change(self):
        with self.open() as connection:
            connection.executescript("update orders set text = 'altered' where id % 7 = 0;"
                                     "delete from orders where id % 11 = 0; create table later (id);")

    def content(self, path=None):
        return content(path or self.outside)


def content(path):
    """Every row of every table, and the schema."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        schema = connection.execute("select type, name, sql from sqlite_master order by 1, 2").fetchall()
        found = {"objects": schema}
        for kind, name, _ in schema:
            if kind == "table":
                found[name] = connection.execute(f'select * from "{name}" order by 1').fetchall()
        return found


def load(path, sql):
    """A new database made of what a dump says."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(sql)
