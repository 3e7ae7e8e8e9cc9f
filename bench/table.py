# SPDX-License-Identifier: Apache-2.0
"""Turns lines of figures into one table: medians over runs, faults summed, goals beside them."""

import statistics

import connections
import goals
from scenarios import TRAFFIC

HEAD = ("scenario", "broker", "CPU s/M", "÷ floor", "÷ mosquitto", "k msg/s", "p50 ms", "p99 ms",
        "RSS MB", "lost", "disorder", "stalls", "runs", "must and goal")
FAULTS = ("lost", "disorder", "stalls")
MEANING = """
CPU s/M: user+sys seconds of the broker per million messages delivered (d1: acknowledged). headwater:
KEEP=off, as the peers, who keep nothing. kept: JSON payloads into the tables, counted from the first
connection until `lake flush` has returned, so with log, Parquet and Iceberg commit. TLS: mutual TLS
1.3, KEEP=off. Headwater decides by a policy of seven statements, the peers have none. Musts and goals:
multiples of floor; f: multiples of mosquitto. Medians; lost, disorder and stalls are sums."""


def progress(line: dict) -> str:
    head = f"  {line['name']:10}{line['label']:20}"
    if "error" in line:
        return f"{head} {line['error']}"
    if line["name"] not in TRAFFIC:
        return f"{head} {connections.told(line)}"
    return (f"{head}{line['cpu_s_per_M']:7.2f} s/M {line['rate'] / 1000:8.1f} k/s  "
            f"p50 {line['p50_us'] / 1000:.2f} ms  p99 {line['p99_us'] / 1000:.2f} ms")


def rendered(lines: list[dict]) -> str:
    rows = [HEAD]
    for name in unique(line["name"] for line in lines if line["name"] in TRAFFIC):
        of_name = [line for line in lines if line["name"] == name]
        medians = {label: typical([x for x in of_name if x["label"] == label])
                   for label in unique(line["label"] for line in of_name)}
        rows += [row(name, label, of_name, medians) for label in medians]
    text = ""
    if len(rows) > 1:
        text = aligned(rows) + "\n" + MEANING
    return text + connections.rendered(lines)


def aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows)]
    last = len(widths) - 1
    return "\n" + "\n".join(
        " ".join(cell.rjust(width) if 1 < number < last else cell.ljust(width)
                 for number, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in rows)


def unique(names) -> list[str]:
    return list(dict.fromkeys(names))


def typical(runs: list[dict]) -> dict:
    """The median of each figure."""
    good = [line for line in runs if "error" not in line]
    numbers = [name for name, value in (good[0] if good else {}).items()
               if isinstance(value, (int, float)) and not isinstance(value, bool)]
    return {name: statistics.median(line[name] for line in good if name in line)
            for name in numbers}


def row(name: str, label: str, lines: list[dict], medians: dict) -> tuple[str, ...]:
    runs = [line for line in lines if line["label"] == label]
    good = [line for line in runs if "error" not in line]
    if not good:
        return (name, label, *("-" for _ in HEAD[3:-1]), f"0/{len(runs)}", "")
    mine = medians[label]

    def ratio(other: str) -> str:
        found = multiple(medians, label, other)
        return f"{found:.2f}" if found else "-"

    return (
        name, label, f"{mine['cpu_s_per_M']:.2f}", ratio("floor"), ratio("mosquitto"),
        f"{mine['rate'] / 1000:.1f}", f"{mine['p50_us'] / 1000:.2f}",
        f"{mine['p99_us'] / 1000:.2f}", f"{mine['rss_kb'] / 1024:.0f}",
        *(str(sum(line[fault] for line in good)) for fault in FAULTS), f"{len(good)}/{len(runs)}",
        judged(name, label, good, medians))


def multiple(medians: dict, label: str, other: str, figure: str = "cpu_s_per_M") -> float | None:
    if other == label or not medians.get(other, {}).get(figure):
        return None
    return medians[label][figure] / medians[other][figure]


def judged(name: str, label: str, good: list[dict], medians: dict) -> str:
    """What was asked of Headwater here, and whether it was met."""
    if not label.startswith("headwater"):
        return ""
    words = []
    if faults := sum(line[fault] for line in good for fault in FAULTS):
        words.append(f"must be without loss, disorder and stalls: {faults} of them")
    if label == "headwater" and (found := multiple(medians, label, "floor")):
        words.append(goals.OF_FLOOR[name].judged(found))
    if label == "headwater" and name == "f":
        for figure, goal in goals.OF_MOSQUITTO.items():
            if found := multiple(medians, label, "mosquitto", figure):
                words.append(f"{figure.split('_')[0]} {found:.2f}: {goal.judged(found)}")
    if label == "headwater kept" and name == "d1":
        words.append(goals.KEPT_D1.judged(medians[label]["cpu_s_per_M"]))
    return "; ".join(words)
