# SPDX-License-Identifier: Apache-2.0
"""What the console can make, the command line makes from a file; what `show --json` prints is such a
file, on this server and on another one."""

import json
import re
import subprocess

import pytest

from harness import binary, policies, web
from harness.server import Server

DOCUMENT = json.loads(policies.EVERYTHING)
OK, FAILED, USAGE, NOT_FOUND, DENIED = range(5)


class House:
    """A server, and its command line."""

    def __init__(self, server: Server):
        self.server = server

    def run(self, *args: str, check: bool = True, stdin: str | None = None):
        return binary.run(*args, "--data", str(self.server.data), check=check, stdin=stdin)

    def show(self, noun: str, name: str) -> dict:
        return json.loads(self.run(noun, "show", name, "--json").stdout)

    def create(self, noun: str, what, *more: str):
        return self.run(noun, "create", "-f", "-", *more, stdin=json.dumps(what))

    def change(self, noun: str, what, check: bool = True):
        return self.run(noun, "change", "-f", "-", check=check, stdin=json.dumps(what))


#: What others name, in the order in which it is made.
GROUND = [
    ("policies", {"name": "round", "document": DOCUMENT}),
    ("types", {"name": "ground", "description": "stands", "searchable_attributes": ["site"]}),
    ("groups", {"name": "north"}),
    ("things", {"name": "ground"}),
    ("things", {"name": "second"}),
]

#: One of each noun, with all that can be said of it.
SAMPLES = {
    "policies": {"name": "check", "document": {"Version": "2012-10-17", "Statement": [
        {"Sid": "Z", "Effect": "Allow", "Action": ["iot:Publish", "iot:Connect"], "Resource": "*"}]}},
    "types": {"name": "pump", "description": "moves water", "searchable_attributes": ["site", "line"]},
    "groups": {"name": "hall", "parent": "north", "description": "the hall", "attributes": {"floor": "2"},
               "policies": ["round"]},
    "things": {"name": "pump-7", "type": "ground", "attributes": {"site": "north", "line": "3"},
               "groups": ["north"]},
    "mqtt-users": {"name": "pump-8", "policies": ["check-free", "round"], "thing": "ground"},
    "dashboards": {"id": "water", "title": "Water", "about": "of the hall", "thing_type": "ground", "span": "6h",
                   "widgets": [{"kind": "value", "title": "Now", "x": 0, "y": 0, "w": 4, "h": 2,
                                "metrics": ["flow"], "unit": "l/min"}]},
    "queries": {"id": "newest", "title": "Newest", "sql": "select 1"},
    "users": {"name": "bob", "role": "read"},
    "keys": {"label": "board", "role": "read"},
    "accounts": {"account": "123456789012", "name": "Water works"},
    # A signing request comes into it below.
    "certificates": {"status": "INACTIVE", "policies": ["round"], "things": ["ground", "second"]},
}

#: What the server says of each itself, and may say otherwise of the same made again.
OWN = {
    "policies": {"versions", "targets", "target_count"},
    "things": {"created", "last_seen", "version"},
    "groups": {"created", "version"},
    "types": {"created", "deprecated"},
    "certificates": {"created", "mode"},
    "mqtt-users": {"created", "password_changed"},
    "users": {"created", "password_changed", "last_sign_in"},
    "keys": {"id", "created", "last_used"},
    "accounts": {"created"},
}

#: As on AWS IoT a type goes in five minutes; an account stays. They are made again on the other server.
STAYS = {"types", "accounts"}


def own(noun: str, shown: dict) -> dict:
    return {key: value for key, value in shown.items() if key not in OWN.get(noun, ())}


def name_of(noun: str, shown: dict) -> str:
    return shown[{"certificates": "id", "dashboards": "id", "queries": "id", "keys": "id",
                  "accounts": "account"}.get(noun, "name")]


def signing_request(folder) -> str:
    made = subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=pump", "-keyout", folder / "own.key"], check=True, capture_output=True, text=True)
    return made.stdout


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    """Two servers with the same ground to stand on."""
    with Server(tmp_path_factory.mktemp("here")) as here, Server(tmp_path_factory.mktemp("there")) as there:
        both = House(here), House(there)
        for house in both:
            web.administrator(house.server)
            for noun, what in GROUND:
                house.create(noun, what)
            house.create("policies", {"name": "check-free", "document": DOCUMENT})
        yield both


@pytest.fixture(scope="module")
def here(houses):
    return houses[0]


def made(house: House, noun: str, what: dict) -> str:
    """Makes it from a file; its name."""
    done = house.create(noun, what, "--json")
    if noun == "keys":
        (newest, *_) = json.loads(house.run("keys", "ls", "--json").stdout)
        return newest["id"]
    answer = json.loads(done.stdout)
    return name_of(noun, answer.get("user", answer))


@pytest.mark.parametrize("noun", SAMPLES)
def test_what_is_shown_makes_the_same_again(houses, tmp_path, noun):
    here, there = houses
    sample = dict(SAMPLES[noun])
    if noun == "certificates":
        sample["csr"] = signing_request(tmp_path)
    name = made(here, noun, sample)
    first = here.show(noun, name)
    # Of widgets it also says what was left out.
    said = {key: value for key, value in sample.items() if key not in ("csr", "widgets")}
    assert {key: first[key] for key in said} == said, "all that the file says is kept"
    assert name in here.run(noun, "ls").stdout
    for line in ("PRIVATE KEY", "argon2", "hw_"):
        assert line not in json.dumps(first), "no secret is shown again"
    if noun not in STAYS:
        here.run(noun, "rm", name, *(["--force"] if noun == "certificates" else []))
        assert here.run(noun, "show", name, check=False).returncode == NOT_FOUND
        again = here.show(noun, made(here, noun, first))
        assert own(noun, again) == own(noun, first)
    elsewhere = there.show(noun, made(there, noun, first))
    assert own(noun, elsewhere) == own(noun, first)


@pytest.mark.parametrize("noun", sorted(set(SAMPLES) - {"keys", "accounts"}))
def test_what_is_shown_changes_nothing(houses, tmp_path, noun):
    _, there = houses
    sample = dict(SAMPLES[noun])
    if noun == "certificates":
        sample["csr"] = signing_request(tmp_path)
    else:
        key = "id" if "id" in sample else "name"
        sample[key] += "-same"
    name = made(there, noun, sample)
    first = there.show(noun, name)
    there.change(noun, first)
    same = {"version", "changed"}
    strip = lambda shown: {key: value for key, value in own(noun, shown).items() if key not in same}
    assert strip(there.show(noun, name)) == strip(first)


def test_a_thing_and_its_certificate_come_back_together(here, tmp_path):
    here.create("things", {"name": "both"})
    here.run("things", "credentials", "both", "--out", str(tmp_path / "both"))
    assert {file.name for file in (tmp_path / "both").iterdir()} == {"ca.pem", "device.pem", "device.key"}
    assert (tmp_path / "both" / "device.key").stat().st_mode & 0o077 == 0
    thing = here.show("things", "both")
    (attached,) = thing["certificates"]
    certificate = here.show("certificates", attached["id"])
    assert certificate["exclusive"] and certificate["things"] == ["both"]
    assert certificate["pem"] == (tmp_path / "both" / "device.pem").read_text()

    held = here.run("things", "rm", "both", check=False)
    assert held.returncode == FAILED and "certificate" in held.stderr
    here.run("things", "rm", "both", "--force")
    assert here.run("certificates", "show", attached["id"], check=False).returncode == NOT_FOUND
    told = here.create("things", thing).stderr
    assert attached["id"] in told and "headwater certificates create" in told
    here.create("certificates", certificate)
    assert own("things", here.show("things", "both")) == own("things", thing)
    assert own("certificates", here.show("certificates", attached["id"])) == own("certificates", certificate)
    assert here.run("certificates", "rm", attached["id"], check=False).returncode == FAILED, "it is ACTIVE"
    here.change("things", {"name": "both", "certificates": []})
    assert here.show("certificates", attached["id"])["things"] == []


def test_a_certificate_that_is_revoked_is_made_so(here, tmp_path):
    request = tmp_path / "request.csr"
    request.write_text(signing_request(tmp_path))
    signed = here.run("certificates", "create", "-f", str(request)).stdout
    assert signed.startswith("-----BEGIN CERTIFICATE-----")
    (found,) = [one for one in json.loads(here.run("certificates", "ls", "--json").stdout)
                if one["status"] == "ACTIVE" and not one["things"]
                and here.show("certificates", one["id"])["pem"].strip() == signed.strip()]
    here.change("certificates", {"id": found["id"], "policies": ["round"], "things": ["second"]})
    changed = here.show("certificates", found["id"])
    assert (changed["policies"], changed["things"], changed["status"]) == (["round"], ["second"], "ACTIVE")
    here.change("certificates", {**changed, "status": "REVOKED", "policies": []})
    revoked = here.show("certificates", found["id"])
    assert (revoked["status"], revoked["policies"]) == ("REVOKED", [])
    here.run("certificates", "rm", found["id"], "--force")
    here.create("certificates", revoked)
    assert own("certificates", here.show("certificates", found["id"])) == own("certificates", revoked)


def test_versions_of_a_policy(here):
    name = "versions"
    here.create("policies", {"name": name, "document": DOCUMENT})
    first = here.show("policies", name)
    other = json.loads(policies.only_topics("a"))
    here.change("policies", {**first, "document": other})
    stale = here.change("policies", {**first, "document": other}, check=False)
    assert stale.returncode == FAILED and "version" in stale.stderr
    here.run("policies", "default", name, "1")
    shown = here.show("policies", name)
    assert (shown["version"], shown["document"]) == (1, DOCUMENT)
    assert [one["version"] for one in shown["versions"]] == [2, 1]


def test_secrets_are_told_once(here):
    for args, what in [
            (["mqtt-users", "create", "-f", "-"], {"name": "told", "policies": []}),
            (["users", "create", "-f", "-"], {"name": "told", "role": "read"}),
            (["keys", "create", "-f", "-"], {"label": "told", "role": "admin"}),
            (["links", "create", "-f", "-"], {"path": "/dashboards"})]:
        plain = here.run(*args, stdin=json.dumps(what)).stdout.strip()
        assert plain, args
    assert "/open/" in plain
    with_it = {"name": "given", "policies": [], "password": "a long enough one"}
    given = json.loads(here.create("mqtt-users", with_it, "--json").stdout)
    assert given["password"] is None and "a long enough one" not in json.dumps(here.show("mqtt-users", "given"))
    keys = json.loads(here.create("keys", {"label": "json", "role": "admin"}, "--json").stdout)
    assert keys["HEADWATER_API_KEY"].startswith("hw_") and keys["AWS_SECRET_ACCESS_KEY"]


def test_many_at_once_and_which_of_them_failed(here):
    many = [{"name": f"many-{number}"} for number in range(3)]
    here.create("things", many)
    assert len([one for one in json.loads(here.run("things", "ls", "--json").stdout)
                if one["name"].startswith("many-")]) == 3
    failed = here.run("things", "create", "-f", "-", check=False,
                      stdin=json.dumps([{"name": "many-3"}, {"name": "many-0"}]))
    assert failed.returncode == FAILED and "object 2: " in failed.stderr, failed.stderr
    half = here.run("things", "create", "-f", "-", check=False,
                    stdin=json.dumps({"name": "many-4", "groups": ["nowhere"]}))
    assert half.returncode == NOT_FOUND and "change -f" in half.stderr and "nowhere" in half.stderr
    here.change("things", {"name": "many-4", "groups": ["north"]})
    assert here.show("things", "many-4")["groups"] == ["north"]


def test_what_is_settled_is_not_changed(here):
    here.create("groups", {"name": "settled", "parent": "north"})
    shown = here.show("groups", "settled")
    refused = here.change("groups", {**shown, "parent": "settled"}, check=False)
    assert refused.returncode == USAGE and '"parent"' in refused.stderr
    refused = here.run("groups", "rm", "settled", "--force", check=False)
    assert refused.returncode == USAGE


FROM_FILE = sorted(SAMPLES) + ["links"]


@pytest.mark.parametrize("noun", FROM_FILE)
def test_bad_files_are_refused_with_their_place(here, tmp_path, noun):
    verbs = ["create"] if noun in ("keys", "accounts", "links") else ["create", "change"]
    for verb in verbs:
        for text, words in [('{\n  "nonsense": 1}', ["nonsense", "line 2", "column"]),
                            ('{"name": "x"', ["line 1", "column"]), ("17", ["object", "line 1"])]:
            file = tmp_path / "bad.json"
            file.write_text(text)
            done = here.run(noun, verb, "-f", str(file), check=False)
            assert done.returncode == USAGE, (noun, verb, text, done.stderr)
            assert all(word in done.stderr for word in ["bad.json", *words]), done.stderr
        none = here.run(noun, verb, "-f", str(tmp_path / "none.json"), check=False)
        assert none.returncode == NOT_FOUND and "none.json" in none.stderr


def test_older_verbs_still_work(here):
    assert here.run("users", "create", "older", "--role", "read").stdout.startswith("http")
    here.run("users", "role", "older", "admin")
    assert here.show("users", "older")["role"] == "admin"
    assert here.run("mqtt-users", "add", "older", "--policy", "round").stdout.strip()
    here.run("mqtt-users", "change", "older", "--thing", "ground")
    assert here.show("mqtt-users", "older")["policies"] == []
    for args in (["users", "create"], ["users", "create", "x", "-f", "x"], ["mqtt-users", "change"],
                 ["keys", "create", "--label", "x", "-f", "x"], ["accounts", "create"]):
        assert here.run(*args, check=False).returncode == USAGE, args


def test_units_go_round(here):
    assert json.loads(here.run("units", "show", "--json").stdout) == {"version": 0, "units": []}
    wanted = [{"type": None, "metric": "flow", "unit": "l/min"}, {"type": "ground", "metric": "flow", "unit": "m³/h"}]
    here.run("units", "change", "-f", "-", stdin=json.dumps({"version": 0, "units": wanted}))
    shown = json.loads(here.run("units", "show", "--json").stdout)
    assert shown["units"] == wanted
    again = here.run("units", "change", "-f", "-", "--json", stdin=json.dumps(shown)).stdout
    assert json.loads(again)["units"] == wanted
    stale = here.run("units", "change", "-f", "-", stdin=json.dumps(shown), check=False)
    assert stale.returncode == FAILED and "changed" in stale.stderr, stale
    assert "m³/h" in here.run("units", "show").stdout
    for text in ("[]", '{"version": 0, "unit": []}', '{"version": 0, "units": [{"metric": "flow"}]}'):
        refused = here.run("units", "change", "-f", "-", stdin=text, check=False)
        assert refused.returncode in (FAILED, USAGE), refused


def test_a_message_is_published(here):
    trace = here.run("publish", "round/a", "open", "--retain").stdout.strip()
    (kept,) = [json.loads(line) for line in here.run("retained", "ls", "--json").stdout.splitlines()]
    assert (kept["topic"], kept["text"]) == ("round/a", "open")
    many = [{"topic": "round/b", "payload": {"open": True}}, {"topic": "round/b", "base64": "AAE="}]
    traces = here.run("publish", "-f", "-", stdin=json.dumps(many)).stdout.split()
    assert len({trace, *traces}) == 3
    said = here.run("sql", "select count(*) from messages where topic = 'round/b'").stdout
    assert "2" in said


#: For each operation that makes or changes something: the verb that does it from a file.
VERBS = {
    "create_thing": "things create", "change_thing": "things change",
    "create_thing_credentials": "things credentials",
    "create_type": "types create", "change_type": "types change",
    "create_group": "groups create", "change_group": "groups change", "add_to_group": "things change",
    "attach_group_policy": "groups change",
    "create_dashboard": "dashboards create", "change_dashboard": "dashboards change",
    "change_units": "units change", "create_query": "queries create", "change_query": "queries change",
    "create_certificate": "certificates create", "change_certificate": "certificates change",
    "attach_policy": "certificates change", "attach_thing": "certificates change",
    "create_mqtt_user": "mqtt-users create", "change_mqtt_user": "mqtt-users change",
    "create_policy": "policies create", "replace_policy": "policies change",
    "create_user": "users create", "change_user": "users change",
    "create_keys": "keys create", "create_link": "links create", "create_account": "accounts create",
    "publish_message": "publish",
}

#: What has a verb without a file, since a name is all that it takes.
BY_NAME = {
    "set_default_policy_version": "policies default", "set_mqtt_password": "mqtt-users password",
    "reset_user": "users reset", "make_setup_link": "setup-link", "create_account_link": "setup-link",
    "flush_lake": "lake flush", "sql": "sql",
}

#: What has none, and why.
NO_VERB = {
    "sign_in": "a session is a browser's; a command has a folder or a key",
    "setup": "a password is chosen by a person, by the link of `setup-link`",
    "change_password": "a person's own, with the old one; `users reset` is for the others",
    "check_policy": "makes nothing: `policies create` says the same of a document",
    "test_authorizations": "makes nothing: `policy test` decides without a server",
    "pull_plug": "a demo's own, which has no other administrator",
}


def operations() -> dict[tuple[str, str], str]:
    document = json.loads((binary.REPOSITORY / "docs" / "openapi.json").read_text())
    return {(method.upper(), path): operation["operationId"]
            for path, methods in document["paths"].items() for method, operation in methods.items()}


def test_every_operation_that_makes_something_has_a_verb():
    makes = {name for (method, _), name in operations().items() if method in ("POST", "PUT", "PATCH")}
    known = [set(VERBS), set(BY_NAME), set(NO_VERB)]
    assert set.union(*known) == makes, "a new one wants a verb here, or a reason"
    assert sum(map(len, known)) == len(makes)
    for verb in VERBS.values():
        assert "--file" in binary.run(*verb.split(), "--help").stdout, verb
    for verb in BY_NAME.values():
        binary.run(*verb.split(), "--help")


def test_what_the_console_makes_the_command_line_makes():
    known, asked = operations(), set()
    for file in (binary.REPOSITORY / "console" / "src").rglob("*"):
        if file.suffix in (".ts", ".svelte"):
            asked |= set(re.findall(r"api\.(POST|PUT|PATCH)\(\s*['\"`]([^'\"`]+)", file.read_text()))
    names = {known[call] for call in asked}
    assert len(names) > 20, "the calls are still found"
    assert names <= {*VERBS, *BY_NAME, *NO_VERB}


@pytest.mark.parametrize("noun", SAMPLES)
def test_nouns_have_one_grammar(noun):
    verbs = ["ls", "show", "create", "rm", "change"]
    missing = {"keys": ["change"], "accounts": ["rm", "change"]}
    for verb in verbs:
        done = binary.run(noun, verb, "--help", check=False)
        assert (done.returncode == OK) == (verb not in missing.get(noun, [])), (noun, verb)
