# SPDX-License-Identifier: Apache-2.0
"""The command line: exit codes, help, what `serve` refuses, how it ends."""

import json
import socket
import time

import pytest

from harness import binary
from harness.server import NotReady, Server

COMMANDS = ["serve", "demo", "simulate", "keys", "policy", "sql", "tail", "lake", "config",
            "completion", "top", "clients", "topics", "retained", "bench"]
OK, FAILED, USAGE, NOT_FOUND, DENIED = range(5)


def test_help_names_every_command():
    text = binary.run("--help").stdout
    for command in COMMANDS:
        assert command in text
        assert binary.run(command, "--help").stdout
    assert binary.run("--version").stdout.startswith("headwater ")


def test_usage_errors_are_2():
    for args in (["nonsense"], ["serve", "--nonsense"], ["sql"], []):
        done = binary.run(*args, check=False)
        assert done.returncode == USAGE and done.stderr, args
    assert binary.run("completion", "nonsense", check=False).returncode == USAGE


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    assert "headwater" in binary.run("completion", shell).stdout


def test_no_server_is_3(tmp_path):
    for args in (["sql", "select 1"], ["lake", "flush"], ["keys", "create"], ["tail", "#"], ["top"],
                 ["clients", "ls"], ["topics"], ["retained", "ls"], ["bench"]):
        done = binary.run(*args, "--data", str(tmp_path / "nothing"), check=False)
        assert done.returncode == NOT_FOUND, (args, done.stderr)
        assert "headwater serve" in done.stderr, "says what to do"


def test_a_wrong_key_is_4(server):
    done = binary.run("sql", "select 1", "--url", server.url("http"), "--api-key", "wrong",
                      check=False)
    assert done.returncode == DENIED and done.stderr


def test_keys_for_people_and_programs(server):
    text = binary.run("keys", "create", "--data", str(server.data)).stdout
    assert "AKIA" in text or "AWS_ACCESS_KEY_ID" in text
    made = json.loads(binary.run("keys", "create", "--data", str(server.data), "--json").stdout)
    assert made["AWS_ACCESS_KEY_ID"] and made["HEADWATER_API_KEY"]
    lines = binary.run("keys", "create", "--data", str(server.data), "--format", "env").stdout
    assert all(line.startswith(("export ", "#")) for line in lines.splitlines() if line)


def test_ready_within_reason_and_files_are_private(server):
    endpoints = server.endpoints
    assert endpoints["pid"] == server.process.pid
    assert "mqtt" not in endpoints, "plain MQTT is off unless asked for"
    for name in ("mqtts", "https", "http", "postgres"):
        socket.create_connection(server.address(name), timeout=2).close()
    assert (server.data / "run" / "admin.sock").stat().st_mode & 0o777 == 0o600
    ca = open(endpoints["ca"]).read()
    assert "BEGIN CERTIFICATE" in ca and "PRIVATE" not in ca
    assert server.ready_line


def test_sigterm_ends_it_within_5_seconds(fresh):
    server = fresh()
    idle = [socket.create_connection(server.address(name)) for name in ("mqtts", "https", "http")]
    began = time.monotonic()
    assert server.stop(seconds=5) == OK
    assert time.monotonic() - began < 5
    assert not (server.data / "run" / "endpoints.json").exists(), "no longer ready"
    for connection in idle:
        connection.close()


def test_a_second_server_on_the_same_folder_is_refused(fresh, tmp_path):
    first = fresh()
    second = Server(tmp_path / "server-0")
    second.log = tmp_path / "second.log"
    with pytest.raises(NotReady) as refused:
        second.start()
    assert second.process.returncode == FAILED
    assert str(first.process.pid) in str(refused.value) or "in use" in str(refused.value)
    assert first.keys.api_key, "the first one serves on"


def test_a_port_in_use_is_refused_by_name(fresh, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        for name in ("MQTTS", "HTTPS", "HTTP", "POSTGRES"):
            with pytest.raises(NotReady) as refused:
                fresh(env={f"HEADWATER_LISTEN_{name}": address})
            assert address in str(refused.value), f"{name}: {refused.value}"
