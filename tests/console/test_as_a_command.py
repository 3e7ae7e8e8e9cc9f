# SPDX-License-Identifier: Apache-2.0
"""What a form does, a shell does by the command that the form shows."""

import json
import subprocess

import pytest
from playwright.sync_api import expect

from harness import binary


@pytest.fixture
def command(house, tmp_path):
    """Opens *As a command* and runs what stands there, as a person would who has put in the folder."""
    (tmp_path / "headwater").symlink_to(binary.path())

    def run(one, form=None) -> str:
        (form or one.page).get_by_role("button", name="As a command").click()
        dialog = one.page.get_by_role("dialog")
        text = dialog.get_by_role("region", name="Command").inner_text()
        assert "/api/v1/" in dialog.get_by_role("region", name="Request").inner_text()
        assert not (wrong := one.axe()), "\n".join(wrong)
        env = binary.clean_environment(PATH=f"{tmp_path}:/usr/bin:/bin")
        text = f"set -e\n{text.replace('DIR', str(house.data))}\n"
        done = subprocess.run(["bash"], input=text, capture_output=True, text=True, env=env, cwd=tmp_path)
        assert done.returncode == 0, (text, done.stderr)
        return done.stdout
    return run


def test_a_device_and_its_credentials(house, tab, command, tmp_path):
    one = tab(house, "/devices/add")
    one.page.get_by_label("Name", exact=True).fill("by-shell")
    command(one)
    assert house.keys.client("iot").describe_thing(thingName="by-shell")["version"] == 1
    assert (tmp_path / "by-shell" / "device.key").is_file()
    details = tab(house, "/devices/by-shell?tab=details")
    details.page.get_by_role("button", name="Add an attribute").click()
    details.page.get_by_label("Name of attribute 1").fill("place")
    details.page.get_by_label("Value of attribute 1").fill("north:1")
    command(details)
    assert house.keys.client("iot").describe_thing(thingName="by-shell")["attributes"] == {"place": "north:1"}


def test_a_policy_and_its_next_version(house, tab, command):
    one = tab(house, "/policies/new")
    one.page.get_by_label("Name", exact=True).fill("by-shell")
    expect(one.page.get_by_role("button", name="Save", exact=True)).to_be_enabled()
    command(one)
    iot = house.keys.client("iot")
    assert iot.get_policy(policyName="by-shell")["defaultVersionId"] == "1"
    later = tab(house, "/policies/by-shell")
    expect(later.page.get_by_role("button", name="Save as a new version")).to_be_enabled()
    command(later)
    assert iot.get_policy(policyName="by-shell")["defaultVersionId"] == "2"


def test_a_key_with_a_label(house, tab, command):
    one = tab(house, "/people")
    one.page.get_by_label("What the key is for").fill("ada's $HOME")
    command(one, one.page.locator("form", has=one.page.get_by_label("What the key is for")))
    assert "ada's $HOME" in binary.run("keys", "ls", "--data", str(house.data)).stdout


def test_a_message(house, tab, command):
    one = tab(house, "/messages")
    one.page.get_by_text("Publish", exact=True).first.click()
    one.page.get_by_label("Topic", exact=True).fill("by/shell")
    text = "it's a $HOME `here`\\n\nEND"
    one.page.get_by_label("Payload", exact=True).fill(text)
    one.page.get_by_label("Retain").check()
    command(one)
    kept = house.keys.client("iot-data").get_retained_message(topic="by/shell")
    assert kept["payload"].decode() == text


@pytest.mark.parametrize("noun", ["type", "group"])
def test_a_type_and_a_group(house, tab, command, noun):
    one = tab(house, "/devices/groups")
    name = one.page.get_by_role("textbox", name=f"Name of a new {noun}")
    name.fill(f"{noun}-by-shell")
    command(one, one.page.locator("form", has=name))
    made = json.loads(binary.run(f"{noun}s", "show", f"{noun}-by-shell", "--json", "--data", str(house.data)).stdout)
    assert made["version"] == 1
