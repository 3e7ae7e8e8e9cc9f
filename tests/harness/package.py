# SPDX-License-Identifier: Apache-2.0
"""The Debian package of the binary under test, and the same as another version."""

import os
import pathlib
import re
import subprocess

from . import binary


def pack(out: pathlib.Path, **environment: str) -> pathlib.Path:
    """`make deb` of the binary under test; not compressed, which would take most of the time."""
    env = {**os.environ, "HEADWATER_BIN": binary.path(), "DEB_OUT": str(out), "DEB_COMPRESS": "none"}
    done = subprocess.run([binary.REPOSITORY / "scripts" / "deb.sh"], env={**env, **environment},
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return pathlib.Path(done.stdout.splitlines()[-1])


def renumbered(deb: pathlib.Path, version: str, out: pathlib.Path) -> pathlib.Path:
    """A package of that version with the same in it."""
    folder = out / "unpacked"
    if not folder.exists():
        unpacked(deb, folder)
    control = folder / "DEBIAN" / "control"
    control.write_text(re.sub("(?m)^Version: .*", f"Version: {version}", control.read_text()))
    made = out / f"headwater_{version}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", folder, made], check=True,
                   stdout=subprocess.DEVNULL)
    return made


def contents(deb: pathlib.Path) -> dict[str, tuple[str, str]]:
    """(mode, owner) of each file and folder, in the package's order; folders end in `/`."""
    listed = subprocess.run(["dpkg-deb", "-c", deb], check=True, capture_output=True, text=True)
    lines = [line.split(maxsplit=5) for line in listed.stdout.splitlines()]
    return {line[5].removeprefix("."): (line[0], line[1]) for line in lines}


def unpacked(deb: pathlib.Path, into: pathlib.Path) -> pathlib.Path:
    """The files of a package, with its control files in `DEBIAN`."""
    subprocess.run(["dpkg-deb", "-R", deb, into], check=True)
    return into
