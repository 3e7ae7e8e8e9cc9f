# SPDX-License-Identifier: Apache-2.0
"""What the fault tests share: a folder for disks, and a loud word when something is left out.

`HEADWATER_FAULTS=full` (as `make test-faults` sets it) runs the whole suite; else its quick part.
`HEADWATER_FAULTS_SEED` repeats a run's random choices.
"""

import os
import pathlib
import random
import shutil
import tempfile

import pytest

from harness import disks

FULL = os.environ.get("HEADWATER_FAULTS") == "full"
SEED = int(os.environ.get("HEADWATER_FAULTS_SEED", str(random.randrange(1 << 32))))


def pytest_collection_modifyitems(items):
    missing = disks.missing()
    for item in items:
        if item.get_closest_marker("full") and not FULL:
            item.add_marker(pytest.mark.skip(reason="part of `make test-faults`"))
        elif item.get_closest_marker("disks") and missing:
            item.add_marker(pytest.mark.skip(reason="NOT TESTED HERE: needs " + ", ".join(missing)))


def pytest_terminal_summary(terminalreporter):
    missing = disks.missing()
    if FULL and missing:
        terminalreporter.section("FAULTS LEFT OUT", sep="!", red=True, bold=True)
        terminalreporter.line("power cut and full disk were NOT tested; they need: "
                              + ", ".join(missing) + ". Run `make test-faults` as root.")


@pytest.fixture
def chance() -> random.Random:
    """Random choices that a printed seed repeats."""
    print(f"HEADWATER_FAULTS_SEED={SEED}", flush=True)
    return random.Random(SEED)


@pytest.fixture
def disk_folder():
    """A folder on a real disk (not in memory), with room for images."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="headwater-faults-", dir="/var/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
