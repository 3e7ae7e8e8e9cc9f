# SPDX-License-Identifier: Apache-2.0
"""The demo in a browser: its link signs in, meters are live, and a pulled plug costs nothing."""

import re

import pytest
from playwright.sync_api import expect

from harness.demo import Demo
from harness.waiting import until

OUTCOME = re.compile(
    r"([\d,]+) acknowledged before the power went, ([\d,]+) there, 0 missing, back after "
    r"[\d.]+ s; (\d+) (was|were) on (its|their) way and never acknowledged")


@pytest.fixture
def demo(tmp_path):
    with Demo(tmp_path) as running:
        yield running


def test_the_plug(demo, tab):
    one = tab(demo, demo.link(), sign_in=False)
    # Requests that were on their way, or asked while the server was gone.
    one.allow("net::ERR_")
    one.heading("Demo")
    page = one.page
    expect(page.get_by_role("navigation", name="Places", exact=True).get_by_role("link", name="Demo")).to_be_visible()
    expect(page.locator("figure canvas")).to_have_count(3)
    flows(page)
    found = one.axe()

    page.get_by_role("button", name="Pull the plug").click()
    expect(page.get_by_text("acknowledged so far")).to_be_visible()
    expect(page.get_by_text("0 missing")).to_be_visible(timeout=60_000)
    said = page.get_by_text("0 missing").inner_text()
    outcome = OUTCOME.search(said)
    assert outcome, said
    acknowledged, there = (int(figure.replace(",", "")) for figure in outcome.groups()[:2])
    assert there == acknowledged > 0
    expect(page.get_by_text("Nothing is missing")).to_be_visible()
    demo.said("The plug was pulled: killed; back after")
    found += one.axe()
    assert not found, "\n".join(found)

    flows(page)
    page.get_by_role("link", name="The same in SQL").click()
    one.heading("Data")


def flows(page):
    """Values come while one looks. A meter that nobody draws water from says the same for minutes."""
    captions = page.locator("figcaption")
    expect(captions.first).to_contain_text("last", timeout=30_000)
    before = captions.all_inner_texts()
    until(lambda: captions.all_inner_texts() != before, 30, "another value")


def test_other_servers_are_no_demo(house, tab):
    one = tab(house, "/demo")
    one.heading("Demo")
    expect(one.page.get_by_text("This server is no demo")).to_be_visible()
    expect(one.page.get_by_role("link", name="Demo")).to_have_count(0)
