# SPDX-License-Identifier: Apache-2.0
"""One message's whole way, each step by the client that people would use."""

import json
import time

from harness import device, lake, mosquitto, policies, sql
from harness.aws_cli import aws
from harness.waiting import until

METER = "866191037731759"
TOPIC = f"/things/waterflowcontrollers/{METER}"
READING = {
    "SerialNumber": METER, "BatteryVoltage": "2080mV", "QCCID": "8944500510185098217F",
    "GSN": METER, "FlowRate": 1.4666666666666666, "FlowCalibration": "4.5",
    "Date": "21/02/2019 16:14:10",
}
# Spaces and order are kept byte for byte.
PAYLOAD = json.dumps(READING, separators=(",", ": ")).encode()


def register_by_cli(server, folder) -> device.Device:
    """A device made with the AWS CLI alone."""
    keys = server.keys
    name = f"meter-{METER}"
    aws(keys, "iot", "create-thing", "--thing-name", name)
    made = aws(keys, "iot", "create-keys-and-certificate", "--set-as-active")
    aws(keys, "iot", "create-policy", "--policy-name", f"{name}-policy",
        "--policy-document", policies.only_topics("/things/waterflowcontrollers/*"))
    aws(keys, "iot", "attach-policy", "--policy-name", f"{name}-policy",
        "--target", made["certificateArn"])
    aws(keys, "iot", "attach-thing-principal", "--thing-name", name,
        "--principal", made["certificateArn"])
    return device.from_pem(server, folder, name, made["certificatePem"],
                           made["keyPair"]["PrivateKey"], certificate_id=made["certificateId"])


def test_a_reading_from_certificate_to_every_sql_engine(fresh, tmp_path):
    server = fresh()
    meter = register_by_cli(server, tmp_path)
    endpoint = aws(server.keys, "iot", "describe-endpoint", "--endpoint-type", "iot:Data-ATS")
    assert endpoint["endpointAddress"].split(":")[0] == "localhost"

    mosquitto.publish(server, meter, TOPIC, PAYLOAD)
    began = time.monotonic()
    found = until(lambda: sql.rows(server, f"select payload from messages where topic = '{TOPIC}'"),
                  2, "the message in psql")
    assert time.monotonic() - began < 2
    assert bytes.fromhex(found[0][0].removeprefix("\\x")) == PAYLOAD

    leaves = until(lambda: sql.rows(server, "select metric, value, text from telemetry where "
                                    f"topic = '{TOPIC}' and thing = '{meter.name}'"),
                   2, "the telemetry in psql")
    by_metric = {metric: (value, text) for metric, value, text in leaves}
    assert set(by_metric) == set(READING)
    assert float(by_metric["FlowRate"][0]) == READING["FlowRate"]
    assert by_metric["BatteryVoltage"] == ("", "2080mV")
    assert by_metric["Date"] == ("", READING["Date"])

    row = sql.rows(server, "select thing, client_id, principal, qos, retain, trace_id is not null "
                           f"from messages where topic = '{TOPIC}'")
    assert row == [[meter.name, meter.name, meter.certificate_id, "1", "f", "t"]]

    server.flush()
    for table in ("messages", "telemetry"):
        here = sql.count(server, f"select count(*) from {table}")
        assert here > 0
        assert lake.duck_count(server, table) == here
        assert lake.pyiceberg_count(server, table) == here
    [(payload,)] = lake.duck_rows(server, "messages", "payload", f"WHERE topic = '{TOPIC}'")
    assert bytes(payload) == PAYLOAD


def test_the_same_by_boto3_and_many_messages(server, register):
    meter = register(policies.only_topics("many/*"))
    identity = server.keys.client("sts").get_caller_identity()
    assert len(identity["Account"]) == 12 and identity["Arn"].startswith("arn:aws:")

    sent = [json.dumps({"n": n, "on": n % 2 == 0, "deep": {"list": [n, None]}}).encode()
            for n in range(20)]
    for number, payload in enumerate(sent):
        mosquitto.publish(server, meter, f"many/{number}", payload, qos=number % 2)

    seen = until(lambda: sql.count(server, "select count(*) from messages where topic like 'many/%'")
                 == len(sent), 2, "twenty messages")
    assert seen
    with sql.connect(server) as connection:
        got = dict(connection.execute(
            "select topic, payload from messages where topic like 'many/%'").fetchall())
        leaves = connection.execute(
            "select metric, value from telemetry where topic = 'many/4' order by metric").fetchall()
    assert {topic: bytes(payload) for topic, payload in got.items()} == {
        f"many/{n}": payload for n, payload in enumerate(sent)}
    assert leaves == [("deep.list.0", 4.0), ("n", 4.0), ("on", 1.0)]


def test_payloads_that_are_not_json_are_kept_too(server, register):
    sender = register(policies.only_topics("odd/*"))
    odd = {"odd/bytes": bytes(range(256)), "odd/empty": b"", "odd/broken": b'{"a": 1,',
           "odd/number": b"42.5", "odd/text": "größer".encode()}
    for topic, payload in odd.items():
        mosquitto.publish(server, sender, topic, payload)
    with sql.connect(server) as connection:
        got = until(
            lambda: (lambda r: r if len(r) == len(odd) else None)(connection.execute(
                "select topic, payload from messages where topic like 'odd/%'").fetchall()),
            2, "all odd payloads")
        scalar = connection.execute(
            "select metric, value from telemetry where topic = 'odd/number'").fetchall()
    assert {topic: bytes(payload) for topic, payload in got} == odd
    assert scalar == [("value", 42.5)]
    assert sql.event(server, "kind = 'payload' and topic = 'odd/broken'")["cause"]
