# SPDX-License-Identifier: Apache-2.0
"""What must hold during a flood and after it; SHORT=1 is for `make test`: development builds, seconds."""

import os

SHORT = os.environ.get("SHORT") == "1"
SLACK = SHORT or os.environ.get("SLACK") == "1"
SECONDS = float(os.environ.get("SECS", "2" if SHORT else "10"))
MALFORMED = int(os.environ.get("MALFORMED", "0" if SHORT else "100000"))
# A healthy device's p99: at most this multiple of its baseline, or this, whichever is more.
P99_TIMES, P99_FLOOR_MS = (10, 2_000) if SLACK else (2, 50)
# Resident memory is back within this of what it was, so soon.
# What a flood left in the log is in the tables when two of their commits, 30 s apart, are over.
RSS_BACK_MB, RSS_BACK_SECONDS = (300, 5) if SLACK else (20, 60)
# Growth for each connection that sent something malformed.
LEAK_BYTES_MAX = 32
# Two devices at 100 messages a second.
RATE = 100


# Resident memory at the peak of a flood of connections that come to nothing, beside `each_kb` for each.
PEAK_FREE_MB = 300 if SLACK else 20


def peak_limit_mb(flood, did: dict) -> float:
    return PEAK_FREE_MB + did["opened"] * flood.each_kb / 1024


def p99_limit_ms(baseline_ms: float) -> float:
    return max(P99_TIMES * baseline_ms, P99_FLOOR_MS)
