# SPDX-License-Identifier: Apache-2.0
"""SQL through the drivers that people use: psycopg, asyncpg, pg8000, SQLAlchemy, pandas, polars,
node-postgres, and psql with Ctrl-C."""

import asyncio
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.parse
import warnings
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pandas
import pg8000.dbapi
import pg8000.native
import polars
import psycopg
import pytest
import sqlalchemy

from harness import binary, policies, sql
from harness.mqtt import Client
from harness.waiting import until

ENDLESS = ("select count(*) from generate_series(1, 1000000) as a(x), "
           "generate_series(1, 1000000) as b(y) where x % 7 = y % 11")
READINGS = [(number * 1.5) for number in range(5)]


@pytest.fixture(scope="module")
def filled(server, tmp_path_factory):
    """Five readings of one thing, in SQL already."""
    from harness.device import register

    meter = register(server, tmp_path_factory.mktemp("clients"), policies.EVERYTHING, "pg-meter")
    with Client(server, meter) as client:
        for value in READINGS:
            client.publish("pg/meter", json.dumps({"flow": value, "unit": "l/min"}))
    until(lambda: sql.count(server, "select count(*) from telemetry where thing = 'pg-meter'")
          == 10, 2, "the readings")
    return server


def where(server) -> dict:
    env = server.keys.env
    return {"host": env["PGHOST"], "port": int(env["PGPORT"]), "user": "ann",
            "password": env["PGPASSWORD"], "database": env["PGDATABASE"]}


def url(server, driver: str) -> str:
    at = where(server)
    password = urllib.parse.quote(at["password"], safe="")
    return f"postgresql+{driver}://ann:{password}@{at['host']}:{at['port']}/{at['database']}"


BY_VALUE = "select value from telemetry where thing = {} and value > {} order by value"


def test_psycopg_server_side_cursors_and_pipelines(filled):
    with sql.connect(filled) as connection:
        with connection.transaction(), connection.cursor(name="big") as cursor:
            cursor.itersize = 1_000
            cursor.execute("select x from generate_series(1, 5000) as s(x) order by x")
            assert [row[0] for row in cursor] == list(range(1, 5_001))
        with connection.transaction(), connection.cursor(name="some", binary=True) as cursor:
            cursor.execute("select time, value from telemetry where thing = %s order by time",
                           ("pg-meter",))
            assert isinstance(cursor.fetchone()[0], datetime.datetime)
            assert len(cursor.fetchmany(3)) == 3
        with connection.pipeline():
            cursors = [connection.execute("select %s::int", (n,)) for n in range(5)]
            assert [cursor.fetchone()[0] for cursor in cursors] == list(range(5))
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create table x (y int)")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute("listen x")


def test_psycopg_prepares_on_the_server(filled):
    with sql.connect(filled) as connection:
        connection.execute("prepare p(text, float8) as " + BY_VALUE.format("$1", "$2"))
        got = connection.execute("execute p('pg-meter', 1 + 2)").fetchall()
        assert got == [(4.5,), (6.0,)]
        connection.execute("deallocate p")
        for _ in range(8):  # psycopg itself prepares from the fifth time on
            got = connection.execute(BY_VALUE.format("%s", "%s"), ("pg-meter", 3.0)).fetchall()
        assert got == [(4.5,), (6.0,)]


def test_time_limits_and_settings(filled):
    with sql.connect(filled) as connection:
        connection.execute("set statement_timeout = '200ms'")
        assert connection.execute("show statement_timeout").fetchone() == ("200ms",)
        began = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            connection.execute(ENDLESS)
        assert time.monotonic() - began < 5
        connection.execute("reset statement_timeout")
        assert connection.execute("show statement_timeout").fetchone() == ("0",)
        [value] = connection.execute(
            "select setting from pg_settings where name = 'statement_timeout'").fetchone()
        assert value == "0"


def test_cancel(filled):
    with sql.connect(filled) as connection, ThreadPoolExecutor() as pool:
        statement = pool.submit(connection.execute, ENDLESS)
        # A request that comes before the statement is for nothing: it is repeated until heard.
        while not statement.done():
            connection.cancel_safe(timeout=5)
            time.sleep(0.2)
        with pytest.raises(psycopg.errors.QueryCanceled, match="user request"):
            statement.result()
        assert connection.execute("select 1").fetchone() == (1,)


def test_ctrl_c_in_psql(filled):
    process = subprocess.Popen(
        ["psql", "-X", "-A", "-t", "-c", ENDLESS], stderr=subprocess.PIPE,
        env=binary.clean_environment(**filled.keys.env), text=True)
    until(lambda: running(filled), 20, "the statement to run")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert "canceling statement due to user request" in errors


def running(server) -> bool:
    query = ("select count(*) from pg_stat_activity where state = 'active' "
             "and query like '%generate_series%' and query not like '%pg_stat_activity%'")
    with sql.connect(server) as connection:
        return connection.execute(query).fetchone()[0] >= 1


def test_asyncpg(filled):
    async def work():
        connection = await asyncpg.connect(**where(filled))
        rows = await connection.fetch(BY_VALUE.format("$1", "$2"), "pg-meter", 3.0)
        assert [row["value"] for row in rows] == [4.5, 6.0]
        row = await connection.fetchrow(
            "select time, payload, qos, retain, trace_id from messages where thing = $1 limit 1",
            "pg-meter")
        assert isinstance(row["time"], datetime.datetime) and isinstance(row["payload"], bytes)
        assert (row["qos"], row["retain"]) == (1, False)
        since = datetime.datetime(2019, 1, 1, tzinfo=datetime.timezone.utc)
        count = await connection.fetchval(
            "select count(*) from telemetry where time > $1 and thing = $2", since, "pg-meter")
        assert count == 10
        async with connection.transaction():
            got = [row["x"] async for row in connection.cursor(
                "select x from generate_series(1, 500) as s(x) order by x", prefetch=50)]
        assert got == list(range(1, 501))
        values = await connection.fetchrow(
            "select 1::smallint, 2::int, 3::bigint, 1.5::real, 2.5::float8, 1.25::numeric(10, 2), "
            "true, 'x'::text, decode('00ff', 'hex'), date '2019-02-21', "
            "timestamp '2019-02-21 16:14:10.5', interval '1 day 2 hours', null::text")
        assert list(values)[:5] == [1, 2, 3, 1.5, 2.5] and str(values[5]) == "1.25"
        assert list(values)[6:10] == [True, "x", b"\x00\xff", datetime.date(2019, 2, 21)]
        assert values[10] == datetime.datetime(2019, 2, 21, 16, 14, 10, 500_000)
        assert values[11] == datetime.timedelta(days=1, hours=2)
        assert list(values)[12:] == [None]
        async with asyncpg.create_pool(**where(filled), min_size=1, max_size=2) as pool:
            assert await pool.fetchval("select count(*) from messages where thing = $1",
                                       "pg-meter") == 5
            assert await pool.fetchval("select 2") == 2
        await connection.execute("set statement_timeout = 100")
        with pytest.raises(asyncpg.QueryCanceledError):
            await connection.fetch(ENDLESS)
        await connection.close()

    asyncio.run(work())


def test_pg8000(filled):
    connection = pg8000.dbapi.connect(**where(filled))
    cursor = connection.cursor()
    cursor.execute(BY_VALUE.format("%s", "%s"), ("pg-meter", 3.0))
    assert cursor.fetchall() == ([4.5], [6.0])
    cursor.execute("select time from telemetry where thing = %s order by time limit 1",
                   ("pg-meter",))
    assert cursor.fetchone()[0].tzinfo is not None
    connection.commit()
    with pytest.raises(pg8000.dbapi.DatabaseError) as refused:
        cursor.execute("select nope from telemetry")
    assert refused.value.args[0]["C"] == "42703"
    connection.rollback()
    connection.close()


@pytest.mark.parametrize("driver", ["psycopg", "pg8000"])
def test_sqlalchemy_reflects_tables(filled, driver):
    engine = sqlalchemy.create_engine(url(filled, driver))
    with engine.connect() as connection:
        inspect(connection)
    engine.dispose()


def inspect(connection):
    inspector = sqlalchemy.inspect(connection)
    assert {"messages", "telemetry", "events"} <= set(inspector.get_table_names())
    assert inspector.get_schema_names() == ["information_schema", "public"]
    assert inspector.get_view_names() == []
    columns = {column["name"]: column for column in inspector.get_columns("telemetry")}
    assert list(columns)[:5] == ["time", "thing", "metric", "value", "text"]
    assert isinstance(columns["time"]["type"], sqlalchemy.types.TIMESTAMP)
    assert columns["time"]["type"].timezone and not columns["time"]["nullable"]
    assert isinstance(columns["value"]["type"], sqlalchemy.types.Double)
    assert isinstance(columns["thing"]["type"], sqlalchemy.types.Text)
    assert columns["value"]["comment"]
    assert inspector.get_pk_constraint("telemetry")["constrained_columns"] == []
    assert inspector.get_foreign_keys("telemetry") == []
    assert inspector.get_indexes("telemetry") == []
    assert inspector.get_unique_constraints("telemetry") == []
    assert inspector.get_check_constraints("telemetry") == []
    assert inspector.get_table_comment("telemetry")["text"]
    table = sqlalchemy.Table("telemetry", sqlalchemy.MetaData(), autoload_with=connection)
    query = (sqlalchemy.select(table.c.metric, sqlalchemy.func.max(table.c.value))
             .where(table.c.thing == "pg-meter").group_by(table.c.metric)
             .order_by(table.c.metric))
    assert connection.execute(query).fetchall() == [("flow", 6.0), ("unit", None)]


def test_pandas_and_polars(filled):
    query = "select time, metric, value from telemetry where thing = 'pg-meter' order by time"
    engine = sqlalchemy.create_engine(url(filled, "psycopg"))
    frame = pandas.read_sql(query, engine)
    assert str(frame["time"].dtype).startswith("datetime64") and len(frame) == 10
    with engine.connect().execution_options(stream_results=True) as connection:
        parts = list(pandas.read_sql(sqlalchemy.text(query), connection, chunksize=4))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert "telemetry" in sqlalchemy.inspect(engine).get_table_names()
    assert len(pandas.read_sql_table("telemetry", engine)) >= 10
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with sql.connect(filled) as connection:
            got = polars.read_database(query, connection)
    assert got.shape == (10, 3) and got["value"].sum() == sum(READINGS)
    engine.dispose()


NODE = """
const { Client } = require('pg');
(async () => {
  const client = new Client();
  await client.connect();
  const rows = await client.query('select time, value from telemetry where thing = $1 and value > $2 order by value', ['pg-meter', 3]);
  console.log(JSON.stringify(rows.rows.map(r => [r.time instanceof Date, r.value])));
  await client.end();
})().catch(error => { console.error(error); process.exit(1); });
"""


def test_node_postgres(filled, tmp_path):
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    cache = pathlib.Path(__file__).parent.parent / "target" / "node-postgres"
    if not (cache / "node_modules" / "pg").is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "pg@8"],
                              cwd=cache, capture_output=True, text=True, timeout=120)
        if done.returncode:
            pytest.skip("the package pg can't be fetched")
    env = binary.clean_environment(**filled.keys.env, NODE_PATH=str(cache / "node_modules"))
    env.setdefault("HOME", os.environ.get("HOME", str(tmp_path)))
    done = subprocess.run(["node", "-e", NODE], env=env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[True, 4.5], [True, 6]]
