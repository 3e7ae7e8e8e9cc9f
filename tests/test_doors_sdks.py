# SPDX-License-Identifier: Apache-2.0
"""AWS's device SDK for Python, unmodified: MQTT 3.1.1 and 5, by certificate on every port that
speaks TLS, by a signed URL over WebSocket."""

import concurrent.futures
import queue

import pytest
from awscrt import auth, mqtt, mqtt5
from awsiot import mqtt5_client_builder, mqtt_connection_builder
from harness import policies

SECONDS_MAX = 10


class V3:
    """A connection by the SDK's older client."""

    def __init__(self, builder, **how):
        self.connection = builder(**how)
        self.connection.connect().result(SECONDS_MAX)

    def subscribe(self, topic_filter: str) -> queue.Queue:
        got = queue.Queue()
        done, _ = self.connection.subscribe(
            topic_filter, mqtt.QoS.AT_LEAST_ONCE,
            lambda topic, payload, **_: got.put((topic, bytes(payload))))
        done.result(SECONDS_MAX)
        return got

    def publish(self, topic: str, payload: bytes):
        done, _ = self.connection.publish(topic, payload, mqtt.QoS.AT_LEAST_ONCE)
        done.result(SECONDS_MAX)

    def close(self):
        self.connection.disconnect().result(SECONDS_MAX)


class V5:
    """A connection by the SDK's client of MQTT 5."""

    def __init__(self, builder, **how):
        connected, self.stopped = concurrent.futures.Future(), concurrent.futures.Future()
        self.got = queue.Queue()
        how["connect_options"] = mqtt5.ConnectPacket(client_id=how.pop("client_id"))

        def failed(data):
            if not connected.done():
                connected.set_exception(data.exception)

        self.client = builder(
            on_lifecycle_connection_success=lambda data: connected.set_result(data),
            on_lifecycle_connection_failure=failed,
            on_lifecycle_stopped=lambda data: self.stopped.set_result(data),
            on_publish_received=lambda data: self.got.put(
                (data.publish_packet.topic, bytes(data.publish_packet.payload))),
            **how)
        self.client.start()
        connected.result(SECONDS_MAX)

    def subscribe(self, topic_filter: str) -> queue.Queue:
        wanted = mqtt5.Subscription(topic_filter=topic_filter, qos=mqtt5.QoS.AT_LEAST_ONCE)
        self.client.subscribe(mqtt5.SubscribePacket([wanted])).result(SECONDS_MAX)
        return self.got

    def publish(self, topic: str, payload: bytes):
        packet = mqtt5.PublishPacket(topic=topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE)
        done = self.client.publish(packet).result(SECONDS_MAX)
        assert done.puback.reason_code == 0

    def close(self):
        self.client.stop()
        self.stopped.result(SECONDS_MAX)


def by_certificate(server, device, door: str) -> dict:
    return {"cert_filepath": str(device.certificate), "pri_key_filepath": str(device.key),
            **common(server, door)}


def by_signature(server, keys=None) -> dict:
    keys = (keys or server.keys).env
    provider = auth.AwsCredentialsProvider.new_static(
        keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
    return {"region": keys["AWS_DEFAULT_REGION"], "credentials_provider": provider,
            **common(server, "https")}


def common(server, door: str) -> dict:
    return {"endpoint": "localhost", "port": server.address(door)[1],
            "ca_filepath": server.endpoints["ca"], "clean_session": True, "keep_alive_secs": 30}


KINDS = {
    "mqtt3-mqtts": (V3, mqtt_connection_builder.mtls_from_path, "mqtts"),
    "mqtt3-https": (V3, mqtt_connection_builder.mtls_from_path, "https"),
    "mqtt3-websocket": (V3, mqtt_connection_builder.websockets_with_default_aws_signing, None),
    "mqtt5-mqtts": (V5, mqtt5_client_builder.mtls_from_path, "mqtts"),
    "mqtt5-https": (V5, mqtt5_client_builder.mtls_from_path, "https"),
    "mqtt5-websocket": (V5, mqtt5_client_builder.websockets_with_default_aws_signing, None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_round_trip(server, register, kind):
    client, builder, door = KINDS[kind]
    meter = register(policies.EVERYTHING)
    how = by_certificate(server, meter, door) if door else by_signature(server)
    if client is V5:
        how.pop("clean_session")
        how.pop("keep_alive_secs")
    connection = client(builder, client_id=f"sdk-{kind}", **how)
    got = connection.subscribe(f"sdk/{kind}/#")
    for number in range(20):
        connection.publish(f"sdk/{kind}/{number}", b"x" * number * 1000)
        assert got.get(timeout=SECONDS_MAX) == (f"sdk/{kind}/{number}", b"x" * number * 1000)
    connection.close()


def test_a_wrong_signature_is_refused_before_the_upgrade(server):
    how = by_signature(server)
    how["credentials_provider"] = auth.AwsCredentialsProvider.new_static(
        server.keys.env["AWS_ACCESS_KEY_ID"], "wrong" * 8)
    with pytest.raises(Exception, match="UPGRADE|WEBSOCKET"):
        V3(mqtt_connection_builder.websockets_with_default_aws_signing,
           client_id="sdk-wrong", **how)
