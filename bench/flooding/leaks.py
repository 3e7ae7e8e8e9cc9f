# SPDX-License-Identifier: Apache-2.0
"""Each malformed packet a hundred thousand times on one process: memory must not climb.

A kind that seems to leak is tried again: a leak comes again, a buffer that has grown once does not.
"""

import time

from flooding import floods, memory, rules

WARM_UP = 20_000
SECONDS_MAX = 600


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
    spent, watch, began = server.cpu_seconds(), memory.Watch(server), time.monotonic()
    line = floods.figures(floods.start(flood, server, "--n", str(times)), SECONDS_MAX)
    watch.end()
    if "error" in line:
        return {"kind": kind, **line}
    return {**line, "cpu_ms_each": (server.cpu_seconds() - spent) * 1000 / times,
            "bytes_each": max(0.0, watch.growth_bytes() / (times * 0.75)),
            "took_s": round(time.monotonic() - began, 2)}
