# SPDX-License-Identifier: Apache-2.0
"""Two people who edit one thing, texts full of markup, and everything by keyboard."""

import json

from playwright.sync_api import expect

from harness import policies, web
from harness.device import register
from harness.mqtt import Client

MARKUP = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'


def thing(house, name, **attributes):
    iot = house.keys.client("iot")
    iot.create_thing(thingName=name, attributePayload={"attributes": attributes})


def test_two_people_see_a_conflict_and_lose_nothing(house, tab):
    thing(house, "shared", place="cellar")
    first, second = tab(house, "/devices/shared?tab=details"), tab(house, "/devices/shared?tab=details")
    second.allow("409")
    value = "Value of attribute 1"
    expect(first.page.get_by_label(value)).to_have_value("cellar")
    expect(second.page.get_by_label(value)).to_have_value("cellar")
    first.page.get_by_label(value).fill("roof")
    first.page.get_by_role("button", name="Save", exact=True).click()
    expect(first.page.get_by_text("Saved.")).to_be_visible()
    second.page.get_by_label(value).fill("garden")
    second.page.get_by_role("button", name="Save", exact=True).click()
    notice = second.page.get_by_text("Somebody else has changed this device")
    expect(notice).to_be_visible()
    expect(second.page.locator(".diff")).to_contain_text("roof")
    expect(second.page.locator(".diff")).to_contain_text("garden")
    assert house.keys.client("iot").describe_thing(thingName="shared")["attributes"] == {"place": "roof"}
    second.page.get_by_role("button", name="Save mine over it").click()
    expect(notice).to_be_hidden()
    assert house.keys.client("iot").describe_thing(thingName="shared")["attributes"] == {"place": "garden"}


def test_two_people_and_one_policy(house, tab):
    iot = house.keys.client("iot")
    iot.create_policy(policyName="both", policyDocument=policies.EVERYTHING)
    one = tab(house, "/policies/both")
    one.allow("409")
    expect(one.page.get_by_role("button", name="Save as a new version")).to_be_enabled()
    iot.create_policy_version(policyName="both", policyDocument=policies.EVERYTHING.replace("iot:*", "iot:Connect"),
                              setAsDefault=True)
    one.page.get_by_role("button", name="Save as a new version").click()
    expect(one.page.get_by_text("Somebody else has changed this policy")).to_be_visible()
    one.page.get_by_role("button", name="Take theirs").click()
    expect(one.page.get_by_text("Somebody else has changed this policy")).to_be_hidden()


def test_two_people_and_one_type_or_group(house, tab):
    iot = house.keys.client("iot")
    iot.create_thing_type(thingTypeName="both-type")
    iot.create_thing_group(thingGroupName="both-group")
    for name, what, change in [
        ("both-type", "type", lambda: iot.update_thing_type(
            thingTypeName="both-type", thingTypeProperties={"thingTypeDescription": "theirs"})),
        ("both-group", "group", lambda: iot.update_thing_group(
            thingGroupName="both-group", thingGroupProperties={"thingGroupDescription": "theirs"})),
    ]:
        one = tab(house, "/devices/groups")
        one.allow("409")
        one.page.get_by_role("button", name=f"Edit {name}").click()
        dialog = one.page.get_by_role("dialog", name=name)
        about = dialog.get_by_label("About")
        expect(about).to_have_value("")
        assert not (wrong := one.axe()), "\n".join(wrong)
        change()
        about.fill("mine")
        dialog.get_by_role("button", name="Save", exact=True).click()
        expect(dialog.get_by_text(f"Somebody else has changed this {what}")).to_be_visible()
        expect(dialog.locator(".diff")).to_contain_text("theirs")
        dialog.get_by_role("button", name="Take theirs").click()
        expect(about).to_have_value("theirs")
        about.fill("ours")
        dialog.get_by_role("button", name="Save", exact=True).click()
        expect(dialog).to_be_hidden()
    assert iot.describe_thing_type(thingTypeName="both-type")["thingTypeProperties"]["thingTypeDescription"] == "ours"
    group = iot.describe_thing_group(thingGroupName="both-group")
    assert group["thingGroupProperties"]["thingGroupDescription"] == "ours"


def test_markup_from_devices_is_shown_and_never_run(house, tab, tmp_path):
    device = register(house, tmp_path, policies.EVERYTHING, "marked")
    with Client(house, device, client_id=MARKUP[:60]) as client:
        client.publish(f"marked/{MARKUP}".replace("#", ""), json.dumps({MARKUP: MARKUP, "n": 1}))
    one = tab(house, "/devices/marked")
    expect(one.page.locator("dt", has_text="onerror").first).to_be_visible()
    for path in ["/devices/marked?tab=messages", "/devices/marked?tab=events", "/devices/marked?tab=explain",
                 "/messages", "/system", "/data"]:
        one.go(path)
        one.page.wait_for_load_state("networkidle") if path not in ("/messages",) and "devices" not in path else None
        assert "owned" not in one.page.title()
        assert one.page.locator("main img[src=x]").count() == 0
        assert one.page.locator("main script").count() == 0


def test_the_main_flows_by_keyboard_alone(house, tab):
    one = tab(house, "/")
    one.heading("Home")
    keys = one.page.keyboard
    keys.press("Control+k")
    expect(one.page.get_by_role("combobox", name="Search")).to_be_focused()
    keys.type("add a dev")
    keys.press("Enter")
    one.heading("Add a device")
    expect(one.page.get_by_label("Name", exact=True)).to_be_focused()
    keys.type("typed")
    keys.press("Enter")
    expect(one.page.get_by_text("Waiting for the first message…")).to_be_visible()
    keys.press("Control+k")
    keys.type("typed")
    expect(one.page.get_by_role("option", name="typed")).to_be_visible()
    keys.press("Enter")
    one.page.wait_for_url("**/devices/typed")
    expect(one.page.get_by_role("tab", name="Charts")).to_be_visible()
    for _ in range(60):
        keys.press("Tab")
        if one.page.evaluate("document.activeElement?.getAttribute('role')") == "tab":
            break
    keys.press("ArrowRight")
    expect(one.page.get_by_role("tab", name="Messages")).to_be_focused()
    assert "tab=messages" in one.page.url
    keys.press("Control+k")
    keys.press("Escape")
    expect(one.page.get_by_role("tab", name="Messages")).to_be_focused()
