# SPDX-License-Identifier: Apache-2.0
"""Dashboards: made by hand, kept, one for all devices of a type, as files, and two who edit one."""

import json
import re

import pytest
from playwright.sync_api import expect

from harness import binary, policies
from harness.browser import PHONE
from harness.device import register
from harness.mqtt import Client

BOARD = {
    "id": "meters", "title": "Meters", "thing_type": "meter", "span": "1h",
    "widgets": [
        {"kind": "line", "title": "Flow", "x": 0, "y": 2, "w": 8, "h": 4, "metrics": ["flow"], "unit": "l/min"},
        {"kind": "value", "title": "Now", "x": 0, "y": 0, "w": 4, "h": 2, "metrics": ["flow"], "unit": "l/min"},
        {"kind": "gauge", "title": "Battery", "x": 4, "y": 0, "w": 4, "h": 2, "metrics": ["battery"], "max": 4},
        {"kind": "timeline", "title": "Valve", "x": 8, "y": 0, "w": 4, "h": 2, "metrics": ["valve"]},
        {"kind": "bar", "title": "Bars", "x": 8, "y": 2, "w": 4, "h": 4, "metrics": ["flow"]},
        {"kind": "table", "title": "Rows", "x": 0, "y": 6, "w": 6, "h": 4,
         "sql": "select metric, value from telemetry where thing = $1 order by time desc limit 5"},
        {"kind": "text", "title": "Note", "x": 6, "y": 6, "w": 6, "h": 4, "text": "<b>not bold</b>"},
    ],
}


@pytest.fixture(scope="module")
def meters(house, tmp_path_factory):
    iot = house.keys.client("iot")
    iot.create_thing_type(thingTypeName="meter")
    for name, flow in [("meter-1", 1.5), ("meter-2", 2.5)]:
        device = register(house, tmp_path_factory.mktemp(name), policies.EVERYTHING, name)
        iot.update_thing(thingName=name, thingTypeName="meter")
        with Client(house, device) as client:
            for step in range(10):
                said = {"flow": flow + step / 100, "battery": 3.1, "valve": "open" if step < 5 else "shut"}
                client.publish("meters/flow", json.dumps(said))
    return house


@pytest.fixture(scope="module")
def board(meters, tmp_path_factory):
    path = tmp_path_factory.mktemp("board") / "meters.json"
    path.write_text(json.dumps(BOARD))
    binary.run("dashboards", "create", "-f", str(path), "--data", str(meters.data))
    return meters


def test_one_dashboard_shows_each_device_of_its_type(board, tab):
    one = tab(board, "/dashboards/meters")
    one.heading("Meters")
    expect(one.page.get_by_label("Device", exact=True)).to_have_value("meter-1")
    expect(one.page.get_by_role("region", name="Now")).to_contain_text("1.59")
    expect(one.page.get_by_role("region", name="Flow").locator("canvas")).to_be_visible()
    expect(one.page.get_by_role("meter", name="battery")).to_have_attribute("aria-valuenow", "3.1")
    expect(one.page.get_by_role("region", name="Valve")).to_contain_text("shut")
    expect(one.page.get_by_role("region", name="Rows")).to_contain_text("flow")
    expect(one.page.get_by_text("<b>not bold</b>")).to_be_visible()
    one.page.get_by_label("Device", exact=True).fill("meter-2")
    one.page.keyboard.press("Enter")
    expect(one.page.get_by_role("region", name="Now")).to_contain_text("2.59")
    assert "device=meter-2" in one.page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
def test_it_is_for_everybody(board, tab, scheme, size):
    one = tab(board, "/dashboards/meters?device=meter-1", scheme=scheme, size=size)
    expect(one.page.get_by_role("region", name="Now")).to_contain_text("1.59")
    found = one.axe()
    one.go("/dashboards")
    one.heading("Dashboards")
    found += one.axe()
    assert not found, "\n".join(found)


def test_widgets_are_added_moved_and_kept(meters, tab):
    one = tab(meters, "/dashboards")
    one.page.get_by_role("button", name="New dashboard").first.click()
    one.page.get_by_label("Title", exact=True).fill("By hand")
    one.page.get_by_role("button", name="Make it").click()
    one.heading("By hand")
    one.page.get_by_label("New widget").select_option("value")
    one.page.get_by_role("button", name="Add").click()
    one.page.get_by_label("Title", exact=True).last.fill("Flow of one")
    one.page.get_by_label("Device", exact=True).last.fill("meter-1")
    one.page.get_by_role("button", name="flow", exact=True).click()
    one.page.get_by_role("button", name="Take it over").click()
    expect(one.page.get_by_role("region", name="Flow of one")).to_contain_text("1.59")
    handle = one.page.get_by_role("button", name=re.compile("^Move Flow of one"))
    handle.focus()
    for key in ["ArrowRight", "ArrowRight", "ArrowDown"]:
        one.page.keyboard.press(key)
    one.page.get_by_role("button", name="Save").click()
    expect(one.page.get_by_role("button", name="Edit")).to_be_visible()
    kept = json.loads(binary.run("dashboards", "show", "by-hand", "--json", "--data", str(meters.data)).stdout)
    place = {key: kept["widgets"][0][key] for key in ("kind", "x", "y", "thing", "metrics")}
    assert place == {"kind": "value", "x": 2, "y": 1, "thing": "meter-1", "metrics": ["flow"]}
    assert kept["version"] == 2


def test_two_who_edit_one_see_both_versions(board, tab):
    one = tab(board, "/dashboards/meters?edit&device=meter-1")
    one.allow("409")
    title = one.page.get_by_label("Title", exact=True)
    expect(title).to_have_value("Meters")
    shown = json.loads(binary.run("dashboards", "show", "meters", "--json", "--data", str(board.data)).stdout)
    changed = board.data.parent / "changed.json"
    changed.write_text(json.dumps({**shown, "about": "by somebody else"}))
    binary.run("dashboards", "change", "-f", str(changed), "--data", str(board.data))
    title.fill("Meters of mine")
    one.page.get_by_role("button", name="Save").click()
    expect(one.page.locator(".diff")).to_contain_text("by somebody else")
    one.page.get_by_role("button", name="Save mine over it").click()
    one.heading("Meters of mine")
    stale = binary.run("dashboards", "change", "-f", str(changed), "--data", str(board.data), check=False)
    assert stale.returncode != 0 and "version" in stale.stderr


def test_files_go_round(board, tmp_path):
    """`create` takes what `show --json` prints, for every noun."""
    data = ["--data", str(board.data)]
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"name": "round", "document": json.loads(policies.EVERYTHING)}))
    query = tmp_path / "query.json"
    query.write_text(json.dumps({"id": "newest", "title": "Newest", "sql": "select 1"}))
    thing = tmp_path / "thing.json"
    thing.write_text(json.dumps({"name": "round", "type": "meter", "attributes": {"place": "roof"}}))
    for noun, name, file in [("policies", "round", policy), ("queries", "newest", query), ("things", "round", thing)]:
        binary.run(noun, "create", "-f", str(file), *data)
        first = json.loads(binary.run(noun, "show", name, "--json", *data).stdout)
        assert name in binary.run(noun, "ls", *data).stdout
        again = tmp_path / f"{noun}.json"
        again.write_text(json.dumps(first))
        binary.run(noun, "change", "-f", str(again), *data)
        binary.run(noun, "rm", name, *data)
        assert binary.run(noun, "show", name, *data, check=False).returncode == 3
        binary.run(noun, "create", "-f", str(again), *data)
        second = json.loads(binary.run(noun, "show", name, "--json", *data).stdout)
        own = [key for key in ("name", "type", "attributes", "document", "id", "title", "sql") if key in first]
        assert {key: second[key] for key in own} == {key: first[key] for key in own}
