# SPDX-License-Identifier: Apache-2.0
"""SQL over the same files, by Headwater (PostgreSQL wire) and by DuckDB, and what a heavy statement
does to the messages beside it.

    .venv/bin/python bench/sql.py --rows 10000000 --profile release

Writes the rows with the lake's own writer (crates/lake/examples/history.rs), starts the server on
the folder, asks both the same questions, checks that they answer the same, and prints the ratio of
their best times. `--threads` gives both as many; DuckDB's own default is printed beside it.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import duckdb
import psycopg

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

# Name: (ours, DuckDB's where it is another, most milliseconds).
QUESTIONS = {
    "count": ("select count(*) from telemetry", None, None),
    "group by metric": (
        "select metric, count(*), min(value), max(value), avg(value) from telemetry "
        "group by metric order by metric", None, None),
    "group by thing and metric": (
        "select thing, metric, avg(value) from telemetry group by thing, metric "
        "order by thing, metric", None, None),
    "one metric by thing": (
        "select thing, max(value) from telemetry where metric = 'flow' group by thing "
        "order by thing", None, None),
    "a day by hour": (
        "select date_trunc('hour', time) as t, avg(value) from telemetry "
        "where time >= timestamptz '2026-01-03 00:00:00+00' "
        "and time < timestamptz '2026-01-04 00:00:00+00' group by t order by t", None, None),
    "last value of each thing and metric": (
        "select thing, metric, last(value, time) as v from telemetry group by thing, metric "
        "order by thing, metric",
        "select thing, metric, arg_max(value, time) as v from telemetry group by thing, metric "
        "order by thing, metric", None),
    "last value of one thing": (
        "select time, value from telemetry where thing = 'meter000123' and metric = 'flow' "
        "order by time desc limit 1", None, None),
    "latest ten rows": (
        "select time, thing, metric, value from telemetry "
        "order by time desc, thing, metric limit 10", None, None),
    "series of one thing, down-sampled": (
        "select time_bucket(interval '1 hour', time) as t, min(value), avg(value), max(value) "
        "from telemetry where thing = 'meter000123' and metric = 'flow' group by t order by t",
        None, 200),
    "distinct things of a metric": (
        "select count(distinct thing), round(sum(value)) from telemetry where metric = 'pressure'",
        None, None),
}


def build(profile: str, target: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """The server (HEADWATER_BIN, if it is set) and the writer of rows; built if they are not there."""
    folder = target / ("debug" if profile == "dev" else profile)
    server = pathlib.Path(os.environ.get("HEADWATER_BIN") or folder / "headwater")
    history = folder / "examples" / "history"
    for path, what in ((server, ["--workspace", "--bins"]),
                       (history, ["--workspace", "--example", "history"])):
        if not path.exists():
            subprocess.run(["cargo", "build", "--profile", profile, *what], cwd=ROOT, check=True)
    return server, history


def best(asks: tuple, times: int) -> list[tuple[float, list]]:
    """The best time of each, and what it answered. They take turns: a spell in which the machine has
    other work meets all of them."""
    spent, rows = [[] for _ in asks], [[] for _ in asks]
    for _ in range(times):
        for number, (connection, text) in enumerate(asks):
            began = time.perf_counter()
            rows[number] = connection.execute(text).fetchall()
            spent[number].append(time.perf_counter() - began)
    return list(zip(map(min, spent), rows))


def same(ours: list, theirs: list) -> bool:
    def plain(value):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return round(float(value), 6)
        return value.timestamp() if hasattr(value, "timestamp") else value
    ours, theirs = ([[plain(value) for value in row] for row in rows] for rows in (ours, theirs))
    if len(ours) != len(theirs):
        return False
    pairs = [(a, b) for row, other in zip(ours, theirs) for a, b in zip(row, other)]
    return all(a == b or (isinstance(a, float) and isinstance(b, float)
                          and abs(a - b) <= 1e-6 * max(1, abs(a))) for a, b in pairs)


def duck(files: list[str], threads: int | None):
    """DuckDB on the files."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    if threads:
        connection.execute(f"set threads = {threads}")
    connection.execute(f"create view telemetry as select * from read_parquet({files!r})")
    return connection


def compare(connection, files: list[str], threads: int, times: int) -> list[dict]:
    free, limited = duck(files, None), duck(files, threads)
    results = []
    for name, (ours_text, theirs_text, most) in QUESTIONS.items():
        theirs_text = theirs_text or ours_text
        asks = ((connection, ours_text), (limited, theirs_text), (free, theirs_text))
        (ours, our_rows), (theirs, their_rows), (unlimited, _) = best(asks, times)
        results.append({
            "name": name, "ours_ms": ours * 1e3, "duckdb_ms": theirs * 1e3,
            "duckdb_default_ms": unlimited * 1e3, "ratio": ours / theirs, "most_ms": most,
            "same": same(our_rows, their_rows)})
    return results


def print_table(results: list[dict], threads: int) -> None:
    print(f"| question | Headwater ms | DuckDB, {threads} threads | ratio | DuckDB's default | same |")
    print("|---|---|---|---|---|---|")
    for one in results:
        print(f"| {one['name']} | {one['ours_ms']:.1f} | {one['duckdb_ms']:.1f} "
              f"| {one['ratio']:.2f} | {one['duckdb_default_ms']:.1f} "
              f"| {'yes' if one['same'] else 'NO'} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--profile", choices=["dev", "release"], default="release")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--times", type=int, default=5, help="tries of each; the best counts")
    parser.add_argument("--target", type=pathlib.Path, default=ROOT / "target")
    parser.add_argument("--data", type=pathlib.Path, help="a folder named data: keep the rows there, or use those in it")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    asked = parser.parse_args()
    server, history = build(asked.profile, asked.target)
    with tempfile.TemporaryDirectory(prefix="headwater-sql-bench-") as scratch:
        results = run(asked, server, history, pathlib.Path(scratch))
    print_table(results, asked.threads)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1))
    wrong = [one["name"] for one in results if not one["same"]]
    if wrong:
        sys.exit(f"the answers differ: {', '.join(wrong)}")


def run(asked, server: pathlib.Path, history: pathlib.Path, scratch: pathlib.Path) -> list[dict]:
    os.environ["HEADWATER_BIN"] = str(server)
    from harness import sql
    from harness.server import Server

    data = asked.data or scratch / "data"
    if not (data / "blobs").is_dir():
        subprocess.run([history, data, str(asked.rows)], check=True)
    settings = scratch / "headwater.toml"
    settings.write_text(f"[sql]\nthreads_max = {asked.threads}\n")
    with Server(data.parent, "--config", str(settings)) as running:
        files = sorted(map(str, data.glob("blobs/lake/*/telemetry/data/**/*.parquet")))
        with sql.connect(running) as connection:
            connection.prepare_threshold = None
            [rows] = connection.execute("select count(*) from telemetry").fetchone()
            print(f"{rows} rows in {len(files)} files, {asked.profile} build, "
                  f"DuckDB {duckdb.__version__}, psycopg {psycopg.__version__}")
            return compare(connection, files, asked.threads, asked.times)


if __name__ == "__main__":
    main()
