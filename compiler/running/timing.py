"""Which of several ways is the quickest here, found by running them in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

MOST_ROUNDS = 30


def medians(runs: Sequence[Callable[[], object]], seconds: float) -> list[float]:
    """Seconds that each takes: the median of rounds in which all take their turn.

    Taking turns, they share whatever else the machine is doing. The first round warms up and
    doesn't count; then there are as many as begin within `seconds`, and one at least.
    """
    found: list[list[float]] = [[] for _ in runs]
    for run in runs:
        run()
    end = perf_counter() + seconds
    for done in range(MOST_ROUNDS):
        if done and perf_counter() > end:
            break
        for place, run in enumerate(runs):
            start = perf_counter()
            run()
            found[place].append(perf_counter() - start)
    return [median(times) for times in found]
