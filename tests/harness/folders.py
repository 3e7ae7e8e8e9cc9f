# SPDX-License-Identifier: Apache-2.0
"""Data folders: those that earlier releases wrote, and whether two are the same."""

import hashlib
import json
import pathlib
import tarfile

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
    return json.loads((RELEASED / f"{release}.json").read_text())


def contents(folder: pathlib.Path) -> dict[str, str]:
    """SHA-256 of every file, by name, without those of a run."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "run"
    }
