# SPDX-License-Identifier: Apache-2.0
"""Compaction, expiry, sweep and retention from outside: other engines see the same rows."""

import json
import urllib.error
import urllib.request

import pytest

from harness import binary, device, lake, policies, sql
from harness.mqtt import Client

WORKERS = {"lake.ingest", "lake.compact", "lake.expire", "lake.sweep", "lake.retain"}


@pytest.fixture
def server(fresh, tmp_path):
    settings = tmp_path / "headwater.toml"
    settings.write_text("[lake]\ncompact_files = 4\n[retention]\nevents_days = 400\n")
    return fresh("--config", str(settings))


def ask(server, *args: str) -> dict:
    done = binary.run(*args, "--json", "--data", str(server.data))
    return json.loads(done.stdout)


def fill(server, tmp_path, commits: int, each: int) -> int:
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, meter) as client:
        for commit in range(commits):
            for number in range(each):
                client.publish("meters/1", json.dumps({"flow": commit + number / 8, "on": "yes"}))
            server.flush()
    return commits * each


def test_merged_files_hold_the_same_rows_for_everybody(server, tmp_path):
    sent = fill(server, tmp_path, 6, 5)
    before = lake.duck_rows(server, "messages", "trace_id, payload, epoch_us(time)", "ORDER BY 1")
    report = ask(server, "lake", "compact")
    done = {table["table"]: table["done"] for table in report["tables"]}
    assert done["messages"]["rows"] == sent and done["telemetry"]["rows"] == 2 * sent
    assert done["messages"]["files_after"] == 1
    assert lake.duck_rows(server, "messages", "trace_id, payload, epoch_us(time)", "ORDER BY 1") == before
    assert lake.pyiceberg_count(server, "telemetry") == 2 * sent
    assert lake.duck_rows(server, "telemetry", "sum(value)", "WHERE metric = 'flow'") == [
        (sum(commit + number / 8 for commit in range(6) for number in range(5)),)]
    assert sql.count(server, "select count(*) from telemetry") == 2 * sent
    summary = lake.pyiceberg_table(server, "messages").current_snapshot().summary
    assert summary["headwater.cursor"] and summary["total-records"] == str(sent)
    again = binary.run("lake", "compact", "--data", str(server.data)).stdout
    assert again.startswith("Merged nothing"), again

    server.kill()
    server.start()
    assert sql.count(server, "select count(*) from messages") == sent
    for duty in ("expire", "sweep", "retain"):
        report = ask(server, "lake", duty)
        assert not [t for t in report["tables"] if t["error"]], report
    assert lake.duck_count(server, "messages") == sent


def test_workers_are_shown(server):
    workers = {w["name"]: w for w in ask(server, "workers")["workers"]}
    assert WORKERS <= workers.keys()
    assert not [w for w in workers.values() if w["last_error"]]
    shown = binary.run("workers", "--data", str(server.data)).stdout
    assert "lake.retain" in shown and "state" in shown


def test_upkeep_is_for_the_machine_itself_alone(server):
    for duty in ("compact", "retain"):
        request = urllib.request.Request(
            server.url("http") + f"/api/v1/lake/{duty}", data=b"{}", headers=server.keys.bearer)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=20)
        assert refused.value.code == 404
