# SPDX-License-Identifier: Apache-2.0
"""People: the set-up link, passwords, sessions that outlive a restart, users, keys."""

import time

from harness import binary, web
from harness.waiting import until
from harness.web import OWN_PAGE, Browser, ask, bearer, token

PASSWORD = "a long enough one"


def sign_in(server, name="ada", password=PASSWORD, **more):
    return ask(server, "POST", "/api/v1/session", {"name": name, "password": password, **more},
               **OWN_PAGE)


def test_the_set_up_link_opens_once_and_its_session_outlives_a_restart(fresh):
    server = fresh()
    link = token(server.setup_line)
    assert "setup#" not in server.log.read_text(), "the link stands in no log"
    say = ask(server, "POST", "/api/v1/setup", {"token": link}, **OWN_PAGE)
    assert say.status == 202 and say.json() == {"account": "000000000001", "name": None}
    page = ask(server, "GET", "/setup", Accept="text/html")
    assert page.status == 200 and "/_app/immutable/entry/" in page.text

    weak = ask(server, "POST", "/api/v1/setup", {"token": link, "name": "ada", "password": "short"},
               **OWN_PAGE)
    assert weak.status == 400 and "12 characters" in weak.message
    browser = Browser(server)
    made = browser.ask("POST", "/api/v1/setup", {"token": link, "name": "ada", "password": PASSWORD})
    assert made.status == 200 and made.json()["role"] == "admin"
    cookie = made.headers["Set-Cookie"]
    assert "SameSite=Strict" in cookie and "HttpOnly" in cookie and cookie.startswith("headwater=")
    again = ask(server, "POST", "/api/v1/setup", {"token": link, "name": "eve", "password": PASSWORD},
                **OWN_PAGE)
    assert again.status == 403
    another = binary.run("setup-link", "--data", str(server.data), check=False)
    assert another.returncode == 1 and "users reset" in another.stderr

    assert server.stop() == 0
    server.start()
    assert server.setup_line == "", "there is an administrator"
    assert browser.ask("GET", "/api/v1/session").json()["name"] == "ada"
    assert browser.ask("DELETE", "/api/v1/session").status == 204
    assert browser.ask("GET", "/api/v1/session").status == 401


def test_a_new_start_prints_a_new_link_and_the_old_one_is_void(fresh):
    server = fresh()
    first = token(server.setup_line)
    server.stop()
    server.start()
    assert ask(server, "POST", "/api/v1/setup", {"token": first}, **OWN_PAGE).status == 403
    assert ask(server, "POST", "/api/v1/setup", {"token": token(server.setup_line)},
               **OWN_PAGE).status == 202


def test_nobody_is_told_who_exists_and_guessers_wait(fresh):
    server = fresh()
    web.administrator(server)
    answers, spans = [], []
    for name in ("ada", "nobody"):
        began = time.monotonic()
        wrong = sign_in(server, name, "not the password")
        spans.append(time.monotonic() - began)
        answers.append((wrong.status, wrong.body))
        # The third failure makes the next try wait three seconds, which no machine is slower than.
        tries = (sign_in(server, name, "not the password") for _ in range(20))
        locked = next(answer for answer in tries if answer.status == 429)
        assert int(locked.headers["Retry-After"]) >= 1
    assert answers[0] == answers[1] and answers[0][0] == 401
    assert 0.1 < spans[0] / spans[1] < 10
    until(lambda: sign_in(server).status == 200, 20, "a sign-in after the lock")
    other = sign_in(server, "ada", PASSWORD, account="123456789012")
    assert other.status == 401


def test_a_session_changes_something_only_from_our_own_page(fresh):
    server = fresh()
    browser = web.administrator(server)
    body = {"label": "x", "role": "read"}
    host = "%s:%s" % server.address("http")
    for headers in ({}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site", "Origin": f"http://{host}"}):
        refused = ask(server, "POST", "/api/v1/keys", body, Cookie=browser.cookie, **headers)
        assert refused.status == 403, headers
    assert ask(server, "POST", "/api/v1/keys", body, Cookie=browser.cookie,
               Origin=f"http://{host}").status == 200
    stream = ask(server, "GET", "/api/v1/stream?topic=%23", Cookie=browser.cookie,
                 Origin="http://evil.example")
    assert stream.status == 403
    form = ask(server, "POST", "/api/v1/session", b"name=ada&password=x",
               **OWN_PAGE, Content_Type="application/x-www-form-urlencoded")
    assert form.status == 415


def test_a_changed_password_signs_out_everywhere_else(fresh):
    server = fresh()
    here = web.administrator(server)
    there = Browser(server)
    assert there.ask("POST", "/api/v1/session", {"name": "ada", "password": PASSWORD}).status == 200
    listed = here.ask("GET", "/api/v1/sessions").json()["sessions"]
    assert len(listed) == 2 and [one["current"] for one in listed].count(True) == 1
    wrong = here.ask("PUT", "/api/v1/password", {"current": "x", "new": "another long one"})
    assert wrong.status == 403
    change = {"current": PASSWORD, "new": "another long one"}
    until(lambda: here.ask("PUT", "/api/v1/password", change).status == 200, 10, "a change")
    assert there.ask("GET", "/api/v1/session").status == 401
    assert here.ask("GET", "/api/v1/session").status == 200
    (only,) = here.ask("GET", "/api/v1/sessions").json()["sessions"]
    assert here.ask("DELETE", f"/api/v1/sessions/{only['id']}").status == 204
    assert here.ask("GET", "/api/v1/session").status == 401


def test_users_by_the_command_line(fresh):
    server = fresh()
    data = ["--data", str(server.data)]
    ada = web.administrator(server)
    link = token(binary.run("users", "create", "bob", "--role", "read", *data).stdout)
    bob = Browser(server)
    say = ask(server, "POST", "/api/v1/setup", {"token": link}, **OWN_PAGE)
    assert say.json()["name"] == "bob"
    assert bob.ask("POST", "/api/v1/setup", {"token": link, "password": PASSWORD}).status == 200
    assert bob.ask("GET", "/api/v1/users").status == 403, "a reader"
    assert bob.ask("POST", "/api/v1/sql", {"sql": "select 1"}).status == 200
    assert "bob" in binary.run("users", "ls", *data).stdout

    assert ada.ask("PATCH", "/api/v1/users/bob", {"role": "admin"}).status == 200
    assert bob.ask("GET", "/api/v1/users").status == 200, "at once"
    reset = token(binary.run("users", "reset", "bob", *data).stdout)
    assert bob.ask("GET", "/api/v1/users").status == 200, "until the link is opened"
    assert ask(server, "POST", "/api/v1/setup", {"token": reset, "password": "another long one"},
               **OWN_PAGE).status == 200
    assert bob.ask("GET", "/api/v1/users").status == 401
    binary.run("users", "rm", "bob", *data)
    last = binary.run("users", "rm", "ada", *data, check=False)
    assert last.returncode == 1 and "last administrator" in last.stderr
    gone = binary.run("users", "rm", "bob", *data, check=False)
    assert gone.returncode == 3


def test_keys_touch_nothing_but_themselves(fresh):
    server = fresh()
    data = ["--data", str(server.data)]
    ada = web.administrator(server)
    mine = ada.ask("POST", "/api/v1/keys", {"label": "ada's", "role": "admin"}).json()["api_key"]
    other = server.keys.api_key
    for method, path, body in [
        ("GET", "/api/v1/users", None), ("POST", "/api/v1/users", {"name": "x", "role": "admin"}),
        ("DELETE", "/api/v1/users/ada", None), ("POST", "/api/v1/users/ada/link", None),
        ("PATCH", "/api/v1/users/ada", {"role": "read"}), ("PUT", "/api/v1/password", {
            "current": PASSWORD, "new": "another long one"}),
        ("GET", "/api/v1/accounts", None), ("POST", "/api/v1/setup-link", None),
    ]:
        assert ask(server, method, path, body, **bearer(mine)).status == 403, path
    (seen,) = ask(server, "GET", "/api/v1/keys", **bearer(mine)).json()["keys"]
    assert seen["id"] == mine.split("_")[1] and seen["last_used"] and "secret" not in str(seen)
    others = ask(server, "DELETE", f"/api/v1/keys/{other.split('_')[1]}", **bearer(mine))
    assert others.status == 404

    child = ask(server, "POST", "/api/v1/keys", {"label": "child", "role": "admin"},
                **bearer(mine)).json()
    grandchild = ask(server, "POST", "/api/v1/keys", {"label": "x", "role": "read"},
                     **bearer(child["api_key"]))
    assert grandchild.status == 403
    listed = binary.run("keys", "ls", *data).stdout
    assert child["access_key_id"] in listed and "ada's" in listed and mine not in listed
    binary.run("keys", "revoke", mine.split("_")[1], *data)
    for key in (mine, child["api_key"]):
        assert ask(server, "GET", "/api/v1/session", **bearer(key)).status == 401
    assert child["access_key_id"] not in binary.run("keys", "ls", *data).stdout
    gone = binary.run("keys", "revoke", mine.split("_")[1], *data, check=False)
    assert gone.returncode == 3


def test_health_needs_no_key_and_tells_nothing(server):
    for path in ("/healthz", "/readyz"):
        answer = ask(server, "GET", path)
        assert (answer.status, answer.text) == (200, "ok\n")


def test_who_runs_the_server_makes_accounts_and_no_way_into_them(fresh):
    server = fresh()
    owner = web.administrator(server)
    assert owner.ask("GET", "/api/v1/session").json()["operator"] is True
    made = owner.ask("POST", "/api/v1/accounts", {"name": "Water works"})
    assert made.status == 201, made.text
    account = made.json()["account"]
    link = owner.ask("POST", f"/api/v1/accounts/{account}/link")
    assert link.status == 200, link.text
    wanda = web.Browser(server)
    asked = wanda.ask("POST", "/api/v1/setup", {
        "token": web.token(link.json()["path"]), "name": "wanda", "password": PASSWORD})
    assert (asked.status, asked.json()["account"], asked.json()["operator"]) == (200, account, False)
    listed = {one["account"]: one["has_administrator"]
              for one in owner.ask("GET", "/api/v1/accounts").json()["accounts"]}
    assert listed == {"000000000001": True, account: True}
    again = owner.ask("POST", f"/api/v1/accounts/{account}/link")
    assert (again.status, again.json()["error"]["kind"]) == (409, "conflict")
    assert owner.ask("POST", "/api/v1/accounts/999999999999/link").status == 404
    assert owner.ask("POST", "/api/v1/accounts/none/link").status == 400
    for method, path, body in [("GET", "/api/v1/accounts", None), ("POST", "/api/v1/accounts", {"name": "x"}),
                               ("POST", "/api/v1/accounts/000000000001/link", None)]:
        assert wanda.ask(method, path, body).status == 403
        assert ask(server, method, path, body, **bearer(server.keys.api_key)).status == 403
    reader = owner.ask("POST", "/api/v1/users", {"name": "rita", "role": "read"}).json()
    rita = web.Browser(server)
    rita.ask("POST", "/api/v1/setup", {"token": web.token(reader["link"]["path"]), "password": PASSWORD})
    assert rita.ask("GET", "/api/v1/accounts").status == 403
