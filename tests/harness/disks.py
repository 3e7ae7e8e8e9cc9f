# SPDX-License-Identifier: Apache-2.0
"""Small disks of the test's own: loop devices with file systems on them. Needs root."""

import os
import pathlib
import shutil
import subprocess

# Beside each other on the machine's disk; sparse, so they take what is written.
HOST_BYTES = 12 << 30
DEVICE_BYTES = 3 << 30


def missing() -> list[str]:
    """What keeps these tests from running here, in words; nothing if they can."""
    found = []
    if os.geteuid() != 0:
        found.append("root (loop devices and mounts)")
    tools = {"mkfs.ext4": "e2fsprogs", "mkfs.xfs": "xfsprogs", "losetup": "mount"}
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    found += [f"{tool} (package {package})" for tool, package in tools.items()
              if not shutil.which(tool, path=path)]
    if not pathlib.Path("/dev/loop-control").exists():
        found.append("/dev/loop-control (the kernel's loop devices)")
    return found


def run(*command: str | pathlib.Path):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr}"
    return done.stdout.strip()


class Mounted:
    """An image file as a mounted file system; `with` takes it down again."""

    def __init__(self, image: pathlib.Path, folder: pathlib.Path, direct: bool = False):
        self.image, self.folder, self.direct = image, folder, direct
        self.device = ""

    def __enter__(self) -> pathlib.Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        direct = ["--direct-io=on"] if self.direct else []
        self.device = run("losetup", "--find", "--show", *direct, self.image)
        try:
            run("mount", "-o", "noatime", self.device, self.folder)
        except AssertionError:
            run("losetup", "--detach", self.device)
            raise
        return self.folder

    def __exit__(self, *_):
        run("umount", self.folder)
        run("losetup", "--detach", self.device)


def image(path: pathlib.Path, kind: str, size: int) -> pathlib.Path:
    """A new image file with an empty file system: `ext4`, or `xfs` with reflinks."""
    with open(path, "wb") as file:
        file.truncate(size)
    options = {"ext4": ["-q", "-E", "lazy_itable_init=0,lazy_journal_init=0"],
               "xfs": ["-q", "-m", "reflink=1"]}
    run(f"mkfs.{kind}", *options[kind], path)
    return path


class PowerRig:
    """A disk whose content at one moment can be had, without what the kernel had only in memory.

    XFS with reflinks holds `dev.img`; a loop device with direct I/O on it holds ext4: what the
    device has been given is in the file, and nothing else is. `cut` copies the file by reflink,
    in one step, while everything goes on: that is the disk after a power cut at this moment.
    """

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self._cuts = 0
        self._open: list[Mounted] = []

    def __enter__(self) -> "PowerRig":
        host = Mounted(image(self.folder / "host.img", "xfs", HOST_BYTES), self.folder / "host")
        self._hold(host)
        device = image(self.folder / "host" / "dev.img", "ext4", DEVICE_BYTES)
        self._hold(Mounted(device, self.folder / "disk", direct=True))
        return self

    def _hold(self, mounted: Mounted):
        mounted.__enter__()
        self._open.append(mounted)

    def __exit__(self, *_):
        for mounted in reversed(self._open):
            mounted.__exit__()

    @property
    def disk(self) -> pathlib.Path:
        """Where the file system under test is."""
        return self.folder / "disk"

    def cut(self) -> pathlib.Path:
        """An image of the device at this moment."""
        self._cuts += 1
        snapshot = self.folder / "host" / f"cut-{self._cuts}.img"
        run("cp", "--reflink=always", self.folder / "host" / "dev.img", snapshot)
        return snapshot

    def after(self, snapshot: pathlib.Path) -> Mounted:
        """The disk as it is found when power is back."""
        return Mounted(snapshot, self.folder / snapshot.stem)
