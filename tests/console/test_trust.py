# SPDX-License-Identifier: Apache-2.0
"""The page that brings the CA to phones and computers, and which address a device is given."""

import hashlib
import json
import plistlib
import ssl

import pytest
from playwright.sync_api import expect

from harness import web
from harness.browser import DESKTOP, PHONE


def fingerprint(server) -> str:
    der = ssl.PEM_cert_to_DER_cert((server.data / "ca.pem").read_text())
    return hashlib.sha256(der).hexdigest().upper()


def change(one, path: str, edit):
    """Answers as the server does, but for what `edit` changes: its doors are open to this machine alone."""

    def answer(route):
        body = route.fetch().json()
        edit(body)
        route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    one.page.route(f"**{path}", answer)


def with_pages(body):
    assert body["pages"] == []
    body["pages"] = [
        {"host": host, "url": f"https://{host}:8443/trust", "qr": {"size": 33, "path": "M4 4h7v1h-7z"}}
        for host in ("192.0.2.7", "pi.local")]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ca_for_everybody(house, tab, scheme, size):
    one = tab(house, "/sign-in", sign_in=False, scheme=scheme, size=size)
    one.allow("401")
    change(one, "/api/v1/trust", with_pages)
    one.go("/trust")
    one.heading("Trust this server")
    shown = one.page.locator("dd code").inner_text().replace(":", "")
    assert shown == fingerprint(house)
    expect(one.page.get_by_role("img", name="QR code of https://192.0.2.7:8443/trust")).to_be_visible()
    one.page.get_by_label("Another address").select_option("pi.local")
    expect(one.page.get_by_role("link", name="https://pi.local:8443/trust")).to_be_visible()
    for label in ("iPhone, iPad", "Android", "Windows", "macOS", "Firefox", "Linux"):
        one.page.get_by_role("tab", name=label).click()
        expect(one.page.locator("ol li").first).to_be_visible()
        assert not one.axe(), label
    assert one.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_its_files(house, tab):
    one = tab(house, "/trust", sign_in=False)
    one.page.get_by_role("tab", name="Firefox").click()
    with one.page.expect_download() as saved:
        one.page.get_by_role("link", name="Download headwater-ca.pem").click()
    pem = (house.data / "ca.pem").read_text()
    assert open(saved.value.path()).read() == pem
    der = web.ask(house, "GET", "/api/v1/trust/ca.crt")
    assert (der.body, der.headers["content-type"]) == (
        ssl.PEM_cert_to_DER_cert(pem), "application/x-x509-ca-cert")
    profile = web.ask(house, "GET", "/api/v1/trust/ca.mobileconfig")
    assert profile.headers["content-type"] == "application/x-apple-aspen-config"
    inside = plistlib.loads(profile.body)["PayloadContent"]
    assert [(one["PayloadType"], one["PayloadContent"]) for one in inside] == [
        ("com.apple.security.root", der.body)]


def test_certificates_lead_to_it(house, tab):
    one = tab(house, "/certificates")
    one.page.get_by_role("link", name="Trust it on a computer or phone").click()
    one.heading("Trust this server")
    expect(one.page.get_by_text("open to this machine alone")).to_be_visible()


HOSTS = [
    {"name": "192.0.2.7", "covered": True, "why": "address", "public": False},
    {"name": "pi.local", "covered": True, "why": "name", "public": True},
    {"name": "localhost", "covered": True, "why": "public_host", "public": False},
    {"name": "203.0.113.9", "covered": False, "why": "address", "public": False},
]


def test_a_device_is_given_an_address_that_it_can_reach(house, tab):
    one = tab(house, "/devices/add")
    change(one, "/api/v1/reach", lambda body: body.update(hosts=HOSTS))
    one.page.get_by_label("Name", exact=True).fill("reached")
    one.page.get_by_role("button", name="Add it").click()
    command = one.page.get_by_role("region", name="Publish a value:")
    expect(command).to_contain_text("https://192.0.2.7:")
    choice = one.page.get_by_label("The device reaches this server at")
    choice.select_option("pi.local")
    # Under this name a browser sees another certificate than devices do: curl must not be taken for one.
    expect(command).to_contain_text("curl --no-alpn")
    expect(command).to_contain_text("https://pi.local:")
    choice.select_option("203.0.113.9")
    expect(one.page.get_by_text("does not name 203.0.113.9")).to_be_visible()
    choice.select_option("localhost")
    expect(one.page.get_by_text("localhost is this server for programs on its own machine")).to_be_visible()
    assert not one.axe()


def test_what_ends_soon_stands_on_home_and_system(house, tab):
    def near(body):
        body["authorities"][0].update(days_left=25, warning="30")
        body["devices_ending"] = {"ended": 1, "within_7_days": 2, "within_30_days": 3, "within_90_days": 12}

    one = tab(house, "/me")
    change(one, "/api/v1/authorities", near)
    for path in ("/", "/system"):
        one.go(path)
        expect(one.page.get_by_text("The CA’s certificate ends in 25 days")).to_be_visible()
        expect(one.page.get_by_text("A certificate of a device has ended")).to_be_visible()
        expect(one.page.get_by_text("12 certificates of devices end within 90 days")).to_be_visible()
        assert not one.axe()
    one.page.unroute("**/api/v1/authorities")
    one.go("/")
    one.heading("Home")
    assert one.page.get_by_text("ends in").count() == 0
