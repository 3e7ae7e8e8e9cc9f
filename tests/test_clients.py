# SPDX-License-Identifier: Apache-2.0
"""Who is connected, what passes and what is retained, as people see it: by API and commands."""

import json
import queue
import subprocess
import threading

import pytest

from harness import binary, device, policies, web
from harness.keys import Keys
from harness.lasting import Lasting
from harness.mqtt import Client
from harness.waiting import until

ADMINISTRATIVE_ACTION = 0x98


def get(server, path: str, **query):
    return web.ask(server, "GET", f"/api/v1{path}?{web.query(**query)}", **server.keys.bearer)


def delete(server, path: str, keys=None, **query):
    keys = keys or server.keys
    return web.ask(server, "DELETE", f"/api/v1{path}?{web.query(**query)}", **keys.bearer)


def data(server) -> list[str]:
    return ["--data", str(server.data)]


def ids(page) -> list[str]:
    return [client["client_id"] for client in page.json()["clients"]]


def retain(client: Client, topic: str, payload):
    client.paho.publish(topic, payload, 1, retain=True).wait_for_publish(10)


def test_a_page_of_clients_after_the_other(server, register):
    names = [f"page-{number:02}" for number in range(12)]
    clients = [Client(server, register(name=name), v5=True).connect() for name in names]
    try:
        seen, after = [], {}
        while True:
            page = get(server, "/clients", prefix="page-", limit=5, **after)
            seen += ids(page)
            assert (page.json()["connected"], page.json()["away"]) == (12, 0)
            if page.json()["next"] is None:
                break
            after = {"after": page.json()["next"]}
        assert seen == names
        assert ids(get(server, "/clients", search="AGE-07")) == ["page-07"]
        assert ids(get(server, "/clients", prefix="page-", state="away")) == []
    finally:
        for client in clients:
            client.close()
    until(lambda: ids(get(server, "/clients", prefix="page-")) == [], 5, "them to be gone")
    for wrong in ({"limit": 0}, {"sort": "behind", "after": "x"}, {"state": "asleep"}, {"x": 1}):
        assert get(server, "/clients", **wrong).status == 400, wrong


@pytest.mark.parametrize("v5", [False, True], ids=["3.1.1", "5"])
def test_a_client_with_all_that_it_holds(server, register, v5):
    holder, sender = register(), register()
    session = Lasting(server, holder, v5, expiry=1000)
    session.paho.will_set("last/words", "gone", qos=1, retain=True)
    session.connect()
    session.subscribe("owed/+", 1)
    session.subscribe("$share/group/two/#", 2)
    shown = get(server, f"/clients/{holder.name}").json()
    assert shown["state"] == "connected" and shown["thing"] == holder.name
    assert shown["address"] == "127.0.0.1" and shown["principal"] == holder.certificate_id
    assert shown["session"] == ("1000" if v5 else "ever") and shown["owed"] == 0
    assert shown["connection"]["mqtt"] == ("5" if v5 else "3.1.1")
    assert shown["connection"]["door"] == "mqtts" and shown["connection"]["keep_alive_seconds"] == 60
    assert [(it["filter"], it["qos"]) for it in shown["subscribed"]] == [
        ("owed/+", 1), ("$share/group/two/#", 2)]
    assert shown["will"] == {"topic": "last/words", "qos": 1, "retain": True, "delay_seconds": 0,
                             "due": None}
    session.leave()
    with Client(server, sender) as out:
        for number in range(3):
            out.publish(f"owed/{number}", "x")
    shown = get(server, f"/clients/{holder.name}").json()
    assert shown["state"] == "away" and shown["owed"] == 3 and shown["connection"] is None
    assert shown["subscriptions"] == 2 and shown["thing"] == holder.name
    assert (shown["expires"] is not None) == v5
    farthest = get(server, "/clients", sort="behind", limit=1)
    assert ids(farthest) == [holder.name] and farthest.json()["next"] is None
    assert delete(server, f"/clients/{holder.name}", session="end").json() == {
        "connection": False, "session": True}
    assert get(server, f"/clients/{holder.name}").status == 404


def test_a_client_is_sent_away_and_hears_why(server, register):
    kicked, watcher = register(), register()
    with Client(server, watcher) as watching, Client(server, kicked, v5=True) as client:
        watching.subscribe("last/#")
        answer = delete(server, f"/clients/{kicked.name}")
        assert answer.json() == {"connection": True, "session": False}
        assert client.cut.wait(5) and client.cut_code.value == ADMINISTRATIVE_ACTION
    assert delete(server, f"/clients/{kicked.name}").status == 404
    key = server.keys.api_key.split("_")[1]
    event = {"kind": "disconnect", "cause": f"disconnected by key {key}"}

    def told():
        page = get(server, "/events", kind="disconnect").json()["events"]
        return any(event.items() <= row.items() and row["client_id"] == kicked.name for row in page)

    until(told, 5, "the event to name who asked")


def test_an_ended_session_is_not_back_after_a_crash(fresh, tmp_path):
    server = fresh()
    holder = device.register(server, tmp_path, policies.EVERYTHING)
    sender = device.register(server, tmp_path, policies.EVERYTHING)
    session = Lasting(server, holder).connect()
    session.subscribe("owed", 1)
    assert delete(server, f"/clients/{holder.name}", session="end").json() == {
        "connection": True, "session": True}
    assert session.lost.wait(5)
    server.kill()
    server.start()
    with Client(server, sender) as out:
        out.publish("owed", "x")
    session.connect()
    assert not session.present
    with pytest.raises(queue.Empty):
        session.payloads.get(timeout=0.3)
    session.leave()


def test_readers_see_clients_and_do_not_touch_them(server, register):
    made = binary.run("keys", "create", "--role", "read", "--format", "json", *data(server))
    reader = web.bearer(json.loads(made.stdout)["HEADWATER_API_KEY"])
    with Client(server, register()) as client:
        retain(client, "reader/kept", "x")
        path = f"/api/v1/clients/{client.paho._client_id.decode()}"
        assert web.ask(server, "GET", path, **reader).status == 200
        assert web.ask(server, "DELETE", path, **reader).status == 403
        gone = web.ask(server, "DELETE", "/api/v1/retained?filter=reader%2Fkept", **reader)
        assert gone.status == 403 and not client.cut.is_set()
        assert delete(server, "/retained", filter="reader/kept").json() == {"cleared": 1, "left": 0}


def test_retained_messages_are_listed_and_cleared(server, register):
    with Client(server, register()) as client:
        for number in range(7):
            retain(client, f"kept/{number}", json.dumps({"n": number}))
        retain(client, "kept/bytes", b"\xff\x00")
        client.subscribe("kept/3")
        assert client.messages.get(timeout=5).retain
        first = get(server, "/retained", filter="kept/#", limit=6).json()
        assert first["total"] == 8 and first["next"] == "kept/5"
        assert first["retained"][3]["payload"] == {"n": 3} and first["retained"][3]["bytes"] == 8
        rest = get(server, "/retained", filter="kept/#", after="kept/5").json()
        assert [it["topic"] for it in rest["retained"]] == ["kept/6", "kept/bytes"]
        assert rest["retained"][1]["base64"] == "/wA=" and rest["next"] is None
        assert get(server, "/retained", filter="kept/3").json()["total"] == 1
        assert delete(server, "/retained", filter="kept/3").json() == {"cleared": 1, "left": 0}
        message = client.messages.get(timeout=5)
        assert (message.topic, message.payload) == ("kept/3", b"")
        assert delete(server, "/retained", filter="kept/#").json() == {"cleared": 7, "left": 0}
        assert delete(server, "/retained", filter="kept/#").status == 404
    assert get(server, "/retained", filter="a/#/b").status == 400


def test_topics_are_counted_as_they_pass(server, register):
    stop = threading.Event()
    with Client(server, register()) as client:
        def publish():
            while not stop.wait(0.02):
                client.paho.publish("busy/json", '{"a": 1}')
                client.paho.publish("busy/json", '{"a": 1}')
                client.paho.publish("busy/bytes", b"\xff\x00")

        sending = threading.Thread(target=publish)
        sending.start()
        try:
            seen = get(server, "/topics", filter="busy/+", seconds=1).json()
        finally:
            stop.set()
            sending.join()
    busiest, other = seen["topics"]
    assert busiest["topic"] == "busy/json" and busiest["payload"] == "json"
    assert other["topic"] == "busy/bytes" and other["payload"] == "binary"
    assert busiest["messages"] > other["messages"] > 5 and busiest["publishers"] == 1
    assert seen["messages"] == busiest["messages"] + other["messages"]
    assert seen["bytes"] == busiest["messages"] * 8 + other["messages"] * 2
    for wrong in ({"seconds": 61}, {"filter": "##"}):
        assert get(server, "/topics", **wrong).status == 400


def run(server, *args, check=True) -> subprocess.CompletedProcess:
    return binary.run(*args, *data(server), check=check)


def test_clients_on_the_terminal(server, register):
    holder, other = register(name="cli-holder"), register(name="cli-other")
    session = Lasting(server, holder, v5=True, expiry=3600).connect()
    session.subscribe("cli/owed", 1)
    session.leave()
    with Client(server, other, v5=True) as client:
        client.publish("cli/owed", "x")
        listed = run(server, "clients", "ls", "cli-")
        lines = [line.split() for line in listed.stdout.splitlines()[2:]]
        assert [line[:2] for line in lines] == [["cli-holder", "away"], ["cli-other", "connected"]]
        assert lines[0][-3:] == ["kept", "60", "min"] and lines[1][-2:] == ["with", "connection"]
        assert "1 connected, 1 away" in listed.stderr
        objects = json.loads(run(server, "clients", "ls", "cli-", "--json", "--limit", "1").stdout)
        assert [it["client_id"] for it in objects] == ["cli-holder"] and objects[0]["owed"] == 1
        shown = run(server, "clients", "show", "cli-holder").stdout
        assert "cli/owed (QoS 1)" in shown and "1 messages" in shown and "ends at 20" in shown
        assert run(server, "clients", "kick", "cli-other").stdout == "cli-other is disconnected.\n"
        assert client.cut.wait(5)
    gone = run(server, "clients", "kick", "cli-other", check=False)
    assert gone.returncode == 3 and "cli-other" in gone.stderr
    ended = run(server, "clients", "kick", "cli-holder", "--end-session").stdout
    assert ended == "cli-holder was away; its session has ended.\n"


def test_top_once(server, register):
    with Client(server, register()) as client:
        client.publish("top/x", "1")
        text = run(server, "top", "--once").stdout
        for words in ("headwater ", "connected, ", "/s in (", "lake.ingest", "slowest readers"):
            assert words in text, text
        assert "\x1b" not in text
        top = json.loads(run(server, "top", "--json").stdout)
        assert top["connected"] >= 1 and top["rates"]["messages_received"] >= 0
        assert top["broker"]["messages_received"] >= 1 and top["slowest"]
        # Where stdout is no terminal it is one look, too.
        assert "slowest readers" in run(server, "top").stdout


def test_top_of_an_account_that_is_not_the_first(fresh):
    server = fresh()
    account = binary.run("accounts", "create", "Other", *data(server)).stdout.strip()
    made = binary.run("keys", "create", "--format", "env", "--account", account, *data(server))
    keys = Keys.parse(made.stdout)
    server_args = ["--url", server.url("http"), "--api-key", keys.api_key]
    text = binary.run("top", "--once", *server_args).stdout
    assert "0 connected, 0 away" in text and "/s in" not in text


def test_retained_and_tail_on_the_terminal(server, register):
    with Client(server, register()) as client:
        retain(client, "shown/json", '{"n": 1}')
        retain(client, "shown/bytes", b"\xff\x00")
        listed = run(server, "retained", "ls", "shown/+").stdout
        assert "0xff00" in listed and '{"n": 1}' in listed
        two = ["tail", "shown/+", "--retained", "--count", "2"]
        lines = run(server, *two).stdout.splitlines()
        assert lines == ["retained      shown/bytes  0xff00", 'retained      shown/json  {"n": 1}']
        for way, shown in (("hex", "7b226e223a20317d"), ("json", '{"n": 1}'), ("text", '{"n": 1}')):
            assert run(server, *two, "--payload", way).stdout.splitlines()[1].endswith(shown)
        objects = [json.loads(line) for line in run(server, *two, "--json").stdout.splitlines()]
        assert all(it["retain"] for it in objects) and objects[1]["payload"] == {"n": 1}
        three = subprocess.Popen(
            [binary.path(), "tail", "shown/+", "--retained", "--count", "3", *data(server)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert "Listening" in three.stderr.readline()
        client.publish("shown/live", "now")
        assert three.communicate(timeout=10)[0].splitlines()[2].endswith("  shown/live  now")
        cleared = run(server, "retained", "rm", "shown/#").stdout
        assert cleared == "Cleared 2 retained messages.\n"
        assert run(server, "retained", "rm", "shown/#", check=False).returncode == 3


def test_topics_on_the_terminal(server, register):
    with Client(server, register()) as client:
        asking = subprocess.Popen(
            [binary.path(), "topics", "counted/#", "--seconds", "2", *data(server)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert "Listening to counted/# for 2 s" in asking.stderr.readline()
        until(lambda: client.publish("counted/a", "1") or asking.poll() is not None, 10, "its end")
        out, errors = asking.communicate(timeout=10)
    assert out.splitlines()[2].split()[0] == "counted/a" and " on 1 topics in 2 s" in errors


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_bench_by_mutual_tls_leaves_nothing_behind(server, qos):
    done = run(server, "bench", "--publishers", "3", "--subscribers", "2", "--rate", "50",
               "--for", "1s", "--qos", str(qos), "--json")
    report = json.loads(done.stdout)
    assert report["sent"] == report["confirmed"] and 145 <= report["sent"] <= 150
    assert report["received"] == 2 * report["sent"]
    assert report["lost"] == report["doubled"] == report["out_of_order"] == report["broken"] == 0
    assert (report["acknowledged"] is None) == (qos == 0)
    assert 0 < report["delivered"]["p50_ms"] <= report["delivered"]["max_ms"]
    iot = server.keys.client("iot")
    assert not [it for it in iot.list_policies()["policies"] if it["policyName"].startswith("bench")]
    labels = [it["label"] for it in get(server, "/keys").json()["keys"]]
    assert not [label for label in labels if label.startswith("bench")]
    assert "not removed" not in done.stderr


def test_bench_shares_and_says_what_is_wrong(server, tmp_path, register):
    shared = run(server, "bench", "--subscribers", "3", "--publishers", "2", "--shared", "--rate",
                 "50", "--for", "1s", "--json")
    report = json.loads(shared.stdout)
    assert report["received"] == report["sent"] and report["lost"] == 0
    denied = register(policies.only_topics("elsewhere/*"))
    port = server.address("mqtts")[1]
    refused = binary.run(
        "bench", f"mqtts://localhost:{port}", "--cert", str(denied.certificate), "--key", str(denied.key),
        "--ca", str(denied.ca), "--for", "1s", check=False)
    assert refused.returncode == 1 and "refused" in refused.stderr, refused.stderr
    nobody = binary.run("bench", "mqtt://127.0.0.1:1", "--for", "1s", check=False)
    assert nobody.returncode == 1 and "refused" in nobody.stderr
    for wrong in (["localhost"], ["mqtt://x", "--cert", "a", "--key", "b"], ["--qos", "3"],
                  ["--for", "10"], ["--topic", "$SYS"], ["--size", "1"]):
        assert run(server, "bench", *wrong, check=False).returncode == 2, wrong
