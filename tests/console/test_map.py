# SPDX-License-Identifier: Apache-2.0
"""Maps: drawn from our own files alone, with a spot for each device that has a place, and the same
as text beside them."""

import json
import re

import pytest
from playwright.sync_api import expect

from harness import binary, policies
from harness.browser import DESKTOP, PHONE
from harness.device import register
from harness.mqtt import Client

PLACES = {"buoy-1": (54.3, 10.1), "buoy-2": (54.5, 13.4), "buoy-3": (57.1, 9.9)}
BOARD = {
    "id": "buoys", "title": "Buoys", "widgets": [
        {"kind": "map", "title": "All", "x": 0, "y": 0, "w": 8, "h": 5, "metrics": ["water"], "unit": "°C",
         "things": {"type": "buoy"}},
        {"kind": "map", "title": "One", "x": 8, "y": 0, "w": 4, "h": 5, "metrics": ["water"], "thing": "ferry"},
    ],
}


@pytest.fixture(scope="module")
def sea(house, tmp_path_factory):
    """Buoys that are registered where they lie, and a ferry that says where it is."""
    iot = house.keys.client("iot")
    iot.create_thing_type(thingTypeName="buoy")
    for number, (name, (lat, lon)) in enumerate(PLACES.items()):
        device = register(house, tmp_path_factory.mktemp(name), policies.EVERYTHING, name)
        iot.update_thing(thingName=name, thingTypeName="buoy",
                         attributePayload={"attributes": {"lat": str(lat), "lon": str(lon)}})
        with Client(house, device) as client:
            client.publish("sea/water", json.dumps({"water": 10.5 + number}))
    device = register(house, tmp_path_factory.mktemp("ferry"), policies.EVERYTHING, "ferry")
    with Client(house, device) as client:
        client.publish("sea/ferry", json.dumps({"lat": 55.5, "lon": 15.5, "water": 9.25}))
    iot.create_thing(thingName="nowhere")
    return house


def listed(name: str, value: str) -> re.Pattern:
    return re.compile(rf"^{name}\s*{re.escape(value)}\s*not connected$")


def drawn(one, map_):
    expect(map_).to_have_attribute("data-drawn", "yes", timeout=30_000)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_of_devices(sea, tab, scheme, size):
    one = tab(sea, "/devices/map", scheme=scheme, size=size)
    one.heading("Map")
    drawn(one, one.page.locator(".map"))
    expect(one.page.get_by_text("4 of 5 devices have a place")).to_be_visible()
    seen = one.page.get_by_role("region", name="Devices in sight")
    expect(seen.get_by_role("link")).to_have_text(["buoy-1", "buoy-2", "buoy-3", "ferry"])
    expect(seen).to_contain_text("not connected")
    found = one.pixels(".map canvas", "--accent")
    assert found["colours"] > 5 and found["count"] > 20, found
    wide = one.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    assert not (wrong := one.axe()), "\n".join(wrong)


def test_a_spot_is_clicked_and_its_device_opens(sea, tab):
    one = tab(sea, "/devices/map?search=buoy-2")
    drawn(one, one.page.locator(".map"))
    found = one.pixels(".map canvas", "--accent")
    one.page.mouse.click(found["x"], found["y"])
    one.page.wait_for_url("**/devices/buoy-2")


def test_what_is_out_of_sight_is_not_in_the_list(sea, tab):
    one = tab(sea, "/devices/map")
    drawn(one, one.page.locator(".map"))
    seen = one.page.get_by_role("region", name="Devices in sight")
    expect(seen).to_contain_text("4 of 4 in sight")
    # By keyboard: the map takes + and arrows.
    one.page.locator(".map canvas").focus()
    for key in ["+", "+", "+", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft"]:
        one.page.keyboard.press(key)
        one.page.wait_for_timeout(400)
    expect(seen).not_to_contain_text("4 of 4 in sight")


def test_a_fleet_on_both_sides_of_180_degrees(sea, tab):
    iot = sea.keys.client("iot")
    for name, lon in [("isle-west", "178.5"), ("isle-east", "-178.5")]:
        iot.create_thing(thingName=name, attributePayload={"attributes": {"lat": "-17.5", "lon": lon}})
    one = tab(sea, "/devices/map?search=isle")
    drawn(one, one.page.locator(".map"))
    seen = one.page.get_by_role("region", name="Devices in sight")
    expect(seen).to_contain_text("2 of 2 in sight")
    # They are as close as they are: a few steps to the east, and the western one is out of sight.
    one.page.locator(".map canvas").focus()
    for _ in range(4):
        one.page.keyboard.press("ArrowRight")
        one.page.wait_for_timeout(400)
    expect(seen.get_by_role("link")).to_have_text(["isle-east"])
    for name in ["isle-west", "isle-east"]:
        iot.delete_thing(thingName=name)


@pytest.mark.parametrize("name, place", [("ferry", "55.5, 15.5"), ("buoy-1", "54.3, 10.1")])
def test_the_page_of_a_device_with_a_place(sea, tab, name, place):
    one = tab(sea, f"/devices/{name}")
    named = one.page.get_by_role("region", name=f"{name} is at {place}")
    drawn(one, one.page.locator(".map", has=named))
    expect(one.page.get_by_text(f"At {place}")).to_be_visible()
    assert not (wrong := one.axe()), "\n".join(wrong)


def test_maps_on_a_dashboard(sea, tab, tmp_path):
    path = tmp_path / "buoys.json"
    path.write_text(json.dumps(BOARD))
    binary.run("dashboards", "create", "-f", str(path), "--data", str(sea.data))
    one = tab(sea, "/dashboards/buoys")
    both = one.page.get_by_role("region", name="All", exact=True)
    drawn(one, both.locator(".map"))
    expect(both.get_by_role("listitem")).to_have_text(
        [listed("buoy-1", "10.5 °C"), listed("buoy-2", "11.5 °C"), listed("buoy-3", "12.5 °C")])
    alone = one.page.get_by_role("region", name="One", exact=True)
    drawn(one, alone.locator(".map"))
    expect(alone.get_by_role("listitem")).to_have_text([listed("ferry", "9.25")])
    # Nothing on it means a device that would have to be chosen.
    expect(one.page.get_by_label("Device", exact=True)).to_have_count(0)
    assert not (wrong := one.axe()), "\n".join(wrong)
    one.page.get_by_role("button", name="Edit").click()
    one.page.get_by_role("button", name="Edit All").click()
    expect(one.page.get_by_label("Many devices")).to_be_checked()
    expect(one.page.get_by_label("Of the type")).to_have_value("buoy")
    one.page.get_by_label("With the attribute").fill("lat:54.3")
    one.page.get_by_role("button", name="Take it over").click()
    expect(both.get_by_role("listitem")).to_have_text([listed("buoy-1", "10.5 °C")])
