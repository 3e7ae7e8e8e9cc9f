# SPDX-License-Identifier: Apache-2.0
"""What the service manager is told: ready, alive while that is true, stopping."""

import os
import signal
import socket
import time

import pytest

from faults.failing import SYNCS, FailingDisk
from harness import binary, device, policies
from harness.mqtt import Client
from harness.server import Server
from harness.waiting import until

SECONDS_MAX = 10
WATCHDOG_SECONDS = 1


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, name: str):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0", 1))
        self.socket.settimeout(SECONDS_MAX)

    def hear(self) -> dict[str, str]:
        lines = self.socket.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def hear_of(self, what: str) -> dict[str, str]:
        """The next datagram that says it."""
        until = time.monotonic() + SECONDS_MAX
        while what not in (heard := self.hear()):
            assert time.monotonic() < until, f"nothing of {what}"
        return heard

    def silence(self, seconds: float) -> bool:
        """Whether it says for so long that all is well no more."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if "WATCHDOG" in self.hear():
                    return False
            except TimeoutError:
                break
        self.socket.settimeout(SECONDS_MAX)
        return True


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    name = {"path": str(tmp_path / "notify"), "abstract": f"@headwater-{os.getpid()}"}[request.param]
    made = Manager(name)
    yield made
    made.socket.close()


def started(folder, manager: Manager, **env: str) -> Server:
    return Server(folder, env={"NOTIFY_SOCKET": manager.name, **env}).start()


def test_ready_when_every_door_is_open_and_stopping_at_the_end(tmp_path, manager):
    server = started(tmp_path, manager)
    ready = manager.hear_of("READY")
    assert ready["READY"] == "1" and ready["STATUS"].startswith("Ready: ")
    for door in ("mqtts", "https", "http", "postgres"):
        assert f"{door}://{server.endpoints[door]}" in ready["STATUS"]
        socket.create_connection(server.address(door), timeout=2).close()
    assert "/setup#" in server.setup_line and "setup" not in ready["STATUS"]
    assert "watchdog" not in binary.run("workers", "--data", str(server.data)).stdout
    assert manager.silence(1.5), "no watchdog was asked for"
    server.stop()
    assert manager.hear_of("STOPPING")["STOPPING"] == "1"


def test_alive_as_often_as_the_manager_wants_it(tmp_path, manager):
    server = started(tmp_path, manager, WATCHDOG_USEC=str(WATCHDOG_SECONDS * 1_000_000))
    manager.hear_of("READY")
    manager.hear_of("WATCHDOG")
    began = time.monotonic()
    for _ in range(4):
        manager.hear_of("WATCHDOG")
    assert 1.5 < time.monotonic() - began < 4 * WATCHDOG_SECONDS
    assert "watchdog" in binary.run("workers", "--data", str(server.data)).stdout
    assert server.stop() == 0


def test_a_server_that_stands_still_says_nothing(tmp_path, manager):
    """A second that the process does not run is one in which its timers don't turn."""
    server = started(tmp_path, manager, WATCHDOG_USEC=str(WATCHDOG_SECONDS * 1_000_000))
    manager.hear_of("WATCHDOG")
    server.process.send_signal(signal.SIGSTOP)
    manager.silence(0.1)  # what was said before
    assert manager.silence(2 * WATCHDOG_SECONDS)
    server.process.send_signal(signal.SIGCONT)
    manager.hear_of("WATCHDOG")
    server.kill()


def test_a_server_that_takes_nothing_in_says_so_and_is_not_alive(tmp_path, manager):
    """A sync of the log fails: nothing is acknowledged from then on, until a restart."""
    disk = FailingDisk(tmp_path)
    server = started(tmp_path, manager, WATCHDOG_USEC=str(WATCHDOG_SECONDS * 1_000_000), **disk.env)
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    healthy = ("healthy", "--data", str(server.data))
    assert "takes messages in" in binary.run(*healthy).stdout
    disk.fail("/log/0", SYNCS)
    with Client(server, meter) as client:
        client.send("a/b")
        until(lambda: disk.failed, SECONDS_MAX, "a sync that fails")
    heard = manager.hear_of("STATUS")
    while not heard["STATUS"].startswith("Not ready: the log"):
        heard = manager.hear_of("STATUS")
    done = binary.run(*healthy, check=False)
    assert done.returncode == 1 and "not ready" in done.stderr, done
    assert manager.silence(2 * WATCHDOG_SECONDS)
    server.kill()


def test_a_watchdog_of_another_process_is_none(tmp_path, manager):
    server = started(tmp_path, manager, WATCHDOG_USEC="1000000", WATCHDOG_PID="1")
    manager.hear_of("READY")
    assert manager.silence(1.2)
    server.kill()


def test_healthy_without_a_server(tmp_path):
    done = binary.run("healthy", "--data", str(tmp_path), check=False)
    assert done.returncode == 1 and "no server runs" in done.stderr
    assert binary.run("healthy", "--data", str(tmp_path / "none"), check=False).returncode == 3
