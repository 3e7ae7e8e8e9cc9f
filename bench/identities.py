# SPDX-License-Identifier: Apache-2.0
"""Certificates for mutual TLS, all of ECDSA P-256: for peers from a CA of our own, for Headwater
through the AWS API."""

import dataclasses
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
POLICY = pathlib.Path(__file__).resolve().parent / "policy.json"


@dataclasses.dataclass(frozen=True)
class Identity:
    ca: pathlib.Path
    certificate: pathlib.Path
    key: pathlib.Path

    def arguments(self) -> list[str]:
        """For mqttload."""
        return ["--tls", "yes", "--ca", str(self.ca), "--cert", str(self.certificate),
                "--key", str(self.key)]


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def stranger(folder: pathlib.Path, ca: pathlib.Path) -> Identity:
    """A certificate that nobody signed and nobody knows."""
    made = Identity(ca, folder / "stranger.pem", folder / "stranger.key")
    openssl("req", "-x509", *KEY, "-days", 2, "-subj", "/CN=stranger", "-keyout", made.key,
            "-out", made.certificate)
    return made


def of_a_peer(folder: pathlib.Path) -> tuple[Identity, Identity]:
    """(client, server) under one new CA."""
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    openssl("req", "-x509", *KEY, "-days", 2, "-subj", "/CN=bench CA", "-keyout", ca_key,
            "-out", ca)
    made = []
    for name, extension in (("client", "extendedKeyUsage=clientAuth"),
                            ("server", "subjectAltName=DNS:localhost")):
        identity = Identity(ca, folder / f"{name}.pem", folder / f"{name}.key")
        request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
        extensions.write_text(f"basicConstraints=critical,CA:FALSE\n{extension}\n")
        openssl("req", "-new", *KEY, "-subj", f"/CN={name}", "-keyout", identity.key,
                "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial",
                "-days", 2, "-extfile", extensions, "-out", identity.certificate)
        made.append(identity)
    return made[0], made[1]


def of_headwater(server) -> Identity:
    """A registered device under the policy that anonymous clients have."""
    from harness.keys import Keys
    iot = Keys.parse(server.tool("keys", "create", "--format", "env")).client("iot")
    made = Identity(pathlib.Path(server.endpoints["ca"]), server.folder / "device.pem",
                    server.folder / "device.key")
    request = server.folder / "device.csr"
    openssl("req", "-new", *KEY, "-subj", "/CN=bench", "-keyout", made.key, "-out", request)
    answer = iot.create_certificate_from_csr(
        certificateSigningRequest=request.read_text(), setAsActive=True)
    made.certificate.write_text(answer["certificatePem"])
    iot.create_policy(policyName="bench", policyDocument=POLICY.read_text())
    iot.attach_policy(policyName="bench", target=answer["certificateArn"])
    return made
