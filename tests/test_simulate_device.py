# SPDX-License-Identifier: Apache-2.0
"""`headwater simulate device`: a made-up device with the credentials of a real one."""

import json
import signal
import subprocess

import pytest

from harness import binary, sql
from harness.waiting import until

OK, FAILED, USAGE, NOT_FOUND, DENIED = range(5)


@pytest.fixture
def kit(server, tmp_path, request):
    """`kit(way)` makes a thing and what it comes in with, in a folder; the flags that say so."""
    name = "simulated-" + "".join(c if c.isalnum() else "-" for c in request.node.name)[:60]

    def make(way: str) -> list[str]:
        data = ["--data", str(server.data)]
        folder = tmp_path / "kit"
        binary.run("things", "create", "-f", "-", *data, stdin=json.dumps({"name": name}))
        binary.run("things", "credentials", name, "--way", way, "--out", str(folder), *data)
        door = server.address("mqtts" if way == "certificate" else "https")
        proof = (["--cert", f"{folder}/device.pem", "--key", f"{folder}/device.key"] if way == "certificate"
                 else ["--user", name, "--password-file", f"{folder}/password"])
        return ["simulate", "device", "--name", name, "--port", str(door[1]), "--ca", f"{folder}/ca.pem", *proof]

    yield make
    binary.run("things", "rm", name, "--force", "--data", str(server.data))


@pytest.mark.parametrize("way", ["certificate", "password"])
def test_it_says_what_it_is_asked_to(server, kit, way):
    flags = kit(way)
    done = binary.run(*flags, "--every", "10ms", "--count", "3")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [set(one) for one in said] == [{"temperature", "humidity", "battery"}] * 3
    assert "3 messages acknowledged" in done.stderr
    name = flags[3]
    assert sql.count(server, f"select count(*) from messages where topic = 'devices/{name}/telemetry'") == 3


def test_until_it_is_told_to_end(server, kit):
    flags = kit("certificate")
    running = subprocess.Popen([binary.path(), *flags], env=binary.clean_environment(), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert running.stdout.readline().startswith('{"temperature": 20.0')
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=10)
    finally:
        running.kill()
    assert running.returncode == OK and "messages acknowledged" in told
    clients = lambda: json.loads(binary.run("clients", "ls", "--json", "--data", str(server.data)).stdout)
    until(lambda: flags[3] not in [one["client_id"] for one in clients()], 5, "it to leave")


def test_what_it_may_not_is_told_with_what_to_do(server, kit, tmp_path):
    flags = kit("certificate")
    refused = binary.run(*flags, "--topic", "others/topic", "--count", "1", check=False)
    assert refused.returncode == DENIED, refused.stderr
    assert "others/topic" in refused.stderr and "headwater explain" in refused.stderr
    elsewhere = ["1" if flag == flags[5] else flag for flag in flags]
    elsewhere = binary.run(*elsewhere, "--count", "1", check=False)
    assert elsewhere.returncode == FAILED and "localhost:1" in elsewhere.stderr
    unusable = binary.run(*flags[:-2], "--key", str(tmp_path), check=False)
    assert unusable.returncode == FAILED and str(tmp_path) in unusable.stderr
    for args in (flags[:8], [*flags, "--user", "x"], [*flags, "--count", "0"], [*flags, "--every", "5"]):
        assert binary.run(*args, check=False).returncode == USAGE, args


def test_a_wrong_password_is_denied(kit, tmp_path):
    flags = kit("password")
    (tmp_path / "wrong").write_text("not its password at all\n")
    flags[flags.index("--password-file") + 1] = str(tmp_path / "wrong")
    assert binary.run(*flags, "--count", "1", check=False).returncode == DENIED
