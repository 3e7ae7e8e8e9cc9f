# SPDX-License-Identifier: Apache-2.0
"""A certificate by ACME, from pebble: got, shown to browsers, kept over a restart, got anew in time,
and the old one is shown while the ACME server is away."""

import json
import ssl

import pytest

from harness import binary, tls, web
from harness.acme import Pebble, free_port
from harness.waiting import until

NAME = "iot.example.com"
BROWSER = ["http/1.1"]


def workers(server) -> dict[str, dict]:
    answer = web.ask_socket(server, "GET", "/api/v1/workers").json()
    return {one["name"]: one for one in answer["workers"]}


def acme(server) -> dict:
    return workers(server)["identity.acme"]


def told(server) -> list[str]:
    """Outcomes of events about certificates."""
    sql = "select outcome from events where kind = 'certificate' order by time"
    done = binary.run("sql", sql, "--json", "--data", str(server.data), check=False)
    return [row["outcome"] for row in json.loads(done.stdout or "[]")] if done.returncode == 0 else []


def settings(folder, pebble: Pebble, names=(NAME,), more=""):
    path = folder / "headwater.toml"
    path.write_text(f"""
[certificates.acme]
directory_url = "{pebble.directory}"
contact = ["mailto:ops@example.com"]
names = {json.dumps(list(names))}
ca_file = "{pebble.ca_file}"
{more}
""")
    return path


@pytest.fixture
def house(tmp_path, fresh):
    """`house(seconds)`: pebble, and a server that asks it."""
    started = []

    def start(seconds: int, running: bool = True, names=(NAME,)):
        port = free_port()
        pebble = Pebble(tmp_path, port, seconds)
        started.append(pebble)
        if running:
            pebble.start()
        config = settings(tmp_path, pebble, names)
        server = fresh("--config", str(config), env={
            "HEADWATER_LISTEN_HTTPS": f"127.0.0.1:{port}", "HEADWATER_PUBLIC_HOST": NAME})
        return server, pebble

    yield start
    for pebble in started:
        pebble.stop()


def has_one(server):
    state = acme(server)
    assert state["state"] != "failing", state
    return state["state"] == "idle"


def serial(server, root) -> str:
    return tls.shown(server, root, NAME, alpn=BROWSER)["serialNumber"]


def test_got_shown_and_kept_over_a_restart(house):
    server, pebble = house(seconds=86_400, names=(NAME, "console.example.com"))
    until(lambda: has_one(server), 30, "a certificate")
    root, own = pebble.root(), server.data / "ca.pem"
    seen = tls.shown(server, root, NAME, alpn=BROWSER)
    assert tls.names(seen) == {NAME, "console.example.com"}
    assert "Pebble" in tls.issuer(seen)
    tls.shown(server, root, "console.example.com", alpn=BROWSER)
    # Devices go on seeing what they trust, at either door.
    for door, alpn in (("mqtts", None), ("https", None), ("https", ["x-amzn-mqtt-ca"])):
        assert tls.issuer(tls.shown(server, own, NAME, door, alpn)) == "Headwater CA"
    assert tls.issuer(tls.shown(server, own, "localhost", alpn=BROWSER)) == "Headwater CA"
    # Nobody is answered as in a challenge any more.
    with pytest.raises(ssl.SSLError):
        tls.shown(server, root, NAME, alpn=["acme-tls/1"])

    first = seen["serialNumber"]
    pebble.stop()
    server.stop()
    server.start()
    assert serial(server, root) == first
    assert acme(server)["state"] in ("starting", "idle")
    public = web.ask_socket(server, "GET", "/api/v1/authorities").json()["authorities"][2]
    assert (public["kind"], public["source"], public["days_left"]) == ("public", "acme", 0)


def test_got_anew_in_time_and_kept_while_the_acme_server_is_away(house):
    # It lives for 45 seconds, and is got anew when 15 are left.
    server, pebble = house(seconds=45)
    until(lambda: has_one(server), 30, "a certificate")
    root = pebble.root()
    first = serial(server, root)
    until(lambda: serial(server, root) != first, 60, "another before the end")
    second = serial(server, root)
    pebble.stop()
    failing = until(lambda: acme(server)["state"] == "failing" and acme(server), 60, "a failed try")
    assert "the ACME server" in failing["last_error"], failing
    assert serial(server, root) == second, "the old one is shown on"
    until(lambda: "failed" in told(server), 10, "an event")
    doctor = binary.run("doctor", "--data", str(server.data), "--json", check=False)
    found = [one for one in json.loads(doctor.stdout)["findings"] if "public certificate" in one["text"]]
    assert found and found[0]["level"] == "warn", doctor.stdout
    # It is back, as another that has forgotten the account: a new one is made.
    pebble.start()
    root = pebble.root()

    def again():
        try:
            return serial(server, root) != second
        except ssl.SSLError:
            return False

    until(again, 60, "another from the one that is back")
    until(lambda: acme(server)["last_error"] is None, 10, "the worker to be well")


def test_no_acme_server_at_the_start(house):
    server, _ = house(seconds=86_400, running=False)
    state = until(lambda: acme(server)["state"] == "failing" and acme(server), 20, "a failed try")
    assert state["lag"] == "no certificate yet"
    # Nobody is kept out: browsers see the CA's.
    seen = tls.shown(server, server.data / "ca.pem", NAME, alpn=BROWSER)
    assert tls.issuer(seen) == "Headwater CA"
    doctor = binary.run("doctor", "--data", str(server.data), "--json", check=False)
    assert "no certificate by ACME yet" in doctor.stdout


def test_a_name_that_can_not_be_proved(tmp_path, fresh):
    """The ACME server looks at another port, where nobody answers."""
    with Pebble(tmp_path, free_port(), 86_400) as pebble:
        server = fresh("--config", str(settings(tmp_path, pebble)))
        state = until(lambda: acme(server)["state"] == "failing" and acme(server), 40, "a failed try")
        assert f"{NAME} could not be proved" in state["last_error"], state
        assert "port 443" in state["last_error"]


def test_an_account_that_the_operator_has_given_out(tmp_path, fresh):
    key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    file, port = tmp_path / "eab.key", free_port()
    file.write_text(key + "\n")
    with Pebble(tmp_path, port, 86_400, external={"kid-1": key}) as pebble:
        more = f'eab_key_id = "kid-1"\neab_key_file = "{file}"'
        server = fresh("--config", str(settings(tmp_path, pebble, more=more)), env={
            "HEADWATER_LISTEN_HTTPS": f"127.0.0.1:{port}", "HEADWATER_PUBLIC_HOST": NAME})
        until(lambda: has_one(server), 30, "a certificate")
        assert "Pebble" in tls.issuer(tls.shown(server, pebble.root(), NAME, alpn=BROWSER))


def test_without_the_account_that_is_asked_for(tmp_path, fresh):
    external = {"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajV"}
    with Pebble(tmp_path, free_port(), 86_400, external=external) as pebble:
        server = fresh("--config", str(settings(tmp_path, pebble)))
        state = until(lambda: acme(server)["state"] == "failing" and acme(server), 40, "a failed try")
        assert "externalAccountBinding" in state["last_error"], state
