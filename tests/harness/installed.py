# SPDX-License-Identifier: Apache-2.0
"""The server of an installed package: in its Debian, as its user, with the settings that came along."""

import pathlib

from .debian import Debian
from .keys import Keys
from .server import Server

DATA = "/var/lib/headwater"
CONFIG = "/etc/headwater/headwater.toml"


class Installed(Server):
    """Only the ports are not those of the settings, and only until the first start."""

    def __init__(self, debian: Debian, folder: pathlib.Path):
        super().__init__(folder)
        self.debian = debian
        self.data = debian.root / DATA.lstrip("/")
        del self.env["HEADWATER_KEEP"]

    def command(self) -> list[str]:
        serve = ("/usr/bin/headwater", "serve", "--config", CONFIG)
        return self.debian.command(*serve, user="headwater")

    def start(self) -> "Installed":
        super().start()
        self.endpoints["ca"] = str(self.data / "ca.pem")
        return self

    def make_keys(self) -> Keys:
        keys = super().make_keys()
        return Keys({**keys.env, "AWS_CA_BUNDLE": self.endpoints["ca"]})
