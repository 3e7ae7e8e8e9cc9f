# SPDX-License-Identifier: Apache-2.0
"""Writes and syncs that fail when a test says so (`failing_disk.c`)."""

import mmap
import pathlib
import struct
import subprocess

WRITES, SYNCS = 1, 2
BYTES = 256


class FailingDisk:
    """Give its `env` to a server before it starts; then any of its files can fail."""

    def __init__(self, folder: pathlib.Path):
        library, control = folder / "failing_disk.so", folder / "control"
        source = pathlib.Path(__file__).with_name("failing_disk.c")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        control.write_bytes(bytes(BYTES))
        with open(control, "r+b") as file:
            self._page = mmap.mmap(file.fileno(), BYTES)
        self.env = {"LD_PRELOAD": str(library), "HEADWATER_FAULT_CONTROL": str(control)}

    def fail(self, part: str, calls: int):
        """From now on these calls fail on files whose path has `part`; counting begins anew."""
        self._page[:] = struct.pack("=iii", calls, 0, 0) + part.encode().ljust(BYTES - 12, b"\0")

    def heal(self):
        """Nothing fails any more; syncs of the same place are still counted."""
        self._page[:4] = struct.pack("=i", 0)

    @property
    def failed(self) -> int:
        return struct.unpack_from("=i", self._page, 4)[0]

    @property
    def syncs(self) -> int:
        return struct.unpack_from("=i", self._page, 8)[0]
