# SPDX-License-Identifier: Apache-2.0
"""`make bench-floods`: abuse of every kind beside two devices that do everything right. Fails if they
lose a message or wait too long, or if the server keeps the memory. See floods.sh."""

import datetime
import json
import os
import pathlib
import resource
import sys
import tempfile
import time

from flooding import floods, healthy, leaks, memory, rules
from headwater import Headwater

RESULTS = pathlib.Path(__file__).resolve().parent / "results"
# The flood begins so long before the measured time, and ends so long after it.
LEAD_SECONDS, TAIL_SECONDS = 0.3, 0.2
HEAD = ("flood", "opened", "came in", "refused", "closed", "CPU cores", "newcomer ms", "lost",
        "p50 ms", "p99 ms", "≤ ms", "RSS MB", "peak", "after", "back s", "verdict")


def under(server, flood: floods.Flood, baseline_ms: float) -> dict:
    """One flood: what it did, what the healthy saw, what the server took."""
    watch, pair = memory.Watch(server), healthy.Pair(server, rules.SECONDS)
    time.sleep(healthy.WARM_SECONDS - LEAD_SECONDS)
    spent, began = server.cpu_seconds(), time.monotonic()
    process = floods.start(flood, server, "--secs", str(rules.SECONDS + LEAD_SECONDS + TAIL_SECONDS))
    time.sleep(LEAD_SECONDS + rules.SECONDS / 2)
    newcomer = healthy.newcomer_ms(server)
    seen = pair.figures()
    did = floods.figures(process, rules.SECONDS + 60)
    cores = (server.cpu_seconds() - spent) / (time.monotonic() - began)
    watch.end()
    after_mb, back_s = memory.back(server, watch.before_mb)
    line = {"name": flood.label, "did": did, "healthy": seen, "cores": cores,
            "newcomer_ms": newcomer, "before_mb": watch.before_mb, "peak_mb": watch.peak_mb,
            "after_mb": after_mb, "back_s": back_s, "limit_ms": rules.p99_limit_ms(baseline_ms)}
    return {**line, **verdict(flood, line)}


def verdict(flood: floods.Flood, line: dict) -> dict:
    did, seen, wrong = line["did"], line["healthy"], []
    if "error" in seen:
        wrong.append(f"healthy devices: {seen['error']}")
    else:
        wrong += [f"{seen[fault]} {fault}" for fault in ("lost", "disorder", "dead") if seen[fault]]
        if (p99_ms := seen["p99_us"] / 1000) > line["limit_ms"]:
            wrong.append(f"p99 {p99_ms:.0f} ms")
    if line["back_s"] is None:
        wrong.append(f"{line['after_mb'] - line['before_mb']:.0f} MB more are kept")
    skipped = None
    if "error" in did:
        wrong.append(did["error"])
    elif flood.comes_in and not did["accepted"]:
        if flood.optional:
            skipped = "refused here"
        else:
            wrong.append("none of the flood came in")
    elif flood.each_kb and (most_mb := rules.peak_limit_mb(flood, did)) < (
            grown_mb := line["peak_mb"] - line["before_mb"]):
        wrong.append(f"{grown_mb:.0f} MB at the peak, {most_mb:.0f} wanted")
    return {"wrong": wrong, "skipped": skipped}


def row(line: dict) -> tuple[str, ...]:
    did, seen = line["did"], line["healthy"]

    def of(figures: dict, name: str, scale: float = 1, digits: int = 0) -> str:
        return f"{figures[name] / scale:,.{digits}f}" if name in figures else "-"

    new, back = line["newcomer_ms"], line["back_s"]
    words = "; ".join(line["wrong"]) or line["skipped"] or "ok"
    return (line["name"], of(did, "opened"), of(did, "accepted"), of(did, "refused"),
            of(did, "closed"), f"{line['cores']:.2f}", "none" if new is None else f"{new:.0f}",
            of(seen, "lost"), of(seen, "p50_us", 1000, 1), of(seen, "p99_us", 1000, 1),
            f"{line['limit_ms']:.0f}", f"{line['before_mb']:.0f}", f"{line['peak_mb']:.0f}",
            f"{line['after_mb']:.0f}", "never" if back is None else f"{back:.0f}", words)


WIDTHS = (21, 9, 9, 9, 9, 9, 11, 5, 7, 8, 5, 6, 6, 6, 6, 0)


def shown(cells: tuple[str, ...]) -> str:
    return " ".join(cell.rjust(width) if number else cell.ljust(width)
                    for number, (cell, width) in enumerate(zip(cells, WIDTHS)))


def measure(server, keep) -> list[str]:
    """What is wrong, all together."""
    chosen = floods.chosen()
    baseline = healthy.Pair(server, rules.SECONDS).figures()
    if "error" in baseline:
        raise SystemExit(f"the healthy pair alone: {baseline['error']}")
    keep({"name": "baseline", **baseline})
    baseline_ms, wrong = baseline["p99_us"] / 1000, []
    print(f"without a flood: p50 {baseline['p50_us'] / 1000:.1f} ms, p99 {baseline_ms:.1f} ms\n")
    print(shown(HEAD), flush=True)
    for flood in chosen:
        line = under(server, flood, baseline_ms)
        keep(line)
        print(shown(row(line)), flush=True)
        wrong += [f"{flood.label}: {words}" for words in line["wrong"]]
    if rules.MALFORMED and "leaks" in os.environ.get("ONLY", "leaks").split():
        wrong += leaks.run(server, rules.MALFORMED, keep)
    return wrong


def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    print(f"limit of file descriptors: {limit:,} for the server and for the flood each")
    RESULTS.mkdir(exist_ok=True)
    stamp = datetime.datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
    with tempfile.TemporaryDirectory(prefix="headwater-floods-") as folder, \
            open(RESULTS / f"{stamp}-floods.jsonl", "w") as out:
        server = Headwater(pathlib.Path(folder), kept=True, tls=True)
        try:
            server.rest()
            wrong = measure(server, lambda line: print(json.dumps(line), file=out, flush=True))
        finally:
            server.stop()
    if wrong:
        print("\n" + "\n".join(wrong))
        sys.exit(1)
    print("\nevery rule held")


if __name__ == "__main__":
    main()
