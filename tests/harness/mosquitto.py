# SPDX-License-Identifier: Apache-2.0
"""Runs `mosquitto_pub` as a device."""

import pathlib
import subprocess

from .device import Device
from .server import Server


def publish(server: Server, device: Device, topic: str, payload: bytes, qos: int = 1,
            folder: pathlib.Path | None = None, check: bool = True) -> subprocess.CompletedProcess:
    """One message; the payload goes through a file, so that every byte is kept."""
    file = (folder or device.certificate.parent) / "payload.bin"
    file.write_bytes(payload)
    _, port = server.address("mqtts")
    done = subprocess.run(
        ["mosquitto_pub", "-h", "localhost", "-p", str(port), "-i", device.name,
         "--cafile", device.ca, "--cert", device.certificate, "--key", device.key,
         "-q", str(qos), "-t", topic, "-f", file],
        capture_output=True, text=True, timeout=20,
    )
    if check:
        assert done.returncode == 0, f"mosquitto_pub: {done.stderr}\n{server.log_tail()}"
    return done
