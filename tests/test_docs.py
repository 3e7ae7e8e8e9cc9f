# SPDX-License-Identifier: Apache-2.0
"""The commands of the pages in docs/, run as they stand there."""

import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

import pytest

from harness import binary, lake
from harness.server import Server

DOCS = pathlib.Path(__file__).parent.parent / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


@pytest.fixture
def shell(tmp_path):
    """Runs a script in a folder whose `data` is a running server's, tools on the PATH."""
    with Server(tmp_path) as server:
        tools = [pathlib.Path(binary.path()).parent, pathlib.Path(sys.executable).parent]
        path = ":".join([*map(str, tools), os.environ["PATH"]])

        def run(script: str) -> str:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, timeout=120,
                env=binary.clean_environment(PATH=path), capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        run.server = server
        yield run


def test_first_light_command_by_command(shell):
    commands = [block for block in blocks("first-light.md", "sh") if "headwater serve" not in block]
    register = [block for block in commands if "select" not in block and "lake flush" not in block]
    shell("\n".join(register))
    ask = "\n".join([commands[0], *(block for block in commands if block not in register)])
    deadline = time.monotonic() + 5
    while "valve.open" not in (answer := shell(ask)):
        assert time.monotonic() < deadline, answer
    assert "meters/1" in answer and "2.5" in answer and "flushed" not in answer.lower()[:5]
    (query,) = re.findall(r"\"(select .*?)\"\)", blocks("first-light.md", "python")[0])
    table = str(lake.folder(shell.server, "telemetry"))
    query = query.replace("data/blobs/lake/000000000001/telemetry", table)
    assert lake.duck().execute(f"select count(*) from ({query})").fetchone() == (2,)


def test_console(shell):
    shown = shell("\n".join(blocks("console.md", "sh")))
    assert "setup#" in shown and "greenhouse" in shown and "Air" in shown


def test_other_engines_read_the_files(shell):
    """The Python of docs/sql.md, with the extension of DuckDB from its package."""
    keys = blocks("first-light.md", "sh")[1]
    shell(f"{keys}\nheadwater lake flush --data ./data")
    duck, iceberg = blocks("sql.md", "python")
    load = "import sys; sys.path.insert(0, {!r})\nfrom harness.lake import duck\nduckdb_ = duck()\n"
    duck = duck.replace('duckdb.execute("install iceberg; load iceberg")', "duckdb = duck()")
    home = str(pathlib.Path(__file__).parent)
    for script in (load.format(home) + duck, iceberg):
        shell(f"python - <<'PYTHON'\n{script}\nPYTHON")


def test_ways_in_to_sql(shell):
    keys = blocks("first-light.md", "sh")[1]
    ways, times = blocks("sql.md", "sh")
    assert "count" in shell(f"{keys}\n{ways}")
    assert "wall_clock" in shell(f"{keys}\nexport PSQLRC=/dev/null\n{times}")


def test_operations(tmp_path):
    """Explain, doctor and metrics, with a message to ask about and the port that was free."""
    from harness import device, policies
    from harness.mqtt import Client
    with Server(tmp_path, env={"HEADWATER_LISTEN_METRICS": "127.0.0.1:0"}) as server:
        meter = device.register(server, tmp_path, policies.EVERYTHING, "meter-1")
        with Client(server, meter) as client:
            client.publish("plant/1", '{"temp": 21.5}')
        server.flush()
        tools = [pathlib.Path(binary.path()).parent, pathlib.Path(sys.executable).parent]
        path = ":".join([*map(str, tools), os.environ["PATH"]])
        said = ""
        parts = ("Explain", "Under a service manager", "Doctor", "Watch it", "The tables over years")
        for block in [block for part in parts for block in section("operations.md", part)]:
            if "headwater serve" in block:
                continue
            if "headwater backup" in block:
                break  # test_back_up_restore_upgrade goes on from here
            block = block.replace("127.0.0.1:9464", server.endpoints["metrics"])
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block], cwd=tmp_path, timeout=60,
                env=binary.clean_environment(PATH=path), capture_output=True, text=True)
            # The machine that tests run on need not be a good one for a server.
            assert done.returncode == 0 or "doctor" in block, block + done.stderr
            said += done.stdout
        with urllib.request.urlopen(f"http://{server.endpoints['metrics']}/metrics") as answer:
            metrics = answer.read().decode()
    for words in ("plant/1", "in telemetry: temp", "mqtts answers on",
                  "headwater_mqtt_connections 0"):
        assert words in said, (words, said)
    told = set(re.findall(r"\b(headwater_[a-z_]+[a-z])", (DOCS / "operations.md").read_text()))
    assert len(told) > 15 and not [name for name in told if f"\n{name}" not in metrics]


def section(page: str, title: str) -> list[str]:
    """The blocks of shell commands of one section."""
    text = (DOCS / page).read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


def test_back_up_restore_upgrade(shell):
    assert "today.tar is whole" in shell("\n".join(section("operations.md", "Back up")))
    assert "Restored ./restored" in shell("\n".join(section("operations.md", "Restore")))
    migrate, backup = section("operations.md", "Upgrade and roll back")
    assert "Backed up ./data" in shell(backup)
    shell.server.stop()
    assert "nothing to do" in shell(migrate)


def test_durability(shell):
    (ask,) = blocks("durability.md", "sh")
    shell.server.make_keys()
    shell.server.flush()  # the table of events is made with the first of them
    answer = shell(ask.replace("http://localhost:8080", shell.server.url("http")))
    assert '"failed": null' in answer and '"quarantined": []' in answer


def test_broker(shell):
    for block in blocks("broker.md", "sh"):
        answer = shell(block)
        assert "clients   0 connected" in answer or "headwater top " not in block, answer
        assert "0 lost, 0 doubled, 0 out of order, 0 clients broken" in answer or \
            "headwater bench" not in block, answer


def test_performance(shell):
    _, look = blocks("performance.md", "sh")  # test_bench.py runs the first, in small
    answer = shell(look)
    assert "lake.ingest" in answer and "messages" in answer


def test_what_pages_tell_to_make_is_there():
    root = DOCS.parent
    targets = set(re.findall(r"^([a-z0-9-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    for page in [root / "README.md", *DOCS.glob("*.md")]:
        text = page.read_text()
        told = re.findall(r"(?:^|`|[A-Z]=\d+ )make ([a-z0-9-]+)", text, re.MULTILINE)
        assert set(told) <= targets, (page.name, told)
        for path in re.findall(r"\b((?:bench|scripts|tests)/[\w/.-]+\.(?:py|sh))\b", text):
            assert (root / path).exists(), (page.name, path)


def test_the_http_api(shell):
    register = [block for block in blocks("first-light.md", "sh")[1:] if "select" not in block
                and "lake flush" not in block]
    shell("\n".join(register))
    first, reading, question, devices, people, keys, accounts = blocks("api.md", "sh")
    curl = [line.replace("curl -s", "curl -sf --max-time 20") for line in
            reading.splitlines() + question.replace("\\\n", "").splitlines()]
    said = shell("\n".join([first, *curl]))
    assert '"name":"meter"' in said and '"rows":[[1]]' in said
    said = shell(first + devices)
    assert '"decision":"allowed"' in said and '"trace_id":' in said and '"covered":true' in said
    assert "/setup#" in shell(people) and "ada" in shell("headwater users ls --data ./data")
    assert "Revoked" in shell(keys) and "Water works" in shell(accounts)


def test_certificates(shell):
    shell("\n".join(blocks("certificates.md", "sh")))
