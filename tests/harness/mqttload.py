# SPDX-License-Identifier: Apache-2.0
"""The load generator of `bench/`, built, and the benches run with it."""

import functools
import os
import pathlib
import subprocess
import sys

from . import binary

BENCH = binary.REPOSITORY / "bench"


@functools.cache
def environment() -> dict[str, str]:
    """What the benches are told: where the programs are. Builds the generator if it is not."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", BENCH / "mqttload" / "target"))
    subprocess.run(
        ["cargo", "build", "--quiet", "--release", "--manifest-path", BENCH / "mqttload/Cargo.toml",
         "--target-dir", target], check=True)
    release = target / "release"
    return {"MQTTLOAD": str(release / "mqttload"), "FLOOR": str(release / "floor"),
            "HEADWATER_BIN": binary.path()}


def run(program: str, seconds_max: float, *args: str, **steering: str) -> subprocess.CompletedProcess:
    """A bench with its arguments, and the environment variables that steer it."""
    env = {**binary.clean_environment(**environment()), **steering}
    return subprocess.run([sys.executable, BENCH / program, *args], env=env, capture_output=True,
                          text=True, timeout=seconds_max)
