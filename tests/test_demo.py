# SPDX-License-Identifier: Apache-2.0
"""`headwater demo`: what it says at its end is so."""

import re

from harness import binary

DOORS = [word for door in ("mqtts", "https", "http", "postgres")
         for word in (f"--listen-{door}", "127.0.0.1:0")]


def test_all_that_was_acknowledged_is_in_the_table(tmp_path):
    done = binary.run("demo", "--duration", "20s", "--data", str(tmp_path / "data"), *DOORS)
    found = re.search(r"([\d,]+) readings acknowledged, ([\d,]+) in the table", done.stdout)
    assert found, done.stdout
    acknowledged, rows = (int(count.replace(",", "")) for count in found.groups())
    assert rows == acknowledged > 0
    assert "The same readings by SQL" in done.stdout
