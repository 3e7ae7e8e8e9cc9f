# SPDX-License-Identifier: Apache-2.0
"""Clients of Node: mqtt.js over TCP, TLS and WebSocket, and AWS's device SDK."""

import json
import pathlib
import subprocess

import pytest
from harness import policies
from harness.server import Server

NODE = pathlib.Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server with the plain MQTT door open to anybody."""
    folder = tmp_path_factory.mktemp("node")
    policy = folder / "anybody.json"
    policy.write_text(policies.EVERYTHING)
    env = {"HEADWATER_LISTEN_MQTT": "127.0.0.1:0", "HEADWATER_MQTT_ANONYMOUS_POLICY": str(policy)}
    with Server(folder, env=env) as running:
        yield running


@pytest.fixture(scope="module")
def meter(house, tmp_path_factory):
    from harness import device
    return device.register(house, tmp_path_factory.mktemp("meter"), policies.EVERYTHING)


def run(**how):
    done = subprocess.run(["node", str(NODE / "round_trip.mjs"), json.dumps(how)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.strip().endswith("ok"), done.stdout + done.stderr


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("kind", ["mqtt", "mqtts", "ws", "ws-anonymous", "wss", "wss-certificate"])
def test_mqttjs(house, meter, kind, version):
    port = {"mqtt": "mqtt", "mqtts": "mqtts", "ws": "http", "ws-anonymous": "http"}.get(kind, "https")
    url = f"{kind.split('-')[0]}://localhost:{house.address(port)[1]}"
    shown = {"cert": str(meter.certificate), "key": str(meter.key)}
    run(client="mqttjs", clientId=f"mqttjs-{kind}-{version}", version=version,
        url=url + ("/mqtt" if kind.startswith("ws") else ""),
        ca=house.endpoints["ca"] if kind in ("mqtts", "wss", "wss-certificate") else None,
        headers=house.keys.bearer if kind in ("ws", "wss") else {},
        **(shown if kind in ("mqtts", "wss-certificate") else {}))


@pytest.mark.parametrize("kind", ["mqtts", "https", "websocket"])
def test_the_sdk(house, meter, kind):
    keys = house.keys.env
    how = {"port": house.address("mqtts" if kind == "mqtts" else "https")[1]}
    if kind == "websocket":
        how |= {"region": keys["AWS_DEFAULT_REGION"], "access": keys["AWS_ACCESS_KEY_ID"],
                "secret": keys["AWS_SECRET_ACCESS_KEY"]}
    else:
        how |= {"cert": str(meter.certificate), "key": str(meter.key)}
    run(client="sdk", clientId=f"node-sdk-{kind}", ca=house.endpoints["ca"], **how)
