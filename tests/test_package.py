# SPDX-License-Identifier: Apache-2.0
"""The Debian package as a file, and the container's: what is in it, and that it is the same each time.
test_deb.py installs it."""

import fnmatch
import json
import re
import shlex
import subprocess
import tomllib

import pytest

from harness import binary, package
from harness.binary import REPOSITORY

CONTAINERFILE = REPOSITORY / "packaging" / "Containerfile"
DOCS = "/usr/share/doc/headwater"


@pytest.fixture(scope="module")
def deb(tmp_path_factory):
    return package.pack(tmp_path_factory.mktemp("deb"))


@pytest.fixture(scope="module")
def root(deb, tmp_path_factory):
    return package.unpacked(deb, tmp_path_factory.mktemp("unpacked") / "root")


def verbs() -> list[str]:
    commands = binary.run("--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    found = re.findall(r"(?m)^  ([a-z-]+)", commands)
    return [verb for verb in found if verb != "help"]


def test_everything_is_where_debian_looks_for_it_and_roots(deb):
    found = package.contents(deb)
    assert {owner for _, owner in found.values()} == {"root/root"}
    modes = {path: mode for path, (mode, _) in found.items()}
    assert modes.pop("/usr/bin/headwater") == "-rwxr-xr-x"
    assert set(modes.values()) == {"-rw-r--r--", "drwxr-xr-x"}
    wanted = {
        "/etc/headwater/headwater.toml", "/etc/default/headwater",
        "/usr/lib/systemd/system/headwater.service", "/usr/lib/sysusers.d/headwater.conf",
        "/usr/share/bash-completion/completions/headwater",
        "/usr/share/zsh/vendor-completions/_headwater",
        "/usr/share/fish/vendor_completions.d/headwater.fish", f"{DOCS}/copyright",
        f"{DOCS}/changelog.gz", f"{DOCS}/install.md", f"{DOCS}/headwater.cdx.json.gz",
        f"{DOCS}/THIRD-PARTY.txt.gz", f"{DOCS}/CC-BY-SA-4.0.txt.gz",
        *(f"/usr/share/man/man1/headwater-{verb}.1.gz" for verb in verbs()),
        "/usr/share/man/man1/headwater.1.gz", "/usr/share/man/man1/headwater-backup-list.1.gz",
    }
    assert wanted <= set(modes), wanted - set(modes)
    assert not [path for path in modes if path.startswith("/var")], "data is made, not shipped"


def test_what_dpkg_is_told(deb, root):
    fields = subprocess.run(["dpkg-deb", "-f", deb], check=True, capture_output=True, text=True).stdout
    version = binary.run("--version").stdout.split()[1]
    assert f"\nVersion: {version}\n" in fields
    assert re.search(r"\nDepends: (libgcc-s1, )?libc6 \(>= 2\.\d+\), init-system-helpers, passwd\n", fields)
    assert (root / "DEBIAN/conffiles").read_text().split() == \
        ["/etc/default/headwater", "/etc/headwater/headwater.toml"]
    subprocess.run(["md5sum", "--quiet", "-c", "DEBIAN/md5sums"], cwd=root, check=True)
    for script in ("postinst", "prerm", "postrm"):
        assert (root / "DEBIAN" / script).stat().st_mode & 0o777 == 0o755
        subprocess.run(["dash", "-n", root / "DEBIAN" / script], check=True)
    done = subprocess.run(["/bin/sh", root / "DEBIAN/postinst", "nonsense"], capture_output=True)
    assert done.returncode == 1


def test_the_same_bytes_again(deb, tmp_path):
    assert package.pack(tmp_path).read_bytes() == deb.read_bytes()


def test_settings_are_comments_but_for_the_folder_and_the_doors(root):
    text = (root / "etc/headwater/headwater.toml").read_text()
    assert tomllib.loads(text) == {
        "data": "/var/lib/headwater",
        "listen": {"mqtts": "0.0.0.0:8883", "https": "0.0.0.0:8443",
                   "http": "127.0.0.1:8080", "postgres": "127.0.0.1:5433"},
        **{table: {} for table in re.findall(r"(?m)^\[(\w+)\]", text) if table != "listen"},
        "limits": {"principal": {}},
    }
    default = binary.run("config", "print-default").stdout
    assert tomllib.loads(re.sub(r"(?m)^#(?=[a-z_]+ = )", "", text)) == \
        {"data": "/var/lib/headwater", **tomllib.loads(default)}


def test_pages_and_papers_can_be_read(root):
    pages = sorted((root / "usr/share/man/man1").glob("*.gz"))
    assert len(pages) > 40
    text = subprocess.run(["zcat", *pages], check=True, capture_output=True, text=True).stdout
    assert text.count(".TH ") == len(pages) == text.count(".SH NAME")
    sbom = subprocess.run(["zcat", root / f"{DOCS[1:]}/headwater.cdx.json.gz"], check=True,
                          capture_output=True).stdout
    names = {one["name"] for one in json.loads(sbom)["components"]}
    assert {"rustls", "datafusion", "svelte", "uplot"} <= names
    third = subprocess.run(["zcat", root / f"{DOCS[1:]}/THIRD-PARTY.txt.gz"], check=True,
                           capture_output=True, text=True).stdout
    assert "\nsvelte 5" in third and "\nrustls 0" in third
    completion = root / "usr/share/bash-completion/completions/headwater"
    subprocess.run(["bash", "-n", completion], check=True)


def test_a_binary_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AssertionError) as refused:
        package.pack(tmp_path, HEADWATER_BIN=str(tmp_path / "none"))
    assert "none is not there" in str(refused.value)


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", CONTAINERFILE.read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_what_the_container_file_copies_is_in_the_package(deb):
    in_package = set(package.contents(deb))
    stages, copied = [], 0
    for word, rest in instructions():
        if word == "FROM":
            stages.append(rest.partition(" AS ")[2])
        if word != "COPY":
            continue
        copied += 1
        words = shlex.split(rest)
        flags = dict(one[2:].split("=", 1) for one in words if one.startswith("--"))
        (source,) = [one for one in words if not one.startswith("--")][:-1]
        if "from" not in flags:
            # The context is the folder that `make deb` writes.
            assert fnmatch.fnmatch(deb.name, source), source
        elif source != "/unpacked/data":
            assert flags["from"] in stages
            path = source.removeprefix("/unpacked")
            assert path in in_package or path + "/" in in_package, source
    assert copied == 4 and stages == ["package", ""]


def test_the_container_runs_as_nobody_and_says_how_it_is():
    last = instructions()[[word for word, _ in instructions()].index("USER"):]
    said = {word: rest for word, rest in last}
    assert said["USER"] == "10001:10001" and said["VOLUME"] == '["/data"]'
    assert said["EXPOSE"].split() == ["8883", "8443"]
    (command,) = re.findall(r"CMD (\[.*\])", said["HEALTHCHECK"])
    for words in (json.loads(command)[1:], json.loads(said["CMD"])):
        assert words[0] in verbs()
    variables = dict(one.split("=", 1) for one in said["ENV"].split())
    known = binary.run("serve", "--help").stdout
    assert all(f"[env: {name}" in known for name in variables), variables
    assert variables["HEADWATER_DATA"] == "/data" and "HEADWATER_DATA" in \
        binary.run("healthy", "--help").stdout
