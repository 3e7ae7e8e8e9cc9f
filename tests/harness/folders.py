# SPDX-License-Identifier: Apache-2.0
"""Data folders: those that earlier releases wrote, and whether two are the same."""

import hashlib
import json
import lzma
import os
import pathlib
import tarfile

CHECKSUMS = "user.hw.crc32c"
RELEASED = pathlib.Path(__file__).resolve().parents[1] / "formats"


def releases() -> list[str]:
    """Releases of which a folder is kept."""
    return sorted(path.name.removesuffix(".tar.xz") for path in RELEASED.glob("*.tar.xz"))


def unpack(release: str, into: pathlib.Path) -> dict:
    """Puts `into/data` as that release left it; gives what must be found in it."""
    into.mkdir(parents=True, exist_ok=True)
    with tarfile.open(RELEASED / f"{release}.tar.xz") as tar:
        tar.extractall(into, filter="data")
    (into / "data").chmod(0o700)
    (into / "data" / "secrets" / "master.key").chmod(0o600)
    expected = facts(release)
    for name, value in expected.get("attributes", {}).items():
        os.setxattr(into / "data" / name, CHECKSUMS, bytes.fromhex(value))
    return expected


def facts(release: str) -> dict:
    """What must be found in that release's folder and backups."""
    return json.loads((RELEASED / f"{release}.json").read_text())


def with_backups() -> list[str]:
    """Releases of which backups are kept."""
    return [name for name in releases() if (RELEASED / f"{name}.backup.age").exists()]


def archive(release: str, name: str, into: pathlib.Path) -> pathlib.Path:
    """A backup that this release made: `backup`, `backup.age` or `damaged`."""
    into.mkdir(parents=True, exist_ok=True)
    kept, file = RELEASED / f"{release}.{name}", into / f"{release}.{name}"
    packed = kept.with_name(kept.name + ".xz")
    file.write_bytes(lzma.decompress(packed.read_bytes()) if packed.exists() else kept.read_bytes())
    return file


def contents(folder: pathlib.Path) -> dict[str, str]:
    """SHA-256 of every file, by name, without those of a run."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "run"
    }
