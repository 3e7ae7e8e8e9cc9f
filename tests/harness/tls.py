# SPDX-License-Identifier: Apache-2.0
"""Certificates of somebody else, made by openssl, and what a door shows to whom."""

import pathlib
import socket
import ssl
import subprocess

from .server import Server


def openssl(*args: str, stdin: str | None = None) -> str:
    done = subprocess.run(["openssl", *args], capture_output=True, text=True, input=stdin, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Authority:
    """A CA in a folder."""

    def __init__(self, folder: pathlib.Path, name: str = "Works CA"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.pem, self.key = folder, folder / "ca.pem", folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "30", "-subj", f"/CN={name}", "-keyout", str(self.key), "-out", str(self.pem))

    def sign(self, names: list[str], days: int = 60, stem: str = "server",
             usage: str = "serverAuth") -> tuple[pathlib.Path, pathlib.Path]:
        """(chain, key); names as openssl has them, `DNS:…` or `IP:…`."""
        chain, key, request = (self.folder / f"{stem}.{end}" for end in ("pem", "key", "csr"))
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", f"/CN={names[0].split(':', 1)[-1]}", "-keyout", str(key), "-out", str(request))
        extensions = self.folder / f"{stem}.ext"
        extensions.write_text("basicConstraints=critical,CA:FALSE\n"
                              f"extendedKeyUsage={usage}\nsubjectAltName={','.join(names)}\n")
        own = openssl("x509", "-req", "-in", str(request), "-CA", str(self.pem), "-CAkey", str(self.key),
                      "-CAcreateserial", "-days", str(days), "-extfile", str(extensions))
        chain.write_text(own + self.pem.read_text())
        return chain, key


def shown(server: Server, cafile, name: str | None, door: str = "https",
          alpn: list[str] | None = None, check_name: bool = True) -> dict:
    """The certificate that the door shows, as Python's ssl reads it once it has verified it."""
    context = ssl.create_default_context(cafile=str(cafile))
    context.check_hostname = check_name and name is not None
    if alpn:
        context.set_alpn_protocols(alpn)
    with socket.create_connection(server.address(door), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname=name) as secured:
            return secured.getpeercert()


def names(certificate: dict) -> set[str]:
    return {name for _, name in certificate["subjectAltName"]}


def issuer(certificate: dict) -> str:
    return next(value for part in certificate["issuer"] for key, value in part if key == "commonName")
