"""A MariaDB database on a server of the fleet: filled with all kinds of things, and read back row by row."""

SCHEMA = r"""
create table customers (
    id bigint primary key,
    name varchar(200) character set utf8mb4 not null,
    feeling enum('glad', 'sad', 'it''s complicated') not null,
    flags set('a', 'b') not null,
    raw longblob,
    price decimal(12, 4),
    born datetime(6),
    note varchar(210) character set utf8mb4 as (concat('note ', name)) stored
) engine=InnoDB;
create table orders (
    id bigint auto_increment primary key,
    customer bigint not null,
    text text,
    foreign key (customer) references customers (id)
) engine=InnoDB;
create table `odd ``table` (`a column` int primary key, nothing text) engine=InnoDB;
create view rich as select * from customers where price > 500;
delimiter //
create trigger notice before update on orders for each row begin set new.text = concat(new.text, '!'); end//
create procedure count_orders(out n bigint) begin select count(*) into n from orders; end//
create function orders_of(who bigint) returns bigint reads sql data
    begin return (select count(*) from orders where customer = who); end//
create event cleanup on schedule every 10 year disable do begin delete from orders where id < 0; end//
delimiter ;
"""

ROWS = r"""
insert into customers (id, name, feeling, flags, raw, price, born)
    select seq, concat('name ', seq, ' \\ \t \n \'"', _utf8mb4 0xF09F9880), 1 + seq mod 3, seq mod 4,
           concat(unhex(md5(concat(seq, '{seed}'))), 0x00ff1a0d0a), seq * 1.2345,
           '2001-02-03 04:05:06.789' + interval seq hour
    from seq_{first}_to_{last};
insert into orders (customer, text)
    select {first} + seq mod (1 + {last} - {first}), md5(concat(seq, '{seed}')) from seq_1_to_{orders};
insert into `odd ``table` select seq, null from seq_{first}_to_{last};
"""

OBJECTS = """
select 'routine', routine_type, routine_name, md5(routine_definition) from information_schema.routines
    where routine_schema = database()
union all select 'trigger', trigger_name, event_object_table, md5(action_statement) from information_schema.triggers
    where trigger_schema = database()
union all select 'event', event_name, interval_value, md5(event_definition) from information_schema.events
    where event_schema = database()
union all select 'view', table_name, is_updatable, md5(replace(view_definition, concat('`', database(), '`.'), ''))
    from information_schema.views where table_schema = database()
union all select 'key', constraint_name, table_name, referenced_table_name
    from information_schema.referential_constraints where constraint_schema = database()
order by 1, 2
"""


class MariaDB:
    def __init__(self, fleet, server, name):
        self.fleet, self.server, self.name = fleet, server, name

    def sql(self, text, database=None):
        """Runs it as the administrator; the rows, a list of columns each, escaped as the client does."""
        out = self.fleet.inside(self.server, "mariadb", "--batch", "--skip-column-names",
                                "--default-character-set=utf8mb4", self.name if database is None else database,
                                input=text)
        return [line.split("\t") for line in out.split("\n") if line]

    def create(self, customers=500, orders=5000, seed="first"):
        self.sql(f"create database `{self.name}` character set utf8mb4", "mysql")
        self.sql(SCHEMA)
        self.add(1, customers, orders, seed)

    def add(self, first, last, orders, seed):
        self.sql(ROWS.format(first=first, last=last, orders=orders, seed=seed))

    def change(self):
        """Rows are new, altered and gone; a table is new, one has a column more."""
        self.add(100_001, 100_050, 100, "second")
        self.sql("update orders set text = 'altered' where id mod 7 = 0; delete from orders where id mod 11 = 0;"
                 "alter table orders add column paid boolean default true;"
                 "create table later (id int primary key); insert into later values (1);")

    def content(self, database=None):
        """Every row of every table and what stands around them; equal only if nothing was lost."""
        found = {}
        for (table,) in self.sql("select table_name from information_schema.tables where table_schema = database() "
                                 "and table_type = 'BASE TABLE' order by 1", database):
            quoted = "`" + table.replace("`", "``") + "`"
            columns = self.sql("select column_name from information_schema.columns where table_schema = database() "
                               f"and table_name = '{table}' order by ordinal_position", database)
            rows = ", ".join("hex(`" + column.replace("`", "``") + "`)" for (column,) in columns)
            found[table] = [columns, *self.sql(f"select {rows} from {quoted} order by 1", database)]
        found["objects"] = self.sql(OBJECTS, database)
        return found

    def drop(self, database=None):
        self.sql(f"drop database `{database or self.name}`", "mysql")

    def databases(self):
        return [row[0] for row in self.sql("show databases", "mysql")]
