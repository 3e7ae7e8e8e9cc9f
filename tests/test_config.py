# SPDX-License-Identifier: Apache-2.0
"""Settings by flag, TOML and environment; what the tables keep; the plain listener."""

import json
import pathlib
import tomllib

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from harness import binary, device, policies, sql
from harness.mqtt import Client
from harness.server import NotReady
from harness.waiting import until


def test_the_printed_defaults_are_a_good_file(fresh, tmp_path):
    text = binary.run("config", "print-default").stdout
    assert tomllib.loads(text) is not None
    assert text.count("#") > 5, "every setting is explained"
    file = tmp_path / "headwater.toml"
    file.write_text(text)
    assert fresh("--config", str(file)).endpoints["mqtts"]


def test_unknown_settings_are_refused_by_name(fresh, tmp_path):
    file = tmp_path / "headwater.toml"
    file.write_text("listen_mqts = '127.0.0.1:0'\n")
    with pytest.raises(NotReady) as refused:
        fresh("--config", str(file))
    assert "listen_mqts" in str(refused.value)


def test_flags_win_over_the_environment_and_off_closes(fresh):
    server = fresh("--listen-https", "off", "--listen-postgres", "off",
                   env={"HEADWATER_LISTEN_HTTPS": "127.0.0.1:0"})
    assert set(server.endpoints) & {"mqtts", "https", "http", "postgres"} == {"mqtts", "http"}


def test_a_wrong_address_is_a_usage_error(fresh):
    with pytest.raises(NotReady) as refused:
        fresh(env={"HEADWATER_LISTEN_HTTP": "nonsense"})
    assert "nonsense" in str(refused.value)


def test_the_public_host_is_in_the_certificate(fresh, tmp_path):
    server = fresh(env={"HEADWATER_PUBLIC_HOST": "water.example"})
    endpoint = server.keys.client("iot").describe_endpoint(endpointType="iot:Data-ATS")
    assert endpoint["endpointAddress"].split(":")[0] == "water.example"
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    context = meter.context()
    import socket

    with socket.create_connection(server.address("mqtts")) as plain:
        with context.wrap_socket(plain, server_hostname="water.example") as tls:
            assert tls.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("keep, kept", [("off", []), ("all", ["a/1", "b/1"]),
                                        ("FILE", ["a/1"])])
def test_what_is_kept(fresh, tmp_path, keep, kept):
    if keep == "FILE":
        file = tmp_path / "keep.txt"
        file.write_text("# what the tables hold\na/#\n")
        keep = str(file)
    server = fresh(env={"HEADWATER_KEEP": keep})
    sender = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, sender) as client:
        client.publish("a/1", "1")
        client.publish("b/1", "1")
    server.flush()
    topics = [row[0] for row in sql.rows(server, "select topic from messages "
                                          "where topic not like '$aws/events/%' order by topic")]
    assert topics == kept


def test_retention_by_environment_and_flag(fresh):
    server = fresh("--retention-events-days", "9",
                   env={"HEADWATER_RETENTION_TELEMETRY_DAYS": "30"})

    def lag() -> str:
        workers = json.loads(binary.run("workers", "--json", "--data", str(server.data)).stdout)
        (retain,) = [w for w in workers["workers"] if w["name"] == "lake.retain"]
        return retain["lag"]

    until(lambda: lag() == "2 tables are kept for a time", 10, "a round")


def plain_client(server) -> tuple[paho.Client, list]:
    codes: list = []
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="plain", reconnect_on_failure=False)
    client.on_connect = lambda _c, _u, _f, code, _p: codes.append(code)
    client.on_disconnect = lambda _c, _u, _f, code, _p: codes.append("cut")
    client.username_pw_set("anybody", "anything")
    client.connect(*server.address("mqtt"))
    client.loop_start()
    return client, codes


def test_plain_mqtt_is_refused_without_a_policy(fresh):
    server = fresh(env={"HEADWATER_LISTEN_MQTT": "127.0.0.1:0"})
    client, codes = plain_client(server)
    first = until(lambda: codes, 5, "an answer")[0]
    client.loop_stop()
    assert first == "cut" or first.is_failure


def test_plain_mqtt_is_checked_by_its_policy(fresh, tmp_path):
    file: pathlib.Path = tmp_path / "anonymous.json"
    file.write_text(policies.only_topics("open/*"))
    server = fresh(env={"HEADWATER_LISTEN_MQTT": "127.0.0.1:0",
                        "HEADWATER_MQTT_ANONYMOUS_POLICY": str(file)})
    client, codes = plain_client(server)
    assert not until(lambda: codes, 5, "an answer")[0].is_failure
    client.publish("open/door", json.dumps({"n": 1}), 1).wait_for_publish(5)
    until(lambda: sql.count(server, "select count(*) from messages where topic = 'open/door'"),
          2, "the message")
    client.publish("closed/door", "x", 1)
    until(lambda: codes[-1] == "cut", 1, "the cut")
    client.loop_stop()
