# SPDX-License-Identifier: Apache-2.0
"""The console on the HTTPS port, where people on other machines come in."""

import re

import pytest
from playwright.sync_api import expect

from harness import device, policies
from harness.mqtt import Client


def test_a_person_signs_in_and_sees_a_message_come(house, tab, tmp_path):
    one = tab(house, "/devices/by-https", sign_in=False, door="https")
    one.allow("401")
    assert one.page.url.startswith("https://")
    one.page.get_by_label("Name", exact=True).fill("ada")
    one.page.get_by_label("Password", exact=True).fill("a long enough one")
    one.page.get_by_role("button", name="Sign in").click()
    expect(one.page).to_have_url(re.compile("/devices/by-https"))
    (cookie,) = one.context.cookies()
    assert cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Strict", cookie

    one.allow("404")
    meter = device.register(house, tmp_path, policies.EVERYTHING, "by-https")
    one.page.reload()
    one.heading("by-https")
    with Client(house, meter) as client:
        client.publish("devices/by-https/data", '{"level": 4.25}')
    expect(one.page.get_by_text("4.25").first).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/devices", "/data", "/dashboards"])
def test_pages_load_from_there_alone(house, tab, path):
    one = tab(house, path, door="https")
    expect(one.page.get_by_role("heading", level=1)).to_be_visible()
    assert one.axe() == []
