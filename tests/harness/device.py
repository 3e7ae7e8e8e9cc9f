# SPDX-License-Identifier: Apache-2.0
"""A device: a thing with a certificate of its own, made through the AWS API, as files."""

import dataclasses
import itertools
import pathlib
import ssl
import subprocess

from .server import Server

_numbers = itertools.count(1)


@dataclasses.dataclass
class Device:
    name: str
    certificate: pathlib.Path
    key: pathlib.Path
    ca: pathlib.Path
    certificate_id: str = ""
    arn: str = ""
    policy: str = ""

    def context(self) -> ssl.SSLContext:
        """TLS as a device has it: trusts the server's CA alone, shows its certificate."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(self.certificate, self.key)
        return context


def register(server: Server, folder: pathlib.Path, policy: str, name: str | None = None) -> Device:
    """Thing, active certificate, policy (a document) and their attachments."""
    name = name or f"device-{next(_numbers)}"
    iot = server.keys.client("iot")
    iot.create_thing(thingName=name)
    made = iot.create_keys_and_certificate(setAsActive=True)
    policy_name = f"{name}-policy"
    iot.create_policy(policyName=policy_name, policyDocument=policy)
    iot.attach_policy(policyName=policy_name, target=made["certificateArn"])
    iot.attach_thing_principal(thingName=name, principal=made["certificateArn"])
    return from_pem(
        server, folder, name, made["certificatePem"], made["keyPair"]["PrivateKey"],
        certificate_id=made["certificateId"], arn=made["certificateArn"], policy=policy_name,
    )


def from_pem(server: Server, folder: pathlib.Path, name: str, certificate: str, key: str,
             **more: str) -> Device:
    """Writes certificate and key where clients that take files find them."""
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_text(certificate)
    paths[1].write_text(key)
    paths[1].chmod(0o600)
    return Device(name, *paths, ca=pathlib.Path(server.endpoints["ca"]), **more)


def stranger(server: Server, folder: pathlib.Path) -> Device:
    """A self-signed certificate that nobody registered."""
    name = f"stranger-{next(_numbers)}"
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    return Device(name, certificate, key, ca=pathlib.Path(server.endpoints["ca"]))
