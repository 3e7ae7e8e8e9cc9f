# SPDX-License-Identifier: Apache-2.0
"""Signing in, a session that ends, a server that goes and comes back."""

from playwright.sync_api import expect

from harness import policies, web
from harness.device import register
from harness.mqtt import Client
from harness.waiting import until


def test_who_signs_in_comes_back_to_the_page_asked_for(house, tab):
    one = tab(house, "/system?x=1", sign_in=False)
    one.allow("401")
    one.heading("Sign in")
    one.page.get_by_label("Name", exact=True).fill("ada")
    one.page.get_by_label("Password", exact=True).fill("not this one at all")
    one.page.get_by_role("button", name="Sign in").click()
    expect(one.page.get_by_role("alert")).to_contain_text("Not signed in")
    one.page.get_by_label("Password", exact=True).fill("a long enough one")
    # After a failure the next try waits a second; who is too fast is told so.
    one.allow("429")
    until(lambda: one.page.get_by_role("button", name="Sign in").click() or
          one.page.wait_for_timeout(700) or one.page.url.endswith("/system?x=1"), 15, "to be signed in")
    one.heading("System")
    assert one.page.url.endswith("/system?x=1")


def test_a_next_page_is_never_another_site(house, tab):
    one = tab(house, "/sign-in?next=//evil.example/", sign_in=True)
    one.heading("Home")


def test_a_session_that_ended_goes_to_sign_in_and_back(fresh, tab):
    server = fresh()
    person = web.administrator(server)
    one = tab(server, "/devices")
    one.allow("401")
    one.heading("Devices")
    assert person.ask("DELETE", "/api/v1/sessions").status == 204
    one.page.get_by_role("searchbox").fill("anything")
    one.heading("Sign in")
    one.page.get_by_label("Name", exact=True).fill("ada")
    one.page.get_by_label("Password", exact=True).fill("a long enough one")
    one.page.get_by_role("button", name="Sign in").click()
    one.heading("Devices")
    expect(one.page.get_by_role("searchbox")).to_have_value("anything")


def test_the_page_is_live_and_so_again_after_a_restart(fresh, tab, tmp_path):
    server = fresh()
    web.administrator(server)
    device = register(server, tmp_path, policies.EVERYTHING, "meter")
    with Client(server, device) as client:
        client.publish("meter/flow", '{"flow": 1.25}')
    one = tab(server, "/devices/meter")
    one.allow("Failed to load resource", "ERR_", "EventSource", "can’t be reached")
    value = one.page.locator("dd", has_text="1.25")
    expect(value).to_be_visible()
    with Client(server, device) as client:
        client.publish("meter/flow", '{"flow": 2.5}')
        expect(one.page.locator("dd", has_text="2.5")).to_be_visible(timeout=2000)
    server.kill()
    expect(one.page.get_by_text("this page reconnects…")).to_be_visible()
    server.start()
    expect(one.page.get_by_text("this page reconnects…")).to_be_hidden(timeout=15_000)
    with Client(server, device) as client:
        client.publish("meter/flow", '{"flow": 3.75}')
        expect(one.page.locator("dd", has_text="3.75")).to_be_visible(timeout=4000)


def test_a_server_that_is_gone_is_said_and_not_spun_about(fresh, tab):
    server = fresh()
    web.administrator(server)
    one = tab(server, "/")
    one.allow("Failed to load resource", "ERR_")
    # Both pages whole before the server goes: their scripts and first answers are here.
    one.page.get_by_role("link", name="Devices", exact=True).first.click()
    one.heading("Devices")
    one.page.get_by_role("link", name="Home", exact=True).first.click()
    one.heading("Home")
    expect(one.page.get_by_role("heading", name="Welcome")).to_be_visible()
    expect(one.page.get_by_role("paragraph").filter(has_text="Nothing")).to_be_visible(timeout=30_000)
    server.kill()
    one.page.get_by_role("link", name="Devices", exact=True).first.click()
    one.heading("Devices")
    expect(one.page.get_by_role("alert")).to_contain_text("can’t be reached")
    server.start()
    one.page.get_by_role("button", name="Try again").click()
    expect(one.page.get_by_role("alert")).to_have_count(0)
