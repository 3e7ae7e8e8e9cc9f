#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pictures in docs/console: `make shots`. A server of its own, devices that speak for a while,
and Debian's Chromium on the main pages."""

import itertools
import json
import math
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import sync_playwright  # noqa: E402

from harness import device, policies, web  # noqa: E402
from harness.browser import DESKTOP, PHONE, Tab  # noqa: E402
from harness.mqtt import Client  # noqa: E402
from harness.server import Server  # noqa: E402

OUT = ROOT / "docs" / "console"
SECONDS = 150
PLACES = {"greenhouse": ("52.52", "13.40"), "meter-1": ("38.35", "-0.48"), "meter-2": ("38.36", "-0.49")}
DASHBOARD = {
    "id": "water", "title": "Water", "thing_type": "meter", "span": "5m", "widgets": [
        {"kind": "value", "title": "Now", "x": 0, "y": 0, "w": 3, "h": 2, "metrics": ["flow"], "unit": "l/min"},
        {"kind": "gauge", "title": "Battery", "x": 3, "y": 0, "w": 3, "h": 2, "metrics": ["battery"], "min": 2, "max": 4, "unit": "V"},
        {"kind": "timeline", "title": "Valve", "x": 6, "y": 0, "w": 6, "h": 2, "metrics": ["valve"]},
        {"kind": "line", "title": "Flow", "x": 0, "y": 2, "w": 8, "h": 4, "metrics": ["flow"], "unit": "l/min"},
        {"kind": "bar", "title": "Flow, in parts", "x": 8, "y": 2, "w": 4, "h": 4, "metrics": ["flow"], "unit": "l/min"},
    ],
}
PAGES = {
    "home": "/", "devices": "/devices", "device": "/devices/meter-1?span=5m", "add": "/devices/add",
    "dashboard": "/dashboards/water?device=meter-1&span=5m", "explain": "/devices/meter-2?tab=explain",
    "data": "/data", "policy": "/policies/meter-1-policy", "system": "/system",
}
#: What a page shows last, by page: the others have a heading.
DRAWN = {"device": "figure canvas", "dashboard": "figure canvas", "devices": "tbody a", "data": "tbody td"}
#: Whether that is there, and nothing is asked for any more.
THERE = """(last) => document.querySelector(last) !== null &&
  ![...document.querySelectorAll('[role=status]')].some((it) => it.innerText.startsWith('Asking for'))"""
#: (name, where, colours, size): the others are light and wide.
MORE = [("device-dark", "device", "dark", DESKTOP), ("device-phone", "device", "light", PHONE)]


def speak(server: Server, who: device.Device, stop: threading.Event):
    chance = random.Random(who.name)
    phase, shut = chance.random() * 6, 0
    with Client(server, who) as client:
        for step in itertools.count():
            flow = max(0.0, 6 + 5 * math.sin(step / 25 + phase) + chance.gauss(0, 0.4))
            shut = (shut + (chance.random() < 0.03)) % 2
            said = {"flow": round(flow, 2), "battery": round(3.3 - step / 9000, 3),
                    "temperature": round(14 + 2 * math.sin(step / 80), 2),
                    "valve": "shut" if shut else "open"}
            client.publish(f"devices/{who.name}/telemetry", json.dumps(said))
            if stop.wait(0.5):
                return


def furnish(server: Server, folder: pathlib.Path) -> list[device.Device]:
    iot = server.keys.client("iot")
    iot.create_thing_type(thingTypeName="meter")
    made = []
    for name, (lat, lon) in PLACES.items():
        made.append(device.register(server, folder, policies.EVERYTHING, name))
        attributes = {"attributes": {"lat": lat, "lon": lon, "site": "north"}}
        kind = {"thingTypeName": "meter"} if name.startswith("meter") else {}
        iot.update_thing(thingName=name, attributePayload=attributes, **kind)
    return made


def main():
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Server(pathlib.Path(folder)) as server:
        person = web.administrator(server)
        devices = furnish(server, pathlib.Path(folder))
        made = person.ask("POST", "/api/v1/dashboards", DASHBOARD)
        assert made.status == 201, made.text
        stop = threading.Event()
        speakers = [threading.Thread(target=speak, args=(server, one, stop)) for one in devices]
        for one in speakers:
            one.start()
        print(f"devices speak for {SECONDS} s …", flush=True)
        time.sleep(SECONDS - 15)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
            for name, where, scheme, size in [*((n, n, "light", DESKTOP) for n in PAGES), *MORE]:
                tab = Tab(chromium, server, scheme, size)
                tab.sign_in()
                tab.go(PAGES[where])
                if where == "data":
                    tab.page.get_by_role("button", name="Run").click()
                tab.page.wait_for_function(THERE, arg=DRAWN.get(where, "h1"), timeout=60_000)
                # What has come is drawn within the next frames.
                tab.page.wait_for_timeout(1500)
                tab.shot(OUT / f"{name}.png")
                print(OUT / f"{name}.png", *tab.close(), flush=True)
            chromium.close()
        stop.set()
        for one in speakers:
            one.join()


if __name__ == "__main__":
    main()
