# SPDX-License-Identifier: Apache-2.0
"""SQL by every face: psql, bound parameters, HTTP, the command line."""

import datetime
import json

import psycopg
import pytest

from harness import binary, policies, sql
from harness.mqtt import Client
from harness.waiting import until

COUNT = 5


@pytest.fixture(scope="module")
def filled(server, tmp_path_factory):
    """Five readings of one thing, in SQL already."""
    from harness.device import register

    meter = register(server, tmp_path_factory.mktemp("sql"), policies.EVERYTHING, "sql-meter")
    with Client(server, meter) as client:
        for number in range(COUNT):
            client.publish("sql/meter", json.dumps({"flow": number * 1.5, "unit": "l/min"}))
    until(lambda: sql.count(server, "select count(*) from telemetry where thing = 'sql-meter'")
          == 2 * COUNT, 2, "the readings")
    return server


def test_psql_describes_what_there_is(filled):
    listed = sql.psql(filled, r"\d").stdout
    assert {"messages", "telemetry", "events"} <= set(listed.replace("|", " ").split())
    described = dict(line.split("|")[:2]
                     for line in sql.psql(filled, r"\d telemetry").stdout.splitlines()
                     if "|" in line)
    assert described["value"] == "double precision"
    assert described["text"] == "text"
    assert described["time"].startswith("timestamp")


def test_columns_of_the_contract_are_there_with_their_types(filled):
    wanted = {
        "messages": "time topic thing client_id principal qos retain payload trace_id",
        "telemetry": "time thing metric value text topic trace_id",
        "events": "time kind thing client_id principal topic outcome cause count trace_id",
    }
    with sql.connect(filled) as connection:
        for table, columns in wanted.items():
            cursor = connection.execute(f"select * from {table} limit 1")
            have = {column.name: column.type_code for column in cursor.description}
            assert set(columns.split()) <= set(have), table
            assert have["time"] == 1184, f"{table}.time must be timestamptz"
        cursor = connection.execute("select payload, retain from messages limit 1")
        assert [column.type_code for column in cursor.description] == [17, 16]


def test_time_is_utc_now(filled):
    with sql.connect(filled) as connection:
        [time] = connection.execute(
            "select max(time) from telemetry where thing = 'sql-meter'").fetchone()
    age = datetime.datetime.now(datetime.timezone.utc) - time
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=5)


@pytest.mark.parametrize("binary_rows", [False, True], ids=["text", "binary"])
def test_bound_parameters(filled, binary_rows):
    since = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    with sql.connect(filled) as connection, connection.cursor(binary=binary_rows) as cursor:
        cursor.execute("select value from telemetry where thing = %s and metric = %s "
                       "and value > %s and time > %s order by value",
                       ("sql-meter", "flow", 1.0, since))
        assert [row[0] for row in cursor.fetchall()] == [1.5, 3.0, 4.5, 6.0]
        cursor.execute("select count(*) from messages where topic = %s", ("x' or '1'='1",))
        assert cursor.fetchone() == (0,)


def test_aggregates_and_joins(filled):
    got = sql.rows(filled, "select metric, count(*), max(value) from telemetry "
                           "where thing = 'sql-meter' group by metric order by metric")
    assert got[0][:2] == ["flow", str(COUNT)] and float(got[0][2]) == 6.0
    joined = sql.rows(filled, "select count(*) from telemetry t join messages m "
                              "on t.trace_id = m.trace_id where t.metric = 'flow' "
                              "and m.topic = 'sql/meter'")
    assert joined == [[str(COUNT)]]


@pytest.mark.parametrize("statement", [
    "selec 1", "select * from nowhere", "select nope from messages", "select 'open",
    "create table x (a int)", "drop table messages", "insert into messages values (1)",
    "delete from messages", "copy messages to 'x.csv'",
    "create external table x stored as parquet location '/etc'", "",
], ids=lambda text: text[:20] or "empty")
def test_bad_sql_is_told_and_changes_nothing(filled, statement):
    if statement:
        refused = sql.psql(filled, statement, check=False)
        assert refused.returncode != 0 and "ERROR" in refused.stderr, refused
    status, answer = sql.post(filled, {"sql": statement})
    assert status in (400, 403) and answer["error"]["message"], answer
    assert sql.count(filled, "select count(*) from messages where topic = 'sql/meter'") == COUNT


@pytest.mark.parametrize("statement, kind", [
    ("select 9223372036854775807 + 1", "bigint"),
    ("select sum(qos + 9223372036854775800) from messages", "bigint"),
    ("select -(-2147483648::integer)", "integer"),
], ids=["constants", "rows", "minus"])
def test_whole_numbers_do_not_wrap(filled, statement, kind):
    words = f"{kind} out of range"
    with sql.connect(filled) as connection:
        with pytest.raises(psycopg.errors.NumericValueOutOfRange, match=words):
            connection.execute(statement)
        with pytest.raises(psycopg.errors.NumericValueOutOfRange, match="bigint out of range"):
            connection.execute("select %s + 1", (2**63 - 1,))
    status, answer = sql.post(filled, {"sql": statement})
    assert status == 400 and answer["error"]["sqlstate"] == "22003"
    assert answer["error"]["message"] == words
    told = binary.run("sql", statement, "--data", str(filled.data), check=False)
    assert told.returncode == 1 and words in told.stderr


def test_only_with_a_key(filled):
    refused = sql.psql(filled, "select 1", check=False, PGPASSWORD="wrong")
    assert refused.returncode != 0 and "authentication" in refused.stderr
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host="127.0.0.1", port=filled.address("postgres")[1], user="x",
                        password="", dbname="headwater", connect_timeout=5)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "nonsense"}):
        status, answer = sql.post(filled, {"sql": "select 1"}, headers)
        assert status == 401 and answer["error"]["message"]


def test_sql_over_http(filled):
    status, answer = sql.post(filled, {
        "sql": "select time, metric, value, text from telemetry where thing = 'sql-meter' "
               "order by time, metric limit 2"})
    assert status == 200
    assert [column["name"] for column in answer["columns"]] == ["time", "metric", "value", "text"]
    [flow, unit] = answer["rows"]
    assert flow[1:] == ["flow", 0.0, None] and unit[1:] == ["unit", None, "l/min"]
    assert datetime.datetime.fromisoformat(flow[0].replace("Z", "+00:00"))


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"sql": 7}', b"{}", b"\xff"])
def test_bad_json_over_http(filled, body):
    status, answer = sql.post(filled, body)
    assert status == 400 and answer["error"]["message"]


def test_sql_on_the_command_line(filled):
    query = "select metric, max(value) as top from telemetry where thing = 'sql-meter' " \
            "group by metric order by metric"
    table = binary.run("sql", query, "--data", str(filled.data)).stdout
    assert "metric" in table and "flow" in table and "6" in table
    rows = json.loads(binary.run("sql", query, "--json", "--data", str(filled.data)).stdout)
    assert rows == [{"metric": "flow", "top": 6.0}, {"metric": "unit", "top": None}]
    by_url = binary.run("sql", "select 1 as one", "--json", "--url", filled.url("http"),
                        "--api-key", filled.keys.api_key)
    assert json.loads(by_url.stdout) == [{"one": 1}]
    assert binary.run("sql", "selec", "--data", str(filled.data), check=False).returncode == 1


def test_a_fresh_server_has_its_tables(fresh):
    """Empty, and not missing: the first question comes before the first message."""
    server = fresh()
    for table in ("messages", "telemetry"):
        assert sql.count(server, f"select count(*) from {table}") == 0
