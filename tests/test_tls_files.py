# SPDX-License-Identifier: Apache-2.0
"""A certificate that somebody else has signed, from files: who sees it, that it is read again, and what
is said of files that are of no use."""

import os
import shutil

import pytest

from harness import policies, tls, web
from harness.device import register
from harness.mqtt import Client
from harness.server import NotReady
from harness.waiting import until

NAME = "iot.example.com"
BROWSER = ["http/1.1"]


@pytest.fixture
def works(tmp_path):
    return tls.Authority(tmp_path / "works")


def settings(folder, chain, key, more: str = ""):
    path = folder / "headwater.toml"
    path.write_text(f'[certificates]\nserver_chain_file = "{chain}"\nserver_key_file = "{key}"\n{more}')
    return path


def serve(fresh, config, **env):
    return fresh("--config", str(config), env={"HEADWATER_PUBLIC_HOST": NAME, **env})


def worker(server) -> dict:
    all_of_them = web.ask_socket(server, "GET", "/api/v1/workers").json()["workers"]
    return next(one for one in all_of_them if one["name"] == "identity.certificate_files")


def put(source, target):
    """Whole or not at all, as who renews certificates does."""
    shutil.copy(source, f"{target}.new")
    os.replace(f"{target}.new", target)


def test_browsers_see_it_and_devices_see_the_own(works, fresh, tmp_path):
    chain, key = works.sign([f"DNS:{NAME}", "DNS:*.example.com"])
    server = serve(fresh, settings(tmp_path, chain, key))
    own = server.data / "ca.pem"
    for name in (NAME, "console.example.com"):
        assert tls.issuer(tls.shown(server, works.pem, name, alpn=BROWSER)) == "Works CA"
    assert tls.issuer(tls.shown(server, own, "localhost", alpn=BROWSER)) == "Headwater CA"
    assert tls.issuer(tls.shown(server, own, None, alpn=BROWSER)) == "Headwater CA"
    for door, alpn in (("mqtts", None), ("mqtts", BROWSER), ("https", None), ("https", ["mqtt"])):
        assert tls.issuer(tls.shown(server, own, NAME, door, alpn)) == "Headwater CA"
    device = register(server, tmp_path, policies.EVERYTHING)
    with Client(server, device) as client:
        client.publish("plant/1", "1")
    reach = web.ask_socket(server, "GET", "/api/v1/reach").json()
    public = {host["name"]: host["public"] for host in reach["hosts"]}
    assert public[NAME] is True and public["localhost"] is False


def test_devices_see_it_where_that_is_set(works, fresh, tmp_path):
    chain, key = works.sign([f"DNS:{NAME}"])
    config = settings(tmp_path, chain, key, "server_for_devices = true\n")
    server = serve(fresh, config)
    for door in ("mqtts", "https"):
        assert tls.issuer(tls.shown(server, works.pem, NAME, door)) == "Works CA"
        own = tls.shown(server, server.data / "ca.pem", "localhost", door)
        assert tls.issuer(own) == "Headwater CA"


def test_read_again_when_the_files_change(works, fresh, tmp_path):
    chain, key = works.sign([f"DNS:{NAME}"])
    server = serve(fresh, settings(tmp_path, chain, key))

    def serial():
        return tls.shown(server, works.pem, NAME, alpn=BROWSER)["serialNumber"]

    first = serial()
    # A key that does not fit: the one before is shown on, and it is told.
    _, other_key = works.sign([f"DNS:{NAME}"], stem="other")
    good_key = tmp_path / "good.key"
    shutil.copy(key, good_key)
    put(other_key, key)
    failing = until(lambda: worker(server)["state"] == "failing" and worker(server), 20, "a complaint")
    assert "is not that of the first certificate" in failing["last_error"]
    assert serial() == first
    put(good_key, key)
    until(lambda: worker(server)["state"] == "idle", 20, "the worker to be well")
    new_chain, new_key = works.sign([f"DNS:{NAME}"], stem="new")
    put(new_key, key)
    put(new_chain, chain)
    until(lambda: serial() != first, 20, "the new one")
    assert worker(server)["last_error"] is None


@pytest.mark.parametrize(("spoil", "words"), [
    ("key", "is not that of the first certificate"),
    ("expired", "days ago"),
    ("names", f"not for {NAME}"),
    ("missing", "can't be read"),
    ("empty", "has no certificates in PEM"),
    ("no key", "has no key in PEM"),
])
def test_files_of_no_use_at_the_start(works, fresh, tmp_path, spoil, words):
    name = "DNS:other.example.com" if spoil == "names" else f"DNS:{NAME}"
    chain, key = works.sign([name], days=-1 if spoil == "expired" else 60)
    if spoil == "key":
        _, key = works.sign([name], stem="other")
    elif spoil == "missing":
        chain = tmp_path / "nowhere.pem"
    elif spoil == "empty":
        chain.write_text("")
    elif spoil == "no key":
        key.write_text(chain.read_text())
    with pytest.raises(NotReady) as failed:
        serve(fresh, settings(tmp_path, chain, key))
    assert words in str(failed.value) and "server_chain_file" in str(failed.value)


def test_settings_that_contradict_each_other(fresh, tmp_path):
    for text, words in [
        ('[certificates]\nserver_key_file = "k"\n', "both or not at all"),
        ('[certificates.acme]\ndirectory_url = "http://x"\n', "https URL"),
        ('[certificates.acme]\ndirectory_url = "https://x"\nnames = ["192.0.2.7"]\n', "without addresses"),
        ('[certificates.acme]\ndirectory_url = "https://x"\nnames = ["a.b"]\ncontact = ["ops@x"]\n',
         "mailto:ops@x"),
        ('[certificates]\nserver_key_file = "k"\nserver_chain_file = "c"\n'
         '[certificates.acme]\ndirectory_url = "https://x"\nnames = ["a.b"]\n', "not both"),
    ]:
        config = tmp_path / "headwater.toml"
        config.write_text(text)
        with pytest.raises(NotReady) as failed:
            fresh("--config", str(config))
        assert words in str(failed.value), text
