# SPDX-License-Identifier: Apache-2.0
"""The Debian package, installed in a fresh Debian: what it makes, how it serves, and what an upgrade, a
removal and the commands of docs/install.md do. systemd does not run there: it looks at the unit alone."""

import os
import re
import shutil
import subprocess

import pytest

from harness import binary, debian, device, folders, package, policies, sql, web
from harness.installed import CONFIG, DATA, Installed
from harness.mqtt import Client
from test_docs import section
from test_formats import answers, same, wait_for_rows, with_keys

BACKUPS = "/var/lib/headwater-backups"
UNIT = "/usr/lib/systemd/system/headwater.service"
# As systemd 252 counts: 0 is locked up, 100 has no bounds. A web server as it comes has over 90.
EXPOSURE_MAX = 20
COUNT = "select count(*) from telemetry where topic = 'plant/1'"


@pytest.fixture(scope="module")
def possible():
    """Left out where nothing can be installed, unless that was to be tested by all means."""
    try:
        debian.base()
    except debian.Missing as why:
        if os.environ.get("HEADWATER_NEED_DEB") == "1":
            pytest.fail(f"the package can't be tested here: {why}")
        pytest.skip(str(why))


@pytest.fixture(scope="module")
def deb(possible, tmp_path_factory):
    return package.pack(tmp_path_factory.mktemp("deb"))


@pytest.fixture
def house(possible, tmp_path):
    """A Debian of the test's own."""
    made = debian.Debian(tmp_path / "debian")
    yield made
    made.remove()


@pytest.fixture
def serve(house, tmp_path):
    """Starts the installed server."""
    server = Installed(house, tmp_path)
    yield server.start
    if server.running():
        server.kill()


def test_it_serves_as_installed_and_the_unit_is_tight(house, deb, serve, tmp_path):
    said = house.install(deb).stdout
    assert "1 newly installed" in said, "a small Debian has all that it needs"
    assert "setup-link --data /var/lib/headwater" in said and "public_host" in said
    assert house.version() == f"install ok installed {binary.run('--version').stdout.split()[1]}"
    assert house.owner("var/lib/headwater") == ("headwater", 0o700)
    assert (house.root / "etc/systemd/system/multi-user.target.wants/headwater.service").is_symlink()

    checked = house.run("systemd-analyze", "verify", "--man=no", UNIT)
    assert "headwater" not in checked.stdout + checked.stderr, checked
    house.run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", UNIT)

    server = serve()
    link = house.run("runuser", "-u", "headwater", "--", "headwater", "setup-link", "--data", DATA)
    browser = web.Browser(server)
    person = {"token": web.token(link.stdout), "name": "ada", "password": "a long enough one"}
    assert browser.ask("POST", "/api/v1/setup", person).status == 200
    meter = device.register(server, tmp_path, policies.EVERYTHING, "meter-1")
    with Client(server, meter) as client:
        client.publish("plant/1", '{"temp": 21.5}')
    server.flush()
    rows = sql.rows(server, "select thing, metric, value from telemetry where topic = 'plant/1'")
    assert rows == [["meter-1", "temp", "21.5"]]
    assert house.run("headwater", "healthy", "--data", DATA).returncode == 0
    assert server.stop() == 0
    owners = {path.stat().st_uid for path in server.data.rglob("*")}
    assert len(owners) == 1 and 0 not in owners


@pytest.mark.parametrize("release", folders.releases()[1:])
def test_an_upgrade_opens_the_data_of_every_release(house, deb, serve, tmp_path, release):
    house.install(package.renumbered(deb, "0.0.1", tmp_path))
    expected = older_data(house, release)
    house.install(deb)
    server = serve()
    with_keys(server, expected)
    wait_for_rows(server, expected)
    assert answers(server, expected) == same(expected)


def test_an_upgrade_opens_older_data_and_a_running_server_is_backed_up_first(house, deb, serve, tmp_path):
    release = folders.releases()[0]
    house.install(package.renumbered(deb, "0.0.1", tmp_path))
    expected = older_data(house, release)
    assert "backing up" not in house.install(deb).stdout, "nothing ran"
    assert house.version().startswith("install ok installed 0.")
    server = serve()
    with_keys(server, expected)
    wait_for_rows(server, expected)
    assert answers(server, expected) == same(expected)
    assert (server.data / "format.json").exists()

    backups = house.root / BACKUPS.lstrip("/")
    backups.write_text("not a folder")
    newer = package.renumbered(deb, "9.0.0", tmp_path)
    refused = house.install(newer, check=False)
    assert refused.returncode != 0 and "so nothing is upgraded" in refused.stderr, refused
    assert not house.version().endswith("9.0.0") and house.version().startswith("install ok installed")

    backups.unlink()
    backups.mkdir()
    for name in ("before-upgrade-20200101T000000Z.tar", "before-upgrade-20210101T000000Z.tar", "own.tar"):
        (backups / name).write_text("x")
    assert "backing up" in house.install(newer).stdout
    first, second = sorted(path.name for path in backups.glob("before-upgrade-*"))
    assert first == "before-upgrade-20210101T000000Z.tar" and (backups / "own.tar").exists()
    assert house.owner(f"{BACKUPS[1:]}/{second}") == ("headwater", 0o600)
    assert "is whole" in house.run("headwater", "backup", "verify", "--from", f"{BACKUPS}/{second}").stdout
    assert house.version().endswith("9.0.0") and server.running()

    (house.root / "etc/default/headwater").write_text("BACKUP_BEFORE_UPGRADE=no\n")
    assert "backing up" not in house.install(package.renumbered(deb, "9.0.1", tmp_path)).stdout
    assert answers(server, expected) == same(expected), "it has served all the time"


def older_data(house, release: str) -> dict:
    """Puts that release's folder where the package's user finds it; what must be found in it."""
    place = house.root / DATA.lstrip("/")
    own = place.stat()
    place.rmdir()
    expected = folders.unpack(release, place.parent / "older")
    (place.parent / "older" / "data").rename(place)
    (place.parent / "older").rmdir()
    for path in [place, *place.rglob("*")]:
        os.lchown(path, own.st_uid, own.st_gid)
    return expected


@pytest.mark.parametrize("maker", ["systemd-sysusers", "useradd"])
def test_removed_and_purged_nothing_is_left_but_the_data(house, deb, maker):
    if maker == "useradd":
        (house.root / "usr/bin/systemd-sysusers").unlink()
    before = house.files()
    house.install(deb)
    users = (house.root / "etc/passwd").read_text()
    assert re.search(r"(?m)^headwater:x:\d+:\d+:.*:/var/lib/headwater:/usr/sbin/nologin$", users)
    data = house.root / DATA.lstrip("/")
    (data / "catalog.db").write_text("rows")
    house.run("apt-get", "remove", "--yes", "headwater")
    left = house.files() - before
    assert {"etc/headwater/headwater.toml", "var/lib/headwater/catalog.db"} <= left
    assert not [path for path in left if path.startswith("usr/")], left

    said = house.run("apt-get", "purge", "--yes", "headwater").stdout
    assert "rm -r /var/lib/headwater && userdel headwater" in said
    assert house.files() - before == {"var/lib/headwater", "var/lib/headwater/catalog.db"}
    assert "headwater" in (house.root / "etc/passwd").read_text(), "whose the data are"

    house.install(deb)
    assert house.owner("var/lib/headwater")[0] == "headwater"
    shutil.rmtree(data)
    house.run("apt-get", "purge", "--yes", "headwater")
    assert house.files() == before
    for file in ("etc/passwd", "etc/group"):
        assert "headwater" not in (house.root / file).read_text()


def test_the_guide_command_by_command(house, deb, tmp_path):
    """The `sh` blocks of docs/install.md, in their order; what `systemctl` would do, the test does."""
    server = Installed(house, tmp_path)
    shutil.copy(deb, house.root / "srv" / deb.name)
    install, host, link, doctor = section("install.md", "The package")

    def follow(block: str, check: bool = True) -> str:
        said, lines = "", []
        for line in [*block.splitlines(), "systemctl nothing"]:
            word = re.match(r"systemctl (\w+)", line)
            if not word:
                lines.append(line)
                continue
            script, lines = "\n".join(["set -eu", "cd /srv", *lines]), []
            said += house.run("sh", "-c", script, check=check).stdout
            if word[1] in ("stop", "restart") and server.running():
                assert server.stop() == 0
            if word[1] in ("start", "restart"):
                server.start()
        return said

    try:
        follow(install.replace("apt install", "apt-get install -y --no-install-recommends"))
        follow(host)
        person = {"token": web.token(follow(link)), "name": "ada", "password": "a long enough one"}
        assert web.Browser(server).ask("POST", "/api/v1/setup", person).status == 200
        assert "mqtts answers on" in follow(doctor, check=False)
        meter = device.register(server, tmp_path, policies.EVERYTHING, "meter-1")
        with Client(server, meter) as client:
            client.publish("plant/1", '{"temp": 21.5}')
        assert "headwater-20" in follow(*section("install.md", "Back up"))
        follow(*section("install.md", "Restore"))
        assert sql.count(server, COUNT) == 1
        room, longer = section("install.md", "The disk is full")
        assert "free" in follow(room, check=False)
        assert "tables are as they should be" in follow(longer)
        assert "\ntelemetry_days = 730\n" in (house.root / CONFIG.lstrip("/")).read_text()
        (reset,) = section("install.md", "The administrator's password is lost")
        assert "/setup#" in follow(reset)
        key = server.data / "secrets" / "master.key"
        kept = key.read_text()
        key.unlink()
        follow(*section("install.md", "The master key is lost"))
        assert key.read_text() == kept and sql.count(server, COUNT) == 1
        (authority,) = section("install.md", "The authority's certificate is near its end")
        # The one command that needs more than the small Debian has runs beside it.
        authority = authority.replace(DATA, str(server.data))
        asked = subprocess.run(["sh", "-c", authority], check=True, capture_output=True, text=True)
        assert "notAfter=" in asked.stdout
    finally:
        if server.running():
            server.kill()
