# SPDX-License-Identifier: Apache-2.0
"""Waiting for something that is asked for, where no event can be awaited."""

import time
from typing import Callable, TypeVar

T = TypeVar("T")


def until(ask: Callable[[], T], seconds: float, what: str) -> T:
    """Asks again and again until the answer is truthy; fails after `seconds` with the last one."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}; last answer: {answer!r}")
        time.sleep(0.03)
