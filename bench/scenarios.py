# SPDX-License-Identifier: Apache-2.0
"""What is measured, and of whom: every run has a fresh process of the one that is measured."""

import dataclasses
import os
import pathlib

import brokers
from headwater import Headwater

TRAFFIC = ("a0", "a1", "b0", "b1", "c1", "d1", "f")
ALL = (*TRAFFIC, "e", "g", "reconnect")
PEERS = "floor mosquitto rumqttd"
SETTINGS = "plain kept tls"


@dataclasses.dataclass(frozen=True)
class Contender:
    broker: type
    kept: bool = False
    tls: bool = False

    def start(self, folder: pathlib.Path) -> brokers.Broker:
        return self.broker(folder, self.kept, self.tls)

    @property
    def label(self) -> str:
        return self.broker.name + " kept" * self.kept + " TLS" * self.tls


def chosen(name: str, default: str) -> list[str]:
    """The words of an environment variable, each of which must be one of `default`."""
    words = os.environ.get(name, default).split()
    unknown = [word for word in words if word not in default.split()]
    if unknown:
        raise SystemExit(f"{name}: {' '.join(unknown)} is not one of: {default}")
    return words


def peers() -> list[type]:
    """Those that are asked for and installed; says who is missing."""
    found = []
    for name in PEERS.split():
        broker = brokers.ALL[name]
        if name not in chosen("PEERS", PEERS):
            print(f"{name} is left out: not in PEERS")
        elif not broker.program():
            print(f"{name} is left out: it is not installed here")
        else:
            found.append(broker)
    return found


def contenders(scenario: str, others: list[type]) -> list[Contender]:
    """Who is measured in a scenario, in this order."""
    settings = chosen("SETTINGS", SETTINGS)
    ours = {"plain": Contender(Headwater), "kept": Contender(Headwater, kept=True),
            "tls": Contender(Headwater, tls=True)}
    if scenario in TRAFFIC:
        return [*map(Contender, others), *(ours[s] for s in settings)]
    real = [broker for broker in others if broker is not brokers.Floor]
    if scenario == "e":
        return [*map(Contender, real), *(ours[s] for s in settings if s != "kept")]
    if scenario == "g":
        return [*(Contender(broker, tls=True) for broker in real),
                *([ours["tls"]] if "tls" in settings else [])]
    # Devices come back to a server that keeps everything, as people run it.
    return [Contender(Headwater, kept=True, tls=tls) for tls in (False, True)
            if ("tls" if tls else "kept") in settings]
