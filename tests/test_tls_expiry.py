# SPDX-License-Identifier: Apache-2.0
"""Certificates near their end: an event for each step, once; counts in the API, metrics and doctor."""

import json
import urllib.request

import pytest

from harness import binary, tls, web
from harness.waiting import until


def told(server) -> list[tuple[str, str, int]]:
    """(outcome, cause, count) of events about certificates."""
    sql = "select outcome, cause, count from events where kind = 'certificate' order by time, cause"
    done = binary.run("sql", sql, "--json", "--data", str(server.data), check=False)
    rows = json.loads(done.stdout or "[]") if done.returncode == 0 else []
    return [(row["outcome"], row["cause"], int(row["count"])) for row in rows]


def worker_is_idle(server) -> bool:
    workers = web.ask_socket(server, "GET", "/api/v1/workers").json()["workers"]
    one = next(one for one in workers if one["name"] == "identity.expiry")
    assert one["state"] != "failing", one
    return one["state"] == "idle"


def metrics(server) -> str:
    with urllib.request.urlopen(f"http://{server.endpoints['metrics']}/metrics", timeout=10) as answer:
        return answer.read().decode()


@pytest.fixture
def factory(tmp_path):
    return tls.Authority(tmp_path / "factory", "Factory CA")


def test_devices_whose_certificates_end(factory, fresh):
    server = fresh(env={"HEADWATER_LISTEN_METRICS": "127.0.0.1:0"})
    iot = server.keys.client("iot")
    for number, days in enumerate((3, 5, 20, 80, 200)):
        chain, _ = factory.sign([f"DNS:meter-{number}"], days, f"meter-{number}", "clientAuth")
        pem = chain.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
        iot.register_certificate_without_ca(certificatePem=pem, status="ACTIVE" if number != 1 else "INACTIVE")
    for _ in range(2):  # A start looks at once; the second tells nothing again.
        server.stop()
        server.start()
        until(lambda: worker_is_idle(server), 20, "a look")
    events = until(lambda: len(told(server)) >= 3 and told(server), 20, "the events")
    assert sorted((outcome, cause.partition(", ")[0], count) for outcome, cause, count in events) == [
        ("ending", "certificates of devices end within 30 days", 1),
        ("ending", "certificates of devices end within 7 days", 1),
        ("ending", "certificates of devices end within 90 days", 1),
    ], "the INACTIVE one ends for nobody"
    ending = web.ask_socket(server, "GET", "/api/v1/authorities").json()["devices_ending"]
    assert ending == {"ended": 0, "within_7_days": 1, "within_30_days": 2, "within_90_days": 3}
    text = metrics(server)
    for days, count in ((0, 0), (7, 1), (30, 2), (90, 3)):
        assert f'headwater_device_certificates_ending{{days="{days}"}} {count}' in text
    doctor = binary.run("doctor", "--data", str(server.data), "--json", check=False)
    assert "2 certificates of devices end within 30 days" in doctor.stdout


def test_a_certificate_from_files(factory, fresh, tmp_path):
    chain, key = factory.sign(["DNS:iot.example.com"], days=20)
    config = tmp_path / "headwater.toml"
    config.write_text(f'[certificates]\nserver_chain_file = "{chain}"\nserver_key_file = "{key}"\n')
    server = fresh("--config", str(config), env={
        "HEADWATER_PUBLIC_HOST": "iot.example.com", "HEADWATER_LISTEN_METRICS": "127.0.0.1:0"})
    until(lambda: worker_is_idle(server), 20, "a look")
    events = until(lambda: told(server), 20, "the event")
    assert [outcome for outcome, _, _ in events] == ["ending"]
    assert "the public certificate ends in 19 days: put a new one" in events[0][1]
    public = web.ask_socket(server, "GET", "/api/v1/authorities").json()["authorities"][2]
    assert (public["kind"], public["source"], public["warning"]) == ("public", "files", "30")
    assert 'certificate_not_after_timestamp_seconds{certificate="public"}' in metrics(server)
    doctor = binary.run("doctor", "--data", str(server.data), "--json", check=False)
    assert "the public certificate is valid for 19 more days" in doctor.stdout
