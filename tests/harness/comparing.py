# SPDX-License-Identifier: Apache-2.0
"""Comparing a server with the ledgers that were kept outside of it."""

import dataclasses
import json

from . import lake, sql
from .ledger import Publisher
from .registry import RegistryWriter, found
from .server import Server


@dataclasses.dataclass
class Verdict:
    """What was acknowledged, and what became of it."""

    acknowledged: int = 0
    lost: list = dataclasses.field(default_factory=list)
    doubled: list = dataclasses.field(default_factory=list)
    unknown: list = dataclasses.field(default_factory=list)
    registry: int = 0
    registry_lost: list = dataclasses.field(default_factory=list)

    def __str__(self):
        return (f"{self.acknowledged} acknowledged, {len(self.lost)} lost, "
                f"{len(self.doubled)} doubled; registry: {self.registry} acknowledged, "
                f"{len(self.registry_lost)} lost")

    def faults(self) -> str:
        """Empty if all is well; else a few examples of each fault."""
        parts = {"lost": self.lost, "doubled": self.doubled, "never sent": self.unknown,
                 "lost in the registry": self.registry_lost}
        return "; ".join(f"{name}: {sorted(ids)[:5]}" for name, ids in parts.items() if ids)


def counts(rows: list[tuple]) -> dict[str, int]:
    """How often each id stands in rows of one payload each."""
    found: dict[str, int] = {}
    for (payload,) in rows:
        message = json.loads(bytes(payload))["id"]
        found[message] = found.get(message, 0) + 1
    return found


def ids_in_files(server: Server) -> dict[str, int]:
    """How often each id stands in the Parquet files, by another engine than ours."""
    return counts(lake.duck_rows(server, "messages", "payload", "WHERE topic LIKE 'ledger/%'"))


def ids_by_sql(server: Server) -> dict[str, int]:
    """How often SQL finds each id. The metadata of tables has absolute paths, which other engines
    follow: on a copy of a folder it is ours that must answer."""
    with sql.connect(server) as connection:
        query = "select payload from messages where topic like 'ledger/%'"
        return counts(connection.execute(query).fetchall())


def compare(server: Server, publishers: list[Publisher], registry: RegistryWriter | None = None,
            before: float = float("inf")) -> Verdict:
    """Flushes, then compares with what was acknowledged before the moment `before`."""
    server.flush()
    rows = ids_by_sql(server)
    acknowledged = {message for publisher in publishers
                    for message, when in publisher.acknowledged.copy().items() if when < before}
    once = set().union(*(publisher.once() for publisher in publishers))
    sent = set().union(*(publisher.sent.copy() for publisher in publishers))
    verdict = Verdict(
        acknowledged=len(acknowledged),
        lost=sorted(acknowledged - rows.keys()),
        doubled=sorted(message for message in once if rows.get(message, 0) > 1),
        unknown=sorted(rows.keys() - sent),
    )
    if registry:
        written = registry.written_before(before)
        verdict.registry = len(written)
        verdict.registry_lost = sorted(written - found(server, registry.target))
    return verdict
