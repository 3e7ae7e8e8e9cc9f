# SPDX-License-Identifier: Apache-2.0
"""A certificate's life by boto3: made, registered, listed, switched, deleted; and OpenSSL's part."""

import hashlib
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import device, policies
from harness.aws_errors import entries, pages, refusal, refused, why
from harness.mqtt import Client


@pytest.fixture(scope="module")
def iot(server):
    return server.keys.client("iot")


def openssl(*args, cwd) -> str:
    done = subprocess.run(["openssl", *map(str, args)], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def key(folder, name: str, kind: str = "EC") -> None:
    options = {"EC": ["-pkeyopt", "ec_paramgen_curve:prime256v1"],
               "RSA": ["-pkeyopt", "rsa_keygen_bits:2048"]}[kind]
    openssl("genpkey", "-algorithm", kind, *options, "-out", f"{name}.key", cwd=folder)


def request(folder, name: str, subject: str, kind: str = "EC") -> str:
    key(folder, name, kind)
    openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr",
            cwd=folder)
    return (folder / f"{name}.csr").read_text()


def authority(folder, name: str = "ca") -> str:
    key(folder, name)
    openssl("req", "-x509", "-key", f"{name}.key", "-subj", f"/CN={name}", "-days", 30,
            "-out", f"{name}.pem", cwd=folder)
    return (folder / f"{name}.pem").read_text()


def signed(folder, name: str, ca: str = "ca") -> str:
    """A device certificate that the CA signed."""
    request(folder, name, f"/CN={name}")
    (folder / "device.ext").write_text("basicConstraints=critical,CA:FALSE\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-days", 30, "-extfile", "device.ext", "-out", f"{name}.pem",
            cwd=folder)
    return (folder / f"{name}.pem").read_text()


def id_of(pem: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def may_do_everything(iot, arn: str, name: str) -> None:
    iot.create_policy(policyName=name, policyDocument=policies.EVERYTHING)
    iot.attach_policy(policyName=name, target=arn)


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_a_certificate_from_a_signing_request_connects(server, iot, tmp_path, kind):
    name = f"csr-{kind}"
    text = request(tmp_path, name, f"/C=GR/O=Works/CN={name}", kind)
    made = iot.create_certificate_from_csr(certificateSigningRequest=text, setAsActive=True)
    assert made["certificateId"] == id_of(made["certificatePem"])
    assert made["certificateArn"].endswith(f":cert/{made['certificateId']}")
    shown = iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
    assert shown["status"] == "ACTIVE" and shown["certificateMode"] == "DEFAULT"
    (tmp_path / f"{name}.pem").write_text(made["certificatePem"])
    subject = openssl("x509", "-in", f"{name}.pem", "-noout", "-subject", cwd=tmp_path)
    assert "C = GR, O = Works" in subject and name in subject
    may_do_everything(iot, made["certificateArn"], name)
    private = (tmp_path / f"{name}.key").read_text()
    own = device.from_pem(server, tmp_path, name, made["certificatePem"], private)
    with Client(server, own) as client:
        client.publish("csr/x", "1")
    again = iot.create_certificate_from_csr(certificateSigningRequest=text)
    assert again["certificateId"] != made["certificateId"]
    again = iot.describe_certificate(certificateId=again["certificateId"])
    assert again["certificateDescription"]["status"] == "INACTIVE"


def test_bad_signing_requests(iot, tmp_path):
    good = request(tmp_path, "good", "/CN=good")
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "weak.key",
            cwd=tmp_path)
    openssl("req", "-new", "-key", "weak.key", "-subj", "/CN=weak", "-out", "weak.csr",
            cwd=tmp_path)
    body = good.splitlines()
    swapped = "\n".join([body[0], body[1][::-1], *body[2:]])
    for text in ("no request", (tmp_path / "weak.csr").read_text(), swapped, good + good,
                 "x" * 4097, authority(tmp_path)):
        assert refused(iot.create_certificate_from_csr, certificateSigningRequest=text) == (
            "InvalidRequestException", 400)
    assert "too short" in why(iot.create_certificate_from_csr,
                              certificateSigningRequest=(tmp_path / "weak.csr").read_text())


def test_registered_with_its_ca(server, iot, tmp_path):
    ca, pem = authority(tmp_path), signed(tmp_path, "factory")
    made = iot.register_certificate(certificatePem=pem, caCertificatePem=ca, status="ACTIVE")
    assert made["certificateId"] == id_of(pem)
    shown = iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
    assert shown["caCertificateId"] == id_of(ca) and shown["certificateMode"] == "DEFAULT"
    again = refusal(iot.register_certificate, certificatePem=pem, caCertificatePem=ca)
    assert again["Error"]["Code"] == "ResourceAlreadyExistsException"
    assert again["resourceId"] == made["certificateId"]
    assert again["resourceArn"] == made["certificateArn"]
    may_do_everything(iot, made["certificateArn"], "factory")
    private = (tmp_path / "factory.key").read_text()
    with Client(server, device.from_pem(server, tmp_path, "factory", pem, private)) as client:
        client.publish("factory/x", "1")


def test_registered_without_a_ca(server, iot, tmp_path):
    key(tmp_path, "alone")
    openssl("req", "-x509", "-key", "alone.key", "-subj", "/CN=alone", "-days", 30,
            "-addext", "basicConstraints=critical,CA:FALSE", "-out", "alone.pem", cwd=tmp_path)
    pem = (tmp_path / "alone.pem").read_text()
    made = iot.register_certificate_without_ca(certificatePem=pem)
    shown = iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
    assert (shown["status"], shown["certificateMode"]) == ("INACTIVE", "SNI_ONLY")
    assert "caCertificateId" not in shown
    iot.update_certificate(certificateId=made["certificateId"], newStatus="ACTIVE")
    may_do_everything(iot, made["certificateArn"], "alone")
    private = (tmp_path / "alone.key").read_text()
    with Client(server, device.from_pem(server, tmp_path, "alone", pem, private)) as client:
        client.publish("alone/x", "1")


def test_registrations_that_are_refused(iot, tmp_path):
    ca, other = authority(tmp_path), authority(tmp_path, "other")
    pem = signed(tmp_path, "refused")
    bad = ("CertificateValidationException", 400)
    assert refused(iot.register_certificate, certificatePem=pem) == bad
    assert refused(iot.register_certificate, certificatePem=pem, caCertificatePem=other) == bad
    assert refused(iot.register_certificate, certificatePem=pem, caCertificatePem=pem) == bad
    assert refused(iot.register_certificate_without_ca, certificatePem=ca) == bad
    assert refused(iot.register_certificate_without_ca, certificatePem="no") == bad
    assert "CA:FALSE" in why(iot.register_certificate_without_ca, certificatePem=ca)
    for status in ("PENDING_TRANSFER", "PENDING_ACTIVATION", "REGISTER_INACTIVE"):
        assert refused(iot.register_certificate, certificatePem=pem, caCertificatePem=ca,
                       status=status) == ("InvalidRequestException", 400)


def test_the_list_goes_both_ways(iot):
    made = [iot.create_keys_and_certificate(setAsActive=True)["certificateId"] for _ in range(5)]

    def ids(**arguments):
        found = entries(iot.list_certificates, "certificates", **arguments)
        assert all(one["certificateArn"].endswith(one["certificateId"]) for one in found)
        assert {"status", "certificateMode", "creationDate"} <= found[0].keys()
        return [one["certificateId"] for one in found if one["certificateId"] in made]

    assert ids(ascendingOrder=True, pageSize=2) == made
    assert ids(pageSize=2) == made[::-1], "newest first unless asked otherwise"
    paged = pages(iot.list_certificates, pageSize=3)
    assert all(len(page["certificates"]) == 3 for page in paged[:-1])
    assert refused(iot.list_certificates, marker="bm8=") == ("InvalidRequestException", 400)


def test_deleted_only_when_nothing_uses_it(iot):
    made = iot.create_keys_and_certificate(setAsActive=True)
    arn, name = made["certificateArn"], made["certificateId"]
    may_do_everything(iot, arn, "delete-me")
    iot.create_thing(thingName="delete-me")
    iot.attach_thing_principal(thingName="delete-me", principal=arn)
    for force in (False, True):
        assert refused(iot.delete_certificate, certificateId=name, forceDelete=force) == (
            "CertificateStateException", 406)
    iot.update_certificate(certificateId=name, newStatus="INACTIVE")
    for force in (False, True):
        assert refused(iot.delete_certificate, certificateId=name, forceDelete=force) == (
            "DeleteConflictException", 409)
    iot.detach_thing_principal(thingName="delete-me", principal=arn)
    assert refused(iot.delete_certificate, certificateId=name) == ("DeleteConflictException", 409)
    iot.delete_certificate(certificateId=name, forceDelete=True)
    missing = ("ResourceNotFoundException", 404)
    assert refused(iot.describe_certificate, certificateId=name) == missing
    assert refused(iot.delete_certificate, certificateId=name) == missing
    assert iot.list_targets_for_policy(policyName="delete-me")["targets"] == []


def test_revoked_is_for_good(iot):
    name = iot.create_keys_and_certificate(setAsActive=True)["certificateId"]
    iot.update_certificate(certificateId=name, newStatus="REVOKED")
    for status in ("ACTIVE", "INACTIVE"):
        assert refused(iot.update_certificate, certificateId=name, newStatus=status) == (
            "CertificateStateException", 406)
    for status in ("PENDING_TRANSFER", "PENDING_ACTIVATION", "REGISTER_INACTIVE"):
        assert refused(iot.update_certificate, certificateId=name, newStatus=status) == (
            "InvalidRequestException", 400)
    iot.delete_certificate(certificateId=name)


def test_a_burst_of_keys(server, iot):
    """Fifty at once are answered, each with a key of its own."""
    began = time.monotonic()
    with ThreadPoolExecutor(10) as threads:
        made = list(threads.map(lambda _: iot.create_keys_and_certificate(), range(50)))
    seconds = time.monotonic() - began
    assert len({one["keyPair"]["PublicKey"] for one in made}) == 50
    assert all(one["keyPair"]["PrivateKey"].startswith("-----BEGIN RSA PRIVATE KEY-----")
               for one in made)
    print(f"50 keys and certificates in {seconds:.2f} s")


def test_p256_by_a_setting(fresh, tmp_path):
    settings = tmp_path / "headwater.toml"
    settings.write_text("[certificates]\ndevice_keys = 'p-256'\n")
    server = fresh("--config", str(settings))
    own = device.register(server, tmp_path, policies.EVERYTHING)
    assert own.key.read_text().startswith("-----BEGIN EC PRIVATE KEY-----")
    with Client(server, own) as client:
        client.publish("p256/x", "1")
