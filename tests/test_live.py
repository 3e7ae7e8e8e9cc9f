# SPDX-License-Identifier: Apache-2.0
"""Messages as they pass: server-sent events, `headwater tail`; the console itself is in `console/`."""

import json
import queue
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest

from harness import binary, policies
from harness.mqtt import Client

STREAM = "/api/v1/stream"


def stream(server, topic_filter: str, headers: dict | None = None):
    query = urllib.parse.urlencode({"topic": topic_filter})
    request = urllib.request.Request(
        f"{server.url('http')}{STREAM}?{query}", headers=server.keys.bearer if headers is None
        else headers)
    return urllib.request.urlopen(request, timeout=10)


def next_event(answer) -> dict:
    """The data of the next event; comments that keep the line open are passed over."""
    while line := answer.readline():
        if line.startswith(b"data:"):
            return json.loads(line[5:])
    raise AssertionError("the stream has ended")


def test_the_stream_shows_messages_as_they_pass(server, register):
    sender = register()
    with Client(server, sender) as client, stream(server, "live/+/flow") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        client.publish("live/a/other", "not asked for")
        client.publish("live/a/flow", '{"flow": 2.5}')
        seen = next_event(answer)
    assert seen["topic"] == "live/a/flow" and seen["thing"] == sender.name
    assert seen["payload"] == {"flow": 2.5}
    assert seen["time"] and seen["trace_id"]


def test_the_stream_needs_a_key_and_a_good_filter(server):
    for topic_filter, headers, status in [("#", {}, 401), ("a#", None, 400)]:
        with pytest.raises(urllib.error.HTTPError) as refused:
            stream(server, topic_filter, headers)
        assert refused.value.code == status


def test_tail_prints_a_line_per_message(server, register):
    with subprocess.Popen(
        [binary.path(), "tail", "tail/#", "--json", "--data", str(server.data)],
        env=binary.clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as tail:
        lines: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(
            target=lambda: [lines.put(line) for line in tail.stdout], daemon=True)
        reader.start()
        tail.stderr.readline()  # says on stderr that it listens
        with Client(server, register()) as client:
            client.publish("tail/one", '{"n": 1}')
            line = json.loads(lines.get(timeout=5))
        tail.terminate()
    assert line["topic"] == "tail/one" and line["payload"] == {"n": 1}


def test_the_console_is_for_everybody_and_tells_nothing(server):
    request = urllib.request.Request(server.url("http") + "/", headers={"Accept": "text/html"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        page = answer.read().decode()
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "script-src 'self' 'sha256-" in answer.headers["Content-Security-Policy"]
    assert "<title>" in page and server.keys.api_key not in page


def test_files_of_the_console_are_not_taken_for_aws(server):
    """Scripts ask for them, and accept anything."""
    for path in ("/map/land.json", "/map/land-far.json", "/icon.svg", "/scheme.js", "/manifest.webmanifest", "/service-worker.js"):
        with urllib.request.urlopen(server.url("http") + path, timeout=10) as answer:
            assert answer.status == 200 and answer.read(1), path
