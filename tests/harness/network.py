# SPDX-License-Identifier: Apache-2.0
"""A network of two machines that touches no other: namespaces of this one, joined by a cable. Needs root."""

import os
import pathlib
import subprocess

from .server import Server

SERVER = "192.0.2.7"
NEIGHBOUR = "192.0.2.20"


def possible() -> bool:
    if os.geteuid() != 0:
        return False
    tried = subprocess.run(["unshare", "-n", "-u", "ip", "link", "add", "name", "x0", "type", "veth", "peer", "name", "x1"],
                           capture_output=True, timeout=20)
    return tried.returncode == 0


class Machine:
    """Holds its namespaces open; commands run in it."""

    def __init__(self, name: str):
        self.holder = subprocess.Popen(["unshare", "-n", "-u", "sleep", "infinity"])
        own = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.holder.pid}/ns/net") == own:
            os.sched_yield()
        self.run("hostname", name)
        self.run("ip", "link", "set", "lo", "up")

    def prefix(self) -> list[str]:
        return ["nsenter", "-t", str(self.holder.pid), "-n", "-u"]

    def run(self, *command: str, stdin: str | None = None, check: bool = True) -> str:
        done = subprocess.run([*self.prefix(), *command], input=stdin, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout + ("" if check else done.stderr)

    def address(self, address: str, interface: str = "lan0", what: str = "add"):
        self.run("ip", "addr", what, address, "dev", interface)

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Network:
    """`home` has the server, as `pi`; `neighbour` is another computer."""

    def __enter__(self) -> "Network":
        self.home, self.neighbour = Machine("pi"), Machine("laptop")
        self.home.run("ip", "link", "add", "name", "lan0", "type", "veth", "peer", "name", "lan0",
                      "netns", str(self.neighbour.holder.pid))
        for machine, address in ((self.home, SERVER), (self.neighbour, NEIGHBOUR)):
            machine.address(f"{address}/24")
            machine.run("ip", "link", "set", "lan0", "up")
            machine.run("ip", "route", "add", "224.0.0.0/4", "dev", "lan0")
        return self

    def __exit__(self, *_):
        self.home.close()
        self.neighbour.close()


class ServerThere(Server):
    """A server on `home` whose doors of TLS are open to the network. Its admin socket is a file, so this
    process reaches it, too."""

    def __init__(self, folder: pathlib.Path, network: Network, *args: str, **env: str):
        doors = {"HEADWATER_LISTEN_MQTTS": "0.0.0.0:8883", "HEADWATER_LISTEN_HTTPS": "0.0.0.0:8443",
                 "HEADWATER_LISTEN_HTTP": "127.0.0.1:8080"}
        super().__init__(folder, *args, env={**doors, **env})
        self.network = network

    def command(self) -> list[str]:
        return [*self.network.home.prefix(), *super().command()]
