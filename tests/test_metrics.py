# SPDX-License-Identifier: Apache-2.0
"""The metrics door: both text formats as Prometheus' own parser reads them, and what they say."""

import http.client
import json
import pathlib
import re
import urllib.error
import urllib.request

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text_format

from harness import device, policies, sql
from harness.mqtt import Client
from harness.waiting import until

NAME = re.compile(r"^(headwater|process)_[a-z0-9_]+$")
DOCS = pathlib.Path(__file__).parent.parent / "docs"
UNITS = ("_bytes", "_seconds", "_timestamp_seconds")


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    from harness.server import Server
    folder = tmp_path_factory.mktemp("watched")
    with Server(folder, env={"HEADWATER_LISTEN_METRICS": "127.0.0.1:0"}) as server:
        server.folder = folder
        yield server


def scrape(server, accept: str = "", path: str = "/metrics"):
    request = urllib.request.Request(
        f"http://{server.endpoints['metrics']}{path}", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def values(server) -> dict[str, float]:
    """Samples by name and labels, as `name{label="value"}`."""
    _, text = scrape(server)
    found = {}
    for family in text_format(text):
        for sample in family.samples:
            labels = ",".join(f'{k}="{v}"' for k, v in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def test_prometheus_reads_both_formats(watched):
    kind, text = scrape(watched, "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    families = list(openmetrics(text))
    kind, text = scrape(watched)
    assert kind.startswith("text/plain; version=0.0.4")
    assert {f.name for f in text_format(text)} == {f.name for f in families}
    for family in families:
        assert NAME.match(family.name), family.name
        assert family.documentation.endswith((".", "1.")), family
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
    assert len({f.name for f in families}) == len(families)


def test_what_happens_is_counted(watched):
    before = values(watched)
    sender = device.register(watched, watched.folder, policies.only_topics("yes/*"))
    with Client(watched, sender) as client:
        client.publish("yes/1", '{"a": 1, "b": 2}')
        during = values(watched)
        client.send("no")
        client.seconds_to_cut()
    watched.flush()
    after = values(watched)

    def rose(name: str, to: dict = after) -> float:
        return to[name] - before.get(name, 0)

    assert during["headwater_mqtt_connections"] == before["headwater_mqtt_connections"] + 1
    assert rose("headwater_mqtt_messages_received_total") == 1
    assert rose("headwater_mqtt_messages_acknowledged_total") == 1
    assert rose('headwater_mqtt_refused_total{action="publish"}') == 1
    assert rose("headwater_lake_messages_total") == 1
    assert rose("headwater_lake_telemetry_rows_total") == 2
    assert rose("headwater_lake_commits_total") >= 1
    assert rose("headwater_log_sync_seconds_count") >= 1
    assert rose('headwater_http_requests_total{class="2xx",face="aws"}') >= 4
    assert after['headwater_worker_healthy{worker="lake.ingest"}'] == 1
    assert after['headwater_certificate_not_after_timestamp_seconds{certificate="server"}'] > \
        after["headwater_clock_timestamp_seconds"]
    assert after["process_resident_memory_bytes"] > 1e6 and after["process_open_fds"] > 5
    assert after["headwater_disk_free_bytes"] > 0 and after["headwater_log_failed"] == 0


SORTED_FOR_AN_HOUR = """select max(n) from (select row_number() over (order by a.x * b.x % 1000003) as n
    from generate_series(1, 100000) as a(x), generate_series(1, 1000000) as b(x))"""


def test_statements_are_counted_by_their_end(watched):
    before = values(watched)
    assert sql.count(watched, "select count(*) from messages") >= 0
    for statement, status in [("select 1", 200), ("select nope from messages", 400), ("selec", 400),
                              ("select 1 / 0", 400), ("select repeat('x', 200000000)", 422)]:
        assert sql.post(watched, {"sql": statement})[0] == status, statement
    after = values(watched)

    def rose(outcome: str) -> float:
        name = f'headwater_sql_statements_total{{outcome="{outcome}"}}'
        return after[name] - before[name]

    assert {end: rose(end) for end in ("answered", "refused", "limit", "stopped", "failed")} == {
        "answered": 2, "refused": 3, "limit": 1, "stopped": 0, "failed": 0}
    name = "headwater_sql_statement_seconds_count"
    assert after[name] - before[name] == 4, "what ran: not what was refused before"


def test_a_client_that_goes_away_takes_its_statement_with_it(watched):
    """Memory and disk are given back; the statement would have gone on for an hour."""
    stopped = 'headwater_sql_statements_total{outcome="stopped"}'
    before = values(watched)[stopped]
    client = http.client.HTTPConnection(watched.endpoints["http"])
    client.request("POST", "/api/v1/sql", json.dumps({"sql": SORTED_FOR_AN_HOUR}),
                   {**watched.keys.bearer, "Content-Type": "application/json"})
    until(lambda: values(watched)["headwater_sql_spill_bytes"] > 0, 50, "the sort to spill")
    during = values(watched)
    assert during["headwater_sql_statements_running"] == 1
    assert during["headwater_sql_memory_bytes"] > 1 << 20
    client.close()
    until(lambda: values(watched)[stopped] == before + 1, 10, "the statement to end")
    nothing = ("headwater_sql_statements_running", "headwater_sql_memory_bytes",
               "headwater_sql_spill_bytes")
    until(lambda: all(values(watched)[name] == 0 for name in nothing), 10,
          "memory and disk to be given back")
    assert values(watched)["headwater_sql_spilled_bytes_total"] > 0


def test_the_dashboard_asks_for_what_there_is(watched):
    dashboard = json.loads((DOCS / "grafana" / "headwater.json").read_text())
    _, text = scrape(watched)
    families = list(text_format(text))
    known = {sample.name for family in families for sample in family.samples}
    # A counter by label has no sample before its first.
    known |= {family.name + "_total" for family in families if family.type == "counter"}
    panels = dashboard["panels"]
    asked = set()
    for panel in panels:
        for target in panel.get("targets", []):
            names = set(re.findall(r"\b((?:headwater|process)_[a-z_]+)", target["expr"]))
            assert names, panel["title"]
            asked |= names
            assert target["datasource"]["uid"] == "${datasource}", panel["title"]
    assert len(asked) > 35 and not asked - known, asked - known
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert variables == {"datasource", "job", "instance"}
    rows = [panel["title"] for panel in panels if panel["type"] == "row"]
    assert rows == ["Broker", "Log", "Lake", "SQL", "Server"]
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_no_device_stands_in_a_label(watched):
    sender = device.register(watched, watched.folder, policies.EVERYTHING, "very-own-name")
    with Client(watched, sender) as client:
        client.publish("very/own/topic", "1")
        _, text = scrape(watched)
    assert "very-own-name" not in text and "very/own" not in text


def test_other_paths_and_other_doors(watched, server):
    with pytest.raises(urllib.error.HTTPError) as refused:
        scrape(watched, path="/api/v1/status")
    assert refused.value.code == 404
    assert "metrics" not in server.endpoints, "the door is closed unless somebody opens it"
    assert "metrics://" in watched.ready_line
    assert "metrics" in json.loads((watched.data / "run" / "endpoints.json").read_text())
