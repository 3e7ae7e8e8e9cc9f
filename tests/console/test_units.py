# SPDX-License-Identifier: Apache-2.0
"""Units of metrics: said once for a type, seen wherever the numbers are."""

import json

import pytest
from playwright.sync_api import expect

from harness import policies, web
from harness.device import register
from harness.mqtt import Client


@pytest.fixture(scope="module")
def meters(house, tmp_path_factory):
    iot = house.keys.client("iot")
    iot.create_thing_type(thingTypeName="watermeter")
    for name in ("unit-1", "unit-2"):
        device = register(house, tmp_path_factory.mktemp(name), policies.EVERYTHING, name)
        iot.update_thing(thingName=name, thingTypeName="watermeter")
        with Client(house, device) as client:
            client.publish("units/flow", json.dumps({"flow": 7.5, "level": 3, "state": "open"}))
    return house


def test_a_unit_is_said_once_for_all_of_a_type(meters, tab):
    one = tab(meters, "/devices/unit-1")
    expect(one.page.locator("dd", has_text="7.5")).to_be_visible()
    one.page.get_by_role("button", name="Units").click()
    dialog = one.page.get_by_role("dialog", name="Units of devices of type watermeter")
    dialog.get_by_label("flow").fill("l/min")
    assert not (wrong := one.axe()), "\n".join(wrong)
    dialog.get_by_role("button", name="Save").click()
    expect(one.page.locator("dd", has_text="7.5 l/min")).to_be_visible()
    expect(one.page.locator("figcaption", has_text="last 7.5 l/min")).to_be_visible()
    other = tab(meters, "/devices/unit-2")
    expect(other.page.locator("dd", has_text="7.5 l/min")).to_be_visible()
    # A chart that is pointed at says what it shows there.
    chart = other.page.locator("figure", has_text="flow").locator(".u-over")
    box = chart.bounding_box()
    other.page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 20)
    expect(other.page.locator("figcaption .pointed", has_text="7.5 l/min")).to_be_visible()
    text = web.ask(meters, "GET", "/api/v1/things/unit-2/series?metric=flow&metric=level", Accept="text/csv",
                   **meters.keys.bearer).text
    lines = text.split("\r\n")
    assert lines[0].endswith(",unit") and lines[1].endswith(",l/min") and lines[2].endswith(",")


def test_two_who_say_units_see_both(meters, tab):
    one = tab(meters, "/devices/unit-1")
    one.allow("409")
    one.page.get_by_role("button", name="Units").click()
    dialog = one.page.get_by_role("dialog", name="Units of devices of type watermeter")
    expect(dialog.get_by_label("level")).to_have_value("")
    said = web.ask(meters, "GET", "/api/v1/units", **meters.keys.bearer).json()
    said["units"].append({"type": None, "metric": "level", "unit": "m"})
    changed = web.ask(meters, "PUT", "/api/v1/units", said, **meters.keys.bearer)
    assert changed.status == 200, changed.text
    dialog.get_by_label("level").fill("cm")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_text("Somebody else has changed the units")).to_be_visible()
    dialog.get_by_role("button", name="Save mine over it").click()
    expect(dialog).to_be_hidden()
    expect(one.page.locator("dd", has_text="3 cm")).to_be_visible()
    kept = web.ask(meters, "GET", "/api/v1/units", **meters.keys.bearer).json()["units"]
    assert {"type": None, "metric": "level", "unit": "m"} in kept
    assert {"type": "watermeter", "metric": "level", "unit": "cm"} in kept
