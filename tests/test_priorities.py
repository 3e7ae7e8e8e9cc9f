# SPDX-License-Identifier: Apache-2.0
"""Who comes first when cores are short: what a message waits for before the lake, SQL last."""

import os
import pathlib

from harness import sql
from harness.waiting import until

FIRST = ("shard-", "log-writer", "mqtt-door")


def threads(server) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for task in pathlib.Path(f"/proc/{server.endpoints['pid']}/task").iterdir():
        found.setdefault((task / "comm").read_text().strip(), []).append(int(task.name))
    return found


def test_statements_have_a_core_when_nobody_else_wants_it(server):
    assert sql.count(server, "select count(*) from messages") >= 0
    of_sql = until(lambda: threads(server).get("query"), 5, "threads of SQL")
    assert {os.sched_getscheduler(thread) for thread in of_sql} == {os.SCHED_IDLE}


def test_what_messages_wait_for_keeps_its_priority(server):
    known = threads(server)
    for name in FIRST:
        of_name = [thread for comm, own in known.items() if comm.startswith(name) for thread in own]
        assert of_name, f"{name} is not among {sorted(known)}"
        for thread in of_name:
            assert os.sched_getscheduler(thread) == os.SCHED_OTHER
            assert os.getpriority(os.PRIO_PROCESS, thread) == 0
