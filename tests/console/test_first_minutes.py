# SPDX-License-Identifier: Apache-2.0
"""From a fresh folder to a live chart of one's own device, by a person's own steps."""

import io
import subprocess
import time
import zipfile

import pytest
from playwright.sync_api import expect

from harness import binary, web
from harness.waiting import until

STEPS_MAX = 4
SECONDS_MAX = 60


#: Above the line that a way ends with.
LABELS = {
    "mosquitto_pub": "Publish a value:",
    "Simulate": "In that folder, with the server’s own binary, which behaves like a device:",
    "Simulate by script": "Where it is not installed, a script does the same with mosquitto_pub "
                          "(package mosquitto-clients):",
}


class Steps:
    """A step is one command, one form, or one page that must be found (reference: the issue)."""

    def __init__(self):
        self.taken: list[str] = []
        self.began = time.monotonic()

    def take(self, what: str):
        self.taken.append(f"{time.monotonic() - self.began:.1f} s: {what}")


def unpacked(download, folder):
    with zipfile.ZipFile(io.BytesIO(open(download.path(), "rb").read())) as packed:
        packed.extractall(folder)
        assert packed.testzip() is None
    return next(folder.iterdir())


def command(tab, label: str) -> str:
    return tab.page.get_by_role("region", name=label).inner_text()


def test_four_steps_to_the_first_chart(fresh, tab, tmp_path):
    server, steps = fresh(), Steps()
    steps.take("start the server, which prints one link")
    link = "/setup#" + web.token(server.setup_line)

    one = tab(server, link, sign_in=False)
    one.allow("401")
    one.page.get_by_label("Name", exact=True).fill("ada")
    one.page.get_by_label("Password", exact=True).fill("correct horse battery")
    one.page.get_by_role("button", name="Go on").click()
    steps.take("open it and choose a password")
    one.heading("Home")

    one.page.get_by_role("link", name="Add a device").first.click()
    one.page.get_by_label("Name", exact=True).fill("greenhouse")
    one.page.get_by_role("button", name="Add it").click()
    steps.take("add a device")
    expect(one.page.get_by_text("Waiting for the first message…")).to_be_visible()
    with one.page.expect_download() as saved:
        one.page.get_by_role("button", name="Download greenhouse-curl.zip").click()
    folder = unpacked(saved.value, tmp_path / "kit")
    line = command(one, "Publish a value:")
    done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, timeout=30)
    sent = time.monotonic()
    assert done.returncode == 0, done.stderr
    steps.take("copy one line to the device")

    expect(one.page.get_by_text("It is here")).to_be_visible()
    expect(one.page.locator("figure canvas").first).to_be_visible()
    shown = time.monotonic() - sent
    assert shown <= 2, f"{shown:.1f} s from the publish to the pixel"
    expect(one.page.get_by_text("temperature").first).to_be_visible()
    assert len(steps.taken) <= STEPS_MAX, steps.taken
    assert time.monotonic() - steps.began <= SECONDS_MAX, steps.taken


@pytest.mark.parametrize("way", ["mosquitto_pub", "Python", "AWS SDK", "Simulate", "Simulate by script"])
def test_ways_with_a_certificate_work_as_they_are_written(house, tab, tmp_path, way):
    name = f"way-{way.lower().replace(' ', '-').replace('_', '-')}"
    one = add(tab(house, "/devices/add"), name, "A certificate")
    folder = take(one, way, tmp_path)
    try_out(one, way, folder)
    expect(one.page.get_by_text("It is here")).to_be_visible()


@pytest.mark.parametrize("way", ["mosquitto_pub", "Python", "Simulate", "Simulate by script"])
def test_ways_with_a_password_work_as_they_are_written(house, tab, tmp_path, way):
    name = f"password-{way.lower().replace(' ', '-').replace('_', '-')}"
    one = add(tab(house, "/devices/add"), name, "User name and password")
    folder = take(one, way, tmp_path)
    try_out(one, way, folder)
    expect(one.page.get_by_text("It is here")).to_be_visible()


def add(one, name: str, proof: str):
    one.page.get_by_label("Name", exact=True).fill(name)
    one.page.get_by_label(proof).check()
    one.page.get_by_role("button", name="Add it").click()
    expect(one.page.get_by_text("Waiting for the first message…")).to_be_visible()
    return one


def take(one, way: str, tmp_path):
    one.page.get_by_role("tab", name=way.removesuffix(" by script")).click()
    with one.page.expect_download() as saved:
        one.page.get_by_role("button", name="Download").click()
    return unpacked(saved.value, tmp_path / "kit")


def try_out(one, way: str, folder):
    """The line as it stands, but with the packages that are installed for the tests."""
    import sys
    line = command(one, LABELS.get(way, "In that folder:")).replace("python3 ", f"{sys.executable} ")
    if way == "Simulate":
        line = line.replace("headwater ", f"{binary.path()} ", 1)
    line = line.split("&& ")[-1]
    with subprocess.Popen(line, shell=True, cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True) as running:
        try:
            until(lambda: running.poll() is not None or one.page.get_by_text("It is here").count(),
                  30, f"{way} to publish")
            assert running.poll() in (None, 0), running.stdout.read()
        finally:
            import os
            import signal
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)


def test_a_refusal_shows_with_cause_and_cure(house, tab, tmp_path):
    one = add(tab(house, "/devices/add"), "refused", "A certificate")
    folder = take(one, "mosquitto_pub", tmp_path)
    line = command(one, "Publish a value:").replace("devices/refused/", "somewhere/else/")
    subprocess.run(line, shell=True, cwd=folder, capture_output=True, timeout=30)
    refused = time.monotonic()
    notice = one.page.get_by_role("alert").filter(has_text="What to do:")
    expect(notice.first).to_be_visible()
    assert time.monotonic() - refused <= 2.5
    expect(notice.first).to_contain_text("somewhere/else")
