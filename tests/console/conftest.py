# SPDX-License-Identifier: Apache-2.0
"""Debian's Chromium, and pages that notice what a person would not: faults, refused loads, requests
to anywhere else."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from harness import web
from harness.browser import Tab

#: What keeps a headless Chromium quiet and able to draw without a graphics card.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


@pytest.fixture(scope="module")
def chromium():
    """Ends with the module: its event loop would be in the way of tests with one of their own."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def tab(chromium):
    """`tab(server, …)` opens a window; at the end nothing may have gone wrong in any of them."""
    opened = []

    def open_tab(server, path="/", sign_in=True, **context) -> Tab:
        one = Tab(chromium, server, **context)
        opened.append(one)
        if sign_in:
            one.sign_in()
        one.go(path)
        return one

    yield open_tab
    troubles = [trouble for one in opened for trouble in one.close()]
    assert not troubles, troubles


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server with an administrator, for the tests of a module."""
    from harness.server import Server

    with Server(tmp_path_factory.mktemp("console")) as running:
        web.administrator(running)
        yield running
