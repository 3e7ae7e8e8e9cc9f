# SPDX-License-Identifier: Apache-2.0
"""Every flood of `make bench-floods`, two seconds each, with wide limits: it has seconds per flood, a
development build and neighbours. Healthy devices lose nothing all the same."""

import pytest

from harness import mqttload

SECONDS_MAX = 160


@pytest.mark.timeout(300)
def test_healthy_devices_lose_nothing_while_others_flood():
    done = mqttload.run("floods.py", SECONDS_MAX, SHORT="1")
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every rule held" in done.stdout
