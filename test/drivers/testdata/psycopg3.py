# A program that uses psycopg 3 as applications do. It reads what `opendsql env` prints and stops at the first thing that is not as it must be.
import datetime as dt
import decimal
import os
import threading
import uuid

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

D = decimal.Decimal
utc = dt.timezone.utc


def same(what, want, got):
    assert want == got, f"{what}: want {want!r}, got {got!r}"


def state(f, *args):
    try:
        f(*args)
    except psycopg.Error as e:
        return e.sqlstate
    return "00000"


VALUES = [
    ("smallint", -32768), ("integer", 2147483647), ("bigint", -(2**63)), ("real", 1.5), ("double precision", 1e308),
    ("numeric", D("-12345678901234567890.123")), ("text", "☃ 'quoted' \\"), ("varchar(5)", "abcde"), ("char(3)", "a  "),
    ("date", dt.date(1, 1, 1)), ("time", dt.time(23, 59, 59, 999999)), ("timetz", dt.time(1, 2, 3, tzinfo=utc)),
    ("timestamp", dt.datetime(9999, 12, 31, 23, 59, 59, 999999)), ("timestamptz", dt.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=utc)),
    ("interval", dt.timedelta(days=-3, seconds=5, microseconds=6)), ("boolean", True), ("bytea", b"\0\xff\\"),
    ("uuid", uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")), ("json", {"a": [1, None]}), ("jsonb", {"b": 1.5}),
]
WITH_NULL = [v for v in VALUES if v[0] != "json"]


def types(c):
    for binary in (False, True):
        cur = c.cursor(binary=binary)
        for name, value in VALUES:
            sent = psycopg.types.json.Json(value) if name == "json" else Jsonb(value) if name == "jsonb" else value
            for mark in ("%s", "%b", "%t"):
                if mark == "%t" and name == "bytea":
                    continue
                cur.execute(f"SELECT CAST({mark} AS {name}), CAST({mark} AS {name})", (sent, None))
                same(name, (value, None), cur.fetchone())
        for name, value in WITH_NULL:
            if name in ("jsonb",):
                continue
            cur.execute(f"SELECT CAST(%s AS {name}[])", ([value, None, value],))
            same(name + "[]", [value, None, value], cur.fetchone()[0])


def statements(c):
    c.execute("CREATE TABLE item (id int PRIMARY KEY, t text, n numeric(10,2), at timestamptz DEFAULT now())")
    with c.transaction():
        for i in range(10):  # the driver prepares on the server at the fifth
            c.execute("INSERT INTO item (id, t, n) VALUES (%s, %s, %s)", (i, f"t{i}", D(i) / 4))
    cur = c.cursor(row_factory=dict_row)
    for _ in range(7):
        cur.execute("SELECT id, n FROM item WHERE id = ANY(%s) ORDER BY id", ([1, 3, 99],))
        same("rows", [{"id": 1, "n": D("0.25")}, {"id": 3, "n": D("0.75")}], cur.fetchall())
    cur.executemany("INSERT INTO item (id, t) VALUES (%s, %s) RETURNING id", [(20, "a"), (21, "b")], returning=True)
    same("executemany", {"id": 20}, cur.fetchone())
    same("status", "INSERT 0 1", cur.statusmessage)
    same("rowcount", 12, c.execute("UPDATE item SET t = t || '!'").rowcount)
    same("description", ["id", "t", "n", "at"], [d.name for d in c.execute("SELECT * FROM item").description])
    same("composed", 12, c.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("item"))).fetchone()[0])


def pipeline(c):
    with c.pipeline() as p:
        cursors = [c.execute("SELECT %s::int + 1", (i,)) for i in range(50)]
        p.sync()
        same("pipeline", list(range(1, 51)), [x.fetchone()[0] for x in cursors])
    same("pipeline's error", "22012", state(_broken, c))
    same("undone", 0, c.execute("SELECT count(*) FROM item WHERE id >= 500").fetchone()[0])


def _broken(c):
    with c.pipeline():
        c.execute("INSERT INTO item (id) VALUES (500)")
        c.execute("SELECT 1 / %s::int", (0,))
        c.execute("INSERT INTO item (id) VALUES (501)")


def copy(c):
    c.execute("CREATE TABLE copied (id int PRIMARY KEY, t text, n numeric, at timestamptz)")
    at = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=utc)
    rows = [(i, f"line\t{i}\n" if i % 3 else None, D(i) / 8, at) for i in range(1000)]
    cur = c.cursor()
    for options in ("", " (FORMAT BINARY)"):
        c.execute("DELETE FROM copied")
        with cur.copy("COPY copied FROM STDIN" + options) as copying:
            if options:
                copying.set_types(["int4", "text", "numeric", "timestamptz"])
            for r in rows:
                copying.write_row(r)
        with cur.copy("COPY (SELECT * FROM copied ORDER BY id) TO STDOUT" + options) as copying:
            copying.set_types(["int4", "text", "numeric", "timestamptz"])
            same("copied" + options, [(i, t, n.quantize(D("0.000001")), at) for i, t, n, at in rows], [(i, t, n.quantize(D("0.000001")), at) for i, t, n, at in copying.rows()])

    def abandon():
        with cur.copy("COPY copied FROM STDIN") as copying:
            copying.write_row((5000, "x", 1, at))
            raise KeyError

    try:
        abandon()
    except psycopg.errors.QueryCanceled as e:
        same("context", "COPY copied, line 2", e.diag.context)
    same("abandoned", 0, c.execute("SELECT count(*) FROM copied WHERE id = 5000").fetchone()[0])


def transactions(c, other):
    c.autocommit = False
    c.execute("INSERT INTO item (id) VALUES (600)")
    c.rollback()
    c.execute("INSERT INTO item (id) VALUES (601)")
    other.execute("INSERT INTO item (id) VALUES (601)")
    same("conflict", "40001", state(c.commit))
    c.rollback()
    same("failed", "22012", state(c.execute, "SELECT 1/0"))
    same("aborted", "25P02", state(c.execute, "SELECT 1"))
    c.rollback()
    c.autocommit = True
    same("rows", [(601,)], c.execute("SELECT id FROM item WHERE id >= 600").fetchall())


def cancel(c):
    timer = threading.Timer(0.2, c.cancel)
    timer.start()
    same("cancelled", "57014", state(c.execute, "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b"))
    timer.join()
    same("usable", (1,), c.execute("SELECT 1").fetchone())


def errors(c):
    try:
        c.execute("INSERT INTO item (id) VALUES (1)")
    except psycopg.errors.UniqueViolation as e:
        same("diag", ("public", "item", "item_pkey", "Key (id)=(1) already exists."), (e.diag.schema_name, e.diag.table_name, e.diag.constraint_name, e.diag.message_detail))
    notices = []
    c.add_notice_handler(lambda d: notices.append(d.message_primary))
    c.execute("CREATE TABLE IF NOT EXISTS item (id int)")
    same("notices", ['relation "item" already exists, skipping'], notices)
    same("parameter", "UTF8", c.info.parameter_status("client_encoding"))


def main():
    with psycopg.connect("", autocommit=True) as c, psycopg.connect("", autocommit=True) as other:
        types(c)
        statements(c)
        pipeline(c)
        copy(c)
        if os.environ.get("PGUSER") == "admin":
            transactions(c, other)
        cancel(c)
        errors(c)
    print("ok")


main()
