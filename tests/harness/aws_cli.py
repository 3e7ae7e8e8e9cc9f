# SPDX-License-Identifier: Apache-2.0
"""Runs the AWS CLI with nothing but what `keys create` printed."""

import json
import pathlib
import subprocess
import sys

from .binary import clean_environment
from .keys import Keys


def aws(keys: Keys, *args: str) -> dict:
    """The JSON that `aws ARGS` printed; empty when it printed nothing."""
    program = pathlib.Path(sys.executable).with_name("aws")
    done = subprocess.run(
        [str(program), *args, "--output", "json"], env=clean_environment(**keys.env),
        capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, f"aws {' '.join(args)}: {done.stderr}"
    return json.loads(done.stdout) if done.stdout.strip() else {}
