# SPDX-License-Identifier: Apache-2.0
"""Turns lines of figures into one table: medians over runs, faults summed."""

import statistics

HEAD = ("scenario", "broker", "CPU s/M", "÷ floor", "÷ mosquitto", "k msg/s", "p50 ms", "p99 ms",
        "RSS MB", "lost", "disorder", "stalls", "runs")
ORDER = ("floor", "mosquitto", "headwater")
FAULTS = ("lost", "disorder", "stalls")
MEANING = """
CPU s/M: user+sys seconds of the broker per million messages delivered (a1, b1, c1) or acknowledged
(d1, kept). kept: d1 with JSON payloads into the tables; for Headwater counted from the first
connection until `lake flush` has returned, so it includes log, Parquet and the Iceberg commit.
Headwater checks a policy of six statements on every message; mosquitto runs without any; neither
mosquitto nor floor writes anything. Medians; lost, disorder and stalls are sums over the runs."""


def progress(line: dict) -> str:
    if "error" in line:
        return f"  {line['name']} {line['label']}: {line['error']}"
    return (f"  {line['name']:5}{line['label']:10} {line['cpu_s_per_M']:7.2f} s/M "
            f"{line['rate'] / 1000:8.1f} k/s  p50 {line['p50_us'] / 1000:.2f} ms  "
            f"p99 {line['p99_us'] / 1000:.2f} ms")


def rendered(lines: list[dict]) -> str:
    rows = [HEAD]
    names = list(dict.fromkeys(line["name"] for line in lines if line["name"] != "start"))
    for name in names:
        costs = {broker: median(of(lines, name, broker), "cpu_s_per_M") for broker in ORDER}
        for broker in ORDER:
            runs = of(lines, name, broker)
            if runs:
                rows.append(row(name, broker, runs, costs))
    widths = [max(len(line[column]) for line in rows) for column in range(len(HEAD))]
    text = ["", *(" ".join(cell.rjust(width) if number > 1 else cell.ljust(width)
                           for number, (cell, width) in enumerate(zip(line, widths)))
                  for line in rows)]
    return "\n".join(text) + "\n" + MEANING + start(lines)


def of(lines: list[dict], name: str, broker: str) -> list[dict]:
    return [line for line in lines if line["name"] == name and line.get("label") == broker]


def median(runs: list[dict], field: str) -> float | None:
    values = [line[field] for line in runs if field in line]
    return statistics.median(values) if values else None


def row(name: str, broker: str, runs: list[dict], costs: dict) -> tuple[str, ...]:
    good = [line for line in runs if "error" not in line]
    if not good:
        return (name, broker, *("-" for _ in HEAD[3:]), f"0/{len(runs)}")

    def ratio(other: str) -> str:
        return f"{costs[broker] / costs[other]:.2f}" if costs[other] and other != broker else "-"

    return (
        name, broker, f"{costs[broker]:.2f}", ratio("floor"), ratio("mosquitto"),
        f"{median(good, 'rate') / 1000:.1f}", f"{median(good, 'p50_us') / 1000:.2f}",
        f"{median(good, 'p99_us') / 1000:.2f}", f"{median(good, 'rss_kb') / 1024:.0f}",
        *(str(sum(line[fault] for line in good)) for fault in FAULTS), f"{len(good)}/{len(runs)}",
    )


def start(lines: list[dict]) -> str:
    for line in lines:
        if line["name"] == "start":
            return (f"\nStart to ready: {line['start_ms']:.0f} ms (goal 300), on an empty folder "
                    f"{line['first_start_ms']:.0f} ms. Idle: {line['idle_kb'] / 1024:.0f} MB "
                    f"(goal 60), {line['idle_cores']:.3f} cores.")
    return ""
