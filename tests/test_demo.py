# SPDX-License-Identifier: Apache-2.0
"""`headwater demo`: what it says at its end is so, also when its server was killed in between; and no
server stays behind."""

import http.client
import os
import re
import signal

import pytest

from harness import binary, web
from harness.demo import DOORS, Demo
from harness.waiting import until

PORTS = ("mqtts", "https", "http", "postgres")


def counted(text: str) -> tuple[int, int]:
    """(acknowledged, in the table), as the demo says it last."""
    found = re.search(r"([\d,]+) readings acknowledged, ([\d,]+) in the table", text)
    assert found, text
    acknowledged, rows = (int(count.replace(",", "")) for count in found.groups())
    return acknowledged, rows


def test_all_that_was_acknowledged_is_in_the_table(tmp_path):
    done = binary.run("demo", "--duration", "20s", "--data", str(tmp_path / "data"), *DOORS)
    acknowledged, rows = counted(done.stdout)
    assert rows == acknowledged > 0
    assert "The same readings by SQL" in done.stdout


def pull(demo: Demo):
    """By the API; it can't answer."""
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        web.ask_socket(demo, "POST", "/api/v1/demo/plug")


def test_a_pulled_plug_costs_nothing(tmp_path):
    with Demo(tmp_path) as demo:
        demo.said("Readings ")
        demo.said(r"\d\d:\d\d .* l/min")
        first = demo.endpoints()
        # While readings are shown one by one, and once more when there is a line every few seconds.
        pull(demo)
        demo.said(r"The plug was pulled: killed; back after \d+\.\d s")
        second = demo.endpoints()
        assert second["pid"] != first["pid"]
        assert [second[door] for door in PORTS] == [first[door] for door in PORTS]
        demo.said("It goes on until Ctrl-C")
        assert web.ask_socket(demo, "GET", "/api/v1/status").json()["demo"] is True
        pull(demo)
        demo.said(r"(?s)The plug was pulled.*The plug was pulled")
        # What a browser sends again, once the connection broke, kills no second server.
        again = web.ask_socket(demo, "POST", f"/api/v1/demo/plug?pid={second['pid']}")
        assert again.status == 409, again.text
        demo.said(r"(?s)The plug was pulled.*The plug was pulled.*readings safe")
        text = demo.stop()
    acknowledged, rows = counted(text)
    assert rows >= acknowledged > 0, text
    assert "missing" not in text
    assert "error" not in demo.log.read_text()


def test_another_end_of_the_server_ends_the_demo(tmp_path):
    with Demo(tmp_path) as demo:
        demo.said(r"\d\d:\d\d .* l/min")
        os.kill(demo.endpoints()["pid"], signal.SIGTERM)
        assert demo.over() == 1
        assert "error: the server has ended (exit status: 0)" in demo.log.read_text()


def test_no_server_outlives_its_demo(tmp_path):
    with Demo(tmp_path) as demo:
        demo.said("Server ")
        demo.process.kill()
        demo.process.wait()
        # A server that ends in order takes this file away.
        until(lambda: not (demo.data / "run" / "endpoints.json").exists(), 20, "the server to end")


def test_other_servers_have_no_plug(server):
    answer = web.ask(server, "POST", "/api/v1/demo/plug", **server.keys.bearer)
    assert answer.status == 404 and "headwater demo" in answer.message
    assert "demo" not in server.status()
