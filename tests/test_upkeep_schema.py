# SPDX-License-Identifier: Apache-2.0
"""Columns that a later release adds: other engines read files from before them as NULL."""

import os
import pathlib
import subprocess
import types

import pytest

from harness import lake

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def widened() -> pathlib.Path:
    """crates/lake/examples/widened.rs, built; with the whole workspace, so that nothing else is."""
    subprocess.run(["cargo", "build", "-q", "--workspace", "--example", "widened"],
                   cwd=ROOT, check=True, timeout=900)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug" / "examples" / "widened"


@pytest.mark.parametrize("merged", [False, True])
def test_files_that_lack_a_column_are_read_by_everybody(tmp_path, widened, merged):
    subprocess.run([widened, str(tmp_path), *(["compact"] if merged else [])], check=True)
    folder = types.SimpleNamespace(endpoints={"lake": str(tmp_path / "lake")})
    files = list(lake.folder(folder, "notes").glob("data/**/*.parquet"))
    assert len(files) == (6 if merged else 5), "merged ones wait for the sweep"
    expected = [("note 0", None), ("note 1", None), ("note 2", None), ("note 3", 1.5),
                ("note 4", 2.0)]
    assert lake.duck_rows(folder, "notes", "name, value", "ORDER BY name") == expected
    assert lake.duck_rows(folder, "notes", "count(*)", "WHERE value IS NULL") == [(3,)]
    assert lake.duck_rows(folder, "notes", "name", "WHERE value > 1.6") == [("note 4",)]
    table = lake.pyiceberg_table(folder, "notes")
    rows = table.scan().to_arrow().sort_by("name").to_pydict()
    assert list(zip(rows["name"], rows["value"])) == expected
    assert table.scan(row_filter="value is null").to_arrow().num_rows == 3
    some = table.scan(row_filter="value > 1.6", selected_fields=("name",)).to_arrow()
    assert some.to_pydict() == {"name": ["note 4"]}
