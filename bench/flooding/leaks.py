# SPDX-License-Identifier: Apache-2.0
"""Each malformed packet a hundred thousand times on one process: memory must not climb.

What counts is what the program has asked for and not freed once the tables have taken its events:
what is resident goes up and down with buffers and the allocator by more than a leak would show. A kind
that seems to leak is tried again: a leak comes again, a buffer that has grown once does not.
"""

import time

from flooding import floods, rules

WARM_UP = 20_000
SECONDS_MAX = 600
SETTLE_SECONDS = 2


def run(server, times: int, keep) -> list[str]:
    """What is wrong."""
    kinds, wrong = floods.malformed_kinds(), []
    one(server, "all", WARM_UP)
    print(f"\n{'malformed packet':24} {'times':>8} {'per s':>8} {'CPU ms':>8} {'bytes each':>10}")
    for kind in kinds:
        line = one(server, kind, times)
        if line.get("bytes_each", 0) > rules.LEAK_BYTES_MAX:
            line = one(server, kind, times)
        keep({"name": "leak", **line})
        if "error" in line:
            wrong.append(f"{kind}: {line['error']}")
            print(f"{kind:24} {line['error']}")
            continue
        print(f"{kind:24} {line['opened']:8,} {line['opened'] / line['secs']:8,.0f} "
              f"{line['cpu_ms_each']:8.3f} {line['bytes_each']:10.1f}", flush=True)
        if line["bytes_each"] > rules.LEAK_BYTES_MAX:
            wrong.append(f"{kind}: memory climbs by {line['bytes_each']:.0f} bytes each")
        if line["gave_up"]:
            wrong.append(f"{kind}: {line['gave_up']} connections were not closed")
    return wrong


def one(server, kind: str, times: int) -> dict:
    flood = floods.Flood("malformed", kind=kind)
    before = settled(server, float("-inf"))
    spent, began = server.cpu_seconds(), time.monotonic()
    line = floods.figures(floods.start(flood, server, "--n", str(times)), SECONDS_MAX)
    took, spent = time.monotonic() - began, server.cpu_seconds() - spent
    if "error" in line:
        return {"kind": kind, **line}
    grown = settled(server, before + times * rules.LEAK_BYTES_MAX / 4) - before
    return {**line, "cpu_ms_each": spent * 1000 / times, "bytes_each": max(0.0, grown / times),
            "took_s": round(took, 2)}


def settled(server, wanted: float) -> float:
    """Bytes in use with nothing waiting for the tables, as soon as they are as wanted, or the
    least in a while: the last connections, and caches that are emptied by the second, go in it."""
    least, until = float("inf"), time.monotonic() + SETTLE_SECONDS
    while True:
        server.tool("lake", "flush")
        least = min(least, server.heap_bytes())
        if least <= wanted or time.monotonic() > until:
            return least
        time.sleep(0.2)
