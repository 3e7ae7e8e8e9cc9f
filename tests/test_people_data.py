# SPDX-License-Identifier: Apache-2.0
"""What people read: things, last values, series, messages, events, as JSON and CSV."""

import csv
import io
import json
import re
import time

import pytest

from harness import sql, web
from harness.mqtt import Client
from harness.waiting import until


@pytest.fixture(scope="module")
def said(server, tmp_path_factory):
    """A thing that has said something, and a function that reads as it stands there."""
    from harness import device, policies
    name = "people-meter"
    made = device.register(server, tmp_path_factory.mktemp("people"), policies.EVERYTHING, name)
    with Client(server, made) as client:
        for n in range(20):
            client.publish("people/meter", json.dumps(
                {"flow": n, "valve": {"open": n % 2 == 0}, "state": f"s{n // 10}"}))
        client.publish("people/raw", b"\xff\x00")
        client.publish("people/text", "<img src=x onerror=alert(1)>")
    count = "select count(*) from messages where thing = 'people-meter'"
    until(lambda: sql.count(server, count) == 22, 5, "22 messages")
    yield name


@pytest.fixture
def read(server, said):
    def get(path: str, status: int = 200, **headers):
        answer = web.ask(server, "GET", "/api/v1" + path, **server.keys.bearer, **headers)
        assert answer.status == status, answer.text
        return answer
    return get


def test_a_thing_and_its_last_values(read, said):
    thing = read(f"/things/{said}").json()
    assert thing["name"] == said and thing["last_seen"]
    values = {one["metric"]: (one["value"], one["text"]) for one in thing["values"]}
    assert values == {"flow": (19, None), "valve.open": (0, None), "state": (None, "s1")}
    assert read(f"/things/{said}/values").json()["values"] == thing["values"]
    assert read("/things/no-such-thing", 404).json()["error"]["kind"] == "not_found"
    for bad in ("%00", "..%2f..", "a%20b"):
        assert read(f"/things/{bad}", 404)


def test_last_values_follow(server, read, tmp_path):
    from harness import device, policies
    made = device.register(server, tmp_path, policies.EVERYTHING)

    def flow():
        return [one["value"] for one in read(f"/things/{made.name}/values").json()["values"]]

    assert flow() == []
    with Client(server, made) as client:
        for n in (5, 6):
            client.publish("people/follow", json.dumps({"flow": n}))
            until(lambda: flow() == [n], 3, f"flow {n}")
    server.flush()
    assert flow() == [6]


def test_things_are_found_page_by_page(server, read):
    iot = server.keys.client("iot")
    for n in range(5):
        iot.create_thing(thingName=f"pages-{n}", attributePayload={
            "attributes": {"site": "north" if n % 2 else "south"}})
    names, after = [], {}
    while True:
        page = read("/things?" + web.query(prefix="pages-", limit=2, **after)).json()
        names += [thing["name"] for thing in page["things"]]
        if not page["next"]:
            break
        after = {"after": page["next"]}
    assert names == [f"pages-{n}" for n in range(5)]
    iot.create_thing_group(thingGroupName="pages-hall")
    iot.create_thing_group(thingGroupName="pages-room", parentGroupName="pages-hall")
    for n, group in ((0, "pages-hall"), (3, "pages-room")):
        iot.add_thing_to_thing_group(thingGroupName=group, thingName=f"pages-{n}")
    for wanted, found in [({"attribute": "site:north", "prefix": "pages"}, [1, 3]),
                          ({"group": "pages-hall"}, [0, 3]), ({"group": "pages-room"}, [3]),
                          ({"group": "pages-hall", "search": "south"}, [0]), ({"group": "none"}, []),
                          ({"attribute": "site", "search": "PAGES-4"}, [4]),
                          ({"prefix": "pages-", "search": "south"}, [0, 2, 4])]:
        things = read("/things?" + web.query(**wanted)).json()["things"]
        assert [thing["name"] for thing in things] == [f"pages-{n}" for n in found], wanted


def test_things_are_found_by_whether_they_are_there(server, read, tmp_path):
    from harness import device, policies
    for name in ("presence-silent", "presence-away", "presence-here"):
        made = device.register(server, tmp_path, policies.EVERYTHING, name)
        if name == "presence-away":
            with Client(server, made) as client:
                client.publish("presence/away", '{"level": 2}')

    def found(presence: str) -> list[str]:
        things = read("/things?" + web.query(prefix="presence-", presence=presence)).json()["things"]
        return [thing["name"] for thing in things]

    with Client(server, made) as client:
        assert found("connected") == ["presence-here"]
        assert found("offline") == ["presence-away"]
        assert found("never") == ["presence-silent"]
        client.publish("presence/here", '{"level": 1}')
    until(lambda: found("connected") == [], 5, "the connection's end")
    assert found("offline") == ["presence-away", "presence-here"]
    assert read("/things?presence=somewhere", 400).message


def test_last_values_of_many_things(server, read, tmp_path):
    from harness import device, policies
    made = [device.register(server, tmp_path, policies.EVERYTHING, f"many-{n}") for n in range(3)]
    for n, one in enumerate(made[:2]):
        with Client(server, one) as client:
            client.publish("many", json.dumps({"level": n, "state": f"s{n}", "other": 9}))

    def values():
        things = read("/things?" + web.query(prefix="many-", metrics="level, state")).json()["things"]
        return [{one["metric"]: one["value"] if one["text"] is None else one["text"] for one in thing["values"]}
                for thing in things]

    assert values() == [{"level": 0, "state": "s0"}, {"level": 1, "state": "s1"}, {}]
    server.flush()
    with Client(server, made[2]) as client:
        client.publish("many", '{"level": 7}')
    assert values() == [{"level": 0, "state": "s0"}, {"level": 1, "state": "s1"}, {"level": 7}]
    assert read("/things?metrics=" + ",".join("abcdefghi"), 400).message


def test_units_of_metrics(server, read, said):
    def put(body: dict, status: int = 200):
        answer = web.ask(server, "PUT", "/api/v1/units", body, **server.keys.bearer)
        assert answer.status == status, answer.text
        return answer

    assert read("/units").json() == {"version": 0, "units": []}
    flow = {"type": None, "metric": "flow", "unit": "l/min"}
    assert put({"version": 0, "units": [flow]}).json() == {"version": 1, "units": [flow]}
    assert {one["metric"]: one["unit"] for one in read(f"/things/{said}/values").json()["values"]}["flow"] == "l/min"
    series = read(f"/things/{said}/series?metric=flow&metric=state").json()["series"]
    assert series[0]["unit"] == "l/min"
    iot = server.keys.client("iot")
    iot.create_thing_type(thingTypeName="unit-meter")
    iot.update_thing(thingName=said, thingTypeName="unit-meter")
    own = {"type": "unit-meter", "metric": "flow", "unit": "m³/h"}
    assert put({"version": 1, "units": [own, flow]}).json()["units"] == [flow, own]
    rows = list(csv.DictReader(io.StringIO(
        read(f"/things/{said}/series?metric=flow&buckets=1&from=-1h", Accept="text/csv").text)))
    assert rows[0]["unit"] == "m³/h"
    assert put({"version": 1, "units": []}, 409).json()["error"]["kind"] == "conflict"
    assert put({"version": 2, "units": [flow, flow]}, 400).message
    iot.update_thing(thingName=said, removeThingType=True)
    assert put({"version": 2, "units": []}).json()["units"] == []


def test_an_answer_as_parquet(server, read, said, tmp_path):
    """As pyarrow and DuckDB read it, with the types that the table has."""
    import duckdb
    import pyarrow.parquet

    def sql(statement: str, path: str = "/api/v1/sql", status: int = 200, **headers):
        answer = web.ask(server, "POST", path, {"sql": statement, "params": [said]},
                         **server.keys.bearer, **headers)
        assert answer.status == status, answer.text
        return answer

    statement = "select time, metric, value, text, count(*) over () as n, 1 as n from telemetry where thing = $1"
    answer = sql(statement, Accept="application/vnd.apache.parquet")
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    path = tmp_path / "answer.parquet"
    path.write_bytes(answer.body)
    table = pyarrow.parquet.read_table(path)
    assert table.num_rows == 60
    assert {field.name: str(field.type) for field in table.schema} == {
        "time": "timestamp[us, tz=UTC]", "metric": "string", "value": "double", "text": "string",
        "n": "int64", "n_2": "int64"}
    (found,) = duckdb.sql(f"select count(*), max(value), min(text) from '{path}' where metric <> 'valve.open'").fetchall()
    assert found == (40, 19.0, "s0")
    assert sql("select 1 as x where $1 = ''", "/api/v1/sql?format=parquet").body[:4] == b"PAR1"
    assert sql("select $1 as x", "/api/v1/sql?format=csv").text == f"x\r\n{said}\r\n"
    refused = sql("select interval '1 day' as x where $1 <> ''", "/api/v1/sql?format=parquet", 400)
    assert "cast it to text" in refused.message
    assert sql("select 1", "/api/v1/sql?format=xlsx", 400).message


def test_series_are_down_sampled(read, said):
    path = f"/things/{said}/series?" + web.query(metric=["flow", "state", "none"], **{"from": "-1h"})
    answer = read(path + "&buckets=1").json()
    flow, state, none = answer["series"]
    assert answer["bucket_seconds"] == 3600
    assert (flow["min"], flow["max"], flow["mean"], flow["last"], flow["count"]) == (
        [0], [19], [9.5], [19], [20])
    assert (state["kind"], state["first"], state["last"], state["count"]) == (
        "text", ["s0"], ["s1"], [20])
    assert none["kind"] == "number" and none["time"] == []
    many = read(path + "&buckets=5000").json()["series"][0]
    assert sum(many["count"]) == 20 and len(many["time"]) == len(many["mean"]) <= 20
    assert many["time"] == sorted(many["time"])
    rows = list(csv.DictReader(io.StringIO(read(path + "&buckets=1", Accept="text/csv").text)))
    assert [row["metric"] for row in rows] == ["flow", "state"]
    assert float(rows[0]["mean"]) == 9.5 and rows[1]["last_text"] == "s1"


@pytest.mark.parametrize("parameters", [
    "", "metric=a&buckets=0", "metric=a&buckets=5001", "metric=a&buckets=-1",
    "metric=a&buckets=9223372036854775808", "metric=a&buckets=18446744073709551616",
    "metric=a&from=yesterday", "metric=a&from=now&to=-1h", "metric=a&x=1", "metric=a&from=-1h&from=-2h",
    "metric=a&from=9223372036854775807", "&".join(["metric=a"] * 17),
])
def test_series_that_nobody_can_want(read, said, parameters):
    assert read(f"/things/{said}/series?{parameters}", 400).message


def test_messages_newest_first_and_page_by_page(read, said):
    everything, after = [], {}
    while True:
        page = read("/messages?" + web.query(thing=said, limit=7, **after)).json()
        everything += page["messages"]
        if not page["next"]:
            break
        after = {"after": page["next"]}
    assert len(everything) == 22 and len({one["trace_id"] for one in everything}) == 22
    assert [one["time"] for one in everything] == sorted((o["time"] for o in everything), reverse=True)
    by_topic = {one["topic"]: one for one in everything}
    assert by_topic["people/raw"]["base64"] == "/wA=" and by_topic["people/raw"]["text"] is None
    assert by_topic["people/text"]["text"].startswith("<img") and by_topic["people/text"]["payload"] is None
    assert by_topic["people/meter"]["payload"]["flow"] == 0
    for topic, count in [("people/meter", 20), ("people/+", 22), ("#", 22), ("people/#", 22),
                         ("+/raw", 1), ("people/x", 0), ("people/.*", 0)]:
        found = read("/messages?" + web.query(thing=said, topic=topic)).json()["messages"]
        assert len(found) == count, topic
    assert read("/messages?topic=a%23", 400) and read("/messages?limit=0", 400)
    assert read("/messages?limit=18446744073709551616", 400) and read("/messages?after=x", 400)


def test_events(server, read):
    web.ask(server, "GET", "/api/v1/session", **web.bearer("hw_0000000000000000_x"))
    wanted = web.query(kind="api", outcome="refused", **{"from": "-1h"})
    (first, *_) = until(lambda: read(f"/events?{wanted}").json()["events"], 5, "an event")
    assert first["cause"] and first["address"] == "127.0.0.1"
    assert read("/events?kind=no-such-kind").json() == {"events": [], "next": None}


def test_sql_as_csv(server):
    answer = web.ask(server, "POST", "/api/v1/sql", {"sql": "select 1 as a, 'x,y' as b, null as c"},
                     Accept="text/csv", **server.keys.bearer)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text == 'a,b,c\r\n1,"x,y",\r\n'


def test_workers(read):
    workers = read("/workers").json()["workers"]
    assert {"name", "state", "lag", "last_error"} == set(workers[0])


def test_a_page_of_last_seen_is_quick_enough(read, said):
    began = time.monotonic()
    things = read("/things?" + web.query(prefix=said)).json()["things"]
    assert things[0]["last_seen"] and time.monotonic() - began < 5


def test_a_path_that_is_no_text_is_refused_in_the_one_shape(server, read):
    document = read("/openapi.json").json()
    tried = 0
    for path, methods in document["paths"].items():
        if "{" not in path:
            continue
        for method in methods:
            wrong = re.sub(r"\{[^}]*\}", "%ff", path)
            answer = web.ask(server, method.upper(), wrong, **server.keys.bearer)
            assert 400 <= answer.status < 500, (method, path, answer.status)
            assert answer.headers["content-type"] == "application/json", (method, path, answer.text)
            assert answer.message, (method, path)
            tried += 1
    assert tried > 40
