# SPDX-License-Identifier: Apache-2.0
"""`make bench` runs: a second of it, whose figures mean nothing."""

import pytest

from harness import mqttload

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
