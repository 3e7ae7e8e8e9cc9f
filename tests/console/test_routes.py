# SPDX-License-Identifier: Apache-2.0
"""Every page in light and dark, wide and narrow: nothing goes wrong on it, axe finds nothing, and
nothing is cut off at the side."""

import pytest

from harness import policies, web
from harness.browser import DESKTOP, PHONE
from harness.device import register
from harness.mqtt import Client

ROUTES = {
    "/": "Home",
    "/devices": "Devices",
    "/devices?presence=connected": "Devices",
    "/devices/add": "Add a device",
    "/devices/map": "Map",
    "/devices/groups": "Types and groups",
    "/devices/greenhouse": "greenhouse",
    "/devices/greenhouse?tab=messages": "greenhouse",
    "/devices/greenhouse?tab=events": "greenhouse",
    "/devices/greenhouse?tab=access": "greenhouse",
    "/devices/greenhouse?tab=explain": "greenhouse",
    "/devices/greenhouse?tab=details": "greenhouse",
    "/devices/greenhouse?table": "greenhouse",
    "/dashboards": "Dashboards",
    "/dashboards/empty": "Empty",
    "/messages": "Messages",
    "/messages/explain?thing=greenhouse": "Explain",
    "/data": "Data",
    "/policies": "Policies",
    "/policies/new": "New policy",
    "/policies/greenhouse-policy": "greenhouse-policy",
    "/certificates": "Certificates",
    "/certificates/CERTIFICATE": "Certificate SHORT…",
    "/people": "Users and keys",
    "/system": "System",
    "/me": "ada",
    "/demo": "Demo",
}


@pytest.fixture(scope="module")
def planted(house, tmp_path_factory):
    """A house with a device that has spoken."""
    device = register(house, tmp_path_factory.mktemp("device"), policies.EVERYTHING, "greenhouse")
    with Client(house, device) as client:
        for number in range(20):
            client.publish("greenhouse/air", f'{{"temperature": {20 + number / 10}, "door": "shut"}}')
    house.flush()
    iot = house.keys.client("iot")
    iot.create_thing_type(thingTypeName="sensor")
    iot.create_thing_group(thingGroupName="garden")
    iot.add_thing_to_thing_group(thingGroupName="garden", thingName="greenhouse")
    board = web.ask(house, "POST", "/api/v1/dashboards", {"id": "empty", "title": "Empty", "widgets": []}, **house.keys.bearer)
    assert board.status == 201, board.text
    house.certificate_id = device.certificate_id
    return house


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_route(planted, tab, scheme, size):
    one = tab(planted, "/", scheme=scheme, size=size)
    found = []
    for path, title in ROUTES.items():
        one.go(path.replace("CERTIFICATE", planted.certificate_id))
        one.heading(title.replace("SHORT", planted.certificate_id[:12]))
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
