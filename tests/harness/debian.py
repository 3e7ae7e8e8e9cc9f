# SPDX-License-Identifier: Apache-2.0
"""A small Debian in a folder: made once, kept beside the build, and copied for whoever needs one."""

import os
import pathlib
import shutil
import subprocess

from . import binary

SUITE = "bookworm"
# systemd-analyze looks at the unit, systemd-sysusers makes the user. Nothing of it runs.
INCLUDED = "systemd"
MIRROR = os.environ.get("HEADWATER_DEBIAN_MIRROR", "http://deb.debian.org/debian")
TOOLS = os.environ["PATH"] + ":/usr/sbin:/sbin"
MAKE_SECONDS_MAX = 400
# Nobody looks at these, and every copy would take its time.
UNREAD = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale",
          "usr/share/man")
# /proc is mounted in a mount namespace of each command's own, so that nothing is left mounted.
ENTER = 'mount -t proc proc "$0/proc" && exec chroot "$@"'


class Missing(Exception):
    """There can be no Debian here, and why."""


def base() -> pathlib.Path:
    """The one that is copied; made by debootstrap if it is not there."""
    if os.geteuid() != 0:
        raise Missing("only root can make and enter a Debian in a folder")
    kept = binary.target() / "debian" / f"{SUITE}-{INCLUDED}"
    if kept.is_dir():
        return kept
    made = shutil.which("debootstrap", path=TOOLS)
    if not made:
        raise Missing("debootstrap is missing: run scripts/install.sh test")
    part = kept.with_name(kept.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    command = [made, "--variant=minbase", f"--include={INCLUDED}", SUITE, part, MIRROR]
    done = subprocess.run(command, env={**os.environ, "PATH": TOOLS}, capture_output=True, text=True,
                          timeout=MAKE_SECONDS_MAX)
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-5:])
        raise Missing(f"no Debian from {MIRROR} (HEADWATER_DEBIAN_MIRROR names another):\n{last}")
    for unread in UNREAD:
        shutil.rmtree(part / unread)
        (part / unread).mkdir()
    part.rename(kept)
    return kept


class Debian:
    """A copy of its own."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        subprocess.run(["cp", "-a", "--reflink=auto", base(), root], check=True)

    def remove(self):
        shutil.rmtree(self.root)

    def command(self, *command: str, user: str = "") -> list[str]:
        """What runs a command in it, as root or another user, in place of the caller's process."""
        who = [f"--userspec={user}:{user}"] if user else []
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, str(self.root),
                *who, str(self.root), *command]

    def run(self, *command: str, user: str = "", check: bool = True) -> subprocess.CompletedProcess:
        env = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C",
               "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(self.command(*command, user=user), env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)
        if check:
            said = f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}"
            assert done.returncode == 0, said
        return done

    def install(self, deb: pathlib.Path, check: bool = True) -> subprocess.CompletedProcess:
        """By apt, as people do."""
        here = self.root / "srv" / deb.name
        shutil.copy(deb, here)
        try:
            return self.run("apt-get", "install", "--yes", "--allow-downgrades", "--no-install-recommends",
                            f"/srv/{deb.name}", check=check)
        finally:
            here.unlink()

    def version(self) -> str:
        """`STATE VERSION` of the package."""
        shown = self.run("dpkg-query", "-W", "-f", "${Status} ${Version}", "headwater", check=False)
        return shown.stdout.strip()

    def files(self) -> set[str]:
        """All there are, but for what dpkg, apt and the tools for users keep for themselves."""
        own = ("var/lib/dpkg/", "var/lib/apt/", "var/cache/", "var/log/", "proc/", "tmp/", "root/", "srv/")
        found = (str(path.relative_to(self.root)) for path in self.root.rglob("*"))
        return {path for path in found if not path.startswith(own) and not path.endswith("-")}

    def owner(self, path: str) -> tuple[str, int]:
        """(Who has it, its mode)."""
        facts = (self.root / path).lstat()
        known = (line.split(":") for line in (self.root / "etc/passwd").read_text().splitlines())
        return {int(line[2]): line[0] for line in known}[facts.st_uid], facts.st_mode & 0o777
