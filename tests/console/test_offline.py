# SPDX-License-Identifier: Apache-2.0
"""The console as an app: its manifest, its service worker, and a server that is gone."""

import json

from playwright.sync_api import expect

from harness import web


def test_the_manifest(house, tab):
    one = tab(house, "/")
    path = one.page.locator("link[rel=manifest]").get_attribute("href")
    answer = web.ask(house, "GET", path)
    assert answer.status == 200 and "manifest+json" in answer.headers["Content-Type"], answer.headers
    manifest = json.loads(answer.text)
    assert {"name", "short_name", "start_url", "display", "icons"} <= set(manifest)
    assert manifest["display"] == "standalone" and manifest["start_url"] == manifest["scope"] == "/"
    for icon in manifest["icons"]:
        found = web.ask(house, "GET", icon["src"])
        assert found.status == 200 and icon["type"] in found.headers["Content-Type"]
    # What Chromium itself finds wrong with it.
    session = one.context.new_cdp_session(one.page)
    assert session.send("Page.getAppManifest")["errors"] == []


def test_without_a_server_the_console_still_opens_and_says_so(fresh, tab):
    server = fresh()
    web.administrator(server)
    one = tab(server, "/", service_workers="allow")
    one.allow("Failed to load resource", "ERR_", "Failed to fetch", "fetch")
    one.heading("Home")
    one.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    # Its files are kept once the worker has served them.
    one.go("/devices")
    one.heading("Devices")
    server.kill()
    one.go("/devices")
    expect(one.page.get_by_text("can’t be reached").first).to_be_visible()
    assert one.page.evaluate("document.fonts.size !== undefined && getComputedStyle(document.body).margin") == "0px"
    server.start()
    again = one.page.get_by_role("button", name="Try again")
    again.click()
    one.heading("Devices")


def test_what_is_asked_of_the_api_is_never_kept(house, tab):
    one = tab(house, "/devices", service_workers="allow")
    one.heading("Devices")
    one.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    one.go("/people")
    one.heading("Users and keys")
    kept = one.page.evaluate("""async () => {
      const names = await caches.keys();
      const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return requests.flat().map(({ url }) => new URL(url).pathname);
    }""")
    assert kept and not [path for path in kept if path.startswith("/api")], kept
