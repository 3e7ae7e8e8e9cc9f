# SPDX-License-Identifier: Apache-2.0
"""How long a person waits for the console: DEVICES devices, POINTS points, a real Chromium on
loopback. `make bench-console`.

Each time is from the click or the address to the pixel, the median and the worst of ROUNDS; beside
it what it must be. The list is searched while it is shown; the map has a place for every device.
"""

import concurrent.futures
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

from playwright.sync_api import Page, sync_playwright  # noqa: E402

import people  # noqa: E402
from harness import web  # noqa: E402
from harness.server import Server  # noqa: E402

DEVICES = int(os.environ.get("DEVICES", "10000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run", "--use-angle=swiftshader",
             "--enable-unsafe-swiftshader"]
CHART = "document.querySelector('figure canvas') !== null && !document.body.innerText.includes('no values')"


def register(server: Server, person: web.Browser):
    """Things with a place each; by the API that the console has."""
    def one(number: int):
        place = {"lat": f"{number % 120 - 60}.{number % 97}", "lon": f"{number % 340 - 170}.{number % 89}"}
        body = {"name": f"sensor-{number:05}", "attributes": place}
        made = person.ask("POST", "/api/v1/things", body)
        if made.status != 201:
            raise SystemExit(made.text)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(DEVICES)))


def sign_in(page: Page):
    page.goto("/sign-in?next=/devices/measured")
    page.get_by_label("Name", exact=True).fill("ada")
    page.get_by_label("Password", exact=True).fill("a long enough one")


class Clock:
    def __init__(self, page: Page):
        self.page = page

    def until(self, act, condition: str) -> float:
        """Milliseconds from `act` until a condition of the page holds; it is asked each frame."""
        began = time.monotonic()
        act()
        self.page.wait_for_function(f"() => {condition}", polling="raf", timeout=60_000)
        return (time.monotonic() - began) * 1000


def first_chart(page: Page) -> float:
    page.context.clear_cookies()
    sign_in(page)
    return Clock(page).until(page.get_by_role("button", name="Sign in").click, CHART)


def chart_by_address(page: Page) -> float:
    return Clock(page).until(lambda: page.goto("/devices/measured?span=1d", wait_until="commit"), CHART)


def list_of_devices(page: Page) -> float:
    return Clock(page).until(lambda: page.goto("/devices", wait_until="commit"),
                             "document.querySelectorAll('tbody a').length > 5")


def search(page: Page) -> float:
    page.goto("/devices")
    page.wait_for_selector("tbody a")
    box = page.get_by_role("searchbox")
    wanted = f"sensor-{DEVICES - 1:05}"
    return Clock(page).until(lambda: box.fill(wanted),
                             "document.querySelectorAll('tbody a').length === 1")


MAP = "document.querySelector('.map')?.dataset.drawn === 'yes'"


def map_of_devices(page: Page) -> float:
    """From the list, as people come there."""
    page.goto("/devices")
    page.wait_for_selector("tbody a")
    return Clock(page).until(page.get_by_role("link", name="Map", exact=True).click, MAP)


def map_by_address(page: Page) -> float:
    page.goto("/devices")
    page.wait_for_selector("tbody a")
    return Clock(page).until(lambda: page.goto("/devices/map", wait_until="commit"), MAP)


def scrolling(page: Page) -> float:
    """The longest frame while the list is scrolled through, in milliseconds."""
    page.goto("/devices")
    page.wait_for_selector("tbody a")
    return page.evaluate("""async () => {
      const box = document.querySelector('.box');
      let longest = 0, before = performance.now();
      for (let step = 0; step < 120; step++) {
        box.scrollTop += 900;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        if (step > 2) longest = Math.max(longest, now - before);
        before = now;
      }
      return longest;
    }""")


MEASURES = [
    ("sign-in to the first chart", first_chart, 1000),
    ("a device's page by its address", chart_by_address, None),
    (f"list of {DEVICES:,} devices", list_of_devices, 1000),
    ("search among them", search, 1000),
    ("longest frame while scrolling", scrolling, None),
    ("map of them, from the list", map_of_devices, 1000),
    ("the same by its address", map_by_address, 1000),
]


def main():
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        settings = pathlib.Path(folder) / "headwater.toml"
        settings.write_text(people.QUICK_KEYS)
        with Server(pathlib.Path(folder), "--config", str(settings)) as server:
            person = web.administrator(server)
            people.fill(server, pathlib.Path(folder))
            register(server, person)
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=ARGUMENTS)
                context = chromium.new_context(base_url=server.url("http"),
                                               viewport={"width": 1280, "height": 800})
                page = context.new_page()
                print(f"{'':36}{'median':>8}{'worst':>8}{'must':>8}  ms")
                for name, measure, must in MEASURES:
                    times = [measure(page) for _ in range(ROUNDS)]
                    line = f"{name:36}{statistics.median(times):8.0f}{max(times):8.0f}{must or '':>8}"
                    print(line.rstrip(), flush=True)
                chromium.close()


if __name__ == "__main__":
    main()
