# SPDX-License-Identifier: Apache-2.0
"""What the broker must do and should do, and how far a figure is from that."""

import dataclasses

GOAL_OF_FLOOR = 1.25


@dataclasses.dataclass(frozen=True)
class Goal:
    must: float | None
    goal: float | None = None
    unit: str = ""

    def judged(self, value: float) -> str:
        """`must 1.7 met, goal 1.25 missed by 0.11`."""
        words = []
        for name, limit in (("must", self.must), ("goal", self.goal)):
            if limit is not None:
                miss = value - limit
                verdict = "met" if miss <= 0 else f"missed by {miss:.3g}{self.unit}"
                words.append(f"{name} ≤ {limit:g}{self.unit} {verdict}")
        return ", ".join(words)


# CPU seconds per million messages as a multiple of floor's, with KEEP=off.
OF_FLOOR = {"a0": 1.7, "a1": 1.7, "b0": 1.4, "b1": 1.6, "c1": 1.3, "d1": 1.7, "f": None}
OF_FLOOR = {name: Goal(must, GOAL_OF_FLOOR) for name, must in OF_FLOOR.items()}
# f, as multiples of mosquitto's.
OF_MOSQUITTO = {"cpu_s_per_M": Goal(1.0), "p50_us": Goal(1.05), "p99_us": Goal(1.1)}
KEPT_D1 = Goal(8, 5, " s/M")
IDLE_PLAIN = Goal(1.8, 1.0, " KB")
IDLE_TLS = Goal(9, 6, " KB")
HANDSHAKE = Goal(0.45, unit=" ms")
RECONNECT = Goal(15, unit=" s")
START = Goal(300, unit=" ms")
IDLE_SERVER = Goal(60, unit=" MB")
