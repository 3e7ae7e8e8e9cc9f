# SPDX-License-Identifier: Apache-2.0
"""Every page in light and dark, wide and narrow: nothing goes wrong on it, axe finds nothing, and
nothing is cut off at the side."""

import pytest

from harness import policies
from harness.browser import DESKTOP, PHONE
from harness.device import register
from harness.mqtt import Client

ROUTES = {
    "/": "Home",
    "/devices": "Devices",
    "/devices/add": "Add a device",
    "/devices/greenhouse": "greenhouse",
    "/devices/greenhouse?tab=messages": "greenhouse",
    "/devices/greenhouse?tab=events": "greenhouse",
    "/devices/greenhouse?tab=access": "greenhouse",
    "/devices/greenhouse?tab=explain": "greenhouse",
    "/devices/greenhouse?tab=details": "greenhouse",
    "/devices/greenhouse?table": "greenhouse",
    "/messages": "Messages",
    "/messages/explain?thing=greenhouse": "Explain",
    "/data": "Data",
    "/policies": "Policies",
    "/policies/new": "New policy",
    "/policies/greenhouse-policy": "greenhouse-policy",
    "/certificates": "Certificates",
    "/people": "Users and keys",
    "/system": "System",
    "/me": "ada",
}


@pytest.fixture(scope="module")
def planted(house, tmp_path_factory):
    """A house with a device that has spoken."""
    device = register(house, tmp_path_factory.mktemp("device"), policies.EVERYTHING, "greenhouse")
    with Client(house, device) as client:
        for number in range(20):
            client.publish("greenhouse/air", f'{{"temperature": {20 + number / 10}, "door": "shut"}}')
    house.flush()
    return house


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_route(planted, tab, scheme, size):
    one = tab(planted, "/", scheme=scheme, size=size)
    found = []
    for path, title in ROUTES.items():
        one.go(path)
        one.heading(title)
        one.page.wait_for_function("() => !document.body.innerText.includes('Asking for')")
        found += one.axe()
        wide = one.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            found.append(f"{path}: {wide} pixels stand out at the side")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_routes_for_nobody(planted, tab, scheme):
    one = tab(planted, "/sign-in", sign_in=False, scheme=scheme)
    one.allow("401", "403")
    one.heading("Sign in")
    found = one.axe()
    one.go("/setup#nothing")
    one.heading("This link opens nothing")
    found += one.axe()
    assert not found, "\n".join(found)


def test_a_path_that_is_none(planted, tab):
    one = tab(planted, "/nowhere")
    one.allow("404", "Not found")
    one.heading("There is no such page")
