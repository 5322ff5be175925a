# A program that uses SQLAlchemy over psycopg2: its models, its reflection, its errors. It reads what `opendsql env` prints.
import datetime as dt
import decimal
import uuid

import psycopg2
import psycopg2.extras
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql as pg


def same(what, want, got):
    assert want == got, f"{what}: want {want!r}, got {got!r}"


Base = orm.declarative_base()


class Owner(Base):
    __tablename__ = "owner"
    id = sa.Column(pg.UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)
    name = sa.Column(sa.String(50), nullable=False, unique=True)
    born = sa.Column(sa.Date)
    made = sa.Column(sa.DateTime(timezone=True), server_default=sa.func.now())
    extra = sa.Column(pg.JSONB)


class Pet(Base):
    __tablename__ = "pet"
    id = sa.Column(sa.BigInteger, primary_key=True, autoincrement=False)
    owner_id = sa.Column(pg.UUID(as_uuid=True))
    price = sa.Column(sa.Numeric(12, 2), nullable=False)
    alive = sa.Column(sa.Boolean, default=True)
    owner = orm.relationship(Owner, primaryjoin="foreign(Pet.owner_id) == Owner.id", backref="pets")


def main():
    engine = sa.create_engine("postgresql+psycopg2://", isolation_level="AUTOCOMMIT", future=True)
    Base.metadata.create_all(engine)
    Base.metadata.create_all(engine)  # finds them
    engine = sa.create_engine("postgresql+psycopg2://", future=True)
    with orm.Session(engine) as s:
        ann = Owner(name="ann", born=dt.date(1980, 1, 2), extra={"likes": ["cats"]})
        ann.pets = [Pet(id=i, price=decimal.Decimal(i) / 4) for i in range(1, 6)]
        s.add_all([ann, Owner(name="bob")])
        s.commit()
        same("made", True, ann.made is not None)
        found = s.scalars(sa.select(Owner).join(Pet, Pet.owner_id == Owner.id).where(Pet.price > 1).distinct()).one()
        same("joined", "ann", found.name)
        same("sum", decimal.Decimal("3.75"), s.scalar(sa.select(sa.func.sum(Pet.price))))
        same("json", "cats", s.scalar(sa.select(Owner.extra["likes"][0].astext).where(Owner.name == "ann")))
        s.execute(sa.update(Pet).where(Pet.id.in_([1, 2])).values(alive=False))
        same("counted", [(False, 2), (True, 3)], [tuple(r) for r in s.execute(sa.select(Pet.alive, sa.func.count()).group_by(Pet.alive).order_by(Pet.alive))])
        s.execute(pg.insert(Owner).values(name="ann", id=uuid.uuid4()).on_conflict_do_update(index_elements=["name"], set_={"born": None}))
        s.delete(s.get(Pet, 5))
        s.commit()
        try:
            s.execute(sa.insert(Owner).values(name="bob"))
            raise AssertionError("two bobs")
        except sa.exc.IntegrityError as e:
            same("duplicate", "23505", e.orig.pgcode)
        s.rollback()
    look = sa.inspect(engine)
    same("tables", ["owner", "pet"], sorted(look.get_table_names()))
    same("columns", [("id", "UUID", False), ("name", "VARCHAR(50)", False), ("born", "DATE", True), ("made", "TIMESTAMP", True), ("extra", "JSONB", True)],
         [(c["name"], str(c["type"].compile(engine.dialect)).split(" ")[0], c["nullable"]) for c in look.get_columns("owner")])
    same("key", ["id"], look.get_pk_constraint("owner")["constrained_columns"][:1])
    same("unique", [["name"]], [u["column_names"] for u in look.get_unique_constraints("owner")])
    same("indexes", [("owner_name_key", True, ["name"])], [(i["name"], i["unique"], i["column_names"]) for i in look.get_indexes("owner")])
    same("foreign keys", [], look.get_foreign_keys("pet"))
    same("checks", [], look.get_check_constraints("pet"))
    same("schemas", True, {"public", "information_schema"} <= set(look.get_schema_names()))
    same("reflected", ["alive", "id", "owner_id", "price"], sorted(sa.Table("pet", sa.MetaData(), autoload_with=engine).columns.keys()))
    plain()
    print("ok")


def plain():
    psycopg2.extras.register_uuid()
    with psycopg2.connect("") as c, c.cursor() as cur:
        key = uuid.uuid4()
        cur.execute("SELECT %s, %s, %s::int[], %s", (key, b"\0\xff", [1, None], dt.datetime(2024, 1, 1)))
        row = cur.fetchone()
        same("row", (key, b"\0\xff", [1, None], dt.datetime(2024, 1, 1)), (row[0], bytes(row[1]), row[2], row[3]))
        psycopg2.extras.execute_values(cur, "INSERT INTO pet (id, price) VALUES %s", [(100 + i, 1) for i in range(300)])
        same("last page", 100, cur.rowcount)
        cur.execute("SELECT id FROM pet WHERE id >= 100 ORDER BY id")
        same("fetchmany", 10, len(cur.fetchmany(10)))
        same("status", psycopg2.extensions.TRANSACTION_STATUS_INTRANS, c.get_transaction_status())


main()
