# A program that uses asyncpg, which speaks the binary format alone and asks the catalog for every type it does not know.
# It reads what `opendsql env` prints and stops at the first thing that is not as it must be.
import asyncio
import datetime as dt
import decimal
import os
import ssl
import uuid

import asyncpg

D = decimal.Decimal
utc = dt.timezone.utc


def same(what, want, got):
    assert want == got, f"{what}: want {want!r}, got {got!r}"


def connect():
    context = ssl.create_default_context(cafile=os.environ.get("PGSSLROOTCERT"))
    context.check_hostname = False
    if "PGSSLROOTCERT" not in os.environ:
        context.verify_mode = ssl.CERT_NONE
    return asyncpg.connect(host="127.0.0.1", port=os.environ["PGPORT"], user=os.environ["PGUSER"], password=os.environ["PGPASSWORD"],
                           database=os.environ["PGDATABASE"], ssl=context)


async def state(awaitable):
    try:
        await awaitable
    except asyncpg.PostgresError as e:
        return e.sqlstate
    return "00000"


VALUES = [
    ("smallint", -32768), ("integer", 2147483647), ("bigint", -(2**63)), ("real", 1.5), ("double precision", float("inf")),
    ("numeric", D("-12345678901234567890.123")), ("text", "☃ 'quoted' \\"), ("varchar", ""), ("date", dt.date(2024, 2, 29)),
    ("time", dt.time(23, 59, 59, 999999)), ("timetz", dt.time(1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=-5)))),
    ("timestamp", dt.datetime.max), ("timestamptz", dt.datetime(1, 1, 2, tzinfo=utc)), ("interval", dt.timedelta(days=-3, microseconds=6)),
    ("boolean", False), ("bytea", bytes(range(256))), ("uuid", uuid.UUID(int=2**128 - 1)), ("json", '{"a":  1}'), ("jsonb", '{"a": 1}'),
]


async def main():
    c, other = await connect(), await connect()
    for name, value in VALUES:
        same(name, (value, None), tuple(await c.fetchrow(f"SELECT $1::{name}, $2::{name}", value, None)))
    arrays = [[value, None, value] for _, value in VALUES]
    sql = ", ".join(f"${i + 1}::{name}[]" for i, (name, _) in enumerate(VALUES))
    same("arrays", arrays, list(await c.fetchrow("SELECT " + sql, *arrays)))
    same("nested array", [[1, 2], [3, 4]], await c.fetchval("SELECT $1::int[]", [[1, 2], [3, 4]]))
    same("record", (1, "a", None), tuple(await c.fetchval("SELECT ROW(1, 'a'::text, NULL::int)")))
    await c.execute("CREATE TABLE item (id int PRIMARY KEY, t text, n numeric(10,2), at timestamptz)")
    at = dt.datetime(2024, 1, 1, tzinfo=utc)
    await c.executemany("INSERT INTO item VALUES ($1, $2, $3, $4)", [(i, f"t{i}", D(i), at) for i in range(200)])
    same("copied", "COPY 50", await c.copy_records_to_table("item", records=[(1000 + i, None, D("0.25"), at) for i in range(50)]))
    async with c.transaction(isolation="repeatable_read"):
        seen = [r["id"] async for r in c.cursor("SELECT id FROM item WHERE id < 200 ORDER BY id", prefetch=7)]
        same("cursor", list(range(200)), seen)
        cursor = await c.cursor("SELECT id FROM item ORDER BY id")
        same("fetch", [0, 1, 2], [r["id"] for r in await cursor.fetch(3)])
    statement = await c.prepare("SELECT id, t FROM item WHERE id = $1")
    same("parameters", ["int4"], [p.name for p in statement.get_parameters()])
    same("attributes", [("id", "int4"), ("t", "text")], [(a.name, a.type.name) for a in statement.get_attributes()])
    same("row", "t7", (await statement.fetchrow(7))["t"])
    await other.execute("CREATE TABLE beside (a int)")
    same("row after a change", "t8", (await statement.fetchrow(8))["t"])
    same("duplicate", "23505", await state(c.execute("INSERT INTO item (id) VALUES (1)")))
    same("batch with an error", "23505", await state(c.executemany("INSERT INTO item (id) VALUES ($1)", [(5000,), (1,), (5001,)])))
    same("all or nothing", 0, await c.fetchval("SELECT count(*) FROM item WHERE id >= 5000"))
    same("schema", "public", (await c.fetchrow("SELECT current_schema() AS s"))["s"])
    try:
        await c.fetchval("SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b", timeout=0.2)
        raise AssertionError("not cancelled")
    except asyncio.TimeoutError:
        pass
    same("usable", 1, await c.fetchval("SELECT 1"))
    messages = []
    c.add_log_listener(lambda _, m: messages.append(m.message))
    await c.execute("DROP TABLE IF EXISTS nowhere")
    same("notice", ['table "nowhere" does not exist, skipping'], messages)
    await c.close()
    await other.close()
    print("ok")


asyncio.run(main())
