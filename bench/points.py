# SPDX-License-Identifier: Apache-2.0
"""Runs the parts that points.sh names, one after the other, and prints a table of each; every
figure is a line in bench/results."""

import datetime
import json
import os
import pathlib
import resource

from parts import long, memory, neighbours, points, recovery, visible

PARTS = {"points": points, "visible": visible, "recovery": recovery, "neighbours": neighbours,
         "memory": memory, "long": long}
RESULTS = pathlib.Path(__file__).resolve().parent / "results"


def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    RESULTS.mkdir(exist_ok=True)
    stamp = datetime.datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
    with open(RESULTS / f"{stamp}-points.jsonl", "w") as out:
        for name in os.environ.get("PARTS", " ".join(PARTS)).split():
            def keep(line: dict, name=name):
                print(json.dumps({"part": name, **line}), file=out, flush=True)

            print(f"\n{name}: {PARTS[name].__doc__.splitlines()[0]}", flush=True)
            print(PARTS[name].run(keep), flush=True)


if __name__ == "__main__":
    main()
