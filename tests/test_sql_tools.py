# SPDX-License-Identifier: Apache-2.0
"""The statements that tools send, as written down in tests/sql_corpus, answered as they expect."""

import dataclasses
import json
import pathlib
import re

import psycopg
import pytest

from harness import policies, sql
from harness.mqtt import Client
from harness.waiting import until

CORPUS = pathlib.Path(__file__).parent / "sql_corpus"


@dataclasses.dataclass
class Case:
    tool: str
    name: str
    text: str
    params: list | None = None
    columns: list[str] | None = None
    rows: str | None = None
    has: str | None = None


def read(path: pathlib.Path) -> list[Case]:
    cases = []
    for block in re.split(r"^-- case: ", path.read_text(), flags=re.MULTILINE)[1:]:
        name, *lines = block.splitlines()
        case = Case(path.stem, name, "")
        while lines and (told := re.match(r"-- (params|columns|rows|has): (.*)", lines[0])):
            key, value = told.groups()
            given = {"params": json.loads, "columns": lambda text: text.split(", ")}.get(key, str)
            setattr(case, key, given(value))
            del lines[0]
        case.text = "\n".join(lines).strip().removesuffix(";")
        cases.append(case)
    return cases


CASES = [case for path in sorted(CORPUS.glob("*.sql")) for case in read(path)]


@pytest.fixture(scope="module")
def filled(server, tmp_path_factory):
    """Readings of one thing, in SQL already."""
    from harness.device import register

    meter = register(server, tmp_path_factory.mktemp("tools"), policies.EVERYTHING, "tools-meter")
    with Client(server, meter) as client:
        for number in range(5):
            client.publish("tools/meter", json.dumps({"flow": number * 1.5, "unit": "l/min"}))
    until(lambda: sql.count(server, "select count(*) from telemetry where thing = 'tools-meter'")
          >= 10, 2, "the readings")
    return server


@pytest.fixture(scope="module", params=["simple", "extended"])
def ask(filled, request):
    """Runs a case and returns its columns and rows; by the extended protocol also in binary."""
    with sql.connect(filled) as connection:
        def run(case: Case):
            if request.param == "simple":
                text = case.text
                for number, value in enumerate(case.params or [], start=1):
                    literal = str(value) if isinstance(value, int) else f"'{value}'"
                    text = text.replace(f"${number}", literal)
                # Without parameters, a raw cursor's text goes out as it is, by the simple protocol.
                cursor = psycopg.ClientCursor(connection)
                cursor.execute(text.encode())
            else:
                cursor = psycopg.RawCursor(connection)
                cursor.execute(case.text.encode(), case.params or None, prepare=True)
            names = [column.name for column in cursor.description]
            return names, cursor.fetchall()
        yield run


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.tool}: {case.name}")
def test_case(ask, case):
    names, rows = ask(case)
    if case.columns:
        assert names[:len(case.columns)] == case.columns
    if case.rows == "some":
        assert rows
    elif case.rows is not None:
        assert len(rows) == int(case.rows), rows
    if case.has is not None:
        found = [row for row in rows if case.has in [str(value) for value in row]]
        assert found, rows[:20]
