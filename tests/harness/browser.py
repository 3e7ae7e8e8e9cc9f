# SPDX-License-Identifier: Apache-2.0
"""A window of a real browser on the console."""

import pathlib
import re
import urllib.parse

from playwright.sync_api import Browser, Page, expect

from . import binary
from .server import Server

AXE = binary.REPOSITORY / "console" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}

WATCH = """
window.__refused = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.__refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}`);
});
"""


LOOK = """
async (element, [bytes, property]) => {
  const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
  const probe = document.createElement('i');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const wanted = getComputedStyle(probe).color.match(/[0-9]+/g).map(Number);
  probe.remove();
  const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
  canvas.drawImage(picture, 0, 0);
  const { data } = canvas.getImageData(0, 0, picture.width, picture.height);
  const colours = new Set();
  let [count, x, y] = [0, 0, 0];
  for (let at = 0; at < data.length; at += 4) {
    colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    if (wanted.slice(0, 3).some((part, index) => Math.abs(part - data[at + index]) > 3)) continue;
    count += 1;
    x += (at / 4) % picture.width;
    y += Math.floor(at / 4 / picture.width);
  }
  return { colours: colours.size, count, x: x / (count || 1), y: y / (count || 1) };
}
"""


class Tab:
    """Notes what goes wrong: exceptions, errors on the console, violations of the policy, requests
    to other places. `allow(pattern)` names what a test provokes."""

    def __init__(self, chromium: Browser, server: Server, scheme: str = "light",
                 size: dict | None = None, door: str = "http", service_workers: str = "block"):
        self.server = server
        self.base = server.url(door)
        self.context = chromium.new_context(
            color_scheme=scheme, viewport=size or DESKTOP, base_url=self.base,
            reduced_motion="reduce", service_workers=service_workers, ignore_https_errors=door == "https")
        self.context.add_init_script(WATCH)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.troubles: list[str] = []
        # Kept out, since it would answer for a server that is gone.
        # Reading a picture of a canvas is slow without a graphics card, and told each time.
        self.allowed: list[str] = ["Service Worker registration blocked", "GL Driver Message"]
        self.page.on("pageerror", lambda error: self.troubles.append(f"exception: {error}"))
        self.page.on("console", self._said)
        self.page.on("request", self._requested)

    def _said(self, message):
        if message.type in ("error", "warning"):
            self.troubles.append(f"{message.type}: {message.text} {message.location.get('url')}")

    def _requested(self, request):
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.troubles.append(f"a request to elsewhere: {request.url}")

    def allow(self, *patterns: str):
        self.allowed += patterns

    def sign_in(self):
        """By a session that is made outside, as the sign-in page is tested once and not each time."""
        made = self.context.request.post(
            "/api/v1/session", data={"name": "ada", "password": "a long enough one"},
            headers={"Origin": self.base, "Sec-Fetch-Site": "same-origin"})
        assert made.ok, made.text()

    def go(self, path: str) -> "Tab":
        self.page.goto(path)
        return self

    def heading(self, text: str):
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    def axe(self) -> list[str]:
        """What axe finds wrong on the page as it stands (WCAG 2.2 A and AA, best practices)."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
        return [
            f"{urllib.parse.urlsplit(self.page.url).path}: {one['id']}: {node['target']} "
            f"{node.get('failureSummary', '')}"
            for one in found["violations"] for node in one["nodes"]
        ]

    def pixels(self, selector: str, property: str) -> dict:
        """What is drawn at an element: how many colours, and how many pixels of the colour that a
        custom property has, with the middle of them as (x, y) of the page."""
        place = self.page.locator(selector)
        picture = list(place.screenshot())
        found = place.evaluate(LOOK, [picture, property])
        box = place.bounding_box()
        found["x"], found["y"] = box["x"] + found["x"], box["y"] + found["y"]
        return found

    def shot(self, path: pathlib.Path, **more):
        self.page.screenshot(path=path, **more)

    def close(self) -> list[str]:
        if not self.page.is_closed():
            self.troubles += [f"policy: {one}" for one in self.page.evaluate("window.__refused")]
        self.context.close()
        return [one for one in self.troubles
                if not any(re.search(pattern, one) for pattern in self.allowed)]
