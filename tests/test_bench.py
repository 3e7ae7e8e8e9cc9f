# SPDX-License-Identifier: Apache-2.0
"""The benches of docs/performance.md run: a few seconds of each, whose figures mean nothing."""

import pathlib
import re
import subprocess

import pytest

from harness import binary, mqttload

TINY = {"RUNS": "1", "SECS": "0.3", "WARM": "0.2", "IDLE_TLS": "20", "HANDSHAKES": "20",
        "DEVICES": "50"}
# What each line of the table begins with.
WANTED = ("a1 floor", "a1 headwater kept", "a1 headwater TLS", "e headwater TLS", "g headwater TLS",
          "reconnect headwater kept ", "reconnect headwater kept TLS", "start: ready")


@pytest.mark.timeout(300)
def test_a_tiny_run_fills_the_table():
    done = mqttload.run("measure.py", 160, PEERS="floor", SETTINGS="kept tls",
                        ONLY="a1 e g reconnect", **TINY)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rumqttd is left out: not in PEERS" in done.stdout
    table = [" ".join(line.split()) + " " for line in done.stdout.split("CPU s/M", 1)[1].splitlines()]
    for wanted in WANTED:
        assert any(line.startswith(wanted) for line in table), f"{wanted}\n{done.stdout}"
    kept = next(line for line in table if line.startswith("a1 headwater kept"))
    assert " 0 0 0 1/1" in kept, "lost, disorder, stalls, runs"


@pytest.mark.parametrize("name, value", [("ONLY", "z9"), ("PEERS", "kafka"), ("SETTINGS", "fast")])
def test_a_word_that_is_not_known_is_named(name, value):
    done = mqttload.run("measure.py", 30, **{name: value})
    assert done.returncode != 0
    assert f"{name}: {value} is not one of" in done.stderr


def tiny(program: str, *args: str, **steering: str) -> str:
    """What a bench prints that must go well: the server, and nobody beside it."""
    done = mqttload.run(program, 160, *args, PEERS="0", **steering)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("part, wanted", [
    ("points", r"headwater +\d+\.\d\d .* 1\n.*telemetry \d+\.\d+ B a point"),
    ("visible", r"visible +p50 \d.*\n +puback +p50 \d"),
    ("recovery", r"GB of log: first PUBACK after \d"),
    ("neighbours", r" [1-9][\d,]+ points; p99 quiet \d.* beside a heavy query \d"),
    ("memory", r"RSS MB: \d+ at the start, .* \d+ after 0 s"),
    ("long", r"[1-9][\d,]+ points, lost 0\n"),
], ids=lambda value: value if value.isalpha() else "")
def test_a_tiny_run_of_points(part, wanted):
    said = tiny("points.py", PARTS=part, RUNS="1", SECS="0.5", MARKERS="3", LOG_BYTES="1000000",
                FILL_SECS="0.5", FILL_RATE="2000", WATCH_SECS="1", LONG_SECS="2", LONG_RATE="500")
    assert re.search(wanted, said), said


def test_a_tiny_run_of_the_peoples_api():
    said = tiny("people.py", POINTS="11000", ROUNDS="2")
    rows = re.search(r"^([\d,]+) points in [1-9]", said, re.MULTILINE)[1]
    assert int(rows.replace(",", "")) > 5_000
    assert len(re.findall(r"^\S.*( +\d+\.\d){3}$", said, re.MULTILINE)) == 7, said


def test_a_tiny_run_of_the_console():
    said = tiny("console.py", POINTS="11000", DEVICES="60", ROUNDS="1")
    assert len(re.findall(r"^\S.* +\d+ +\d+( +1000)?$", said, re.MULTILINE)) == 7, said


def test_a_tiny_run_of_sql(tmp_path):
    """Both answer the same, or it fails."""
    binary.example("history")
    said = tiny("sql.py", "--rows", "5000", "--times", "1", "--profile", "dev", "--target",
                str(binary.target()), "--json", str(tmp_path / "figures.json"))
    assert "5000 rows in " in said and said.count("| yes |") == 10
    assert (tmp_path / "figures.json").stat().st_size > 500


def test_a_tiny_run_of_backup():
    said = tiny("backup.py", "2", QUIET_SECS="0.3")
    for figure in ("puback_quiet_p99", "backup", "backup_encrypted", "restore", "restore_encrypted"):
        assert re.search(rf"^{figure} +\d+\.\d\d ", said, re.MULTILINE), said


def test_a_tiny_run_of_sizes(tmp_path):
    done = subprocess.run([binary.example("sizes"), tmp_path / "sizes", "meters", "800"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    tables = re.findall(r"^(\w+): (\d+) rows, .* in (\d+) files?, ", done.stdout, re.MULTILINE)
    assert tables == [("messages", "800", "2"), ("telemetry", "4800", "2"),
                      ("messages", "800", "1"), ("telemetry", "4800", "1")], done.stdout


#: What each command of the page runs, here or in test_floods.py.
COMMANDS = {
    "make bench": "measure.py", "make bench-floods": "floods.py", "make bench-points": "points.py",
    "make bench-people": "people.py", "make bench-console": "console.py", ".venv/bin/python bench/sql.py": "sql.py",
    ".venv/bin/python bench/backup.py": "backup.py",
    "cargo run -p hw-lake --example sizes -- target/sizes meters 40000": "sizes",
}


def test_every_command_of_the_page_has_a_tiny_run():
    page = (binary.REPOSITORY / "docs" / "performance.md").read_text()
    block = re.search(r"```sh\n(.*?)```", page, re.DOTALL)[1]
    assert {line for line in block.splitlines() if not line.startswith("#")} == set(COMMANDS)
    here = pathlib.Path(__file__)
    tests = here.read_text() + here.with_name("test_floods.py").read_text()
    for program in COMMANDS.values():
        assert re.search(rf'(run|tiny|example)\("{re.escape(program)}"', tests), program
