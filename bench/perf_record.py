# SPDX-License-Identifier: Apache-2.0
"""Where the time goes: records a process with perf, if there is perf."""

import contextlib
import pathlib
import shutil
import signal
import subprocess

SAMPLES_PER_SECOND = 499
REPORT_LINES = 60


@contextlib.contextmanager
def recorded(pid: int, report: pathlib.Path, wanted: bool):
    """Writes perf's data and its list of functions beside it; does nothing when not wanted."""
    if not wanted:
        yield
        return
    if not shutil.which("perf"):
        print("PROFILE: there is no `perf` here (Debian: apt-get install linux-perf)", flush=True)
        yield
        return
    data = report.with_suffix(".perf")
    recorder = subprocess.Popen(
        ["perf", "record", "-q", "-g", "-F", str(SAMPLES_PER_SECOND), "-p", str(pid),
         "-o", str(data)], stderr=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        recorder.send_signal(signal.SIGINT)
        _, said = recorder.communicate()
    if not data.exists():
        print(f"PROFILE: perf recorded nothing: {said.strip()[:200]}", flush=True)
        return
    listed = subprocess.run(
        ["perf", "report", "-i", str(data), "--stdio", "--no-children", "-g", "none",
         "--percent-limit", "0.3"], capture_output=True, text=True)
    lines = [line for line in listed.stdout.splitlines() if line and not line.startswith("#")]
    report.write_text("\n".join(lines[:REPORT_LINES]) + "\n")
    print(f"PROFILE: {report}", flush=True)
