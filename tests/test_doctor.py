# SPDX-License-Identifier: Apache-2.0
"""`headwater doctor`: each thing that can be wrong is found, with a cure, and nothing is changed."""

import json
import os
import socket

import pytest

from harness import binary
from harness.server import Server

DOORS_OFF = {f"HEADWATER_LISTEN_{name}": "127.0.0.1:0" for name in
             ("MQTTS", "HTTPS", "HTTP", "POSTGRES")}


def doctor(data, *args: str, **env: str):
    done = binary.run("doctor", "--data", str(data), "--json", *args,
                      env={**DOORS_OFF, **env}, check=False)
    report = json.loads(done.stdout)
    assert done.returncode == (1 if report["level"] == "fail" else 0), done
    assert all(one.get("cure") for one in report["findings"] if one["level"] != "ok"), report
    return report["findings"]


def found(findings, check: str, level: str) -> list[str]:
    return [one["text"] for one in findings if (one["check"], one["level"]) == (check, level)]


@pytest.fixture
def stopped(tmp_path):
    server = Server(tmp_path)
    server.start()
    server.stop()
    return server.data


def test_a_running_server_is_well(server):
    findings = doctor(server.data)
    assert not [one for one in findings if one["level"] == "fail"], findings
    assert any("is running" in text for text in found(findings, "server", "ok"))
    assert len(found(findings, "ports", "ok")) == 4
    text = binary.run("doctor", "--data", str(server.data)).stdout
    assert "mqtts answers on" in text and "\x1b" not in text


def test_a_folder_that_is_not_there_yet(tmp_path):
    findings = doctor(tmp_path / "new")
    assert not [one for one in findings if one["level"] == "fail"], findings
    assert not (tmp_path / "new").exists()


def test_a_stopped_server_is_looked_into_and_not_changed(stopped):
    before = {file: file.stat().st_mtime_ns for file in stopped.rglob("*")}
    findings = doctor(stopped)
    assert not [one for one in findings if one["level"] == "fail"], findings
    assert any("master key opens" in text for text in found(findings, "secrets", "ok"))
    assert len(found(findings, "certificates", "ok")) == 2
    after = {file: file.stat().st_mtime_ns for file in stopped.rglob("*")}
    assert {f: t for f, t in before.items() if f != stopped} == \
        {f: t for f, t in after.items() if f != stopped}


def test_a_port_in_use_is_named_with_its_owner(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        (text,) = found(doctor(tmp_path, "--listen-https", address), "ports", "fail")
    assert address in text and str(os.getpid()) in text


def test_an_address_of_another_machine(tmp_path):
    findings = doctor(tmp_path, "--listen-mqtts", "192.0.2.1:8883")
    (text,) = found(findings, "ports", "fail")
    assert "no such address" in text


def test_rights_that_let_others_in(stopped):
    (stopped / "secrets" / "master.key").chmod(0o644)
    stopped.chmod(0o755)
    texts = found(doctor(stopped), "rights", "fail")
    assert any("master.key has mode 644" in text for text in texts)
    assert any("has mode 755" in text for text in texts)


def test_a_master_key_that_is_missing_or_another(stopped):
    key = stopped / "secrets" / "master.key"
    kept = key.read_bytes()
    key.unlink()
    (text,) = found(doctor(stopped), "secrets", "fail")
    assert "missing" in text and not key.exists()
    (text,) = found(doctor(stopped, HEADWATER_MASTER_KEY="07" * 32), "secrets", "fail")
    assert "another master key" in text
    key.write_bytes(kept)


def test_a_folder_of_another_release(stopped):
    assert "formats of this release" in found(doctor(stopped), "formats", "ok")[0]
    file = stopped / "format.json"
    formats = json.loads(file.read_text())
    formats["formats"]["catalog"] -= 1
    file.write_text(json.dumps(formats))
    (text,) = found(doctor(stopped), "formats", "ok")
    assert "catalog" in text and "backup" in text
    formats["headwater"], formats["formats"]["catalog"] = "7.0.1", 900
    file.write_text(json.dumps(formats))
    (text,) = found(doctor(stopped), "formats", "fail")
    assert "headwater 7.0.1" in text and "nothing was changed" in text


def test_damage_that_was_put_aside(stopped):
    quarantine = stopped / "log" / "quarantine"
    quarantine.mkdir()
    (quarantine / "segment").write_bytes(b"x")
    (text,) = found(doctor(stopped), "log", "warn")
    assert "1 damaged" in text


def test_a_clock_that_went_back(stopped):
    future = os.stat(stopped / "catalog.db").st_mtime + 86_400
    os.utime(stopped / "catalog.db", (future, future))
    (text,) = found(doctor(stopped), "clock", "fail")
    assert "set back" in text


def test_another_ca_file(stopped):
    ca = stopped / "ca.pem"
    ca.write_text(ca.read_text().replace("\n-----END", "\n\n-----END"))
    assert any("not the authority" in text
               for text in found(doctor(stopped), "certificates", "fail"))
