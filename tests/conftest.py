# SPDX-License-Identifier: Apache-2.0
"""Servers that tests share: one for the whole run, and fresh ones on demand."""

import os
import pathlib

# boto3 would sign by the device SDK's library where that is installed; its own signer is what most
# people have.
os.environ["BOTO_DISABLE_CRT"] = "true"

import pytest  # noqa: E402

from harness import binary, device, policies
from harness.server import Server


def pytest_configure():
    if not pathlib.Path(binary.path()).is_file():
        raise pytest.UsageError(
            f"{binary.path()} is not built: run `cargo build --workspace --bins`, "
            "or name a binary in HEADWATER_BIN"
        )


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Shared by tests that leave it as they found it; names in it must be their own."""
    with Server(tmp_path_factory.mktemp("shared")) as running:
        yield running


@pytest.fixture
def fresh(tmp_path):
    """`fresh(*args, env={…})` starts a server of the test's own."""
    started = []

    def start(*args: str, env: dict[str, str] | None = None) -> Server:
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        started.append(Server(folder, *args, env=env))
        return started[-1].start()

    yield start
    for running in started:
        if running.running():
            running.kill()


@pytest.fixture
def register(server, tmp_path):
    """`register(policy)` makes a device at the shared server."""

    def make(policy: str = policies.EVERYTHING, name: str | None = None) -> device.Device:
        return device.register(server, tmp_path, policy, name)

    return make
