# SPDX-License-Identifier: Apache-2.0
"""`headwater policy test`: JSON lines in, a decision and its reason out. Cases stand in
cases/policy.jsonl, one a line: {"name", "expect", "policies", "action", "resource", "context"}."""

import json
import pathlib

import pytest

from harness import binary

CASES = [json.loads(line) for line in
         (pathlib.Path(__file__).parent / "cases" / "policy.jsonl").read_text().splitlines() if line]
QUESTION = ("policies", "action", "resource", "context")


def line_of(case: dict) -> str:
    return json.dumps({key: case[key] for key in QUESTION if key in case})


def answers(text: str, *args: str) -> list[dict]:
    done = binary.run("policy", "test", "--file", "-", *args, stdin=text)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_case_in_one_run():
    got = answers("\n".join(line_of(case) for case in CASES) + "\n")
    assert len(got) == len(CASES), "a line each"
    wrong = [(case["name"], case["expect"], answer) for case, answer in zip(CASES, got)
             if answer["decision"] != case["expect"]]
    assert not wrong
    assert all(answer["why"] for answer in got)


def test_from_a_file_without_a_server(tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text(line_of(CASES[0]))
    done = binary.run("policy", "test", "--file", str(file))
    assert json.loads(done.stdout)["decision"] == CASES[0]["expect"]


def test_a_missing_file_is_3(tmp_path):
    done = binary.run("policy", "test", "--file", str(tmp_path / "none"), check=False)
    assert done.returncode == 3 and "none" in done.stderr


@pytest.mark.parametrize("line", [
    "{", "[]", '{"policies":[]}', '{"policies":[{"Version":"2012-10-17","Statement":[{}]}],'
    '"action":"iot:Publish","resource":"arn:aws:iot:r:1:topic/a","context":{}}',
], ids=["cut", "array", "no action", "bad document"])
def test_a_bad_line_is_named(line):
    good = line_of(CASES[0])
    done = binary.run("policy", "test", "--file", "-", stdin=f"{good}\n{line}\n", check=False)
    assert done.returncode == 1
    assert "line 2" in done.stderr
