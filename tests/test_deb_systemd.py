# SPDX-License-Identifier: Apache-2.0
"""The unit of the Debian package, by a systemd that runs: rights, readiness, watchdog, upgrades."""

import os

import pytest

from harness import debian, package
from harness.booted import Booted
from harness.installed import CONFIG, DATA
from harness.waiting import until

SERVICE = "headwater.service"
PORTS = "\n".join(f"Environment=HEADWATER_LISTEN_{door}=127.0.0.1:0"
                  for door in ("MQTTS", "HTTPS", "HTTP", "POSTGRES"))
NICE, POLICY = 16, 38  # fields of /proc/PID/stat, counted from the one behind the name


@pytest.fixture
def running(tmp_path):
    """A Debian that runs, in which the service will have ports that are free and a short watchdog."""
    house, booted = None, None
    try:
        house = debian.Debian(tmp_path / "debian")
        own = house.root / "etc/systemd/system/headwater.service.d"
        own.mkdir()
        (own / "test.conf").write_text(f"[Service]\n{PORTS}\nWatchdogSec=4\n")
        booted = Booted(house, tmp_path / "boot.log")
        booted.root = house.root
        yield booted
    except debian.Missing as why:
        pytest.skip(str(why))
    finally:
        if booted:
            booted.end()
        if house:
            house.remove()


def install(booted: Booted, deb) -> str:
    place = booted.root / "srv" / deb.name
    place.write_bytes(deb.read_bytes())
    said = booted.run("apt-get", "install", "--yes", "--no-install-recommends", f"/srv/{deb.name}")
    place.unlink()
    return said.stdout + said.stderr


def threads(booted: Booted, pid: str) -> dict[str, tuple[int, int]]:
    """(Niceness, scheduling policy) by name."""
    stats = booted.run("sh", "-c", f"cat /proc/{pid}/task/*/stat").stdout.splitlines()
    named = ((line.split("(")[1].split(")")[0], line.rpartition(")")[2].split()) for line in stats)
    return {name: (int(fields[NICE]), int(fields[POLICY])) for name, fields in named}


def test_the_unit_by_a_systemd_that_runs(running, tmp_path):
    deb = package.pack(tmp_path)
    assert "Headwater is installed" in install(running, deb)
    assert running.shown(SERVICE, "ActiveState") == "active"
    assert running.shown(SERVICE, "StatusText").startswith("Ready: mqtts://127.0.0.1:")

    pid = running.shown(SERVICE, "MainPID")
    status = running.run("cat", f"/proc/{pid}/status").stdout
    for line in ("Seccomp:\t2", "NoNewPrivs:\t1", "CapBnd:\t0000000000000000"):
        assert f"\n{line}\n" in status, line
    assert "1" in running.run("headwater", "sql", "select 1", "--data", DATA).stdout
    by_name = threads(running, pid)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert by_name["query"] == (max(own, 12), os.SCHED_IDLE), by_name
    assert by_name["shard-0"] == (own, os.SCHED_OTHER), by_name
    assert "/setup#" not in running.run("journalctl", "-u", "headwater").stdout

    upgraded = install(running, package.renumbered(deb, "8.0.0", tmp_path))
    assert "backing up" in upgraded and "NOT restarted" not in upgraded
    second = running.shown(SERVICE, "MainPID")
    assert second not in (pid, "0") and running.shown(SERVICE, "ActiveState") == "active"

    # The new program would not start with these: the one that runs is left alone.
    settings = running.root / CONFIG.lstrip("/")
    text = settings.read_text()
    settings.write_text("nonsense = 1\n" + text)
    held = install(running, package.renumbered(deb, "9.0.0", tmp_path))
    assert "NOT restarted" in held and "unknown field `nonsense`" in held
    assert running.shown(SERVICE, "MainPID") == second
    settings.write_text(text)

    running.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", SERVICE)
    until(lambda: running.shown(SERVICE, "NRestarts") == "1"
          and running.shown(SERVICE, "ActiveState") == "active", 30, "a start by the watchdog")

    running.run("apt-get", "purge", "--yes", "headwater")
    assert running.shown(SERVICE, "ActiveState") == "inactive"
    assert (running.root / DATA.lstrip("/") / "catalog.db").exists()
