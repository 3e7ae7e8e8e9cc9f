# SPDX-License-Identifier: Apache-2.0
"""Backups of a server of which an object is damaged."""

import json
import os
import tarfile

from harness import binary, device, policies, sql
from harness.mqtt import Client
from harness.server import Server
from test_backup import backup, refusal, restore


def test_a_damaged_object_is_named_and_stays_damaged(fresh, tmp_path):
    server = fresh()
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, meter) as client:
        for n in range(20):
            client.publish("d", b'{"n": %d}' % n)
    server.flush()
    (file,) = (server.data / "blobs").rglob("messages/data/**/*.parquet")
    name = str(file.relative_to(server.data))
    with open(file, "r+b") as content:
        content.seek(file.stat().st_size // 2)
        byte = content.read(1)[0]
        content.seek(-1, os.SEEK_CUR)
        content.write(bytes([byte ^ 1]))
    to = tmp_path / "d.tar"
    command = ("backup", "--data", server.data, "--to", to)
    cures = ["--with-damaged", "put the same file back", name]

    def check_refused():
        told = refusal(*command)
        assert all(cure in told for cure in cures), told
        assert not list(tmp_path.glob("d.tar*"))

    check_refused()
    running = binary.run(*map(str, command), "--with-damaged")
    assert name in running.stderr and "damaged" in running.stderr, running
    to.unlink()
    server.stop()
    check_refused()
    assert backup(server, to, "--with-damaged")["damaged"] == [name]
    assert name in binary.run("backup", "verify", "--from", str(to)).stdout
    assert json.loads(binary.run("backup", "verify", "--from", str(to), "--json").stdout)[
        "damaged"] == [name]
    with tarfile.open(to) as tar:
        assert tar.extractfile(name).read() == file.read_bytes(), "its bytes as they are"
    shown = json.loads(binary.run("backup", "show", "--from", str(to), "--files", "--json").stdout)
    assert [it["name"] for it in shown["files"] if "damaged" in it] == [name]
    told = binary.run("restore", "--from", str(to), "--data", str(tmp_path / "probe"))
    assert name in told.stderr, told
    assert restore(to, tmp_path / "second")["damaged"] == [name]
    with Server(tmp_path / "second") as second:
        second._keys = second.make_keys()
        assert sql.count(second, "select count(*) from telemetry where metric = 'n'") == 20
        status, answer = sql.post(second, {"sql": "select payload from messages"})
        assert status != 200 and "is damaged" in str(answer), answer
        told = refusal("backup", "--data", second.data, "--to", tmp_path / "again.tar")
        assert all(cure in told for cure in cures), told
        # The same file from elsewhere is the cure, there as here.
        healed = bytearray(file.read_bytes())
        healed[file.stat().st_size // 2] ^= 1
        with open(second.data / name, "r+b") as content:
            content.write(healed)
        assert sql.count(second, "select count(payload) from messages") == 20
    # A backup that need not name damage is one that earlier releases read.
    assert "damaged" not in backup(Server(tmp_path / "second"), tmp_path / "whole.tar")
