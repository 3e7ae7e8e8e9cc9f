# SPDX-License-Identifier: Apache-2.0
"""Damage to one file of a data folder: a flipped bit, a cut, a page of zeros."""

import dataclasses
import pathlib
import random

PAGE_BYTES = 4096


@dataclasses.dataclass(frozen=True)
class Damage:
    """What was done to which file."""

    file: pathlib.Path
    kind: str
    at: int

    def __str__(self):
        return f"{self.kind} at {self.at} of {self.file}"


def groups(data: pathlib.Path) -> dict[str, list[pathlib.Path]]:
    """Files that hold something, by what they are. A socket or a lock holds nothing."""
    found: dict[str, list[pathlib.Path]] = {}
    for file in sorted(data.rglob("*")):
        if file.is_file() and file.stat().st_size and (name := group(file.relative_to(data))):
            found.setdefault(name, []).append(file)
    return found


def group(file: pathlib.Path) -> str | None:
    parts = file.parts
    if parts[0] == "log":
        return "log segment" if file.suffix == ".seg" else "log, other" if file.name != "lock" else None
    if parts[0] == "blobs":
        table = parts[3] if len(parts) > 3 else "?"
        kinds = {".parquet": "data file", ".avro": "manifest", ".json": "metadata",
                 ".text": "version hint"}
        return f"{kinds[file.suffix]} of {table}" if file.suffix in kinds else "object, other"
    if parts[0].startswith("catalog.db"):
        return {"catalog.db": "catalog", "catalog.db-wal": "catalog's log",
                "catalog.db.sums": "catalog's checksums"}.get(parts[0])
    if parts[0] == "secrets":
        return "secret"
    return parts[0] if parts[0] in ("master.key", "ca.pem", "format.json") else None


def damage(file: pathlib.Path, chance: random.Random) -> Damage:
    """Damages a file in place: its inode and attributes stay, as when a disk does it."""
    content = bytearray(file.read_bytes())
    kind = chance.choice(("flip", "flip", "cut", "zeros"))
    at = chance.randrange(len(content))
    if kind == "flip":
        content[at] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del content[at:]
    else:
        at = at // PAGE_BYTES * PAGE_BYTES
        end = min(at + PAGE_BYTES, len(content))
        if not any(content[at:end]):
            return damage(file, chance)
        content[at:end] = bytes(end - at)
    with open(file, "r+b") as out:
        out.write(content)
        out.truncate(len(content))
    return Damage(file, kind, at)
