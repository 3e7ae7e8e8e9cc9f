# SPDX-License-Identifier: Apache-2.0
"""A second account, made and entered from the console; nothing of one is seen in the other."""

from playwright.sync_api import expect


def test_a_second_account(house, tab):
    house.keys.client("iot").create_thing(thingName="of-the-first")
    owner = tab(house, "/people")
    page = owner.page
    page.get_by_label("Name of a new account").fill("Water works")
    page.get_by_role("button", name="Make the account").click()
    dialog = page.get_by_role("dialog", name="The first administrator of account")
    expect(dialog.locator("code")).to_contain_text("/setup#")
    link = dialog.locator("code").inner_text().strip()
    account = dialog.get_by_role("heading").inner_text().split()[-1]
    assert not (wrong := owner.axe()), "\n".join(wrong)

    other = tab(house, "/", sign_in=False)
    other.allow("401")
    other.page.goto(link)
    expect(other.page.get_by_text(f"You will be the first administrator of account {account}")).to_be_visible()
    other.page.get_by_label("Name", exact=True).fill("wanda")
    for field in other.page.locator("input[type=password]").all():
        field.fill("a long enough one")
    other.page.get_by_role("button").last.click()
    other.heading("Home")
    other.go("/devices")
    expect(other.page.get_by_text("No device yet")).to_be_visible()
    other.go("/people")
    expect(other.page.get_by_role("heading", name="Users", exact=True)).to_be_visible()
    expect(other.page.get_by_role("heading", name="Accounts")).to_have_count(0)
    asked = other.context.request.get("/api/v1/accounts", headers={"Sec-Fetch-Site": "same-origin"})
    assert asked.status == 403

    # The owner has no way in but as a user of it.
    owner.go("/people")
    expect(page.get_by_role("button", name="Link for its first administrator")).to_have_count(0)
    page.get_by_role("button", name="Sign in to it").click()
    page.get_by_role("button", name="Sign out here").click()
    owner.allow("401")
    owner.heading("Sign in")
    expect(page.get_by_label("Account (12 digits)")).to_have_value(account)
    page.get_by_label("Name", exact=True).fill("wanda")
    page.get_by_label("Password", exact=True).fill("a long enough one")
    page.get_by_role("button", name="Sign in").click()
    owner.heading("Home")
    expect(page.get_by_text(f"account {account}").first).to_be_visible()
    owner.go("/devices/of-the-first")
    owner.allow("404")
    expect(page.get_by_role("alert")).to_contain_text("of-the-first")
