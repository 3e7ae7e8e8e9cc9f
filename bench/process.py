# SPDX-License-Identifier: Apache-2.0
"""What a process and its children have cost, and what a folder holds."""

import os
import pathlib

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def stat(pid: int) -> list[int]:
    """Fields of /proc/PID/stat from the state on; numbers only."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    fields = text[text.rindex(")") + 2:].split()
    return [0, *map(int, fields[1:])]


def children(pid: int) -> list[int]:
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:
            pass
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its children, ended ones too."""
    try:
        fields = stat(pid)
        own = sum(fields[11:15])
    except (OSError, ValueError):
        return 0.0
    return own / CLOCK_TICKS + sum(map(cpu_seconds, children(pid)))


def resident_kb(pid: int) -> int:
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(x.split()[1]) for x in text.splitlines() if x.startswith("VmRSS:"))


def folder_bytes(folder: pathlib.Path) -> int:
    """What all files under a folder take, holes left out; one that goes meanwhile is nothing."""
    total = 0
    for file in folder.rglob("*"):
        try:
            stat = file.stat()
            total += min(stat.st_size, stat.st_blocks * 512) if file.is_file() else 0
        except OSError:
            pass
    return total
