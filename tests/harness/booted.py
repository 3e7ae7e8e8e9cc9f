# SPDX-License-Identifier: Apache-2.0
"""A small Debian that runs: with systemd in a container of its own, on the machine's network."""

import os
import pathlib
import shutil
import subprocess

from .debian import Debian, Missing
from .waiting import until

BOOT_SECONDS_MAX = 30


class Booted:
    """Ends with the process that started it."""

    def __init__(self, debian: Debian, log: pathlib.Path):
        if not shutil.which("systemd-nspawn"):
            raise Missing("systemd-nspawn is missing: run scripts/install.sh test")
        (debian.root / "etc/machine-id").write_text("")
        command = ["systemd-nspawn", "--quiet", "--directory", debian.root, "--register=no",
                   "--console=pipe", "/lib/systemd/systemd"]
        if not os.path.isdir("/run/systemd/system"):
            command.insert(1, "--keep-unit")
        with open(log, "wb") as file:
            self.nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file,
                                           stderr=subprocess.STDOUT)
        try:
            self.leader = until(self._leader, BOOT_SECONDS_MAX, "a first process")
            until(self._runs, BOOT_SECONDS_MAX, "a system that runs")
        except AssertionError as never:
            self.end()
            raise Missing(f"systemd does not boot in a container here: {log.read_text()}") from never

    def _leader(self) -> int | None:
        """The container's first process, which is our child's."""
        if self.nspawn.poll() is not None:
            raise AssertionError("systemd-nspawn has ended")
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                pid, rest = stat.parent.name, stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(rest[1]) == self.nspawn.pid:
                return int(pid)
        return None

    def _runs(self) -> bool:
        state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
        return state in ("running", "degraded")

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        """As root, in it."""
        enter = ["nsenter", "-t", str(self.leader), "--mount", "--uts", "--ipc", "--pid", "--",
                 "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/root",
                 "DEBIAN_FRONTEND=noninteractive"]
        done = subprocess.run([*enter, *command], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120)
        if check:
            said = f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}"
            assert done.returncode == 0, said
        return done

    def shown(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", unit, "--property", name, "--value").stdout.strip()

    def end(self):
        leader = self._leader() if self.nspawn.poll() is None else None
        if leader:
            os.kill(leader, 9)
        try:
            self.nspawn.wait(20)
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()
