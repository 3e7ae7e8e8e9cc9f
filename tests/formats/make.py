# SPDX-License-Identifier: Apache-2.0
"""Makes the folder that stands for a release: `HEADWATER_BIN=… tests/formats/make.py RELEASE`.

Run it once with the binary of that release, from a folder whose path may stand in the files, and
never change what it made. tests/test_formats.py holds every later release to it. It makes:

RELEASE.tar.xz          the folder, stopped in order
RELEASE.json            what must be found in it, its keys and passwords, and the extended attributes
                        of its objects, which the tar file has not
RELEASE.backup.xz       a backup of it, in clear
RELEASE.backup.age      one with a passphrase
RELEASE.damaged.xz      one in which an object was damaged already
"""

import json
import lzma
import os
import pathlib
import sys
import tarfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from harness import binary, device, folders, kept_sessions, policies, sql, web  # noqa: E402
from harness.mqtt import Client  # noqa: E402
from harness.server import Server  # noqa: E402

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "HEADWATER_API_KEY")
PASSPHRASE = "a passphrase of the fixture"
PERSON = {"name": "ada", "password": "a password of the fixture"}
AUTHORIZER = ("jwt:?issuer=https%3A%2F%2Fissuer.example&audience=meters"
              "&jwks=https%3A%2F%2Fissuer.example%2Fkeys")
QUERIES = [
    "select count(*), count(distinct topic), sum(length(encode(payload, 'hex'))) from messages",
    "select topic, thing, client_id, qos, encode(payload, 'hex') from messages order by time, topic",
    "select topic, thing, metric, value, text from telemetry order by time, topic, metric",
    "select metric, count(*), sum(value), count(text) from telemetry where metric <> 'big' "
    "group by metric order by metric",
    "select kind, outcome, topic, count(*) from events where kind = 'payload' "
    "group by kind, outcome, topic order by 1, 2, 3",
    "select count(*) from telemetry where metric = 'flow' and value between 2 and 12.25",
    "select min(time), max(time) from messages",
]


def publish(client: Client, name: str, numbers: range):
    for n in numbers:
        reading = {"flow": n / 4, "valve": {"open": n % 2 == 0}, "big": 2**53 + 1 + n,
                   "note": "größer" if n % 5 == 0 else None}
        client.paho.publish(f"meters/{name}", json.dumps(reading), qos=1).wait_for_publish(10)


def fill(server: Server, folder: pathlib.Path) -> dict:
    """Things, certificates, policies, keys, people, files, sessions, and messages that only the log
    has."""
    first = device.register(server, folder, policies.EVERYTHING, "meter-1")
    second = device.register(server, folder, policies.only_topics("meters/*"), "meter-2")
    iot = server.keys.client("iot")
    iot.create_thing(thingName="valve-7",
                     attributePayload={"attributes": {"site": "north", "dn": "80"}})
    iot.update_certificate(certificateId=second.certificate_id, newStatus="INACTIVE")
    with Client(server, first) as client:
        publish(client, first.name, range(0, 25))
        for topic, payload in (("raw/bytes", bytes(range(256))), ("raw/broken", b'{"half": ')):
            client.paho.publish(topic, payload, qos=1).wait_for_publish(10)
        server.flush()
        publish(client, first.name, range(25, 40))
        server.flush()
        publish(client, first.name, range(40, 60))
        reader = binary.run("keys", "create", "--data", str(server.data), "--role", "read",
                            "--format", "json")
    kept_sessions.leave(server, first)
    others = logins(server, first) | sorted_and_shown(server)
    # It is written every ten minutes, and now.
    binary.run("lake", "retain", "--confirm-clock", "--data", str(server.data))
    time.sleep(2)
    answers = {query: sql.post(server, {"sql": query})[1] for query in QUERIES}
    return {
        **others,
        "keys": {name: server.keys.env[name] for name in KEYS},
        "read_keys": {"api_key": json.loads(reader.stdout)["HEADWATER_API_KEY"]},
        "device": {"name": first.name, "certificate": first.certificate.read_text(),
                   "key": first.key.read_text()},
        "inactive": second.certificate_id,
        "answers": answers,
    }


def logins(server: Server, first: device.Device) -> dict:
    """An authorizer, a device and a person with passwords."""
    iot = server.keys.client("iot")
    iot.create_authorizer(authorizerName="tokens", status="ACTIVE", signingDisabled=True,
                          authorizerFunctionArn=AUTHORIZER + f"&policy={first.policy}")
    made = binary.run("mqtt-users", "add", "pump", "--policy", first.policy,
                      "--data", str(server.data))
    web.administrator(server, name=PERSON["name"], password=PERSON["password"])
    return {
        "authorizer": iot.describe_authorizer(authorizerName="tokens")["authorizerDescription"][
            "authorizerFunctionArn"],
        "mqtt_user": {"name": "pump", "password": made.stdout.strip()},
        "person": PERSON,
    }


def sorted_and_shown(server: Server) -> dict:
    """A type, groups, a dashboard, a statement and units, and what the API answers about them."""
    keys = server.keys.bearer
    board = {"id": "air", "title": "Air", "thing_type": "meter", "span": "1h", "widgets": [
        {"kind": "line", "title": "Flow", "x": 0, "y": 0, "w": 12, "h": 4, "metrics": ["flow"], "unit": "l/min"}]}
    made = [
        ("POST", "/api/v1/types", {"name": "meter", "description": "of water", "searchable_attributes": ["site"]}),
        ("POST", "/api/v1/groups", {"name": "city", "attributes": {"zip": "8000"}}),
        ("POST", "/api/v1/groups", {"name": "north", "parent": "city", "description": "of the river"}),
        ("PUT", "/api/v1/groups/north/things/valve-7", None),
        ("POST", "/api/v1/dashboards", board),
        ("POST", "/api/v1/queries", {"id": "last", "title": "Last", "sql": "select 1"}),
        ("PUT", "/api/v1/units", {"version": 0, "units": [{"type": "meter", "metric": "flow", "unit": "l/min"}]}),
    ]
    for method, path, body in made:
        answer = web.ask(server, method, path, body, **keys)
        assert answer.status < 300, (path, answer.text)
    asked = ("types/meter", "groups/city", "groups/north", "things?group=north", "dashboards/air",
             "queries/last", "units")
    return {"shown": {path: web.ask(server, "GET", f"/api/v1/{path}", **keys).json() for path in asked}}


def pack(data: pathlib.Path, file: pathlib.Path):
    with tarfile.open(file, "w:xz", preset=9) as tar:
        for path in sorted(data.rglob("*")):
            name = path.relative_to(data)
            if name.parts[0] in ("run", "tmp") or path.name in ("lock", "catalog.db-shm"):
                continue
            info = tar.gettarinfo(path, arcname=f"data/{name}")
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            if path.is_file():
                with open(path, "rb") as content:
                    tar.addfile(info, content)
            else:
                tar.addfile(info)


def attributes(data: pathlib.Path) -> dict[str, str]:
    """The checksums of all objects, in hexadecimal."""
    return {
        str(path.relative_to(data)): os.getxattr(path, folders.CHECKSUMS).hex()
        for path in sorted((data / "blobs").rglob("*")) if path.is_file()
    }


def back_up(data: pathlib.Path, release: str) -> dict:
    """The backups. The damage is done last."""
    made = data.parent / "made.tar"

    def packed(name: str, *more: str):
        binary.run("backup", "--data", str(data), "--to", str(made), "--force", *more)
        (HERE / f"{release}.{name}.xz").write_bytes(lzma.compress(made.read_bytes(), preset=9))

    packed("backup")
    secret = data.parent / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    secret.chmod(0o600)
    binary.run("backup", "--data", str(data), "--to", str(HERE / f"{release}.backup.age"), "--force",
               "--passphrase-file", str(secret))
    damaged = next((data / "blobs").rglob("messages/data/**/*.parquet"))
    with open(damaged, "r+b") as content:
        content.seek(-1, os.SEEK_END)
        content.write(b"?")
    packed("damaged", "--with-damaged")
    return {"passphrase": PASSPHRASE, "damaged": str(damaged.relative_to(data))}


def main(release: str):
    folder = pathlib.Path.cwd()
    server = Server(folder).start()
    expected = fill(server, folder)
    assert server.stop() == 0
    expected["attributes"] = attributes(server.data)
    pack(server.data, HERE / f"{release}.tar.xz")
    expected |= back_up(server.data, release)
    text = json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=True)
    (HERE / f"{release}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
